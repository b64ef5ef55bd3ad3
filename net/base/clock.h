/** clock.h - time that only goes forward, for deadlines and durations; not the time of day */
#ifndef RF_NET_BASE_CLOCK_H
#define RF_NET_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/** rf_clock_ms() - milliseconds since some moment of the past */
static inline uint64_t rf_clock_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/** rf_clock_seconds() - the same, finer */
static inline double rf_clock_seconds(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/** rf_clock_cpu_seconds() - processor time that this process has taken, all its threads */
static inline double rf_clock_cpu_seconds(void)
{
    struct timespec spent = {0};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (double)spent.tv_sec + (double)spent.tv_nsec * 1e-9;
}

#endif
