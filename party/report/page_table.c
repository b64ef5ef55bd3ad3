#include "party/report/page.h"

void rf_page_table_open(struct rf_markup *markup, const char *class, const char *caption)
{
    rf_markup_open(markup, "div class='scroll'");
    rf_markup_open(markup, "table class='%s'", class);
    rf_markup_element(markup, "caption", "%s", caption);
    rf_markup_open(markup, "thead");
    rf_markup_open(markup, "tr");
}

void rf_page_table_heading(struct rf_markup *markup, const char *text, bool number)
{
    rf_markup_open(markup, "th scope='col'%s", number ? " class='n'" : "");
    rf_markup_words(markup, text);
    rf_markup_close(markup);
}

void rf_page_table_rows(struct rf_markup *markup)
{
    rf_markup_close(markup);
    rf_markup_close(markup);
    rf_markup_open(markup, "tbody");
}

void rf_page_table_close(struct rf_markup *markup)
{
    rf_markup_close(markup);
    rf_markup_close(markup);
    rf_markup_close(markup);
}
