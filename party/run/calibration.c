#include "party/run/calibration.h"

#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/keys/safe_file.h"

enum { VERSION = 3, CORES_MAX = 65536 };

static const char *const effort_names[RF_EFFORT_KINDS] = {
    [RF_EFFORT_PASS] = "pass",     [RF_EFFORT_TURN] = "turn",   [RF_EFFORT_COPY] = "copy",
    [RF_EFFORT_GATHER] = "gather", [RF_EFFORT_DEAL] = "deal",   [RF_EFFORT_ASK] = "ask",
    [RF_EFFORT_WEIGH] = "weigh",   [RF_EFFORT_PROVE] = "prove", [RF_EFFORT_SEND] = "send",
    [RF_EFFORT_MAP] = "map",
};

/* The prices that do not depend on a size. */
struct plain_price {
    const char *name;
    size_t offset;
};

static const struct plain_price plain_prices[] = {
    {"byte_drawn", offsetof(struct rf_calibration, byte_drawn)},
    {"byte_hashed", offsetof(struct rf_calibration, byte_hashed)},
    {"round", offsetof(struct rf_calibration, round)},
    {"contributor", offsetof(struct rf_calibration, contributor)},
    {"contributor_row", offsetof(struct rf_calibration, contributor_row)},
};

enum { PLAIN_PRICES = sizeof plain_prices / sizeof plain_prices[0] };

enum rf_rc rf_calibration_path(char *path, const char *named, struct rf_err *err)
{
    const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int size;
    if (named)
        size = snprintf(path, PATH_MAX, "%s", named);
    else if (base && base[0] == '/')
        size = snprintf(path, PATH_MAX, "%s/ringfence/calibration.json", base);
    else if (home && home[0])
        size = snprintf(path, PATH_MAX, "%s/.config/ringfence/calibration.json", home);
    else
        return rf_err_set(err, RF_E_ARG, "no home folder for calibration.json: name the file");
    if (size < 0 || size >= PATH_MAX)
        return rf_err_set(err, RF_E_ARG, "the path of calibration.json is too long");
    return RF_OK;
}

/* ---- reading ---- */

struct reading {
    const char *name;
    struct rf_err *err;
};

static enum rf_rc wrong(const struct reading *in, const char *field, const char *why)
{
    return rf_err_set(in->err, RF_E_FORMAT, "%s: %s %s; measure again: ringfence bench --calibrate",
                      in->name, field, why);
}

static bool sensible(double seconds)
{
    return isfinite(seconds) && seconds >= 0 && seconds < 1e6;
}

static enum rf_rc read_price(const struct reading *in, const json_t *from, const char *name,
                             struct rf_price *price)
{
    size_t count = json_array_size(from);
    if (count == 0 || count > RF_CALIBRATION_POINTS)
        return wrong(in, name, "has no list of prices");
    for (size_t i = 0; i < count; i++) {
        const json_t *point = json_array_get(from, i);
        const json_t *bytes = json_array_get(point, 0), *seconds = json_array_get(point, 1);
        struct rf_price_point *out = &price->point[i];
        out->size = json_number_value(bytes);
        out->price = json_number_value(seconds);
        if (!json_is_number(bytes) || !json_is_number(seconds) || !sensible(out->price) ||
            out->size < 1 || (i > 0 && out->size <= out[-1].size))
            return wrong(in, name, "is not a list of [size, price] by ascending size");
    }
    price->points = (unsigned)count;
    return RF_OK;
}

static enum rf_rc read_prices(const struct reading *in, json_t *root, struct rf_calibration *out)
{
    enum rf_rc rc = RF_OK;
    const json_t *seconds = json_object_get(root, "seconds");
    const json_t *effort = json_object_get(root, "effort");
    for (unsigned i = 0; i < PLAIN_PRICES; i++) {
        const json_t *value = json_object_get(seconds, plain_prices[i].name);
        double price = json_number_value(value);
        if (!json_is_number(value) || !sensible(price))
            RF_TRY(wrong(in, plain_prices[i].name, "is not a number of seconds"));
        memcpy((char *)out + plain_prices[i].offset, &price, sizeof price);
    }
    for (unsigned kind = 0; kind < RF_EFFORT_KINDS; kind++)
        RF_TRY(read_price(in, json_object_get(effort, effort_names[kind]), effort_names[kind],
                          &out->effort[kind]));
    RF_TRY(read_price(in, json_object_get(root, "lockstep"), "lockstep", &out->lockstep));
    for (unsigned i = 0; i < out->lockstep.points; i++) {
        if (out->lockstep.point[i].price < 1)
            RF_TRY(wrong(in, "lockstep", "makes work faster than it is"));
    }
done:
    return rc;
}

static void take_text(char out[RF_CALIBRATION_TEXT], const char *text)
{
    (void)snprintf(out, RF_CALIBRATION_TEXT, "%s", text);
    for (char *at = out; *at; at++) {
        if (*at < 0x20 || *at > 0x7e) /* it goes to a terminal */
            *at = '?';
    }
}

