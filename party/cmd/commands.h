/** commands.h - every command of `ringfence` (cmd.h says what one is) */
#ifndef RF_PARTY_CMD_COMMANDS_H
#define RF_PARTY_CMD_COMMANDS_H

int rf_cmd_keys(int argc, char **argv);
int rf_cmd_study(int argc, char **argv);

#endif
