/** scan.h - running results within groups of neighbouring rows
 *
 * A plane `same` says of each row whether it is in one group with the row before; row 0 must say no. Groups
 * may go across lanes: lane 0 combines a row of each (two more levels, and an AND a row and level).
 * The bound on the size of a group decides the number of levels: ceil(log2 bound).
 *
 * Source: segmented scans, Blelloch, "Prefix sums and their applications", 1990, in the form of Hillis
 * and Steele, "Data parallel algorithms", CACM 1986: at level d a row looks back 2^d rows. */
#ifndef RF_PROTOCOLS_OBLIVIOUS_SCAN_H
#define RF_PROTOCOLS_OBLIVIOUS_SCAN_H

#include "protocols/backend/backend.h"

enum rf_scan {
    RF_SCAN_FIRST, /* the group's first row's value. K + 1 bits a row and level, 1 round */
    RF_SCAN_XOR,   /* XOR of the rows so far. K + 1 bits, 1 round */
    RF_SCAN_OR,    /* OR of the rows so far. 2 K + 1 bits, 2 rounds */
    RF_SCAN_MIN,   /* minimum of the rows so far. about 4 K + 1 bits, 3 + log2 K rounds */
    RF_SCAN_SUM,   /* sum of the rows so far, modulo 2^K. about K (2 + log2 K) bits */
};

/** rf_scan() - replace each row's value by the result over its group's rows up to itself
 * @bound:    largest possible group; 0: n
 * @backward: look at the rows behind instead: "first" is then the group's last row
 * Leaks: nothing. */
RF_MUST_CHECK enum rf_rc rf_scan(struct rf_backend *backend, enum rf_scan kind,
                                 struct rf_view value, struct rf_view same, size_t bound,
                                 bool backward);

/** rf_scan_same() - the plane `same` of a sorted key: does a row's key equal the one before?
 * Cost: K - 1 bits a row, ceil(log2 K) rounds. */
RF_MUST_CHECK enum rf_rc rf_scan_same(struct rf_backend *backend, struct rf_view same,
                                      struct rf_view key);

#endif
