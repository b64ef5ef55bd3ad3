#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "net/base/hex.h"
#include "net/base/secret.h"
#include "party/cmd/cmd.h"
#include "party/cmd/cmd_keys.h"
#include "party/keys/certificate.h"
#include "party/keys/openssl_error.h"
#include "party/keys/private_key.h"
#include "party/keys/request.h"
#include "party/keys/token_key.h"

enum { HEX_SIZE = 2 * RF_FINGERPRINT_SIZE + 1 };

struct show {
    const char *file;
    bool json;
    json_t *found; /* an array of objects, printed as text or JSON in the end */
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct show *show = state->input;
    switch (key) {
    case RF_CMD_OPTION_JSON:
        show->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (show->file)
            rf_cmd_misuse(state, "one file at a time");
        show->file = text;
        return 0;
    case ARGP_KEY_END:
        if (!show->file)
            rf_cmd_misuse(state, "which file?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum rf_rc add(struct show *show, json_t *object, struct rf_err *err)
{
    if (json_array_append_new(show->found, object) != 0)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    return RF_OK;
}

/* SHA-256 of the public key: the same in a request and in the certificate made from it. */
static enum rf_rc key_fingerprint(X509_PUBKEY *key, char text[HEX_SIZE], struct rf_err *err)
{
    uint8_t digest[RF_FINGERPRINT_SIZE];
    unsigned char *der = NULL;
    int size = i2d_X509_PUBKEY(key, &der);
    bool done = size > 0 && EVP_Digest(der, (size_t)size, digest, NULL, EVP_sha256(), NULL) == 1;
    OPENSSL_free(der);
    if (!done)
        return rf_openssl_error(err, "the public key cannot be hashed");
    (void)rf_hex(text, digest, sizeof digest);
    return RF_OK;
}

/* ---- the kinds ---- */

static enum rf_rc show_certificate(struct show *show, X509 *certificate, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    char name[RF_MEMBER_NAME_MAX + 1] = "", subject[RF_SUBJECT_SIZE], issuer[RF_SUBJECT_SIZE];
    char from[RF_DATE_SIZE], until[RF_DATE_SIZE], kind[32] = "unknown";
    char fingerprint[HEX_SIZE], key[HEX_SIZE];
    uint8_t digest[RF_FINGERPRINT_SIZE];
    bool ca = X509_check_ca(certificate) > 0;
    EVP_PKEY *public = X509_get0_pubkey(certificate);
    if (!ca && rf_certificate_name(certificate, name, NULL) != RF_OK)
        name[0] = 0;
    if (public)
        rf_private_key_kind(public, kind);
    rf_identity_subject(X509_get_subject_name(certificate), subject);
    rf_identity_subject(X509_get_issuer_name(certificate), issuer);
    rf_identity_date(X509_get0_notBefore(certificate), from);
    rf_identity_date(X509_get0_notAfter(certificate), until);
    RF_TRY(rf_certificate_fingerprint(certificate, digest, err));
    (void)rf_hex(fingerprint, digest, sizeof digest);
    RF_TRY(key_fingerprint(X509_get_X509_PUBKEY(certificate), key, err));
    int64_t left = rf_certificate_seconds(X509_get0_notAfter(certificate), time(NULL));
    RF_TRY(add(show,
               json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s}", "kind",
                         ca ? "CA certificate" : "certificate", "member", name, "subject", subject,
                         "issuer", issuer, "from", from, "until", until, "days_left",
                         (json_int_t)(left / 86400), "key", kind, "sha256", fingerprint,
                         "key_sha256", key),
               err));
done:
    return rc;
}

static enum rf_rc show_certificates(struct show *show, const uint8_t *bytes, size_t size,
                                    struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    BIO *bio = BIO_new_mem_buf(bytes, (int)size);
    X509 *certificate = NULL;
    unsigned count = 0;
    for (; bio && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)); count++) {
        rc = show_certificate(show, certificate, err);
        X509_free(certificate);
        RF_TRY(rc);
    }
    if (count == 0)
        RF_TRY(rf_openssl_error(err, "%s: holds no certificate", show->file));
done:
    ERR_clear_error();
    BIO_free(bio);
    return rc;
}

