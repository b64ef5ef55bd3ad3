#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/base/bytes.h"
#include "net/base/hex.h"
#include "net/base/rc.h"
#include "net/base/secret.h"

Test(rc, first_failure_wins)
{
    struct rf_err err = {0};
    cr_assert_eq(rf_err_set(&err, RF_E_PEER, "bank %s", "a"), RF_E_PEER);
    cr_assert_eq(rf_err_set(&err, RF_E_IO, "later"), RF_E_IO);
    cr_assert_eq(err.rc, RF_E_PEER);
    cr_assert_str_eq(err.text, "bank a");
    rf_err_prefix(&err, "step %d", 3);
    cr_assert_str_eq(err.text, "step 3: bank a");
}

enum { FAILING = 2, TEXTS = 20000 };

struct failing {
    struct rf_err *err;
    enum rf_rc rc;
    char letter;
    atomic_uint *here;
};

static void *fail_often(void *context)
{
    const struct failing *failing = context;
    char text[100];
    memset(text, failing->letter, sizeof text - 1);
    text[sizeof text - 1] = 0;
    for (unsigned i = 0; i < TEXTS; i++) {
        atomic_fetch_add(failing->here, 1);
        while (atomic_load(failing->here) < FAILING * (i + 1)) /* so that both go at once */
            (void)sched_yield();
        (void)rf_err_set(&failing->err[i], failing->rc, "%s", text);
    }
    return NULL;
}

Test(rc, one_of_several_threads_wins)
{
    struct rf_err *err = calloc(TEXTS, sizeof *err);
    struct failing failing[FAILING];
    pthread_t thread[FAILING];
    atomic_uint here = 0;
    cr_assert_not_null(err);
    for (int i = 0; i < FAILING; i++) {
        failing[i] = (struct failing){err, i ? RF_E_PEER : RF_E_IO, (char)('a' + i), &here};
        cr_assert_eq(pthread_create(&thread[i], NULL, fail_often, &failing[i]), 0);
    }
    for (unsigned i = 0; i < FAILING; i++)
        (void)pthread_join(thread[i], NULL);
    for (unsigned i = 0; i < TEXTS; i++) {
        cr_assert_eq(err[i].rc, err[i].text[0] == 'a' ? RF_E_IO : RF_E_PEER);
        cr_assert_eq(strlen(err[i].text), 99);
        cr_assert_eq(strspn(err[i].text, (char[]){err[i].text[0], 0}), 99, "%s", err[i].text);
    }
    free(err);
}

Test(rc, long_text_is_cut_not_overrun)
{
    struct rf_err err = {0};
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    (void)rf_err_set(&err, RF_E_ARG, "%s", text);
    rf_err_prefix(&err, "%s", text);
    cr_assert_eq(strlen(err.text), sizeof err.text - 1);
}

Test(rc, exit_codes)
{
    cr_assert_eq(rf_rc_exit(RF_OK), 0);
    cr_assert_eq(rf_rc_exit(RF_E_FORMAT), 2);
    cr_assert_eq(rf_rc_exit(RF_E_ARG), 2);
    cr_assert_eq(rf_rc_exit(RF_E_CHEAT), 1);
}

Test(secret, aligned_zeroed_and_compared)
{
    const size_t sizes[] = {0, 1, 64, 1000, 3 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char *memory = rf_secret_alloc(sizes[i]);
        cr_assert_not_null(memory);
        cr_assert_eq((uintptr_t)memory % 64, 0);
        for (size_t j = 0; j < sizes[i]; j++)
            cr_assert_eq(memory[j], 0);
        rf_secret_free(memory, sizes[i]);
    }
    volatile size_t huge = SIZE_MAX; /* volatile: the compiler refuses the plain call */
    cr_assert_null(rf_secret_alloc(huge));
    rf_secret_free(NULL, 10);
    cr_assert(rf_secret_equal("abc", "abc", 3));
    cr_assert_not(rf_secret_equal("abc", "abd", 3));
}

/* In a process of its own: the leak sanitizer looks into the one that it is in. */
static int sealed(const char *debug)
{
    struct rlimit limit = {.rlim_cur = 1, .rlim_max = 1};
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        if (debug)
            (void)setenv("RINGFENCE_DEBUG", debug, 1);
        else
            (void)unsetenv("RINGFENCE_DEBUG");
        (void)setrlimit(RLIMIT_CORE, &limit);
        (void)prctl(PR_SET_DUMPABLE, 1);
        rf_secret_process();
        (void)getrlimit(RLIMIT_CORE, &limit);
        _exit((limit.rlim_max == 0) + 2 * (prctl(PR_GET_DUMPABLE) == 0));
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Test(secret, processes_that_hold_them_are_closed)
{
    cr_expect_eq(sealed(NULL), 3);
    cr_expect_eq(sealed(""), 3);
    cr_expect_eq(sealed("1"), 0);
}

Test(bytes, bit_length)
{
    cr_assert_eq(rf_bit_length(0), 0);
    cr_assert_eq(rf_bit_length(1), 1);
    cr_assert_eq(rf_bit_length(255), 8);
    cr_assert_eq(rf_bit_length(256), 9);
    cr_assert_eq(rf_bit_length(UINT64_MAX), 64);
    cr_assert_eq(rf_div_up(SIZE_MAX, 2), SIZE_MAX / 2 + 1);
}

Test(hex, digits)
{
    char out[9];
    const uint8_t bytes[] = {0x00, 0x0f, 0xa5, 0xff};
    cr_assert_str_eq(rf_hex(out, bytes, sizeof bytes), "000fa5ff");
    cr_assert_str_eq(rf_hex(out, bytes, 0), "");
}
