/* A network that drops, changes, repeats and reorders what crosses it. Whatever it does, bytes arrive
 * right or not at all, and whoever has to fail says whom it concerns. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/proxy.h"
#include "support/traffic.h"

static struct rf_test_traffic traffic = {.rounds = 6, .size = 1500000};

/* bank-b dials bank-a through the proxy. */
static unsigned run(struct rf_test_net *net, const char *mode, unsigned long number)
{
    unsigned from = rf_test_port(), to;
    net->nodes = 2;
    net->body = rf_test_traffic;
    net->context = &traffic;
    rf_test_net_init(net);
    cr_assert_eq(sscanf(net->listen[0], "tcp://127.0.0.1:%u", &to), 1);
    (void)snprintf(net->dial[1][0], sizeof net->dial[1][0], "tcp://127.0.0.1:%u", from);
    struct rf_test_proxy *proxy =
        rf_test_proxy_new("127.0.0.1", from, "127.0.0.1", to, mode, number);
    cr_assert(proxy);
    rf_test_net_run(net);
    unsigned acted = rf_test_proxy_acted(proxy);
    rf_test_proxy_free(proxy);
    rf_test_net_fini(net);
    return acted;
}

static bool names_other(const struct rf_test_net *net, unsigned self)
{
    return strstr(net->err[self].text, rf_test_names[1 - self]) != NULL;
}

/* The change is found out, and by the end that received it. */
static void expect_caught(const char *mode, unsigned long number)
{
    struct rf_test_net net = {.silence_ms = 2000};
    unsigned victim = strncmp(mode, "back-", 5) == 0;
    cr_expect_eq(run(&net, mode, number), 1, "%s %lu", mode, number);
    cr_expect_eq(net.rc[victim], RF_E_CHEAT, "%s %lu: %s\n%s\n%s", mode, number,
                 net.err[victim].text, net.log[0], net.log[1]);
    cr_expect(net.rc[1 - victim] == RF_E_PEER || net.rc[1 - victim] == RF_E_CHEAT, "%s %lu: %s",
              mode, number, net.err[1 - victim].text);
    for (unsigned i = 0; i < 2; i++) {
        cr_expect(names_other(&net, i), "%s %lu: %s", mode, number, net.err[i].text);
        cr_expect(strstr(net.err[i].text, "at step"), "%s %lu: %s", mode, number, net.err[i].text);
    }
}

static void expect_healed(const char *mode, unsigned long number)
{
    struct rf_test_net net = {.silence_ms = 4000};
    unsigned acted = run(&net, mode, number);
    cr_expect(acted >= 1, "%s %lu", mode, number);
    for (unsigned i = 0; i < 2; i++)
        cr_expect_eq(net.rc[i], RF_OK, "%s %lu: %s\n%s", mode, number, net.err[i].text, net.log[i]);
}

static const char *const changes[] = {"flip",   "cut",  "cut-record", "grow",
                                      "replay", "swap", "drop",       "prefix"};

Test(wire, changes_are_caught_on_the_way_to_the_listener)
{
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        expect_caught(changes[i], 12);
}

Test(wire, changes_are_caught_on_the_way_to_the_dialler)
{
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char mode[16];
        (void)snprintf(mode, sizeof mode, "back-%s", changes[i]);
        expect_caught(mode, 12);
    }
}

Test(wire, a_reflected_message_is_caught)
{
    struct rf_test_net net = {.silence_ms = 2000};
    cr_expect_eq(run(&net, "echo", 12), 1);
    cr_expect_eq(net.rc[1], RF_E_CHEAT, "%s", net.err[1].text);
    cr_expect(names_other(&net, 1), "%s", net.err[1].text);
}

/* Nothing follows that would show it, but heartbeats count. */
Test(wire, the_loss_of_any_message_is_caught_soon)
{
    for (unsigned long number = 4; number < 40; number += 5) {
        struct rf_test_net net = {.silence_ms = 2000, .progress_ms = 30000};
        cr_expect_eq(run(&net, "drop", number), 1, "%lu", number);
        cr_expect_eq(net.rc[0], RF_E_CHEAT, "%lu: %s", number, net.err[0].text);
        cr_expect(names_other(&net, 0), "%s", net.err[0].text);
        cr_expect_lt(net.seconds[0], 5.0, "%lu", number);
    }
}

Test(wire, a_dropped_connection_is_healed_wherever_it_happens)
{
    for (unsigned long number = 1; number < 40; number += 3)
        expect_healed("close", number);
}

Test(wire, a_dropped_connection_is_healed_on_the_way_back)
{
    for (unsigned long number = 1; number < 40; number += 7)
        expect_healed("back-close", number);
}

Test(wire, many_drops_are_healed)
{
    struct rf_test_net net = {.silence_ms = 10000};
    traffic = (struct rf_test_traffic){.rounds = 20, .size = 1500000};
    unsigned acted = run(&net, "close-each", 9);
    cr_expect_geq(acted, 10);
    for (unsigned i = 0; i < 2; i++)
        cr_expect_eq(net.rc[i], RF_OK, "%s\n%s", net.err[i].text, net.log[i]);
}

Test(wire, drops_while_lanes_are_busy_elsewhere_are_healed)
{
    struct rf_test_net net = {.silence_ms = 2000};
    traffic = (struct rf_test_traffic){.rounds = 4, .size = 300000, .rest_ms = 3500};
    unsigned acted = run(&net, "close-each", 6);
    cr_expect_geq(acted, 1);
    for (unsigned i = 0; i < 2; i++)
        cr_expect_eq(net.rc[i], RF_OK, "%s\n%s", net.err[i].text, net.log[i]);
}

Test(wire, a_connection_that_stalls_is_replaced)
{
    expect_healed("stall", 12);
    expect_healed("back-stall", 12);
}

Test(wire, messages_of_an_earlier_connection_are_not_believed)
{
    expect_healed("stale", 12);
}

/* Healed or not, bytes are right and both ends agree. */
static void expect_honest(const char *mode, unsigned long number)
{
    struct rf_test_net net = {.silence_ms = 2000};
    cr_expect_eq(run(&net, mode, number), 1);
    for (unsigned i = 0; i < 2; i++)
        cr_expect(net.rc[i] == RF_OK || net.rc[i] == RF_E_CHEAT || net.rc[i] == RF_E_PEER, "%s: %s",
                  mode, net.err[i].text);
    cr_expect_eq(net.rc[0] == RF_OK, net.rc[1] == RF_OK, "%s", mode);
}

/* What breaks ZMTP itself looks like a dropped connection, or like a message that is too long. What is
 * played into the last leg of a handshake may reach an end that has done its part already. */
Test(wire, broken_framing_and_handshakes_never_give_wrong_bytes)
{
    expect_honest("misframe", 12);
    expect_honest("back-misframe", 12);
    expect_honest("back-stale", 12);
}

/* Message 1 of the dialler is the hello of TLS, 2 proves who it is; 1 of the listener proves it. */
Test(wire, a_handshake_that_is_changed_makes_no_link_and_the_next_one_does)
{
    static const char *const modes[] = {"flip", "cut", "drop", "back-flip", "back-cut"};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        expect_healed(modes[i], 1);
    expect_healed("flip", 2);
    expect_healed("cut", 2);
}
