#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"
#include "party/data/generate.h"
#include "party/keys/safe_file.h"
#include "party/run/child.h"
#include "party/study/study.h"

/* A study's data and runs, in a folder that goes away with it. */
struct trial {
    struct rf_bench *bench;
    struct rf_bench_case *one;
    char folder[64];
    char data[PATH_MAX], study[PATH_MAX], log[PATH_MAX];
    struct rf_study about;
    struct rf_err *err;
};

static enum rf_rc in_folder(const struct trial *trial, char path[PATH_MAX], const char *format, ...)
    RF_PRINTF(3, 4);

static enum rf_rc in_folder(const struct trial *trial, char path[PATH_MAX], const char *format, ...)
{
    char name[RF_TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(name, sizeof name, format, args);
    va_end(args);
    return rf_safe_file_join(path, trial->folder, name, trial->err);
}

static enum rf_rc make_data(struct trial *trial)
{
    enum rf_rc rc;
    struct rf_generate_options options;
    rf_generate_defaults(&options);
    options.scenario = trial->one->operation->study;
    options.banks = trial->bench->banks;
    options.customers = trial->one->rows;
    (void)snprintf(trial->folder, sizeof trial->folder, "/tmp/ringfence-bench-XXXXXX");
    if (!mkdtemp(trial->folder)) {
        trial->folder[0] = 0;
        return rf_err_set(trial->err, RF_E_IO, "no folder for a study: %s", strerror(errno));
    }
    RF_TRY(in_folder(trial, trial->data, "data"));
    RF_TRY(in_folder(trial, trial->study, "data/study.yaml"));
    RF_TRY(in_folder(trial, trial->log, "log"));
    RF_TRY(rf_generate(&options, trial->data, trial->err));
    RF_TRY(rf_study_read(&trial->about, trial->study, trial->err));
    trial->about.lanes = trial->one->lanes;
    RF_TRY(rf_study_write(&trial->about, trial->study, trial->err));
done:
    return rc;
}

/* ---- one run ---- */

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

/* Starts `ringfence run` and waits for it; @usage is of all its processes. */
static enum rf_rc run_study(struct trial *trial, const char *out, double *seconds,
                            struct rusage *usage)
{
    enum rf_rc rc;
    struct rf_child child = {.out = -1};
    char why[RF_CHILD_LINE];
    int status = 0;
    const char *arguments[] = {"run",     trial->study, "--data",     trial->data,
                               "--out",   out,          "--protocol", trial->one->protocol->name,
                               "--quiet", NULL};
    double begin = rf_team_seconds();
    RF_TRY(rf_child_start(&child, "run", arguments, trial->log, trial->err));
    while (wait4(child.pid, &status, 0, usage) < 0) {
        if (errno != EINTR) {
            rc = rf_err_set(trial->err, RF_E_IO, "waiting for a run: %s", strerror(errno));
            goto done;
        }
    }
    child.pid = 0;
    *seconds = rf_team_seconds() - begin;
    if (status != 0) {
        rf_child_last_error(&child, why, sizeof why);
        rc = rf_err_set(trial->err, RF_E_PEER, "%s of %zu customers: %s",
                        trial->one->operation->name, trial->one->rows,
                        why[0] ? why : "the run failed");
    }
done:
    rf_child_stop(&child);
    return rc;
}

static enum rf_rc load(const struct trial *trial, const char *path, json_t **json)
{
    json_error_t error;
    *json = json_load_file(path, 0, &error);
    return *json ? RF_OK : rf_err_set(trial->err, RF_E_FORMAT, "%s: %s", path, error.text);
}

/* Bytes and rounds of the computation. A step that declares none only waits for contributors, and what
 * it counts is control messages. */
static void add_steps(const json_t *record, struct rf_sample *sample)
{
    size_t i;
    const json_t *step;
    json_array_foreach(json_object_get(record, "steps"), i, step)
    {
        const json_t *declared = json_object_get(step, "declared"),
                     *counted = json_object_get(step, "counted");
        if (json_integer_value(json_object_get(declared, "rounds")) == 0)
            continue;
        sample->declared.bytes += (uint64_t)json_integer_value(json_object_get(declared, "bytes"));
        sample->declared.rounds +=
            (uint64_t)json_integer_value(json_object_get(declared, "rounds"));
        sample->bytes += (uint64_t)json_integer_value(json_object_get(counted, "bytes"));
        sample->rounds += (uint64_t)json_integer_value(json_object_get(counted, "rounds"));
    }
}

/* A party's record of the run; what stands in it is kept for the JSON. */
static enum rf_rc take_party(struct trial *trial, const char *out, int party,
                             struct rf_sample *sample)
{
    enum rf_rc rc;
    char folder[PATH_MAX], path[PATH_MAX];
    json_t *record = NULL;
    const char *name = trial->about.members[rf_study_party(&trial->about, party)].name;
    RF_TRY(rf_safe_file_join(folder, out, name, trial->err));
    RF_TRY(rf_safe_file_join(path, folder, "party.json", trial->err));
    RF_TRY(load(trial, path, &record));
    add_steps(record, sample);
    sample->seconds = json_real_value(json_object_get(record, "seconds"));
    sample->peak_columns = (uint64_t)json_integer_value(json_object_get(record, "peak_memory"));
    json_array_append_new(trial->one->parties,
                          json_pack("{s:i, s:O, s:O, s:O, s:O}", "party", party, "seconds",
                                    json_object_get(record, "seconds"), "peak_columns",
                                    json_object_get(record, "peak_memory"), "traffic",
                                    json_object_get(record, "traffic"), "steps",
                                    json_object_get(record, "steps")));
done:
    json_decref(record);
    return rc;
}

static enum rf_rc measure(struct trial *trial, const char *out)
{
    enum rf_rc rc;
    struct rf_bench_case *one = trial->one;
    struct rusage usage;
    double seconds = 0;
    RF_TRY(run_study(trial, out, &seconds, &usage));
    json_decref(one->parties);
    one->parties = json_array();
    for (int party = 0; party < RF_PARTIES; party++) {
        struct rf_sample *sample = &one->sample[one->samples][party];
        *sample = (struct rf_sample){
            .cpu = party == 0 ? seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime) : 0,
            .peak_memory = (uint64_t)usage.ru_maxrss << 10,
        };
        RF_TRY(take_party(trial, out, party, sample));
    }
    one->samples++;
    one->command = seconds;
    rf_bench_step(trial->bench, one, seconds);
done:
    return rc;
}

