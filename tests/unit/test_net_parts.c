/* The parts of a link that work without a network: pool, intake, TLS sessions, identities. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/intake.h"
#include "net/outer.h"
#include "net/reserve.h"
#include "net/tls.h"
#include "support/files.h"
#include "support/pki.h"

Test(pool, gives_out_no_more_than_its_limit)
{
    struct rf_pool *pool = rf_pool_new(1000, 2);
    uint8_t *a = rf_pool_take(pool), *b = rf_pool_take(pool);
    cr_assert(a && b && a != b);
    cr_expect_null(rf_pool_take(pool));
    cr_expect_eq((uintptr_t)a % 64, 0);
    rf_pool_release(a, pool);
    cr_expect_eq(rf_pool_out(pool), 1);
    cr_expect_eq(rf_pool_take(pool), a, "a buffer that is warm comes back first");
    rf_pool_give(pool, a);
    rf_pool_give(pool, b);
    rf_pool_give(pool, NULL);
    cr_expect_eq(rf_pool_out(pool), 0);
    rf_pool_free(pool);
    rf_pool_free(NULL);
}

/* One data frame of an intake test, put where it is wanted. */
static void arrive(struct rf_intake *intake, const struct rf_frame_header *header)
{
    size_t left = header->length, size;
    while (left > 0) {
        uint8_t *at = rf_intake_spot(intake, left, &size);
        memset(at, (int)header->sequence, size);
        rf_intake_filled(intake, size);
        left -= size;
    }
    rf_intake_frame_done(intake, header);
}

Test(intake, scatters_over_places_and_messages)
{
    struct rf_intake intake;
    uint8_t a[3] = {0}, b[5] = {0}, c[2] = {0};
    bool complete;
    const char *why = NULL;
    cr_assert_eq(rf_intake_init(&intake, 2, NULL), RF_OK);
    cr_expect_null(rf_intake_due(&intake));
    cr_assert_eq(rf_intake_want(&intake, a, sizeof a, 1), RF_OK);
    cr_assert_eq(rf_intake_want(&intake, b, sizeof b, 1), RF_OK);
    struct rf_frame_header first = {.kind = RF_FRAME_DATA_LAST, .sequence = 1, .length = 8};
    cr_expect_eq(rf_intake_meet(&intake, &first, &why), RF_MEETS);
    cr_assert_eq(rf_intake_want_end(&intake, 1, 10 * 1), RF_OK);
    cr_assert_eq(rf_intake_want(&intake, c, sizeof c, 2), RF_OK);
    cr_assert_eq(rf_intake_want_end(&intake, 2, 10 * 2), RF_OK);
    cr_expect(rf_intake_waitable(&intake, &complete) && !complete);
    arrive(&intake, &first);
    cr_expect(rf_intake_waitable(&intake, &complete) && complete);
    cr_expect_eq(a[2], 1);
    cr_expect_eq(b[4], 1);
    cr_expect_eq(c[0], 0);
    cr_expect_eq(rf_intake_due(&intake)->step, 2);
    struct rf_frame_header second = {.kind = RF_FRAME_DATA_LAST, .sequence = 2, .length = 2};
    arrive(&intake, &second);
    cr_expect_eq(rf_intake_waited(&intake), 10);
    cr_expect(rf_intake_waitable(&intake, &complete) && complete);
    cr_expect_eq(rf_intake_waited(&intake), 20);
    cr_expect_not(rf_intake_waitable(&intake, &complete));
    cr_expect_eq(c[1], 2);
    rf_intake_fini(&intake);
}

