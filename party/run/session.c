#include "party/run/session.h"

#include <libgen.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/base/derive.h"
#include "net/base/secret.h"
#include "party/keys/auditor.h"
#include "party/keys/certificate.h"
#include "party/keys/private_key.h"
#include "party/keys/safe_file.h"
#include "party/run/epoch.h"
#include "party/run/message.h"
#include "party/study/approvals.h"
#include "party/study/outsider.h"
#include "party/transcript/sealing_file.h"

/* ---- open ---- */

static enum rf_rc read_node(struct rf_session *session, const char *path)
{
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        (void)snprintf(session->folder, sizeof session->folder, "%s", path);
        return rf_node_file_folder(&session->file, path, session->err);
    }
    char copy[PATH_MAX];
    (void)snprintf(copy, sizeof copy, "%s", path);
    (void)snprintf(session->folder, sizeof session->folder, "%s", dirname(copy));
    return rf_node_file_read(&session->file, path, session->err);
}

static enum rf_rc load_identity(struct rf_session *session)
{
    enum rf_rc rc;
    struct rf_passphrase passphrase = {0};
    bool encrypted = false;
    RF_TRY(rf_safe_file_private(session->file.key, session->err));
    RF_TRY(rf_private_key_encrypted(session->file.key, &encrypted, session->err));
    if (encrypted)
        RF_TRY(rf_node_file_passphrase(&passphrase, NULL, &session->file, session->err));
    RF_TRY(rf_identity_load(&session->identity, session->file.certificate, session->file.key,
                            encrypted ? passphrase.text : NULL, session->file.ca, session->err));
done:
    rf_passphrase_fini(&passphrase);
    return rc;
}

static enum rf_rc approval_path(const struct rf_session *session, const char *folder,
                                unsigned member, char path[PATH_MAX])
{
    char name[RF_MEMBER_NAME_MAX + 16];
    (void)snprintf(name, sizeof name, "%s.approval", session->manifest.study.members[member].name);
    return rf_safe_file_join(path, folder, name, session->err);
}

static enum rf_rc load_approval(struct rf_session *session, const char *folder, unsigned member)
{
    enum rf_rc rc;
    char path[PATH_MAX];
    struct rf_session_file *file = &session->approval[member];
    RF_TRY(approval_path(session, folder, member, path));
    RF_TRY(rf_safe_file_read(path, &file->bytes, &file->size, session->err));
done:
    return rc;
}

static enum rf_rc load_study(struct rf_session *session, const char *folder)
{
    enum rf_rc rc;
    X509_STORE *authority = session->identity.authority;
    RF_TRY(rf_approvals_check(folder, authority, &session->manifest, session->err));
    for (unsigned i = 0; i < session->manifest.study.member_count; i++) {
        RF_TRY(rf_approvals_certificate(&session->certificate[i], folder, &session->manifest, i,
                                        authority, session->err));
        RF_TRY(load_approval(session, folder, i));
    }
done:
    return rc;
}

static enum rf_rc find_ourselves(struct rf_session *session)
{
    const struct rf_study *study = &session->manifest.study;
    const char *name = session->file.member;
    int member = rf_study_member(study, name);
    if (member < 0)
        return rf_err_set(session->err, RF_E_ARG, "%s is no member of the study %s", name,
                          study->name);
    session->member = (unsigned)member;
    session->party = session->role == RF_ROLE_PARTY ? study->members[member].party : -1;
    if (session->role == RF_ROLE_PARTY && session->party < 0)
        return rf_err_set(session->err, RF_E_ARG, "%s is not a party of the study %s", name,
                          study->name);
    if (session->role == RF_ROLE_CLIENT && !study->members[member].contributor &&
        !study->members[member].recipient) {
        return rf_err_set(session->err, RF_E_ARG,
                          "%s neither contributes to the study %s nor receives its result", name,
                          study->name);
    }
    if (X509_cmp(session->certificate[member], session->identity.certificate) != 0) {
        return rf_err_set(session->err, RF_E_CRYPTO,
                          "%s is not the certificate with which %s is named in the manifest",
                          session->file.certificate, name);
    }
    return RF_OK;
}

