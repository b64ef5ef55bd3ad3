/** markup.h - a page written element by element
 *
 * Every element that is opened is closed, in order, and every word is escaped: a page made with this
 * module is well-formed XML that browsers read as HTML. Tags are our own literals and numbers; text
 * from outside goes through rf_markup_words() and never into a tag.
 *
 * A failure to get memory is kept until rf_markup_finish() says so. */
#ifndef RF_PARTY_REPORT_MARKUP_H
#define RF_PARTY_REPORT_MARKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "net/base/rc.h"

enum { RF_MARKUP_DEPTH = 24, RF_MARKUP_NAME = 16 };

struct rf_markup {
    FILE *out;
    char *text;
    size_t size;
    struct {
        char name[RF_MARKUP_NAME];
        bool words; /* holds text, so that a line's end would show as a space */
    } open[RF_MARKUP_DEPTH];
    unsigned depth;
    unsigned figures; /* drawings so far: each has its own ids */
};

/** rf_markup_init() - an empty page. Errors: RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_markup_init(struct rf_markup *markup, struct rf_err *err);
void rf_markup_fini(struct rf_markup *markup);

/** rf_markup_finish() - the page is complete: markup->text and markup->size hold it until _fini
 * Errors: RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_markup_finish(struct rf_markup *markup, struct rf_err *err);

/** rf_markup_open() - start an element; @tag is its name and attributes: "td class='n'" */
void rf_markup_open(struct rf_markup *markup, const char *tag, ...) RF_PRINTF(2, 3);

/** rf_markup_close() - end the element that was opened last */
void rf_markup_close(struct rf_markup *markup);

/** rf_markup_leaf() - an element without content: "br", "rect width='3'" */
void rf_markup_leaf(struct rf_markup *markup, const char *tag, ...) RF_PRINTF(2, 3);

/** rf_markup_words() - text, made clean (clean.h) and escaped */
void rf_markup_words(struct rf_markup *markup, const char *text);

/** rf_markup_print() - formatted text, made clean and escaped */
void rf_markup_print(struct rf_markup *markup, const char *format, ...) RF_PRINTF(2, 3);

/** rf_markup_element() - an element that holds nothing but formatted text */
void rf_markup_element(struct rf_markup *markup, const char *tag, const char *format, ...)
    RF_PRINTF(3, 4);

/** rf_markup_raw() - bytes as they are: the doctype and the style sheet */
void rf_markup_raw(struct rf_markup *markup, const char *text);

#endif
