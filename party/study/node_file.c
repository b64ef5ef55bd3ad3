#include "party/study/node_file.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "party/keys/member_folder.h"
#include "party/keys/member_name.h"
#include "party/keys/safe_file.h"
#include "party/study/yamlfile.h"

enum { SILENCE = 10, CONNECT = 60, PROGRESS = 300, SECONDS_MAX = 86400, PORT_MAX = 65535 };
enum { LIMIT_SECONDS_MAX = 366 * 86400, LIMIT_MIB_MAX = 1 << 30 };

/* ---- the file's shape ---- */

struct yaml_peer {
    char *member, *address;
};

struct yaml_files {
    char *certificate, *key, *ca, *tokens, *passphrase_file, *calibration, *auditor;
};

struct yaml_deadlines {
    char *silence, *connect, *progress;
};

struct yaml_limits {
    char *memory, *time;
};

struct yaml_node {
    char *member, *listen;
    struct yaml_peer *peers;
    unsigned peers_count;
    struct yaml_files *files;
    struct yaml_deadlines *deadlines;
    struct yaml_limits *limits;
};

enum { REQUIRED = CYAML_FLAG_POINTER, OPTIONAL = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL };

#define TEXT(flags, type, field)                                                                   \
    CYAML_FIELD_STRING_PTR(#field, flags, type, field, 0, CYAML_UNLIMITED)

static const cyaml_schema_field_t peer_fields[] = {
    TEXT(REQUIRED, struct yaml_peer, member),
    TEXT(REQUIRED, struct yaml_peer, address),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t peer_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct yaml_peer, peer_fields),
};

