#include "party/run/party.h"

#include <string.h>

#include "net/base/clock.h"
#include "net/base/secret.h"
#include "party/run/admission.h"
#include "party/run/crew.h"
#include "party/run/input.h"
#include "party/run/output.h"
#include "party/run/progress.h"
#include "party/run/run_record.h"
#include "party/run/study_task.h"

struct party {
    const struct rf_party_options *options;
    struct rf_err *err;
    struct rf_session session;
    struct rf_crew *crew;
    struct rf_progress progress;
    struct rf_task task;
    struct rf_rows rows;
    struct rf_bits output;
    struct rf_traffic met; /* when all had met: what was said before is in no transcript */
    struct rf_run_cost cost;
    double began;
};

/* The option, where there is one, stands for the node's own limit. */
static struct rf_limits limits(const struct party *party)
{
    struct rf_limits limits = rf_admission_limits(&party->session.file);
    if (party->options->memory_limit)
        limits.memory = party->options->memory_limit;
    return limits;
}

/* Before anybody is called, so that the others need not wait for a party that will not come. */
static enum rf_rc check_limits(struct party *party)
{
    const struct rf_session *session = &party->session;
    const struct rf_limits ours = limits(party);
    const char *calibration = session->file.calibration;
    return rf_admission_study(&ours, calibration[0] ? calibration : NULL, &session->manifest.study,
                              party->err);
}

static void step_seen(void *context, const struct rf_step *step, bool done)
{
    struct party *party = context;
    rf_recorder_step(party->session.recorder, step, done);
    rf_progress_step(&party->progress, step, done);
}

static enum rf_rc make_crew(struct party *party)
{
    enum rf_rc rc;
    struct rf_session *session = &party->session;
    RF_TRY(rf_crew_new(&party->crew, session, limits(party).memory));
    struct rf_backend *first = rf_crew_first(party->crew);
    first->progress = step_seen;
    first->progress_context = party;
done:
    return rc;
}

static enum rf_rc compute(struct party *party)
{
    enum rf_rc rc;
    struct rf_session *session = &party->session;
    RF_TRY(make_crew(party));
    struct rf_backend *first = rf_crew_first(party->crew);
    RF_TRY(rf_step(first, "receive rows", rf_task_rows(&party->task)));
    RF_TRY(rf_input_take(session, first, &party->rows));
    RF_TRY(rf_crew_compute(party->crew, &party->task, &party->rows, &party->output,
                           &party->cost.shared_rows));
    rf_crew_cost(party->crew, &party->cost);
    party->cost.bytes_sent -= party->met.bytes_sent;
    party->cost.bytes_received -= party->met.bytes_received;
    party->cost.rounds -= party->met.rounds;
    party->cost.seconds = rf_clock_seconds() - party->began;
    rf_recorder_totals(session->recorder, &party->cost);
done:
    return rc;
}

/* All that a party does once it has met the others. */
static enum rf_rc work(struct party *party)
{
    enum rf_rc rc;
    struct rf_session *session = &party->session;
    rf_session_traffic(session, &party->met);
    RF_TRY(compute(party));
    RF_TRY(rf_output_give(session, party->output.all, &party->cost));
    RF_TRY(rf_session_checkpoint(session));
done:
    return rc;
}

static enum rf_rc run(struct party *party)
{
    enum rf_rc rc;
    struct rf_session *session = &party->session;
    const struct rf_party_options *options = party->options;
    RF_TRY(rf_session_open(session, RF_ROLE_PARTY, &options->session, party->err));
    if (options->out)
        RF_TRY(rf_run_record_absent(options->out, party->err));
    RF_TRY(check_limits(party));
    rf_progress_init(&party->progress, session->file.member, session->quiet, options->events);
    rf_study_task(&party->task, &session->manifest.study, 0);
    rf_progress_note(&party->progress, "waiting for %u others on %s", session->peers,
                     session->file.listen);
    RF_TRY(rf_session_connect(session));
    RF_TRY(rf_session_meet(session));
    rf_progress_note(&party->progress, "all linked; epoch %u", session->epoch);
    if (session->lanes > 1)
        rf_progress_note(&party->progress, "of %u lanes, lane 0 is shown", session->lanes);
    RF_TRY(work(party));
    if (options->out)
        RF_TRY(rf_run_record_write(session, &party->cost, options->out));
done:
    return rc;
}

static enum rf_rc end(struct party *party, enum rf_rc rc)
{
    rf_bits_fini(&party->output);
    rf_rows_fini(&party->rows);
    rf_crew_free(party->crew);
    rc = rf_session_fini(&party->session, rc);
    if (rc == RF_OK)
        rf_progress_note(&party->progress, "done in %.1f s", rf_clock_seconds() - party->began);
    rf_secret_free(party, sizeof *party);
    return rc;
}

static struct party *begin(const struct rf_party_options *options, struct rf_err *err)
{
    struct party *party = rf_secret_alloc(sizeof *party);
    if (!party) {
        (void)rf_err_set(err, RF_E_MEMORY, "out of memory");
        return NULL;
    }
    party->options = options;
    party->err = err;
    party->began = rf_clock_seconds();
    return party;
}

enum rf_rc rf_party_run(const struct rf_party_options *options, struct rf_err *err)
{
    struct party *party = begin(options, err);
    return party ? end(party, run(party)) : RF_E_MEMORY;
}

static enum rf_rc again(struct party *party, rf_party_opener *open, void *context)
{
    enum rf_rc rc;
    struct rf_session *session = &party->session;
    RF_TRY(open(context, session));
    rf_progress_init(&party->progress, session->file.member, party->options->session.quiet, false);
    rf_study_task(&party->task, &session->manifest.study, 0);
    RF_TRY(work(party));
done:
    return rc;
}

enum rf_rc rf_party_again(rf_party_opener *open, void *context, bool quiet, struct rf_err *err)
{
    const struct rf_party_options options = {.session.quiet = quiet};
    struct party *party = begin(&options, err);
    return party ? end(party, again(party, open, context)) : RF_E_MEMORY;
}
