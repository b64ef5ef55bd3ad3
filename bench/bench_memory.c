#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "party/run/explain.h"
#include "protocols/backend/plan/plan.h"

enum {
    PROCESS = 64 << 20, /* code, links, and what malloc keeps */
    CUSTOMER = 900,     /* of a bank's tables, in all its processes and in plain */
    TOKENS = 3,         /* of a customer, as generated; twice as many with transfers */
    SHARED_PERCENT = 3, /* of all rows: 1% of the tokens, held by two banks or more */
};

/* Columns of one party, opened values for the digest, and the public numbers of a sort. */
static enum rf_rc operation_memory(const struct rf_bench_case *one, bool alone, uint64_t *bytes,
                                   struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_work work = {0};
    struct rf_backend *backend = NULL;
    RF_TRY(rf_plan_new(&backend, one->protocol->model, 0, err));
    rf_work_init(&work, backend, one->rows, one->key);
    RF_TRY(one->operation->prepare(&work));
    RF_TRY(rf_work_restore(&work));
    RF_TRY(one->operation->run(&work));
    uint64_t opened = (uint64_t)one->rows * (work.out.all.width / 8 + 2 * sizeof(uint64_t));
    *bytes = RF_TEAM_PARTIES * (backend->space.peak + opened + PROCESS);
    if (alone) /* two runs are kept, and more than one set of columns */
        *bytes += backend->space.peak + 3 * backend->declared.bytes;
done:
    rf_work_fini(&work);
    rf_backend_free(backend);
    return rc;
}

/* As generated: every bank has as many customers, about; three parties are banks too. */
static void assume_study(struct rf_study *study, const struct rf_bench_case *one, unsigned banks)
{
    rf_study_defaults(study);
    (void)snprintf(study->protocol, sizeof study->protocol, "%s", one->protocol->name);
    study->shared_tokens = study->rings = true;
    study->lanes = one->lanes;
    study->link = strcmp(one->operation->study, "both") == 0 ? RF_LINK_BOTH : RF_LINK_IDENTIFIERS;
    study->types[RF_TYPE_ACCOUNT] = study->link == RF_LINK_BOTH;
    study->member_count = banks > RF_PARTIES ? banks : RF_PARTIES;
    for (unsigned i = 0; i < study->member_count; i++) {
        uint64_t customers = one->rows / banks * 9 / 8 + 8;
        study->members[i] = (struct rf_member){
            .party = i < RF_PARTIES ? (int)i : -1,
            .contributor = i < banks,
            .recipient = true,
            .customers = customers,
            .rows = customers * TOKENS * (study->link == RF_LINK_BOTH ? 2 : 1),
        };
        (void)snprintf(study->members[i].name, sizeof study->members[i].name, "bank-%c",
                       'a' + (int)i);
    }
}

static enum rf_rc study_memory(const struct rf_bench_case *one, unsigned banks, uint64_t *bytes,
                               struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_explained *explained = calloc(1, sizeof *explained);
    struct rf_study *study = calloc(1, sizeof *study);
    if (!explained || !study) {
        rc = rf_err_set(err, RF_E_MEMORY, "out of memory");
        goto done;
    }
    assume_study(study, one, banks);
    RF_TRY(rf_explain(explained, study, 0, SHARED_PERCENT, NULL, err));
    *bytes = RF_PARTIES * (explained->peak_memory + PROCESS) + (uint64_t)one->rows * CUSTOMER +
             (uint64_t)banks * PROCESS;
done:
    free(explained);
    free(study);
    return rc;
}

enum rf_rc rf_bench_memory(const struct rf_bench *bench, const struct rf_bench_case *one,
                           uint64_t *bytes, struct rf_err *err)
{
    return one->operation->study ? study_memory(one, bench->banks, bytes, err)
                                 : operation_memory(one, bench->alone, bytes, err);
}

/* A number behind @key in a file of lines; @none if there is no such number. */
static uint64_t number_in(const char *path, const char *key, uint64_t none)
{
    char line[128];
    uint64_t value = none;
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, key, strlen(key)) == 0 &&
            sscanf(line + strlen(key), "%" SCNu64, &value) == 1)
            break;
    }
    if (file)
        (void)fclose(file);
    return value;
}

uint64_t rf_bench_memory_free(void)
{
    uint64_t room = number_in("/proc/meminfo", "MemAvailable:", UINT64_MAX >> 10) << 10;
    uint64_t limit = number_in("/sys/fs/cgroup/memory.max", "", UINT64_MAX);
    uint64_t used = number_in("/sys/fs/cgroup/memory.current", "", 0);
    uint64_t left = limit > used ? limit - used : 0;
    return left < room ? left : room;
}