Test(intake, tells_what_does_not_belong)
{
    struct rf_intake intake;
    uint8_t a[10];
    const char *why = "";
    struct rf_frame_header frame = {.kind = RF_FRAME_DATA_LAST, .length = 10};
    cr_assert_eq(rf_intake_init(&intake, 2, NULL), RF_OK);
    cr_expect_eq(rf_intake_meet(&intake, &frame, &why), RF_MEETS_LATER);
    cr_assert_eq(rf_intake_want(&intake, a, 4, 0), RF_OK);
    cr_expect_eq(rf_intake_meet(&intake, &frame, &why), RF_MEETS_LATER);
    frame.length = 3;
    cr_expect_eq(rf_intake_meet(&intake, &frame, &why), RF_MEETS_NOT);
    frame.length = 0;
    cr_expect_eq(rf_intake_meet(&intake, &frame, &why), RF_MEETS_NOT);
    frame.length = 5;
    cr_assert_eq(rf_intake_want_end(&intake, 0, 10 * 0), RF_OK);
    cr_expect_eq(rf_intake_meet(&intake, &frame, &why), RF_MEETS_NOT);
    frame.length = 4;
    cr_expect_eq(rf_intake_meet(&intake, &frame, &why), RF_MEETS);
    rf_intake_fini(&intake);
}

Test(intake, more_wanted_than_the_message_had)
{
    struct rf_intake intake;
    uint8_t a[10];
    struct rf_frame_header frame = {.kind = RF_FRAME_DATA_LAST, .length = 4};
    cr_assert_eq(rf_intake_init(&intake, 2, NULL), RF_OK);
    cr_assert_eq(rf_intake_want(&intake, a, 4, 0), RF_OK);
    arrive(&intake, &frame);
    cr_expect_eq(rf_intake_want(&intake, a, 1, 0), RF_E_CHEAT);
    rf_intake_fini(&intake);
}

Test(intake, messages_without_bytes_are_complete)
{
    struct rf_intake intake;
    bool complete;
    cr_assert_eq(rf_intake_init(&intake, 2, NULL), RF_OK);
    for (int i = 0; i < 100; i++)
        cr_assert_eq(rf_intake_want_end(&intake, 0, 10 * 0), RF_OK);
    for (int i = 0; i < 100; i++) {
        cr_assert(rf_intake_waitable(&intake, &complete) && complete);
        cr_expect_eq(rf_intake_waited(&intake), 0);
    }
    cr_expect_not(rf_intake_waitable(&intake, &complete));
    rf_intake_fini(&intake);
}

Test(intake, many_outstanding)
{
    struct rf_intake intake;
    uint8_t bytes[300] = {0};
    bool complete;
    cr_assert_eq(rf_intake_init(&intake, 2, NULL), RF_OK);
    unsigned wanted = 0, come = 0, waited = 0;
    for (unsigned round = 0; round < 100; round++) {
        for (int i = 0; i < 3; i++, wanted++) {
            cr_assert_eq(rf_intake_want(&intake, &bytes[wanted], 1, wanted), RF_OK);
            cr_assert_eq(rf_intake_want_end(&intake, wanted, 10 * wanted), RF_OK);
        }
        for (; come + round % 5 < wanted; come++) {
            cr_assert_eq(rf_intake_due(&intake)->step, come);
            arrive(&intake, &(struct rf_frame_header){.kind = RF_FRAME_DATA_LAST,
                                                      .sequence = come % 200 + 1,
                                                      .length = 1});
        }
        for (; waited < come; waited++) {
            cr_assert(rf_intake_waitable(&intake, &complete) && complete);
            cr_expect_eq(rf_intake_waited(&intake), 10 * waited);
        }
    }
    for (unsigned i = 0; i < come; i++)
        cr_assert_eq(bytes[i], i % 200 + 1);
    rf_intake_fini(&intake);
}

/* Two TLS sessions with nothing between them but messages. */
struct wire {
    struct rf_test_ca ca;
    struct rf_identity a, b;
    SSL_CTX *context_a, *context_b;
    struct rf_pool *buffers;
    struct rf_tls *dialler, *listener;
};

