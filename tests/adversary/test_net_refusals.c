/* Links that must not come to be: wrong certificates, manifests, versions, expectations. Both ends say
 * why, in words. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/liar.h"

static enum rf_rc nothing(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                          struct rf_err *err)
{
    (void)net;
    (void)self;
    (void)lane;
    (void)err;
    return RF_OK;
}

struct side {
    struct rf_test_net *net;
    unsigned self;
};

static void *run_side(void *argument)
{
    const struct side *side = argument;
    rf_test_net_run_one(side->net, side->self);
    return NULL;
}

/* bank-b dials bank-a; exactly one of the two has something wrong. */
struct refusal {
    struct rf_test_net net;
    const char *dialler_says, *listener_says;
    enum rf_rc dialler_rc;
};

static void refusal_init(struct refusal *refusal)
{
    refusal->net.nodes = 2;
    refusal->net.body = nothing;
    refusal->net.connect_ms = 1500;
    rf_test_net_init(&refusal->net);
}

/* The dialler fails at once and says why; the listener's log says why, and so does the error it ends
 * with when nobody else has come. */
static void refusal_run(struct refusal *refusal)
{
    struct rf_test_net *net = &refusal->net;
    double begin = rf_test_seconds();
    rf_test_net_run(net);
    cr_expect_lt(rf_test_seconds() - begin, 10.0);
    cr_expect_eq(net->rc[1], refusal->dialler_rc, "%s", net->err[1].text);
    cr_expect(strstr(net->err[1].text, refusal->dialler_says), "wanted '%s', got '%s'",
              refusal->dialler_says, net->err[1].text);
    cr_expect(strstr(net->err[1].text, "bank-a (party 0)"), "%s", net->err[1].text);
    cr_expect(strstr(net->log[1], refusal->dialler_says), "%s", net->log[1]);
    cr_expect_eq(net->rc[0], RF_E_PEER, "%s", net->err[0].text);
    cr_expect(strstr(net->err[0].text, "bank-b (party 1) did not come within 1.5 s"), "%s",
              net->err[0].text);
    cr_expect(strstr(net->err[0].text, refusal->listener_says), "wanted '%s', got '%s'",
              refusal->listener_says, net->err[0].text);
    cr_expect(strstr(net->log[0], refusal->listener_says), "%s", net->log[0]);
    rf_test_net_fini(net);
}

/* Gives a node another certificate; all nodes still believe the common CA alone. */
static void exchange(struct refusal *refusal, unsigned node, const struct rf_test_ca *ca,
                     const struct rf_test_member_options *options)
{
    struct rf_identity *identity = &refusal->net.identities[node];
    rf_identity_fini(identity);
    rf_test_member_new(identity, ca, rf_test_names[node], options);
    X509_STORE_free(identity->authority);
    identity->authority = X509_STORE_new();
    cr_assert_eq(X509_STORE_add_cert(identity->authority, refusal->net.ca.certificate), 1);
}

Test(refusal, dialler_of_another_ca)
{
    struct refusal refusal = {.dialler_says = "it refuses us: unknown CA",
                              .listener_says = "issued by an unknown CA (CN=Foreign CA)",
                              .dialler_rc = RF_E_CRYPTO};
    struct rf_test_ca foreign;
    refusal_init(&refusal);
    rf_test_ca_new(&foreign, "Foreign CA");
    exchange(&refusal, 1, &foreign, NULL);
    refusal_run(&refusal);
    rf_test_ca_free(&foreign);
}

Test(refusal, listener_of_another_ca)
{
    struct refusal refusal = {.dialler_says = "issued by an unknown CA (CN=Foreign CA)",
                              .listener_says = "it refuses us: unknown CA",
                              .dialler_rc = RF_E_CRYPTO};
    struct rf_test_ca foreign;
    refusal_init(&refusal);
    rf_test_ca_new(&foreign, "Foreign CA");
    exchange(&refusal, 0, &foreign, NULL);
    refusal_run(&refusal);
    rf_test_ca_free(&foreign);
}

/* Issued by the right CA for the right name, but after the manifest was made. */
static void pin_then_exchange(struct refusal *refusal, unsigned node, uint8_t fingerprint[32])
{
    cr_assert_eq(
        X509_digest(refusal->net.identities[node].certificate, EVP_sha256(), fingerprint, NULL), 1);
    refusal->net.pin[node] = fingerprint;
    exchange(refusal, node, &refusal->net.ca, NULL);
}

