/* Frame headers: what is accepted must be, bit for bit, what we would have written ourselves. */
#include <stdlib.h>
#include <string.h>

#include "net/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rf_frame_header header;
    uint8_t bytes[RF_FRAME_HEADER];
    if (size < sizeof bytes || rf_frame_decode(&header, data, NULL) != RF_OK)
        return 0;
    rf_frame_encode(bytes, &header);
    if (memcmp(bytes, data, sizeof bytes) != 0 || header.length > RF_FRAME_PAYLOAD)
        abort();
    return 0;
}
