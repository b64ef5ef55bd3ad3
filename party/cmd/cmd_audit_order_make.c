#include <stdio.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/audit/audit_order.h"
#include "party/cmd/cmd.h"
#include "party/cmd/cmd_audit.h"
#include "party/study/approvals.h"
#include "party/transcript/transcript_read.h"

enum {
    OPTION_STUDY = RF_CMD_OPTION_OWN,
    OPTION_SESSION,
    OPTION_TRANSCRIPT,
    OPTION_PARTY,
    OPTION_AUDITOR,
    OPTION_REASON,
};

struct making {
    const char *out, *study, *transcript, *party, *auditor, *reason;
    bool has_session;
    uint8_t session[RF_SESSION_SIZE];
};

static void read_session(struct making *making, const struct argp_state *state, const char *text)
{
    for (unsigned i = 0; i < RF_SESSION_SIZE; i++) {
        unsigned byte = 0;
        if (strlen(text) != 2 * RF_SESSION_SIZE ||
            strspn(text, "0123456789abcdef") != strlen(text) ||
            sscanf(text + 2 * (size_t)i, "%2x", &byte) != 1)
            rf_cmd_misuse(state, "--session: 32 hexadecimal digits, as in result.json");
        making->session[i] = (uint8_t)byte;
    }
    making->has_session = true;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct making *making = state->input;
    switch (key) {
    case RF_CMD_OPTION_OUT:
        making->out = text;
        return 0;
    case OPTION_STUDY:
        making->study = text;
        return 0;
    case OPTION_SESSION:
        read_session(making, state, text);
        return 0;
    case OPTION_TRANSCRIPT:
        if (making->transcript)
            rf_cmd_misuse(state, "--transcript: one says of which session; give one");
        making->transcript = text;
        return 0;
    case OPTION_PARTY:
        making->party = text;
        return 0;
    case OPTION_AUDITOR:
        making->auditor = text;
        return 0;
    case OPTION_REASON:
        if (strlen(text) > RF_TEXT_MAX)
            rf_cmd_misuse(state, "--reason: at most %d bytes", RF_TEXT_MAX);
        if (!*text)
            rf_cmd_misuse(state, "--reason: those who are asked to sign are told why");
        making->reason = text;
        return 0;
    case ARGP_KEY_END:
        if (!making->out || !making->study || !making->party || !making->auditor || !making->reason)
            rf_cmd_misuse(state, "--study, --party, --auditor, --reason and --out are needed");
        if (making->has_session == (making->transcript != NULL))
            rf_cmd_misuse(state, "of which session? --session or --transcript says it");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* An order for a session that the study never had would be signed, and release nothing. */
static enum rf_rc check_study(const struct making *making, const struct rf_transcript *transcript,
                              struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_manifest manifest;
    char given[RF_MANIFEST_SHORT], found[RF_MANIFEST_SHORT];
    RF_TRY(rf_approvals_manifest(&manifest, making->study, err));
    if (rf_secret_equal(manifest.hash, transcript->header.manifest, sizeof manifest.hash))
        goto done;
    rf_manifest_short(&manifest, given);
    memcpy(manifest.hash, transcript->header.manifest, sizeof manifest.hash);
    rf_manifest_short(&manifest, found);
    rc = rf_err_set(err, RF_E_ARG, "%s: is of another study than %s: manifest %s, not %s",
                    making->transcript, making->study, found, given);
done:
    return rc;
}

/* Any process's transcript of the session will do. */
static enum rf_rc find_session(struct making *making, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_transcript transcript = {0};
    if (!making->transcript)
        return RF_OK;
    RF_TRY(rf_transcript_load(&transcript, making->transcript, err));
    RF_TRY(check_study(making, &transcript, err));
    memcpy(making->session, transcript.header.session, sizeof making->session);
done:
    rf_transcript_fini(&transcript);
    return rc;
}

static enum rf_rc make(struct making *making, struct rf_err *err)
{
    enum rf_rc rc;
    RF_TRY(find_session(making, err));
    RF_TRY(rf_audit_order_make(making->out, making->study, making->auditor, making->session,
                               making->party, making->reason, err));
    (void)printf("%s: an order for %s's transcript; every contributor signs it: ringfence audit "
                 "order sign\n",
                 making->out, making->party);
done:
    return rc;
}

int rf_cmd_audit_order_make(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"study", OPTION_STUDY, "FOLDER", 0, "the study's folder", 0},
        {"session", OPTION_SESSION, "DIGITS", 0, "the session, as result.json gives it", 0},
        {"transcript", OPTION_TRANSCRIPT, "FILE", 0, "the session, as a transcript has it", 0},
        {"party", OPTION_PARTY, "NAME", 0, "whose transcript is to be released", 0},
        {"auditor", OPTION_AUDITOR, "FILE", 0, "the certificate of the auditor", 0},
        {"reason", OPTION_REASON, "TEXT", 0, "why, for those who are asked to sign", 0},
        {"out", RF_CMD_OPTION_OUT, "FOLDER", 0, "where the order goes", 0},
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "Make an order to release one party's sealed transcript of a session, all its "
               "epochs, to an auditor. It holds when every contributor has signed it.",
    };
    struct making making = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &making);
    return rf_cmd_end(argv[0], make(&making, &err), &err);
}
