#include <stdint.h>
#include <stdlib.h>

#include "party/study/study.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read without an error is a valid study. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rf_study study;
    struct rf_err err = {0};
    enum rf_rc rc = rf_study_read_text(&study, "fuzz.yaml", data, size, &err);
    if (rc == RF_OK ? rf_study_check(&study, false, NULL) != RF_OK : err.text[0] == 0)
        abort();
    return 0;
}
