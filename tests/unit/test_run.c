/* One process of a run, with a channel on which the test says what the others say: who is named when they
 * do not agree, and what others are told. */
#include <criterion/criterion.h>
#include <string.h>

#include "party/run/input.h"
#include "party/run/message.h"
#include "party/run/record.h"
#include "party/run/study_task.h"
#include "protocols/backend/rep3/rep3.h"
#include "protocols/share/stream.h"
#include "support/capture.h"
#include "support/keys_kit.h"

enum { BANKS = 3, ROWS = 4, CLIENT = RF_PARTIES - 1, SAID_MAX = 4096 };

/* What a peer says: one control message. */
struct said {
    uint8_t bytes[SAID_MAX];
    size_t size;
};

/* Party 0, which gets both its shares as seeds. */
struct scene {
    struct rf_channel channel; /* first: what the functions below get */
    struct said said[RF_PEERS_MAX];
    struct rf_session session;
    struct rf_err err;
    EVP_PKEY *key[BANKS];
    struct rf_input input[BANKS];
    struct rf_input_record record[BANKS];
    struct rf_signed signed_record[BANKS];
};

static enum rf_rc hear(struct rf_channel *channel, unsigned peer, uint8_t **data, size_t *size)
{
    const struct said *said = &((struct scene *)channel)->said[peer];
    *size = said->size;
    *data = rf_secret_alloc(said->size);
    memcpy(*data, said->bytes, said->size);
    return RF_OK;
}

static enum rf_rc say(struct rf_channel *channel, unsigned peer, const void *data, size_t size)
{
    (void)channel;
    (void)peer;
    (void)data;
    (void)size;
    return RF_OK;
}

static enum rf_rc begin_step(struct rf_channel *channel, const char *name)
{
    (void)channel;
    (void)name;
    return RF_OK;
}

static void make_study(struct rf_session *session)
{
    static const char *const names[BANKS] = {"bank-a", "bank-b", "bank-c"};
    struct rf_study *study = &session->manifest.study;
    rf_study_defaults(study);
    study->shared_tokens = study->rings = true;
    study->types[RF_TYPE_PHONE] = true;
    study->member_count = BANKS;
    for (unsigned i = 0; i < BANKS; i++) {
        struct rf_member *member = &study->members[i];
        *member = (struct rf_member){
            .party = (int)i, .contributor = true, .recipient = true, .rows = ROWS, .customers = 4};
        (void)snprintf(member->name, sizeof member->name, "%s", names[i]);
    }
    for (unsigned i = 1; i < RF_PARTIES; i++) {
        session->peer[session->peers] = (struct rf_peer){.id = (uint16_t)i, .member = names[i]};
        session->peer_member[session->peers++] = i;
    }
    for (unsigned i = 0; i < BANKS; i++) {
        session->peer[session->peers] =
            (struct rf_peer){.id = (uint16_t)(RF_CLIENT_ID + i), .member = names[i]};
        session->peer_member[session->peers++] = i;
    }
}

static void sign(struct scene *scene, unsigned bank)
{
    cr_assert_eq(rf_record_sign_input(&scene->signed_record[bank], &scene->record[bank],
                                      scene->key[bank], &scene->err),
                 RF_OK);
}

/* A contribution as rf_input_give() would make it; nobody here sees share 2. */
static void contribute(struct scene *scene, unsigned bank, size_t row_bytes)
{
    struct rf_input *input = &scene->input[bank];
    struct rf_input_record *record = &scene->record[bank];
    static uint8_t share[ROWS * 256];
    *record = (struct rf_input_record){.run = rf_record_run(&scene->session),
                                       .member = bank,
                                       .rows = ROWS,
                                       .row_bytes = row_bytes};
    for (unsigned j = 0; j < 2; j++) {
        struct rf_stream stream = {0};
        input->seeded[j] = true;
        memset(input->seed[j], (int)(1 + 2 * bank + j), sizeof input->seed[j]);
        memset(input->salt[j], (int)(64 + 2 * bank + j), sizeof input->salt[j]);
        memset(share, 0, sizeof share);
        cr_assert_eq(rf_stream_init(&stream, input->seed[j], &scene->err), RF_OK);
        rf_stream_xor(&stream, share, ROWS * row_bytes);
        rf_stream_fini(&stream);
        rf_record_digest(record->commitment[j], input->salt[j], share, ROWS * row_bytes);
    }
    sign(scene, bank);
}

static struct scene *scene_new(void)
{
    static const struct rf_channel_ops ops = {
        .control_send = say, .control_receive = hear, .step = begin_step};
    static struct scene scene;
    struct rf_session *session = &scene.session;
    struct rf_task task;
    scene.channel = (struct rf_channel){.ops = &ops, .err = &scene.err};
    *session = (struct rf_session){
        .err = &scene.err, .channel = &scene.channel, .manifest.hash = {7}, .id = {8}, .epoch = 9};
    make_study(session);
    rf_study_task(&task, &session->manifest.study, 0);
    cr_assert_leq(rf_row_bytes(&task), 256);
    for (unsigned i = 0; i < BANKS; i++) {
        scene.key[i] = EVP_EC_gen("P-256");
        session->certificate[i] =
            keys_kit_certificate(scene.key[i], keys_kit_member(scene.key[i]), NULL, NULL);
        contribute(&scene, i, rf_row_bytes(&task));
    }
    return &scene;
}

/* Keeps what was last sent on the capturing channel as what a peer says. */
static void keep(struct said *said, const struct rf_capture *capture)
{
    cr_assert_leq(capture->size, sizeof said->bytes);
    said->size = capture->size;
    memcpy(said->bytes, capture->bytes, capture->size);
}

