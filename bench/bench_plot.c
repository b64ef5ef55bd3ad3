#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

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

static bool same_line(const struct rf_bench_case *a, const struct rf_bench_case *b)
{
    return a->operation == b->operation && a->chain == b->chain;
}

/* A block for each operation: rows, units a second, ratio to the floor. Returns how many. */
static unsigned write_data(const struct rf_bench *bench, FILE *file)
{
    unsigned blocks = 0;
    for (unsigned i = 0; i < bench->case_count; i++) {
        const struct rf_bench_case *first = &bench->cases[i];
        bool again = false;
        for (unsigned j = 0; j < i; j++)
            again = again || same_line(&bench->cases[j], first);
        if (again)
            continue;
        (void)fprintf(file, "%s\"%s%s\"\n", blocks++ ? "\n\n" : "", first->operation->name,
                      first->chain ? ", chains" : "");
        for (unsigned j = i; j < bench->case_count; j++) {
            const struct rf_bench_case *one = &bench->cases[j];
            if (same_line(one, first)) {
                (void)fprintf(file, "%zu %g %g\n", one->rows,
                              (double)one->rows * one->operation->per_row / one->median,
                              one->floor / one->median);
            }
        }
    }
    return blocks;
}

static void write_script(FILE *file, unsigned blocks)
{
    (void)fprintf(file,
                  "set terminal svg size 900,560 background 'white'\n"
                  "set key outside right autotitle columnheader\n"
                  "set logscale x\nset xlabel 'rows'\nset grid\nset format x '10^{%%T}'\n"
                  "set output 'throughput.svg'\nset logscale y\nset ylabel 'units a second'\n"
                  "plot for [i=0:%u] 'bench.dat' index i using 1:2 with linespoints\n"
                  "set output 'floor.svg'\nunset logscale y\nset yrange [0:*]\n"
                  "set ylabel 'floor / time'\n"
                  "plot for [i=0:%u] 'bench.dat' index i using 1:3 with linespoints\n",
                  blocks - 1, blocks - 1);
}

static enum rf_rc draw(const char *folder, struct rf_err *err)
{
    char *arguments[] = {(char[]){"gnuplot"}, (char[]){"bench.gp"}, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status = 0;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addchdir_np(&actions, folder);
    int failed = posix_spawnp(&pid, "gnuplot", &actions, NULL, arguments, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (failed) {
        return rf_err_set(err, RF_E_IO,
                          "gnuplot does not start: %s (on Debian: apt install gnuplot-nox)",
                          strerror(failed));
    }
    (void)waitpid(pid, &status, 0);
    return status ? rf_err_set(err, RF_E_IO, "gnuplot could not draw %s/bench.gp", folder) : RF_OK;
}

enum rf_rc rf_bench_plot(const struct rf_bench *bench, const char *folder, struct rf_err *err)
{
    enum rf_rc rc;
    char path[PATH_MAX];
    FILE *data = NULL, *script = NULL;
    RF_TRY(rf_safe_file_folder(folder, err));
    RF_TRY(open_file(&data, path, folder, "bench.dat", err));
    RF_TRY(open_file(&script, path, folder, "bench.gp", err));
    write_script(script, write_data(bench, data));
    int failed = fclose(data) | fclose(script);
    data = script = NULL;
    if (failed)
        RF_TRY(rf_err_set(err, RF_E_IO, "%s: cannot write", folder));
    RF_TRY(draw(folder, err));
done:
    if (data)
        (void)fclose(data);
    if (script)
        (void)fclose(script);
    return rc;
}
