/** yamlfile.h - YAML files of people, read with errors that say where
 *
 * libcyaml turns a document into structs by a schema; libyaml, under it, tells where each value
 * stands. Every error reads "file:line:column: reason", whether the text is no YAML, does not fit the
 * schema, or says something that makes no sense.
 *
 * What is refused before anything is built: files over RF_SAFE_FILE_MAX, text that is not UTF-8, NUL
 * inside a value, aliases, anchors and tags (a few lines of aliases expand to gigabytes), more than
 * one document, nesting deeper than RF_YAMLFILE_DEPTH.
 *
 * Schemas take every scalar as text: libcyaml's numbers accept "-1", "010" (as 8) and "5x". Numbers
 * are converted by rf_yamlfile_number(), which does not.
 *
 * A field is named by its path: "members[2].roles[0]". */
#ifndef RF_PARTY_STUDY_YAMLFILE_H
#define RF_PARTY_STUDY_YAMLFILE_H

#include <cyaml/cyaml.h>
#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"

enum {
    RF_YAMLFILE_DEPTH = 8,
    RF_YAMLFILE_FIELD_MAX = 512, /* bytes in a field's path */
};

struct rf_yamlfile {
    const char *name; /* for errors; borrowed */
    const uint8_t *text;
    size_t size;
    uint8_t *owned; /* the text, if rf_yamlfile_open() read it */
};

/** rf_yamlfile_open() - read a file and check that it is YAML of the kind above
 * Errors: RF_E_FORMAT with line and column; RF_E_ARG and RF_E_IO when it cannot be read.
 * Fini it in any case. */
RF_MUST_CHECK enum rf_rc rf_yamlfile_open(struct rf_yamlfile *file, const char *path,
                                          struct rf_err *err);

/** rf_yamlfile_text() - the same for text in memory, which is borrowed */
RF_MUST_CHECK enum rf_rc rf_yamlfile_text(struct rf_yamlfile *file, const char *name,
                                          const uint8_t *text, size_t size, struct rf_err *err);

void rf_yamlfile_fini(struct rf_yamlfile *file);

/** rf_yamlfile_load() - the document as structs
 * @schema: a mapping with CYAML_FLAG_POINTER, all scalars strings
 * @data:   free with rf_yamlfile_free()
 * Errors: RF_E_FORMAT. */
RF_MUST_CHECK enum rf_rc rf_yamlfile_load(const struct rf_yamlfile *file,
                                          const cyaml_schema_value_t *schema, void **data,
                                          struct rf_err *err);

void rf_yamlfile_free(const cyaml_schema_value_t *schema, void *data);

/** rf_yamlfile_fail() - RF_E_FORMAT "file:line:column: field: reason"
 * The place is the field's, or that of what should contain it. */
enum rf_rc rf_yamlfile_fail(const struct rf_yamlfile *file, struct rf_err *err, const char *field,
                            const char *format, ...) RF_PRINTF(4, 5);

/** rf_yamlfile_number() - a decimal number from @min to @max, and nothing else
 * @text: NULL (the field is not there) leaves @value alone
 * Errors: RF_E_FORMAT. */
RF_MUST_CHECK enum rf_rc rf_yamlfile_number(const struct rf_yamlfile *file, const char *field,
                                            const char *text, uint64_t min, uint64_t max,
                                            uint64_t *value, struct rf_err *err);

/** rf_yamlfile_save() - write structs as a YAML file, replacing what is there */
RF_MUST_CHECK enum rf_rc rf_yamlfile_save(const char *path, const cyaml_schema_value_t *schema,
                                          const void *data, struct rf_err *err);

#endif
