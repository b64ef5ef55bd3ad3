#include "party/study/yamlfile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "net/base/secret.h"
#include "party/keys/safe_file.h"

enum { TEXT_MAX = 320 };

/* Lines and columns as editors count them, from 1. */
struct place {
    size_t line, column;
};

static enum rf_rc fail_at(const struct rf_yamlfile *file, struct place place, struct rf_err *err,
                          const char *format, ...) RF_PRINTF(4, 5);

/* Errors quote the file, and a terminal must not obey what it says. */
static void make_printable(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

static enum rf_rc fail_at(const struct rf_yamlfile *file, struct place place, struct rf_err *err,
                          const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    make_printable(text);
    return rf_err_set(err, RF_E_FORMAT, "%s:%zu:%zu: %s", file->name, place.line, place.column,
                      text);
}

static struct place mark_place(yaml_mark_t mark)
{
    return (struct place){.line = mark.line + 1, .column = mark.column + 1};
}

static struct place offset_place(const struct rf_yamlfile *file, size_t offset)
{
    struct place place = {.line = 1, .column = 1};
    for (size_t i = 0; i < offset && i < file->size; i++) {
        place.column++;
        if (file->text[i] == '\n')
            place = (struct place){.line = place.line + 1, .column = 1};
    }
    return place;
}

/* ---- a walk over the document's events, which knows the path of each value ---- */

struct level {
    bool mapping;
    bool have_key;  /* the next value belongs to the key at the end of the path */
    size_t entries; /* of a sequence */
    size_t length;  /* of the path of this mapping or sequence itself */
};

struct walk {
    const struct rf_yamlfile *file;
    struct rf_err *err;
    struct level levels[RF_YAMLFILE_DEPTH];
    unsigned depth;
    unsigned documents;
    char path[RF_YAMLFILE_FIELD_MAX];
    const char *wanted;     /* a field to find, or NULL */
    const char *wanted_key; /* a key to find, the first from @after on, or NULL */
    struct place after, found;
};

/* Is the value at @path the wanted one, or something around it? */
static bool contains(const char *path, const char *wanted)
{
    size_t length = strlen(path);
    return strncmp(path, wanted, length) == 0 &&
           (length == 0 || strchr(".[", wanted[length]) != NULL);
}

static void append(struct walk *walk, size_t length, const char *format, ...) RF_PRINTF(3, 4);

/* Keys too long to stand in a path are cut: no schema has such a key. */
static void append(struct walk *walk, size_t length, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(walk->path + length, sizeof walk->path - length, format, args);
    va_end(args);
}

static void name_entry(struct walk *walk)
{
    if (walk->depth == 0)
        return;
    struct level *level = &walk->levels[walk->depth - 1];
    if (!level->mapping)
        append(walk, level->length, "[%zu]", level->entries++);
}

static void leave_entry(struct walk *walk)
{
    if (walk->depth > 0) {
        struct level *level = &walk->levels[walk->depth - 1];
        level->have_key = false;
        walk->path[level->length] = 0;
    }
}

static void note_key(struct walk *walk, const yaml_event_t *event)
{
    struct place place = mark_place(event->start_mark);
    bool later = place.line > walk->after.line ||
                 (place.line == walk->after.line && place.column >= walk->after.column);
    if (walk->wanted_key && later &&
        strcmp((const char *)event->data.scalar.value, walk->wanted_key) == 0) {
        walk->found = place;
        walk->wanted_key = NULL;
    }
}

/* A key names the next value and is no value itself. */
static bool take_key(struct walk *walk, const yaml_event_t *event)
{
    struct level *level = walk->depth > 0 ? &walk->levels[walk->depth - 1] : NULL;
    if (!level || !level->mapping || level->have_key)
        return false;
    level->have_key = true;
    note_key(walk, event);
    append(walk, level->length, "%s%s", level->length ? "." : "",
           (const char *)event->data.scalar.value);
    return true;
}

static void note_place(struct walk *walk, const yaml_event_t *event)
{
    if (walk->wanted && contains(walk->path, walk->wanted))
        walk->found = mark_place(event->start_mark);
}

static enum rf_rc refuse(struct walk *walk, const yaml_event_t *event, const char *reason)
{
    return fail_at(walk->file, mark_place(event->start_mark), walk->err, "%s", reason);
}

static enum rf_rc refuse_properties(struct walk *walk, const yaml_event_t *event,
                                    const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor)
        return refuse(walk, event, "anchors (&name) are not allowed");
    return tag ? refuse(walk, event, "tags (!name) are not allowed") : RF_OK;
}

static enum rf_rc on_scalar(struct walk *walk, const yaml_event_t *event)
{
    enum rf_rc rc = RF_OK;
    const char *value = (const char *)event->data.scalar.value;
    RF_TRY(refuse_properties(walk, event, event->data.scalar.anchor, event->data.scalar.tag));
    if (strlen(value) != event->data.scalar.length)
        RF_TRY(refuse(walk, event, "a value holds a NUL character"));
    if (take_key(walk, event))
        return RF_OK;
    name_entry(walk);
    note_place(walk, event);
    leave_entry(walk);
done:
    return rc;
}

