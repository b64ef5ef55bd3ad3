/* The hello inside TLS. What is accepted survives being written and read again. */
#include <stdlib.h>
#include <string.h>

#include "net/notice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rf_notice_hello hello, again;
    uint8_t bytes[RF_NOTICE_MAX];
    if (rf_notice_get_hello(&hello, data, size, NULL) != RF_OK || hello.version != RF_WIRE_VERSION)
        return 0;
    size_t used = rf_notice_put_hello(bytes, &hello);
    if (rf_notice_get_hello(&again, bytes, used, NULL) != RF_OK ||
        again.received != hello.received || again.consumed > again.received ||
        memcmp(again.beat_key, hello.beat_key, sizeof hello.beat_key) != 0)
        abort();
    return 0;
}
