#include "party/cmd/cmd_keys.h"

#include "party/cmd/cmd.h"
#include "party/cmd/commands.h"

int rf_cmd_keys(int argc, char **argv)
{
    static const char intro[] =
        "Keys and certificates. A member's private key never leaves its folder: `request` makes it "
        "there,\n`issue` signs the request in the CA's folder. docs/operators.md goes through it.";
    static const struct rf_cmd commands[] = {
        {"init-ca", "make a certificate authority for a consortium that has none",
         rf_cmd_keys_ca_init},
        {"request", "make a member's key and a certificate request", rf_cmd_keys_request},
        {"issue", "sign a member's request with the CA", rf_cmd_keys_ca_issue},
        {"tokens", "make the tokens' key and seal it to the contributors", rf_cmd_keys_tokens},
        {"show", "say what a key, certificate, request or sealed file is", rf_cmd_keys_show},
        {"doctor", "check a member's folder", rf_cmd_keys_doctor},
        {"quick", "everything for a trial consortium in one go", rf_cmd_keys_quick},
    };
    return rf_cmd_dispatch(commands, sizeof commands / sizeof *commands, intro, argc, argv);
}