/* Between wire->a and wire->b, which are there already. */
static void wire_connect(struct wire *wire, const char *expects_a, const char *expects_b)
{
    cr_assert_eq(rf_tls_context(&wire->context_a, &wire->a, NULL), RF_OK);
    cr_assert_eq(rf_tls_context(&wire->context_b, &wire->b, NULL), RF_OK);
    wire->buffers = rf_pool_new(RF_OUTER_MAX, 8);
    wire->dialler = rf_tls_new(wire->context_a, RF_TLS_DIALS, expects_a, wire->buffers);
    wire->listener = rf_tls_new(wire->context_b, RF_TLS_LISTENS, expects_b, wire->buffers);
    cr_assert(wire->buffers && wire->dialler && wire->listener);
}

static void wire_init(struct wire *wire, const char *expects_a, const char *expects_b)
{
    rf_test_ca_new(&wire->ca, "Test CA");
    rf_test_member_new(&wire->a, &wire->ca, "bank-a", NULL);
    rf_test_member_new(&wire->b, &wire->ca, "bank-b", NULL);
    wire_connect(wire, expects_a, expects_b);
}

static void wire_fini(struct wire *wire)
{
    rf_tls_free(wire->dialler);
    rf_tls_free(wire->listener);
    cr_expect_eq(rf_pool_out(wire->buffers), 0);
    rf_pool_free(wire->buffers);
    SSL_CTX_free(wire->context_a);
    SSL_CTX_free(wire->context_b);
    rf_identity_fini(&wire->a);
    rf_identity_fini(&wire->b);
    rf_test_ca_free(&wire->ca);
}

/* What @from has written reaches @to, whose handshake goes on. */
static enum rf_tls_result carry(struct rf_tls *from, struct rf_tls *to)
{
    zmq_msg_t message;
    if (!rf_tls_take(from, &message))
        return RF_TLS_MORE;
    cr_expect(rf_outer_records_whole(zmq_msg_data(&message), zmq_msg_size(&message)));
    rf_tls_feed(to, (uint8_t *)zmq_msg_data(&message) + RF_OUTER_PREFIX,
                zmq_msg_size(&message) - RF_OUTER_PREFIX);
    enum rf_tls_result result = rf_tls_handshake(to);
    (void)zmq_msg_close(&message);
    return result;
}

static void greet(struct wire *wire)
{
    cr_assert_eq(rf_tls_handshake(wire->dialler), RF_TLS_MORE);
    cr_assert_eq(carry(wire->dialler, wire->listener), RF_TLS_MORE);
    cr_assert_eq(carry(wire->listener, wire->dialler), RF_TLS_DONE);
    cr_assert_eq(carry(wire->dialler, wire->listener), RF_TLS_DONE);
}

static void send_frame(struct rf_tls *from, struct rf_tls *to, const uint8_t *data, uint8_t *back,
                       size_t size)
{
    zmq_msg_t message;
    size_t got;
    cr_assert_eq(rf_tls_write(from, data, size, NULL), RF_OK);
    cr_assert(rf_tls_take(from, &message));
    cr_expect(zmq_msg_size(&message) <= RF_OUTER_MAX);
    rf_tls_feed(to, (uint8_t *)zmq_msg_data(&message) + RF_OUTER_PREFIX,
                zmq_msg_size(&message) - RF_OUTER_PREFIX);
    cr_assert_eq(rf_tls_read(to, back, size, &got), RF_TLS_DONE);
    cr_expect_eq(rf_tls_read(to, back, 1, &got), RF_TLS_MORE);
    (void)zmq_msg_close(&message);
}

Test(tls, full_frames_cross_and_keys_change)
{
    struct wire wire;
    uint8_t *data = malloc(RF_FRAME_SIZE), *back = malloc(RF_FRAME_SIZE);
    wire_init(&wire, "bank-b", "bank-a");
    greet(&wire);
    cr_expect(rf_tls_established(wire.dialler) && rf_tls_established(wire.listener));
    rf_tls_rekey_after(wire.dialler, 40);
    for (int i = 0; i < 10; i++) {
        memset(data, i + 1, RF_FRAME_SIZE);
        send_frame(wire.dialler, wire.listener, data, back + 0, RF_FRAME_SIZE);
        send_frame(wire.listener, wire.dialler, data, back, 100);
    }
    cr_expect_eq(back[99], 10);
    wire_fini(&wire);
    free(data);
    free(back);
}

