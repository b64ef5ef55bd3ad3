/* The channels in memory against real links: the same openings, outputs, bytes, messages and rounds. And
 * what they do with a message that is missing, too long or too short. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "tests/support/nodes.h"
#include "tests/support/scene.h"
#include "tests/support/small_studies.h"

static enum rf_rc over_links(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                             struct rf_err *err)
{
    return rf_active_party(net->context, self, rf_lane_channel(lane), err);
}

static void go_over_links(struct rf_active_run *run)
{
    static struct rf_test_net net;
    net = (struct rf_test_net){.nodes = 3, .body = over_links, .ipc = true, .context = run};
    rf_test_net_init(&net);
    rf_test_net_run(&net);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(net.rc[i], RF_OK, "party %u: %s", i, net.err[i].text);
    rf_test_net_fini(&net);
}

static void same(const struct rf_record *a, const struct rf_record *b)
{
    cr_assert_eq(a->size, b->size);
    cr_assert(rf_record_prefix(a, b));
}

static void compare(rf_active_body *body, void *context, bool passive)
{
    struct rf_active_run memory = {.body = body, .context = context, .seed = 3, .passive = passive};
    struct rf_active_run links = memory;
    rf_active_go(&memory);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(memory.rc[i], RF_OK, "party %u: %s", i, memory.err[i].text);
    go_over_links(&links);
    for (unsigned i = 0; i < 3; i++) {
        same(&memory.opened[i], &links.opened[i]);
        same(&memory.output[i], &links.output[i]);
        cr_assert_gt(memory.opened[i].size, 0);
        const struct rf_traffic *m = &memory.traffic[i], *l = &links.traffic[i];
        cr_assert_eq(m->bytes_sent, l->bytes_sent);
        cr_assert_eq(m->bytes_received, l->bytes_received);
        cr_assert_eq(m->messages_sent, l->messages_sent);
        cr_assert_eq(m->frames_sent, l->frames_sent);
        cr_assert_eq(m->rounds, l->rounds, "party %u: %llu rounds in memory, %llu over links", i,
                     (unsigned long long)m->rounds, (unsigned long long)l->rounds);
        cr_assert_eq(memory.declared[i].bytes, m->bytes_sent);
        cr_assert_eq(memory.declared[i].rounds, m->rounds);
    }
    rf_active_fini(&memory);
    rf_active_fini(&links);
}

/* More than a frame for one plane, so that messages have several. */
static enum rf_rc large_and(struct rf_backend *backend, struct rf_active_run *run)
{
    enum { ROWS = 8 * RF_FRAME_PAYLOAD };
    enum rf_rc rc;
    struct rf_bits x = {0};
    uint64_t got[1];
    (void)run;
    RF_TRY(rf_backend_bits(backend, &x, ROWS, 3));
    rf_local_index(x.all, 5, backend->constant);
    RF_TRY(rf_and_start(backend, x.all, x.all, x.all));
    RF_TRY(rf_finish(backend));
    RF_TRY(rf_open_start(backend, RF_OPEN_RESULT, got, rf_slice(rf_planes(x.all, 1, 1), 64, 64),
                         NULL));
    RF_TRY(rf_finish(backend));
done:
    rf_bits_fini(&x);
    return rc;
}

Test(memory_channel, counts_as_real_links_do)
{
    compare(rf_small_and, NULL, false);
    compare(rf_small_shuffle, NULL, false);
    compare(rf_small_sort, NULL, false);
    compare(rf_small_sort, NULL, true);
    compare(large_and, NULL, false);
    compare(large_and, NULL, true);
}

Test(memory_channel, a_whole_study_as_over_real_links)
{
    struct rf_scene scene = {0};
    rf_scene_random(&scene, 2, 5, 9);
    rf_scene_make(&scene, 0);
    compare(rf_small_compute, &scene, false);
    rf_scene_fini(&scene);
}

/* ---- what goes wrong ---- */

static void drop(void *context, struct rf_memory_message *message)
{
    message->drop = message->number == *(const uint64_t *)context;
}

static void lengthen(void *context, struct rf_memory_message *message)
{
    if (message->number != *(const uint64_t *)context)
        return;
    message->bytes = realloc(message->bytes, message->size + 8);
    cr_assert_not_null(message->bytes);
    memset(message->bytes + message->size, 0, 8);
    message->size += 8;
}

static void shorten(void *context, struct rf_memory_message *message)
{
    if (message->number == *(const uint64_t *)context)
        message->size -= 8;
}

/* Later messages take a dropped one's place: then somebody sees a wrong length. */
static void spoil(rf_memory_hook *hook)
{
    for (uint64_t number = 0; number < 20; number++) {
        struct rf_active_run run = {.body = rf_small_and, .seed = 4, .net = rf_memory_new()};
        rf_memory_set_hook(run.net, 1, hook, &number);
        rf_active_go(&run);
        for (unsigned i = 0; i < 3; i += 2) {
            cr_assert(run.rc[i] == RF_E_PEER || run.rc[i] == RF_E_CHEAT);
            cr_assert(strstr(run.err[i].text, "part"), "%s", run.err[i].text);
        }
        rf_active_fini(&run);
    }
}

Test(memory_channel, a_message_that_never_comes_ends_the_run)
{
    spoil(drop);
}

Test(memory_channel, a_message_of_another_length_is_refused)
{
    spoil(lengthen);
    spoil(shorten);
}

/* ---- control messages ---- */

static enum rf_rc talk(struct rf_backend *backend, struct rf_active_run *run)
{
    enum rf_rc rc;
    struct rf_channel *channel = rf_memory_channel(run->net, backend->party, backend->err);
    uint8_t *data = NULL;
    size_t size = 0;
    RF_TRY(rf_channel_step(channel, "talk"));
    RF_TRY(rf_channel_control_send(channel, 0, "hello", 5));
    RF_TRY(rf_channel_control_send(channel, 1, "hello", 5));
    for (unsigned peer = 0; peer < 2; peer++) {
        RF_TRY(rf_channel_control_receive(channel, peer, &data, &size));
        rf_active_output(run, backend, data, size);
        rf_secret_free(data, size);
    }
done:
    return rc;
}

Test(memory_channel, control_messages)
{
    struct rf_active_run run = {.body = talk, .seed = 4, .passive = true};
    rf_active_go(&run);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(run.rc[i], RF_OK, "%s", run.err[i].text);
        cr_assert_eq(run.output[i].size, 10);
        cr_assert_arr_eq(run.output[i].bytes, "hellohello", 10);
        cr_assert_eq(run.traffic[i].rounds, 2);
    }
    rf_active_fini(&run);
}
