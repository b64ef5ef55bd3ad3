/* What a member's data hold that must never be seen outside its own process, one line each, "KIND HEX":
 *
 *     study_secrets NODE STUDY DATA [ROWS]
 *
 *     key       the members' key of tokens: its bytes, and its digits
 *     customer  ids, as in the tables
 *     value     identifiers, as in the tables
 *     account   likewise; those of other banks, too, as far as the member's transfers name them
 *     normal    identifiers and accounts, normalised
 *     token     8 bytes, as rows hold them
 *     swapped   the same in the other byte order
 *     digits    the same written as text: hexadecimal in both orders and both cases, decimal
 *     row       the tokens that the member contributes; a token that is held too often is in none
 *
 * ROWS: a file for the plain rows, as they are before they become shares. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/base/bytes.h"
#include "party/data/csv.h"
#include "party/data/tables.h"
#include "party/data/tokens.h"
#include "party/keys/token_key.h"
#include "party/run/contribution.h"
#include "party/run/session.h"

static struct rf_err err;

static void need(enum rf_rc rc)
{
    if (rc == RF_OK)
        return;
    (void)fprintf(stderr, "study_secrets: %s\n", err.text);
    exit(2);
}

static void say(const char *kind, const void *bytes, size_t size)
{
    (void)printf("%s ", kind);
    for (size_t i = 0; i < size; i++)
        (void)printf("%02x", ((const uint8_t *)bytes)[i]);
    (void)printf("\n");
}

static void say_text(const char *kind, const char *text)
{
    say(kind, text, strlen(text));
}

/* In lower and upper case. */
static void say_digits(const char *kind, const uint8_t *bytes, size_t size)
{
    char text[2 * 64 + 1] = "";
    for (size_t i = 0; i < size && i < 64; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    say_text(kind, text);
    for (char *at = text; *at; at++)
        *at = (char)toupper(*at);
    say_text(kind, text);
}

/* ---- what stands in the tables ---- */

struct column {
    const char *kind;
};

static enum rf_rc say_field(void *context, const struct rf_csv_row *row, struct rf_err *why)
{
    const struct column *column = context;
    (void)why;
    say(column->kind, row->field[0].text, row->field[0].size);
    return RF_OK;
}

static void say_column(const char *folder, const char *file, const char *name, const char *kind)
{
    char path[PATH_MAX];
    struct column column = {kind};
    const struct rf_csv_format format = {&name, 1, RF_CSV_AT_LEAST};
    (void)snprintf(path, sizeof path, "%s/%s", folder, file);
    if (access(path, F_OK) == 0)
        need(rf_csv_read(path, &format, say_field, &column, &err));
}

static void say_tables(const char *folder)
{
    say_column(folder, "customers.csv", "customer", "customer");
    say_column(folder, "identifiers.csv", "value", "value");
    say_column(folder, "accounts.csv", "account", "account");
    say_column(folder, "transfers.csv", "from_account", "account");
    say_column(folder, "transfers.csv", "to_account", "account");
}

/* ---- what is made of them ---- */

static void say_token(uint64_t token)
{
    uint8_t bytes[8], swapped[8];
    char decimal[24];
    rf_store64(bytes, token);
    rf_store64(swapped, __builtin_bswap64(token));
    (void)snprintf(decimal, sizeof decimal, "%" PRIu64, token);
    say("token", bytes, sizeof bytes);
    say("swapped", swapped, sizeof swapped);
    say_digits("digits", bytes, sizeof bytes);
    say_digits("digits", swapped, sizeof swapped);
    say_text("digits", decimal);
}

static void say_holdings(const struct rf_tables *tables, const uint8_t *members_key,
                         const uint8_t manifest_hash[32])
{
    struct rf_tokens_key *key = NULL;
    uint64_t *token = calloc(tables->holdings + 1, sizeof *token);
    if (!token)
        abort();
    need(rf_tokens_key_new(&key, members_key, RF_TOKEN_KEY_SIZE, manifest_hash, &err));
    need(rf_tokens_all(key, tables, token, &err));
    for (size_t i = 0; i < tables->holdings; i++) {
        const struct rf_holding *holding = &tables->holding[i];
        say_text("normal", holding->value);
        say_token(token[i]);
    }
    rf_tokens_key_free(key);
    free(token);
}

static void say_rows(const struct rf_session *session, const struct rf_tables *tables,
                     const uint8_t *members_key, const char *path)
{
    static const uint8_t fill[32] = {1};
    struct rf_contribution rows;
    need(rf_contribution_build(&rows, &session->manifest, session->member, tables, members_key,
                               fill, &err));
    for (size_t i = 0; i < rows.used; i++)
        say("row", rows.rows + i * rows.row_bytes, sizeof(uint64_t));
    FILE *file = path ? fopen(path, "wb") : NULL;
    if (path && (!file || fwrite(rows.rows, rows.row_bytes, rows.count, file) != rows.count ||
                 fclose(file) != 0)) {
        perror(path);
        exit(2);
    }
    rf_contribution_fini(&rows);
}

int main(int count, char **arguments)
{
    static struct rf_session session;
    struct rf_tables tables;
    uint8_t key[RF_TOKEN_KEY_SIZE];
    if (count != 4 && count != 5) {
        (void)fprintf(stderr, "usage: study_secrets NODE STUDY DATA [ROWS]\n");
        return 2;
    }
    const struct rf_session_options options = {.node = arguments[1], .study = arguments[2]};
    need(rf_session_open(&session, RF_ROLE_CLIENT, &options, &err));
    need(rf_tables_load(&tables, arguments[3], &session.manifest.study, session.file.member, &err));
    need(rf_token_key_open(key, session.file.tokens, session.identity.certificate,
                           session.identity.key, &err));
    say("key", key, sizeof key);
    say_digits("key", key, sizeof key);
    say_tables(arguments[3]);
    say_holdings(&tables, key, session.manifest.hash);
    say_rows(&session, &tables, key, arguments[4]);
    rf_tables_fini(&tables);
    need(rf_session_fini(&session, RF_OK));
    return 0;
}
