/* Who speaks: the TLS handshake and the hello behind it, on a first connection and on every later one.
 * A connection becomes the link only when both are as they must be. */
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "net/base/clock.h"
#include "net/base/hex.h"
#include "net/base/secret.h"
#include "net/link.h"

static void say_hello(struct rf_link *link, struct rf_tls_session *session)
{
    const struct rf_lane *lane = link->lane;
    const struct rf_node_config *config = &lane->node->config;
    uint8_t payload[RF_NOTICE_MAX];
    struct rf_notice_hello hello = {
        .version = RF_WIRE_VERSION,
        .window = (uint32_t)link->room,
        .chain = config->chain != 0,
        .received = link->received,
        .consumed = link->consumed,
    };
    memcpy(hello.manifest_hash, config->manifest_hash, sizeof hello.manifest_hash);
    memcpy(hello.instance, lane->instance, sizeof hello.instance);
    memcpy(hello.known, link->peer_instance, sizeof hello.known);
    memcpy(hello.beat_key, link->lifeline->our_key, sizeof hello.beat_key);
    size_t size = rf_notice_put_hello(payload, &hello);
    rf_outbox_notice(link, session, RF_FRAME_HELLO, payload, size);
    rf_secret_wipe(&hello, sizeof hello);
    rf_secret_wipe(payload, sizeof payload);
}

/* Remembers and logs why a connection is not accepted; ends it. Before the certificate is believed it
 * may be anyone's, and anyone must not be able to fill our log. */
static void refuse(struct rf_link *link, struct rf_tls_session *session, const char *format, ...)
    RF_PRINTF(3, 4);

static void refuse(struct rf_link *link, struct rf_tls_session *session, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(link->refusal, sizeof link->refusal, format, args);
    va_end(args);
    if (session->dialled || rf_tls_established(session->tls))
        rf_node_log(link->lane->node, "%s: no link: %s", link->name, link->refusal);
    else
        rf_node_stranger(link->lane->node, "%s: no link: %s", link->name, link->refusal);
    rf_link_drop(link, session);
}

/* Whoever dialled has nobody else to wait for. */
static enum rf_rc give_up(struct rf_link *link, enum rf_rc rc)
{
    return rf_link_fail(link, rc, "cannot be linked: %s", link->refusal);
}

enum rf_rc rf_greet_start(struct rf_link *link, uint64_t connection)
{
    enum rf_rc rc = RF_OK;
    struct rf_tls_session *session = &link->candidates[0];
    rf_tls_free(session->tls);
    *session = (struct rf_tls_session){.connection = connection, .dialled = true};
    session->tls = rf_tls_new(link->lane->node->tls, RF_TLS_DIALS, link->config->member,
                              link->lane->place->buffers);
    if (!session->tls)
        return rf_link_fail(link, RF_E_MEMORY, "cannot be linked: no memory for TLS");
    rf_tls_pin(session->tls, link->config->fingerprint);
    (void)rf_greet_handshake(link, session, &rc);
    return rc;
}

bool rf_greet_handshake(struct rf_link *link, struct rf_tls_session *session, enum rf_rc *rc)
{
    bool first = !rf_tls_established(session->tls);
    enum rf_tls_result result = rf_tls_handshake(session->tls);
    if (result == RF_TLS_DONE && first && session->dialled)
        say_hello(link, session);
    if (result == RF_TLS_DONE)
        return true;
    if (result == RF_TLS_MORE) {
        rf_link_flush(link, session);
        return false;
    }
    if (result == RF_TLS_REFUSED) {
        char text[RF_REFUSAL_MAX + RF_MEMBER_NAME_MAX];
        (void)snprintf(text, sizeof text, "%s: %s", link->config->member,
                       rf_tls_reason(session->tls));
        rf_outbox_abort(link, session, text);
    }
    *rc = rf_greet_failed(link, session);
    return false;
}

enum rf_rc rf_greet_failed(struct rf_link *link, struct rf_tls_session *session)
{
    bool final = session->dialled && link->lane->opening && rf_tls_final(session->tls);
    rf_link_flush(link, session);
    refuse(link, session, "%s%s", rf_tls_alerted(session->tls) ? "it refuses us: " : "",
           rf_tls_reason(session->tls));
    return final ? give_up(link, RF_E_CRYPTO) : RF_OK;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    uint8_t any = 0;
    for (size_t i = 0; i < size; i++)
        any |= bytes[i];
    return any == 0;
}

/* Why a hello is not acceptable, or NULL. Words for the peer: "you" is whoever said it. */
static const char *objection(const struct rf_link *link, const struct rf_notice_hello *hello,
                             char text[RF_REFUSAL_MAX])
{
    const struct rf_node_config *config = &link->lane->node->config;
    char ours[9], theirs[9];
    if (hello->version != RF_WIRE_VERSION) {
        (void)snprintf(text, RF_REFUSAL_MAX, "version %u of the protocol against version %u",
                       hello->version, RF_WIRE_VERSION);
        return text;
    }
    if (!rf_secret_equal(hello->manifest_hash, config->manifest_hash, 32)) {
        (void)snprintf(text, RF_REFUSAL_MAX, "different manifests: %s holds %s.., %s holds %s..",
                       config->member, rf_hex(ours, config->manifest_hash, 4), link->config->member,
                       rf_hex(theirs, hello->manifest_hash, 4));
        return text;
    }
    if (hello->chain != (config->chain != 0))
        return "one of the two records transcripts with hash chains and the other keeps none";
    if (!is_zero(hello->known, sizeof hello->known) &&
        !rf_secret_equal(hello->known, link->lane->instance, sizeof hello->known)) {
        (void)snprintf(text, RF_REFUSAL_MAX, "%s has restarted", config->member);
        return text;
    }
    return NULL;
}

