/** signer.h - a member that signs: its folder's certificate, name, key, and whom it believes */
#ifndef RF_PARTY_STUDY_SIGNER_H
#define RF_PARTY_STUDY_SIGNER_H

#include <openssl/x509.h>

#include "party/study/node_file.h"

/** Zero-initialise. */
struct rf_signer {
    struct rf_node_file node;
    char name[RF_MEMBER_NAME_MAX + 1];
    X509 *certificate;
    X509_STORE *store; /* the CAs in its ca.crt */
    EVP_PKEY *key;     /* NULL until it is unlocked */
};

/** rf_signer_open() - read a member's folder; the key stays locked
 * Errors: RF_E_CRYPTO when node.yaml names another member than the certificate; those of reading. */
RF_MUST_CHECK enum rf_rc rf_signer_open(struct rf_signer *signer, const char *folder,
                                        struct rf_err *err);

/** rf_signer_unlock() - the private key
 * @passphrase: a file, or NULL: wherever rf_node_file_passphrase() finds it
 * Errors: RF_E_CRYPTO, naming the file; also when key and certificate do not belong together. */
RF_MUST_CHECK enum rf_rc rf_signer_unlock(struct rf_signer *signer, const char *passphrase,
                                          struct rf_err *err);

void rf_signer_fini(struct rf_signer *signer);

#endif
