#include "support/nodes.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "net/base/clock.h"
#include "net/reserve.h"

const char *const rf_test_names[RF_TEST_NODES] = {"bank-a", "bank-b", "bank-c"};

double rf_test_seconds(void)
{
    return rf_clock_seconds();
}

unsigned rf_test_port(void)
{
    struct rf_reserve reserve; /* kept until the process ends */
    if (rf_reserve_port(&reserve, NULL) != RF_OK)
        abort();
    return reserve.port;
}

void rf_test_net_init(struct rf_test_net *net)
{
    (void)snprintf(net->folder, sizeof net->folder, "/tmp/rf-test-XXXXXX");
    if (!mkdtemp(net->folder))
        abort();
    rf_test_ca_new(&net->ca, "Test CA");
    for (unsigned i = 0; i < RF_TEST_NODES && i < net->nodes; i++) {
        rf_test_member_new(&net->identities[i], &net->ca, rf_test_names[i], NULL);
        if (net->ipc) {
            (void)snprintf(net->listen[i], sizeof net->listen[i], "ipc://%s/%s", net->folder,
                           rf_test_names[i]);
        } else {
            (void)snprintf(net->listen[i], sizeof net->listen[i], "tcp://127.0.0.1:%u",
                           rf_test_port());
        }
        memset(net->manifest[i], 0x4d, sizeof net->manifest[i]);
    }
    for (unsigned i = 0; i < RF_TEST_NODES && i < net->nodes; i++)
        for (unsigned j = 0; j < i; j++)
            memcpy(net->dial[i][j], net->listen[j], sizeof net->dial[i][j]);
}

void rf_test_net_fini(struct rf_test_net *net)
{
    for (unsigned i = 0; i < RF_TEST_NODES && i < net->nodes; i++) {
        char path[100];
        rf_identity_fini(&net->identities[i]);
        (void)snprintf(path, sizeof path, "%s/%s", net->folder, rf_test_names[i]);
        (void)unlink(path);
    }
    rf_test_ca_free(&net->ca);
    (void)rmdir(net->folder);
}

static void keep_log(void *context, const char *line)
{
    char *log = context;
    size_t used = strlen(log), room = sizeof(((struct rf_test_net *)0)->log[0]);
    (void)snprintf(log + used, room - used, "%s\n", line);
}

struct rf_node_config rf_test_net_config(struct rf_test_net *net, unsigned self,
                                         struct rf_peer *peers)
{
    for (unsigned i = 0; i < net->nodes; i++) {
        if (i != self) {
            peers[rf_test_peer(self, i)] =
                (struct rf_peer){.id = (uint16_t)i,
                                 .member = rf_test_names[i],
                                 .dial = i < self ? net->dial[self][i] : NULL,
                                 .fingerprint = net->pin[i]};
        }
    }
    struct rf_node_config config = {
        .identity = &net->identities[self],
        .id = (uint16_t)self,
        .member = rf_test_names[self],
        .listen = net->listen[self],
        .peers = peers,
        .peer_count = net->nodes - 1,
        .lanes = 1,
        .silence_ms = net->silence_ms,
        .connect_ms = net->connect_ms ? net->connect_ms : 20000,
        .progress_ms = net->progress_ms,
        .window_frames = net->window,
        .chain = !net->no_chain,
        .sink = net->sink[self],
        .log = keep_log,
        .log_context = net->log[self],
    };
    memcpy(config.manifest_hash, net->manifest[self], sizeof config.manifest_hash);
    return config;
}

static enum rf_rc run_lane(struct rf_test_net *net, unsigned self, struct rf_node *node,
                           struct rf_err *err)
{
    struct rf_lane *lane;
    enum rf_rc rc = rf_lane_open(&lane, node, 0, err);
    if (rc != RF_OK)
        return rc;
    double begin = rf_test_seconds();
    rc = net->body(net, self, lane, err);
    net->seconds[self] = rf_test_seconds() - begin;
    net->traffic[self] = rf_lane_channel(lane)->traffic;
    if (rc == RF_OK)
        return rf_lane_close(lane);
    rf_lane_abort(lane, err->text);
    return rc;
}

void rf_test_net_run_one(struct rf_test_net *net, unsigned self)
{
    struct rf_peer peers[RF_TEST_NODES];
    struct rf_node_config config = rf_test_net_config(net, self, peers);
    struct rf_node *node = NULL;
    struct rf_err *err = &net->err[self];
    net->rc[self] = rf_node_new(&node, &config, err);
    if (net->rc[self] == RF_OK)
        net->rc[self] = run_lane(net, self, node, err);
    rf_node_free(node);
}

struct start {
    struct rf_test_net *net;
    unsigned self;
};

static void *run_thread(void *argument)
{
    struct start *start = argument;
    rf_test_net_run_one(start->net, start->self);
    return NULL;
}

void rf_test_net_run(struct rf_test_net *net)
{
    pthread_t threads[RF_TEST_NODES];
    struct start starts[RF_TEST_NODES];
    for (unsigned i = 0; i < net->nodes; i++) {
        starts[i] = (struct start){net, i};
        if (pthread_create(&threads[i], NULL, run_thread, &starts[i]) != 0)
            abort();
    }
    for (unsigned i = 0; i < net->nodes; i++)
        (void)pthread_join(threads[i], NULL);
}
