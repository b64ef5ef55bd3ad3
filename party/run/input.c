#include "party/run/input.h"

#include <string.h>

#include "net/base/secret.h"
#include "party/run/message.h"
#include "party/run/record.h"
#include "party/run/study_task.h"
#include "protocols/share/stream.h"

/* ---- a contributor ---- */

struct giving {
    struct rf_session *session;
    const struct rf_contribution *contribution;
    size_t size; /* bytes of a share */
    uint8_t seed[2][RF_SHARE_SEED];
    uint8_t salt[RF_PARTIES][RF_SALT_SIZE];
    uint8_t *share; /* work space: in the end, share 2 */
    struct rf_signed record;
};

static enum rf_rc add_stream(uint8_t *data, size_t size, const uint8_t seed[RF_SHARE_SEED],
                             struct rf_err *err)
{
    struct rf_stream stream = {0};
    enum rf_rc rc = rf_stream_init(&stream, seed, err);
    if (rc == RF_OK)
        rf_stream_xor(&stream, data, size);
    rf_stream_fini(&stream);
    return rc;
}

static enum rf_rc draw_secrets(struct giving *giving)
{
    enum rf_rc rc;
    RF_TRY(rf_session_draw(giving->session, "ringfence share seeds v1", giving->seed[0],
                           sizeof giving->seed));
    RF_TRY(rf_session_draw(giving->session, "ringfence input salts v1", giving->salt[0],
                           sizeof giving->salt));
done:
    return rc;
}

static enum rf_rc commit(struct giving *giving, struct rf_input_record *record)
{
    enum rf_rc rc = RF_OK;
    struct rf_err *err = giving->session->err;
    for (unsigned j = 0; j < 2; j++) {
        memset(giving->share, 0, giving->size);
        RF_TRY(add_stream(giving->share, giving->size, giving->seed[j], err));
        rf_record_digest(record->commitment[j], giving->salt[j], giving->share, giving->size);
    }
    memcpy(giving->share, giving->contribution->rows, giving->size);
    for (unsigned j = 0; j < 2; j++)
        RF_TRY(add_stream(giving->share, giving->size, giving->seed[j], err));
    rf_record_digest(record->commitment[2], giving->salt[2], giving->share, giving->size);
done:
    return rc;
}

static enum rf_rc sign_record(struct giving *giving)
{
    enum rf_rc rc;
    const struct rf_session *session = giving->session;
    struct rf_input_record record = {
        .run = rf_record_run(session),
        .member = session->member,
        .rows = giving->contribution->count,
        .row_bytes = giving->contribution->row_bytes,
    };
    RF_TRY(commit(giving, &record));
    RF_TRY(rf_record_sign_input(&giving->record, &record, session->identity.key, session->err));
    RF_TRY(rf_session_signed(session, &giving->record));
done:
    return rc;
}

static enum rf_rc send_header(struct giving *giving, unsigned party)
{
    struct rf_input input = {.record = giving->record};
    for (unsigned i = 0; i < 2; i++) {
        unsigned j = (party + i) % RF_PARTIES;
        memcpy(input.salt[i], giving->salt[j], RF_SALT_SIZE);
        input.seeded[i] = j < 2;
        if (j < 2)
            memcpy(input.seed[i], giving->seed[j], RF_SHARE_SEED);
    }
    enum rf_rc rc = rf_message_send_input(giving->session->channel, party, &input);
    rf_secret_wipe(&input, sizeof input);
    return rc;
}

/* Share 2 goes to parties 1 and 2 in turns, so that neither waits for the other. */
static enum rf_rc send_share(struct giving *giving)
{
    enum { PIECE = RF_FRAME_PAYLOAD };
    enum rf_rc rc = RF_OK;
    struct rf_channel *channel = giving->session->channel;
    for (size_t at = 0; at < giving->size; at += PIECE) {
        size_t now = giving->size - at < PIECE ? giving->size - at : PIECE;
        RF_TRY(rf_channel_put(channel, 1, giving->share + at, now));
        RF_TRY(rf_channel_put(channel, 2, giving->share + at, now));
    }
    RF_TRY(rf_channel_flush(channel, 1));
    RF_TRY(rf_channel_flush(channel, 2));
done:
    return rc;
}

