/** request.h - certificate requests: how a public key leaves its member's folder
 *
 * A member makes its key and a request in its own folder; only the request travels. */
#ifndef RF_PARTY_KEYS_REQUEST_H
#define RF_PARTY_KEYS_REQUEST_H

#include <openssl/x509.h>

#include "net/base/rc.h"
#include "net/node.h"
#include "party/keys/safe_file.h"

/** rf_request_make() - a request for @name, signed with @key; free with X509_REQ_free() */
RF_MUST_CHECK enum rf_rc rf_request_make(X509_REQ **request, const char *name, EVP_PKEY *key,
                                         struct rf_err *err);

RF_MUST_CHECK enum rf_rc rf_request_save(X509_REQ *request, const char *path,
                                         enum rf_safe_file_how how, struct rf_err *err);

RF_MUST_CHECK enum rf_rc rf_request_load(X509_REQ **request, const char *path, struct rf_err *err);

/** rf_request_check() - is it signed with its own key, of a kind that we use, and for a member?
 * @name: set to the member's, from the common name
 * Errors: RF_E_CRYPTO with the reason. */
RF_MUST_CHECK enum rf_rc rf_request_check(X509_REQ *request, char name[RF_MEMBER_NAME_MAX + 1],
                                          struct rf_err *err);

#endif
