#include "party/study/approval.h"

#include <stdlib.h>
#include <string.h>

#include "party/study/canon.h"

static const char FORMAT[] = "ringfence approval";

enum { BODY_MAX = 1024 };

static enum rf_rc encode_body(const struct rf_approval *approval, uint8_t **bytes, size_t *size,
                              struct rf_err *err)
{
    struct rf_canon_writer out;
    rf_canon_begin(&out);
    rf_canon_map(&out, 8);
    rf_canon_format_entries(&out, FORMAT, RF_APPROVAL_VERSION);
    rf_canon_bytes_entry(&out, "manifest", approval->manifest, sizeof approval->manifest);
    rf_canon_text_entry(&out, "signer", approval->signer);
    rf_canon_number_entry(&out, "time", approval->time);
    rf_canon_text_entry(&out, "decision", approval->approved ? "approve" : "refuse");
    rf_canon_text_entry(&out, "reason", approval->reason);
    rf_canon_bytes_entry(&out, "tokens", approval->tokens,
                         approval->has_tokens ? sizeof approval->tokens : 0);
    return rf_canon_end(&out, bytes, size, err);
}

enum rf_rc rf_approval_sign(struct rf_approval *approval, EVP_PKEY *key, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t *body = NULL;
    size_t size = 0;
    RF_TRY(rf_study_check_text("reason", approval->reason, err));
    RF_TRY(encode_body(approval, &body, &size, err));
    RF_TRY(rf_sign(key, RF_APPROVAL_DOMAIN, body, size, approval->signature,
                   &approval->signature_size, err));
done:
    free(body);
    return rc;
}

enum rf_rc rf_approval_encode(const struct rf_approval *approval, uint8_t **bytes, size_t *size,
                              struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_canon_writer out;
    uint8_t *body = NULL;
    size_t body_size = 0;
    RF_TRY(encode_body(approval, &body, &body_size, err));
    rf_canon_begin(&out);
    rf_canon_map(&out, 2);
    rf_canon_bytes_entry(&out, "approval", body, body_size);
    rf_canon_bytes_entry(&out, "signature", approval->signature, approval->signature_size);
    RF_TRY(rf_canon_end(&out, bytes, size, err));
done:
    free(body);
    return rc;
}

static void get_decision(struct rf_canon_reader *in, struct rf_approval *approval)
{
    char word[16];
    rf_canon_read_key(in, "decision");
    rf_canon_read_text(in, word, sizeof word);
    approval->approved = strcmp(word, "approve") == 0;
    if (!approval->approved && strcmp(word, "refuse") != 0)
        rf_canon_fail(in, "approve or refuse expected");
}

static void get_tokens(struct rf_canon_reader *in, struct rf_approval *approval)
{
    const uint8_t *tokens = NULL;
    rf_canon_read_key(in, "tokens");
    size_t size = rf_canon_read_bytes(in, sizeof approval->tokens, &tokens);
    approval->has_tokens = size > 0;
    if (size != 0 && size != sizeof approval->tokens)
        rf_canon_fail(in, "0 or %zu bytes expected", sizeof approval->tokens);
    else if (size > 0)
        memcpy(approval->tokens, tokens, size);
}

static enum rf_rc read_body(struct rf_approval *approval, const char *name, const uint8_t *bytes,
                            size_t size, struct rf_err *err)
{
    struct rf_canon_reader in;
    rf_canon_read(&in, name, bytes, size, err);
    rf_canon_read_map(&in, 8);
    rf_canon_read_format(&in, FORMAT, RF_APPROVAL_VERSION, "is no approval of Ringfence");
    rf_canon_read_key(&in, "manifest");
    rf_canon_read_exactly(&in, approval->manifest, sizeof approval->manifest);
    rf_canon_read_key(&in, "signer");
    rf_canon_read_text(&in, approval->signer, sizeof approval->signer);
    rf_canon_read_key(&in, "time");
    approval->time = rf_canon_read_number(&in, INT64_MAX);
    get_decision(&in, approval);
    rf_canon_read_key(&in, "reason");
    rf_canon_read_text(&in, approval->reason, sizeof approval->reason);
    get_tokens(&in, approval);
    return rf_canon_read_end(&in);
}

enum rf_rc rf_approval_read(struct rf_approval *approval, const char *name, const uint8_t *bytes,
                            size_t size, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_canon_reader in;
    const uint8_t *body = NULL, *signature = NULL;
    *approval = (struct rf_approval){0};
    rf_canon_read(&in, name, bytes, size, err);
    rf_canon_read_map(&in, 2);
    rf_canon_read_key(&in, "approval");
    size_t body_size = rf_canon_read_bytes(&in, BODY_MAX, &body);
    rf_canon_read_key(&in, "signature");
    approval->signature_size = rf_canon_read_bytes(&in, sizeof approval->signature, &signature);
    RF_TRY(rf_canon_read_end(&in));
    memcpy(approval->signature, signature, approval->signature_size);
    RF_TRY(read_body(approval, name, body, body_size, err));
    if (rf_study_check_text("reason", approval->reason, NULL) != RF_OK)
        RF_TRY(rf_err_set(err, RF_E_FORMAT, "%s: the reason cannot be shown", name));
done:
    return rc;
}

/* The body has one encoding, and reading accepted no other: what is encoded here is what was read. */
enum rf_rc rf_approval_verify(const struct rf_approval *approval, X509 *certificate,
                              struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t *body = NULL;
    size_t size = 0;
    RF_TRY(encode_body(approval, &body, &size, err));
    RF_TRY(rf_sign_verify(certificate, RF_APPROVAL_DOMAIN, body, size, approval->signature,
                          approval->signature_size, err));
done:
    free(body);
    return rc;
}
