/** study.h - a study: what is computed, over whose data, by whom, for whom
 *
 * Read from a YAML file (`rf_study_read`), frozen as a manifest (manifest.h). Everything a run reveals
 * or depends on stands here; nothing is implicit. The file, with every default:
 *
 *     study: fraud-rings-2026             # lower-case letters, digits, - _ .
 *     purpose: Find fraud rings that span banks
 *     statistics: [shared_tokens, rings]
 *     link: identifiers                   # identifiers | transfers | both
 *     types: [national_id, phone, email, address, device, card, ip]
 *     members:                            # 2 to 16 contributors, 3 parties, a recipient
 *       - name: bank-a
 *         roles: [party, contributor, recipient]   # parties 0, 1, 2 in this order
 *         customers: 20000                # bounds of a contributor, needed in a manifest
 *         rows: 60000
 *     parameters:
 *       hub_cap: 50
 *       min_size: 2
 *       min_banks: 2
 *       min_cell: 3
 *       size_buckets: [2, 3, 4, 5, 10, 20, 50, 100]   # those from min_size
 *       max_exposure: 1099511627776       # minor units, of one customer
 *       shared_rows: open                 # or a number: padded to that bound
 *       iterations: auto                  # or 1 to 64
 *       lanes: 1                          # workers of a party, 1 to 16
 *       proof_gates: 67108864             # that may wait for their proof
 *     protocol: rep3-active */
#ifndef RF_PARTY_STUDY_STUDY_H
#define RF_PARTY_STUDY_STUDY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"
#include "net/node.h"
#include "protocols/analytics/cells.h"

enum {
    RF_PARTIES = 3,
    RF_MEMBERS_MAX = RF_BANKS_MAX + RF_PARTIES + 13, /* contributors, parties, recipients */
    RF_TEXT_MAX = 256,
    RF_ITERATIONS_MAX = 64,
    RF_STUDY_LANES_MAX = 16,
};

#define RF_PROOF_GATES_MIN (UINT64_C(1) << 13)
#define RF_PROOF_GATES_MAX (UINT64_C(1) << 36)

/* Rows, and customers, of all contributors together; no bound or size can be larger. */
#define RF_ROWS_MAX (UINT64_C(1) << 31)

enum rf_link_by { RF_LINK_IDENTIFIERS = 1, RF_LINK_TRANSFERS = 2, RF_LINK_BOTH = 3 };

struct rf_member {
    char name[RF_MEMBER_NAME_MAX +
              1]; /* lower-case letters, digits, hyphens; starts with a letter */
    int party;    /* 0..2 if it computes, otherwise -1 */
    bool contributor;
    bool recipient;
    uint64_t customers; /* declared bound on its customers; 0: not declared yet */
    uint64_t rows;      /* declared bound on its (token, local group) rows; 0: not declared yet */
    uint8_t fingerprint[32]; /* SHA-256 of its certificate (DER); zero until a manifest is made */
};

struct rf_study {
    char name[65];
    char purpose[RF_TEXT_MAX + 1]; /* why, in words: shown to whoever approves */
    bool shared_tokens, rings;     /* statistics */
    enum rf_link_by link;
    bool types[RF_TYPE_COUNT]; /* identifier types used; account follows from link, and is set
                                      here too in a study that was read from a file */
    uint64_t hub_cap;
    uint64_t min_size;
    unsigned min_banks;
    unsigned min_cell;
    uint64_t buckets[RF_BUCKETS_MAX];
    unsigned bucket_count;
    uint64_t max_exposure; /* of one customer */
    uint64_t shared_rows;  /* 0: the number of shared rows is opened; else a bound, padded to */
    unsigned iterations;   /* of ring labelling; 0: enough for the longest possible chain */
    unsigned lanes;        /* workers of a party, each with a slice of the rows */
    uint64_t proof_gates;  /* of a party that may wait for their proof */
    char protocol[16];     /* of protocols/backend/registry.h */
    struct rf_member members[RF_MEMBERS_MAX]; /* parties have .party set; order is the manifest's */
    unsigned member_count;
};

/** rf_study_defaults() - every parameter at its default, no members */
void rf_study_defaults(struct rf_study *study);

/** rf_study_default_buckets() - ring sizes' lower bounds for the study's min_size, which is the first */
void rf_study_default_buckets(struct rf_study *study);

/** rf_study_shape() - the tables that this study's result has */
void rf_study_shape(const struct rf_study *study, struct rf_shape *shape);

/** rf_study_link_name() - the word used in files: identifiers, transfers, both */
const char *rf_study_link_name(enum rf_link_by link);

/** rf_study_banks() - contributors in order: members' indices in @banks, their number returned */
unsigned rf_study_banks(const struct rf_study *study, unsigned banks[RF_BANKS_MAX]);

/** rf_study_party() - index of the member that is party @party, or -1 */
int rf_study_party(const struct rf_study *study, int party);

/** rf_study_member() - index of the member called @name, or -1 */
int rf_study_member(const struct rf_study *study, const char *name);

/** rf_study_check() - is it complete and within bounds?
 * Exactly three parties, 2 to 16 contributors, at least one recipient, totals that cannot pass 2^64,
 * and so on. @declared: the members' bounds must be there too. Errors: RF_E_ARG "field: reason",
 * the field as a path in the study file (members[2].name). */
RF_MUST_CHECK enum rf_rc rf_study_check(const struct rf_study *study, bool declared,
                                        struct rf_err *err);

/** rf_study_check_text() - may @text be shown to a person?
 * UTF-8 without control characters and without those that reorder text. Errors: RF_E_ARG, "@field:
 * reason". */
RF_MUST_CHECK enum rf_rc rf_study_check_text(const char *field, const char *text,
                                             struct rf_err *err);

/** rf_study_read() - read and check a YAML study file
 * Errors: RF_E_FORMAT naming file, line, column and reason. */
RF_MUST_CHECK enum rf_rc rf_study_read(struct rf_study *study, const char *path,
                                       struct rf_err *err);

/** rf_study_read_text() - the same from memory; @name stands for the file in errors */
RF_MUST_CHECK enum rf_rc rf_study_read_text(struct rf_study *study, const char *name,
                                            const uint8_t *text, size_t size, struct rf_err *err);

/** rf_study_write() - write it as YAML that rf_study_read() reads back the same */
RF_MUST_CHECK enum rf_rc rf_study_write(const struct rf_study *study, const char *path,
                                        struct rf_err *err);

#endif
