/** report.h - what a study's result is written as: result.json, and a page to look at
 *
 * `docs/result.md` specifies result.json. A plain run fills what it knows: the study and the result;
 * everything about parties, links and costs is then absent. */
#ifndef RF_PARTY_REPORT_REPORT_H
#define RF_PARTY_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "net/base/rc.h"
#include "party/report/result.h"
#include "party/study/study.h"

enum { RF_REPORT_STEPS_MAX = 64, RF_REPORT_DISCLOSURES_MAX = 64 };

/** What one step cost at one party. */
struct rf_report_step {
    char name[64];
    uint64_t rows;
    uint64_t bytes;  /* sent by the party, counted */
    uint64_t rounds; /* counted */
    double seconds;
};

/** What one party spent. */
struct rf_report_cost {
    struct rf_report_step step[RF_REPORT_STEPS_MAX];
    unsigned steps;
    uint64_t bytes_sent, bytes_received, rounds;
    uint64_t peak_memory; /* bytes of share columns at most */
    double seconds;
};

/** Something that the run revealed beside the result. */
struct rf_report_disclosure {
    char name[32];         /* order, kept, unique, ... or rows */
    char to[32];           /* "parties", "all members", ... */
    char description[256]; /* in words */
    char value[64];        /* what was revealed this time, if it is a number; else empty */
};

struct rf_report {
    const struct rf_study *study;
    const struct rf_result *result;
    bool plain; /* computed by `ringfence plain`: no parties, no manifest */
    uint8_t manifest_hash[32];
    uint8_t session[16];
    uint32_t epoch;
    int64_t finished; /* seconds since 1970, UTC */
    struct rf_report_cost cost[RF_PARTIES];
    struct rf_report_disclosure disclosure[RF_REPORT_DISCLOSURES_MAX];
    unsigned disclosures;
};

/** rf_report_json() - write result.json
 * The member "statistics" depends on study and result alone: a run and a plain computation of the same
 * data give the same bytes. Errors: RF_E_IO naming the file; an existing file is replaced whole or
 * not at all. */
RF_MUST_CHECK enum rf_rc rf_report_json(const struct rf_report *report, const char *path,
                                        struct rf_err *err);

/** rf_report_json_text() - what result.json holds, without the last line's end; caller frees *text */
RF_MUST_CHECK enum rf_rc rf_report_json_text(const struct rf_report *report, char **text,
                                             struct rf_err *err);

/** rf_report_html() - write report.html: one self-contained page */
RF_MUST_CHECK enum rf_rc rf_report_html(const struct rf_report *report, const char *path,
                                        struct rf_err *err);

/** rf_report_text() - the result in a few lines for a terminal; caller frees *text */
RF_MUST_CHECK enum rf_rc rf_report_text(const struct rf_report *report, char **text,
                                        struct rf_err *err);

#endif
