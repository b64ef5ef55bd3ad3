/** approvals.h - a study's folder: its manifest, its members' certificates and approvals
 *
 *     manifest.msgpack    manifest.h
 *     NAME.crt            the certificate of each member, which the manifest names by fingerprint
 *     NAME.approval       approval.h; written by that member, by hand to hand or a shared folder
 *
 * The folder may come from anybody: nothing in it is believed but what a certificate of a CA that
 * the reader believes has signed. Every member must approve (each is a contributor, party or
 * recipient), and all contributors must hold the same tokens' key. */
#ifndef RF_PARTY_STUDY_APPROVALS_H
#define RF_PARTY_STUDY_APPROVALS_H

#include <openssl/x509.h>

#include "net/base/rc.h"
#include "party/study/approval.h"
#include "party/study/manifest.h"

/** rf_approvals_propose() - make a study's folder
 * Errors: RF_E_ARG when it holds a manifest already, and those of rf_manifest_make(). */
RF_MUST_CHECK enum rf_rc rf_approvals_propose(struct rf_manifest *manifest, const char *folder,
                                              const struct rf_study *study,
                                              X509 *const *certificates, struct rf_err *err);

/** rf_approvals_manifest() - the manifest in a study's folder, whoever has approved it
 * Errors: those of rf_manifest_load(). */
RF_MUST_CHECK enum rf_rc rf_approvals_manifest(struct rf_manifest *manifest, const char *folder,
                                               struct rf_err *err);

/** rf_approvals_certificate() - a member's certificate from the folder, if it is the manifest's
 * @store: the CAs that are believed; NULL leaves the issuer unchecked (to look, not to run)
 * @certificate: free with X509_free()
 * Errors: RF_E_CRYPTO naming file and reason. */
RF_MUST_CHECK enum rf_rc rf_approvals_certificate(X509 **certificate, const char *folder,
                                                  const struct rf_manifest *manifest,
                                                  unsigned member, X509_STORE *store,
                                                  struct rf_err *err);

/** rf_approvals_put() - write an approval into the folder, replacing this member's former one */
RF_MUST_CHECK enum rf_rc rf_approvals_put(const char *folder, const struct rf_approval *approval,
                                          struct rf_err *err);

enum rf_approvals_state {
    RF_APPROVALS_MISSING,
    RF_APPROVALS_APPROVED,
    RF_APPROVALS_REFUSED,
    RF_APPROVALS_INVALID, /* there is a file, and it is no approval of this manifest by this member */
};

/** Where one member stands. */
struct rf_approvals_member {
    enum rf_approvals_state state;
    struct rf_approval approval; /* when approved or refused */
    struct rf_err problem;       /* why it does not count, naming member and file */
};

/** rf_approvals_member() - look at one member's approval and certificate
 * Never fails: what is wrong is in @out. */
void rf_approvals_member(struct rf_approvals_member *out, const char *folder,
                         const struct rf_manifest *manifest, unsigned member, X509_STORE *store);

/** rf_approvals_genuine() - is this @member's approval, or refusal, of this manifest?
 * @path: stands for it in errors
 * Errors: RF_E_CRYPTO: about another manifest, by another signer, not signed by @certificate's key; a
 * contributor's yes without the check value of its tokens' key. */
RF_MUST_CHECK enum rf_rc rf_approvals_genuine(const struct rf_approval *approval, const char *path,
                                              const struct rf_manifest *manifest,
                                              const struct rf_member *member, X509 *certificate,
                                              struct rf_err *err);

/** rf_approvals_check() - may this study run?
 * @manifest: filled from the folder
 * Errors: RF_E_CRYPTO, naming member and file: a certificate that is not the manifest's, not from
 * @store's CAs, expired; an approval that is missing, refused, for another manifest, or not signed by
 * its member; contributors with different tokens' keys. RF_E_FORMAT for malformed files. */
RF_MUST_CHECK enum rf_rc rf_approvals_check(const char *folder, X509_STORE *store,
                                            struct rf_manifest *manifest, struct rf_err *err);

/** rf_approvals_state_name() - "missing", "approved", "refused", "invalid" */
const char *rf_approvals_state_name(enum rf_approvals_state state);

#endif
