#include "net/tls.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "net/bio.h"
#include "net/outer.h"

enum {
    READ_BUFFER = 65536,   /* four records at a time from the BIO */
    SMALL_MESSAGE = 4096,  /* up to here a copy costs less than a pooled buffer in flight */
    REKEY_AFTER = 1 << 23, /* records */
    RECORD_PAYLOAD = 16384,
    REASON_MAX = 300,
    FINGERPRINT = 32, /* SHA-256 */
};

struct rf_tls {
    SSL *ssl;
    struct rf_bio bio;
    const char *name;
    const uint8_t *fingerprint; /* or NULL */
    bool established, alerted, final;
    uint64_t records, rekey_after;
    char doubt[REASON_MAX]; /* what the verification of the certificate said */
    char reason[REASON_MAX];
};

/* Remembers why a certificate is not believed; the answer stays the one OpenSSL gave. */
static int on_verify(int ok, X509_STORE_CTX *context)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct rf_tls *tls = ssl ? SSL_get_app_data(ssl) : NULL;
    if (!ok && tls && !tls->doubt[0])
        rf_identity_explain(context, tls->doubt, sizeof tls->doubt);
    return ok;
}

static bool about_certificate(int alert)
{
    return (alert >= SSL_AD_BAD_CERTIFICATE && alert <= SSL_AD_CERTIFICATE_UNKNOWN) ||
           alert == SSL_AD_UNKNOWN_CA || alert == SSL_AD_ACCESS_DENIED ||
           alert == SSL_AD_CERTIFICATE_REQUIRED;
}

static void on_info(const SSL *ssl, int where, int value)
{
    struct rf_tls *tls = SSL_get_app_data(ssl);
    if (!tls || (where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT)
        return;
    tls->alerted = true;
    tls->final = about_certificate(value & 0xff);
    if (!tls->reason[0])
        (void)snprintf(tls->reason, sizeof tls->reason, "%s", SSL_alert_desc_string_long(value));
}

enum rf_rc rf_tls_context(SSL_CTX **out, const struct rf_identity *identity, struct rf_err *err)
{
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    *out = NULL;
    if (!context || !rf_bio_method() ||
        SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_ciphersuites(context, "TLS_AES_256_GCM_SHA384") != 1 ||
        SSL_CTX_use_certificate(context, identity->certificate) != 1 ||
        SSL_CTX_use_PrivateKey(context, identity->key) != 1 ||
        SSL_CTX_set_num_tickets(context, 0) != 1 || SSL_CTX_set_max_early_data(context, 0) != 1) {
        SSL_CTX_free(context);
        ERR_clear_error();
        return rf_err_set(err, RF_E_CRYPTO, "TLS cannot be set up with this certificate and key");
    }
    SSL_CTX_set_security_level(context, RF_SECURITY_LEVEL);
    SSL_CTX_set1_cert_store(context, identity->authority);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, on_verify);
    SSL_CTX_set_info_callback(context, on_info);
    (void)SSL_CTX_set_options(context,
                              SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    (void)SSL_CTX_clear_options(context, SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, READ_BUFFER);
    *out = context;
    return RF_OK;
}

struct rf_tls *rf_tls_new(SSL_CTX *context, enum rf_tls_end end, const char *name,
                          struct rf_pool *buffers)
{
    struct rf_tls *tls = calloc(1, sizeof *tls);
    BIO *bio = BIO_new(rf_bio_method());
    SSL *ssl = SSL_new(context);
    if (!tls || !bio || !ssl) {
        free(tls);
        BIO_free(bio);
        SSL_free(ssl);
        return NULL;
    }
    tls->ssl = ssl;
    tls->bio.buffers = buffers;
    tls->name = name;
    tls->rekey_after = REKEY_AFTER;
    BIO_set_data(bio, &tls->bio);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_app_data(ssl, tls);
    if (end == RF_TLS_DIALS)
        SSL_set_connect_state(ssl);
    else
        SSL_set_accept_state(ssl);
    return tls;
}

void rf_tls_free(struct rf_tls *tls)
{
    if (!tls)
        return;
    SSL_free(tls->ssl);
    rf_pool_give(tls->bio.buffers, tls->bio.out);
    free(tls);
}

void rf_tls_pin(struct rf_tls *tls, const uint8_t *fingerprint)
{
    tls->fingerprint = fingerprint;
}

void rf_tls_feed(struct rf_tls *tls, const uint8_t *records, size_t size)
{
    tls->bio.in = records;
    tls->bio.in_left = size;
}

/* Puts OpenSSL's failure into words. */
static enum rf_tls_result failed(struct rf_tls *tls, int ssl_error)
{
    if (tls->doubt[0]) {
        tls->final = true;
        (void)snprintf(tls->reason, sizeof tls->reason, "its certificate is refused: %s",
                       tls->doubt);
    } else if (!tls->reason[0]) {
        const char *words = ERR_reason_error_string(ERR_peek_last_error());
        if (ssl_error == SSL_ERROR_ZERO_RETURN)
            words = "the TLS session was closed";
        (void)snprintf(tls->reason, sizeof tls->reason, "%s", words ? words : "TLS failed");
    }
    ERR_clear_error();
    return RF_TLS_FAILED;
}

static enum rf_tls_result outcome(struct rf_tls *tls, int result)
{
    if (result == 1)
        return RF_TLS_DONE;
    int error = SSL_get_error(tls->ssl, result);
    return error == SSL_ERROR_WANT_READ ? RF_TLS_MORE : failed(tls, error);
}

static enum rf_rc check_pin(const struct rf_tls *tls, X509 *certificate, struct rf_err *err)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!tls->fingerprint)
        return RF_OK;
    if (X509_digest(certificate, EVP_sha256(), digest, &size) == 1 && size == FINGERPRINT &&
        rf_secret_equal(digest, tls->fingerprint, FINGERPRINT))
        return RF_OK;
    return rf_err_set(err, RF_E_CRYPTO, "it is not the one that the manifest names");
}

