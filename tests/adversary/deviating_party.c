/* A party that computes as `ringfence party` does, but for one AND.
 *
 *     deviating_party STEP NUMBER NODE STUDY OUT TRANSCRIPTS [LANE | sealed | openings]
 *     deviating_party forgive 1 NODE STUDY OUT TRANSCRIPTS
 *
 * In the step of this name, AND number NUMBER (batches of rows, from 0) is computed as if one bit of one of its own shares were
 * another: one gate of it has a wrong result, which goes out to the party before. Everything else, the transcript
 * too, is the product's own code. What it did is said on standard error: the frame in which that went out. Proofs
 * that no longer hold because of it do not stop it: the others are to find them by themselves.
 *
 * It does so in lane 0 or in LANE. To hide it, with `sealed`, it seals nothing from that step on, and, with `openings`, it
 * records no value that is opened, while frames, checkpoints and signatures are all there.
 *
 * The second one computes as it should, and goes on where a proof of another party does not hold, NUMBER times. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/lane.h"
#include "party/run/party.h"
#include "party/transcript/sealing_file.h"
#include "party/transcript/transcript_write.h"
#include "protocols/backend/registry.h"

const struct rf_protocol *__real_rf_protocol_find(const char *name);
const struct rf_protocol *__wrap_rf_protocol_find(const char *name);

enum rf_rc __real_rf_sealing_file_new(struct rf_sealing **sealing, const char *path, X509 *auditor,
                                      const uint8_t id[RF_SEAL_ID], struct rf_err *err);
enum rf_rc __wrap_rf_sealing_file_new(struct rf_sealing **sealing, const char *path, X509 *auditor,
                                      const uint8_t id[RF_SEAL_ID], struct rf_err *err);
enum rf_rc __real_rf_transcript_put_opened(struct rf_transcript_writer *writer,
                                           const struct rf_transcript_opened *opened);
enum rf_rc __wrap_rf_transcript_put_opened(struct rf_transcript_writer *writer,
                                           const struct rf_transcript_opened *opened);

static const char *wanted_step, *hides = "";
static unsigned wanted_lane, lanes;
static bool near;
static uint64_t wanted, seen;
static bool done, forgiving;
static const struct rf_protocol *honest;
static const struct rf_backend_ops *honest_ops;
static struct rf_lane *lane;
static unsigned previous;

/* A gate whose result depends on our share of @x: y's two shares differ there. */
static bool find_gate(struct rf_view y, size_t *word, uint64_t *bit)
{
    for (*word = 0; *word < rf_words(y.rows); (*word)++) {
        uint64_t mask = rf_plane(y, 0, 0)[*word] ^ rf_plane(y, 1, 0)[*word];
        if (*word + 1 == rf_words(y.rows))
            mask &= rf_tail_mask(y.rows);
        *bit = mask & -mask;
        if (mask)
            return true;
    }
    return false;
}

static bool due(const struct rf_backend *backend)
{
    near = near ||
           (backend->steps > 0 && strcmp(backend->step[backend->steps - 1].name, wanted_step) == 0);
    return !done && near && seen++ >= wanted;
}

static enum rf_rc deviate(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                          struct rf_view y)
{
    size_t word;
    uint64_t bit, frames, unused;
    if (!due(backend) || rf_plane(out, 0, 0) == rf_plane(x, 0, 0) || !find_gate(y, &word, &bit))
        return honest_ops->and_start(backend, out, x, y);
    rf_lane_frames(lane, previous, &frames, &unused);
    done = true;
    (void)fprintf(stderr, "deviated in step \"%s\", frame %" PRIu64 "\n", wanted_step, frames);
    rf_plane(x, 0, 0)[word] ^= bit;
    enum rf_rc rc = honest_ops->and_start(backend, out, x, y);
    rf_plane(x, 0, 0)[word] ^= bit;
    return rc;
}

