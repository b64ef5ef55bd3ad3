#include "party/cmd/cmd_study.h"

#include "party/cmd/cmd.h"
#include "party/cmd/commands.h"

int rf_cmd_study(int argc, char **argv)
{
    static const char intro[] =
        "A study's life before it runs. `propose` freezes a study file as a manifest in a folder; "
        "each\nmember looks at it and approves or refuses; it runs when all have approved.";
    static const struct rf_cmd commands[] = {
        {"propose", "make a study's folder from a study file", rf_cmd_study_propose},
        {"show", "what would be computed, over whose data, revealed to whom", rf_cmd_study_show},
        {"approve", "sign a study with a member's key", rf_cmd_study_decide_approve},
        {"refuse", "sign a refusal, with the reason", rf_cmd_study_decide_refuse},
        {"status", "who has approved, who has not", rf_cmd_study_status},
    };
    return rf_cmd_dispatch(commands, sizeof commands / sizeof *commands, intro, argc, argv);
}
