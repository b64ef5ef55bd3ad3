/* Somebody who has a transcript, and makes evidence of it.
 *
 *     forged_evidence CHANGE TRANSCRIPT EVIDENCE FOLDER OUT
 *
 * Writes evidence about the frame that EVIDENCE is about, signed with the key in FOLDER, whose certificate stands in it as
 * the auditor's. CHANGE is none; header: the transcript's first record names that auditor; zeros: the leaf that is expected
 * is none; same: it is the leaf that was sent; nothing: no frame is expected. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/audit/evidence.h"
#include "party/keys/certificate.h"
#include "party/study/signer.h"

static struct rf_err err;

_Noreturn static void stop(const char *why)
{
    (void)fprintf(stderr, "forged_evidence: %s\n", why);
    exit(2);
}

static void must(enum rf_rc rc)
{
    if (rc != RF_OK)
        stop(err.text);
}

/* The record's bytes belong to the transcript, which is ours. */
static void name_auditor(struct rf_transcript *transcript, X509 *certificate)
{
    const struct rf_transcript_record *record = &transcript->record[0];
    uint8_t *at = transcript->bytes, *end = at + record->size - RF_FINGERPRINT_SIZE;
    while (at <= end && !rf_secret_equal(at, transcript->header.auditor, RF_FINGERPRINT_SIZE))
        at++;
    if (at > end)
        stop("the header names no auditor");
    must(rf_certificate_fingerprint(certificate, at, &err));
}

static void change(const char *what, struct rf_replay_difference *difference,
                   struct rf_transcript *transcript, X509 *certificate)
{
    const struct rf_transcript_link *link =
        rf_transcript_link(transcript, difference->lane, difference->peer, false);
    if (!link || difference->number >= link->frames)
        stop("the transcript has no such frame");
    if (strcmp(what, "header") == 0)
        name_auditor(transcript, certificate);
    else if (strcmp(what, "zeros") == 0)
        memcpy(difference->expected, (uint8_t[RF_CHAIN_SIZE]){0}, RF_CHAIN_SIZE);
    else if (strcmp(what, "same") == 0)
        memcpy(difference->expected, link->frame[difference->number].leaf, RF_CHAIN_SIZE);
    else if (strcmp(what, "nothing") == 0)
        difference->due = false;
    else if (strcmp(what, "none") != 0)
        stop("no such change");
}

static void take_difference(const char *path, struct rf_replay_report *report)
{
    struct rf_evidence evidence;
    uint8_t *bytes = NULL;
    size_t size = 0;
    must(rf_safe_file_read(path, &bytes, &size, &err));
    must(rf_evidence_read(&evidence, path, bytes, size, &err));
    struct rf_replay_difference *difference = &report->difference;
    report->outcome = RF_REPLAY_DEVIATES;
    *difference = (struct rf_replay_difference){.frame = true,
                                                .peer = evidence.peer,
                                                .number = evidence.number,
                                                .kind = evidence.kind,
                                                .length = evidence.length,
                                                .due = evidence.due,
                                                .lane = evidence.lane,
                                                .step = evidence.step};
    memcpy(difference->expected, evidence.expected, sizeof difference->expected);
    rf_secret_free(bytes, size);
}

int main(int count, char **arguments)
{
    static struct rf_signer signer;
    static struct rf_transcript transcript;
    static struct rf_replay_report report;
    if (count != 6)
        must(rf_err_set(&err, RF_E_ARG, "CHANGE TRANSCRIPT EVIDENCE FOLDER OUT are needed"));
    must(rf_transcript_load(&transcript, arguments[2], &err));
    take_difference(arguments[3], &report);
    must(rf_signer_open(&signer, arguments[4], &err));
    must(rf_signer_unlock(&signer, NULL, &err));
    change(arguments[1], &report.difference, &transcript, signer.certificate);
    must(rf_evidence_write(arguments[5], &transcript, &report, signer.certificate, signer.key,
                           &err));
    rf_transcript_fini(&transcript);
    rf_signer_fini(&signer);
    return 0;
}