Test(tls, another_name_is_refused_after_the_handshake)
{
    struct wire wire;
    wire_init(&wire, "bank-x", "bank-a");
    cr_assert_eq(rf_tls_handshake(wire.dialler), RF_TLS_MORE);
    cr_assert_eq(carry(wire.dialler, wire.listener), RF_TLS_MORE);
    cr_assert_eq(carry(wire.listener, wire.dialler), RF_TLS_REFUSED);
    cr_expect_str_eq(rf_tls_reason(wire.dialler),
                     "its certificate is refused: it is for bank-b, not for bank-x");
    cr_expect_not(rf_tls_established(wire.dialler));
    wire_fini(&wire);
}

Test(tls, a_changed_record_fails)
{
    struct wire wire;
    zmq_msg_t message;
    uint8_t back[100];
    size_t got;
    wire_init(&wire, "bank-b", "bank-a");
    greet(&wire);
    cr_assert_eq(rf_tls_write(wire.dialler, "a frame", 7, NULL), RF_OK);
    cr_assert(rf_tls_take(wire.dialler, &message));
    uint8_t *bytes = zmq_msg_data(&message);
    bytes[zmq_msg_size(&message) - 1] ^= 1;
    rf_tls_feed(wire.listener, bytes + RF_OUTER_PREFIX, zmq_msg_size(&message) - RF_OUTER_PREFIX);
    cr_expect_eq(rf_tls_read(wire.listener, back, 7, &got), RF_TLS_FAILED);
    cr_expect_not(rf_tls_alerted(wire.listener));
    (void)zmq_msg_close(&message);
    cr_assert(rf_tls_take(wire.listener, &message), "there is an alert to send");
    rf_tls_feed(wire.dialler, (uint8_t *)zmq_msg_data(&message) + RF_OUTER_PREFIX,
                zmq_msg_size(&message) - RF_OUTER_PREFIX);
    cr_expect_eq(rf_tls_read(wire.dialler, back, 1, &got), RF_TLS_FAILED);
    cr_expect(rf_tls_alerted(wire.dialler));
    cr_expect_str_eq(rf_tls_reason(wire.dialler), "bad record mac");
    (void)zmq_msg_close(&message);
    wire_fini(&wire);
}

/* Identities read from files. */
struct files {
    struct rf_test_ca ca, other;
    char folder[256];
};

static void files_init(struct files *files, const struct rf_test_member_options *options,
                       const char *passphrase)
{
    struct rf_identity member;
    rf_test_folder(files->folder);
    rf_test_ca_new(&files->ca, "Test CA");
    rf_test_ca_new(&files->other, "Other CA");
    rf_test_member_new(&member, &files->ca, "bank-a", options);
    rf_test_member_write(&member, &files->ca, files->folder, "bank-a", passphrase);
    rf_identity_fini(&member);
    rf_test_member_new(&member, &files->other, "bank-o", NULL);
    rf_test_member_write(&member, &files->ca, files->folder, "bank-o", NULL);
    rf_identity_fini(&member);
}

static void files_fini(struct files *files)
{
    rf_test_remove(files->folder);
    rf_test_ca_free(&files->ca);
    rf_test_ca_free(&files->other);
}

static enum rf_rc load(const struct files *files, const char *certificate, const char *key,
                       const char *passphrase, const char *authority, struct rf_err *err)
{
    char paths[3][sizeof files->folder + 16];
    struct rf_identity identity;
    const char *const names[] = {certificate, key, authority};
    for (int i = 0; i < 3; i++)
        (void)snprintf(paths[i], sizeof paths[i], "%s/%s", files->folder, names[i]);
    *err = (struct rf_err){0};
    enum rf_rc rc = rf_identity_load(&identity, paths[0], paths[1], passphrase, paths[2], err);
    rf_identity_fini(&identity);
    return rc;
}

