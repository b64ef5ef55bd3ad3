/** audit_order.h - the contributors' order to release one party's sealed transcript to an auditor
 *
 * One party's full transcript shows its own shares, which say nothing about the data. Two parties' transcripts of one
 * session show the data. So an order names ONE party for a session, with all its epochs, and the auditor by its
 * certificate, and holds only with the signature of every contributor. Each contributor's node remembers which
 * party it named for a session and signs for no other; so do the party's node, which releases, and the auditor's
 * tool, which opens. One honest contributor is enough for there to be no second order.
 *
 * An order is a folder that is passed around like a study's:
 *
 *     order.msgpack            the order
 *     NAME.order               each contributor's signature to it
 *     auditor.crt              the certificate that it names
 *     manifest.msgpack, NAME.crt    the study (approvals.h), so that the folder can be checked by itself
 *
 * docs/auditor.md, "Orders", specifies the files. */
#ifndef RF_PARTY_AUDIT_AUDIT_ORDER_H
#define RF_PARTY_AUDIT_AUDIT_ORDER_H

#include <openssl/x509.h>

#include "net/lane.h"
#include "party/keys/sign.h"
#include "party/study/manifest.h"
#include "party/study/signer.h"

#define RF_AUDIT_ORDER_DOMAIN "ringfence audit order v1"

enum { RF_AUDIT_ORDER_VERSION = 1 };

struct rf_audit_order {
    uint8_t manifest[RF_MANIFEST_HASH];
    uint8_t session[RF_SESSION_SIZE];
    unsigned party;                      /* 0 to 2 */
    char member[RF_MEMBER_NAME_MAX + 1]; /* who that is, for people */
    uint8_t auditor[32];                 /* SHA-256 of the certificate (DER) */
    uint64_t time;                       /* seconds since 1970, when it was made */
    char reason[RF_TEXT_MAX + 1];
};

/** rf_audit_order_encode() - canonical msgpack; free with free() */
RF_MUST_CHECK enum rf_rc rf_audit_order_encode(const struct rf_audit_order *order, uint8_t **bytes,
                                               size_t *size, struct rf_err *err);

/** rf_audit_order_read() - decode. Errors: RF_E_FORMAT naming @name and the byte. */
RF_MUST_CHECK enum rf_rc rf_audit_order_read(struct rf_audit_order *order, const char *name,
                                             const uint8_t *bytes, size_t size, struct rf_err *err);

/** An order's folder, read: what it says and whom it is about. */
struct rf_audit_order_folder {
    struct rf_audit_order order;
    struct rf_manifest manifest;
    X509 *auditor;
};

/** rf_audit_order_make() - a new folder
 * @study:   of the study: its manifest and certificates are copied
 * @auditor: file of the auditor's certificate
 * Errors: RF_E_ARG when the member is no party of the study, or there is an order in @folder already;
 * RF_E_CRYPTO when the auditor's certificate cannot be sealed to, or is a party's. */
RF_MUST_CHECK enum rf_rc rf_audit_order_make(const char *folder, const char *study,
                                             const char *auditor,
                                             const uint8_t session[RF_SESSION_SIZE],
                                             const char *member, const char *reason,
                                             struct rf_err *err);

/** rf_audit_order_open() - read a folder, and check all but signatures: the order is about this manifest, names one of its
 * parties and an auditor who is none, whose certificate is there
 * Ended by rf_audit_order_fini(), also after a failure. Errors: RF_E_CRYPTO, RF_E_FORMAT, RF_E_ARG. */
RF_MUST_CHECK enum rf_rc rf_audit_order_open(struct rf_audit_order_folder *order,
                                             const char *folder, struct rf_err *err);
void rf_audit_order_fini(struct rf_audit_order_folder *order);

/** rf_audit_order_sign() - put a contributor's signature into the folder
 * @signer: unlocked; all members' certificates are checked against the CAs that it believes
 * @node:   its folder, where it remembers that it signed (rf_audit_order_remember())
 * Errors: RF_E_ARG when it is no contributor; RF_E_CRYPTO when it named another party before, or
 * the study is not that of these members. */
RF_MUST_CHECK enum rf_rc rf_audit_order_sign(const struct rf_audit_order_folder *order,
                                             const char *folder, const struct rf_signer *signer,
                                             const char *node, struct rf_err *err);

/** rf_audit_order_signed() - has this contributor signed it?
 * @store: the CAs that are believed; certificates must have been valid when the order was made
 * Errors: RF_E_CRYPTO, naming member and file: not signed, by another key, a certificate that is not
 * the manifest's or not from these CAs. */
RF_MUST_CHECK enum rf_rc rf_audit_order_signed(const struct rf_audit_order_folder *order,
                                               const char *folder, unsigned member,
                                               X509_STORE *store, struct rf_err *err);

/** rf_audit_order_check() - by all contributors? Errors: as rf_audit_order_signed(), the first that fails. */
RF_MUST_CHECK enum rf_rc rf_audit_order_check(const struct rf_audit_order_folder *order,
                                              const char *folder, X509_STORE *store,
                                              struct rf_err *err);

/** rf_audit_order_remember() - from now on no other party for this session
 * @node: the folder of whoever signs, releases or opens; the file is orders/MANIFEST-SESSION
 * Errors: RF_E_CRYPTO when another party was named before, saying which; RF_E_FORMAT, RF_E_IO. */
RF_MUST_CHECK enum rf_rc rf_audit_order_remember(const struct rf_audit_order *order,
                                                 const char *node, struct rf_err *err);

#endif
