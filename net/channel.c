#include "net/channel.h"

#include <string.h>

enum rf_rc rf_channel_put(struct rf_channel *channel, unsigned peer, const void *data, size_t size)
{
    enum rf_rc rc = RF_OK;
    const uint8_t *from = data;
    while (size > 0) {
        uint8_t *buffer;
        size_t room;
        RF_TRY(rf_channel_reserve(channel, peer, &buffer, &room));
        if (room > size)
            room = size;
        memcpy(buffer, from, room);
        RF_TRY(rf_channel_commit(channel, peer, room));
        from += room;
        size -= room;
    }
done:
    return rc;
}
