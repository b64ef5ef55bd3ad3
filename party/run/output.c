#include "party/run/output.h"

#include <string.h>

#include "net/base/bytes.h"
#include "net/base/secret.h"
#include "party/run/record.h"
#include "party/run/study_task.h"

/* A share of the output as it travels: plane after plane, whole words, no bits beyond the rows. */
static size_t share_size(const struct rf_task *task)
{
    return rf_words(rf_output_cells(&task->shape)) * rf_output_layout(task).width *
           sizeof(uint64_t);
}

/* ---- a party ---- */

static void read_share(uint8_t *out, struct rf_view output, unsigned part)
{
    size_t words = rf_words(output.rows);
    for (unsigned plane = 0; plane < output.width; plane++) {
        memcpy(out, rf_plane(output, part, plane), words * sizeof(uint64_t));
        uint64_t last = rf_plane(output, part, plane)[words - 1] & rf_tail_mask(output.rows);
        rf_store64(out + (words - 1) * sizeof last, last);
        out += words * sizeof(uint64_t);
    }
}

/* Share j's two holders are parties j and j - 1; they know a key that the third does not. */
static enum rf_rc share_salt(const struct rf_session *session, unsigned part, uint8_t *salt)
{
    unsigned other = ((unsigned)session->party + (part ? 1 : 2)) % RF_PARTIES;
    return rf_session_key(session, rf_session_party_peer(session, other),
                          "ringfence output salt v1", salt, RF_SALT_SIZE);
}

static enum rf_rc make_shares(const struct rf_session *session, struct rf_view view,
                              struct rf_output *output, struct rf_output_record *record)
{
    enum rf_rc rc = RF_OK;
    for (unsigned part = 0; part < 2; part++) {
        output->share[part] = rf_secret_alloc(output->share_size);
        if (!output->share[part])
            return rf_err_set(session->err, RF_E_MEMORY, "out of memory for the output");
        read_share(output->share[part], view, part);
        RF_TRY(share_salt(session, part, output->salt[part]));
        rf_record_digest(record->digest[part], output->salt[part], output->share[part],
                         output->share_size);
    }
done:
    return rc;
}

static enum rf_rc check_record(const struct rf_session *session, unsigned peer,
                               const struct rf_signed *in, struct rf_output_record *record)
{
    enum rf_rc rc;
    const char *name = session->peer[peer].member;
    RF_TRY(rf_record_verify_output(record, in, session->certificate[session->peer_member[peer]],
                                   name, session->err));
    if (!rf_record_is_of(&record->run, session) || record->party != session->peer[peer].id) {
        rc = rf_err_set(session->err, RF_E_CHEAT,
                        "%s signed an output record of another party, study, session or epoch",
                        name);
    }
done:
    return rc;
}

/* The share that we and the peer both hold: part 0 with the previous party, part 1 with the next. */
static enum rf_rc compare_with(const struct rf_session *session, unsigned peer,
                               const struct rf_output_record *own,
                               const struct rf_output_record *other)
{
    bool next = session->peer[peer].id == ((unsigned)session->party + 1) % RF_PARTIES;
    if (rf_secret_equal(own->digest[next ? 1 : 0], other->digest[next ? 0 : 1], RF_DIGEST_SIZE))
        return RF_OK;
    return rf_err_set(session->err, RF_E_CHEAT,
                      "%s and we hold different copies of one share of the output",
                      session->peer[peer].member);
}

static enum rf_rc exchange_records(struct rf_session *session, const struct rf_signed *own,
                                   const struct rf_output_record *record)
{
    enum rf_rc rc = RF_OK;
    RF_TRY(rf_recorder_output(session->recorder, own));
    for (unsigned peer = 0; peer < RF_PARTIES - 1; peer++)
        RF_TRY(rf_message_send_records(session->channel, peer, own, 1));
    for (unsigned peer = 0; peer < RF_PARTIES - 1; peer++) {
        struct rf_signed in;
        struct rf_output_record other;
        RF_TRY(
            rf_message_receive_records(session->channel, peer, session->peer[peer].member, &in, 1));
        RF_TRY(check_record(session, peer, &in, &other));
        RF_TRY(compare_with(session, peer, record, &other));
        RF_TRY(rf_recorder_output(session->recorder, &in));
    }
done:
    return rc;
}

