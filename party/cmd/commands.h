/** commands.h - every command of `ringfence` (cmd.h says what one is) */
#ifndef RF_PARTY_CMD_COMMANDS_H
#define RF_PARTY_CMD_COMMANDS_H

int rf_cmd_audit(int argc, char **argv);
int rf_cmd_bench(int argc, char **argv);
int rf_cmd_contribute(int argc, char **argv);
int rf_cmd_explain(int argc, char **argv);
int rf_cmd_generate(int argc, char **argv);
int rf_cmd_import(int argc, char **argv);
int rf_cmd_keys(int argc, char **argv);
int rf_cmd_party(int argc, char **argv);
int rf_cmd_plain(int argc, char **argv);
int rf_cmd_run(int argc, char **argv);
int rf_cmd_study(int argc, char **argv);

#endif
