#include <openssl/x509.h>
#include <stdint.h>
#include <stdlib.h>

#include "party/keys/token_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A certificate with the issuer and serial number that the corpus is sealed to, and another key: so
 * nothing opens, and all of the way to that is walked. */
static X509 *recipient(EVP_PKEY **key)
{
    X509 *certificate = X509_new();
    *key = EVP_EC_gen("P-256");
    if (!certificate || !*key || !ASN1_INTEGER_set(X509_get_serialNumber(certificate), 4711) ||
        !X509_NAME_add_entry_by_txt(X509_get_issuer_name(certificate), "CN", MBSTRING_ASC,
                                    (const unsigned char *)"fuzz", -1, -1, 0) ||
        !X509_set_pubkey(certificate, *key))
        abort();
    return certificate;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t token_key[RF_TOKEN_KEY_SIZE];
    struct rf_err err = {0};
    EVP_PKEY *key = NULL;
    X509 *certificate = recipient(&key);
    if (rf_token_key_unseal(token_key, "fuzz", data, size, certificate, key, &err) == RF_OK)
        abort();
    X509_free(certificate);
    EVP_PKEY_free(key);
    return 0;
}
