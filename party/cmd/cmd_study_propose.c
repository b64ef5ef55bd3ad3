#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "party/cmd/cmd.h"
#include "party/cmd/cmd_study.h"
#include "party/keys/certificate.h"
#include "party/keys/member_folder.h"
#include "party/study/approvals.h"

enum { OPTION_CERTIFICATES = RF_CMD_OPTION_OWN, OPTION_CUSTOMERS, OPTION_ROWS };

struct propose {
    const char *study, *certificates, *out;
    uint64_t customers, rows;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct propose *propose = state->input;
    switch (key) {
    case RF_CMD_OPTION_OUT:
        propose->out = text;
        return 0;
    case OPTION_CERTIFICATES:
        propose->certificates = text;
        return 0;
    case OPTION_CUSTOMERS:
        propose->customers = rf_cmd_number(state, "--customers", text, 1, RF_ROWS_MAX);
        return 0;
    case OPTION_ROWS:
        propose->rows = rf_cmd_number(state, "--rows", text, 1, RF_ROWS_MAX);
        return 0;
    case ARGP_KEY_ARG:
        if (propose->study)
            rf_cmd_misuse(state, "one study at a time");
        propose->study = text;
        return 0;
    case ARGP_KEY_END:
        if (!propose->study || !propose->certificates || !propose->out)
            rf_cmd_misuse(state, "STUDY, --certificates and --out are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void declare_bounds(const struct propose *propose, struct rf_study *study)
{
    for (unsigned i = 0; i < study->member_count; i++) {
        struct rf_member *member = &study->members[i];
        if (member->contributor && member->customers == 0)
            member->customers = propose->customers;
        if (member->contributor && member->rows == 0)
            member->rows = propose->rows;
    }
}

/* NAME.crt, or NAME/member.crt as `keys quick` puts it. */
static enum rf_rc load_certificate(const struct propose *propose, const char *member,
                                   X509 **certificate, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    char name[RF_MEMBER_NAME_MAX + 16], flat[PATH_MAX], folder[PATH_MAX], deep[PATH_MAX];
    (void)snprintf(name, sizeof name, "%s.crt", member);
    RF_TRY(rf_safe_file_join(flat, propose->certificates, name, err));
    RF_TRY(rf_safe_file_join(folder, propose->certificates, member, err));
    RF_TRY(rf_safe_file_join(deep, folder, RF_FOLDER_CERTIFICATE, err));
    if (!rf_safe_file_exists(flat) && !rf_safe_file_exists(deep))
        RF_TRY(rf_err_set(err, RF_E_ARG, "there is no certificate of %s: neither %s nor %s", member,
                          flat, deep));
    RF_TRY(rf_certificate_load(certificate, rf_safe_file_exists(flat) ? flat : deep, err));
done:
    return rc;
}

static void report(const struct propose *propose, const struct rf_manifest *manifest)
{
    char hex[RF_MANIFEST_HEX], digits[RF_MANIFEST_SHORT];
    rf_manifest_hex(manifest, hex);
    rf_manifest_short(manifest, digits);
    (void)printf("%s: proposed %s\nmanifest %s\n         %s\n"
                 "Each member now looks at it (study show) and approves or refuses.\n",
                 propose->out, manifest->study.name, hex, digits);
}

static enum rf_rc make(const struct propose *propose, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_study study = {0};
    struct rf_manifest manifest;
    X509 *certificates[RF_MEMBERS_MAX] = {NULL};
    RF_TRY(rf_study_read(&study, propose->study, err));
    declare_bounds(propose, &study);
    rc = rf_study_check(&study, true, err);
    if (rc != RF_OK)
        rf_err_prefix(err, "%s", propose->study);
    RF_TRY(rc);
    for (unsigned i = 0; i < study.member_count; i++)
        RF_TRY(load_certificate(propose, study.members[i].name, &certificates[i], err));
    RF_TRY(rf_approvals_propose(&manifest, propose->out, &study, certificates, err));
    report(propose, &manifest);
done:
    for (unsigned i = 0; i < RF_MEMBERS_MAX; i++)
        X509_free(certificates[i]);
    return rc;
}

int rf_cmd_study_propose(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"certificates", OPTION_CERTIFICATES, "FOLDER", 0,
         "where the members' certificates are: NAME.crt or NAME/member.crt", 0},
        {"out", RF_CMD_OPTION_OUT, "FOLDER", 0, "the study's folder; made if need be", 0},
        {"customers", OPTION_CUSTOMERS, "N", 0,
         "bound on customers of contributors for which STUDY declares none", 0},
        {"rows", OPTION_ROWS, "N", 0, "bound on rows of contributors for which STUDY declares none",
         0},
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "STUDY",
        .doc = "Freeze the study file STUDY (YAML) as a manifest, in a folder to pass around for "
               "approval.",
    };
    struct propose propose = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &propose);
    return rf_cmd_end(argv[0], make(&propose, &err), &err);
}
