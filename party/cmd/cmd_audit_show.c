#include <inttypes.h>
#include <string.h>

#include "net/base/hex.h"
#include "party/cmd/cmd.h"
#include "party/cmd/cmd_audit.h"
#include "party/transcript/transcript_read.h"

enum { SHOWN_MAX = 64 };

static error_t parse(int key, char *text, struct argp_state *state)
{
    const char **path = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (*path)
            rf_cmd_misuse(state, "one file at a time");
        *path = text;
        return 0;
    case ARGP_KEY_END:
        if (!*path)
            rf_cmd_misuse(state, "a FILE is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Long bytes are shown by their length and hash, so that a line stays one. */
static json_t *bytes_json(const uint8_t *bytes, size_t size)
{
    char text[2 * SHOWN_MAX + 1];
    uint8_t hash[RF_TREE_HASH];
    if (size <= SHOWN_MAX)
        return json_string(rf_hex(text, bytes, size));
    if (rf_tree_sha256(hash, bytes, size, NULL, 0, NULL) != RF_OK)
        return NULL;
    return json_pack("{s:I, s:s}", "bytes", (json_int_t)size, "sha256",
                     rf_hex(text, hash, sizeof hash));
}

static json_t *value_json(const msgpack_object *value)
{
    json_t *list;
    switch (value->type) {
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        return json_integer((json_int_t)value->via.u64);
    case MSGPACK_OBJECT_STR:
        return json_stringn(value->via.str.ptr, value->via.str.size);
    case MSGPACK_OBJECT_BIN:
        return bytes_json((const uint8_t *)value->via.bin.ptr, value->via.bin.size);
    case MSGPACK_OBJECT_ARRAY:
        list = json_array();
        for (uint32_t i = 0; i < value->via.array.size; i++)
            json_array_append_new(list, value_json(&value->via.array.ptr[i]));
        return list;
    default:
        return json_null();
    }
}

/* The reader has seen to it that the body is a map with keys of text. */
static json_t *body_json(const struct rf_transcript_record *record)
{
    json_t *object = json_object();
    msgpack_unpacked body;
    size_t at = 0;
    msgpack_unpacked_init(&body);
    if (msgpack_unpack_next(&body, (const char *)record->start + RF_TRANSCRIPT_PREFIX,
                            record->size - RF_TRANSCRIPT_PREFIX, &at) == MSGPACK_UNPACK_SUCCESS) {
        for (uint32_t i = 0; i < body.data.via.map.size; i++) {
            const msgpack_object_kv *entry = &body.data.via.map.ptr[i];
            char key[RF_TRANSCRIPT_WORD];
            (void)snprintf(key, sizeof key, "%.*s", (int)entry->key.via.str.size,
                           entry->key.via.str.ptr);
            json_object_set_new(object, key, value_json(&entry->val));
        }
    }
    msgpack_unpacked_destroy(&body);
    return object;
}

static void print_records(const struct rf_transcript *transcript)
{
    for (size_t i = 0; i < transcript->records; i++) {
        const struct rf_transcript_record *record = &transcript->record[i];
        json_t *line = json_pack("{s:I, s:s, s:o}", "record", (json_int_t)i, "type",
                                 rf_transcript_type_name(record->type), "body", body_json(record));
        (void)json_dumpf(line, stdout, JSON_COMPACT);
        (void)putchar('\n');
        json_decref(line);
    }
}

int rf_cmd_audit_show(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse,
        .args_doc = "FILE",
        .doc =
            "Print each record of a transcript as a line of JSON. Records are checked to be whole "
            "and chained; whether they are true is for `audit verify`.",
    };
    const char *path = NULL;
    struct rf_transcript transcript = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &path);
    enum rf_rc rc = rf_transcript_load(&transcript, path, &err);
    if (rc == RF_OK)
        print_records(&transcript);
    rf_transcript_fini(&transcript);
    return rf_cmd_end(argv[0], rc, &err);
}
