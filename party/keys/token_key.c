#include "party/keys/token_key.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/keys/openssl_error.h"
#include "party/keys/private_key.h"

static const char LABEL[] = "ringfence tokens v1";

enum { CONTENT_SIZE = sizeof LABEL + RF_TOKEN_KEY_SIZE };

enum rf_rc rf_token_key_make(uint8_t key[RF_TOKEN_KEY_SIZE], struct rf_err *err)
{
    return RAND_priv_bytes(key, RF_TOKEN_KEY_SIZE) == 1 ? RF_OK
                                                        : rf_openssl_error(err, "no randomness");
}

enum rf_rc rf_token_key_check_value(const uint8_t key[RF_TOKEN_KEY_SIZE],
                                    uint8_t value[RF_TOKEN_KEY_CHECK_SIZE], struct rf_err *err)
{
    static const char purpose[] = "ringfence tokens check v1";
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!HMAC(EVP_sha256(), key, RF_TOKEN_KEY_SIZE, (const unsigned char *)purpose, strlen(purpose),
              mac, &size))
        return rf_openssl_error(err, "the tokens' key has no check value");
    memcpy(value, mac, RF_TOKEN_KEY_CHECK_SIZE);
    rf_secret_wipe(mac, sizeof mac);
    return RF_OK;
}

/* ---- sealing ---- */

/* OpenSSL's defaults for the two are SHA-1 and PKCS#1 v1.5. */
static bool choose_algorithms(CMS_RecipientInfo *recipient, EVP_PKEY *key)
{
    EVP_PKEY_CTX *context = CMS_RecipientInfo_get0_pkey_ctx(recipient);
    if (!context)
        return false;
    if (!EVP_PKEY_is_a(key, "RSA"))
        return EVP_PKEY_CTX_set_ecdh_kdf_md(context, EVP_sha256()) == 1;
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1;
}

static enum rf_rc add_recipients(CMS_ContentInfo *cms, X509 *const *certificates, size_t count,
                                 const char *path, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    for (size_t i = 0; i < count; i++) {
        EVP_PKEY *key = X509_get0_pubkey(certificates[i]);
        if (!key)
            RF_TRY(rf_openssl_error(err, "%s: certificate %zu has no usable key", path, i + 1));
        RF_TRY(rf_private_key_accept(key, "certificate", err));
        CMS_RecipientInfo *recipient = CMS_add1_recipient_cert(cms, certificates[i], CMS_KEY_PARAM);
        if (!recipient || !choose_algorithms(recipient, key))
            RF_TRY(rf_openssl_error(err, "%s: cannot seal to certificate %zu", path, i + 1));
    }
done:
    return rc;
}

static enum rf_rc seal(const uint8_t *content, X509 *const *certificates, size_t count,
                       const char *path, unsigned char **der, int *size, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    CMS_ContentInfo *cms = CMS_AuthEnvelopedData_create(EVP_aes_256_gcm());
    BIO *bio = BIO_new_mem_buf(content, CONTENT_SIZE);
    if (!cms || !bio || CMS_set_detached(cms, 0) != 1)
        RF_TRY(rf_openssl_error(err, "%s: cannot seal", path));
    RF_TRY(add_recipients(cms, certificates, count, path, err));
    if (CMS_final(cms, bio, NULL, CMS_BINARY) != 1)
        RF_TRY(rf_openssl_error(err, "%s: cannot seal", path));
    *size = i2d_CMS_ContentInfo(cms, der);
    if (*size <= 0)
        RF_TRY(rf_openssl_error(err, "%s: cannot seal", path));
done:
    BIO_free(bio);
    CMS_ContentInfo_free(cms);
    return rc;
}

