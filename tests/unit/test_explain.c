#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/keys/safe_file.h"
#include "party/run/admission.h"
#include "protocols/backend/clear/clear.h"
#include "protocols/backend/plan/plan.h"
#include "protocols/circuit/add.h"
#include "protocols/circuit/logic.h"
#include "protocols/oblivious/scan.h"
#include "protocols/oblivious/sort.h"
#include "support/keys_kit.h"
#include "support/study_kit.h"

/* A machine: what is larger takes longer by the unit, and no two prices are the same. */
static struct rf_calibration machine(void)
{
    struct rf_calibration made = {
        .made = "2026-01-31T12:00:00Z",
        .processor = "an \"abacus\"",
        .protocol = "rep3",
        .cores = 2,
        .load = 0.25,
        .chains = true,
        .byte_drawn = 1e-10,
        .byte_hashed = 5e-10,
        .round = 1e-4,
        .contributor = 0.1,
        .contributor_row = 1e-6,
    };
    for (unsigned kind = 0; kind < RF_EFFORT_KINDS; kind++) {
        made.effort[kind].points = 3;
        for (unsigned i = 0; i < 3; i++) {
            made.effort[kind].point[i] = (struct rf_price_point){
                .size = (double)(1024 << (5 * i)),
                .price = 1e-9 * (kind + 1) * (i + 1),
            };
        }
    }
    made.lockstep = (struct rf_price){2, {{100, 1.1}, {10000, 1.5}}};
    return made;
}

/* ---- counting ---- */

/* Circuits whose work depends on nothing that is opened. */
static enum rf_rc some_circuits(struct rf_backend *backend)
{
    enum rf_rc rc;
    struct rf_bits x = {0}, y = {0}, out = {0}, sum = {0};
    struct rf_rows rows = {0};
    RF_TRY(rf_backend_bits(backend, &x, 1000, 20));
    RF_TRY(rf_backend_bits(backend, &y, 1000, 20));
    RF_TRY(rf_backend_bits(backend, &out, 1000, 1));
    RF_TRY(rf_backend_bits(backend, &sum, 1, 30));
    RF_TRY(rf_backend_rows(backend, &rows, 1000, 3));
    rf_local_index(x.all, 5, backend->constant);
    rf_local_index(y.all, 6, backend->constant);
    RF_TRY(rf_less(backend, out.all, x.all, y.all));
    RF_TRY(rf_select(backend, x.all, out.all, x.all, y.all));
    RF_TRY(rf_scan_same(backend, out.all, y.all));
    RF_TRY(rf_scan(backend, RF_SCAN_MIN, x.all, out.all, 8, false));
    rf_local_pack(&rows, 0, x.all);
    rf_local_unpack(y.all, &rows, 0, NULL);
    RF_TRY(rf_sum(backend, sum.all, y.all, 20));
done:
    rf_bits_fini(&x);
    rf_bits_fini(&y);
    rf_bits_fini(&out);
    rf_bits_fini(&sum);
    rf_rows_fini(&rows);
    return rc;
}

static struct rf_efforts efforts_of(struct rf_backend *backend,
                                    enum rf_rc (*circuit)(struct rf_backend *))
{
    struct rf_efforts efforts = {0};
    backend->space.efforts = &efforts;
    cr_assert_eq(circuit(backend), RF_OK, "%s", backend->err->text);
    rf_backend_free(backend);
    return efforts;
}

static uint64_t units(const struct rf_efforts *efforts, enum rf_effort kind)
{
    uint64_t sum = 0;
    for (unsigned size = 0; size < RF_EFFORT_SIZES; size++)
        sum += efforts->units[kind][size];
    return sum;
}

Test(efforts, planned_as_done)
{
    struct rf_err err = {0};
    struct rf_backend *clear, *plan;
    struct rf_model local = rf_model_rep3;
    local.labour = NULL; /* what the backend itself does is no matter of the columns */
    cr_assert_eq(rf_clear_new(&clear, &local, 1, &err), RF_OK, "%s", err.text);
    cr_assert_eq(rf_plan_new(&plan, &local, 0, &err), RF_OK, "%s", err.text);
    struct rf_efforts done = efforts_of(clear, some_circuits);
    struct rf_efforts planned = efforts_of(plan, some_circuits);
    for (unsigned kind = 0; kind < RF_EFFORT_MAP; kind++) {
        for (unsigned size = 0; size < RF_EFFORT_SIZES; size++)
            cr_expect_eq(planned.units[kind][size], done.units[kind][size], "kind %u, size %u",
                         kind, size);
    }
    cr_expect_gt(units(&done, RF_EFFORT_PASS), 10000);
    /* Two indices made, one table packed, one unpacked, and the piles of the sum turned. */
    cr_expect_gt(units(&done, RF_EFFORT_TURN), RF_PARTS_MAX * 4 * 1000);
}

