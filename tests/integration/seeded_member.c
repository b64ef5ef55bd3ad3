/* A member's process that draws everything random from a seed of its own, and whose clocks stand still where a run's
 * record looks at them: two runs must then leave the same bytes.
 *
 *     seeded_member party|contribute NODE STUDY OUT TRANSCRIPTS [DATA]
 *     seeded_member secrets STUDY
 *
 * The second prints what these processes keep from everybody but one peer, or from all, as "KIND HEX" a line: seeds,
 * contributions to keys, keys and salts of each two, seeds and salts of shares.
 *
 * It is made of the product's own code; only the files that tests/CMakeLists.txt names see the clocks below. */
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/bytes.h"
#include "net/base/derive.h"
#include "net/base/secret.h"
#include "party/run/client.h"
#include "party/run/party.h"
#include "party/study/approvals.h"
#include "party/transcript/tree.h"

int frozen_gettime(clockid_t clock, struct timespec *now);
time_t frozen_time(time_t *now);

int frozen_gettime(clockid_t clock, struct timespec *now)
{
    (void)clock;
    *now = (struct timespec){.tv_sec = 1000};
    return 0;
}

/* One that certificates and approvals made just before are good at. */
time_t frozen_time(time_t *now)
{
    const char *given = getenv("RF_SEEDED_TIME");
    time_t time = given ? (time_t)strtoll(given, NULL, 10) : 1;
    if (now)
        *now = time;
    return time;
}

/* ---- randomness ---- */

static uint8_t seed[RF_SEED_SIZE];

static void seed_of(uint8_t out[RF_SEED_SIZE], const char *role, const char *member)
{
    char text[96];
    int size = snprintf(text, sizeof text, "seeded %s %s", role, member);
    if (rf_tree_sha256(out, text, (size_t)size, NULL, 0, NULL) != RF_OK)
        exit(2);
    out[0] &= 0x7f; /* where OpenSSL wants a number below a bound, it gets one at once */
}

static int repeat_seed(unsigned char *out, int size)
{
    for (int i = 0; i < size; i++)
        out[i] = seed[i % RF_SEED_SIZE];
    return 1;
}

static int always(void)
{
    return 1;
}

/* OpenSSL 3 calls this interface old; there is no shorter way to give it bytes of one's own. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static void replace_randomness(void)
{
    static const RAND_METHOD method = {
        .bytes = repeat_seed, .pseudorand = repeat_seed, .status = always};
    if (RAND_set_rand_method(&method) != 1)
        exit(2);
}

/* ---- as the command does it ---- */

static enum rf_rc run(int count, char **arguments, struct rf_err *err)
{
    const char *member = strrchr(arguments[2], '/');
    seed_of(seed, arguments[1], member ? member + 1 : arguments[2]);
    replace_randomness();
    const struct rf_session_options session = {
        .node = arguments[2], .study = arguments[3], .record.folder = arguments[5]};
    if (strcmp(arguments[1], "party") == 0) {
        const struct rf_party_options options = {.session = session, .out = arguments[4]};
        return rf_party_run(&options, err);
    }
    const struct rf_client_options options = {
        .session = session, .out = arguments[4], .data = count > 6 ? arguments[6] : NULL};
    return rf_client_run(&options, err);
}

/* ---- what is secret ---- */

struct process {
    unsigned id;
    uint8_t seed[RF_SEED_SIZE];
};

static void say(const char *kind, const uint8_t *bytes, size_t size)
{
    (void)printf("%s ", kind);
    for (size_t i = 0; i < size; i++)
        (void)printf("%02x", bytes[i]);
    (void)printf("\n");
}

static const struct rf_manifest *manifest;

static void derive(uint8_t *out, size_t size, const uint8_t *secret, size_t secret_size,
                   const char *purpose, const void *context, size_t context_size)
{
    if (rf_derive_key(out, size, secret, secret_size, manifest->hash, sizeof manifest->hash,
                      purpose, context, context_size, NULL) != RF_OK)
        exit(2);
}

static void contribution(uint8_t out[RF_CONTRIBUTION_SIZE], const struct process *from,
                         const struct process *to)
{
    char purpose[64];
    (void)snprintf(purpose, sizeof purpose, "ringfence contribution to %u v1", to->id);
    derive(out, RF_CONTRIBUTION_SIZE, from->seed, RF_SEED_SIZE, purpose, NULL, 0);
}

