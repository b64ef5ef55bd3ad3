#include "party/keys/envelope.h"

#include <limits.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdbool.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/keys/openssl_error.h"
#include "party/keys/private_key.h"

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

static enum rf_rc add_recipients(CMS_ContentInfo *cms, const struct rf_envelope_words *words,
                                 X509 *const *certificates, size_t count, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    for (size_t i = 0; i < count; i++) {
        EVP_PKEY *key = X509_get0_pubkey(certificates[i]);
        if (!key)
            RF_TRY(
                rf_openssl_error(err, "%s: certificate %zu has no usable key", words->name, i + 1));
        RF_TRY(rf_private_key_accept(key, "certificate", err));
        CMS_RecipientInfo *recipient = CMS_add1_recipient_cert(cms, certificates[i], CMS_KEY_PARAM);
        if (!recipient || !choose_algorithms(recipient, key))
            RF_TRY(rf_openssl_error(err, "%s: cannot seal to certificate %zu", words->name, i + 1));
    }
done:
    return rc;
}

enum rf_rc rf_envelope_seal(const struct rf_envelope_words *words, const void *content, size_t size,
                            X509 *const *certificates, size_t count, unsigned char **der,
                            size_t *der_size, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    CMS_ContentInfo *cms = CMS_AuthEnvelopedData_create(EVP_aes_256_gcm());
    BIO *bio = size <= INT_MAX ? BIO_new_mem_buf(content, (int)size) : NULL;
    int length = 0;
    *der = NULL;
    if (!cms || !bio || CMS_set_detached(cms, 0) != 1)
        RF_TRY(rf_openssl_error(err, "%s: cannot seal", words->name));
    RF_TRY(add_recipients(cms, words, certificates, count, err));
    if (CMS_final(cms, bio, NULL, CMS_BINARY) != 1)
        RF_TRY(rf_openssl_error(err, "%s: cannot seal", words->name));
    length = i2d_CMS_ContentInfo(cms, der);
    if (length <= 0)
        RF_TRY(rf_openssl_error(err, "%s: cannot seal", words->name));
    *der_size = (size_t)length;
done:
    BIO_free(bio);
    CMS_ContentInfo_free(cms);
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

static enum rf_rc parse(CMS_ContentInfo **cms, const struct rf_envelope_words *words,
                        const uint8_t *bytes, size_t size, struct rf_err *err)
{
    const unsigned char *at = bytes;
    *cms = is_aes_256_gcm(bytes, size) ? d2i_CMS_ContentInfo(NULL, &at, (long)size) : NULL;
    if (!*cms || OBJ_obj2nid(CMS_get0_type(*cms)) != NID_id_smime_ct_authEnvelopedData) {
        return rf_openssl_error(err,
                                "%s: is no %s sealed by CMS AuthEnvelopedData with AES-256-GCM",
                                words->name, words->what);
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

static enum rf_rc take_content(BIO *bio, uint8_t **content, size_t *size, struct rf_err *err)
{
    char *at = NULL;
    long length = BIO_get_mem_data(bio, &at);
    uint8_t *copy = rf_secret_alloc((size_t)length);
    if (!copy)
        return rf_err_set(err, RF_E_MEMORY, "out of memory for %ld bytes", length);
    if (length > 0)
        memcpy(copy, at, (size_t)length);
    *content = copy;
    *size = (size_t)length;
    return RF_OK;
}

enum rf_rc rf_envelope_open(const struct rf_envelope_words *words, const uint8_t *bytes,
                            size_t size, X509 *certificate, EVP_PKEY *key, uint8_t **content,
                            size_t *content_size, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    CMS_ContentInfo *cms = NULL;
    BIO *bio = NULL; /* wiped when it is freed */
    *content = NULL;
    *content_size = 0;
    RF_TRY(parse(&cms, words, bytes, size, err));
    if (!is_for(cms, certificate)) {
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "%s: is not sealed to this %s's certificate",
                          words->name, words->owner));
    }
    bio = BIO_new(BIO_s_mem());
    if (!bio || CMS_decrypt(cms, key, certificate, NULL, bio, CMS_BINARY) != 1) {
        RF_TRY(rf_openssl_error(err, "%s: does not open: it was changed, or made for another key",
                                words->name));
    }
    RF_TRY(take_content(bio, content, content_size, err));
done:
    ERR_clear_error();
    BIO_free(bio);
    CMS_ContentInfo_free(cms);
    return rc;
}

enum rf_rc rf_envelope_recipients(const struct rf_envelope_words *words, const uint8_t *bytes,
                                  size_t size, unsigned *count, struct rf_err *err)
{
    CMS_ContentInfo *cms = NULL;
    enum rf_rc rc = parse(&cms, words, bytes, size, err);
    if (rc == RF_OK)
        *count = (unsigned)sk_CMS_RecipientInfo_num(CMS_get0_RecipientInfos(cms));
    CMS_ContentInfo_free(cms);
    return rc;
}
