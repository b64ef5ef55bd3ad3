#include "party/keys/private_key.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/keys/openssl_error.h"

enum { SCRYPT_N = 16384, SCRYPT_R = 8, SCRYPT_P = 5, SALT_SIZE = 16, RSA_BITS_MIN = 2048 };

enum rf_rc rf_private_key_make(EVP_PKEY **key, const char *curve, struct rf_err *err)
{
    *key = EVP_EC_gen(curve);
    return *key ? RF_OK : rf_openssl_error(err, "cannot make a key on %s", curve);
}

/* ---- saving ---- */

static X509_SIG *encrypt(EVP_PKEY *key, const struct rf_passphrase *passphrase)
{
    uint8_t salt[SALT_SIZE];
    PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(key);
    X509_ALGOR *algorithm = NULL;
    X509_SIG *sealed = NULL;
    if (plain && RAND_bytes(salt, sizeof salt) == 1)
        algorithm = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, sizeof salt, NULL, SCRYPT_N,
                                          SCRYPT_R, SCRYPT_P);
    if (algorithm)
        sealed = PKCS8_set0_pbe(passphrase->text, (int)passphrase->length, plain, algorithm);
    if (!sealed)
        X509_ALGOR_free(algorithm);
    PKCS8_PRIV_KEY_INFO_free(plain);
    return sealed;
}

enum rf_rc rf_private_key_save(EVP_PKEY *key, const char *path,
                               const struct rf_passphrase *passphrase, enum rf_safe_file_how how,
                               struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    X509_SIG *sealed = encrypt(key, passphrase);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    if (!sealed || !bio || PEM_write_bio_PKCS8(bio, sealed) != 1)
        RF_TRY(rf_openssl_error(err, "%s: cannot encrypt the key", path));
    long size = BIO_get_mem_data(bio, &text);
    RF_TRY(rf_safe_file_write(path, text, (size_t)size, 0600, how, err));
done:
    X509_SIG_free(sealed);
    BIO_free(bio);
    return rc;
}

/* ---- loading ---- */

/* OpenSSL asks the terminal unless it has a callback; -1 says that there is no passphrase. */
static int give_passphrase(char *buffer, int room, int writing, void *context)
{
    const struct rf_passphrase *passphrase = *(const struct rf_passphrase **)context;
    (void)writing;
    if (!passphrase || passphrase->length > (size_t)room)
        return -1;
    memcpy(buffer, passphrase->text, passphrase->length);
    return (int)passphrase->length;
}

static enum rf_rc parse(EVP_PKEY **key, const char *path, const uint8_t *bytes, size_t size,
                        const struct rf_passphrase *passphrase, struct rf_err *err)
{
    BIO *bio = BIO_new_mem_buf(bytes, (int)size);
    *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, &passphrase) : NULL;
    BIO_free(bio);
    if (*key)
        return RF_OK;
    if (strstr((const char *)bytes, "ENCRYPTED")) {
        return rf_openssl_error(err, "%s: %s", path,
                                passphrase ? "the passphrase does not open this key"
                                           : "the key is encrypted and there is no passphrase");
    }
    return rf_openssl_error(err, "%s: holds no private key in PEM", path);
}

enum rf_rc rf_private_key_load(EVP_PKEY **key, const char *path,
                               const struct rf_passphrase *passphrase, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t *bytes = NULL;
    size_t size = 0;
    *key = NULL;
    RF_TRY(rf_safe_file_private(path, err));
    RF_TRY(rf_safe_file_read(path, &bytes, &size, err));
    RF_TRY(parse(key, path, bytes, size, passphrase, err));
    RF_TRY(rf_private_key_accept(*key, path, err));
done:
    rf_secret_free(bytes, size);
    if (rc != RF_OK) {
        EVP_PKEY_free(*key);
        *key = NULL;
    }
    return rc;
}

enum rf_rc rf_private_key_encrypted(const char *path, bool *encrypted, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t *bytes = NULL;
    size_t size = 0;
    RF_TRY(rf_safe_file_read(path, &bytes, &size, err));
    if (!strstr((const char *)bytes, "PRIVATE KEY-----"))
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "%s: holds no private key in PEM", path));
    *encrypted = strstr((const char *)bytes, "ENCRYPTED") != NULL;
done:
    rf_secret_free(bytes, size);
    return rc;
}

/* ---- kinds ---- */

static const char *curve_of(EVP_PKEY *key)
{
    static const struct {
        const char *group, *name;
    } curves[] = {
        {"prime256v1", "P-256"}, {"P-256", "P-256"},     {"secp384r1", "P-384"},
        {"P-384", "P-384"},      {"secp521r1", "P-521"}, {"P-521", "P-521"},
    };
    char group[64] = "";
    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group,
                                       NULL) != 1)
        return NULL;
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (strcmp(group, curves[i].group) == 0)
            return curves[i].name;
    return NULL;
}

void rf_private_key_kind(EVP_PKEY *key, char text[32])
{
    const char *type = EVP_PKEY_get0_type_name(key);
    const char *curve = EVP_PKEY_is_a(key, "EC") ? curve_of(key) : NULL;
    if (curve)
        (void)snprintf(text, 32, "EC %s", curve);
    else
        (void)snprintf(text, 32, "%.20s %d", type ? type : "unknown", EVP_PKEY_get_bits(key));
}

enum rf_rc rf_private_key_accept(EVP_PKEY *key, const char *what, struct rf_err *err)
{
    char kind[32];
    bool rsa = EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= RSA_BITS_MIN;
    if (rsa || (EVP_PKEY_is_a(key, "EC") && curve_of(key)))
        return RF_OK;
    rf_private_key_kind(key, kind);
    return rf_err_set(err, RF_E_CRYPTO,
                      "%s: a key of kind %s cannot be used: take RSA of %d bits or more, or EC on "
                      "P-256, P-384 or P-521",
                      what, kind, RSA_BITS_MIN);
}
