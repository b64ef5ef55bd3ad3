#include "party/report/markup.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "party/report/clean.h"

enum { TAG_MAX = 512, PRINT_MAX = 2048 };

enum rf_rc rf_markup_init(struct rf_markup *markup, struct rf_err *err)
{
    *markup = (struct rf_markup){0};
    markup->out = open_memstream(&markup->text, &markup->size);
    return markup->out ? RF_OK : rf_err_set(err, RF_E_MEMORY, "report: no memory for a page");
}

void rf_markup_fini(struct rf_markup *markup)
{
    if (markup->out)
        (void)fclose(markup->out);
    free(markup->text);
    *markup = (struct rf_markup){0};
}

enum rf_rc rf_markup_finish(struct rf_markup *markup, struct rf_err *err)
{
    FILE *out = markup->out;
    assert(markup->depth == 0);
    bool failed = ferror(out);
    markup->out = NULL;
    failed |= fclose(out) != 0;
    return failed ? rf_err_set(err, RF_E_MEMORY, "report: no memory for a page") : RF_OK;
}

void rf_markup_raw(struct rf_markup *markup, const char *text)
{
    (void)fputs(text, markup->out);
}

/* A new line before each element keeps the source readable, except where it would show. */
static void put_tag(struct rf_markup *markup, const char *tag, const char *end)
{
    bool inside_words = markup->depth != 0 && markup->open[markup->depth - 1].words;
    (void)fprintf(markup->out, "%s<%s%s", inside_words ? "" : "\n", tag, end);
}

static void push(struct rf_markup *markup, const char *tag)
{
    size_t length = strcspn(tag, " ");
    assert(markup->depth < RF_MARKUP_DEPTH && length < RF_MARKUP_NAME);
    memcpy(markup->open[markup->depth].name, tag, length);
    markup->open[markup->depth].name[length] = 0;
    markup->open[markup->depth].words = false;
    markup->depth++;
}

void rf_markup_open(struct rf_markup *markup, const char *tag, ...)
{
    char text[TAG_MAX];
    va_list args;
    va_start(args, tag);
    int length = vsnprintf(text, sizeof text, tag, args);
    va_end(args);
    assert(length > 0 && length < TAG_MAX);
    put_tag(markup, text, ">");
    push(markup, text);
}

void rf_markup_close(struct rf_markup *markup)
{
    assert(markup->depth != 0);
    markup->depth--;
    (void)fprintf(markup->out, "</%s>", markup->open[markup->depth].name);
}

void rf_markup_leaf(struct rf_markup *markup, const char *tag, ...)
{
    char text[TAG_MAX];
    va_list args;
    va_start(args, tag);
    int length = vsnprintf(text, sizeof text, tag, args);
    va_end(args);
    assert(length > 0 && length < TAG_MAX);
    put_tag(markup, text, "/>");
}

static const char *escaped(char character)
{
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void rf_markup_words(struct rf_markup *markup, const char *text)
{
    char character[RF_CLEAN_CHARACTER];
    size_t size;
    if (markup->depth != 0)
        markup->open[markup->depth - 1].words = true;
    while ((size = rf_clean_next(&text, character)) != 0) {
        const char *entity = size == 1 ? escaped(character[0]) : NULL;
        if (entity)
            (void)fputs(entity, markup->out);
        else
            (void)fwrite(character, 1, size, markup->out);
    }
}

static void print(struct rf_markup *markup, const char *format, va_list args) RF_PRINTF(2, 0);

static void print(struct rf_markup *markup, const char *format, va_list args)
{
    char text[PRINT_MAX];
    int length = vsnprintf(text, sizeof text, format, args);
    assert(length >= 0 && length < PRINT_MAX);
    rf_markup_words(markup, text);
}

void rf_markup_print(struct rf_markup *markup, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print(markup, format, args);
    va_end(args);
}

void rf_markup_element(struct rf_markup *markup, const char *tag, const char *format, ...)
{
    va_list args;
    rf_markup_open(markup, "%s", tag);
    va_start(args, format);
    print(markup, format, args);
    va_end(args);
    rf_markup_close(markup);
}
