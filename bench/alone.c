#include "bench/alone.h"

#include <inttypes.h>

#include "net/recording.h"
#include "net/tape.h"
#include "protocols/backend/lanes.h"

enum { RUNS = 2 };

/* What lanes do together. */
struct job {
    const struct rf_bench_case *one;
    uint32_t series;
    struct rf_alone *alone;
};

/* Of one execution, in one lane. */
struct outcome {
    double seconds; /* of the last run, in all lanes */
    uint64_t digest, sent;
};

static enum rf_rc run_once(struct rf_work *work, const struct rf_operation *operation,
                           double *seconds)
{
    enum rf_rc rc;
    RF_TRY(rf_work_restore(work));
    RF_TRY(rf_lanes_meet(work->backend));
    double began = rf_team_seconds();
    RF_TRY(operation->run(work));
    RF_TRY(rf_verify(work->backend));
    RF_TRY(rf_lanes_meet(work->backend));
    *seconds = rf_team_seconds() - began;
done:
    return rc;
}

/* The same each time, but for the channel. */
static enum rf_rc execute(struct rf_team_party *lane, const struct job *job,
                          struct rf_channel *channel, struct outcome *outcome)
{
    enum rf_rc rc;
    const struct rf_bench_case *one = job->one;
    struct rf_backend *backend = NULL;
    struct rf_work work = {0};
    uint64_t before = channel->traffic.bytes_sent;
    RF_TRY(rf_team_backend(lane, (unsigned)(one->protocol - rf_protocol_all), channel, job->series,
                           &backend));
    rf_work_init(&work, backend, one->rows, one->key);
    RF_TRY(one->operation->prepare(&work));
    for (unsigned i = 0; i < RUNS; i++)
        RF_TRY(run_once(&work, one->operation, &outcome->seconds));
    RF_TRY(one->operation->digest(&work, &outcome->digest));
    outcome->sent = channel->traffic.bytes_sent - before;
done:
    rf_work_fini(&work);
    rf_backend_free(backend);
    return rc;
}

static enum rf_rc check(const struct rf_team_party *lane, const struct outcome *then,
                        const struct outcome *now)
{
    if (now->digest != then->digest)
        return rf_err_set(lane->err, RF_E_CHEAT, "lane %u alone has another result", lane->lane);
    if (now->sent != then->sent) {
        return rf_err_set(lane->err, RF_E_INTERNAL,
                          "lane %u sent %" PRIu64 " bytes, and %" PRIu64 " when alone", lane->lane,
                          then->sent, now->sent);
    }
    return RF_OK;
}

static enum rf_rc play(struct rf_team_party *lane, const struct job *job,
                       struct rf_recording *recording, const struct outcome *then, unsigned turn)
{
    enum rf_rc rc;
    struct rf_tape *tape = NULL;
    struct outcome now = {0};
    const uint16_t peers[2] = {(uint16_t)(lane->self == 0), lane->self == 2 ? 1 : 2};
    const struct rf_tape_config config = {
        .id = (uint16_t)lane->self,
        .lane = (uint16_t)lane->lane,
        .peers = peers,
        .peer_count = 2,
        .first = 1,
        .next = rf_recording_next,
        .context = recording,
    };
    rf_recording_rewind(recording);
    RF_TRY(rf_tape_new(&tape, &config, lane->err));
    RF_TRY(execute(lane, job, rf_tape_channel(tape), &now));
    RF_TRY(check(lane, then, &now));
    if (lane->lane == 0)
        job->alone->seconds[turn] = now.seconds;
done:
    rf_tape_free(tape);
    return rc;
}

static enum rf_rc record_and_play(struct rf_team_party *lane, const struct job *job)
{
    enum rf_rc rc;
    struct rf_recording *recording = NULL;
    struct outcome then = {0};
    RF_TRY(rf_recording_new(&recording, lane->channel, RF_TEAM_PARTIES - 1));
    RF_TRY(execute(lane, job, rf_recording_channel(recording), &then));
    /* The others have ended their part when they meet us. */
    if (lane->lane == 0)
        RF_TRY(rf_team_meet(lane));
    for (unsigned i = 0; i < job->one->repeats; i++)
        RF_TRY(play(lane, job, recording, &then, i));
    if (lane->lane == 0)
        job->alone->runs = job->one->repeats;
done:
    rf_recording_free(recording);
    return rc;
}

static enum rf_rc alone_lane(struct rf_team_party *lane, void *context)
{
    enum rf_rc rc;
    const struct job *job = context;
    struct outcome ignored = {0};
    if (lane->self == 0)
        return record_and_play(lane, job);
    RF_TRY(execute(lane, job, lane->channel, &ignored));
    if (lane->lane == 0)
        RF_TRY(rf_team_meet(lane));
done:
    return rc;
}

enum rf_rc rf_alone_case(struct rf_team_party *party, const struct rf_bench_case *one,
                         uint32_t series, struct rf_alone *alone)
{
    enum rf_rc rc;
    struct job job = {.one = one, .series = series, .alone = alone};
    *alone = (struct rf_alone){0};
    RF_TRY(rf_team_lanes(party, one->lanes, alone_lane, &job));
    RF_TRY(rf_team_meet(party));
done:
    return rc;
}