/* Our process on the links. */
static uint16_t own_id(const struct rf_session *session)
{
    return (uint16_t)(session->party >= 0 ? (unsigned)session->party
                                          : RF_CLIENT_ID + session->member);
}

static void add_peer(struct rf_session *session, uint16_t id, unsigned member, const char *dial)
{
    session->peer[session->peers] = (struct rf_peer){
        .id = id,
        .member = session->manifest.study.members[member].name,
        .dial = dial,
        .fingerprint = session->manifest.study.members[member].fingerprint,
    };
    session->peer_member[session->peers++] = member;
}

/* A client on the same host finds its own member's party where that listens. */
static const char *own_address(const struct rf_session *session)
{
    const char *listen = session->file.listen;
    bool anywhere =
        strstr(listen, "//*:") || strstr(listen, "//0.0.0.0:") || strstr(listen, "[::]");
    return listen[0] && !anywhere ? listen : NULL;
}

/* Parties dial parties of a lower number, clients dial all parties; nobody else needs to listen. */
static enum rf_rc add_party(struct rf_session *session, int party)
{
    const struct rf_study *study = &session->manifest.study;
    int member = rf_study_party(study, party);
    const char *name = study->members[member].name, *address = NULL;
    bool dials = session->party < 0 || party < session->party;
    if (dials && !session->stand_in) {
        address = rf_node_file_peer(&session->file, name);
        if (!address && strcmp(name, session->file.member) == 0)
            address = own_address(session);
        if (!address) {
            return rf_err_set(session->err, RF_E_ARG,
                              "%s/node.yaml gives no address of %s, which is party %d",
                              session->folder, name, party);
        }
    }
    add_peer(session, (uint16_t)party, (unsigned)member, address);
    return RF_OK;
}

static enum rf_rc list_peers(struct rf_session *session)
{
    enum rf_rc rc = RF_OK;
    const struct rf_study *study = &session->manifest.study;
    for (int party = 0; party < RF_PARTIES; party++) {
        if (party != session->party)
            RF_TRY(add_party(session, party));
    }
    if (session->role == RF_ROLE_CLIENT)
        goto done;
    if (!session->file.listen[0] && !session->stand_in) {
        rc = rf_err_set(session->err, RF_E_ARG,
                        "%s/node.yaml: a party needs an address to listen on", session->folder);
        goto done;
    }
    for (unsigned i = 0; i < study->member_count; i++) {
        if (study->members[i].contributor || study->members[i].recipient)
            add_peer(session, (uint16_t)(RF_CLIENT_ID + i), i, NULL);
    }
done:
    return rc;
}

/* Nobody starts a run that is to be sealed to somebody who cannot open it, or must not. */
static enum rf_rc load_auditor(struct rf_session *session)
{
    enum rf_rc rc = RF_OK;
    const char *path = session->file.auditor;
    if (session->record.level != RF_RECORD_FULL)
        return RF_OK;
    if (!path[0]) {
        RF_TRY(rf_err_set(session->err, RF_E_ARG,
                          "a full transcript is sealed to an auditor: name its certificate in "
                          "%s/node.yaml (files: auditor)",
                          session->folder));
    }
    RF_TRY(rf_auditor_load(&session->auditor, path, session->err));
    RF_TRY(rf_outsider_check(session->auditor, path, &session->manifest.study, session->certificate,
                             session->err));
done:
    return rc;
}

/* A member's second client would end the run for all: to the parties it is the first one, restarted. Its second party
 * finds the port taken. */
static enum rf_rc claim_place(struct rf_session *session, const char *study)
{
    char path[PATH_MAX];
    struct rf_err taken = {0};
    if (session->role != RF_ROLE_CLIENT)
        return RF_OK;
    enum rf_rc rc = approval_path(session, study, session->member, path);
    if (rc == RF_OK && rf_safe_file_claim(path, &session->claim, &taken) != RF_OK)
        rc = rf_err_set(session->err, taken.rc, "%s takes part in this study already: %s",
                        session->file.member, taken.text);
    return rc;
}

