/** memory_channel.h - channels between three threads of one process, through queues in memory
 *
 * Keeps the contract of net/channel.h and counts traffic and rounds as net/lane.c does, without nodes, TLS
 * or frames: a small computation of three parties takes milliseconds.
 *
 * One party's messages can be given to a hook before they are delivered, which may alter, shorten,
 * lengthen or drop them: a party that deviates, on top of an honest one.
 *
 * Nobody waits for ever and no clock decides: when every party that still runs waits for a message that
 * nobody can send any more, or for one of a party that has ended, its wait fails with RF_E_PEER. So
 * what a run does follows from the messages alone, however slow the machine. */
#ifndef RF_TESTS_SUPPORT_MEMORY_CHANNEL_H
#define RF_TESTS_SUPPORT_MEMORY_CHANNEL_H

#include <stdbool.h>

#include "net/channel.h"

enum { RF_MEMORY_PARTIES = 3 };

struct rf_memory_net;

struct rf_memory_message {
    unsigned from, to; /* parties */
    uint64_t number;   /* of the sender's messages, to anyone, from 0 */
    uint32_t step;
    bool control;
    bool drop;      /* the hook may set it: never delivered */
    uint8_t *bytes; /* from malloc(); the hook may replace it */
    size_t size;
};

/** Called in the sender's thread for every message that it ends. */
typedef void rf_memory_hook(void *context, struct rf_memory_message *message);

/** rf_memory_new() - three parties and no messages; aborts the test when there is no memory */
struct rf_memory_net *rf_memory_new(void);
void rf_memory_free(struct rf_memory_net *net);

/** rf_memory_peer() - the number by which @self knows @other */
static inline unsigned rf_memory_peer(unsigned self, unsigned other)
{
    return other < self ? other : other - 1;
}

/** rf_memory_channel() - a party's channel, borrowed from the net; @err must outlive it */
struct rf_channel *rf_memory_channel(struct rf_memory_net *net, unsigned party, struct rf_err *err);

/** rf_memory_set_hook() - before the party runs */
void rf_memory_set_hook(struct rf_memory_net *net, unsigned party, rf_memory_hook *hook,
                        void *context);

/** rf_memory_filled() - bytes of the message that @party is putting together for @to, so far */
size_t rf_memory_filled(const struct rf_memory_net *net, unsigned party, unsigned to);

/** rf_memory_send() - for hooks: deliver a message before the one that the hook was called for */
void rf_memory_send(struct rf_memory_net *net, const struct rf_memory_message *like,
                    const void *bytes, size_t size);

/** rf_memory_await() - for hooks: wait until @from has sent @party so many messages that are not yet taken
 * Returns whether it has; false when everybody waits, which ends this wait alone. */
bool rf_memory_await(struct rf_memory_net *net, unsigned party, unsigned from, size_t count);

/** rf_memory_end() - the party will neither send nor receive again */
void rf_memory_end(struct rf_memory_net *net, unsigned party);

#endif
