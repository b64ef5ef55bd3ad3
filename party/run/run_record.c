#include "party/run/run_record.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/hex.h"
#include "party/keys/safe_file.h"

static json_t *hex(const uint8_t *bytes, size_t size)
{
    char text[2 * 32 + 1];
    assert(size <= 32);
    return json_string(rf_hex(text, bytes, size));
}

static json_t *steps(const struct rf_run_cost *cost)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < cost->steps; i++) {
        const struct rf_step *step = &cost->step[i];
        json_array_append_new(list, json_pack("{s:s, s:I, s:{s:I, s:I}, s:{s:I, s:I}, s:f, s:f}",
                                              "name", step->name, "rows", (json_int_t)step->rows,
                                              "declared", "bytes", (json_int_t)step->declared.bytes,
                                              "rounds", (json_int_t)step->declared.rounds,
                                              "counted", "bytes", (json_int_t)step->bytes_counted,
                                              "rounds", (json_int_t)step->rounds_counted, "seconds",
                                              step->seconds, "cpu_seconds", step->cpu_seconds));
    }
    return list;
}

static json_t *opened(const struct rf_run_cost *cost)
{
    json_t *object = json_object();
    for (unsigned kind = 0; kind < RF_OPEN_KINDS; kind++)
        json_object_set_new(object, rf_open_kind_name((enum rf_open_kind)kind),
                            json_integer((json_int_t)cost->opened[kind]));
    return object;
}

static json_t *links(const struct rf_session *session)
{
    json_t *list = json_array();
    for (unsigned peer = 0; peer < session->peers; peer++) {
        uint8_t sent[RF_CHAIN_SIZE], received[RF_CHAIN_SIZE];
        rf_lane_chain(session->lane, peer, sent, received);
        json_array_append_new(
            list, json_pack("{s:s, s:i, s:o, s:o}", "member", session->peer[peer].member, "id",
                            session->peer[peer].id, "sent", hex(sent, sizeof sent), "received",
                            hex(received, sizeof received)));
    }
    return list;
}

static const char name[] = "party.json";

enum rf_rc rf_run_record_absent(const char *out, struct rf_err *err)
{
    enum rf_rc rc;
    RF_TRY(rf_safe_file_ready(out, err));
    RF_TRY(rf_safe_file_absent(out, name, err));
done:
    return rc;
}

enum rf_rc rf_run_record_write(const struct rf_session *session, const struct rf_run_cost *cost,
                               const char *out)
{
    enum rf_rc rc;
    char path[PATH_MAX], *text = NULL;
    json_t *record = json_pack(
        "{s:s, s:i, s:s, s:i, s:o, s:o, s:i, s:i, s:o, s:o, s:I, s:o, s:{s:I, s:I, s:I}, s:I, s:f}",
        "format", "ringfence-party", "version", 1, "member", session->file.member, "party",
        session->party, "manifest", hex(session->manifest.hash, 32), "session",
        hex(session->id, sizeof session->id), "epoch", (int)session->epoch, "lanes",
        (int)session->lanes, "steps", steps(cost), "opened", opened(cost), "shared_rows",
        (json_int_t)cost->shared_rows, "links", links(session), "traffic", "bytes_sent",
        (json_int_t)cost->bytes_sent, "bytes_received", (json_int_t)cost->bytes_received, "rounds",
        (json_int_t)cost->rounds, "peak_memory", (json_int_t)cost->peak_memory, "seconds",
        cost->seconds);
    RF_TRY(rf_safe_file_folder(out, session->err));
    RF_TRY(rf_safe_file_join(path, out, name, session->err));
    text = record ? json_dumps(record, JSON_INDENT(2)) : NULL;
    if (!text) {
        rc = rf_err_set(session->err, RF_E_MEMORY, "out of memory for %s", path);
        goto done;
    }
    RF_TRY(rf_safe_file_write(path, text, strlen(text), 0600, RF_SAFE_FILE_REPLACE, session->err));
done:
    free(text);
    json_decref(record);
    return rc;
}
