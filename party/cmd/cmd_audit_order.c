#include <stdio.h>
#include <string.h>

#include "net/base/hex.h"
#include "net/base/secret.h"
#include "party/audit/findings.h"
#include "party/audit/release.h"
#include "party/cmd/cmd.h"
#include "party/cmd/cmd_audit.h"
#include "party/keys/certificate.h"
#include "party/report/units.h"

enum { OPTION_YES = RF_CMD_OPTION_OWN, OPTION_ORDER };

struct ordering {
    const char *argument, *node, *ca, *out, *order, *passphrase;
    bool yes, json;
    struct rf_audit_order_folder folder;
    struct rf_signer signer;
    struct rf_findings findings;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct ordering *ordering = state->input;
    switch (key) {
    case RF_CMD_OPTION_NODE:
        ordering->node = text;
        return 0;
    case RF_CMD_OPTION_CA:
        ordering->ca = text;
        return 0;
    case RF_CMD_OPTION_OUT:
        ordering->out = text;
        return 0;
    case RF_CMD_OPTION_JSON:
        ordering->json = true;
        return 0;
    case RF_CMD_OPTION_PASSPHRASE:
        ordering->passphrase = text;
        return 0;
    case OPTION_YES:
        ordering->yes = true;
        return 0;
    case OPTION_ORDER:
        ordering->order = text;
        return 0;
    case ARGP_KEY_ARG:
        if (ordering->argument)
            rf_cmd_misuse(state, "one at a time");
        ordering->argument = text;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_order(const struct rf_audit_order_folder *it)
{
    const struct rf_audit_order *order = &it->order;
    char session[2 * RF_SESSION_SIZE + 1], auditor[2 * 32 + 1], subject[RF_SUBJECT_SIZE];
    char date[RF_UNITS_TEXT];
    rf_identity_subject(X509_get_subject_name(it->auditor), subject);
    (void)printf("Order to release a sealed transcript\n"
                 "  study     %s\n"
                 "  session   %s, all its epochs\n"
                 "  of        %s, party %u, and of no other party\n"
                 "  to        %s\n"
                 "            certificate SHA-256 %s\n"
                 "  made      %s\n"
                 "  because   %s\n",
                 it->manifest.study.name, rf_hex(session, order->session, sizeof order->session),
                 order->member, order->party, subject,
                 rf_hex(auditor, order->auditor, sizeof order->auditor),
                 rf_units_iso(date, (int64_t)order->time), order->reason);
}

/* ---- sign ---- */

static enum rf_rc sign(struct ordering *it, struct rf_err *err)
{
    enum rf_rc rc;
    RF_TRY(rf_audit_order_open(&it->folder, it->argument, err));
    RF_TRY(rf_signer_open(&it->signer, it->node, err));
    print_order(&it->folder);
    (void)fflush(stdout);
    if (!it->yes)
        RF_TRY(rf_cmd_confirm("release", it->signer.name, "audit order check", err));
    RF_TRY(rf_signer_unlock(&it->signer, it->passphrase, err));
    RF_TRY(rf_audit_order_sign(&it->folder, it->argument, &it->signer, it->node, err));
    (void)printf("%s/%s.order: %s has signed; it will sign for no other party of this session\n",
                 it->argument, it->signer.name, it->signer.name);
done:
    return rc;
}

static int end(struct ordering *it, const char *command, enum rf_rc rc, const struct rf_err *err)
{
    rf_audit_order_fini(&it->folder);
    rf_signer_fini(&it->signer);
    int code = rf_cmd_end(command, rc, err);
    if (code == 0 && !rf_findings_good(&it->findings))
        code = 1;
    rf_findings_fini(&it->findings);
    return code;
}

static int order_sign(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"node", RF_CMD_OPTION_NODE, "FOLDER", 0, "the contributor's folder", 0},
        {"yes", OPTION_YES, NULL, 0, "do not ask", 0},
        RF_CMD_PASSPHRASE,
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "ORDER",
        .doc = "Show the order in the folder ORDER, ask, and sign it as a contributor. The node "
               "remembers which party it named, and signs for no other of the same session.",
    };
    struct ordering it = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &it);
    enum rf_rc rc = it.argument && it.node
                        ? sign(&it, &err)
                        : rf_err_set(&err, RF_E_ARG, "ORDER and --node are needed (see --help)");
    return end(&it, argv[0], rc, &err);
}

/* ---- check ---- */