static enum rf_rc on_start(struct walk *walk, const yaml_event_t *event, bool mapping,
                           const yaml_char_t *anchor, const yaml_char_t *tag)
{
    struct level *level = walk->depth > 0 ? &walk->levels[walk->depth - 1] : NULL;
    if (anchor || tag)
        return refuse_properties(walk, event, anchor, tag);
    if (level && level->mapping && !level->have_key)
        return refuse(walk, event, "a key must be a plain word");
    if (walk->depth == RF_YAMLFILE_DEPTH)
        return refuse(walk, event, "nested too deeply");
    name_entry(walk);
    note_place(walk, event);
    walk->levels[walk->depth++] = (struct level){.mapping = mapping, .length = strlen(walk->path)};
    return RF_OK;
}

static void on_end(struct walk *walk)
{
    walk->depth--;
    leave_entry(walk);
}

static enum rf_rc on_event(struct walk *walk, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return walk->documents++ ? refuse(walk, event, "a second document is not allowed") : RF_OK;
    case YAML_ALIAS_EVENT:
        return refuse(walk, event, "aliases (*name) are not allowed");
    case YAML_SCALAR_EVENT:
        return on_scalar(walk, event);
    case YAML_MAPPING_START_EVENT:
        return on_start(walk, event, true, event->data.mapping_start.anchor,
                        event->data.mapping_start.tag);
    case YAML_SEQUENCE_START_EVENT:
        return on_start(walk, event, false, event->data.sequence_start.anchor,
                        event->data.sequence_start.tag);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        on_end(walk);
        return RF_OK;
    default:
        return RF_OK;
    }
}

static enum rf_rc parser_failure(const struct rf_yamlfile *file, const yaml_parser_t *parser,
                                 struct rf_err *err)
{
    const char *problem = parser->problem ? parser->problem : "cannot be parsed";
    if (parser->error == YAML_MEMORY_ERROR)
        return rf_err_set(err, RF_E_MEMORY, "%s: out of memory", file->name);
    if (parser->error == YAML_READER_ERROR)
        return fail_at(file, offset_place(file, parser->problem_offset), err, "not UTF-8 text: %s",
                       problem);
    return fail_at(file, mark_place(parser->problem_mark), err, "not YAML: %s%s%s", problem,
                   parser->context ? " " : "", parser->context ? parser->context : "");
}

static enum rf_rc walk_document(struct walk *walk)
{
    enum rf_rc rc = RF_OK;
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return rf_err_set(walk->err, RF_E_MEMORY, "%s: out of memory", walk->file->name);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, walk->file->text, walk->file->size);
    for (bool more = true; more && rc == RF_OK;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            rc = parser_failure(walk->file, &parser, walk->err);
            break;
        }
        rc = on_event(walk, &event);
        more = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return rc;
}

/* ---- opening ---- */

static enum rf_rc check(const struct rf_yamlfile *file, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct walk walk = {.file = file, .err = err};
    if (file->size > RF_SAFE_FILE_MAX)
        return rf_err_set(err, RF_E_FORMAT, "%s: is larger than %d bytes", file->name,
                          RF_SAFE_FILE_MAX);
    RF_TRY(walk_document(&walk));
    if (walk.documents == 0)
        RF_TRY(fail_at(file, (struct place){1, 1}, err, "the file is empty"));
done:
    return rc;
}

enum rf_rc rf_yamlfile_open(struct rf_yamlfile *file, const char *path, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    *file = (struct rf_yamlfile){.name = path};
    RF_TRY(rf_safe_file_read(path, &file->owned, &file->size, err));
    file->text = file->owned;
    RF_TRY(check(file, err));
done:
    return rc;
}

enum rf_rc rf_yamlfile_text(struct rf_yamlfile *file, const char *name, const uint8_t *text,
                            size_t size, struct rf_err *err)
{
    *file = (struct rf_yamlfile){.name = name, .text = text, .size = size};
    return check(file, err);
}

void rf_yamlfile_fini(struct rf_yamlfile *file)
{
    rf_secret_free(file->owned, file->size);
    *file = (struct rf_yamlfile){0};
}

/* ---- loading ---- */

/* libcyaml's first complaint and its backtrace, innermost place first. */
struct complaint {
    char reason[TEXT_MAX];
    struct place places[2];
    unsigned place_count;
};

static void hear_place(struct complaint *complaint, const char *text)
{
    struct place place;
    if (complaint->place_count < 2 &&
        sscanf(text, "(line: %zu, column: %zu)", &place.line, &place.column) == 2)
        complaint->places[complaint->place_count++] = place;
}

static void hear(cyaml_log_t level, void *context, const char *format, va_list args)
    RF_PRINTF(3, 0);