/* docs/wire.md, "Keys"; @a has the lower id. */
static void say_pair(const struct process *a, const struct process *b,
                     const uint8_t session[RF_SESSION_SIZE])
{
    static const char *const purposes[] = {"ringfence chain v1", "ringfence output salt v1",
                                           "ringfence rep3 v1"};
    uint8_t both[2 * RF_CONTRIBUTION_SIZE], root[RF_ROOT_SIZE], key[32];
    uint8_t context[RF_SESSION_SIZE + 4 + 2 + 2] = {0};
    memcpy(context, session, RF_SESSION_SIZE);
    context[RF_SESSION_SIZE] = 1; /* epoch */
    rf_store16(context + RF_SESSION_SIZE + 4, (uint16_t)a->id);
    rf_store16(context + RF_SESSION_SIZE + 6, (uint16_t)b->id);
    contribution(both, a, b);
    contribution(both + RF_CONTRIBUTION_SIZE, b, a);
    say("contribution", both, RF_CONTRIBUTION_SIZE);
    say("contribution", both + RF_CONTRIBUTION_SIZE, RF_CONTRIBUTION_SIZE);
    derive(root, sizeof root, both, sizeof both, "ringfence pair v1", context, sizeof context);
    say("root", root, sizeof root);
    for (unsigned i = 0; i < sizeof purposes / sizeof *purposes; i++) {
        derive(key, sizeof key, root, sizeof root, purposes[i], NULL, 0);
        say("pairkey", key, sizeof key);
    }
}

static void say_shares(const struct process *client)
{
    uint8_t seeds[2 * RF_SHARE_SEED], salts[RF_PARTIES * RF_SALT_SIZE];
    derive(seeds, sizeof seeds, client->seed, RF_SEED_SIZE, "ringfence share seeds v1", NULL, 0);
    derive(salts, sizeof salts, client->seed, RF_SEED_SIZE, "ringfence input salts v1", NULL, 0);
    for (unsigned i = 0; i < 2; i++)
        say("share", seeds + i * RF_SHARE_SEED, RF_SHARE_SEED);
    for (unsigned i = 0; i < RF_PARTIES; i++)
        say("salt", salts + i * RF_SALT_SIZE, RF_SALT_SIZE);
}

static unsigned list(struct process *process)
{
    const struct rf_study *study = &manifest->study;
    unsigned count = 0;
    for (int party = 0; party < RF_PARTIES; party++) {
        process[count].id = (unsigned)party;
        seed_of(process[count++].seed, "party", study->members[rf_study_party(study, party)].name);
    }
    for (unsigned i = 0; i < study->member_count; i++) {
        process[count].id = RF_CLIENT_ID + i;
        seed_of(process[count++].seed, "contribute", study->members[i].name);
    }
    return count;
}

static enum rf_rc say_secrets(const char *study, struct rf_err *err)
{
    static struct rf_manifest read;
    struct process process[RF_PARTIES + RF_MEMBERS_MAX];
    uint8_t session[RF_SESSION_SIZE];
    enum rf_rc rc = rf_approvals_manifest(&read, study, err);
    if (rc != RF_OK)
        return rc;
    manifest = &read;
    unsigned count = list(process);
    derive(session, sizeof session, process[0].seed, RF_SEED_SIZE, "ringfence session v1", NULL, 0);
    for (unsigned i = 0; i < count; i++) {
        say("seed", process[i].seed, RF_SEED_SIZE);
        if (process[i].id >= RF_CLIENT_ID)
            say_shares(&process[i]);
        for (unsigned j = i + 1; i < RF_PARTIES && j < count; j++)
            say_pair(&process[i], &process[j], session);
    }
    return RF_OK;
}

int main(int count, char **arguments)
{
    struct rf_err err = {0};
    enum rf_rc rc = RF_E_ARG;
    if (count == 3 && strcmp(arguments[1], "secrets") == 0)
        rc = say_secrets(arguments[2], &err);
    else if (count == 6 || count == 7)
        rc = run(count, arguments, &err);
    else
        (void)rf_err_set(&err, rc, "see the comment in its source");
    if (rc != RF_OK)
        (void)fprintf(stderr, "seeded_member: error: %s\n", err.text);
    return rf_rc_exit(rc);
}
