/** reserve.h - ports of this machine for processes that will be started
 *
 * A port that is found free and let go may be taken before it is used, also by an outgoing connection. One that
 * stays bound is given to nobody who asks for any port, while who asks for this one, as a node does, gets it. */
#ifndef RF_NET_RESERVE_H
#define RF_NET_RESERVE_H

#include <stdint.h>

#include "net/base/rc.h"

/** A port on loopback. */
struct rf_reserve {
    int socket;
    uint16_t port; /* 0: none */
};

/** rf_reserve_port() - any that nobody uses. Errors: RF_E_IO. */
RF_MUST_CHECK enum rf_rc rf_reserve_port(struct rf_reserve *reserve, struct rf_err *err);

/** rf_reserve_fini() - harmless when zeroed */
void rf_reserve_fini(struct rf_reserve *reserve);

#endif
