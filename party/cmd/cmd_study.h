/** cmd_study.h - the commands of `ringfence study` */
#ifndef RF_PARTY_CMD_CMD_STUDY_H
#define RF_PARTY_CMD_CMD_STUDY_H

int rf_cmd_study_propose(int argc, char **argv);
int rf_cmd_study_show(int argc, char **argv);
int rf_cmd_study_status(int argc, char **argv);
int rf_cmd_study_decide_approve(int argc, char **argv);
int rf_cmd_study_decide_refuse(int argc, char **argv);

#endif
