/** cmd_process.h - what the commands have in common that are one process of a study: party, contribute */
#ifndef RF_PARTY_CMD_CMD_PROCESS_H
#define RF_PARTY_CMD_CMD_PROCESS_H

#include <argp.h>

#include "party/run/session.h"

/** The one child of these commands' parsers. Its input, which they give it at ARGP_KEY_INIT, is a
 * struct rf_session_options. */
extern const struct argp_child rf_cmd_process[];

#endif