static enum rf_rc transcripts_folder(const struct rf_session *session, char folder[PATH_MAX])
{
    const char *wanted = session->record.folder;
    if (!wanted)
        return rf_safe_file_join(folder, session->folder, "transcripts", session->err);
    (void)snprintf(folder, PATH_MAX, "%s", wanted);
    return RF_OK;
}

/* What is written when all have met can be written: nobody else's run is to end because it cannot. */
static enum rf_rc check_places(struct rf_session *session)
{
    enum rf_rc rc = RF_OK;
    uint32_t epoch;
    char folder[PATH_MAX];
    if (session->record.level != RF_RECORD_OFF) {
        RF_TRY(transcripts_folder(session, folder));
        RF_TRY(rf_safe_file_ready(folder, session->err));
    }
    if (session->role == RF_ROLE_PARTY) {
        RF_TRY(rf_epoch_next(session->folder, session->manifest.hash, &epoch, session->err));
        RF_TRY(rf_safe_file_join(folder, session->folder, "epochs", session->err));
        RF_TRY(rf_safe_file_ready(folder, session->err));
    }
done:
    return rc;
}

enum rf_rc rf_session_open(struct rf_session *session, enum rf_role role,
                           const struct rf_session_options *options, struct rf_err *err)
{
    enum rf_rc rc;
    session->err = err;
    session->role = role;
    session->claim = -1;
    session->quiet = options->quiet;
    session->record = options->record;
    RF_TRY(read_node(session, options->node));
    RF_TRY(load_identity(session));
    if (!session->file.member[0]) {
        rc =
            rf_err_set(err, RF_E_ARG, "%s has no node.yaml that names its member", session->folder);
        goto done;
    }
    RF_TRY(load_study(session, options->study));
    RF_TRY(find_ourselves(session));
    RF_TRY(list_peers(session));
    RF_TRY(load_auditor(session));
    RF_TRY(check_places(session));
    RF_TRY(claim_place(session, options->study));
    session->lanes = role == RF_ROLE_PARTY ? session->manifest.study.lanes : 1;
    if (RAND_bytes(session->seed, sizeof session->seed) != 1)
        rc = rf_err_set(err, RF_E_CRYPTO, "the operating system gives no random bytes");
done:
    return rc;
}

/* ---- connect ---- */

static void log_line(void *context, const char *line)
{
    const struct rf_session *session = context;
    if (!session->quiet)
        (void)fprintf(stderr, "%s\n", line);
}

static enum rf_rc open_more(struct rf_session *session)
{
    enum rf_rc rc = RF_OK;
    for (unsigned i = 0; i + 1 < session->lanes; i++) {
        rc = rf_lane_open(&session->more[i], session->node, i + 1, &session->lane_err[i]);
        if (rc != RF_OK)
            return rf_err_set(session->err, rc, "%s", session->lane_err[i].text);
        session->more_channels[i] = rf_lane_channel(session->more[i]);
    }
    return rc;
}

enum rf_rc rf_session_connect(struct rf_session *session)
{
    enum rf_rc rc;
    const struct rf_node_file *file = &session->file;
    bool records = session->record.level != RF_RECORD_OFF;
    if (records)
        RF_TRY(rf_recorder_new(&session->recorder, session, session->lanes));
    struct rf_node_config config = {
        .identity = &session->identity,
        .id = own_id(session),
        .member = file->member,
        .listen = session->role == RF_ROLE_PARTY ? file->listen : NULL,
        .peers = session->peer,
        .peer_count = session->peers,
        .lanes = session->lanes,
        .lane_peers = RF_PARTIES - 1, /* a party's first peers are the parties */
        .silence_ms = file->silence * 1000,
        .connect_ms = file->connect * 1000,
        .progress_ms = file->progress * 1000,
        .chain = records,
        .sink = rf_recorder_sink(session->recorder),
        .log = log_line,
        .log_context = session,
    };
    memcpy(config.manifest_hash, session->manifest.hash, sizeof config.manifest_hash);
    RF_TRY(rf_node_new(&session->node, &config, session->err));
    RF_TRY(rf_lane_open(&session->lane, session->node, 0, session->err));
    session->channel = rf_lane_channel(session->lane);
    RF_TRY(open_more(session));
done:
    return rc;
}