static enum rf_rc one_and(struct rf_backend *backend)
{
    struct rf_bits x = {0};
    enum rf_rc rc;
    RF_TRY(rf_backend_bits(backend, &x, 6400, 3));
    RF_TRY(rf_and_start(backend, x.all, x.all, x.all));
    RF_TRY(rf_finish(backend));
    cr_expect_eq(backend->declared.bytes, 2400);
    /* Each share of zero is the difference of two streams. */
    cr_expect_eq(rf_backend_drawn(backend), 2 * backend->declared.bytes);
done:
    rf_bits_fini(&x);
    return rc;
}

Test(efforts, a_product_touches_its_operands)
{
    struct rf_err err = {0};
    struct rf_backend *plan;
    cr_assert_eq(rf_plan_new(&plan, &rf_model_rep3, 0, &err), RF_OK, "%s", err.text);
    struct rf_efforts efforts = efforts_of(plan, one_and);
    cr_expect_eq(units(&efforts, RF_EFFORT_PASS), 7 * 300);
    cr_expect_eq(units(&efforts, RF_EFFORT_TURN), 0);
}

static enum rf_rc allocate_twice(struct rf_backend *backend)
{
    struct rf_bits x = {0};
    enum rf_rc rc = RF_OK;
    for (unsigned i = 0; i < 2; i++) {
        RF_TRY(rf_backend_bits(backend, &x, 1 << 20, 8));
        rf_bits_fini(&x);
    }
done:
    return rc;
}

static enum rf_rc one_proof(struct rf_backend *backend)
{
    enum rf_rc rc = one_and(backend);
    return rc == RF_OK ? rf_verify(backend) : rc;
}

Test(efforts, what_gates_and_tags_take)
{
    struct rf_err err = {0};
    struct rf_backend *plan;
    cr_assert_eq(rf_plan_new(&plan, &rf_model_rep3_active, 0, &err), RF_OK, "%s", err.text);
    struct rf_efforts efforts = efforts_of(plan, one_proof);
    cr_expect_eq(units(&efforts, RF_EFFORT_PROVE), 300);
    cr_expect_eq(units(&efforts, RF_EFFORT_WEIGH), 0);
    struct rf_labour labour = rf_model_rep3_active.labour(RF_OP_SHUFFLE, 1000, 20, 0);
    cr_expect_eq(labour.weighed, 4 * 1000 * (3 + 1)); /* three words of each row, and its weight */
}

Test(efforts, memory_is_fresh_once)
{
    struct rf_err err = {0};
    struct rf_backend *plan;
    cr_assert_eq(rf_plan_new(&plan, &rf_model_rep3, 0, &err), RF_OK, "%s", err.text);
    struct rf_efforts efforts = efforts_of(plan, allocate_twice);
    uint64_t mapped = units(&efforts, RF_EFFORT_MAP);
    cr_expect(mapped >= 2 << 20 && mapped < 3 << 20, "%llu", (unsigned long long)mapped);
}

/* ---- prices ---- */

Test(calibration, price_between_sizes)
{
    struct rf_calibration c = machine();
    cr_expect_float_eq(rf_calibration_price(&c, RF_EFFORT_PASS, 1), 1e-9, 1e-15);
    cr_expect_float_eq(rf_calibration_price(&c, RF_EFFORT_PASS, 1024), 1e-9, 1e-15);
    cr_expect_float_eq(rf_calibration_price(&c, RF_EFFORT_PASS, 32768), 2e-9, 1e-15);
    cr_expect_float_eq(rf_calibration_price(&c, RF_EFFORT_PASS, 1e12), 3e-9, 1e-15);
    double before = 0;
    for (unsigned long bytes = 100; bytes < 100000000; bytes += bytes * 7 / 10) {
        double price = rf_calibration_price(&c, RF_EFFORT_TURN, (double)bytes);
        cr_expect_geq(price, before, "%lu bytes", bytes);
        before = price;
    }
}

