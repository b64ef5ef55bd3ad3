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
        {"order", "make, sign and check orders to release a sealed transcript", rf_cmd_audit_order},
        {"replay", "execute one party again from its full transcript and compare what it sent",
         rf_cmd_audit_replay},
        {"evidence", "what can a third person believe of what a replay found?",
         rf_cmd_audit_evidence},
        {"record", "the record of processing of a study (GDPR Art. 30)", rf_cmd_audit_record},
        {"show", "what a transcript holds, record by record", rf_cmd_audit_show},
    };
    return rf_cmd_dispatch(commands, sizeof commands / sizeof *commands, intro, argc, argv);
}
