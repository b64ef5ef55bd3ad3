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

/* Cases that make one curve: of @by_net, over networks instead of sizes. */
static bool same_curve(const struct rf_bench_case *a, const struct rf_bench_case *b, bool by_net)
{
    return a->operation == b->operation && a->protocol == b->protocol && a->chain == b->chain &&
           a->key == b->key && (by_net ? a->rows == b->rows && b->net > 0 : a->net == b->net);
}

static bool first_of_curve(const struct rf_bench *bench, const struct rf_bench_case *one,
                           bool by_net)
{
    if (one->skipped[0] || (by_net && one->net == 0))
        return false;
    for (const struct rf_bench_case *before = bench->cases; before < one; before++) {
        if (!before->skipped[0] && same_curve(one, before, by_net))
            return false;
    }
    return true;
}

static void write_title(const struct rf_bench *bench, const struct rf_bench_case *one, bool by_net,
                        FILE *file)
{
    (void)fprintf(file, "\"%s, %s", one->operation->name, one->protocol->name);
    if (by_net)
        (void)fprintf(file, " of %zu", one->rows);
    else if (one->net > 0)
        (void)fprintf(file, ", %s", bench->net[one->net].name);
    (void)fprintf(file, "%s\"\n", one->chain ? ", chains" : "");
}

/* Rows, units a second, ratio to the floor; or round trip in ms, seconds, seconds foreseen. */
static void write_point(const struct rf_bench *bench, const struct rf_bench_case *one, bool by_net,
                        FILE *file)
{
    if (by_net) {
        (void)fprintf(file, "%g %g %g\n", bench->net[one->net].line.rtt * 1e3, one->median,
                      one->predicted);
    } else {
        (void)fprintf(file, "%zu %g %g\n", one->rows,
                      (double)one->rows * one->operation->per_row / one->median,
                      one->floor / one->median);
    }
}

/* A block for each curve. Returns how many. */
static unsigned write_data(const struct rf_bench *bench, bool by_net, FILE *file)
{
    unsigned blocks = 0;
    for (unsigned i = 0; i < bench->case_count; i++) {
        const struct rf_bench_case *first = &bench->cases[i];
        if (!first_of_curve(bench, first, by_net))
            continue;
        if (blocks++)
            (void)fputs("\n\n", file);
        write_title(bench, first, by_net, file);
        for (unsigned j = i; j < bench->case_count; j++) {
            const struct rf_bench_case *one = &bench->cases[j];
            if (!one->skipped[0] && same_curve(first, one, by_net))
                write_point(bench, one, by_net, file);
        }
    }
    return blocks;
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
    FILE *file[3] = {NULL, NULL, NULL};
    static const char *const name[3] = {"bench.dat", "network.dat", "bench.gp"};
    RF_TRY(rf_safe_file_folder(folder, err));
    for (unsigned i = 0; i < 3; i++)
        RF_TRY(open_file(&file[i], path, folder, name[i], err));
    unsigned blocks = write_data(bench, false, file[0]);
    write_script(file[2], blocks, write_data(bench, true, file[1]));
    int failed = 0;
    for (unsigned i = 0; i < 3; i++) {
        failed |= fclose(file[i]);
        file[i] = NULL;
    }
    if (failed)
        RF_TRY(rf_err_set(err, RF_E_IO, "%s: cannot write", folder));
    RF_TRY(draw(folder, err));
done:
    for (unsigned i = 0; i < 3; i++) {
        if (file[i])
            (void)fclose(file[i]);
    }
    return rc;
}
