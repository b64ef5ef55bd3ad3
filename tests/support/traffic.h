/** traffic.h - a workout for links, whose every byte is checked on arrival */
#ifndef RF_TESTS_SUPPORT_TRAFFIC_H
#define RF_TESTS_SUPPORT_TRAFFIC_H

#include "support/nodes.h"

struct rf_test_traffic {
    unsigned rounds;
    size_t size;      /* of the messages, about */
    unsigned rest_ms; /* pause of every node after each round, away from the channel */
};

/** rf_test_traffic() - a node's body (net->context is a struct rf_test_traffic): in each round everyone
 * sends everyone a bulk message while receiving one, then a control message
 * Errors: RF_E_INTERNAL when a byte is wrong, apart from what the channel says. */
enum rf_rc rf_test_traffic(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                           struct rf_err *err);

/** rf_test_traffic_secret() - the chain salt of the pair of nodes @a and @b */
void rf_test_traffic_secret(uint8_t out[32], unsigned a, unsigned b);

/** rf_test_pattern() - byte @i of message @message from node @from to node @to */
static inline uint8_t rf_test_pattern(size_t i, unsigned from, unsigned to, unsigned message)
{
    return (uint8_t)(i * 31 + i / 251 + from * 7 + to * 13 + message * 101);
}

void rf_test_fill(uint8_t *data, size_t size, unsigned from, unsigned to, unsigned message);
bool rf_test_intact(const uint8_t *data, size_t size, unsigned from, unsigned to, unsigned message);

/** rf_test_session() - start session 1 with the pairs' salts */
RF_MUST_CHECK enum rf_rc rf_test_session(struct rf_test_net *net, unsigned self,
                                         struct rf_lane *lane);

#endif