/* What a run cost tells how many rows are shared, which is for recipients alone. A client that is none
 * learns that the run has ended. */
static enum rf_rc send_outputs(struct rf_session *session, struct rf_output *output)
{
    enum rf_rc rc = RF_OK;
    const struct rf_study *study = &session->manifest.study;
    const struct rf_output nothing = {0};
    output->has_shares = true;
    for (unsigned peer = RF_PARTIES - 1; peer < session->peers; peer++) {
        bool recipient = study->members[session->peer_member[peer]].recipient;
        RF_TRY(rf_message_send_output(session->channel, peer, recipient ? output : &nothing));
    }
done:
    return rc;
}

enum rf_rc rf_output_give(struct rf_session *session, struct rf_view view,
                          const struct rf_run_cost *cost)
{
    enum rf_rc rc;
    struct rf_task task;
    struct rf_output output = {.cost = *cost};
    struct rf_output_record record = {
        .run = rf_record_run(session),
        .party = (uint64_t)session->party,
    };
    rf_study_task(&task, &session->manifest.study, 0);
    output.share_size = share_size(&task);
    RF_TRY(rf_session_step(session, "give the result"));
    RF_TRY(make_shares(session, view, &output, &record));
    RF_TRY(rf_record_sign_output(&output.record, &record, session->identity.key, session->err));
    RF_TRY(rf_session_signed(session, &output.record));
    RF_TRY(exchange_records(session, &output.record, &record));
    RF_TRY(send_outputs(session, &output));
done:
    rf_message_output_fini(&output);
    rf_secret_wipe(output.salt, sizeof output.salt);
    return rc;
}

/* ---- a client ---- */

/* Every share came twice: from party j as its first, from party j - 1 as its second. */
static enum rf_rc check_shares(const struct rf_session *session, const struct rf_output *output,
                               const struct rf_output_record *record)
{
    for (unsigned j = 0; j < RF_PARTIES; j++) {
        unsigned before = (j + RF_PARTIES - 1) % RF_PARTIES;
        const char *a = session->peer[j].member, *b = session->peer[before].member;
        uint8_t digest[RF_DIGEST_SIZE];
        rf_record_digest(digest, output[j].salt[0], output[j].share[0], output[j].share_size);
        if (!rf_secret_equal(digest, record[j].digest[0], sizeof digest))
            return rf_err_set(session->err, RF_E_CHEAT,
                              "%s gave a share that is not the one it signed", a);
        rf_record_digest(digest, output[before].salt[1], output[before].share[1],
                         output[before].share_size);
        if (!rf_secret_equal(digest, record[before].digest[1], sizeof digest))
            return rf_err_set(session->err, RF_E_CHEAT,
                              "%s gave a share that is not the one it signed", b);
        if (!rf_secret_equal(output[j].share[0], output[before].share[1], output[j].share_size)) {
            return rf_err_set(session->err, RF_E_CHEAT,
                              "%s and %s gave different copies of one share: one of them is wrong",
                              a, b);
        }
    }
    return RF_OK;
}

struct opened {
    const uint8_t *share[RF_PARTIES];
    size_t words;
};

static uint64_t opened_bit(const struct opened *opened, size_t row, unsigned plane)
{
    size_t at = (plane * opened->words + row / 64) * sizeof(uint64_t);
    uint64_t word = rf_load64(opened->share[0] + at) ^ rf_load64(opened->share[1] + at) ^
                    rf_load64(opened->share[2] + at);
    return word >> (row % 64) & 1;
}

static void decode_cell(struct rf_cell *cell, const struct opened *opened, size_t row,
                        const struct rf_output_layout *layout)
{
    cell->shown = opened_bit(opened, row, layout->shown);
    for (unsigned figure = 0; figure < RF_FIGURE_COUNT; figure++) {
        for (unsigned bit = 0; bit < layout->bits[figure]; bit++)
            cell->figure[figure] |= opened_bit(opened, row, layout->figure[figure] + bit) << bit;
    }
}

