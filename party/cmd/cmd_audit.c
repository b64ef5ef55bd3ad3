#include "party/cmd/cmd_audit.h"

#include "party/cmd/cmd.h"
#include "party/cmd/commands.h"

int rf_cmd_audit(int argc, char **argv)
{
    static const char intro[] =
        "Check afterwards what was computed, on what, under which approval.";
    static const struct rf_cmd commands[] = {
        {"receipt", "is a recipient's result what the parties signed?", rf_cmd_audit_receipt},
    };
    return rf_cmd_dispatch(commands, sizeof commands / sizeof *commands, intro, argc, argv);
}