enum rf_rc rf_input_give(struct rf_session *session, const struct rf_contribution *contribution)
{
    enum rf_rc rc;
    struct giving giving = {
        .session = session,
        .contribution = contribution,
        .size = contribution->count * contribution->row_bytes,
    };
    RF_TRY(rf_session_step(session, "share the rows"));
    giving.share = rf_secret_alloc(giving.size);
    if (!giving.share) {
        rc = rf_err_set(session->err, RF_E_MEMORY, "out of memory for %zu bytes of shares",
                        giving.size);
        goto done;
    }
    RF_TRY(draw_secrets(&giving));
    RF_TRY(sign_record(&giving));
    RF_TRY(rf_recorder_input(session->recorder, &giving.record));
    for (unsigned party = 0; party < RF_PARTIES; party++)
        RF_TRY(send_header(&giving, party));
    RF_TRY(send_share(&giving));
done:
    rf_secret_free(giving.share, giving.size);
    rf_secret_wipe(&giving, sizeof giving);
    return rc;
}

/* ---- a party ---- */

struct taking {
    struct rf_session *session;
    struct rf_rows *rows;
    unsigned banks, bank_of[RF_BANKS_MAX];
    unsigned peer[RF_BANKS_MAX]; /* of the bank's client */
    size_t first[RF_BANKS_MAX];  /* row */
    struct rf_input input[RF_BANKS_MAX];
    struct rf_signed record[RF_BANKS_MAX];
    struct rf_input_record decoded[RF_BANKS_MAX];
};

static const struct rf_member *bank_member(const struct taking *taking, unsigned bank)
{
    return &taking->session->manifest.study.members[taking->bank_of[bank]];
}

static uint8_t *bank_share(const struct taking *taking, unsigned bank, unsigned part)
{
    return taking->rows->part[part] + taking->first[bank] * taking->rows->bytes;
}

static size_t bank_size(const struct taking *taking, unsigned bank)
{
    return bank_member(taking, bank)->rows * taking->rows->bytes;
}

static bool of_run(const struct taking *taking, unsigned bank, const struct rf_input_record *record)
{
    return rf_record_is_of(&record->run, taking->session) &&
           record->member == taking->bank_of[bank];
}

/* Is this the record of this bank, in this run, of the declared size? */
static enum rf_rc check_record(struct taking *taking, unsigned bank)
{
    const struct rf_session *session = taking->session;
    const struct rf_input_record *record = &taking->decoded[bank];
    const struct rf_member *member = bank_member(taking, bank);
    if (!of_run(taking, bank, record)) {
        return rf_err_set(session->err, RF_E_CHEAT,
                          "%s signed an input record of another member, study, session or epoch",
                          member->name);
    }
    if (record->rows != member->rows || record->row_bytes != taking->rows->bytes) {
        return rf_err_set(session->err, RF_E_CHEAT,
                          "%s gives %llu rows of %llu bytes where the manifest says %llu of %zu",
                          member->name, (unsigned long long)record->rows,
                          (unsigned long long)record->row_bytes, (unsigned long long)member->rows,
                          taking->rows->bytes);
    }
    return RF_OK;
}

static enum rf_rc take_header(struct taking *taking, unsigned bank)
{
    enum rf_rc rc;
    struct rf_session *session = taking->session;
    struct rf_input *input = &taking->input[bank];
    const struct rf_member *member = bank_member(taking, bank);
    RF_TRY(rf_message_receive_input(session->channel, taking->peer[bank], member->name, input));
    taking->record[bank] = input->record;
    RF_TRY(rf_record_verify_input(&taking->decoded[bank], &input->record,
                                  session->certificate[taking->bank_of[bank]], member->name,
                                  session->err));
    RF_TRY(check_record(taking, bank));
    for (unsigned i = 0; i < 2; i++) {
        bool seeded = ((unsigned)session->party + i) % RF_PARTIES < 2;
        if (input->seeded[i] != seeded) {
            rc = rf_err_set(session->err, RF_E_CHEAT, "%s gives a share in the wrong form",
                            member->name);
            goto done;
        }
        if (seeded)
            continue;
        RF_TRY(rf_channel_want(session->channel, taking->peer[bank], bank_share(taking, bank, i),
                               bank_size(taking, bank)));
        RF_TRY(rf_channel_want_end(session->channel, taking->peer[bank]));
    }
done:
    return rc;
}

