/* Why a peer gives up, which ends on an operator's terminal. */
#include <stdlib.h>
#include <string.h>

#include "net/notice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void printable(const char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text > 0x7e)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rf_notice_abort notice;
    uint8_t bytes[RF_NOTICE_MAX];
    if (rf_notice_get_abort(&notice, data, size, NULL) != RF_OK)
        return 0;
    printable(notice.name);
    printable(notice.reason);
    if (rf_notice_put_abort(bytes, &notice) > sizeof bytes)
        abort();
    return 0;
}
