#include "tests/support/parties.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "protocols/backend/clear/clear.h"
#include "protocols/backend/rep3/rep3.h"
#include "protocols/backend/rep3_active/active.h"
#include "support/nodes.h"

void rf_test_clear(rf_test_body_of_party *body, void *context, uint64_t seed)
{
    struct rf_err err = {0};
    struct rf_backend *backend = NULL;
    cr_assert_eq(rf_clear_new(&backend, &rf_model_rep3, seed, &err), RF_OK, "%s", err.text);
    body(backend, context);
    cr_assert_eq(err.rc, RF_OK, "%s", err.text);
    cr_assert_eq(backend->space.live, 0, "columns left behind");
    rf_backend_free(backend);
}

struct party_body {
    rf_test_body_of_party *body;
    void *context;
    uint64_t seed;
    enum rf_rc (*make)(struct rf_backend **, struct rf_channel *, const struct rf_rep3_config *,
                       struct rf_err *);
};

static void check_costs(const struct rf_backend *backend)
{
    cr_assert_eq(backend->declared.bytes, backend->traffic->bytes_sent,
                 "party %u declared %llu bytes and sent %llu", backend->party,
                 (unsigned long long)backend->declared.bytes,
                 (unsigned long long)backend->traffic->bytes_sent);
    cr_assert_eq(backend->declared.rounds, backend->traffic->rounds,
                 "party %u declared %llu rounds and waited %llu", backend->party,
                 (unsigned long long)backend->declared.rounds,
                 (unsigned long long)backend->traffic->rounds);
}

static enum rf_rc run_party(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                            struct rf_err *err)
{
    const struct party_body *party = net->context;
    struct rf_backend *backend = NULL;
    unsigned previous = (self + 2) % 3, next = (self + 1) % 3;
    struct rf_rep3_config config = {
        .party = self,
        .previous = rf_test_peer(self, previous),
        .next = rf_test_peer(self, next),
        .context = &party->seed,
        .context_size = sizeof party->seed,
    };
    memset(config.with_previous, (int)self, sizeof config.with_previous);
    memset(config.with_next, (int)next, sizeof config.with_next);
    enum rf_rc rc = party->make(&backend, rf_lane_channel(lane), &config, err);
    cr_assert_eq(rc, RF_OK, "%s", err->text);
    party->body(backend, party->context);
    cr_assert_eq(err->rc, RF_OK, "%s", err->text);
    cr_assert_eq(rf_verify(backend), RF_OK, "%s", err->text);
    /* Gates keep their memory until the end. */
    cr_assert(backend->space.live == 0 || backend->model->proofs, "columns left behind");
    check_costs(backend);
    rf_backend_free(backend);
    return RF_OK;
}

static void run_parties(struct party_body party)
{
    static struct rf_test_net net;
    net = (struct rf_test_net){
        .nodes = 3,
        .body = run_party,
        .ipc = true,
        .context = &party,
    };
    rf_test_net_init(&net);
    rf_test_net_run(&net);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(net.rc[i], RF_OK, "party %u: %s", i, net.err[i].text);
    rf_test_net_fini(&net);
}

void rf_test_rep3(rf_test_body_of_party *body, void *context, uint64_t seed)
{
    run_parties((struct party_body){body, context, seed, rf_rep3_new});
}

void rf_test_active(rf_test_body_of_party *body, void *context, uint64_t seed)
{
    run_parties((struct party_body){body, context, seed, rf_rep3_active_new});
}

void rf_test_everywhere(rf_test_body_of_party *body, void *context)
{
    rf_test_clear(body, context, 1);
    rf_test_rep3(body, context, 1);
    rf_test_active(body, context, 1);
}

/* Share j of a value, the same at every party that holds it. */
static uint64_t summand(struct rf_backend *backend, uint64_t value, uint64_t row, unsigned j,
                        bool ring)
{
    uint64_t state = row * 77 + 5, x0 = rf_test_random(&state), x1 = rf_test_random(&state);
    if (backend->summands == 1)
        return value;
    uint64_t last = ring ? value - x0 - x1 : value ^ x0 ^ x1;
    return j == 0 ? x0 : j == 1 ? x1 : last;
}

void rf_test_share(struct rf_backend *backend, struct rf_view out, const uint64_t *value)
{
    for (unsigned j = 0; j < backend->summands; j++) {
        if (backend->summand[j] < 0)
            continue;
        for (size_t row = 0; row < out.rows; row++) {
            uint64_t share = summand(backend, value[row], row, j, false);
            for (unsigned plane = 0; plane < out.width && plane < 64; plane++) {
                uint64_t *word = rf_plane(out, (unsigned)backend->summand[j], plane) + row / 64;
                uint64_t bit = (uint64_t)1 << (row % 64);
                *word = share >> plane & 1 ? *word | bit : *word & ~bit;
            }
        }
    }
}

void rf_test_share_ring(struct rf_backend *backend, struct rf_ring *out, const uint64_t *value)
{
    for (unsigned j = 0; j < backend->summands; j++) {
        for (size_t row = 0; backend->summand[j] >= 0 && row < out->rows; row++)
            out->part[backend->summand[j]][row] = summand(backend, value[row], row, j, true);
    }
}

void rf_test_open(struct rf_backend *backend, uint64_t *value, struct rf_view x)
{
    size_t words = rf_words(x.rows);
    uint64_t *plane = calloc(words * x.width + 1, sizeof *plane);
    cr_assert_eq(rf_open_start(backend, RF_OPEN_RESULT, plane, x, NULL), RF_OK);
    cr_assert_eq(rf_finish(backend), RF_OK);
    for (size_t row = 0; row < x.rows; row++) {
        value[row] = 0;
        for (unsigned i = 0; i < x.width && i < 64; i++)
            value[row] |= (plane[i * words + row / 64] >> (row % 64) & 1) << i;
    }
    free(plane);
}