static enum rf_rc take_shares(struct taking *taking, unsigned bank)
{
    enum rf_rc rc = RF_OK;
    struct rf_session *session = taking->session;
    const struct rf_input *input = &taking->input[bank];
    size_t size = bank_size(taking, bank);
    for (unsigned i = 0; i < 2; i++) {
        uint8_t digest[RF_DIGEST_SIZE], *share = bank_share(taking, bank, i);
        if (input->seeded[i]) {
            memset(share, 0, size);
            RF_TRY(add_stream(share, size, input->seed[i], session->err));
        } else if (size) {
            RF_TRY(rf_channel_wait(session->channel, taking->peer[bank]));
        }
        unsigned j = ((unsigned)session->party + i) % RF_PARTIES;
        rf_record_digest(digest, input->salt[i], share, size);
        if (!rf_secret_equal(digest, taking->decoded[bank].commitment[j], sizeof digest)) {
            rc = rf_err_set(session->err, RF_E_CHEAT,
                            "%s gave a share that is not the one it committed to (share %u)",
                            bank_member(taking, bank)->name, j);
            goto done;
        }
    }
done:
    return rc;
}

/* The peer shows another record of a bank. If the bank's key signed that one too, for this run, the bank gave
 * two; if not, the peer made it up, or kept it from another run. */
static enum rf_rc blame(struct taking *taking, unsigned bank, unsigned peer,
                        const struct rf_signed *other)
{
    struct rf_session *session = taking->session;
    const char *contributor = bank_member(taking, bank)->name;
    const char *party = session->peer[peer].member;
    struct rf_input_record record;
    struct rf_err why = {0};
    if (rf_record_verify_input(&record, other, session->certificate[taking->bank_of[bank]],
                               contributor, &why) == RF_OK &&
        of_run(taking, bank, &record)) {
        return rf_err_set(session->err, RF_E_CHEAT,
                          "%s gave shares to %s that do not agree with ours: it signed two "
                          "different records",
                          contributor, party);
    }
    return rf_err_set(session->err, RF_E_CHEAT,
                      "%s shows a record of %s that %s did not sign for this run", party,
                      contributor, contributor);
}

/* ECDSA signatures of one record may differ, so only the records are compared. */
static enum rf_rc compare_records(struct taking *taking, unsigned peer,
                                  const struct rf_signed *others)
{
    for (unsigned bank = 0; bank < taking->banks; bank++) {
        const struct rf_signed *own = &taking->record[bank], *other = &others[bank];
        if (own->record_size != other->record_size ||
            !rf_secret_equal(own->record, other->record, own->record_size))
            return blame(taking, bank, peer, other);
    }
    return RF_OK;
}

static enum rf_rc agree_on_records(struct taking *taking)
{
    enum rf_rc rc = RF_OK;
    struct rf_session *session = taking->session;
    struct rf_signed others[RF_BANKS_MAX];
    for (unsigned peer = 0; peer < RF_PARTIES - 1; peer++)
        RF_TRY(rf_message_send_records(session->channel, peer, taking->record, taking->banks));
    for (unsigned peer = 0; peer < RF_PARTIES - 1; peer++) {
        RF_TRY(rf_message_receive_records(session->channel, peer, session->peer[peer].member,
                                          others, taking->banks));
        RF_TRY(compare_records(taking, peer, others));
    }
    for (unsigned bank = 0; bank < taking->banks; bank++)
        RF_TRY(rf_recorder_input(session->recorder, &taking->record[bank]));
done:
    return rc;
}

static enum rf_rc take_all(struct taking *taking)
{
    enum rf_rc rc = RF_OK;
    for (unsigned bank = 0; bank < taking->banks; bank++)
        RF_TRY(take_header(taking, bank));
    for (unsigned bank = 0; bank < taking->banks; bank++)
        RF_TRY(take_shares(taking, bank));
    RF_TRY(agree_on_records(taking));
done:
    return rc;
}

enum rf_rc rf_input_take(struct rf_session *session, struct rf_backend *backend,
                         struct rf_rows *rows)
{
    enum rf_rc rc;
    struct taking *taking = rf_secret_alloc(sizeof *taking);
    struct rf_task task;
    if (!taking)
        return rf_err_set(session->err, RF_E_MEMORY, "out of memory");
    taking->session = session;
    taking->rows = rows;
    taking->banks = rf_study_banks(&session->manifest.study, taking->bank_of);
    rf_study_task(&task, &session->manifest.study, 0);
    for (unsigned bank = 0, first = 0; bank < taking->banks; bank++) {
        taking->peer[bank] = rf_session_client_peer(session, taking->bank_of[bank]);
        taking->first[bank] = first;
        first += (unsigned)bank_member(taking, bank)->rows;
    }
    RF_TRY(rf_backend_rows(backend, rows, rf_task_rows(&task), rf_row_bytes(&task)));
    RF_TRY(take_all(taking));
done:
    rf_secret_free(taking, sizeof *taking);
    return rc;
}
