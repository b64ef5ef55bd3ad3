#include "party/run/client.h"

#include <string.h>
#include <time.h>

#include "net/base/secret.h"
#include "party/keys/safe_file.h"
#include "party/keys/token_key.h"
#include "party/run/input.h"
#include "party/run/output.h"
#include "party/run/progress.h"
#include "party/run/result_files.h"

struct client {
    const struct rf_client_options *options;
    struct rf_err *err;
    struct rf_session session;
    struct rf_progress progress;
    struct rf_contribution contribution;
    struct rf_receipt receipt;
};

static const struct rf_member *ourselves(const struct client *client)
{
    return &client->session.manifest.study.members[client->session.member];
}

static enum rf_rc check_options(const struct client *client)
{
    const struct rf_member *member = ourselves(client);
    if (member->contributor && !client->options->data) {
        return rf_err_set(client->err, RF_E_ARG,
                          "%s contributes to this study: name its data folder with --data",
                          member->name);
    }
    if (!member->contributor && client->options->data)
        return rf_err_set(client->err, RF_E_ARG,
                          "%s does not contribute to this study: leave out --data", member->name);
    if (!member->recipient)
        return RF_OK;
    if (!client->options->out)
        return rf_err_set(client->err, RF_E_ARG,
                          "%s receives this study's result: say where with --out", member->name);
    return rf_result_files_absent(client->options->out, client->err);
}

static enum rf_rc prepare(struct client *client)
{
    enum rf_rc rc;
    struct rf_session *session = &client->session;
    struct rf_tables tables = {0};
    uint8_t key[RF_TOKEN_KEY_SIZE], fill[32];
    RF_TRY(rf_tables_load(&tables, client->options->data, &session->manifest.study,
                          session->file.member, client->err));
    rf_progress_note(&client->progress, "%zu customers, %zu identifiers and accounts read",
                     tables.customers, tables.holdings);
    RF_TRY(rf_token_key_open(key, session->file.tokens, session->identity.certificate,
                             session->identity.key, client->err));
    RF_TRY(rf_session_draw(session, "ringfence filler rows v1", fill, sizeof fill));
    RF_TRY(rf_contribution_build(&client->contribution, &session->manifest, session->member,
                                 &tables, key, fill, client->err));
done:
    rf_tables_fini(&tables);
    rf_secret_wipe(key, sizeof key);
    return rc;
}

/* All that a client does once it has met the parties. */
static enum rf_rc work(struct client *client)
{
    enum rf_rc rc = RF_OK;
    struct rf_session *session = &client->session;
    const struct rf_client_options *options = client->options;
    if (ourselves(client)->contributor) {
        RF_TRY(rf_recorder_item(session->recorder, RF_SEALING_ROWS, RF_TRANSCRIPT_NOBODY,
                                client->contribution.rows,
                                client->contribution.count * client->contribution.row_bytes));
        RF_TRY(rf_input_give(session, &client->contribution));
        rf_contribution_fini(&client->contribution);
        RF_TRY(rf_session_checkpoint(session));
        rf_progress_note(&client->progress, "rows shared among the three parties");
    }
    RF_TRY(rf_output_take(session, &client->receipt));
    if (ourselves(client)->recipient && options->out)
        RF_TRY(rf_result_files_write(session, &client->receipt, options->out));
    RF_TRY(rf_session_checkpoint(session));
done:
    return rc;
}

static enum rf_rc run(struct client *client)
{
    enum rf_rc rc;
    struct rf_session *session = &client->session;
    RF_TRY(rf_session_open(session, RF_ROLE_CLIENT, &client->options->session, client->err));
    rf_progress_init(&client->progress, session->file.member, session->quiet, false);
    RF_TRY(check_options(client));
    if (ourselves(client)->contributor)
        RF_TRY(prepare(client));
    RF_TRY(rf_session_connect(session));
    RF_TRY(rf_session_meet(session));
    RF_TRY(work(client));
done:
    return rc;
}

static struct client *begin(const struct rf_client_options *options, struct rf_err *err)
{
    struct client *client = rf_secret_alloc(sizeof *client);
    if (!client) {
        (void)rf_err_set(err, RF_E_MEMORY, "out of memory");
        return NULL;
    }
    client->options = options;
    client->err = err;
    return client;
}

static enum rf_rc end(struct client *client, enum rf_rc rc)
{
    const struct rf_client_options *options = client->options;
    rf_contribution_fini(&client->contribution);
    rf_receipt_fini(&client->receipt);
    rc = rf_session_fini(&client->session, rc);
    if (rc == RF_OK && options->out && !options->session.quiet)
        rf_progress_note(&client->progress, "result in %s", options->out);
    rf_secret_free(client, sizeof *client);
    return rc;
}

enum rf_rc rf_client_run(const struct rf_client_options *options, struct rf_err *err)
{
    struct client *client = begin(options, err);
    return client ? end(client, run(client)) : RF_E_MEMORY;
}

static enum rf_rc again(struct client *client, rf_client_opener *open, void *context)
{
    enum rf_rc rc;
    struct rf_session *session = &client->session;
    RF_TRY(open(context, session, &client->contribution));
    rf_progress_init(&client->progress, session->file.member, client->options->session.quiet,
                     false);
    RF_TRY(work(client));
done:
    return rc;
}

enum rf_rc rf_client_again(rf_client_opener *open, void *context, bool quiet, struct rf_err *err)
{
    const struct rf_client_options options = {.session.quiet = quiet};
    struct client *client = begin(&options, err);
    return client ? end(client, again(client, open, context)) : RF_E_MEMORY;
}
