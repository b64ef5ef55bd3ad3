/** study_kit.h - studies for tests: one that is valid, random ones, and equality */
#ifndef RF_TESTS_SUPPORT_STUDY_KIT_H
#define RF_TESTS_SUPPORT_STUDY_KIT_H

#include <stdio.h>
#include <string.h>

#include "party/study/study.h"
#include "support/random.h"

/* Every field that the format has; four members, three of them contributors. */
#define STUDY_KIT_YAML                                                                             \
    "study: fraud-rings-2026\n"                                                                    \
    "purpose: Find fraud rings that span banks\n"                                                  \
    "statistics: [shared_tokens, rings]\n"                                                         \
    "link: both\n"                                                                                 \
    "types: [national_id, phone, email]\n"                                                         \
    "members:\n"                                                                                   \
    "  - name: bank-a\n"                                                                           \
    "    roles: [party, contributor, recipient]\n"                                                 \
    "    customers: 20000\n"                                                                       \
    "    rows: 60000\n"                                                                            \
    "  - name: bank-b\n"                                                                           \
    "    roles: [party, contributor, recipient]\n"                                                 \
    "    customers: 10000\n"                                                                       \
    "    rows: 30000\n"                                                                            \
    "  - name: tech-c\n"                                                                           \
    "    roles: [party]\n"                                                                         \
    "  - name: bank-d\n"                                                                           \
    "    roles: [contributor, recipient]\n"                                                        \
    "    customers: 5\n"                                                                           \
    "    rows: 17\n"                                                                               \
    "parameters:\n"                                                                                \
    "  hub_cap: 50\n"                                                                              \
    "  min_size: 2\n"                                                                              \
    "  min_banks: 2\n"                                                                             \
    "  min_cell: 3\n"                                                                              \
    "  size_buckets: [2, 3, 4, 5, 10, 20, 50, 100]\n"                                              \
    "  max_exposure: 1099511627776\n"                                                              \
    "  shared_rows: open\n"                                                                        \
    "  iterations: auto\n"                                                                         \
    "protocol: rep3\n"

static inline enum rf_rc study_kit_read(struct rf_study *study, const char *text,
                                        struct rf_err *err)
{
    return rf_study_read_text(study, "s.yaml", (const uint8_t *)text, strlen(text), err);
}

/* The valid study; its members' bounds are declared. */
static inline struct rf_study study_kit_valid(void)
{
    struct rf_study study;
    struct rf_err err = {0};
    if (study_kit_read(&study, STUDY_KIT_YAML, &err) != RF_OK)
        (void)fprintf(stderr, "%s\n", err.text);
    return study;
}

static inline bool study_kit_member_equal(const struct rf_member *a, const struct rf_member *b)
{
    return strcmp(a->name, b->name) == 0 && a->party == b->party &&
           a->contributor == b->contributor && a->recipient == b->recipient &&
           a->customers == b->customers && a->rows == b->rows &&
           memcmp(a->fingerprint, b->fingerprint, sizeof a->fingerprint) == 0;
}

static inline bool study_kit_equal(const struct rf_study *a, const struct rf_study *b)
{
    bool same = strcmp(a->name, b->name) == 0 && strcmp(a->purpose, b->purpose) == 0 &&
                a->shared_tokens == b->shared_tokens && a->rings == b->rings &&
                a->link == b->link && memcmp(a->types, b->types, sizeof a->types) == 0 &&
                a->hub_cap == b->hub_cap && a->min_size == b->min_size &&
                a->min_banks == b->min_banks && a->min_cell == b->min_cell &&
                a->bucket_count == b->bucket_count &&
                memcmp(a->buckets, b->buckets, sizeof a->buckets) == 0 &&
                a->max_exposure == b->max_exposure && a->shared_rows == b->shared_rows &&
                a->iterations == b->iterations && strcmp(a->protocol, b->protocol) == 0 &&
                a->member_count == b->member_count;
    for (unsigned i = 0; same && i < a->member_count; i++)
        same = study_kit_member_equal(&a->members[i], &b->members[i]);
    return same;
}

static inline uint64_t study_kit_between(uint64_t *state, uint64_t low, uint64_t high)
{
    return low + rf_test_random(state) % (high - low + 1);
}

