#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"
#include "party/keys/safe_file.h"

extern char **environ;

static enum rf_rc open_file(FILE **file, char path[PATH_MAX], const char *folder, const char *name,
                            struct rf_err *err)
{
    enum rf_rc rc;
    RF_TRY(rf_safe_file_join(path, folder, name, err));
    *file = fopen(path, "we");
    if (!*file)
        rc = rf_err_set(err, RF_E_IO, "%s: %s", path, strerror(errno));
done:
    return rc;
}

/* What a curve goes over. */
enum axis { BY_SIZE, BY_NET, BY_LANES, AXES };

/* Cases that make one curve. */
static bool same_curve(const struct rf_bench_case *a, const struct rf_bench_case *b, enum axis axis)
{
    return a->operation == b->operation && a->protocol == b->protocol && a->chain == b->chain &&
           a->key == b->key && (axis == BY_SIZE || a->rows == b->rows) &&
           (axis == BY_LANES || a->lanes == b->lanes) &&
           (axis == BY_NET ? b->net > 0 : a->net == b->net);
}

static bool several_lanes(const struct rf_bench *bench, const struct rf_bench_case *one)
{
    for (unsigned i = 0; i < bench->case_count; i++) {
        const struct rf_bench_case *other = &bench->cases[i];
        if (!other->skipped[0] && other->lanes != one->lanes && same_curve(one, other, BY_LANES))
            return true;
    }
    return false;
}

static bool first_of_curve(const struct rf_bench *bench, const struct rf_bench_case *one,
                           enum axis axis)
{
    if (one->skipped[0] || (axis == BY_NET && one->net == 0) ||
        (axis == BY_LANES && !several_lanes(bench, one)))
        return false;
    for (const struct rf_bench_case *before = bench->cases; before < one; before++) {
        if (!before->skipped[0] && same_curve(one, before, axis))
            return false;
    }
    return true;
}

static void write_title(const struct rf_bench *bench, const struct rf_bench_case *one,
                        enum axis axis, FILE *file)
{
    (void)fprintf(file, "\"%s, %s", one->operation->name, one->protocol->name);
    if (axis != BY_SIZE)
        (void)fprintf(file, " of %zu", one->rows);
    if (axis != BY_NET && one->net > 0)
        (void)fprintf(file, ", %s", bench->net[one->net].name);
    if (axis != BY_LANES && one->lanes > 1)
        (void)fprintf(file, ", %u lanes", one->lanes);
    (void)fprintf(file, "%s\"\n", one->chain ? ", chains" : "");
}

static double units_a_second(const struct rf_bench_case *one)
{
    return (double)one->rows * one->operation->per_row / one->median;
}

/* Lanes, units a second, speed-up with all parties on these cores, and of one party alone; "NaN" is no point. */
static void write_lanes(const struct rf_bench *bench, const struct rf_bench_case *one, FILE *file)
{
    const struct rf_bench_case *base = rf_bench_one_lane(bench, one);
    (void)fprintf(file, "%u %g ", one->lanes, units_a_second(one));
    if (base)
        (void)fprintf(file, "%g ", base->median / one->median);
    else
        (void)fputs("NaN ", file);
    if (base && base->alone.runs && one->alone.runs)
        (void)fprintf(file, "%g\n", base->alone_median / one->alone_median);
    else
        (void)fputs("NaN\n", file);
}

/* Rows, units a second, ratio to the floor; or round trip in ms, seconds, seconds foreseen; or of lanes. */
static void write_point(const struct rf_bench *bench, const struct rf_bench_case *one,
                        enum axis axis, FILE *file)
{
    if (axis == BY_LANES) {
        write_lanes(bench, one, file);
    } else if (axis == BY_NET) {
        (void)fprintf(file, "%g %g %g\n", bench->net[one->net].line.rtt * 1e3, one->median,
                      one->predicted);
    } else {
        (void)fprintf(file, "%zu %g %g\n", one->rows, units_a_second(one),
                      one->floor / one->median);
    }
}

/* A block for each curve. Returns how many. */
static unsigned write_data(const struct rf_bench *bench, enum axis axis, FILE *file)
{
    unsigned blocks = 0;
    for (unsigned i = 0; i < bench->case_count; i++) {
        const struct rf_bench_case *first = &bench->cases[i];
        if (!first_of_curve(bench, first, axis))
            continue;
        if (blocks++)
            (void)fputs("\n\n", file);
        write_title(bench, first, axis, file);
        for (unsigned j = i; j < bench->case_count; j++) {
            const struct rf_bench_case *one = &bench->cases[j];
            if (!one->skipped[0] && same_curve(first, one, axis))
                write_point(bench, one, axis, file);
        }
    }
    return blocks;
}

