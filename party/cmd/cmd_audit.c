#include "party/cmd/cmd_audit.h"

#include "party/cmd/cmd.h"
#include "party/cmd/commands.h"

int rf_cmd_audit(int argc, char **argv)
{
    static const char intro[] =
        "Check afterwards what was computed, on what, under which approval.";
    static const struct rf_cmd commands[] = {
        {"verify", "do the transcripts of a session hold together? needs no secret",
         rf_cmd_audit_verify},
        {"receipt", "is a recipient's result what the parties signed?", rf_cmd_audit_receipt},
        {"show", "what a transcript holds, record by record", rf_cmd_audit_show},
    };
    return rf_cmd_dispatch(commands, sizeof commands / sizeof *commands, intro, argc, argv);
}
