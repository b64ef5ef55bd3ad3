#include "party/run/receipt_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/keys/certificate.h"
#include "party/keys/safe_file.h"
#include "party/study/approvals.h"
#include "party/study/canon.h"

static const char FORMAT[] = "ringfence output shares";

enum { VERSION = 1 };

/* ---- writing ---- */

static enum rf_rc write_file(const char *folder, const char *name, const void *bytes, size_t size,
                             struct rf_err *err)
{
    char path[PATH_MAX];
    enum rf_rc rc = rf_safe_file_join(path, folder, name, err);
    return rc == RF_OK ? rf_safe_file_write(path, bytes, size, 0600, RF_SAFE_FILE_REPLACE, err)
                       : rc;
}

static enum rf_rc write_record(const char *folder, unsigned party, const struct rf_signed *in,
                               struct rf_err *err)
{
    enum rf_rc rc;
    char name[32];
    (void)snprintf(name, sizeof name, "party-%u.record", party);
    RF_TRY(write_file(folder, name, in->record, in->record_size, err));
    (void)snprintf(name, sizeof name, "party-%u.signature", party);
    RF_TRY(write_file(folder, name, in->signature, in->signature_size, err));
done:
    return rc;
}

static enum rf_rc write_shares(const char *folder, const struct rf_receipt *receipt,
                               struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_canon_writer w;
    uint8_t *bytes = NULL;
    size_t size = 0;
    rf_canon_begin(&w);
    rf_canon_map(&w, 4);
    rf_canon_format_entries(&w, FORMAT, VERSION);
    rf_canon_bytes_entry(&w, "salts", receipt->salt, sizeof receipt->salt);
    rf_canon_text(&w, "shares");
    rf_canon_array(&w, RF_PARTIES);
    for (unsigned j = 0; j < RF_PARTIES; j++)
        rf_canon_bytes(&w, receipt->share[j], receipt->share_size);
    RF_TRY(rf_canon_end(&w, &bytes, &size, err));
    RF_TRY(write_file(folder, "shares.msgpack", bytes, size, err));
done:
    free(bytes);
    return rc;
}

/* As this process read and checked it, not whatever the folder has become since. */
static enum rf_rc write_study(const struct rf_session *session, const char *out)
{
    enum rf_rc rc;
    struct rf_manifest manifest = session->manifest;
    struct rf_err *err = session->err;
    uint8_t *bytes = NULL;
    size_t size = 0;
    char name[RF_MEMBER_NAME_MAX + 16], path[PATH_MAX];
    RF_TRY(rf_manifest_encode(&manifest, &bytes, &size, err));
    RF_TRY(write_file(out, "manifest.msgpack", bytes, size, err));
    for (unsigned i = 0; i < manifest.study.member_count; i++) {
        (void)snprintf(name, sizeof name, "%s.crt", manifest.study.members[i].name);
        RF_TRY(rf_safe_file_join(path, out, name, err));
        RF_TRY(rf_certificate_save(session->certificate[i], path, RF_SAFE_FILE_REPLACE, err));
        (void)snprintf(name, sizeof name, "%s.approval", manifest.study.members[i].name);
        RF_TRY(write_file(out, name, session->approval[i].bytes, session->approval[i].size, err));
    }
done:
    free(bytes);
    return rc;
}

enum rf_rc rf_receipt_file_write(const struct rf_session *session, const struct rf_receipt *receipt,
                                 const char *out)
{
    enum rf_rc rc;
    RF_TRY(rf_safe_file_folder(out, session->err));
    RF_TRY(write_study(session, out));
    for (unsigned party = 0; party < RF_PARTIES; party++)
        RF_TRY(write_record(out, party, &receipt->record[party], session->err));
    RF_TRY(write_shares(out, receipt, session->err));
done:
    return rc;
}

/* ---- reading ---- */

static enum rf_rc read_whole(const char *folder, const char *name, uint8_t *out, size_t room,
                             size_t *size, struct rf_err *err)
{
    enum rf_rc rc;
    char path[PATH_MAX];
    uint8_t *bytes = NULL;
    size_t length = 0;
    RF_TRY(rf_safe_file_join(path, folder, name, err));
    RF_TRY(rf_safe_file_read(path, &bytes, &length, err));
    if (length > room)
        RF_TRY(rf_err_set(err, RF_E_FORMAT, "%s: %zu bytes are more than any has", path, length));
    memcpy(out, bytes, length);
    *size = length;
done:
    rf_secret_free(bytes, length);
    return rc;
}

enum rf_rc rf_receipt_file_record(struct rf_signed *out, const char *folder, unsigned party,
                                  struct rf_err *err)
{
    enum rf_rc rc;
    char name[32];
    (void)snprintf(name, sizeof name, "party-%u.record", party);
    RF_TRY(read_whole(folder, name, out->record, sizeof out->record, &out->record_size, err));
    (void)snprintf(name, sizeof name, "party-%u.signature", party);
    RF_TRY(
        read_whole(folder, name, out->signature, sizeof out->signature, &out->signature_size, err));
done:
    return rc;
}

static void get_share(struct rf_canon_reader *in, struct rf_receipt *receipt, unsigned j)
{
    const uint8_t *bytes = NULL;
    size_t size = rf_canon_read_bytes(in, RF_OUTPUT_MAX, &bytes);
    if (j > 0 && size != receipt->share_size)
        rf_canon_fail(in, "shares of different sizes");
    if (in->rc != RF_OK)
        return;
    receipt->share_size = size;
    receipt->share[j] = rf_secret_alloc(size);
    if (!receipt->share[j])
        rf_canon_fail(in, "out of memory");
    else if (size > 0)
        memcpy(receipt->share[j], bytes, size);
}

enum rf_rc rf_receipt_file_decode(struct rf_receipt *receipt, const char *name,
                                  const uint8_t *bytes, size_t size, struct rf_err *err)
{
    struct rf_canon_reader in;
    rf_canon_read(&in, name, bytes, size, err);
    rf_canon_read_map(&in, 4);
    rf_canon_read_format(&in, FORMAT, VERSION, "holds no output shares");
    rf_canon_read_key(&in, "salts");
    rf_canon_read_exactly(&in, receipt->salt[0], sizeof receipt->salt);
    rf_canon_read_key(&in, "shares");
    if (rf_canon_read_array(&in, RF_PARTIES) != RF_PARTIES)
        rf_canon_fail(&in, "three shares expected");
    for (unsigned j = 0; j < RF_PARTIES; j++)
        get_share(&in, receipt, j);
    return rf_canon_read_end(&in);
}

enum rf_rc rf_receipt_file_shares(struct rf_receipt *receipt, const char *folder,
                                  struct rf_err *err)
{
    enum rf_rc rc;
    char path[PATH_MAX];
    uint8_t *bytes = NULL;
    size_t size = 0;
    RF_TRY(rf_safe_file_join(path, folder, "shares.msgpack", err));
    RF_TRY(rf_safe_file_read(path, &bytes, &size, err));
    RF_TRY(rf_receipt_file_decode(receipt, path, bytes, size, err));
done:
    rf_secret_free(bytes, size);
    return rc;
}
