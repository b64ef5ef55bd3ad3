/** calibration.h - what this machine needs for each unit of work: calibration.json
 *
 * `ringfence bench --calibrate` measures it and writes it; whoever predicts a study's time reads it. All
 * prices are seconds of processor time of one party while the two others work beside it on the same
 * machine, hash chains on; a round is time in which nobody works, lockstep a factor. They are measured on the engine's own
 * operations, never on a study, and hold for the program that measured them.
 *
 *     {
 *       "format": "ringfence-calibration", "version": 3,
 *       "made": "2026-01-31T12:00:00Z",
 *       "machine": {"processor": "…", "cores": 2, "load": 0.1},
 *       "conditions": {"protocol": "rep3", "parties": "three on this machine",
 *                      "links": "TLS 1.3 over loopback", "chains": true},
 *       "seconds": {"byte_drawn": 1e-10, "byte_hashed": 5e-10, "round": 1e-4,
 *                   "contributor_row": 2e-6, "contributor": 0.2},
 *       "effort": {"pass": [[512, 1e-10], …], "turn": …},
 *       "lockstep": [[100, 1.3], …]
 *     }
 *
 * An entry of "effort" lists [bytes of memory gone through, or of the message for "send", seconds a unit], as effort.h defines the
 * units; between two sizes the price lies on a line over the logarithm of the size, outside it is the
 * nearest. "lockstep" lists [microseconds that each of the parties computes before it waits for the others, by
 * how much longer that takes than cores shared evenly would]: three parties on two cores take turns only when they
 * compute for longer than the system lets a process run, else one of them begins when the others have ended. */
#ifndef RF_PARTY_RUN_CALIBRATION_H
#define RF_PARTY_RUN_CALIBRATION_H

#include <stdbool.h>

#include "net/base/rc.h"
#include "protocols/share/effort.h"

enum { RF_CALIBRATION_POINTS = 16, RF_CALIBRATION_TEXT = 80 };

struct rf_price {
    unsigned points;
    struct rf_price_point {
        double size, price;
    } point[RF_CALIBRATION_POINTS]; /* by ascending size */
};

struct rf_calibration {
    char made[RF_CALIBRATION_TEXT], processor[RF_CALIBRATION_TEXT];
    char protocol[RF_CALIBRATION_TEXT];
    unsigned cores;
    double load; /* how many processes ran when the measurement began */
    bool chains;
    double byte_drawn, byte_hashed; /* hashed: for a commitment */
    double round; /* what parties wait for each other, beyond what messages take of their cores */
    double contributor;     /* to start, unlock its key and link up */
    double contributor_row; /* to read, check, normalise, hash and group an identifier */
    struct rf_price effort[RF_EFFORT_KINDS]; /* by bytes, seconds */
    struct rf_price lockstep;                /* by microseconds, a factor */
};

/** rf_calibration_path() - @named if given, else calibration.json in $XDG_CONFIG_HOME/ringfence or
 * ~/.config/ringfence. @path: PATH_MAX bytes. Errors: RF_E_ARG when there is no home. */
RF_MUST_CHECK enum rf_rc rf_calibration_path(char *path, const char *named, struct rf_err *err);

/** rf_calibration_read() - Errors: RF_E_ARG when there is no such file, RF_E_FORMAT naming the field. */
RF_MUST_CHECK enum rf_rc rf_calibration_read(struct rf_calibration *out, const char *path,
                                             struct rf_err *err);

/** rf_calibration_text() - the same from memory; @name stands for the file */
RF_MUST_CHECK enum rf_rc rf_calibration_text(struct rf_calibration *out, const char *name,
                                             const char *text, size_t size, struct rf_err *err);

/** rf_calibration_write() - replaces the file; its folder is made. Errors: RF_E_IO, RF_E_ARG. */
RF_MUST_CHECK enum rf_rc rf_calibration_write(const struct rf_calibration *calibration,
                                              const char *path, struct rf_err *err);

/** rf_calibration_price() - seconds for a unit of an operation that goes through @bytes */
double rf_calibration_price(const struct rf_calibration *calibration, enum rf_effort kind,
                            double bytes);

/** rf_calibration_lockstep() - the factor, 1 or more, by which work takes longer than on cores shared evenly, when each
 * party computes @seconds between two waits */
double rf_calibration_lockstep(const struct rf_calibration *calibration, double seconds);

/** rf_calibration_efforts() - seconds for all of them */
double rf_calibration_efforts(const struct rf_calibration *calibration,
                              const struct rf_efforts *efforts);

#endif
