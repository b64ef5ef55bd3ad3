/* Chain heads, said at the end of a link. */
#include <stdlib.h>
#include <string.h>

#include "net/notice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rf_notice_heads heads, again;
    uint8_t bytes[RF_NOTICE_MAX];
    if (rf_notice_get_heads(&heads, data, size, NULL) != RF_OK)
        return 0;
    size_t used = rf_notice_put_heads(bytes, &heads);
    if (rf_notice_get_heads(&again, bytes, used, NULL) != RF_OK || again.frames != heads.frames ||
        memcmp(again.head, heads.head, sizeof heads.head) != 0)
        abort();
    return 0;
}