Test(calibration, efforts_add_up)
{
    struct rf_calibration c = machine();
    struct rf_efforts a = {0}, b = {0}, both = {0};
    rf_effort_count(&a, RF_EFFORT_GATHER, 1000, 1 << 20);
    rf_effort_count(&b, RF_EFFORT_ASK, 77, 12345);
    rf_effort_count(&b, RF_EFFORT_PASS, 0, 0);
    rf_effort_count(NULL, RF_EFFORT_PASS, 1, 1);
    rf_effort_count(&both, RF_EFFORT_GATHER, 1000, 1 << 20);
    rf_effort_count(&both, RF_EFFORT_ASK, 77, 12345);
    double sum = rf_calibration_efforts(&c, &a) + rf_calibration_efforts(&c, &b);
    cr_expect_gt(rf_calibration_efforts(&c, &b), 0);
    cr_expect_float_eq(rf_calibration_efforts(&c, &both), sum, 1e-12);
}

Test(calibration, is_written_and_read_back)
{
    struct keys_kit_folder folder = keys_kit_folder_make();
    struct rf_calibration c = machine(), back;
    struct rf_err err = {0};
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s", keys_kit_in(&folder, "new/folder/machine.json"));
    cr_assert_eq(rf_calibration_write(&c, path, &err), RF_OK, "%s", err.text);
    cr_assert_eq(rf_calibration_read(&back, path, &err), RF_OK, "%s", err.text);
    cr_expect_str_eq(back.processor, c.processor);
    cr_expect_str_eq(back.made, c.made);
    cr_expect_eq(back.cores, 2);
    cr_expect(back.chains);
    cr_expect_float_eq(back.round, c.round, 1e-9);
    cr_expect_float_eq(back.contributor_row, c.contributor_row, 1e-11);
    cr_expect_float_eq(rf_calibration_lockstep(&back, 1e-3), 1.3, 1e-9, "half way between two");
    for (unsigned kind = 0; kind < RF_EFFORT_KINDS; kind++)
        cr_expect_float_eq(rf_calibration_price(&back, (enum rf_effort)kind, 5000),
                           rf_calibration_price(&c, (enum rf_effort)kind, 5000), 1e-13);
    keys_kit_folder_remove(&folder);
}

static void refused(const char *text, const char *why)
{
    struct rf_calibration c;
    struct rf_err err = {0};
    cr_expect_eq(rf_calibration_text(&c, "c.json", text, strlen(text), &err), RF_E_FORMAT, "%s",
                 text);
    cr_expect_not_null(strstr(err.text, why), "'%s' lacks '%s'", err.text, why);
}

#define HEAD                                                                                       \
    "{\"format\": \"ringfence-calibration\", \"version\": 3, \"made\": \"\", \"machine\": "        \
    "{\"processor\": \"\", \"cores\": 2, \"load\": 0}, \"conditions\": {\"protocol\": \"rep3\", "  \
    "\"chains\": true}, "

Test(calibration, what_is_refused)
{
    refused("", "c.json:1");
    refused("[]", "format");
    refused("{\"format\": \"ringfence-result\", \"version\": 3}", "format");
    refused("{\"format\": \"ringfence-calibration\", \"version\": 1}", "version");
    refused("{\"format\": \"ringfence-calibration\", \"version\": 3}", "machine");
    refused(HEAD "\"seconds\": {}}", "byte_drawn");
    refused(HEAD "\"seconds\": {\"byte_drawn\": -1}}", "byte_drawn");
    refused(HEAD "\"seconds\": {\"byte_drawn\": 1e-9, \"byte_hashed\": \"x\"}}", "byte_hashed");
#define PLAIN                                                                                      \
    HEAD "\"seconds\": {\"byte_drawn\": 0, \"byte_hashed\": 0, \"round\": 0, "                     \
         "\"contributor\": 0, \"contributor_row\": 0}, "
    refused(PLAIN "\"effort\": {}}", "pass");
    refused(PLAIN "\"effort\": {\"pass\": []}}", "pass");
    refused(PLAIN "\"effort\": {\"pass\": [[1]]}}", "pass");
    refused(PLAIN "\"effort\": {\"pass\": [[8, 1], [8, 1]]}}", "pass");
    refused(PLAIN "\"effort\": {\"pass\": [[1, 1], [2, 1]]}}", "turn");
    refused(PLAIN "\"effort\": {\"pass\": [[1,1],[2,1],[3,1],[4,1],[5,1],[6,1],[7,1],[8,1],[9,1],"
                  "[10,1],[11,1],[12,1],[13,1],[14,1],[15,1],[16,1],[17,1]]}}",
            "pass");
}

