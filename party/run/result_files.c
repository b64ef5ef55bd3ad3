#include "party/run/result_files.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "party/keys/safe_file.h"
#include "party/report/report.h"
#include "party/run/receipt_file.h"
#include "party/study/disclosure.h"

static void fill_cost(struct rf_report_cost *out, const struct rf_run_cost *cost)
{
    for (unsigned i = 0; i < cost->steps && i < RF_REPORT_STEPS_MAX; i++) {
        struct rf_report_step *step = &out->step[out->steps++];
        memcpy(step->name, cost->step[i].name, sizeof step->name);
        step->rows = cost->step[i].rows;
        step->bytes = cost->step[i].bytes_counted;
        step->rounds = cost->step[i].rounds_counted;
        step->seconds = cost->step[i].seconds;
    }
    out->bytes_sent = cost->bytes_sent;
    out->bytes_received = cost->bytes_received;
    out->rounds = cost->rounds;
    out->peak_memory = cost->peak_memory;
    out->seconds = cost->seconds;
}

/* What a disclosure of the manifest came to in this run, where that is a number. */
static void disclosed_value(char *out, size_t room, const char *name,
                            const struct rf_run_cost *cost)
{
    static const struct {
        const char *name;
        enum rf_open_kind kind;
    } bits[] = {
        {"sort_order", RF_OPEN_ORDER},
        {"compaction", RF_OPEN_KEPT},
    };
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        if (strcmp(name, bits[i].name) == 0)
            (void)snprintf(out, room, "%" PRIu64 " bits", cost->opened[bits[i].kind]);
    }
    if (strcmp(name, "shared_rows") == 0)
        (void)snprintf(out, room, "%" PRIu64, cost->shared_rows);
    if (strcmp(name, "unique") == 0 || strcmp(name, "converged") == 0 ||
        strcmp(name, "shared_rows_fit") == 0)
        (void)snprintf(out, room, "yes");
}

static void fill_disclosures(struct rf_report *report, const struct rf_run_cost *cost)
{
    struct rf_disclosure list[RF_DISCLOSURES_MAX];
    report->disclosures = rf_disclosure_list(report->study, list);
    for (unsigned i = 0; i < report->disclosures; i++) {
        struct rf_report_disclosure *out = &report->disclosure[i];
        (void)snprintf(out->name, sizeof out->name, "%s", list[i].name);
        (void)snprintf(out->to, sizeof out->to, "%s", list[i].to);
        (void)snprintf(out->description, sizeof out->description, "%s", list[i].text);
        disclosed_value(out->value, sizeof out->value, list[i].name, cost);
    }
}

static enum rf_rc write_text(const struct rf_report *report, const char *path, struct rf_err *err)
{
    enum rf_rc rc;
    char *text = NULL;
    RF_TRY(rf_report_text(report, &text, err));
    RF_TRY(rf_safe_file_write(path, text, strlen(text), 0600, RF_SAFE_FILE_REPLACE, err));
done:
    free(text);
    return rc;
}

enum { JSON, HTML, TEXT, RECEIPT, FILES };

static const char *const names[FILES] = {
    [JSON] = "result.json", [HTML] = "report.html", [TEXT] = "result.txt", [RECEIPT] = "receipt"};

enum rf_rc rf_result_files_absent(const char *out, struct rf_err *err)
{
    enum rf_rc rc;
    RF_TRY(rf_safe_file_ready(out, err));
    for (size_t i = 0; i < FILES; i++)
        RF_TRY(rf_safe_file_absent(out, names[i], err));
done:
    return rc;
}

enum rf_rc rf_result_files_write(const struct rf_session *session, const struct rf_receipt *receipt,
                                 const char *out)
{
    enum rf_rc rc;
    char path[PATH_MAX];
    struct rf_err *err = session->err;
    struct rf_report *report = calloc(1, sizeof *report);
    if (!report)
        return rf_err_set(err, RF_E_MEMORY, "out of memory for the report");
    report->study = &session->manifest.study;
    report->result = receipt->result;
    report->epoch = session->epoch;
    report->finished = (int64_t)time(NULL);
    memcpy(report->manifest_hash, session->manifest.hash, sizeof report->manifest_hash);
    memcpy(report->session, session->id, sizeof report->session);
    for (unsigned party = 0; party < RF_PARTIES; party++)
        fill_cost(&report->cost[party], &receipt->cost[party]);
    fill_disclosures(report, &receipt->cost[0]);
    RF_TRY(rf_safe_file_folder(out, err));
    RF_TRY(rf_safe_file_join(path, out, names[JSON], err));
    RF_TRY(rf_report_json(report, path, err));
    RF_TRY(rf_safe_file_join(path, out, names[HTML], err));
    RF_TRY(rf_report_html(report, path, err));
    RF_TRY(rf_safe_file_join(path, out, names[TEXT], err));
    RF_TRY(write_text(report, path, err));
    RF_TRY(rf_safe_file_join(path, out, names[RECEIPT], err));
    RF_TRY(rf_receipt_file_write(session, receipt, path));
done:
    free(report);
    return rc;
}