/* @shown: what parties 1 and 2 say that they got */
static enum rf_rc take(struct scene *scene, const struct rf_signed shown[2][BANKS])
{
    struct rf_backend *backend = NULL;
    struct rf_rows rows = {0};
    struct rf_capture *capture = rf_capture_channel();
    const struct rf_rep3_config config = {
        .previous = 1, .next = 0, .context = "test", .context_size = 4};
    for (unsigned bank = 0; bank < BANKS; bank++) {
        scene->input[bank].record = scene->signed_record[bank];
        cr_assert_eq(rf_message_send_input(&capture->channel, 0, &scene->input[bank]), RF_OK);
        keep(&scene->said[CLIENT + bank], capture);
    }
    for (unsigned peer = 0; peer < 2; peer++) {
        cr_assert_eq(rf_message_send_records(&capture->channel, 0, shown[peer], BANKS), RF_OK);
        keep(&scene->said[peer], capture);
    }
    cr_assert_eq(rf_rep3_new(&backend, &scene->channel, &config, &scene->err), RF_OK);
    enum rf_rc rc = rf_input_take(&scene->session, backend, &rows);
    rf_rows_fini(&rows);
    rf_backend_free(backend);
    for (unsigned i = 0; i < BANKS; i++) {
        X509_free(scene->session.certificate[i]);
        EVP_PKEY_free(scene->key[i]);
    }
    return rc;
}

static void show_all(const struct scene *scene, struct rf_signed shown[2][BANKS])
{
    for (unsigned peer = 0; peer < 2; peer++)
        memcpy(shown[peer], scene->signed_record, sizeof scene->signed_record);
}

static void expect_named(struct scene *scene, const struct rf_signed shown[2][BANKS],
                         const char *text)
{
    cr_expect_eq(take(scene, shown), RF_E_CHEAT);
    cr_expect(strstr(scene->err.text, text), "'%s', not '%s'", scene->err.text, text);
}

static struct rf_signed shown[2][BANKS];

Test(input, what_agrees_is_taken)
{
    struct scene *scene = scene_new();
    show_all(scene, shown);
    cr_expect_eq(take(scene, shown), RF_OK, "%s", scene->err.text);
}

Test(input, a_share_that_was_not_committed_to)
{
    struct scene *scene = scene_new();
    show_all(scene, shown);
    scene->input[1].seed[1][0] ^= 1;
    expect_named(scene, shown, "bank-b gave a share that is not the one it committed to (share 1)");
}

/* The contributor signed both, for this run: share 2 differs, which we have not seen. */
Test(input, two_records_of_one_run)
{
    struct scene *scene = scene_new();
    struct rf_signed ours = scene->signed_record[2];
    scene->record[2].commitment[2][0] ^= 1;
    sign(scene, 2);
    show_all(scene, shown);
    scene->signed_record[2] = ours;
    expect_named(scene, shown, "bank-c gave shares to bank-b that do not agree with ours");
}

/* The same signature twice need not have the same bytes. */
Test(input, one_record_signed_twice)
{
    struct scene *scene = scene_new();
    struct rf_signed ours = scene->signed_record[2];
    sign(scene, 2);
    show_all(scene, shown);
    scene->signed_record[2] = ours;
    cr_expect_eq(take(scene, shown), RF_OK, "%s", scene->err.text);
}

Test(input, a_contributor_gives_a_record_of_another_epoch)
{
    struct scene *scene = scene_new();
    scene->record[0].run.epoch--;
    sign(scene, 0);
    show_all(scene, shown);
    expect_named(scene, shown, "bank-a signed an input record of another member, study");
}

/* A party keeps what a contributor signed in an earlier epoch and shows it now: well signed, and still it is
 * the party that is named. */
Test(input, a_party_shows_a_record_of_another_epoch)
{
    struct scene *scene = scene_new();
    struct rf_signed ours = scene->signed_record[1];
    show_all(scene, shown);
    scene->record[1].run.epoch--;
    sign(scene, 1);
    shown[1][1] = scene->signed_record[1];
    scene->signed_record[1] = ours;
    expect_named(scene, shown, "bank-c shows a record of bank-b that bank-b did not sign for this");
}

/* The same with what another contributor signed in this one. */
Test(input, a_party_shows_a_record_of_another_member)
{
    struct scene *scene = scene_new();
    show_all(scene, shown);
    shown[0][0] = scene->signed_record[2];
    expect_named(scene, shown, "bank-b shows a record of bank-a that bank-a did not sign for this");
}

/* ---- farewell ---- */

static const char *told(enum rf_rc rc)
{
    static struct rf_err err;
    err = (struct rf_err){0};
    (void)rf_err_set(&err, rc, "bank-x and extract/customers.csv:3");
    return rf_session_farewell(&err);
}

Test(session, peers_are_told_of_others_and_not_of_our_files)
{
    static const enum rf_rc ours[] = {RF_E_ARG,    RF_E_FORMAT, RF_E_IO,
                                      RF_E_MEMORY, RF_E_CRYPTO, RF_E_INTERNAL};
    static const enum rf_rc others[] = {RF_E_PEER, RF_E_CHEAT, RF_E_ABORT};
    for (unsigned i = 0; i < sizeof ours / sizeof *ours; i++) {
        cr_expect(strncmp(told(ours[i]), "a fault of its own", 18) == 0, "%s", told(ours[i]));
        cr_expect_null(strchr(told(ours[i]), '/'));
    }
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_str_eq(told(others[i]), "bank-x and extract/customers.csv:3");
    cr_expect_str_eq(rf_session_farewell(NULL), "a fault of its own");
}