Test(identity, good_files_load)
{
    struct files files;
    struct rf_err err;
    files_init(&files, NULL, NULL);
    cr_expect_eq(load(&files, "bank-a.crt", "bank-a.key", NULL, "ca.crt", &err), RF_OK, "%s",
                 err.text);
    files_fini(&files);
}

Test(identity, encrypted_key_needs_its_passphrase)
{
    struct files files;
    struct rf_err err;
    files_init(&files, NULL, "correct horse");
    cr_expect_eq(load(&files, "bank-a.crt", "bank-a.key", "correct horse", "ca.crt", &err), RF_OK,
                 "%s", err.text);
    cr_expect_eq(load(&files, "bank-a.crt", "bank-a.key", "wrong", "ca.crt", &err), RF_E_CRYPTO);
    cr_expect(strstr(err.text, "bank-a.key") && strstr(err.text, "passphrase is wrong"), "%s",
              err.text);
    cr_expect_eq(load(&files, "bank-a.crt", "bank-a.key", NULL, "ca.crt", &err), RF_E_CRYPTO);
    cr_expect(strstr(err.text, "encrypted"), "%s", err.text);
    files_fini(&files);
}

Test(identity, what_is_wrong_is_said)
{
    struct files files;
    struct rf_err err;
    files_init(&files, NULL, NULL);
    cr_expect_eq(load(&files, "none", "bank-a.key", NULL, "ca.crt", &err), RF_E_IO);
    cr_expect(strstr(err.text, "/none"), "%s", err.text);
    cr_expect_eq(load(&files, "bank-a.key", "bank-a.key", NULL, "ca.crt", &err), RF_E_CRYPTO);
    cr_expect(strstr(err.text, "no PEM certificate"), "%s", err.text);
    cr_expect_eq(load(&files, "bank-a.crt", "bank-o.key", NULL, "ca.crt", &err), RF_E_CRYPTO);
    cr_expect(strstr(err.text, "is not the key of"), "%s", err.text);
    cr_expect_eq(load(&files, "bank-o.crt", "bank-o.key", NULL, "ca.crt", &err), RF_E_CRYPTO);
    cr_expect(strstr(err.text, "unknown CA (CN=Other CA)"), "%s", err.text);
    cr_expect_eq(load(&files, "bank-a.crt", "bank-a.key", NULL, "bank-a.key", &err), RF_E_CRYPTO);
    cr_expect(strstr(err.text, "certificate of a CA"), "%s", err.text);
    files_fini(&files);
}

static void load_member(const struct files *files, const char *name, struct rf_identity *identity)
{
    char paths[3][64];
    struct rf_err err = {0};
    (void)snprintf(paths[0], sizeof paths[0], "%s/%s.crt", files->folder, name);
    (void)snprintf(paths[1], sizeof paths[1], "%s/%s.key", files->folder, name);
    (void)snprintf(paths[2], sizeof paths[2], "%s/ca.crt", files->folder);
    cr_assert_eq(rf_identity_load(identity, paths[0], paths[1], NULL, paths[2], &err), RF_OK, "%s",
                 err.text);
}

/* ca.crt holds a bank's issuing CA and not its root: enough for one's own check, for TLS and for the
 * name, as docs/operators.md promises. */
Test(identity, an_intermediate_ca_is_believed_like_a_root)
{
    struct files files = {.folder = "/tmp/rf-test-XXXXXX"};
    struct wire wire;
    static const char *const names[] = {"bank-a", "bank-o"};
    cr_assert(mkdtemp(files.folder));
    rf_test_ca_new(&wire.ca, "Root CA");
    rf_test_ca_under(&files.ca, "Issuing CA", &wire.ca);
    rf_test_ca_new(&files.other, "Other CA");
    for (int i = 0; i < 2; i++) {
        struct rf_identity member;
        rf_test_member_new(&member, &files.ca, names[i], NULL);
        rf_test_member_write(&member, &files.ca, files.folder, names[i], NULL);
        rf_identity_fini(&member);
    }
    load_member(&files, "bank-a", &wire.a);
    load_member(&files, "bank-o", &wire.b);
    wire_connect(&wire, "bank-o", "bank-a");
    greet(&wire);
    wire_fini(&wire);
    files_fini(&files);
}

