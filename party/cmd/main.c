/* ringfence: the one program of the toolkit. Each command is a file cmd_NAME.c and a line here. */
#include <stdio.h>
#include <string.h>

#include "party/cmd/cmd.h"
#include "party/cmd/commands.h"

static const char intro[] =
    "Compute statistics over several banks' records together without showing them to each other.";

static const struct rf_cmd commands[] = {
    {"keys", "the consortium's CA, members' keys and certificates, the tokens' key, doctor",
     rf_cmd_keys},
    {"study", "propose, show, approve and refuse studies", rf_cmd_study},
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
