#include "party/data/import.h"

#include <string.h>

#include "party/data/amlsim.h"
#include "party/data/amlworld.h"

static const struct {
    struct rf_import_about about;
    enum rf_rc (*import)(const char *source, const struct rf_import_options *options,
                         const char *out, struct rf_import_summary *summary, struct rf_err *err);
} formats[] = {
    {{"amlsim", "a folder of IBM AMLSim output with several banks"}, rf_amlsim_import},
    {{"amlworld", "a file of IBM's AMLworld, Trans.csv or Patterns.txt"}, rf_amlworld_import},
};

void rf_import_defaults(struct rf_import_options *options)
{
    *options = (struct rf_import_options){.members = 5, .currency = "US Dollar"};
}

const struct rf_import_about *rf_import_format(unsigned index)
{
    return index < sizeof formats / sizeof *formats ? &formats[index].about : NULL;
}

enum rf_rc rf_import(const char *format, const char *source,
                     const struct rf_import_options *options, const char *out,
                     struct rf_import_summary *summary, struct rf_err *err)
{
    for (unsigned i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].about.name, format) == 0)
            return formats[i].import(source, options, out, summary, err);
    return rf_err_set(err, RF_E_ARG, "there is no format \"%s\"; there are amlsim and amlworld",
                      format);
}
