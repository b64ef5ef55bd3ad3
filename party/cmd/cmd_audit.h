/** cmd_audit.h - the commands of `ringfence audit` */
#ifndef RF_PARTY_CMD_CMD_AUDIT_H
#define RF_PARTY_CMD_CMD_AUDIT_H

int rf_cmd_audit_evidence(int argc, char **argv);
int rf_cmd_audit_order(int argc, char **argv);
int rf_cmd_audit_order_make(int argc, char **argv);
int rf_cmd_audit_receipt(int argc, char **argv);
int rf_cmd_audit_record(int argc, char **argv);
int rf_cmd_audit_replay(int argc, char **argv);
int rf_cmd_audit_show(int argc, char **argv);
int rf_cmd_audit_verify(int argc, char **argv);

#endif
