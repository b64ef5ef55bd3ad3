#include "party/study/outsider.h"

#include "net/base/secret.h"
#include "party/keys/certificate.h"

static bool same_key(X509 *one, X509 *other)
{
    EVP_PKEY *a = X509_get0_pubkey(one), *b = other ? X509_get0_pubkey(other) : NULL;
    return a && b && EVP_PKEY_eq(a, b) == 1;
}

enum rf_rc rf_outsider_check(X509 *certificate, const char *what, const struct rf_study *study,
                             X509 *const *members, struct rf_err *err)
{
    uint8_t fingerprint[RF_FINGERPRINT_SIZE];
    enum rf_rc rc = rf_certificate_fingerprint(certificate, fingerprint, err);
    for (unsigned i = 0; rc == RF_OK && i < study->member_count; i++) {
        const struct rf_member *member = &study->members[i];
        if (member->party < 0)
            continue;
        if (rf_secret_equal(fingerprint, member->fingerprint, sizeof fingerprint) ||
            rf_identity_named(certificate, member->name) ||
            (members && same_key(certificate, members[i]))) {
            rc = rf_err_set(err, RF_E_CRYPTO,
                            "%s: is %s's, a party of this study: an auditor must be none, or it "
                            "could put two parties' shares together",
                            what, member->name);
        }
    }
    return rc;
}