enum rf_rc rf_token_key_seal(const uint8_t key[RF_TOKEN_KEY_SIZE], X509 *const *certificates,
                             size_t count, const char *path, enum rf_safe_file_how how,
                             struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t content[CONTENT_SIZE];
    unsigned char *der = NULL;
    int size = 0;
    memcpy(content, LABEL, sizeof LABEL);
    memcpy(content + sizeof LABEL, key, RF_TOKEN_KEY_SIZE);
    if (count == 0)
        RF_TRY(rf_err_set(err, RF_E_ARG, "%s: no certificate to seal to", path));
    RF_TRY(seal(content, certificates, count, path, &der, &size, err));
    RF_TRY(rf_safe_file_write(path, der, (size_t)size, 0644, how, err));
done:
    rf_secret_wipe(content, sizeof content);
    OPENSSL_free(der);
    return rc;
}

/* ---- the algorithm inside, which CMS has no function to ask for ---- */

/* A position in DER. */
struct der {
    const uint8_t *at, *end;
};

/* Reads one header: @inside becomes the contents, @der what follows it. */
static bool enter(struct der *der, int class, int tag, struct der *inside)
{
    const unsigned char *at = der->at;
    long length = 0;
    int found_tag = 0, found_class = 0;
    if (der->at >= der->end)
        return false;
    int flags = ASN1_get_object(&at, &length, &found_tag, &found_class, der->end - der->at);
    if ((flags & 0x81) || found_tag != tag || found_class != class) /* an error, or no length */
        return false;
    *inside = (struct der){at, at + length};
    der->at = at + length;
    return true;
}

static bool object_is(const struct der *inside, int nid)
{
    const ASN1_OBJECT *object = OBJ_nid2obj(nid);
    size_t length = OBJ_length(object);
    return (size_t)(inside->end - inside->at) == length &&
           memcmp(inside->at, OBJ_get0_data(object), length) == 0;
}

/* RFC 5652, RFC 5083: ContentInfo { authEnvelopedData, [0] { version, [0] originatorInfo OPTIONAL,
 * SET OF recipientInfo, { contentType, { algorithm, ... }, ... } ... } } */
static bool is_aes_256_gcm(const uint8_t *bytes, size_t size)
{
    const int context = V_ASN1_CONTEXT_SPECIFIC, plain = V_ASN1_UNIVERSAL;
    struct der file = {bytes, bytes + size}, info, wrapped, data, skipped, encrypted, algorithm, id;
    if (!enter(&file, plain, V_ASN1_SEQUENCE, &info) || file.at != file.end ||
        !enter(&info, plain, V_ASN1_OBJECT, &id) ||
        !object_is(&id, NID_id_smime_ct_authEnvelopedData) || !enter(&info, context, 0, &wrapped) ||
        !enter(&wrapped, plain, V_ASN1_SEQUENCE, &data) ||
        !enter(&data, plain, V_ASN1_INTEGER, &skipped))
        return false;
    (void)enter(&data, context, 0, &skipped);
    return enter(&data, plain, V_ASN1_SET, &skipped) &&
           enter(&data, plain, V_ASN1_SEQUENCE, &encrypted) &&
           enter(&encrypted, plain, V_ASN1_OBJECT, &skipped) &&
           enter(&encrypted, plain, V_ASN1_SEQUENCE, &algorithm) &&
           enter(&algorithm, plain, V_ASN1_OBJECT, &id) && object_is(&id, NID_aes_256_gcm);
}

/* ---- opening ---- */

static enum rf_rc parse(CMS_ContentInfo **cms, const char *name, const uint8_t *bytes, size_t size,
                        struct rf_err *err)
{
    const unsigned char *at = bytes;
    *cms = is_aes_256_gcm(bytes, size) ? d2i_CMS_ContentInfo(NULL, &at, (long)size) : NULL;
    if (!*cms || OBJ_obj2nid(CMS_get0_type(*cms)) != NID_id_smime_ct_authEnvelopedData) {
        return rf_openssl_error(err,
                                "%s: is no tokens' key sealed by CMS AuthEnvelopedData with "
                                "AES-256-GCM",
                                name);
    }
    return RF_OK;
}