static const cyaml_schema_field_t file_fields[] = {
    TEXT(OPTIONAL, struct yaml_files, certificate),
    TEXT(OPTIONAL, struct yaml_files, key),
    TEXT(OPTIONAL, struct yaml_files, ca),
    TEXT(OPTIONAL, struct yaml_files, tokens),
    TEXT(OPTIONAL, struct yaml_files, passphrase_file),
    TEXT(OPTIONAL, struct yaml_files, calibration),
    TEXT(OPTIONAL, struct yaml_files, auditor),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t deadline_fields[] = {
    TEXT(OPTIONAL, struct yaml_deadlines, silence),
    TEXT(OPTIONAL, struct yaml_deadlines, connect),
    TEXT(OPTIONAL, struct yaml_deadlines, progress),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t limit_fields[] = {
    TEXT(OPTIONAL, struct yaml_limits, memory),
    TEXT(OPTIONAL, struct yaml_limits, time),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t node_fields[] = {
    TEXT(REQUIRED, struct yaml_node, member),
    TEXT(OPTIONAL, struct yaml_node, listen),
    CYAML_FIELD_SEQUENCE("peers", OPTIONAL, struct yaml_node, peers, &peer_schema, 0,
                         CYAML_UNLIMITED),
    CYAML_FIELD_MAPPING_PTR("files", OPTIONAL, struct yaml_node, files, file_fields),
    CYAML_FIELD_MAPPING_PTR("deadlines", OPTIONAL, struct yaml_node, deadlines, deadline_fields),
    CYAML_FIELD_MAPPING_PTR("limits", OPTIONAL, struct yaml_node, limits, limit_fields),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct yaml_node, node_fields),
};

/* ---- addresses ---- */

static bool valid_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    unsigned long port = digits > 0 && digits <= 5 && !text[digits] ? strtoul(text, NULL, 10) : 0;
    return port >= 1 && port <= PORT_MAX;
}

/* tcp://host:port (IPv6 in brackets; * listens everywhere) or ipc:///path */
static bool valid_address(const char *address, bool listens)
{
    static const char host_characters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    if (strncmp(address, "ipc://", 6) == 0)
        return address[6] != 0;
    if (strncmp(address, "tcp://", 6) != 0)
        return false;
    const char *host = address + 6;
    const char *colon = strrchr(host, ':');
    size_t length = colon ? (size_t)(colon - host) : 0;
    if (length == 0 || !valid_port(colon + 1))
        return false;
    if (length == 1 && host[0] == '*')
        return listens;
    if (host[0] == '[')
        return length > 2 && host[length - 1] == ']' &&
               strspn(host + 1, "0123456789abcdefABCDEF:.") == length - 2;
    return strspn(host, host_characters) == length;
}

/* ---- conversion ---- */

struct reading {
    const struct rf_yamlfile *file;
    const struct yaml_node *yaml;
    struct rf_node_file *node;
    struct rf_err *err;
};

static enum rf_rc take_member(struct reading *in, const char *field, const char *text,
                              char out[RF_MEMBER_NAME_MAX + 1])
{
    if (!rf_member_name_valid(text))
        return rf_yamlfile_fail(in->file, in->err, field, "%s", RF_MEMBER_NAME_RULE);
    memcpy(out, text, strlen(text) + 1);
    return RF_OK;
}

static enum rf_rc take_address(struct reading *in, const char *field, const char *text,
                               bool listens, char out[RF_NODE_FILE_ADDRESS_MAX + 1])
{
    if (strlen(text) > RF_NODE_FILE_ADDRESS_MAX || !valid_address(text, listens))
        return rf_yamlfile_fail(in->file, in->err, field, "'%.80s' is not tcp://host:port", text);
    memcpy(out, text, strlen(text) + 1);
    return RF_OK;
}

static enum rf_rc take_peer(struct reading *in, unsigned i)
{
    enum rf_rc rc = RF_OK;
    char field[64];
    struct rf_node_file_peer *peer = &in->node->peers[i];
    (void)snprintf(field, sizeof field, "peers[%u].member", i);
    RF_TRY(take_member(in, field, in->yaml->peers[i].member, peer->member));
    if (rf_node_file_peer(in->node, peer->member))
        RF_TRY(rf_yamlfile_fail(in->file, in->err, field, "%s is there twice", peer->member));
    (void)snprintf(field, sizeof field, "peers[%u].address", i);
    RF_TRY(take_address(in, field, in->yaml->peers[i].address, false, peer->address));
    in->node->peer_count++;
done:
    return rc;
}

static enum rf_rc take_peers(struct reading *in)
{
    enum rf_rc rc = RF_OK;
    if (in->yaml->peers_count > RF_MEMBERS_MAX)
        RF_TRY(rf_yamlfile_fail(in->file, in->err, "peers", "more than %d", RF_MEMBERS_MAX));
    for (unsigned i = 0; i < in->yaml->peers_count; i++)
        RF_TRY(take_peer(in, i));
done:
    return rc;
}

static enum rf_rc take_path(struct reading *in, const char *field, const char *text,
                            const char *folder, char out[PATH_MAX])
{
    if (!text)
        return RF_OK;
    if (!text[0])
        return rf_yamlfile_fail(in->file, in->err, field, "names no file");
    return rf_safe_file_join(out, folder, text, in->err);
}

static enum rf_rc take_files(struct reading *in, const char *folder)
{
    enum rf_rc rc = RF_OK;
    const struct yaml_files *yaml = in->yaml->files;
    struct rf_node_file *node = in->node;
    if (!yaml)
        return RF_OK;
    RF_TRY(take_path(in, "files.certificate", yaml->certificate, folder, node->certificate));
    RF_TRY(take_path(in, "files.key", yaml->key, folder, node->key));
    RF_TRY(take_path(in, "files.ca", yaml->ca, folder, node->ca));
    RF_TRY(take_path(in, "files.tokens", yaml->tokens, folder, node->tokens));
    RF_TRY(take_path(in, "files.passphrase_file", yaml->passphrase_file, folder, node->passphrase));
    RF_TRY(take_path(in, "files.calibration", yaml->calibration, folder, node->calibration));
    RF_TRY(take_path(in, "files.auditor", yaml->auditor, folder, node->auditor));
done:
    return rc;
}

static enum rf_rc take_number(struct reading *in, const char *field, const char *text,
                              uint64_t most, unsigned *out)
{
    uint64_t number = *out;
    enum rf_rc rc = rf_yamlfile_number(in->file, field, text, 1, most, &number, in->err);
    *out = (unsigned)number;
    return rc;
}

static enum rf_rc take_seconds(struct reading *in, const char *field, const char *text,
                               unsigned *seconds)
{
    return take_number(in, field, text, SECONDS_MAX, seconds);
}

static enum rf_rc take_deadlines(struct reading *in)
{
    enum rf_rc rc = RF_OK;
    const struct yaml_deadlines *yaml = in->yaml->deadlines;
    if (!yaml)
        return RF_OK;
    RF_TRY(take_seconds(in, "deadlines.silence", yaml->silence, &in->node->silence));
    RF_TRY(take_seconds(in, "deadlines.connect", yaml->connect, &in->node->connect));
    RF_TRY(take_seconds(in, "deadlines.progress", yaml->progress, &in->node->progress));
done:
    return rc;
}

static enum rf_rc take_limits(struct reading *in)
{
    enum rf_rc rc = RF_OK;
    const struct yaml_limits *yaml = in->yaml->limits;
    struct rf_node_file *node = in->node;
    if (!yaml)
        return RF_OK;
    RF_TRY(take_number(in, "limits.memory", yaml->memory, LIMIT_MIB_MAX, &node->memory_mib));
    RF_TRY(take_number(in, "limits.time", yaml->time, LIMIT_SECONDS_MAX, &node->time));
done:
    return rc;
}

enum rf_rc rf_node_file_usual(struct rf_node_file *node, const char *folder, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    *node = (struct rf_node_file){.silence = SILENCE, .connect = CONNECT, .progress = PROGRESS};
    RF_TRY(rf_safe_file_join(node->certificate, folder, RF_FOLDER_CERTIFICATE, err));
    RF_TRY(rf_safe_file_join(node->key, folder, RF_FOLDER_KEY, err));
    RF_TRY(rf_safe_file_join(node->ca, folder, RF_FOLDER_CA, err));
    RF_TRY(rf_safe_file_join(node->tokens, folder, RF_FOLDER_TOKENS, err));
    RF_TRY(rf_safe_file_join(node->passphrase, folder, RF_FOLDER_PASSPHRASE, err));
done:
    return rc;
}

static enum rf_rc read_yaml(const struct rf_yamlfile *file, struct rf_node_file *node,
                            struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    void *yaml = NULL;
    char copy[PATH_MAX];
    struct reading in = {.file = file, .node = node, .err = err};
    (void)snprintf(copy, sizeof copy, "%s", file->name);
    const char *folder = dirname(copy);
    RF_TRY(rf_node_file_usual(node, folder, err));
    RF_TRY(rf_yamlfile_load(file, &schema, &yaml, err));
    in.yaml = yaml;
    RF_TRY(take_member(&in, "member", in.yaml->member, node->member));
    if (in.yaml->listen)
        RF_TRY(take_address(&in, "listen", in.yaml->listen, true, node->listen));
    RF_TRY(take_peers(&in));
    RF_TRY(take_files(&in, folder));
    RF_TRY(take_deadlines(&in));
    RF_TRY(take_limits(&in));
done:
    rf_yamlfile_free(&schema, yaml);
    return rc;
}

/* ---- the outside ---- */

enum rf_rc rf_node_file_folder(struct rf_node_file *node, const char *folder, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    char path[PATH_MAX];
    RF_TRY(rf_safe_file_join(path, folder, RF_FOLDER_NODE, err));
    if (rf_safe_file_exists(path))
        RF_TRY(rf_node_file_read(node, path, err));
    else
        RF_TRY(rf_node_file_usual(node, folder, err));
done:
    return rc;
}

enum rf_rc rf_node_file_read(struct rf_node_file *node, const char *path, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_yamlfile file;
    RF_TRY(rf_yamlfile_open(&file, path, err));
    RF_TRY(read_yaml(&file, node, err));
done:
    rf_yamlfile_fini(&file);
    return rc;
}

enum rf_rc rf_node_file_text(struct rf_node_file *node, const char *name, const uint8_t *text,
                             size_t size, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_yamlfile file;
    RF_TRY(rf_yamlfile_text(&file, name, text, size, err));
    RF_TRY(read_yaml(&file, node, err));
done:
    rf_yamlfile_fini(&file);
    return rc;
}

enum rf_rc rf_node_file_passphrase(struct rf_passphrase *passphrase, const char *file,
                                   const struct rf_node_file *node, struct rf_err *err)
{
    return rf_passphrase_get(passphrase, file, node->passphrase, node->key, RF_PASSPHRASE_OPEN,
                             err);
}

const char *rf_node_file_peer(const struct rf_node_file *node, const char *member)
{
    for (unsigned i = 0; i < node->peer_count; i++)
        if (strcmp(node->peers[i].member, member) == 0)
            return node->peers[i].address;
    return NULL;
}
