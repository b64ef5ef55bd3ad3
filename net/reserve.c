#include "net/reserve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum rf_rc rf_reserve_port(struct rf_reserve *reserve, struct rf_err *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr *any = (struct sockaddr *)&address;
    socklen_t size = sizeof address;
    const int on = 1;
    *reserve = (struct rf_reserve){0};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* Nobody's until then; afterwards it may be shared with who sets the same, as ZeroMQ does where it listens. */
    if (fd < 0 || bind(fd, any, size) != 0 || getsockname(fd, any, &size) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) {
        int why = errno;
        if (fd >= 0)
            (void)close(fd);
        return rf_err_set(err, RF_E_IO, "no free port on loopback: %s", strerror(why));
    }
    *reserve = (struct rf_reserve){.socket = fd, .port = ntohs(address.sin_port)};
    return RF_OK;
}

void rf_reserve_fini(struct rf_reserve *reserve)
{
    if (reserve->port)
        (void)close(reserve->socket);
    *reserve = (struct rf_reserve){0};
}
