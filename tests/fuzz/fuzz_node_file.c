#include <stdint.h>
#include <stdlib.h>

#include "party/study/node_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rf_node_file node;
    struct rf_err err = {0};
    enum rf_rc rc = rf_node_file_text(&node, "fuzz.yaml", data, size, &err);
    if (rc == RF_OK ? node.member[0] == 0 : err.text[0] == 0)
        abort();
    return 0;
}