static enum rf_rc read_all(const struct reading *in, json_t *root, struct rf_calibration *out)
{
    const char *format = "", *made = "", *processor = "", *protocol = "";
    int version = 0, chains = 0;
    json_int_t cores = 0;
    if (json_unpack(root, "{s:s, s:i}", "format", &format, "version", &version) != 0 ||
        strcmp(format, "ringfence-calibration") != 0)
        return wrong(in, "format", "is not ringfence-calibration");
    if (version != VERSION)
        return wrong(in, "version", "is another than this program's");
    if (json_unpack(root, "{s:s, s:{s:s, s:I, s:F}, s:{s:s, s:b}}", "made", &made, "machine",
                    "processor", &processor, "cores", &cores, "load", &out->load, "conditions",
                    "protocol", &protocol, "chains", &chains) != 0 ||
        cores < 1 || cores > CORES_MAX)
        return wrong(in, "machine", "or conditions are incomplete");
    take_text(out->made, made);
    take_text(out->processor, processor);
    take_text(out->protocol, protocol);
    out->cores = (unsigned)cores;
    out->chains = chains;
    return read_prices(in, root, out);
}

enum rf_rc rf_calibration_text(struct rf_calibration *out, const char *name, const char *text,
                               size_t size, struct rf_err *err)
{
    const struct reading in = {name, err};
    json_error_t problem;
    *out = (struct rf_calibration){0};
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &problem);
    enum rf_rc rc = root ? read_all(&in, root, out)
                         : rf_err_set(err, RF_E_FORMAT, "%s:%d:%d: %s", name, problem.line,
                                      problem.column, problem.text);
    json_decref(root);
    return rc;
}

enum rf_rc rf_calibration_read(struct rf_calibration *out, const char *path, struct rf_err *err)
{
    enum rf_rc rc;
    uint8_t *bytes = NULL;
    size_t size = 0;
    RF_TRY(rf_safe_file_read(path, &bytes, &size, err));
    RF_TRY(rf_calibration_text(out, path, (const char *)bytes, size, err));
done:
    rf_secret_free(bytes, size);
    return rc;
}

/* ---- writing ---- */

static json_t *price_json(const struct rf_price *price)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < price->points; i++)
        json_array_append_new(list, json_pack("[I, f]", (json_int_t)llround(price->point[i].size),
                                              price->point[i].price));
    return list;
}

static json_t *to_json(const struct rf_calibration *calibration)
{
    json_t *seconds = json_object(), *effort = json_object();
    for (unsigned i = 0; i < PLAIN_PRICES; i++) {
        double price;
        memcpy(&price, (const char *)calibration + plain_prices[i].offset, sizeof price);
        json_object_set_new(seconds, plain_prices[i].name, json_real(price));
    }
    for (unsigned kind = 0; kind < RF_EFFORT_KINDS; kind++)
        json_object_set_new(effort, effort_names[kind], price_json(&calibration->effort[kind]));
    return json_pack("{s:s, s:i, s:s, s:{s:s, s:i, s:f}, s:{s:s, s:s, s:s, s:b}, s:o, s:o, s:o}",
                     "format", "ringfence-calibration", "version", VERSION, "made",
                     calibration->made, "machine", "processor", calibration->processor, "cores",
                     (int)calibration->cores, "load", calibration->load, "conditions", "protocol",
                     calibration->protocol, "parties", "three on this machine", "links",
                     "TLS 1.3 over loopback", "chains", (int)calibration->chains, "seconds",
                     seconds, "effort", effort, "lockstep", price_json(&calibration->lockstep));
}

static enum rf_rc make_folder(const char *path, struct rf_err *err)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return RF_OK;
    (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    return rf_safe_file_folder(folder, err);
}

enum rf_rc rf_calibration_write(const struct rf_calibration *calibration, const char *path,
                                struct rf_err *err)
{
    enum rf_rc rc;
    json_t *root = to_json(calibration);
    char *text = root ? json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(5)) : NULL;
    json_decref(root);
    if (!text)
        return rf_err_set(err, RF_E_MEMORY, "out of memory for %s", path);
    RF_TRY(make_folder(path, err));
    RF_TRY(rf_safe_file_write(path, text, strlen(text), 0644, RF_SAFE_FILE_REPLACE, err));
done:
    free(text);
    return rc;
}

/* ---- prices ---- */

static double price_at(const struct rf_price *price, double size)
{
    unsigned above = 0;
    while (above < price->points && price->point[above].size < size)
        above++;
    if (price->points == 0)
        return 0;
    if (above == 0)
        return price->point[0].price;
    if (above == price->points)
        return price->point[above - 1].price;
    const struct rf_price_point *low = &price->point[above - 1], *high = low + 1;
    double part = log(size / low->size) / log(high->size / low->size);
    return low->price + (high->price - low->price) * part;
}

double rf_calibration_price(const struct rf_calibration *calibration, enum rf_effort kind,
                            double bytes)
{
    return price_at(&calibration->effort[kind], bytes);
}

double rf_calibration_lockstep(const struct rf_calibration *calibration, double seconds)
{
    return price_at(&calibration->lockstep, seconds * 1e6);
}

double rf_calibration_efforts(const struct rf_calibration *calibration,
                              const struct rf_efforts *efforts)
{
    double seconds = 0;
    for (unsigned kind = 0; kind < RF_EFFORT_KINDS; kind++) {
        for (unsigned size = 0; size < RF_EFFORT_SIZES; size++) {
            /* What is counted at a size lies between it and twice as much. */
            uint64_t units = efforts->units[kind][size];
            if (units)
                seconds += (double)units * rf_calibration_price(calibration, (enum rf_effort)kind,
                                                                1.5 * (double)(1ULL << size));
        }
    }
    return seconds;
}
