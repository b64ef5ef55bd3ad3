/** cmd_keys.h - the commands of `ringfence keys` */
#ifndef RF_PARTY_CMD_CMD_KEYS_H
#define RF_PARTY_CMD_CMD_KEYS_H

int rf_cmd_keys_ca_init(int argc, char **argv);
int rf_cmd_keys_ca_issue(int argc, char **argv);
int rf_cmd_keys_request(int argc, char **argv);
int rf_cmd_keys_tokens(int argc, char **argv);
int rf_cmd_keys_show(int argc, char **argv);
int rf_cmd_keys_doctor(int argc, char **argv);
int rf_cmd_keys_quick(int argc, char **argv);

#endif
