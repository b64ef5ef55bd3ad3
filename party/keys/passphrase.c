#include "party/keys/passphrase.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/base/hex.h"
#include "net/base/secret.h"
#include "party/keys/openssl_error.h"
#include "party/keys/safe_file.h"

static enum rf_rc take_first_line(struct rf_passphrase *passphrase, const char *file,
                                  const uint8_t *bytes, size_t size, struct rf_err *err)
{
    const uint8_t *end = memchr(bytes, '\n', size);
    size_t length = end ? (size_t)(end - bytes) : size;
    if (length > 0 && bytes[length - 1] == '\r')
        length--;
    if (length == 0 || length > RF_PASSPHRASE_MAX)
        return rf_err_set(err, RF_E_ARG, "%s: the first line must hold 1 to %d bytes", file,
                          RF_PASSPHRASE_MAX);
    if (memchr(bytes, 0, length))
        return rf_err_set(err, RF_E_ARG, "%s: holds a NUL byte", file);
    memcpy(passphrase->text, bytes, length);
    passphrase->text[length] = 0;
    passphrase->length = length;
    return RF_OK;
}

enum rf_rc rf_passphrase_read(struct rf_passphrase *passphrase, const char *file,
                              struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t *bytes = NULL;
    size_t size = 0;
    *passphrase = (struct rf_passphrase){0};
    RF_TRY(rf_safe_file_private(file, err));
    RF_TRY(rf_safe_file_read(file, &bytes, &size, err));
    RF_TRY(take_first_line(passphrase, file, bytes, size, err));
done:
    rf_secret_free(bytes, size);
    return rc;
}

static bool have_terminal(void)
{
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (terminal >= 0)
        (void)close(terminal);
    return terminal >= 0;
}

static enum rf_rc ask(struct rf_passphrase *passphrase, const char *prompt,
                      enum rf_passphrase_how how, struct rf_err *err)
{
    char question[160];
    if (!have_terminal()) {
        return rf_err_set(err, RF_E_ARG,
                          "there is no terminal to ask for the passphrase of %s: give "
                          "--passphrase-file FILE",
                          prompt);
    }
    (void)snprintf(question, sizeof question, "Passphrase of %s: ", prompt);
    if (EVP_read_pw_string(passphrase->text, RF_PASSPHRASE_MAX, question,
                           how == RF_PASSPHRASE_CREATE) != 0)
        return rf_openssl_error(err, "no passphrase was given for %s", prompt);
    passphrase->length = strlen(passphrase->text);
    return RF_OK;
}

enum rf_rc rf_passphrase_get(struct rf_passphrase *passphrase, const char *file, const char *own,
                             const char *prompt, enum rf_passphrase_how how, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    *passphrase = (struct rf_passphrase){0};
    if (!file)
        file = getenv(RF_PASSPHRASE_ENVIRONMENT);
    if (!file && own && rf_safe_file_exists(own))
        file = own;
    if (file)
        RF_TRY(rf_passphrase_read(passphrase, file, err));
    else
        RF_TRY(ask(passphrase, prompt, how, err));
    if (how == RF_PASSPHRASE_CREATE && passphrase->length < RF_PASSPHRASE_MIN)
        RF_TRY(rf_err_set(err, RF_E_ARG, "the passphrase of %s needs at least %d characters",
                          prompt, RF_PASSPHRASE_MIN));
done:
    if (rc != RF_OK)
        rf_passphrase_fini(passphrase);
    return rc;
}

enum rf_rc rf_passphrase_random(struct rf_passphrase *passphrase, struct rf_err *err)
{
    uint8_t bytes[16];
    *passphrase = (struct rf_passphrase){0};
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return rf_openssl_error(err, "no randomness");
    (void)rf_hex(passphrase->text, bytes, sizeof bytes);
    passphrase->length = 2 * sizeof bytes;
    rf_secret_wipe(bytes, sizeof bytes);
    return RF_OK;
}

void rf_passphrase_fini(struct rf_passphrase *passphrase)
{
    rf_secret_wipe(passphrase, sizeof *passphrase);
}