Test(identity, expired_and_not_yet_valid)
{
    struct files files;
    struct rf_err err;
    struct rf_test_member_options past = {.begins_s = -7200, .ends_s = -3600};
    files_init(&files, &past, NULL);
    cr_expect_eq(load(&files, "bank-a.crt", "bank-a.key", NULL, "ca.crt", &err), RF_E_CRYPTO);
    cr_expect(strstr(err.text, "expired on 2"), "%s", err.text);
    files_fini(&files);
    struct rf_test_member_options future = {.begins_s = 3600, .ends_s = 7200};
    files_init(&files, &future, NULL);
    cr_expect_eq(load(&files, "bank-a.crt", "bank-a.key", NULL, "ca.crt", &err), RF_E_CRYPTO);
    cr_expect(strstr(err.text, "not valid before"), "%s", err.text);
    files_fini(&files);
    struct rf_test_member_options client = {.client_only = true};
    files_init(&files, &client, NULL);
    cr_expect_eq(load(&files, "bank-a.crt", "bank-a.key", NULL, "ca.crt", &err), RF_E_CRYPTO);
    cr_expect(strstr(err.text, "serverAuth and clientAuth"), "%s", err.text);
    files_fini(&files);
}

Test(identity, name_is_checked)
{
    struct rf_test_ca ca;
    struct rf_identity member, nameless;
    struct rf_err err = {0};
    struct rf_test_member_options none = {.name = ""};
    rf_test_ca_new(&ca, "Test CA");
    rf_test_member_new(&member, &ca, "bank-a", NULL);
    rf_test_member_new(&nameless, &ca, "bank-a", &none);
    cr_expect_eq(rf_identity_check(member.certificate, member.authority, "bank-a", &err), RF_OK);
    cr_expect_eq(rf_identity_check(member.certificate, member.authority, "bank-b", &err),
                 RF_E_CRYPTO);
    cr_expect_str_eq(err.text, "it is for bank-a, not for bank-b");
    rf_err_clear(&err);
    cr_expect_eq(rf_identity_check(nameless.certificate, nameless.authority, "bank-a", &err),
                 RF_E_CRYPTO, "a common name is no name");
    rf_identity_fini(&member);
    rf_identity_fini(&nameless);
    rf_test_ca_free(&ca);
}

/* ---- ports for later ---- */

enum { PORTS = 100 };

static int bound(uint16_t port, bool shared)
{
    const int on = 1;
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_geq(fd, 0);
    if (shared)
        cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

Test(reserve, is_kept_for_who_asks_for_it)
{
    struct rf_reserve reserve[PORTS];
    struct rf_err err = {0};
    for (unsigned i = 0; i < PORTS; i++) {
        cr_assert_eq(rf_reserve_port(&reserve[i], &err), RF_OK, "%s", err.text);
        for (unsigned j = 0; j < i; j++)
            cr_assert_neq(reserve[i].port, reserve[j].port);
    }
    cr_assert_eq(bound(reserve[0].port, false), -1);
    int listener = bound(reserve[0].port, true);
    cr_assert_geq(listener, 0);
    cr_assert_eq(listen(listener, 1), 0);
    int second = bound(reserve[0].port, true);
    cr_assert_eq(second, -1, "a port that has a listener is nobody else's");
    (void)close(listener);
    for (unsigned i = 0; i < PORTS; i++)
        rf_reserve_fini(&reserve[i]);
    cr_assert_eq(reserve[0].port, 0);
}