static enum rf_rc show_request(struct show *show, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    X509_REQ *request = NULL;
    char name[RF_MEMBER_NAME_MAX + 1], kind[32], fingerprint[HEX_SIZE];
    RF_TRY(rf_request_load(&request, show->file, err));
    RF_TRY(rf_request_check(request, name, err));
    rf_private_key_kind(X509_REQ_get0_pubkey(request), kind);
    RF_TRY(key_fingerprint(X509_REQ_get_X509_PUBKEY(request), fingerprint, err));
    RF_TRY(add(show,
               json_pack("{s:s, s:s, s:s, s:s}", "kind", "certificate request", "member", name,
                         "key", kind, "key_sha256", fingerprint),
               err));
done:
    X509_REQ_free(request);
    return rc;
}

static enum rf_rc show_key(struct show *show, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    bool encrypted = false;
    RF_TRY(rf_private_key_encrypted(show->file, &encrypted, err));
    bool alone = rf_safe_file_private(show->file, NULL) == RF_OK;
    RF_TRY(add(show,
               json_pack("{s:s, s:b, s:b}", "kind", "private key", "encrypted", (int)encrypted,
                         "private_to_owner", (int)alone),
               err));
done:
    return rc;
}

static enum rf_rc show_sealed(struct show *show, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    unsigned count = 0;
    RF_TRY(rf_token_key_recipients(show->file, &count, err));
    RF_TRY(add(show,
               json_pack("{s:s, s:s, s:i}", "kind", "sealed tokens' key", "cipher",
                         "CMS AuthEnvelopedData, AES-256-GCM", "recipients", (int)count),
               err));
done:
    return rc;
}

static enum rf_rc look(struct show *show, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t *bytes = NULL;
    size_t size = 0;
    RF_TRY(rf_safe_file_read(show->file, &bytes, &size, err));
    const char *text = (const char *)bytes;
    if (strstr(text, "BEGIN CERTIFICATE REQUEST") || strstr(text, "BEGIN NEW CERTIFICATE REQUEST"))
        RF_TRY(show_request(show, err));
    else if (strstr(text, "BEGIN CERTIFICATE") || strstr(text, "BEGIN TRUSTED CERTIFICATE"))
        RF_TRY(show_certificates(show, bytes, size, err));
    else if (strstr(text, "PRIVATE KEY-----"))
        RF_TRY(show_key(show, err));
    else if (size > 0 && bytes[0] == 0x30) /* DER */
        RF_TRY(show_sealed(show, err));
    else
        RF_TRY(rf_err_set(err, RF_E_FORMAT,
                          "%s: is no certificate, request, key or sealed tokens' key", show->file));
done:
    rf_secret_free(bytes, size);
    return rc;
}

static void print_value(const char *name, const json_t *value)
{
    if (json_is_string(value))
        (void)printf("%-16s %s\n", name, json_string_value(value));
    else if (json_is_boolean(value))
        (void)printf("%-16s %s\n", name, json_is_true(value) ? "yes" : "no");
    else
        (void)printf("%-16s %lld\n", name, (long long)json_integer_value(value));
}

static enum rf_rc print(struct show *show, struct rf_err *err)
{
    size_t i = 0;
    json_t *object = NULL, *value = NULL;
    const char *name = NULL;
    if (show->json)
        return rf_cmd_print_json(json_incref(show->found), err);
    json_array_foreach(show->found, i, object)
    {
        if (i > 0)
            (void)putchar('\n');
        json_object_foreach(object, name, value)
        {
            print_value(name, value);
        }
    }
    return RF_OK;
}

static enum rf_rc run(struct show *show, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    show->found = json_array();
    RF_TRY(look(show, err));
    RF_TRY(print(show, err));
done:
    json_decref(show->found);
    return rc;
}

int rf_cmd_keys_show(int argc, char **argv)
{
    static const struct argp_option options[] = {RF_CMD_JSON, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "FILE",
        .doc = "Say what FILE is: certificates, a certificate request, a private key (which is not "
               "opened) or a sealed tokens' key.",
    };
    struct show show = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &show);
    return rf_cmd_end(argv[0], run(&show, &err), &err);
}