/* Is it still the same lane of the same process? */
static enum rf_rc check_resumed(struct rf_link *link, const struct rf_notice_hello *hello)
{
    if (!rf_secret_equal(hello->instance, link->peer_instance, sizeof hello->instance) ||
        !rf_secret_equal(hello->beat_key, link->lifeline->their_key, sizeof hello->beat_key))
        return rf_link_fail(link, RF_E_PEER, "has restarted while the run was under way");
    return RF_OK;
}

/* Nobody has received more than was sent, or less than it acknowledged. */
static enum rf_rc check_received(struct rf_link *link, const struct rf_notice_hello *hello)
{
    if (hello->received < link->next && hello->received >= link->acked)
        return RF_OK;
    return rf_link_fail(link, RF_E_CHEAT, "claims to have received %llu frames of %llu",
                        (unsigned long long)hello->received, (unsigned long long)link->next - 1);
}

static void learn(struct rf_link *link, const struct rf_notice_hello *hello)
{
    memcpy(link->peer_instance, hello->instance, sizeof hello->instance);
    memcpy(link->lifeline->their_key, hello->beat_key, sizeof hello->beat_key);
    link->window = hello->window < link->room ? hello->window : link->room;
    link->was_up = true;
}

/* The candidate is the link from here on; the connection before it, if any, is history. */
static void promote(struct rf_link *link, struct rf_tls_session *session)
{
    rf_tls_free(link->live.tls);
    link->live = *session;
    *session = (struct rf_tls_session){0};
    rf_link_post(link, RF_POST_LIVE, link->live.connection, NULL);
    link->moved_ms = rf_clock_ms();
    link->refusal[0] = 0;
}

static enum rf_rc accept_hello(struct rf_link *link, struct rf_tls_session *session,
                               const struct rf_notice_hello *hello)
{
    enum rf_rc rc;
    bool again = link->was_up;
    if (again)
        RF_TRY(check_resumed(link, hello));
    RF_TRY(check_received(link, hello));
    if (!again)
        learn(link, hello);
    RF_TRY(rf_outbox_acked(link, hello->consumed));
    promote(link, session);
    if (!link->live.dialled)
        say_hello(link, &link->live);
    link->ack_told = link->consumed;
    if (again)
        rf_node_log(link->lane->node, "%s: link resumed", link->name);
    rc = rf_outbox_resume(link, hello->received);
done:
    return rc;
}

/* Said by a proved peer; whoever dialled it gives up. */
static enum rf_rc take_refusal(struct rf_link *link, struct rf_tls_session *session,
                               const uint8_t *payload, size_t size)
{
    struct rf_notice_abort notice;
    bool dialled = session->dialled;
    if (rf_notice_get_abort(&notice, payload, size, NULL) != RF_OK)
        refuse(link, session, "its first frame is malformed");
    else
        refuse(link, session, "it refuses us: %s", notice.reason);
    return dialled ? give_up(link, RF_E_PEER) : RF_OK;
}

enum rf_rc rf_greet_frame(struct rf_link *link, struct rf_tls_session *session,
                          const struct rf_frame_header *header, const uint8_t *payload, bool *alive)
{
    char text[RF_REFUSAL_MAX];
    struct rf_notice_hello hello;
    struct rf_err err = {0};
    bool dialled = session->dialled;
    enum rf_rc rc;
    *alive = false;
    if (header->kind == RF_FRAME_ABORT)
        return take_refusal(link, session, payload, header->length);
    const char *reason = "a malformed hello";
    if (rf_notice_get_hello(&hello, payload, header->length, &err) == RF_OK)
        reason = objection(link, &hello, text);
    if (!reason) {
        rc = accept_hello(link, session, &hello);
        *alive = rc == RF_OK;
    } else {
        rf_outbox_abort(link, session, reason);
        refuse(link, session, "%s", reason);
        rc = dialled ? give_up(link, RF_E_PEER) : RF_OK;
    }
    rf_secret_wipe(&hello, sizeof hello);
    return rc;
}

enum rf_rc rf_greet_turned_away(struct rf_link *link, enum rf_reset why, unsigned version)
{
    switch (why) {
    case RF_RESET_VERSION:
        (void)snprintf(link->refusal, sizeof link->refusal,
                       "version %u of the protocol is spoken there, %u here", version,
                       RF_WIRE_VERSION);
        break;
    case RF_RESET_STRANGER:
        (void)snprintf(link->refusal, sizeof link->refusal,
                       "it does not expect us: check ids, lanes and who dials whom");
        break;
    case RF_RESET_CLOSED:
        (void)snprintf(link->refusal, sizeof link->refusal, "it has closed this link");
        link->turned_away = true;
        break;
    default:
        return RF_OK; /* busy or forgetful: dialled again by and by */
    }
    rf_node_log(link->lane->node, "%s: no link: %s", link->name, link->refusal);
    return link->lane->opening ? give_up(link, RF_E_PEER) : RF_OK;
}