Test(refusal, dialler_with_another_certificate_of_its_name)
{
    struct refusal refusal = {.dialler_says = "it is not the one that the manifest names",
                              .listener_says = "its certificate is refused: it is not the one that "
                                               "the manifest names",
                              .dialler_rc = RF_E_PEER};
    uint8_t fingerprint[32];
    refusal_init(&refusal);
    pin_then_exchange(&refusal, 1, fingerprint);
    refusal_run(&refusal);
}

Test(refusal, listener_with_another_certificate_of_its_name)
{
    struct refusal refusal = {.dialler_says = "its certificate is refused: it is not the one that "
                                              "the manifest names",
                              .listener_says = "it is not the one that the manifest names",
                              .dialler_rc = RF_E_CRYPTO};
    uint8_t fingerprint[32];
    refusal_init(&refusal);
    pin_then_exchange(&refusal, 0, fingerprint);
    refusal_run(&refusal);
}

Test(refusal, the_pinned_certificate_links)
{
    struct rf_test_net net = {.nodes = 2, .body = nothing};
    uint8_t fingerprint[2][32];
    rf_test_net_init(&net);
    for (unsigned node = 0; node < 2; node++) {
        cr_assert_eq(
            X509_digest(net.identities[node].certificate, EVP_sha256(), fingerprint[node], NULL),
            1);
        net.pin[node] = fingerprint[node];
    }
    rf_test_net_run(&net);
    cr_expect_eq(net.rc[0], RF_OK, "%s", net.err[0].text);
    cr_expect_eq(net.rc[1], RF_OK, "%s", net.err[1].text);
    rf_test_net_fini(&net);
}

static const struct rf_test_member_options expired = {.begins_s = -7200, .ends_s = -60};

Test(refusal, dialler_expired)
{
    struct refusal refusal = {.dialler_says = "it refuses us: certificate expired",
                              .listener_says = "its certificate is refused: expired on ",
                              .dialler_rc = RF_E_CRYPTO};
    refusal_init(&refusal);
    exchange(&refusal, 1, &refusal.net.ca, &expired);
    refusal_run(&refusal);
}

Test(refusal, listener_expired)
{
    struct refusal refusal = {.dialler_says = "its certificate is refused: expired on ",
                              .listener_says = "it refuses us: certificate expired",
                              .dialler_rc = RF_E_CRYPTO};
    refusal_init(&refusal);
    exchange(&refusal, 0, &refusal.net.ca, &expired);
    refusal_run(&refusal);
}

static const struct rf_test_member_options another = {.name = "bank-x"};

Test(refusal, dialler_of_another_name)
{
    struct refusal refusal = {
        .dialler_says =
            "it refuses us: bank-b: its certificate is refused: it is for bank-x, not for bank-b",
        .listener_says = "its certificate is refused: it is for bank-x, not for bank-b",
        .dialler_rc = RF_E_PEER};
    refusal_init(&refusal);
    exchange(&refusal, 1, &refusal.net.ca, &another);
    refusal_run(&refusal);
}

Test(refusal, listener_of_another_name)
{
    struct refusal refusal = {.dialler_says =
                                  "its certificate is refused: it is for bank-x, not for bank-a",
                              .listener_says = "it is for bank-x, not for bank-a",
                              .dialler_rc = RF_E_CRYPTO};
    refusal_init(&refusal);
    exchange(&refusal, 0, &refusal.net.ca, &another);
    refusal_run(&refusal);
}

Test(refusal, different_manifests)
{
    struct refusal refusal = {
        .dialler_says = "different manifests: bank-a holds 4d4d4d4d.., bank-b holds 4e4d4d4d..",
        .listener_says = "different manifests: bank-a holds 4d4d4d4d.., bank-b holds 4e4d4d4d..",
        .dialler_rc = RF_E_PEER};
    refusal_init(&refusal);
    refusal.net.manifest[1][0]++;
    refusal_run(&refusal);
}