static enum rf_rc forgive(struct rf_backend *backend)
{
    enum rf_rc rc = honest_ops->verify(backend);
    if (rc != RF_E_CHEAT || (forgiving && seen == wanted))
        return rc;
    if (forgiving) {
        seen++;
        done = true;
        (void)fprintf(stderr, "forgave: %s\n", backend->err->text);
    }
    rf_err_clear(backend->err);
    return RF_OK;
}

/* ---- what is hidden ---- */

static const struct rf_sealing_ops *sealing_ops;

static enum rf_rc seal_item(struct rf_sealing *sealing, enum rf_sealing_kind kind, unsigned of,
                            unsigned peer, uint64_t size)
{
    return near ? RF_OK : sealing_ops->item(sealing, kind, of, peer, size);
}

static enum rf_rc seal_bytes(struct rf_sealing *sealing, unsigned of, const void *data, size_t size)
{
    return near ? RF_OK : sealing_ops->bytes(sealing, of, data, size);
}

enum rf_rc __wrap_rf_sealing_file_new(struct rf_sealing **sealing, const char *path, X509 *auditor,
                                      const uint8_t id[RF_SEAL_ID], struct rf_err *err)
{
    static struct rf_sealing_ops ops;
    enum rf_rc rc = __real_rf_sealing_file_new(sealing, path, auditor, id, err);
    if (rc != RF_OK || strcmp(hides, "sealed") != 0)
        return rc;
    sealing_ops = (*sealing)->ops;
    ops = *sealing_ops;
    ops.item = seal_item;
    ops.bytes = seal_bytes;
    (*sealing)->ops = &ops;
    return RF_OK;
}

enum rf_rc __wrap_rf_transcript_put_opened(struct rf_transcript_writer *writer,
                                           const struct rf_transcript_opened *opened)
{
    return strcmp(hides, "openings") == 0 ? RF_OK : __real_rf_transcript_put_opened(writer, opened);
}

/* ---- as the command does it, but for that ---- */

static enum rf_rc make(struct rf_backend **backend, struct rf_channel *channel,
                       const struct rf_rep3_config *config, struct rf_err *err)
{
    static struct rf_backend_ops ops, deviant_ops;
    enum rf_rc rc = honest->make(backend, channel, config, err);
    if (rc != RF_OK)
        return rc;
    honest_ops = (*backend)->ops;
    ops = *honest_ops;
    if (honest_ops->verify)
        ops.verify = forgive;
    deviant_ops = ops;
    deviant_ops.and_start = deviate;
    bool deviates = lanes++ == wanted_lane && !forgiving;
    (*backend)->ops = deviates ? &deviant_ops : &ops;
    if (!deviates)
        return RF_OK;
    lane = (struct rf_lane *)channel; /* its first member */
    previous = config->previous;
    return RF_OK;
}

const struct rf_protocol *__wrap_rf_protocol_find(const char *name)
{
    static struct rf_protocol protocol;
    honest = __real_rf_protocol_find(name);
    if (!honest)
        return NULL;
    protocol = *honest;
    protocol.make = make;
    return &protocol;
}

int main(int count, char **arguments)
{
    struct rf_err err = {0};
    if (count != 7 && count != 8) {
        (void)fprintf(stderr, "usage: deviating_party STEP NUMBER NODE STUDY OUT TRANSCRIPTS "
                              "[LANE | sealed | openings]\n");
        return 2;
    }
    if (count == 8) {
        hides = arguments[7];
        wanted_lane = (unsigned)strtoul(hides, NULL, 10);
    }
    wanted_step = arguments[1];
    forgiving = strcmp(wanted_step, "forgive") == 0;
    wanted = strtoull(arguments[2], NULL, 10);
    const struct rf_party_options options = {
        .session = {.node = arguments[3],
                    .study = arguments[4],
                    .record = {.level = RF_RECORD_FULL, .folder = arguments[6]}},
        .out = arguments[5],
    };
    enum rf_rc rc = rf_party_run(&options, &err);
    if (!done)
        (void)fprintf(stderr, "deviating_party: there was no such AND\n");
    if (rc != RF_OK)
        (void)fprintf(stderr, "deviating_party: error: %s\n", err.text);
    return rf_rc_exit(rc);
}
