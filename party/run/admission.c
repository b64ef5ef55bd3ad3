#include "party/run/admission.h"

#include <stdlib.h>

enum { MIB = 20 };

struct rf_limits rf_admission_limits(const struct rf_node_file *node)
{
    return (struct rf_limits){
        .memory = (uint64_t)node->memory_mib << MIB,
        .seconds = node->time,
    };
}

static enum rf_rc read_calibration(struct rf_explanation *out, const char *named,
                                   struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    char path[PATH_MAX];
    struct rf_err none = {0};
    /* The usual place may hold nothing, or what another version measured. */
    if (!named) {
        out->timed = rf_calibration_path(path, NULL, &none) == RF_OK &&
                     rf_calibration_read(&out->calibration, path, &none) == RF_OK;
        return RF_OK;
    }
    RF_TRY(rf_calibration_path(path, named, err));
    RF_TRY(rf_calibration_read(&out->calibration, path, err));
    out->timed = true;
done:
    return rc;
}

enum rf_rc rf_admission_explain(struct rf_explanation **out, const struct rf_study *study,
                                double shared_percent, const char *calibration, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_explanation *made = calloc(1, sizeof *made);
    if (!made) {
        (void)rf_err_set(err, RF_E_MEMORY, "out of memory");
        return RF_E_MEMORY;
    }
    RF_TRY(read_calibration(made, calibration, err));
    for (unsigned party = 0; party < RF_PARTIES; party++)
        RF_TRY(rf_explain(&made->parties[party], study, party, shared_percent,
                          made->timed ? &made->calibration : NULL, err));
    if (made->timed)
        rf_explain_predict(&made->time, made->parties, study, &made->calibration);
    *out = made;
    made = NULL;
done:
    free(made);
    return rc;
}

static uint64_t most_memory(const struct rf_explanation *explanation)
{
    uint64_t most = 0;
    for (unsigned party = 0; party < RF_PARTIES; party++) {
        uint64_t here = explanation->parties[party].peak_memory;
        most = here > most ? here : most;
    }
    return most;
}

enum rf_rc rf_admission_check(const struct rf_explanation *explanation,
                              const struct rf_limits *limits, struct rf_err *err)
{
    uint64_t memory = most_memory(explanation);
    double seconds = explanation->time.all;
    if (limits->memory && memory > limits->memory) {
        return rf_err_set(
            err, RF_E_ARG,
            "the study takes %llu MiB of share columns, the limit on memory is %llu MiB",
            (unsigned long long)((memory + (1 << MIB) - 1) >> MIB),
            (unsigned long long)(limits->memory >> MIB));
    }
    if (limits->seconds <= 0)
        return RF_OK;
    if (!explanation->timed) {
        return rf_err_set(err, RF_E_ARG,
                          "there is a limit on time and nothing to predict it from: run 'ringfence "
                          "bench --calibrate' on this machine first");
    }
    if (seconds > limits->seconds) {
        return rf_err_set(err, RF_E_ARG,
                          "the study takes about %.0f s as predicted, the limit on time is %.0f s",
                          seconds, limits->seconds);
    }
    return RF_OK;
}

enum rf_rc rf_admission_study(const struct rf_limits *limits, const char *calibration,
                              const struct rf_study *study, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_explanation *explanation = NULL;
    if (!limits->memory && limits->seconds <= 0)
        return RF_OK;
    RF_TRY(
        rf_admission_explain(&explanation, study, RF_ADMISSION_SHARED_PERCENT, calibration, err));
    RF_TRY(rf_admission_check(explanation, limits, err));
done:
    free(explanation);
    return rc;
}
