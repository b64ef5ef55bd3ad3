/** clean.h - text from outside, made fit to be shown
 *
 * Names, purposes and descriptions come from other members. Shown as they are, they could move a
 * terminal's cursor, reorder a line so that it reads as another, or break a page. What is no UTF-8, a
 * control character, or reorders text becomes U+FFFD, the replacement character; the rest stays as it
 * is. Escaping for markup is the writer's work (markup.h). */
#ifndef RF_PARTY_REPORT_CLEAN_H
#define RF_PARTY_REPORT_CLEAN_H

#include <stddef.h>

enum { RF_CLEAN_CHARACTER = 4 /* bytes that one character takes at most */ };

/** rf_clean_next() - the next character of @text, and move @text behind it
 * @out: its UTF-8, not terminated. Returns its bytes, 1 to 4; 0 at the end of the text. */
size_t rf_clean_next(const char **text, char out[RF_CLEAN_CHARACTER]);

/** rf_clean_copy() - a clean copy with a NUL; cut between characters where @room bytes end */
void rf_clean_copy(char *out, size_t room, const char *text);

/** rf_clean_width() - columns that the clean text takes in a terminal; wide characters take two */
unsigned rf_clean_width(const char *text);

#endif
