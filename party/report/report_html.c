#include "party/keys/safe_file.h"
#include "party/report/chart.h"
#include "party/report/page.h"

/* The policy makes a browser enforce what the page promises: it loads nothing and runs nothing. */
static void put_head(struct rf_markup *markup, const struct rf_facts *facts)
{
    rf_markup_open(markup, "head");
    rf_markup_leaf(markup, "meta charset='utf-8'");
    rf_markup_leaf(markup, "meta http-equiv='Content-Security-Policy' "
                           "content=\"default-src 'none'; style-src 'unsafe-inline'\"");
    rf_markup_leaf(markup, "meta name='viewport' content='width=device-width, initial-scale=1'");
    rf_markup_leaf(markup, "meta name='color-scheme' content='light dark'");
    rf_markup_element(markup, "title", "%s \xe2\x80\x93 Ringfence result", facts->study->name);
    rf_markup_open(markup, "style");
    rf_markup_raw(markup, rf_page_style);
    rf_markup_close(markup);
    rf_markup_close(markup);
}

static void put_footer(struct rf_markup *markup)
{
    rf_markup_open(markup, "footer");
    rf_markup_element(markup, "p",
                      "Made by Ringfence %s. This page is complete in itself: it loads nothing and "
                      "runs no script. The same figures for programs stand in result.json.",
                      RF_VERSION);
    rf_markup_close(markup);
}

static void put_body(struct rf_markup *markup, const struct rf_facts *facts)
{
    rf_markup_open(markup, "body");
    rf_chart_pattern(markup);
    rf_markup_open(markup, "main");
    rf_page_summary(markup, facts);
    rf_page_rings(markup, facts);
    rf_page_tokens(markup, facts);
    rf_page_study(markup, facts);
    rf_page_security(markup, facts);
    rf_page_cost(markup, facts);
    rf_markup_close(markup);
    put_footer(markup);
    rf_markup_close(markup);
}

enum rf_rc rf_report_html(const struct rf_report *report, const char *path, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_facts facts;
    struct rf_markup markup = {0};
    RF_TRY(rf_facts_gather(&facts, report, err));
    facts.thousands = RF_UNITS_GAP;
    RF_TRY(rf_markup_init(&markup, err));
    rf_markup_raw(&markup, "<!DOCTYPE html>");
    rf_markup_open(&markup, "html lang='en'");
    put_head(&markup, &facts);
    put_body(&markup, &facts);
    rf_markup_close(&markup);
    rf_markup_raw(&markup, "\n");
    RF_TRY(rf_markup_finish(&markup, err));
    RF_TRY(rf_safe_file_write(path, markup.text, markup.size, 0600, RF_SAFE_FILE_REPLACE, err));
done:
    rf_markup_fini(&markup);
    return rc;
}
