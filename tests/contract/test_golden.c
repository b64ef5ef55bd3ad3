/* The bytes on the wire of a small study under fixed seeds: the hash chains of all six directions between
 * the parties. They change when the protocol, the order of operations, framing or key derivation
 * change, and must not change otherwise: not with the instruction set, and not with timing. A
 * change that is meant is recorded by running with RF_GOLDEN_WRITE=1. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocols/analytics/compute.h"
#include "protocols/backend/rep3/rep3.h"
#include "support/nodes.h"
#include "tests/support/scene.h"

struct golden {
    struct rf_scene scene;
    uint8_t sent[3][2][RF_CHAIN_SIZE];
};

static enum rf_rc compute(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                          struct rf_err *err)
{
    struct golden *golden = net->context;
    struct rf_backend *backend = NULL;
    struct rf_rows input = {0};
    struct rf_bits output = {0};
    unsigned previous = (self + 2) % 3, next = (self + 1) % 3;
    const uint8_t session[RF_SESSION_SIZE] = "golden session ";
    uint8_t secret[2][32];
    memset(secret, 0x33, sizeof secret);
    struct rf_rep3_config config = {
        .party = self,
        .previous = rf_test_peer(self, previous),
        .next = rf_test_peer(self, next),
        .context = "golden",
        .context_size = 6,
    };
    memset(config.with_previous, (int)(1 + self), sizeof config.with_previous);
    memset(config.with_next, (int)(1 + next), sizeof config.with_next);
    cr_assert_eq(rf_lane_session(lane, session, 1, secret), RF_OK);
    cr_assert_eq(rf_rep3_new(&backend, rf_lane_channel(lane), &config, err), RF_OK);
    rf_scene_share(&golden->scene, backend, &input);
    cr_assert_eq(rf_compute(backend, &golden->scene.task, &input, &output, NULL), RF_OK, "%s",
                 err->text);
    for (unsigned peer = 0; peer < 2; peer++) {
        uint8_t received[RF_CHAIN_SIZE];
        rf_lane_chain(lane, peer, golden->sent[self][peer], received);
    }
    rf_bits_fini(&output);
    rf_backend_free(backend);
    return RF_OK;
}

static void run(char text[6 * (2 * RF_CHAIN_SIZE + 1) + 1])
{
    static struct golden golden;
    static struct rf_test_net net;
    rf_scene_random(&golden.scene, 3, 20, 5);
    rf_scene_make(&golden.scene, 0);
    net = (struct rf_test_net){.nodes = 3, .body = compute, .context = &golden};
    rf_test_net_init(&net);
    rf_test_net_run(&net);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(net.rc[i], RF_OK, "%s", net.err[i].text);
    char *at = text;
    for (unsigned i = 0; i < 6; i++) {
        for (unsigned j = 0; j < RF_CHAIN_SIZE; j++)
            at += snprintf(at, 3, "%02x", golden.sent[i / 2][i % 2][j]);
        at += snprintf(at, 2, "\n");
    }
    rf_test_net_fini(&net);
    rf_scene_fini(&golden.scene);
}

static void expect_golden(const char *text)
{
    const char *path = RF_GOLDEN "/wire.txt";
    char want[1024] = "";
    if (getenv("RF_GOLDEN_WRITE")) {
        FILE *file = fopen(path, "w");
        cr_assert_not_null(file);
        (void)fputs(text, file);
        (void)fclose(file);
    }
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    size_t got = fread(want, 1, sizeof want - 1, file);
    (void)fclose(file);
    want[got] = 0;
    cr_assert_str_eq(text, want, "the wire has changed; see the comment in this file");
}

Test(golden, wire_of_a_small_study)
{
    static char text[6 * (2 * RF_CHAIN_SIZE + 1) + 1];
    run(text);
    expect_golden(text);
}

Test(golden, the_instruction_set_does_not_matter)
{
    static char text[6 * (2 * RF_CHAIN_SIZE + 1) + 1];
    cr_assert_eq(setenv("RINGFENCE_CPU", "portable", 1), 0); /* this test is a process of its own */
    run(text);
    expect_golden(text);
}