/* ---- meet ---- */

enum { EPOCHS_AHEAD = 1000000 };
enum { CONTEXT_SIZE = RF_SESSION_SIZE + 4 + 2 * 2 };

/* What pairwise keys are bound to, beside the manifest: session, epoch, both ends. */
static void pair_context(const struct rf_session *session, unsigned peer,
                         uint8_t context[CONTEXT_SIZE])
{
    uint16_t own = own_id(session), other = session->peer[peer].id;
    uint16_t ends[2] = {own < other ? own : other, own < other ? other : own};
    memcpy(context, session->id, RF_SESSION_SIZE);
    memcpy(context + RF_SESSION_SIZE, &session->epoch, 4);
    memcpy(context + RF_SESSION_SIZE + 4, ends, sizeof ends);
}

/* The lower process's contribution comes first. */
static enum rf_rc join_contributions(struct rf_session *session, unsigned peer,
                                     const uint8_t own[RF_CONTRIBUTION_SIZE],
                                     const uint8_t other[RF_CONTRIBUTION_SIZE])
{
    uint8_t both[2 * RF_CONTRIBUTION_SIZE], context[CONTEXT_SIZE];
    bool lower = own_id(session) < session->peer[peer].id;
    memcpy(both, lower ? own : other, RF_CONTRIBUTION_SIZE);
    memcpy(both + RF_CONTRIBUTION_SIZE, lower ? other : own, RF_CONTRIBUTION_SIZE);
    pair_context(session, peer, context);
    enum rf_rc rc = rf_derive_key(session->root[peer], RF_ROOT_SIZE, both, sizeof both,
                                  session->manifest.hash, sizeof session->manifest.hash,
                                  "ringfence pair v1", context, sizeof context, session->err);
    rf_secret_wipe(both, sizeof both);
    return rc;
}

enum rf_rc rf_session_draw(const struct rf_session *session, const char *purpose, uint8_t *out,
                           size_t size)
{
    return rf_derive_key(out, size, session->seed, sizeof session->seed, session->manifest.hash,
                         sizeof session->manifest.hash, purpose, NULL, 0, session->err);
}

enum rf_rc rf_session_key(const struct rf_session *session, unsigned peer, const char *purpose,
                          uint8_t *key, size_t size)
{
    return rf_derive_key(key, size, session->root[peer], RF_ROOT_SIZE, session->manifest.hash,
                         sizeof session->manifest.hash, purpose, NULL, 0, session->err);
}

static enum rf_rc own_contribution(const struct rf_session *session, unsigned peer,
                                   uint8_t contribution[RF_CONTRIBUTION_SIZE])
{
    char purpose[64];
    (void)snprintf(purpose, sizeof purpose, "ringfence contribution to %u v1",
                   session->peer[peer].id);
    return rf_session_draw(session, purpose, contribution, RF_CONTRIBUTION_SIZE);
}

static enum rf_rc send_meet(struct rf_session *session, unsigned peer)
{
    enum rf_rc rc;
    struct rf_meet meet = {.epoch = session->epoch};
    memcpy(meet.session, session->id, RF_SESSION_SIZE);
    RF_TRY(own_contribution(session, peer, meet.contribution));
    RF_TRY(rf_message_send_meet(session->channel, peer, &meet));
done:
    rf_secret_wipe(&meet, sizeof meet);
    return rc;
}

/* A number of which the next would be none, kept once, would end the manifest for good. No party can
 * have begun so many runs that others know nothing of. */
static enum rf_rc follow_epoch(struct rf_session *session, unsigned peer, uint32_t own,
                               uint64_t proposal)
{
    if (proposal > own && proposal - own > EPOCHS_AHEAD) {
        return rf_err_set(session->err, RF_E_CHEAT,
                          "%s proposes epoch %llu, out of all proportion to ours, %u",
                          session->peer[peer].member, (unsigned long long)proposal, own);
    }
    if (proposal > session->epoch)
        session->epoch = (uint32_t)proposal;
    return RF_OK;
}