/* Speed-up below throughput; a party's alone is dashed. */
static void write_lanes_script(FILE *file, unsigned blocks, bool alone)
{
    (void)fprintf(file,
                  "set output 'lanes.svg'\nset terminal svg size 900,1000 background 'white'\n"
                  "set multiplot layout 2,1\nunset logscale x\nset logscale y\nset xtics 1\n"
                  "set format x '%%g'\nset xlabel 'lanes'\nset yrange [*:*]\n"
                  "set ylabel 'units a second'\n"
                  "plot for [i=0:%u] 'lanes.dat' index i using 1:2 with linespoints\n"
                  "unset logscale y\nset yrange [0:*]\nset ylabel 'speed-up'\n"
                  "plot for [i=0:%u] 'lanes.dat' index i using 1:3 with linespoints",
                  blocks - 1, blocks - 1);
    if (alone) {
        (void)fprintf(file,
                      ", \\\nfor [i=0:%u] 'lanes.dat' index i using 1:4 with linespoints "
                      "dashtype 2 title 'one party alone'",
                      blocks - 1);
    }
    (void)fputs("\nunset multiplot\n", file);
}

static void write_script(FILE *file, unsigned blocks, unsigned net_blocks)
{
    (void)fputs("set terminal svg size 900,560 background 'white'\n"
                "set key outside right autotitle columnheader\nset grid\nset logscale xy\n",
                file);
    if (blocks) {
        (void)fprintf(file,
                      "set xlabel 'rows'\nset format x '10^{%%T}'\n"
                      "set output 'throughput.svg'\nset ylabel 'units a second'\n"
                      "plot for [i=0:%u] 'bench.dat' index i using 1:2 with linespoints\n"
                      "set output 'floor.svg'\nunset logscale y\nset yrange [0:*]\n"
                      "set ylabel 'floor / time'\n"
                      "plot for [i=0:%u] 'bench.dat' index i using 1:3 with linespoints\n",
                      blocks - 1, blocks - 1);
    }
    if (net_blocks) {
        (void)fprintf(file,
                      "set output 'network.svg'\nset logscale xy\nset yrange [*:*]\n"
                      "set format x '%%g'\nset xlabel 'round trip, ms'\nset ylabel 'seconds'\n"
                      "plot for [i=0:%u] 'network.dat' index i using 1:2 with linespoints, \\\n"
                      "for [i=0:%u] 'network.dat' index i using 1:3 with lines dashtype 2 "
                      "title 'foreseen'\n",
                      net_blocks - 1, net_blocks - 1);
    }
}

static enum rf_rc draw(const char *folder, struct rf_err *err)
{
    char *arguments[] = {(char[]){"gnuplot"}, (char[]){"bench.gp"}, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status = 0;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addchdir_np(&actions, folder);
    (void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "gnuplot.log",
                                           O_WRONLY | O_CREAT | O_TRUNC, 0644);
    int failed = posix_spawnp(&pid, "gnuplot", &actions, NULL, arguments, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (failed) {
        return rf_err_set(err, RF_E_IO,
                          "gnuplot does not start: %s (on Debian: apt install gnuplot-nox)",
                          strerror(failed));
    }
    (void)waitpid(pid, &status, 0);
    return status ? rf_err_set(err, RF_E_IO, "gnuplot could not draw %s/bench.gp: see gnuplot.log",
                               folder)
                  : RF_OK;
}

enum rf_rc rf_bench_plot(const struct rf_bench *bench, const char *folder, struct rf_err *err)
{
    enum rf_rc rc;
    char path[PATH_MAX];
    FILE *file[AXES + 1] = {NULL};
    unsigned blocks[AXES];
    static const char *const name[AXES + 1] = {"bench.dat", "network.dat", "lanes.dat", "bench.gp"};
    RF_TRY(rf_safe_file_folder(folder, err));
    for (unsigned i = 0; i <= AXES; i++)
        RF_TRY(open_file(&file[i], path, folder, name[i], err));
    for (unsigned axis = 0; axis < AXES; axis++)
        blocks[axis] = write_data(bench, (enum axis)axis, file[axis]);
    write_script(file[AXES], blocks[BY_SIZE], blocks[BY_NET]);
    if (blocks[BY_LANES])
        write_lanes_script(file[AXES], blocks[BY_LANES], bench->alone);
    int failed = 0;
    for (unsigned i = 0; i <= AXES; i++) {
        failed |= fclose(file[i]);
        file[i] = NULL;
    }
    if (failed)
        RF_TRY(rf_err_set(err, RF_E_IO, "%s: cannot write", folder));
    RF_TRY(draw(folder, err));
done:
    for (unsigned i = 0; i <= AXES; i++) {
        if (file[i])
            (void)fclose(file[i]);
    }
    return rc;
}
