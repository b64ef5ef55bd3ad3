/* The hostile network of support/proxy.h as a program, to stand between real processes:
 *
 *     net_proxy LISTEN TARGET MODE N        (addresses as 127.0.0.1:7001)
 *
 * Says on standard output what it has done, once it is told to end (SIGTERM or SIGINT). */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/proxy.h"

static int misused(void)
{
    (void)fprintf(stderr, "usage: net_proxy HOST:PORT HOST:PORT MODE N\n");
    return 2;
}

static unsigned split(char *address)
{
    char *colon = strrchr(address, ':');
    if (!colon)
        return 0;
    *colon = 0;
    return (unsigned)strtoul(colon + 1, NULL, 10);
}

int main(int count, char **arguments)
{
    sigset_t ends;
    int ended;
    if (count != 5 || !rf_test_proxy_mode(arguments[3]))
        return misused();
    unsigned here = split(arguments[1]), there = split(arguments[2]);
    if (here == 0 || there == 0)
        return misused();
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &ends, NULL);
    struct rf_test_proxy *proxy = rf_test_proxy_new(arguments[1], here, arguments[2], there,
                                                    arguments[3], strtoul(arguments[4], NULL, 10));
    if (!proxy) {
        (void)fprintf(stderr, "net_proxy: cannot listen on %s:%u\n", arguments[1], here);
        return 1;
    }
    (void)sigwait(&ends, &ended);
    printf("connections %u, acted %u\n", rf_test_proxy_connections(proxy),
           rf_test_proxy_acted(proxy));
    rf_test_proxy_free(proxy);
    return 0;
}