/* Parties among themselves: party 0 names the session, the highest proposal is the epoch. */
static enum rf_rc meet_parties(struct rf_session *session, struct rf_meet *got)
{
    enum rf_rc rc = RF_OK;
    const uint32_t own = session->epoch;
    for (unsigned peer = 0; peer < RF_PARTIES - 1; peer++)
        RF_TRY(send_meet(session, peer));
    for (unsigned peer = 0; peer < RF_PARTIES - 1; peer++) {
        RF_TRY(rf_message_receive_meet(session->channel, peer, session->peer[peer].member,
                                       &got[peer]));
        RF_TRY(follow_epoch(session, peer, own, got[peer].epoch));
        if (session->peer[peer].id == 0)
            memcpy(session->id, got[peer].session, RF_SESSION_SIZE);
    }
    RF_TRY(rf_epoch_keep(session->folder, session->manifest.hash, session->epoch, session->err));
    for (unsigned peer = RF_PARTIES - 1; peer < session->peers; peer++)
        RF_TRY(send_meet(session, peer));
    for (unsigned peer = RF_PARTIES - 1; peer < session->peers; peer++)
        RF_TRY(rf_message_receive_meet(session->channel, peer, session->peer[peer].member,
                                       &got[peer]));
done:
    return rc;
}

/* A client takes session and epoch from the parties, who must say the same. */
static enum rf_rc meet_as_client(struct rf_session *session, struct rf_meet *got)
{
    enum rf_rc rc = RF_OK;
    for (unsigned peer = 0; peer < RF_PARTIES; peer++)
        RF_TRY(send_meet(session, peer));
    for (unsigned peer = 0; peer < RF_PARTIES; peer++) {
        RF_TRY(rf_message_receive_meet(session->channel, peer, session->peer[peer].member,
                                       &got[peer]));
        if (!rf_secret_equal(got[peer].session, got[0].session, RF_SESSION_SIZE) ||
            got[peer].epoch != got[0].epoch) {
            rc = rf_err_set(session->err, RF_E_CHEAT,
                            "%s and %s name different sessions or epochs: one of them is wrong",
                            session->peer[0].member, session->peer[peer].member);
            goto done;
        }
    }
    memcpy(session->id, got[0].session, RF_SESSION_SIZE);
    session->epoch = (uint32_t)got[0].epoch;
done:
    return rc;
}

/* What we share with one peer: the root of all keys, and the salt of the link's chains. */
static enum rf_rc derive_root(struct rf_session *session, unsigned peer,
                              const uint8_t contribution[RF_CONTRIBUTION_SIZE], uint8_t salt[32])
{
    enum rf_rc rc;
    uint8_t own[RF_CONTRIBUTION_SIZE];
    RF_TRY(own_contribution(session, peer, own));
    RF_TRY(join_contributions(session, peer, own, contribution));
    RF_TRY(rf_session_key(session, peer, "ringfence chain v1", salt, 32));
done:
    rf_secret_wipe(own, sizeof own);
    return rc;
}

static enum rf_rc derive_roots(struct rf_session *session, const struct rf_meet *got)
{
    enum rf_rc rc = RF_OK;
    uint8_t salt[RF_PEERS_MAX][32];
    for (unsigned peer = 0; peer < session->peers; peer++)
        RF_TRY(derive_root(session, peer, got[peer].contribution, salt[peer]));
    RF_TRY(rf_lane_session(session->lane, session->id, session->epoch, salt));
    for (unsigned i = 0; i + 1 < session->lanes; i++)
        RF_TRY(rf_lane_session(session->more[i], session->id, session->epoch, salt));
done:
    rf_secret_wipe(salt, sizeof salt);
    return rc;
}

enum rf_rc rf_session_again(struct rf_session *session,
                            enum rf_rc (*contribution)(void *context, unsigned id, uint8_t *out),
                            void *context, uint8_t (*secret)[32])
{
    enum rf_rc rc;
    uint8_t other[RF_CONTRIBUTION_SIZE];
    session->lanes = session->role == RF_ROLE_PARTY ? session->manifest.study.lanes : 1;
    RF_TRY(list_peers(session));
    for (unsigned peer = 0; peer < session->peers; peer++) {
        RF_TRY(contribution(context, session->peer[peer].id, other));
        RF_TRY(derive_root(session, peer, other, secret[peer]));
    }
done:
    rf_secret_wipe(other, sizeof other);
    return rc;
}