Test(calibration, nothing_may_be_missing)
{
    static const char *const names[] = {"round", "pass", "send", "lockstep", "cores"};
    struct keys_kit_folder folder = keys_kit_folder_make();
    struct rf_calibration c = machine();
    struct rf_err err = {0};
    const char *path = keys_kit_in(&folder, "machine.json");
    uint8_t *bytes = NULL;
    size_t size = 0;
    cr_assert_eq(rf_calibration_write(&c, path, &err), RF_OK, "%s", err.text);
    cr_assert_eq(rf_safe_file_read(path, &bytes, &size, &err), RF_OK);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[32];
        int length = snprintf(name, sizeof name, "\"%s\"", names[i]);
        uint8_t *at = memmem(bytes, size, name, (size_t)length);
        cr_assert_not_null(at, "%s", names[i]);
        at[1] ^= 1;
        cr_expect_eq(rf_calibration_text(&c, path, (const char *)bytes, size, NULL), RF_E_FORMAT,
                     "%s", names[i]);
        at[1] ^= 1;
    }
    cr_expect_eq(rf_calibration_text(&c, path, (const char *)bytes, size, NULL), RF_OK);
    rf_secret_free(bytes, size);
    keys_kit_folder_remove(&folder);
}

Test(calibration, words_hold_nothing_for_a_terminal)
{
    struct keys_kit_folder folder = keys_kit_folder_make();
    struct rf_calibration c = machine(), back;
    struct rf_err err = {0};
    const char *path = keys_kit_in(&folder, "machine.json");
    (void)snprintf(c.processor, sizeof c.processor, "a\x1b[31m\nb\u202e");
    cr_assert_eq(rf_calibration_write(&c, path, &err), RF_OK, "%s", err.text);
    cr_assert_eq(rf_calibration_read(&back, path, &err), RF_OK, "%s", err.text);
    cr_expect_str_eq(back.processor, "a?[31m?b???");
    keys_kit_folder_remove(&folder);
}

Test(calibration, lockstep_makes_nothing_faster)
{
    struct keys_kit_folder folder = keys_kit_folder_make();
    struct rf_calibration c = machine(), back;
    struct rf_err err = {0};
    const char *path = keys_kit_in(&folder, "machine.json");
    c.lockstep.point[1].price = 0.5;
    cr_assert_eq(rf_calibration_write(&c, path, &err), RF_OK, "%s", err.text);
    cr_expect_eq(rf_calibration_read(&back, path, &err), RF_E_FORMAT);
    cr_expect_not_null(strstr(err.text, "lockstep"), "%s", err.text);
    keys_kit_folder_remove(&folder);
}

Test(calibration, no_such_file)
{
    struct rf_calibration c;
    struct rf_err err = {0};
    cr_expect_eq(rf_calibration_read(&c, "no/such/file.json", &err), RF_E_ARG);
}

/* ---- prediction ---- */

static struct rf_study study_of(uint64_t rows)
{
    struct rf_study study = study_kit_valid();
    (void)snprintf(study.protocol, sizeof study.protocol, "rep3-active");
    for (unsigned i = 0; i < study.member_count; i++) {
        if (study.members[i].contributor)
            study.members[i].rows = study.members[i].customers = rows;
    }
    return study;
}

static struct rf_prediction predict(uint64_t rows, const struct rf_calibration *calibration)
{
    struct rf_study study = study_of(rows);
    struct rf_explained *parties = calloc(RF_PARTIES, sizeof *parties);
    struct rf_prediction prediction;
    struct rf_err err = {0};
    cr_assert_not_null(parties);
    for (unsigned i = 0; i < RF_PARTIES; i++)
        cr_assert_eq(rf_explain(&parties[i], &study, i, 2, calibration, &err), RF_OK, "%s",
                     err.text);
    rf_explain_predict(&prediction, parties, &study, calibration);
    double sum = 0;
    for (unsigned i = 0; i < parties[0].steps; i++) {
        cr_expect_gt(prediction.step[i], 0, "%s", parties[0].step[i].name);
        sum += prediction.step[i];
    }
    cr_expect_float_eq(prediction.compute, sum, 1e-9);
    cr_expect_float_eq(prediction.all, prediction.prepare + prediction.receive + prediction.compute,
                       1e-9);
    free(parties);
    return prediction;
}

Test(prediction, adds_up_and_grows_with_rows)
{
    struct rf_calibration c = machine();
    struct rf_prediction before = predict(500, &c);
    for (uint64_t rows = 2000; rows <= 32000; rows *= 4) {
        struct rf_prediction now = predict(rows, &c);
        cr_expect_gt(now.prepare, before.prepare, "%llu rows", (unsigned long long)rows);
        cr_expect_gt(now.receive, before.receive, "%llu rows", (unsigned long long)rows);
        cr_expect_gt(now.compute, before.compute, "%llu rows", (unsigned long long)rows);
        before = now;
    }
}