/* Text that YAML could mistake for something else. */
static inline void study_kit_purpose(uint64_t *state, char *out, size_t room)
{
    static const char *const pieces[] = {
        "a",  " ",   "- ", ": ",  "#",   " #", "'",        "\"", "\\", "[",   "{",    "&x", "*x",
        "!t", "yes", "~",  "|",   ">",   "%",  "@",        "`",  "é",  "€",   "日",   "😀",  "null",
        "1",  "0x1", "? ", "---", "...", ",",  "\xc2\xa0", "<<", "=",  "\\n", "true",
    };
    size_t length = 0;
    unsigned count = (unsigned)study_kit_between(state, 1, 20);
    for (unsigned i = 0; i < count; i++) {
        const char *piece = pieces[study_kit_between(state, 0, sizeof pieces / sizeof *pieces - 1)];
        if (length + strlen(piece) + 1 > room)
            break;
        memcpy(out + length, piece, strlen(piece) + 1);
        length += strlen(piece);
    }
}

static inline void study_kit_random_members(struct rf_study *study, uint64_t *state, bool declared)
{
    int parties = 0;
    unsigned contributors = (unsigned)study_kit_between(state, 2, RF_BANKS_MAX);
    study->member_count = contributors + RF_PARTIES;
    for (unsigned i = 0; i < study->member_count; i++) {
        struct rf_member *member = &study->members[i];
        (void)snprintf(member->name, sizeof member->name, "%c%u-%u",
                       (char)study_kit_between(state, 'a', 'z'),
                       (unsigned)study_kit_between(state, 0, 9), i);
        member->contributor = i < contributors;
        member->party =
            parties < RF_PARTIES && (i >= contributors || study_kit_between(state, 0, 3) == 0)
                ? parties++
                : -1;
        member->recipient = member->party < 0 ? !member->contributor || (rf_test_random(state) & 1)
                                              : (rf_test_random(state) & 1);
        if (member->contributor && (declared || (rf_test_random(state) & 1)))
            member->customers = study_kit_between(state, 1, 1 << 20);
        if (member->contributor && (declared || (rf_test_random(state) & 1)))
            member->rows = study_kit_between(state, 1, 1 << 20);
    }
    study->members[0].recipient = true;
    study->min_banks = (unsigned)study_kit_between(state, 2, contributors);
}

static inline uint64_t study_kit_rows(const struct rf_study *study)
{
    uint64_t rows = 0;
    for (unsigned i = 0; i < study->member_count; i++)
        rows += study->members[i].rows;
    return rows;
}

/* Any study that rf_study_check() accepts can come out. */
static inline void study_kit_random_study(struct rf_study *study, uint64_t *state, bool declared)
{
    rf_study_defaults(study);
    (void)snprintf(study->name, sizeof study->name, "s%u_x.%u",
                   (unsigned)study_kit_between(state, 0, 999),
                   (unsigned)study_kit_between(state, 0, 999));
    study_kit_purpose(state, study->purpose, sizeof study->purpose);
    study->rings = rf_test_random(state) & 1;
    study->shared_tokens = !study->rings || (rf_test_random(state) & 1);
    study->link = (enum rf_link_by)study_kit_between(state, 1, 3);
    for (unsigned type = 0; type < RF_TYPE_ACCOUNT; type++)
        study->types[type] = (study->link & RF_LINK_IDENTIFIERS) && (rf_test_random(state) & 1);
    if (study->link & RF_LINK_IDENTIFIERS)
        study->types[study_kit_between(state, 0, RF_TYPE_ACCOUNT - 1)] = true;
    study->types[RF_TYPE_ACCOUNT] = (study->link & RF_LINK_TRANSFERS) != 0;
    study_kit_random_members(study, state, declared);
    study->hub_cap = study_kit_between(state, 1, 1000);
    study->min_size = study_kit_between(state, 2, 150);
    study->min_cell = (unsigned)study_kit_between(state, 0, 1000);
    rf_study_default_buckets(study);
    if (rf_test_random(state) & 1) {
        study->bucket_count = (unsigned)study_kit_between(state, 1, RF_BUCKETS_MAX);
        memset(study->buckets, 0, sizeof study->buckets);
        study->buckets[0] = study->min_size;
        for (unsigned i = 1; i < study->bucket_count; i++)
            study->buckets[i] = study->buckets[i - 1] + study_kit_between(state, 1, 1 << 20);
    }
    study->max_exposure = study_kit_between(state, 1, UINT64_C(1) << 39);
    uint64_t most = declared ? study_kit_rows(study) : RF_ROWS_MAX;
    study->shared_rows = rf_test_random(state) & 1 ? 0 : study_kit_between(state, 1, most);
    study->iterations = (unsigned)study_kit_between(state, 0, RF_ITERATIONS_MAX);
}

#endif