/* Level full: the file of what is sealed, beside the transcript. */
static enum rf_rc begin_sealing(struct rf_session *session, const char *folder)
{
    enum rf_rc rc = RF_OK;
    char path[PATH_MAX], sealed[PATH_MAX];
    uint8_t id[RF_SEAL_ID], fingerprint[RF_FINGERPRINT_SIZE];
    struct rf_sealing *sealing = NULL;
    struct rf_transcript_header header = {.epoch = session->epoch, .id = own_id(session)};
    if (!session->auditor)
        return RF_OK;
    memcpy(header.manifest, session->manifest.hash, sizeof header.manifest);
    memcpy(header.session, session->id, sizeof header.session);
    RF_TRY(rf_safe_file_folder(folder, session->err));
    RF_TRY(rf_recorder_path(session, folder, path));
    RF_TRY(rf_sealing_file_path(sealed, path, session->err));
    RF_TRY(rf_sealing_file_id(id, &header, session->err));
    RF_TRY(rf_certificate_fingerprint(session->auditor, fingerprint, session->err));
    RF_TRY(rf_sealing_file_new(&sealing, sealed, session->auditor, id, session->err));
    rf_recorder_seal(session->recorder, sealing, fingerprint);
done:
    return rc;
}

static enum rf_rc begin_record(struct rf_session *session, const struct rf_meet *got)
{
    enum rf_rc rc = RF_OK;
    char folder[PATH_MAX];
    RF_TRY(transcripts_folder(session, folder));
    RF_TRY(begin_sealing(session, folder));
    RF_TRY(rf_recorder_open(session->recorder, folder, NULL));
    for (unsigned peer = 0; peer < session->peers; peer++)
        RF_TRY(rf_recorder_item(session->recorder, RF_SEALING_MEET, session->peer[peer].id,
                                got[peer].contribution, sizeof got[peer].contribution));
done:
    return rc;
}

enum rf_rc rf_session_meet(struct rf_session *session)
{
    enum rf_rc rc;
    struct rf_meet got[RF_PEERS_MAX] = {0};
    if (session->party >= 0) {
        RF_TRY(
            rf_epoch_next(session->folder, session->manifest.hash, &session->epoch, session->err));
        if (session->party == 0)
            RF_TRY(rf_session_draw(session, "ringfence session v1", session->id, RF_SESSION_SIZE));
        RF_TRY(meet_parties(session, got));
    } else {
        RF_TRY(meet_as_client(session, got));
    }
    RF_TRY(derive_roots(session, got));
    RF_TRY(begin_record(session, got));
done:
    rf_secret_wipe(got, sizeof got);
    return rc;
}

enum rf_rc rf_session_step(struct rf_session *session, const char *name)
{
    enum rf_rc rc;
    RF_TRY(rf_channel_step(session->channel, name));
    RF_TRY(rf_recorder_begin(session->recorder, name, 0));
done:
    return rc;
}

enum rf_rc rf_session_checkpoint(struct rf_session *session)
{
    unsigned peers[RF_PEERS_MAX];
    for (unsigned peer = 0; peer < session->peers; peer++)
        peers[peer] = peer;
    return rf_session_checkpoint_with(session, 0, peers, session->peers);
}

enum rf_rc rf_session_checkpoint_with(struct rf_session *session, unsigned lane,
                                      const unsigned *peers, unsigned count)
{
    const struct rf_stand_in *stand_in = session->stand_in;
    if (stand_in)
        return stand_in->checkpoint(stand_in->context, lane, peers, count);
    return rf_recorder_checkpoint(session->recorder, lane ? session->more[lane - 1] : session->lane,
                                  lane, peers, count);
}

struct rf_channel *rf_session_lane_channel(const struct rf_session *session, unsigned lane)
{
    return lane ? session->more_channels[lane - 1] : session->channel;
}

