#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "party/cmd/cmd.h"
#include "party/cmd/cmd_study.h"
#include "party/keys/certificate.h"
#include "party/study/approvals.h"
#include "party/study/node_file.h"

struct status {
    const char *folder, *ca, *node;
    bool json, ready;
    struct rf_manifest manifest;
    X509_STORE *store; /* NULL: certificates' issuers are not checked */
    struct rf_approvals_member members[RF_MEMBERS_MAX];
    struct rf_err problem; /* why it is not ready */
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct status *status = state->input;
    switch (key) {
    case RF_CMD_OPTION_JSON:
        status->json = true;
        return 0;
    case RF_CMD_OPTION_CA:
        status->ca = text;
        return 0;
    case RF_CMD_OPTION_NODE:
        status->node = text;
        return 0;
    case ARGP_KEY_ARG:
        if (status->folder)
            rf_cmd_misuse(state, "one study at a time");
        status->folder = text;
        return 0;
    case ARGP_KEY_END:
        if (!status->folder)
            rf_cmd_misuse(state, "which study's folder?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum rf_rc load_store(struct status *status, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_node_file node;
    const char *path = status->ca;
    if (!path && status->node) {
        RF_TRY(rf_node_file_folder(&node, status->node, err));
        path = node.ca;
    }
    if (path)
        RF_TRY(rf_certificate_store(&status->store, path, err));
done:
    return rc;
}

static enum rf_rc examine(struct status *status, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    RF_TRY(load_store(status, err));
    RF_TRY(rf_approvals_manifest(&status->manifest, status->folder, err));
    for (unsigned i = 0; i < status->manifest.study.member_count; i++)
        rf_approvals_member(&status->members[i], status->folder, &status->manifest, i,
                            status->store);
    status->ready = rf_approvals_check(status->folder, status->store, &status->manifest,
                                       &status->problem) == RF_OK;
done:
    return rc;
}

static void when(const struct rf_approvals_member *member, char text[RF_DATE_SIZE])
{
    struct tm tm;
    time_t time = (time_t)member->approval.time;
    bool given = member->state == RF_APPROVALS_APPROVED || member->state == RF_APPROVALS_REFUSED;
    if (!given || !gmtime_r(&time, &tm) ||
        strftime(text, RF_DATE_SIZE, "%Y-%m-%d %H:%M:%SZ", &tm) == 0)
        text[0] = 0;
}

static void print_table(const struct status *status)
{
    char digits[RF_MANIFEST_SHORT], date[RF_DATE_SIZE];
    rf_manifest_short(&status->manifest, digits);
    (void)printf("Study %s, manifest %s\n", status->manifest.study.name, digits);
    for (unsigned i = 0; i < status->manifest.study.member_count; i++) {
        const struct rf_approvals_member *member = &status->members[i];
        when(member, date);
        (void)printf("  %-32s %-9s %s\n", status->manifest.study.members[i].name,
                     rf_approvals_state_name(member->state), date);
        if (member->state == RF_APPROVALS_INVALID || member->state == RF_APPROVALS_REFUSED)
            (void)printf("  %-32s -> %s\n", "", member->problem.text);
    }
    if (status->ready)
        (void)printf("Approved by all.\n");
    else
        (void)printf("Not ready: %s\n", status->problem.text);
    if (!status->store)
        (void)printf("Issuers of certificates were not checked: give --node or --ca.\n");
}

static json_t *as_json(const struct status *status)
{
    char hex[RF_MANIFEST_HEX];
    json_t *members = json_array();
    rf_manifest_hex(&status->manifest, hex);
    for (unsigned i = 0; i < status->manifest.study.member_count; i++) {
        const struct rf_approvals_member *member = &status->members[i];
        (void)json_array_append_new(
            members,
            json_pack("{s:s, s:s, s:I, s:s, s:s}", "member", status->manifest.study.members[i].name,
                      "state", rf_approvals_state_name(member->state), "time",
                      (json_int_t)member->approval.time, "reason", member->approval.reason,
                      "problem", member->problem.text));
    }
    return json_pack("{s:s, s:s, s:b, s:b, s:s, s:o}", "study", status->manifest.study.name,
                     "manifest", hex, "ready", (int)status->ready, "issuers_checked",
                     status->store != NULL, "problem", status->problem.text, "members", members);
}

static enum rf_rc run(struct status *status, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    RF_TRY(examine(status, err));
    if (status->json)
        RF_TRY(rf_cmd_print_json(as_json(status), err));
    else
        print_table(status);
done:
    X509_STORE_free(status->store);
    return rc;
}

int rf_cmd_study_status(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"node", RF_CMD_OPTION_NODE, "FOLDER", 0, "believe the CAs of this member's folder", 0},
        {"ca", RF_CMD_OPTION_CA, "FILE", 0, "believe the CAs in FILE", 0},
        RF_CMD_JSON,
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "FOLDER",
        .doc = "Who has approved a study, who has refused, who has not answered. Exits 0 when all "
               "have approved, else 1.",
    };
    static struct status status; /* large */
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &status);
    int code = rf_cmd_end(argv[0], run(&status, &err), &err);
    return code == 0 && !status.ready ? 1 : code;
}
