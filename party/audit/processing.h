/** processing.h - the record of processing of a study (GDPR Art. 30), and what Art. 35 asks of its description
 *
 * Filled from the manifest and the approvals beside it, and from transcripts where there are some: what was agreed,
 * and what ran. Each section names the article that asks for it, states what these files say, and lists
 * what they cannot say and a person has to add. Nothing here is checked but that files belong together: `ringfence audit
 * verify` checks. */
#ifndef RF_PARTY_AUDIT_PROCESSING_H
#define RF_PARTY_AUDIT_PROCESSING_H

#include <jansson.h>

#include "party/audit/audit.h"
#include "party/study/manifest.h"

/** rf_processing_record() - as JSON; docs/auditor.md, "The record of processing", has the format
 * @study:  the study's folder
 * @audit:  transcripts that have been loaded and, if a CA is at hand, checked; NULL: none
 * @checked: they have been
 * Errors: RF_E_ARG when a transcript is of another manifest; those of reading; RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_processing_record(json_t **record, const char *study,
                                              const struct rf_audit *audit, bool checked,
                                              struct rf_err *err);

/** rf_processing_markdown() - the same record for people; @text: free with free() */
RF_MUST_CHECK enum rf_rc rf_processing_markdown(const json_t *record, char **text,
                                                struct rf_err *err);

#endif