Test(prediction, each_price_counts)
{
    struct rf_calibration c = machine();
    const double base = predict(2000, &c).all;
    double *const plain[] = {&c.byte_drawn, &c.byte_hashed, &c.round, &c.contributor,
                             &c.contributor_row};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        *plain[i] *= 2;
        cr_expect_gt(predict(2000, &c).all, base, "price %zu", i);
        *plain[i] /= 2;
    }
    for (unsigned i = 0; i < c.lockstep.points; i++)
        c.lockstep.point[i].price *= 2;
    cr_expect_gt(predict(2000, &c).all, base, "lockstep");
    for (unsigned i = 0; i < c.lockstep.points; i++)
        c.lockstep.point[i].price /= 2;
    for (unsigned kind = 0; kind < RF_EFFORT_KINDS; kind++) {
        for (unsigned i = 0; i < 3; i++)
            c.effort[kind].point[i].price *= 2;
        cr_expect_gt(predict(2000, &c).all, base, "effort %u", kind);
        for (unsigned i = 0; i < 3; i++)
            c.effort[kind].point[i].price /= 2;
    }
}

/* Fewer gates at once: more proofs, and so more rounds and bytes, but less memory. */
Test(prediction, the_bound_on_proofs_counts)
{
    struct rf_explained *many = calloc(1, sizeof *many), *few = calloc(1, sizeof *few);
    struct rf_study study = study_of(20000);
    struct rf_err err = {0};
    cr_assert_eq(rf_explain(many, &study, 0, 2, NULL, &err), RF_OK, "%s", err.text);
    study.proof_gates = RF_PROOF_GATES_MIN;
    cr_assert_eq(rf_explain(few, &study, 0, 2, NULL, &err), RF_OK, "%s", err.text);
    cr_expect_gt(few->total.rounds, many->total.rounds + 100);
    cr_expect_gt(few->total.bytes, many->total.bytes);
    cr_expect_lt(few->peak_memory, many->peak_memory);
    free(many);
    free(few);
}

Test(prediction, cores_help_until_each_party_has_its_own)
{
    struct rf_calibration c = machine();
    double seconds[6];
    for (c.cores = 1; c.cores <= 5; c.cores++)
        seconds[c.cores] = predict(2000, &c).compute;
    cr_expect_lt(seconds[2], seconds[1]);
    cr_expect_lt(seconds[3], seconds[2]);
    cr_expect_float_eq(seconds[5], seconds[4], 1e-9);
}

/* ---- admission ---- */

static void check_says(const struct rf_explanation *explanation, struct rf_limits limits,
                       const char *says)
{
    struct rf_err err = {0};
    cr_expect_eq(rf_admission_check(explanation, &limits, &err), says ? RF_E_ARG : RF_OK, "%s",
                 err.text);
    cr_expect_str_eq(err.text, says ? says : "");
}

Test(admission, number_and_limit)
{
    struct rf_explanation *explanation = calloc(1, sizeof *explanation);
    cr_assert_not_null(explanation);
    explanation->parties[1].peak_memory = (5ULL << 30) + 1;
    explanation->time.all = 123.4;
    check_says(explanation, (struct rf_limits){0}, NULL);
    check_says(explanation, (struct rf_limits){.memory = 6ULL << 30}, NULL);
    check_says(explanation, (struct rf_limits){.memory = 5ULL << 30},
               "the study takes 5121 MiB of share columns, the limit on memory is 5120 MiB");
    check_says(explanation, (struct rf_limits){.seconds = 1000},
               "there is a limit on time and nothing to predict it from: run 'ringfence bench "
               "--calibrate' on this machine first");
    explanation->timed = true;
    check_says(explanation, (struct rf_limits){.seconds = 124}, NULL);
    check_says(explanation, (struct rf_limits){.seconds = 100},
               "the study takes about 123 s as predicted, the limit on time is 100 s");
    free(explanation);
}

Test(admission, of_a_whole_study)
{
    struct rf_study study = study_of(20000);
    struct rf_err err = {0};
    struct rf_limits limits = {.memory = 1 << 20};
    cr_expect_eq(rf_admission_study(&limits, NULL, &study, &err), RF_E_ARG);
    cr_expect_not_null(strstr(err.text, "the limit on memory is 1 MiB"), "%s", err.text);
    err = (struct rf_err){0};
    limits.memory = 1 << 30;
    cr_expect_eq(rf_admission_study(&limits, NULL, &study, &err), RF_OK, "%s", err.text);
    cr_expect_eq(rf_admission_study(&limits, "no/such/file.json", &study, &err), RF_E_ARG);
}