/* The CA vouches for the name; the manifest for the certificate. */
static enum rf_tls_result check_peer(struct rf_tls *tls)
{
    struct rf_err err = {0};
    X509 *certificate = SSL_get0_peer_certificate(tls->ssl);
    X509_STORE *authority = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(tls->ssl));
    if (!certificate)
        return failed(tls, SSL_ERROR_SSL);
    if (rf_identity_check(certificate, authority, tls->name, &err) == RF_OK &&
        check_pin(tls, certificate, &err) == RF_OK) {
        tls->established = true;
        return RF_TLS_DONE;
    }
    tls->final = true;
    (void)snprintf(tls->reason, sizeof tls->reason, "its certificate is refused: %.250s", err.text);
    return RF_TLS_REFUSED;
}

enum rf_tls_result rf_tls_handshake(struct rf_tls *tls)
{
    if (tls->established)
        return RF_TLS_DONE;
    ERR_clear_error();
    enum rf_tls_result result = outcome(tls, SSL_do_handshake(tls->ssl));
    return result == RF_TLS_DONE ? check_peer(tls) : result;
}

bool rf_tls_established(const struct rf_tls *tls)
{
    return tls->established;
}

enum rf_tls_result rf_tls_read_some(struct rf_tls *tls, void *out, size_t size, size_t *got)
{
    *got = 0;
    if (size == 0)
        return RF_TLS_DONE;
    ERR_clear_error();
    return outcome(tls, SSL_read_ex(tls->ssl, out, size, got));
}

enum rf_tls_result rf_tls_read(struct rf_tls *tls, void *out, size_t size, size_t *got)
{
    enum rf_tls_result result = RF_TLS_DONE;
    *got = 0;
    while (*got < size && result == RF_TLS_DONE) {
        size_t some;
        result = rf_tls_read_some(tls, (uint8_t *)out + *got, size - *got, &some);
        *got += some;
    }
    return result;
}

enum rf_rc rf_tls_write(struct rf_tls *tls, const void *data, size_t size, struct rf_err *err)
{
    size_t written;
    ERR_clear_error();
    tls->records += (size + RECORD_PAYLOAD - 1) / RECORD_PAYLOAD;
    if (tls->records > tls->rekey_after) {
        tls->records = 0;
        if (SSL_key_update(tls->ssl, SSL_KEY_UPDATE_NOT_REQUESTED) != 1)
            return rf_err_set(err, RF_E_CRYPTO, "the TLS key cannot be changed");
    }
    if (SSL_write_ex(tls->ssl, data, size, &written) == 1 && written == size)
        return RF_OK;
    (void)failed(tls, SSL_ERROR_SSL);
    return rf_err_set(err, RF_E_CRYPTO, "TLS cannot encrypt: %s", tls->reason);
}

bool rf_tls_take(struct rf_tls *tls, zmq_msg_t *message)
{
    struct rf_bio *bio = &tls->bio;
    if (!bio->out)
        return false;
    if (bio->out_used <= SMALL_MESSAGE) {
        if (zmq_msg_init_size(message, bio->out_used) != 0)
            return false;
        memcpy(zmq_msg_data(message), bio->out, bio->out_used);
        rf_pool_give(bio->buffers, bio->out);
        bio->out = NULL;
        return true;
    }
    if (zmq_msg_init_data(message, bio->out, bio->out_used, rf_pool_release, bio->buffers) != 0)
        return false;
    bio->out = NULL;
    return true;
}

const char *rf_tls_reason(const struct rf_tls *tls)
{
    return tls->reason;
}

bool rf_tls_alerted(const struct rf_tls *tls)
{
    return tls->alerted;
}

bool rf_tls_final(const struct rf_tls *tls)
{
    return tls->final;
}

void rf_tls_rekey_after(struct rf_tls *tls, uint64_t records)
{
    tls->rekey_after = records;
}
