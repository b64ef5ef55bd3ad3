#include "party/keys/issued.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/bn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/base/hex.h"
#include "net/base/secret.h"
#include "net/node.h"
#include "party/keys/certificate.h"
#include "party/keys/member_folder.h"
#include "party/keys/openssl_error.h"

static const char HEADER[] = "name,serial,key_sha256,not_after\n";

enum { KEY_HEX = 2 * RF_FINGERPRINT_SIZE, SERIAL_HEX = 40 };

struct entry {
    char name[RF_MEMBER_NAME_MAX + 1];
    char serial[SERIAL_HEX + 1];
    char key[KEY_HEX + 1];
    int64_t not_after;
};

enum rf_rc rf_issued_create(const char *folder, enum rf_safe_file_how how, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    char path[PATH_MAX];
    RF_TRY(rf_safe_file_join(path, folder, RF_FOLDER_CA_ISSUED, err));
    RF_TRY(rf_safe_file_write(path, HEADER, strlen(HEADER), 0600, how, err));
done:
    return rc;
}

static bool describe_key(X509 *certificate, char text[KEY_HEX + 1])
{
    uint8_t digest[RF_FINGERPRINT_SIZE];
    unsigned char *der = NULL;
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    bool done = size > 0 && EVP_Digest(der, (size_t)size, digest, NULL, EVP_sha256(), NULL) == 1;
    if (done)
        (void)rf_hex(text, digest, sizeof digest);
    OPENSSL_free(der);
    return done;
}

static enum rf_rc describe(struct entry *entry, const char *name, X509 *certificate,
                           struct rf_err *err)
{
    time_t now = time(NULL);
    BIGNUM *serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *hex = serial ? BN_bn2hex(serial) : NULL;
    *entry = (struct entry){0};
    (void)snprintf(entry->name, sizeof entry->name, "%s", name);
    (void)snprintf(entry->serial, sizeof entry->serial, "%s", hex ? hex : "");
    entry->not_after = now + rf_certificate_seconds(X509_get0_notAfter(certificate), now);
    bool done = hex && describe_key(certificate, entry->key);
    OPENSSL_free(hex);
    BN_free(serial);
    return done ? RF_OK : rf_openssl_error(err, "cannot note the certificate of %s", name);
}

static enum rf_rc check_line(const char *path, size_t number, const char *line,
                             const struct entry *entry, bool again, struct rf_err *err)
{
    struct entry other = {0};
    int used = 0;
    if (sscanf(line, "%32[a-z0-9-],%40[0-9A-F],%64[0-9a-f],%" SCNd64 "%n", other.name, other.serial,
               other.key, &other.not_after, &used) != 4 ||
        line[used] != 0)
        return rf_err_set(err, RF_E_FORMAT, "%s:%zu:1: is not name,serial,key_sha256,not_after",
                          path, number);
    if (again || strcmp(other.name, entry->name) != 0 || strcmp(other.key, entry->key) == 0 ||
        other.not_after <= (int64_t)time(NULL))
        return RF_OK;
    return rf_err_set(err, RF_E_ARG,
                      "another key has a certificate for %s (serial %s), still valid; if %s has "
                      "changed its key, add --force",
                      entry->name, other.serial, entry->name);
}

/* The list's lines end with a newline each; the copy that is checked is cut at them. */
static enum rf_rc check_lines(const char *path, char *text, const struct entry *entry, bool again,
                              struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    size_t number = 1;
    if (strncmp(text, HEADER, strlen(HEADER)) != 0)
        RF_TRY(rf_err_set(err, RF_E_FORMAT, "%s:1:1: is no list of certificates", path));
    for (char *line = text + strlen(HEADER); *line; number++) {
        char *end = strchr(line, '\n');
        if (!end)
            return rf_err_set(err, RF_E_FORMAT, "%s:%zu:1: the last line is cut", path, number + 1);
        *end = 0;
        RF_TRY(check_line(path, number + 1, line, entry, again, err));
        line = end + 1;
    }
done:
    return rc;
}

static enum rf_rc append(const char *path, const struct entry *entry, struct rf_err *err)
{
    FILE *file = fopen(path, "ae");
    int put = file ? fprintf(file, "%s,%s,%s,%" PRId64 "\n", entry->name, entry->serial, entry->key,
                             entry->not_after)
                   : -1;
    int closed = file ? fclose(file) : -1;
    if (put < 0 || closed != 0)
        return rf_err_set(err, RF_E_IO, "%s: cannot write: %s", path, strerror(errno));
    return RF_OK;
}

enum rf_rc rf_issued_add(const char *folder, const char *name, X509 *certificate, bool again,
                         struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    char path[PATH_MAX];
    struct entry entry;
    uint8_t *text = NULL;
    size_t size = 0;
    RF_TRY(rf_safe_file_join(path, folder, RF_FOLDER_CA_ISSUED, err));
    RF_TRY(describe(&entry, name, certificate, err));
    RF_TRY(rf_safe_file_read(path, &text, &size, err));
    RF_TRY(check_lines(path, (char *)text, &entry, again, err));
    RF_TRY(append(path, &entry, err));
done:
    rf_secret_free(text, size);
    return rc;
}
