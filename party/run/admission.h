/** admission.h - may this node take part in a study of this size?
 *
 * A node says in node.yaml how much memory and time a study may take. Whoever would run one that needs
 * more refuses beforehand, with the number and the limit, rather than failing in the middle. */
#ifndef RF_PARTY_RUN_ADMISSION_H
#define RF_PARTY_RUN_ADMISSION_H

#include "party/run/explain.h"
#include "party/study/node_file.h"

struct rf_limits {
    uint64_t memory; /* bytes of share columns; 0: no limit */
    double seconds;  /* 0: no limit */
};

/** What a study is expected to need, as explained for all parties. */
struct rf_explanation {
    struct rf_explained parties[RF_PARTIES];
    struct rf_prediction time;
    struct rf_calibration calibration;
    bool timed; /* there is a calibration */
};

/** rf_admission_limits() - those of a node.yaml */
struct rf_limits rf_admission_limits(const struct rf_node_file *node);

/** rf_admission_explain() - for all three parties
 * @calibration: file; NULL: the usual one, and no times if there is none that this version can read
 * Errors: RF_E_ARG when a named file is not there, RF_E_FORMAT, RF_E_MEMORY. Free with free(). */
RF_MUST_CHECK enum rf_rc rf_admission_explain(struct rf_explanation **out,
                                              const struct rf_study *study, double shared_percent,
                                              const char *calibration, struct rf_err *err);

/** rf_admission_check() - Errors: RF_E_ARG with number and limit; also when there is a limit on time and
 * no calibration to predict it from. */
RF_MUST_CHECK enum rf_rc rf_admission_check(const struct rf_explanation *explanation,
                                            const struct rf_limits *limits, struct rf_err *err);

/** rf_admission_study() - both at once, which costs nothing when there is no limit
 * What is not known before a run, how many rows are shared, is assumed as in `ringfence explain`. */
RF_MUST_CHECK enum rf_rc rf_admission_study(const struct rf_limits *limits, const char *calibration,
                                            const struct rf_study *study, struct rf_err *err);

enum { RF_ADMISSION_SHARED_PERCENT = 2 };

#endif