/* ---- is it right? ---- */

static enum rf_rc verify(struct trial *trial, const char *out)
{
    enum rf_rc rc;
    char plain[PATH_MAX], path[2][PATH_MAX];
    json_t *result[2] = {NULL, NULL};
    const struct rf_sample *sample = trial->one->sample[trial->one->samples - 1];
    RF_TRY(in_folder(trial, plain, "plain"));
    const char *arguments[] = {"plain", trial->study, "--data", trial->data, "--out", plain, NULL};
    RF_TRY(rf_child_finish("plain", arguments, trial->log, trial->err));
    RF_TRY(rf_safe_file_join(path[0], out, "result.json", trial->err));
    RF_TRY(rf_safe_file_join(path[1], plain, "result.json", trial->err));
    for (unsigned i = 0; i < 2; i++)
        RF_TRY(load(trial, path[i], &result[i]));
    const json_t *got = json_object_get(result[0], "statistics");
    if (!got || !json_equal(got, json_object_get(result[1], "statistics")))
        RF_TRY(rf_err_set(trial->err, RF_E_CHEAT, "%s of %zu customers: plain has another result",
                          trial->one->operation->name, trial->one->rows));
    for (unsigned party = 0; party < RF_PARTIES; party++) {
        if (sample[party].bytes != sample[party].declared.bytes ||
            sample[party].rounds != sample[party].declared.rounds) {
            RF_TRY(rf_err_set(trial->err, RF_E_INTERNAL,
                              "%s: party %u took other bytes or rounds than it declared",
                              trial->one->operation->name, party));
        }
    }
    trial->one->verified = true;
done:
    json_decref(result[0]);
    json_decref(result[1]);
    return rc;
}

enum rf_rc rf_bench_study(struct rf_bench *bench, struct rf_bench_case *one, struct rf_err *err)
{
    enum rf_rc rc;
    char out[PATH_MAX];
    struct trial *trial = calloc(1, sizeof *trial);
    if (!trial)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    *trial = (struct trial){.bench = bench, .one = one, .err = err};
    RF_TRY(make_data(trial));
    for (unsigned i = 0; i < one->repeats; i++) {
        RF_TRY(in_folder(trial, out, "out-%u", i));
        RF_TRY(measure(trial, out));
    }
    if (bench->verify)
        RF_TRY(verify(trial, out));
done:
    rf_team_forget(trial->folder);
    free(trial);
    return rc;
}