static void hear(cyaml_log_t level, void *context, const char *format, va_list args)
{
    struct complaint *complaint = context;
    char text[TEXT_MAX];
    (void)level;
    (void)vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = 0;
    const char *place = strstr(text, " (line: ");
    if (strncmp(text, "  in ", 5) == 0 && place)
        hear_place(complaint, place + 1);
    else if (complaint->reason[0] == 0 && strncmp(text, "Load: ", 6) == 0)
        (void)snprintf(complaint->reason, sizeof complaint->reason, "%s", text + 6);
}

static cyaml_config_t configuration(struct complaint *complaint)
{
    return (cyaml_config_t){
        .log_fn = complaint ? hear : NULL,
        .log_ctx = complaint,
        .mem_fn = cyaml_mem,
        .log_level = CYAML_LOG_ERROR,
        .flags = CYAML_CFG_NO_ALIAS,
    };
}

/* libcyaml places a complaint at the value before it: a key is looked for from there on, and what is
 * missing is missing from the mapping around it. */
static struct place complaint_place(const struct rf_yamlfile *file,
                                    const struct complaint *complaint, cyaml_err_t code)
{
    struct place start = {1, 1};
    struct place inner = complaint->place_count > 0 ? complaint->places[0] : start;
    const char *colon = strrchr(complaint->reason, ':');
    if (code == CYAML_ERR_MAPPING_FIELD_MISSING)
        return complaint->place_count > 1 ? complaint->places[1] : start;
    if (code != CYAML_ERR_INVALID_KEY && code != CYAML_ERR_UNEXPECTED_EVENT)
        return inner;
    struct walk walk = {.file = file, .after = inner, .found = inner};
    walk.wanted_key = colon && colon[1] ? colon + 2 : NULL;
    return walk_document(&walk) == RF_OK ? walk.found : inner;
}

static enum rf_rc load_failure(const struct rf_yamlfile *file, const struct complaint *complaint,
                               cyaml_err_t code, struct rf_err *err)
{
    if (code == CYAML_ERR_OOM)
        return rf_err_set(err, RF_E_MEMORY, "%s: out of memory", file->name);
    return fail_at(file, complaint_place(file, complaint, code), err, "%s",
                   complaint->reason[0] ? complaint->reason : cyaml_strerror(code));
}

enum rf_rc rf_yamlfile_load(const struct rf_yamlfile *file, const cyaml_schema_value_t *schema,
                            void **data, struct rf_err *err)
{
    struct complaint complaint = {0};
    cyaml_config_t config = configuration(&complaint);
    *data = NULL;
    cyaml_err_t code = cyaml_load_data(file->text, file->size, &config, schema, data, NULL);
    if (code != CYAML_OK)
        return load_failure(file, &complaint, code, err);
    if (!*data)
        return fail_at(file, (struct place){1, 1}, err, "the file is empty");
    return RF_OK;
}

void rf_yamlfile_free(const cyaml_schema_value_t *schema, void *data)
{
    cyaml_config_t config = configuration(NULL);
    (void)cyaml_free(&config, schema, data, 0);
}

/* ---- errors about what fits the schema ---- */

enum rf_rc rf_yamlfile_fail(const struct rf_yamlfile *file, struct rf_err *err, const char *field,
                            const char *format, ...)
{
    char text[TEXT_MAX];
    struct walk walk = {.file = file, .wanted = field, .found = {1, 1}};
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (walk_document(&walk) != RF_OK)
        walk.found = (struct place){1, 1};
    return fail_at(file, walk.found, err, "%s: %s", field, text);
}

enum rf_rc rf_yamlfile_number(const struct rf_yamlfile *file, const char *field, const char *text,
                              uint64_t min, uint64_t max, uint64_t *value, struct rf_err *err)
{
    if (!text)
        return RF_OK;
    bool decimal =
        text[0] && strspn(text, "0123456789") == strlen(text) && (text[0] != '0' || text[1] == 0);
    errno = 0;
    uint64_t number = decimal ? strtoull(text, NULL, 10) : 0;
    if (!decimal || errno == ERANGE || number < min || number > max) {
        return rf_yamlfile_fail(file, err, field,
                                "'%.40s' is not a whole number from %" PRIu64 " to %" PRIu64, text,
                                min, max);
    }
    *value = number;
    return RF_OK;
}

enum rf_rc rf_yamlfile_save(const char *path, const cyaml_schema_value_t *schema, const void *data,
                            struct rf_err *err)
{
    cyaml_config_t config = configuration(NULL);
    config.flags = CYAML_CFG_STYLE_BLOCK;
    char *text = NULL;
    size_t size = 0;
    cyaml_err_t code = cyaml_save_data(&text, &size, &config, schema, data, 0);
    if (code != CYAML_OK)
        return rf_err_set(err, RF_E_INTERNAL, "%s: cannot be written as YAML: %s", path,
                          cyaml_strerror(code));
    enum rf_rc rc = rf_safe_file_write(path, text, size, 0644, RF_SAFE_FILE_REPLACE, err);
    (void)cyaml_mem(NULL, text, 0);
    return rc;
}