static bool is_for(CMS_ContentInfo *cms, X509 *certificate)
{
    STACK_OF(CMS_RecipientInfo) *all = CMS_get0_RecipientInfos(cms);
    for (int i = 0; i < sk_CMS_RecipientInfo_num(all); i++) {
        CMS_RecipientInfo *one = sk_CMS_RecipientInfo_value(all, i);
        STACK_OF(CMS_RecipientEncryptedKey) *keys =
            CMS_RecipientInfo_type(one) == CMS_RECIPINFO_AGREE
                ? CMS_RecipientInfo_kari_get0_reks(one)
                : NULL;
        if (CMS_RecipientInfo_type(one) == CMS_RECIPINFO_TRANS &&
            CMS_RecipientInfo_ktri_cert_cmp(one, certificate) == 0)
            return true;
        for (int j = 0; j < sk_CMS_RecipientEncryptedKey_num(keys); j++) {
            if (CMS_RecipientEncryptedKey_cert_cmp(sk_CMS_RecipientEncryptedKey_value(keys, j),
                                                   certificate) == 0)
                return true;
        }
    }
    return false;
}

static enum rf_rc take_content(uint8_t key[RF_TOKEN_KEY_SIZE], const char *name, BIO *bio,
                               struct rf_err *err)
{
    char *content = NULL;
    long size = BIO_get_mem_data(bio, &content);
    if (size != CONTENT_SIZE || !rf_secret_equal(content, LABEL, sizeof LABEL))
        return rf_err_set(err, RF_E_CRYPTO, "%s: what is sealed in it is no tokens' key", name);
    memcpy(key, content + sizeof LABEL, RF_TOKEN_KEY_SIZE);
    return RF_OK;
}

enum rf_rc rf_token_key_unseal(uint8_t key[RF_TOKEN_KEY_SIZE], const char *name,
                               const uint8_t *bytes, size_t size, X509 *certificate,
                               EVP_PKEY *private_key, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    CMS_ContentInfo *cms = NULL;
    BIO *bio = NULL; /* wiped when it is freed */
    RF_TRY(parse(&cms, name, bytes, size, err));
    if (!is_for(cms, certificate))
        RF_TRY(
            rf_err_set(err, RF_E_CRYPTO, "%s: is not sealed to this member's certificate", name));
    bio = BIO_new(BIO_s_mem());
    if (!bio || CMS_decrypt(cms, private_key, certificate, NULL, bio, CMS_BINARY) != 1)
        RF_TRY(rf_openssl_error(err, "%s: does not open: it was changed, or made for another key",
                                name));
    RF_TRY(take_content(key, name, bio, err));
done:
    ERR_clear_error();
    BIO_free(bio);
    CMS_ContentInfo_free(cms);
    return rc;
}

enum rf_rc rf_token_key_open(uint8_t key[RF_TOKEN_KEY_SIZE], const char *path, X509 *certificate,
                             EVP_PKEY *private_key, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t *bytes = NULL;
    size_t size = 0;
    RF_TRY(rf_safe_file_read(path, &bytes, &size, err));
    RF_TRY(rf_token_key_unseal(key, path, bytes, size, certificate, private_key, err));
done:
    rf_secret_free(bytes, size);
    return rc;
}

enum rf_rc rf_token_key_recipients(const char *path, unsigned *count, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t *bytes = NULL;
    size_t size = 0;
    CMS_ContentInfo *cms = NULL;
    RF_TRY(rf_safe_file_read(path, &bytes, &size, err));
    RF_TRY(parse(&cms, path, bytes, size, err));
    *count = (unsigned)sk_CMS_RecipientInfo_num(CMS_get0_RecipientInfos(cms));
done:
    CMS_ContentInfo_free(cms);
    rf_secret_free(bytes, size);
    return rc;
}