/* bank-c is refused by bank-b and gives up; bank-a, which never comes, is not why there is no link. */
Test(refusal, whoever_was_refused_is_named_before_whoever_did_not_come)
{
    struct rf_test_net net = {.nodes = 3, .body = nothing, .connect_ms = 1500};
    pthread_t thread;
    rf_test_net_init(&net);
    net.manifest[2][0]++;
    struct side c = {.net = &net, .self = 2};
    (void)pthread_create(&thread, NULL, run_side, &c);
    rf_test_net_run_one(&net, 1);
    (void)pthread_join(thread, NULL);
    cr_expect_eq(net.rc[1], RF_E_PEER);
    cr_expect(strstr(net.err[1].text, "bank-c (party 2) did not come"), "%s", net.err[1].text);
    cr_expect(strstr(net.err[1].text, "different manifests"), "%s", net.err[1].text);
    cr_expect(strstr(net.err[2].text, "different manifests"), "%s", net.err[2].text);
    rf_test_net_fini(&net);
}

/* A dialler that is not expected: bank-a thinks that it dials bank-b itself, where nobody listens. */
Test(refusal, both_dial)
{
    struct rf_test_net net = {.nodes = 2, .body = nothing, .connect_ms = 1500};
    struct rf_node *a, *b;
    struct rf_lane *lane;
    struct rf_peer peers_a[2], peers_b[2];
    struct rf_err err = {0};
    rf_test_net_init(&net);
    struct rf_node_config config_a = rf_test_net_config(&net, 0, peers_a);
    struct rf_node_config config_b = rf_test_net_config(&net, 1, peers_b);
    peers_a[0].dial = "tcp://127.0.0.1:9";
    cr_assert_eq(rf_node_new(&a, &config_a, &err), RF_OK);
    cr_assert_eq(rf_node_new(&b, &config_b, &err), RF_OK);
    cr_expect_eq(rf_lane_open(&lane, b, 0, &err), RF_E_PEER);
    cr_expect(strstr(err.text, "it does not expect us"), "%s", err.text);
    rf_node_free(a);
    rf_node_free(b);
    cr_expect(strstr(net.log[0], "a stranger claims to be node 1"), "%s", net.log[0]);
    rf_test_net_fini(&net);
}

static void *run_a(void *argument)
{
    rf_test_net_run_one(argument, 0);
    return NULL;
}

/* bank-a alone, and a liar that says some hello. */
static void refused_hello(struct rf_test_net *net, void (*change)(struct rf_notice_hello *),
                          const char *reason)
{
    struct rf_test_liar liar;
    pthread_t thread;
    *net = (struct rf_test_net){.nodes = 2, .body = nothing, .connect_ms = 1500};
    rf_test_net_init(net);
    rf_test_liar_init(&liar, &net->identities[1]);
    change(&liar.hello);
    (void)pthread_create(&thread, NULL, run_a, net);
    rf_test_liar_dial(&liar, net->listen[0]);
    cr_expect_not(rf_test_liar_greet(&liar));
    (void)pthread_join(thread, NULL);
    cr_expect_eq(net->rc[0], RF_E_PEER);
    cr_expect(strstr(net->err[0].text, reason), "wanted '%s', got '%s'", reason, net->err[0].text);
    cr_expect(strstr(net->log[0], reason), "%s", net->log[0]);
    cr_expect(liar.refusal.reason[0] && strstr(liar.refusal.reason, reason), "%s",
              liar.refusal.reason);
    rf_test_liar_fini(&liar);
    rf_test_net_fini(net);
}

static void of_version_2(struct rf_notice_hello *hello)
{
    hello->version = 2;
}

static void without_chains(struct rf_notice_hello *hello)
{
    hello->chain = false;
}

static void for_a_former_self(struct rf_notice_hello *hello)
{
    hello->known[0] = 9;
}

static void without_a_window(struct rf_notice_hello *hello)
{
    hello->window = 0;
}

Test(refusal, hellos)
{
    struct rf_test_net net;
    refused_hello(&net, of_version_2, "version 2 of the protocol against version 1");
    refused_hello(&net, without_chains,
                  "one of the two records transcripts with hash chains and the other keeps none");
    refused_hello(&net, for_a_former_self, "bank-a has restarted");
    refused_hello(&net, without_a_window, "a malformed hello");
}

/* Outside TLS: a listener of another version, and a dialler of another version. */
struct old_listener {
    void *zmq, *router;
};

static void *answer_version_2(void *argument)
{
    struct old_listener *listener = argument;
    uint8_t name[256], body[64];
    for (;;) {
        int named = zmq_recv(listener->router, name, sizeof name, 0);
        if (named < 0)
            return NULL;
        int size = zmq_recv(listener->router, body, sizeof body, 0);
        if (size <= 0) /* the probe */
            continue;
        (void)zmq_send(listener->router, name, (size_t)named, ZMQ_SNDMORE);
        (void)zmq_send(listener->router, "RF\x02\x03?", 5, 0);
    }
}

