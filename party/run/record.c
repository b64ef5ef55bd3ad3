#include "party/run/record.h"

#include <blake3.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/study/canon.h"
#include "party/transcript/tree.h"

#define INPUT_DOMAIN  "ringfence input v1"
#define OUTPUT_DOMAIN "ringfence output v1"

void rf_record_digest(uint8_t digest[RF_DIGEST_SIZE], const uint8_t salt[RF_SALT_SIZE],
                      const void *data, size_t size)
{
    blake3_hasher hasher;
    blake3_hasher_init_keyed(&hasher, salt);
    blake3_hasher_update(&hasher, data, size);
    blake3_hasher_finalize(&hasher, digest, RF_DIGEST_SIZE);
}

enum rf_rc rf_record_result(uint8_t digest[RF_DIGEST_SIZE], const uint8_t *const salt[RF_PARTIES],
                            const uint8_t *const share[RF_PARTIES], size_t size, struct rf_err *err)
{
    enum rf_rc rc;
    static const char domain[] = "ringfence result v1";
    uint8_t salts[RF_PARTIES * RF_SALT_SIZE], key[RF_TREE_HASH];
    uint8_t *result = rf_secret_alloc(size);
    if (!result)
        return rf_err_set(err, RF_E_MEMORY, "out of memory for the result");
    for (unsigned j = 0; j < RF_PARTIES; j++) {
        memcpy(salts + j * RF_SALT_SIZE, salt[j], RF_SALT_SIZE);
        for (size_t i = 0; i < size; i++)
            result[i] ^= share[j][i];
    }
    RF_TRY(rf_tree_sha256(key, domain, sizeof domain, salts, sizeof salts, err));
    rf_record_digest(digest, key, result, size);
done:
    rf_secret_wipe(salts, sizeof salts);
    rf_secret_wipe(key, sizeof key);
    rf_secret_free(result, size);
    return rc;
}

struct rf_run_id rf_record_run(const struct rf_session *session)
{
    struct rf_run_id run = {.epoch = session->epoch};
    memcpy(run.manifest, session->manifest.hash, sizeof run.manifest);
    memcpy(run.session, session->id, sizeof run.session);
    return run;
}

bool rf_record_is_of(const struct rf_run_id *run, const struct rf_session *session)
{
    return rf_secret_equal(run->manifest, session->manifest.hash, sizeof run->manifest) &&
           rf_secret_equal(run->session, session->id, sizeof run->session) &&
           run->epoch == session->epoch;
}

static void put_run(struct rf_canon_writer *w, const struct rf_run_id *run)
{
    rf_canon_bytes_entry(w, "manifest", run->manifest, sizeof run->manifest);
    rf_canon_bytes_entry(w, "session", run->session, sizeof run->session);
    rf_canon_number_entry(w, "epoch", run->epoch);
}

static void read_run(struct rf_canon_reader *r, struct rf_run_id *run)
{
    rf_canon_read_key(r, "manifest");
    rf_canon_read_exactly(r, run->manifest, sizeof run->manifest);
    rf_canon_read_key(r, "session");
    rf_canon_read_exactly(r, run->session, sizeof run->session);
    rf_canon_read_key(r, "epoch");
    run->epoch = rf_canon_read_number(r, UINT32_MAX);
}

static enum rf_rc finish(struct rf_signed *out, struct rf_canon_writer *writer, const char *domain,
                         EVP_PKEY *key, struct rf_err *err)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum rf_rc rc;
    RF_TRY(rf_canon_end(writer, &bytes, &size, err));
    if (size > sizeof out->record) {
        rc = rf_err_set(err, RF_E_INTERNAL, "a record of %zu bytes", size);
        goto done;
    }
    memcpy(out->record, bytes, size);
    out->record_size = size;
    out->signature_size = 0;
    if (key)
        RF_TRY(rf_sign(key, domain, bytes, size, out->signature, &out->signature_size, err));