void rf_session_give_up(struct rf_session *session)
{
    if (session->node)
        rf_node_give_up(session->node);
}

enum rf_rc rf_session_signed(const struct rf_session *session, struct rf_signed *record)
{
    const struct rf_stand_in *stand_in = session->stand_in;
    return stand_in ? stand_in->sign(stand_in->context, record) : RF_OK;
}

/* ---- peers, end ---- */

unsigned rf_session_party_peer(const struct rf_session *session, unsigned party)
{
    return session->party >= 0 && party > (unsigned)session->party ? party - 1 : party;
}

unsigned rf_session_client_peer(const struct rf_session *session, unsigned member)
{
    unsigned peer = 0;
    while (peer < session->peers && session->peer[peer].id != RF_CLIENT_ID + member)
        peer++;
    return peer;
}

const char *rf_session_farewell(const struct rf_err *err)
{
    switch (err ? err->rc : RF_OK) {
    case RF_E_PEER:
    case RF_E_CHEAT:
    case RF_E_ABORT:
        return err->text;
    case RF_E_MEMORY:
        return "a fault of its own: not enough memory";
    case RF_E_IO:
        return "a fault of its own: the operating system refused";
    case RF_E_ARG:
    case RF_E_FORMAT:
        return "a fault of its own: a file or an option is wrong";
    case RF_E_CRYPTO:
        return "a fault of its own: a key or certificate is wrong";
    default:
        return "a fault of its own";
    }
}

static enum rf_rc end_lane(struct rf_session *session, unsigned index, enum rf_rc rc)
{
    struct rf_lane *lane = index ? session->more[index - 1] : session->lane;
    if (rc != RF_OK || !lane) {
        rf_lane_abort(lane, rf_session_farewell(session->err));
        return rc;
    }
    rc = rf_lane_close(lane);
    if (rc != RF_OK && index)
        (void)rf_err_set(session->err, rc, "%s", session->lane_err[index - 1].text);
    return rc;
}

void rf_session_traffic(const struct rf_session *session, struct rf_traffic *total)
{
    *total = session->channel->traffic;
    for (unsigned i = 0; i + 1 < session->lanes; i++) {
        if (!session->more_channels[i])
            continue;
        const struct rf_traffic *lane = &session->more_channels[i]->traffic;
        total->bytes_sent += lane->bytes_sent;
        total->bytes_received += lane->bytes_received;
        total->messages_sent += lane->messages_sent;
        total->frames_sent += lane->frames_sent;
    }
}

/* Links end first: that both ends keep the same chains is part of what is recorded. */
static enum rf_rc end_links(struct rf_session *session, enum rf_rc rc)
{
    if (!session->lane)
        return rc;
    struct rf_traffic traffic = {0};
    rf_session_traffic(session, &traffic);
    for (unsigned i = 0; i < session->lanes; i++)
        rc = end_lane(session, i, rc);
    enum rf_rc recorded =
        rf_recorder_finish(session->recorder, rc, rf_session_farewell(session->err), &traffic);
    return rc == RF_OK ? recorded : rc;
}

enum rf_rc rf_session_fini(struct rf_session *session, enum rf_rc rc)
{
    rc = end_links(session, rc);
    rf_node_free(session->node);
    rf_recorder_free(session->recorder);
    X509_free(session->auditor);
    for (unsigned i = 0; i < RF_MEMBERS_MAX; i++) {
        X509_free(session->certificate[i]);
        rf_secret_free(session->approval[i].bytes, session->approval[i].size);
        session->approval[i] = (struct rf_session_file){0};
    }
    rf_identity_fini(&session->identity);
    if (session->claim > 0)
        (void)close(session->claim);
    session->claim = -1;
    rf_secret_wipe(session->seed, sizeof session->seed);
    rf_secret_wipe(session->root, sizeof session->root);
    session->lane = NULL;
    for (unsigned i = 0; i + 1 < session->lanes; i++)
        session->more[i] = NULL;
    session->node = NULL;
    session->recorder = NULL;
    session->auditor = NULL;
    memset(session->certificate, 0, sizeof session->certificate);
    return rc;
}
