#include "party/audit/release.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/base/secret.h"
#include "party/keys/safe_file.h"
#include "party/transcript/sealing_file.h"

enum rf_rc rf_release_fits(const struct rf_audit_order *order,
                           const struct rf_transcript_header *header, const char *path,
                           struct rf_err *err)
{
    if (!rf_secret_equal(order->manifest, header->manifest, sizeof order->manifest) ||
        !rf_secret_equal(order->session, header->session, sizeof order->session))
        return rf_err_set(err, RF_E_CRYPTO, "%s: the order is for another session", path);
    if (!header->party || header->id != order->party) {
        return rf_err_set(err, RF_E_CRYPTO,
                          "%s: is the record of %s %u; the order names %s, party %u, and nobody "
                          "else: two parties' transcripts of one session show all members' data",
                          path, header->party ? "party" : "client", header->id, order->member,
                          order->party);
    }
    if (!rf_secret_equal(order->auditor, header->auditor, sizeof order->auditor)) {
        return rf_err_set(err, RF_E_CRYPTO,
                          "%s: is sealed to another auditor than the one that the order names, or "
                          "to none",
                          path);
    }
    return RF_OK;
}

static enum rf_rc copy_bytes(int from, int to, const char *name, struct rf_err *err)
{
    uint8_t piece[1 << 16];
    ssize_t got;
    while ((got = read(from, piece, sizeof piece)) > 0) {
        for (ssize_t at = 0; at < got;) {
            ssize_t done = write(to, piece + at, (size_t)(got - at));
            if (done < 0)
                return rf_err_set(err, RF_E_IO, "%s: cannot write: %s", name, strerror(errno));
            at += done;
        }
    }
    return got == 0 ? RF_OK
                    : rf_err_set(err, RF_E_IO, "%s: cannot read: %s", name, strerror(errno));
}

static enum rf_rc copy_file(const char *path, const char *out, struct rf_err *err)
{
    enum rf_rc rc;
    char copy[PATH_MAX], target[PATH_MAX];
    int from = -1, to = -1;
    (void)snprintf(copy, sizeof copy, "%s", path);
    RF_TRY(rf_safe_file_join(target, out, basename(copy), err));
    from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        RF_TRY(rf_err_set(err, RF_E_ARG, "%s: %s", path, strerror(errno)));
    to = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0)
        RF_TRY(rf_err_set(err, errno == EEXIST ? RF_E_ARG : RF_E_IO, "%s: %s", target,
                          strerror(errno)));
    RF_TRY(copy_bytes(from, to, target, err));
    if (fsync(to) != 0)
        rc = rf_err_set(err, RF_E_IO, "%s: %s", target, strerror(errno));
done:
    if (from >= 0)
        (void)close(from);
    if (to >= 0)
        (void)close(to);
    return rc;
}

enum rf_rc rf_release(const char *path, const char *order, const char *node,
                      const struct rf_signer *signer, const char *out, struct rf_err *err)
{
    enum rf_rc rc;
    char sealed[PATH_MAX];
    struct rf_audit_order_folder folder = {0};
    struct rf_transcript transcript = {0};
    RF_TRY(rf_audit_order_open(&folder, order, err));
    RF_TRY(rf_audit_order_check(&folder, order, signer->store, err));
    if (strcmp(signer->name, folder.order.member) != 0) {
        RF_TRY(rf_err_set(err, RF_E_ARG,
                          "%s is the folder of %s; the order names %s, and it releases", node,
                          signer->name, folder.order.member));
    }
    RF_TRY(rf_transcript_load(&transcript, path, err));
    RF_TRY(rf_release_fits(&folder.order, &transcript.header, path, err));
    RF_TRY(rf_sealing_file_path(sealed, path, err));
    RF_TRY(rf_audit_order_remember(&folder.order, node, err));
    RF_TRY(rf_safe_file_folder(out, err));
    RF_TRY(copy_file(path, out, err));
    RF_TRY(copy_file(sealed, out, err));
done:
    rf_transcript_fini(&transcript);
    rf_audit_order_fini(&folder);
    return rc;
}