Test(refusal, a_listener_of_another_version)
{
    struct rf_test_net net = {.nodes = 2, .body = nothing, .connect_ms = 5000};
    struct old_listener listener = {.zmq = zmq_ctx_new()};
    const int none = 0;
    pthread_t thread;
    rf_test_net_init(&net);
    listener.router = zmq_socket(listener.zmq, ZMQ_ROUTER);
    (void)zmq_setsockopt(listener.router, ZMQ_LINGER, &none, sizeof none);
    cr_assert_eq(zmq_bind(listener.router, net.listen[0]), 0);
    (void)pthread_create(&thread, NULL, answer_version_2, &listener);
    rf_test_net_run_one(&net, 1);
    cr_expect_eq(net.rc[1], RF_E_PEER);
    cr_expect(strstr(net.err[1].text,
                     "bank-a (party 0) cannot be linked: version 2 of the protocol is spoken "
                     "there, 1 here"),
              "%s", net.err[1].text);
    (void)zmq_ctx_shutdown(listener.zmq);
    (void)pthread_join(thread, NULL);
    (void)zmq_close(listener.router);
    (void)zmq_ctx_term(listener.zmq);
    rf_test_net_fini(&net);
}

Test(refusal, a_dialler_of_another_version)
{
    struct rf_test_net net = {.nodes = 2, .body = nothing, .connect_ms = 1000};
    struct rf_test_liar liar;
    pthread_t thread;
    zmq_msg_t message;
    unsigned version = 0;
    enum rf_reset why;
    rf_test_net_init(&net);
    rf_test_liar_init(&liar, &net.identities[1]);
    (void)pthread_create(&thread, NULL, run_a, &net);
    rf_test_liar_dial(&liar, net.listen[0]);
    rf_test_liar_raw(&liar, "RF\x07\x01?", 5);
    cr_assert(rf_test_liar_receive(&liar, RF_OUTER_RESET, &message));
    (void)rf_outer_kind(zmq_msg_data(&message), zmq_msg_size(&message), &version);
    cr_expect_eq(version, RF_WIRE_VERSION);
    cr_expect(rf_outer_get_reset(&why, zmq_msg_data(&message), zmq_msg_size(&message)));
    cr_expect_eq(why, RF_RESET_VERSION);
    (void)zmq_msg_close(&message);
    (void)pthread_join(thread, NULL);
    cr_expect(strstr(net.log[0], "a stranger speaks version 7, here it is 1"), "%s", net.log[0]);
    rf_test_liar_fini(&liar);
    rf_test_net_fini(&net);
}

/* Configurations that cannot work are refused before anything is sent. */
Test(refusal, odd_configurations)
{
    struct rf_test_net net = {.nodes = 2, .body = nothing};
    struct rf_node *node;
    struct rf_peer peers[2];
    struct rf_err err = {0};
    rf_test_net_init(&net);
    struct rf_node_config good = rf_test_net_config(&net, 0, peers), config = good;
    config.lanes = 0;
    cr_expect_eq(rf_node_new(&node, &config, NULL), RF_E_ARG);
    config = good;
    config.listen = NULL;
    cr_expect_eq(rf_node_new(&node, &config, &err), RF_E_ARG);
    cr_expect(strstr(err.text, "bank-b is not dialled and we do not listen"), "%s", err.text);
    rf_err_clear(&err);
    config = good;
    peers[0].dial = "http://bank-b";
    cr_expect_eq(rf_node_new(&node, &config, &err), RF_E_ARG);
    cr_expect(strstr(err.text, "neither tcp:// nor ipc://"), "%s", err.text);
    rf_err_clear(&err);
    peers[0].dial = NULL;
    peers[0].id = good.id;
    cr_expect_eq(rf_node_new(&node, &config, &err), RF_E_ARG);
    peers[0].id = 1;
    struct rf_node *first;
    rf_err_clear(&err);
    cr_assert_eq(rf_node_new(&first, &good, &err), RF_OK, "%s", err.text);
    cr_expect_eq(rf_node_new(&node, &good, &err), RF_E_IO);
    cr_expect(strstr(err.text, "cannot listen on tcp://127.0.0.1:"), "%s", err.text);
    rf_node_free(first);
    rf_node_free(NULL);
    rf_test_net_fini(&net);
}
