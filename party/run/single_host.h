/** single_host.h - a whole study on this machine: what `ringfence run` does
 *
 * It plays every member: makes a trial consortium if there is none, proposes and approves the study,
 * and starts one process for each party and each contributor or recipient, over the real links on
 * loopback. Each step is a command that an operator could give by hand; they stand in OUT/commands.txt,
 * one a line, quoted for a shell.
 *
 *     OUT/consortium/NAME/   member's folder: key, certificate, node.yaml
 *     OUT/study/             manifest and approvals
 *     OUT/NAME/              result.json, report.html of a recipient; party.json of a party
 *     OUT/transcripts/       what every process recorded (docs/transcript.md)
 *     OUT/logs/              what each process said
 *     OUT/result.json, OUT/report.html   the first recipient's */
#ifndef RF_PARTY_RUN_SINGLE_HOST_H
#define RF_PARTY_RUN_SINGLE_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "net/base/rc.h"

struct rf_single_host_options {
    const char *study;      /* YAML file */
    const char *data;       /* folder with a folder for each contributor */
    const char *out;        /* new or empty */
    const char *protocol;   /* instead of the study's; NULL */
    size_t memory_limit;    /* of each party; 0: none */
    unsigned silence;       /* seconds; 0: default */
    const char *transcript; /* level of all processes' transcripts; NULL: the default */
    const char *auditor;    /* certificate that level full is sealed to; NULL */
    bool full;              /* that level is full, and needs an auditor */
    bool quiet, json;
};

/** rf_single_host_run() - Errors: RF_E_FORMAT, RF_E_ARG and RF_E_CRYPTO (the auditor's certificate) for
 * bad input, before anything is written; else what the first process that failed said. */
RF_MUST_CHECK enum rf_rc rf_single_host_run(const struct rf_single_host_options *options,
                                            struct rf_err *err);

#endif
