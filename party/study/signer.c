#include "party/study/signer.h"

#include <string.h>

#include "party/keys/certificate.h"
#include "party/keys/private_key.h"

enum rf_rc rf_signer_open(struct rf_signer *signer, const char *folder, struct rf_err *err)
{
    enum rf_rc rc;
    const struct rf_node_file *node = &signer->node;
    RF_TRY(rf_node_file_folder(&signer->node, folder, err));
    RF_TRY(rf_certificate_load(&signer->certificate, node->certificate, err));
    RF_TRY(rf_certificate_name(signer->certificate, signer->name, err));
    if (node->member[0] && strcmp(node->member, signer->name) != 0) {
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "%s is %s's certificate, and node.yaml says %s",
                          node->certificate, signer->name, node->member));
    }
    RF_TRY(rf_certificate_store(&signer->store, node->ca, err));
done:
    return rc;
}

enum rf_rc rf_signer_unlock(struct rf_signer *signer, const char *file, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_passphrase passphrase = {0};
    const struct rf_node_file *node = &signer->node;
    bool encrypted = false;
    RF_TRY(rf_private_key_encrypted(node->key, &encrypted, err));
    if (encrypted)
        RF_TRY(rf_node_file_passphrase(&passphrase, file, node, err));
    RF_TRY(rf_private_key_load(&signer->key, node->key, encrypted ? &passphrase : NULL, err));
    if (X509_check_private_key(signer->certificate, signer->key) != 1)
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "%s and %s do not belong together", node->key,
                          node->certificate));
done:
    rf_passphrase_fini(&passphrase);
    return rc;
}

void rf_signer_fini(struct rf_signer *signer)
{
    X509_free(signer->certificate);
    X509_STORE_free(signer->store);
    EVP_PKEY_free(signer->key);
    *signer = (struct rf_signer){0};
}
