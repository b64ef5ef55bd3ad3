/* A plain program, for the thread sanitizer: three nodes work over links that are dropped all the time,
 * then one of them gives up. Exits 0 when all is well. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/proxy.h"
#include "support/traffic.h"

static int failures;

static void expect(bool ok, const char *what, const char *text)
{
    if (ok)
        return;
    (void)fprintf(stderr, "%s: %s\n", what, text);
    failures++;
}

static unsigned port_of(const char *address)
{
    return (unsigned)strtoul(strrchr(address, ':') + 1, NULL, 10);
}

/* Nodes 1 and 2 reach node 0 through connections that last for a few messages. */
static void work_over_drops(void)
{
    static struct rf_test_traffic traffic = {.rounds = 12, .size = 900000};
    static struct rf_test_net net = {.nodes = 3, .body = rf_test_traffic, .context = &traffic};
    unsigned port = rf_test_port();
    rf_test_net_init(&net);
    struct rf_test_proxy *proxy =
        rf_test_proxy_new("127.0.0.1", port, "127.0.0.1", port_of(net.listen[0]), "close-each", 12);
    (void)snprintf(net.dial[1][0], sizeof net.dial[1][0], "tcp://127.0.0.1:%u", port);
    memcpy(net.dial[2][0], net.dial[1][0], sizeof net.dial[2][0]);
    expect(proxy != NULL, "proxy", "cannot listen");
    rf_test_net_run(&net);
    expect(rf_test_proxy_acted(proxy) >= 3, "proxy", "did not drop enough");
    for (unsigned i = 0; i < net.nodes; i++)
        expect(net.rc[i] == RF_OK, rf_test_names[i], net.err[i].text);
    rf_test_proxy_free(proxy);
    rf_test_net_fini(&net);
}

static enum rf_rc gives_up(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                           struct rf_err *err)
{
    uint8_t *data;
    size_t size;
    (void)net;
    if (self == 2)
        return rf_err_set(err, RF_E_IO, "no more paper");
    return rf_channel_control_receive(rf_lane_channel(lane), 0, &data, &size);
}

static void one_gives_up(void)
{
    static struct rf_test_net net = {.nodes = 3, .body = gives_up};
    rf_test_net_init(&net);
    rf_test_net_run(&net);
    expect(net.rc[2] == RF_E_IO, rf_test_names[2], net.err[2].text);
    for (unsigned i = 0; i < 2; i++)
        expect(net.rc[i] == RF_E_PEER, rf_test_names[i], net.err[i].text);
    rf_test_net_fini(&net);
}

int main(void)
{
    work_over_drops();
    one_gives_up();
    return failures != 0;
}
