/** authority.h - a certificate authority for a consortium that has none
 *
 * A folder (0700) with ca.key (EC P-384, encrypted), ca.crt (to be given to every member) and
 * issued.csv, the list of what was issued. It signs requests; it never sees a member's private key.
 * It is needed only when certificates are issued and is best kept on a machine that is otherwise
 * off. */
#ifndef RF_PARTY_KEYS_AUTHORITY_H
#define RF_PARTY_KEYS_AUTHORITY_H

#include <limits.h>
#include <openssl/x509.h>
#include <stdbool.h>

#include "net/base/rc.h"
#include "party/keys/passphrase.h"
#include "party/keys/safe_file.h"

enum {
    RF_AUTHORITY_DAYS = 3650,  /* validity of a CA */
    RF_CERTIFICATE_DAYS = 398, /* validity of a member's certificate */
    RF_DAYS_MAX = 36500,
};

struct rf_authority {
    char folder[PATH_MAX];
    X509 *certificate;
    EVP_PKEY *key;
};

/** rf_authority_create() - make the folder with a new key and its own certificate
 * @common_name: what people call this CA
 * Errors: RF_E_ARG when there is a CA already and @how is RF_SAFE_FILE_NEW. */
RF_MUST_CHECK enum rf_rc rf_authority_create(const char *folder, const char *common_name,
                                             unsigned days, const struct rf_passphrase *passphrase,
                                             enum rf_safe_file_how how, struct rf_err *err);

/** rf_authority_open() - load key and certificate; fini it in any case */
RF_MUST_CHECK enum rf_rc rf_authority_open(struct rf_authority *authority, const char *folder,
                                           const struct rf_passphrase *passphrase,
                                           struct rf_err *err);

/** rf_authority_issue() - a certificate for a request
 * @name:  whom the request must be for; NULL: whomever it names (the caller has asked a person)
 * @again: also when another key holds a certificate for the same name that has not expired
 * Gives digitalSignature with keyAgreement (EC) or keyEncipherment (RSA), serverAuth and clientAuth,
 * valid from an hour ago. Nothing but the key and the name is taken from the request. The certificate
 * is noted in issued.csv before it is returned.
 * Errors: RF_E_CRYPTO when the request is not acceptable; RF_E_ARG when @days outlive the CA, or the
 * name is taken. */
RF_MUST_CHECK enum rf_rc rf_authority_issue(const struct rf_authority *authority, X509_REQ *request,
                                            const char *name, unsigned days, bool again,
                                            X509 **certificate, struct rf_err *err);

void rf_authority_fini(struct rf_authority *authority);

#endif
