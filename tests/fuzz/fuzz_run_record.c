/* Records that a member signed, whatever they hold: the first byte says of which kind, the rest gets a good
 * signature. What is read has one encoding, the one that was signed. */
#include <openssl/ec.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "party/run/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static EVP_PKEY *key;
static X509 *certificate;

static void forget(void)
{
    EVP_PKEY_free(key);
    X509_free(certificate);
}

static void make_signer(void)
{
    key = EVP_EC_gen("P-256");
    certificate = X509_new();
    if (!key || !certificate || !X509_set_pubkey(certificate, key) || atexit(forget) != 0)
        abort();
}

static enum rf_rc read_input(const struct rf_signed *in, struct rf_signed *again,
                             struct rf_err *err)
{
    struct rf_input_record record;
    enum rf_rc rc = rf_record_verify_input(&record, in, certificate, "bank-a", err);
    if (rc == RF_OK && rf_record_sign_input(again, &record, key, NULL) != RF_OK)
        abort();
    return rc;
}

static enum rf_rc read_output(const struct rf_signed *in, struct rf_signed *again,
                              struct rf_err *err)
{
    struct rf_output_record record;
    enum rf_rc rc = rf_record_verify_output(&record, in, certificate, "bank-a", err);
    if (rc == RF_OK && rf_record_sign_output(again, &record, key, NULL) != RF_OK)
        abort();
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rf_signed in = {0}, again = {0};
    struct rf_err err = {0};
    if (size == 0 || size - 1 > sizeof in.record)
        return 0;
    if (!key)
        make_signer();
    bool output = data[0] & 1;
    in.record_size = size - 1;
    memcpy(in.record, data + 1, in.record_size);
    if (rf_sign(key, output ? "ringfence output v1" : "ringfence input v1", in.record,
                in.record_size, in.signature, &in.signature_size, NULL) != RF_OK)
        abort();
    enum rf_rc rc = (output ? read_output : read_input)(&in, &again, &err);
    if (rc == RF_OK) {
        if (again.record_size != in.record_size ||
            memcmp(again.record, in.record, in.record_size) != 0)
            abort();
    } else if (rc != RF_E_CHEAT || !strstr(err.text, "bank-a signed a malformed record")) {
        abort();
    }
    return 0;
}
