/** output.h - write a file whole or not at all */
#ifndef RF_PARTY_REPORT_OUTPUT_H
#define RF_PARTY_REPORT_OUTPUT_H

#include <stddef.h>

#include "net/base/rc.h"

/** rf_output_save() - put @size bytes into the file @path
 * They go to a new file beside it, readable by its owner alone, which then takes the name; whoever
 * reads @path meanwhile sees the old file or the new one. Errors: RF_E_IO naming the file; nothing is
 * left behind. */
RF_MUST_CHECK enum rf_rc rf_output_save(const char *path, const char *bytes, size_t size,
                                        struct rf_err *err);

#endif