static void find_signatures(struct ordering *it, X509_STORE *store)
{
    const struct rf_study *study = &it->folder.manifest.study;
    for (unsigned i = 0; i < study->member_count; i++) {
        struct rf_err why = {0};
        if (!study->members[i].contributor)
            continue;
        enum rf_rc rc = rf_audit_order_signed(&it->folder, it->argument, i, store, &why);
        (void)rf_findings_judge(&it->findings, "signature", rc, &why, "%s has signed",
                                study->members[i].name);
    }
}

static json_t *as_json(const struct ordering *it)
{
    const struct rf_audit_order *order = &it->folder.order;
    char manifest[65], session[33], auditor[65];
    return json_pack("{s:b, s:s, s:s, s:s, s:i, s:s, s:s, s:I, s:s, s:o}", "holds",
                     rf_findings_good(&it->findings), "study", it->folder.manifest.study.name,
                     "manifest", rf_hex(manifest, order->manifest, sizeof order->manifest),
                     "session", rf_hex(session, order->session, sizeof order->session), "party",
                     (int)order->party, "member", order->member, "auditor",
                     rf_hex(auditor, order->auditor, sizeof order->auditor), "time",
                     (json_int_t)order->time, "reason", order->reason, "checks",
                     rf_findings_json(&it->findings));
}

static enum rf_rc check(struct ordering *it, struct rf_err *err)
{
    enum rf_rc rc;
    X509_STORE *store = NULL;
    struct rf_node_file node;
    const char *ca = it->ca;
    if (it->node) {
        RF_TRY(rf_node_file_folder(&node, it->node, err));
        ca = node.ca;
    }
    RF_TRY(rf_certificate_store(&store, ca, err));
    RF_TRY(rf_audit_order_open(&it->folder, it->argument, err));
    find_signatures(it, store);
    if (it->json) {
        RF_TRY(rf_cmd_print_json(as_json(it), err));
    } else {
        print_order(&it->folder);
        rf_findings_print(stdout, &it->findings);
    }
done:
    X509_STORE_free(store);
    return rc;
}

static int order_check(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"ca", RF_CMD_OPTION_CA, "FILE", 0, "the CA certificates that you believe", 0},
        {"node", RF_CMD_OPTION_NODE, "FOLDER", 0, "believe those of this folder", 0},
        RF_CMD_JSON,
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "ORDER",
        .doc = "Show the order in the folder ORDER and who has signed it. Exits with 1 unless "
               "every contributor has.",
    };
    struct ordering it = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &it);
    enum rf_rc rc = it.argument && !it.ca != !it.node
                        ? check(&it, &err)
                        : rf_err_set(&err, RF_E_ARG,
                                     "ORDER and one of --ca and --node are needed (see --help)");
    return end(&it, argv[0], rc, &err);
}

/* ---- release ---- */

static enum rf_rc release(struct ordering *it, struct rf_err *err)
{
    enum rf_rc rc;
    RF_TRY(rf_signer_open(&it->signer, it->node, err));
    RF_TRY(rf_release(it->argument, it->order, it->node, &it->signer, it->out, err));
    (void)printf("%s: released; this node will release no other party's of this session\n",
                 it->out);
done:
    return rc;
}

static int order_release(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"order", OPTION_ORDER, "FOLDER", 0, "signed by every contributor", 0},
        {"node", RF_CMD_OPTION_NODE, "FOLDER", 0, "the party's folder", 0},
        {"out", RF_CMD_OPTION_OUT, "FOLDER", 0, "where transcript and sealed file are copied to",
         0},
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "TRANSCRIPT",
        .doc = "Hand over a party's sealed transcript, if an order that every contributor has "
               "signed names that party, its session and the auditor that it is sealed to.",
    };
    struct ordering it = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &it);
    enum rf_rc rc =
        it.argument && it.order && it.node && it.out
            ? release(&it, &err)
            : rf_err_set(&err, RF_E_ARG,
                         "TRANSCRIPT, --order, --node and --out are needed (see --help)");
    return end(&it, argv[0], rc, &err);
}

int rf_cmd_audit_order(int argc, char **argv)
{
    static const char intro[] =
        "A sealed transcript is released by an order that every contributor has signed: one party "
        "of a\nsession, all its epochs, one auditor. Two parties' transcripts would show the data.";
    static const struct rf_cmd commands[] = {
        {"make", "make an order, to be signed", rf_cmd_audit_order_make},
        {"sign", "sign an order as a contributor", order_sign},
        {"check", "who has signed an order?", order_check},
        {"release", "hand over a party's sealed transcript", order_release},
    };
    return rf_cmd_dispatch(commands, sizeof commands / sizeof *commands, intro, argc, argv);
}
