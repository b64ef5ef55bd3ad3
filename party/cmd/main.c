/* ringfence: the one program of the toolkit. Each command is a file cmd_NAME.c and a line here. */
#include <stdio.h>
#include <string.h>

#include "party/cmd/cmd.h"
#include "party/cmd/commands.h"

static const char intro[] =
    "Compute statistics over several banks' records together without showing them to each other.";

static const struct rf_cmd commands[] = {
    {"generate", "synthetic members' data with planted rings, and the truth about them",
     rf_cmd_generate},
    {"import", "third-party data sets as members' data", rf_cmd_import},
    {"run", "run a study on this machine: all parties and contributors as processes", rf_cmd_run},
    {"plain", "compute a study in the clear: the definition that run must agree with",
     rf_cmd_plain},
    {"explain", "what a study would cost and reveal, without running it", rf_cmd_explain},
    {"keys", "the consortium's CA, members' keys and certificates, the tokens' key, doctor",
     rf_cmd_keys},
    {"study", "propose, show, approve and refuse studies", rf_cmd_study},
    {"party", "be one of the three parties of an approved study", rf_cmd_party},
    {"contribute", "take part in an approved study with data, as a recipient, or both",
     rf_cmd_contribute},
    {"audit", "check afterwards what was computed: transcripts, receipts, orders", rf_cmd_audit},
    {"bench", "measure operations beside what this machine allows", rf_cmd_bench},
};

int main(int argc, char **argv)
{
    static char name[] = "ringfence";
    if (argc > 0)
        argv[0] = name;
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        (void)puts("ringfence " RF_VERSION);
        return rf_cmd_end(name, RF_OK, NULL);
    }
    return rf_cmd_dispatch(commands, sizeof commands / sizeof *commands, intro, argc, argv);
}