enum rf_rc rf_output_open(struct rf_result **result, const struct rf_task *task,
                          uint8_t *const share[RF_PARTIES], size_t size, struct rf_err *err)
{
    struct rf_output_layout layout = rf_output_layout(task);
    struct opened opened = {.words = rf_words(rf_output_cells(&task->shape))};
    *result = NULL;
    if (size != share_size(task))
        return rf_err_set(err, RF_E_FORMAT, "shares of %zu bytes where the study's have %zu", size,
                          share_size(task));
    for (unsigned j = 0; j < RF_PARTIES; j++)
        opened.share[j] = share[j];
    *result = rf_result_new(&task->shape);
    if (!*result)
        return rf_err_set(err, RF_E_MEMORY, "out of memory for the result");
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++) {
        size_t first = rf_output_first(&task->shape, (enum rf_table)table);
        for (size_t i = 0; i < rf_table_cells(&task->shape, (enum rf_table)table); i++)
            decode_cell(&(*result)->table[table][i], &opened, first + i, &layout);
    }
    return RF_OK;
}

/* Share j, from party j, to be kept. */
static void keep_shares(struct rf_receipt *receipt, struct rf_output *output)
{
    receipt->share_size = output[0].share_size;
    for (unsigned j = 0; j < RF_PARTIES; j++) {
        memcpy(receipt->salt[j], output[j].salt[0], RF_SALT_SIZE);
        receipt->share[j] = output[j].share[0];
        output[j].share[0] = NULL;
    }
}

/* What this recipient holds, for the transcript: the parties' records and the digest of the result. */
static enum rf_rc record_result(struct rf_session *session, const struct rf_output *output)
{
    enum rf_rc rc = RF_OK;
    uint8_t digest[RF_DIGEST_SIZE];
    const uint8_t *salt[RF_PARTIES], *share[RF_PARTIES];
    for (unsigned j = 0; j < RF_PARTIES; j++) {
        salt[j] = output[j].salt[0];
        share[j] = output[j].share[0];
        RF_TRY(rf_recorder_output(session->recorder, &output[j].record));
    }
    RF_TRY(rf_record_result(digest, salt, share, output[0].share_size, session->err));
    RF_TRY(rf_recorder_result(session->recorder, digest));
done:
    return rc;
}

static enum rf_rc open_result(struct rf_session *session, struct rf_receipt *receipt,
                              struct rf_output *output)
{
    enum rf_rc rc = RF_OK;
    struct rf_task task;
    struct rf_output_record record[RF_PARTIES];
    rf_study_task(&task, &session->manifest.study, 0);
    for (unsigned party = 0; party < RF_PARTIES; party++) {
        if (!output[party].has_shares || output[party].share_size != share_size(&task)) {
            rc = rf_err_set(session->err, RF_E_CHEAT,
                            "%s gave no shares of the result, or wrong ones",
                            session->peer[party].member);
            goto done;
        }
        RF_TRY(check_record(session, party, &output[party].record, &record[party]));
        receipt->record[party] = output[party].record;
    }
    RF_TRY(check_shares(session, output, record));
    RF_TRY(record_result(session, output));
    keep_shares(receipt, output);
    RF_TRY(
        rf_output_open(&receipt->result, &task, receipt->share, receipt->share_size, session->err));
done:
    return rc;
}

enum rf_rc rf_output_take(struct rf_session *session, struct rf_receipt *receipt)
{
    enum rf_rc rc;
    struct rf_output output[RF_PARTIES] = {0};
    RF_TRY(rf_session_step(session, "wait for the result"));
    for (unsigned party = 0; party < RF_PARTIES; party++) {
        RF_TRY(rf_message_receive_output(session->channel, party, session->peer[party].member,
                                         &output[party]));
        receipt->cost[party] = output[party].cost;
    }
    if (session->manifest.study.members[session->member].recipient)
        RF_TRY(open_result(session, receipt, output));
done:
    for (unsigned party = 0; party < RF_PARTIES; party++)
        rf_message_output_fini(&output[party]);
    return rc;
}

void rf_receipt_fini(struct rf_receipt *receipt)
{
    rf_result_free(receipt->result);
    receipt->result = NULL;
    for (unsigned j = 0; j < RF_PARTIES; j++) {
        rf_secret_free(receipt->share[j], receipt->share_size);
        receipt->share[j] = NULL;
    }
    rf_secret_wipe(receipt->salt, sizeof receipt->salt);
}