done:
    free(bytes);
    return rc;
}

enum rf_rc rf_record_sign_input(struct rf_signed *out, const struct rf_input_record *record,
                                EVP_PKEY *key, struct rf_err *err)
{
    struct rf_canon_writer w;
    rf_canon_begin(&w);
    rf_canon_map(&w, 7);
    put_run(&w, &record->run);
    rf_canon_number_entry(&w, "member", record->member);
    rf_canon_number_entry(&w, "rows", record->rows);
    rf_canon_number_entry(&w, "row_bytes", record->row_bytes);
    rf_canon_bytes_entry(&w, "commitments", record->commitment, sizeof record->commitment);
    return finish(out, &w, INPUT_DOMAIN, key, err);
}

enum rf_rc rf_record_sign_output(struct rf_signed *out, const struct rf_output_record *record,
                                 EVP_PKEY *key, struct rf_err *err)
{
    struct rf_canon_writer w;
    rf_canon_begin(&w);
    rf_canon_map(&w, 5);
    put_run(&w, &record->run);
    rf_canon_number_entry(&w, "party", record->party);
    rf_canon_bytes_entry(&w, "digests", record->digest, sizeof record->digest);
    return finish(out, &w, OUTPUT_DOMAIN, key, err);
}

static enum rf_rc verify(const struct rf_signed *in, const char *domain, X509 *certificate,
                         const char *signer, struct rf_err *err)
{
    struct rf_err why = {0};
    if (rf_sign_verify(certificate, domain, in->record, in->record_size, in->signature,
                       in->signature_size, &why) == RF_OK)
        return RF_OK;
    return rf_err_set(err, RF_E_CHEAT, "%s sent a record that its key did not sign (%s)", signer,
                      why.text);
}

static enum rf_rc malformed(enum rf_rc rc, const struct rf_err *why, const char *signer,
                            struct rf_err *err)
{
    if (rc == RF_OK)
        return rc;
    return rf_err_set(err, RF_E_CHEAT, "%s signed a malformed record: %s", signer, why->text);
}

enum rf_rc rf_record_verify_input(struct rf_input_record *record, const struct rf_signed *in,
                                  X509 *certificate, const char *signer, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_err why = {0};
    struct rf_canon_reader r;
    RF_TRY(verify(in, INPUT_DOMAIN, certificate, signer, err));
    rf_canon_read(&r, "input record", in->record, in->record_size, &why);
    rf_canon_read_map(&r, 7);
    read_run(&r, &record->run);
    rf_canon_read_key(&r, "member");
    record->member = rf_canon_read_number(&r, RF_MEMBERS_MAX - 1);
    rf_canon_read_key(&r, "rows");
    record->rows = rf_canon_read_number(&r, UINT32_MAX);
    rf_canon_read_key(&r, "row_bytes");
    record->row_bytes = rf_canon_read_number(&r, 1024);
    rf_canon_read_key(&r, "commitments");
    rf_canon_read_exactly(&r, record->commitment[0], sizeof record->commitment);
    rc = malformed(rf_canon_read_end(&r), &why, signer, err);
done:
    return rc;
}

enum rf_rc rf_record_verify_output(struct rf_output_record *record, const struct rf_signed *in,
                                   X509 *certificate, const char *signer, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_err why = {0};
    struct rf_canon_reader r;
    RF_TRY(verify(in, OUTPUT_DOMAIN, certificate, signer, err));
    rf_canon_read(&r, "output record", in->record, in->record_size, &why);
    rf_canon_read_map(&r, 5);
    read_run(&r, &record->run);
    rf_canon_read_key(&r, "party");
    record->party = rf_canon_read_number(&r, RF_PARTIES - 1);
    rf_canon_read_key(&r, "digests");
    rf_canon_read_exactly(&r, record->digest[0], sizeof record->digest);
    rc = malformed(rf_canon_read_end(&r), &why, signer, err);
done:
    return rc;
}
