#include <inttypes.h>
#include <string.h>
#include <utf8proc.h>

#include "party/keys/member_name.h"
#include "party/study/study.h"
#include "protocols/backend/registry.h"

static enum rf_rc check_name(const struct rf_study *study, struct rf_err *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    const char *name = study->name;
    if (!name[0] || strchr("-_.", name[0]) || strspn(name, allowed) != strlen(name)) {
        return rf_err_set(err, RF_E_ARG,
                          "study: a study's name is made of lower-case letters, digits, '-', '_' "
                          "and '.', and starts with a letter or digit");
    }
    return RF_OK;
}

/* The purpose is shown on terminals and pages: no controls, nothing that reorders text, nothing that
 * cannot be seen. */
static bool showable(utf8proc_int32_t character)
{
    switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF: /* marks and overrides of direction, zero width, tags */
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return false;
    default: /* fillers and variation selectors, which have other categories */
        return !utf8proc_get_property(character)->ignorable;
    }
}

enum rf_rc rf_study_check_text(const char *field, const char *text, struct rf_err *err)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
    while (*at) {
        utf8proc_int32_t character = 0;
        utf8proc_ssize_t used = utf8proc_iterate(at, -1, &character);
        if (used <= 0)
            return rf_err_set(err, RF_E_ARG, "%s: is not valid UTF-8", field);
        if (!showable(character))
            return rf_err_set(err, RF_E_ARG, "%s: holds U+%04X, which is no visible character",
                              field, (unsigned)character);
        at += used;
    }
    return RF_OK;
}

static enum rf_rc check_what(const struct rf_study *study, struct rf_err *err)
{
    bool linked = false;
    for (unsigned type = 0; type < RF_TYPE_ACCOUNT; type++)
        linked |= study->types[type];
    if (!study->purpose[0])
        return rf_err_set(err, RF_E_ARG, "purpose: say what the study is for");
    if (!study->shared_tokens && !study->rings)
        return rf_err_set(err, RF_E_ARG, "statistics: ask for at least one");
    if (study->link < RF_LINK_IDENTIFIERS || study->link > RF_LINK_BOTH)
        return rf_err_set(err, RF_E_ARG, "link: is none of identifiers, transfers, both");
    if ((study->link & RF_LINK_IDENTIFIERS) && !linked)
        return rf_err_set(err, RF_E_ARG, "types: name at least one, or link transfers alone");
    if (!(study->link & RF_LINK_IDENTIFIERS) && linked)
        return rf_err_set(err, RF_E_ARG, "types: a study that links transfers alone uses none");
    if (!rf_protocol_find(study->protocol)) {
        return rf_err_set(err, RF_E_ARG,
                          "protocol: unknown protocol '%s'; known: " RF_PROTOCOL_NAMES,
                          study->protocol);
    }
    return RF_OK;
}

static enum rf_rc check_bound(const struct rf_study *study, unsigned i, const char *field,
                              uint64_t value, bool declared, struct rf_err *err)
{
    const struct rf_member *member = &study->members[i];
    if (value != 0 && !member->contributor)
        return rf_err_set(err, RF_E_ARG, "members[%u].%s: bounds are for contributors only", i,
                          field);
    if (value > RF_ROWS_MAX)
        return rf_err_set(err, RF_E_ARG, "members[%u].%s: is above %" PRIu64, i, field,
                          RF_ROWS_MAX);
    if (declared && member->contributor && value == 0)
        return rf_err_set(err, RF_E_ARG, "members[%u].%s: declare a bound for %s", i, field,
                          member->name);
    return RF_OK;
}

static enum rf_rc check_member(const struct rf_study *study, unsigned i, bool declared,
                               struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    const struct rf_member *member = &study->members[i];
    if (!rf_member_name_valid(member->name))
        RF_TRY(rf_err_set(err, RF_E_ARG, "members[%u].name: %s", i, RF_MEMBER_NAME_RULE));
    if ((unsigned)rf_study_member(study, member->name) != i)
        RF_TRY(rf_err_set(err, RF_E_ARG, "members[%u].name: %s is there twice", i, member->name));
    if (member->party < 0 && !member->contributor && !member->recipient)
        RF_TRY(rf_err_set(err, RF_E_ARG, "members[%u].roles: %s has no role", i, member->name));
    RF_TRY(check_bound(study, i, "customers", member->customers, declared, err));
    RF_TRY(check_bound(study, i, "rows", member->rows, declared, err));
done:
    return rc;
}

static enum rf_rc check_roles(const struct rf_study *study, struct rf_err *err)
{
    unsigned contributors = 0, recipients = 0;
    int parties = 0;
    for (unsigned i = 0; i < study->member_count; i++) {
        const struct rf_member *member = &study->members[i];
        contributors += member->contributor;
        recipients += member->recipient;
        if (member->party >= 0 && member->party != parties++)
            return rf_err_set(err, RF_E_ARG,
                              "members[%u].roles: parties are numbered in the order of members", i);
    }
    if (parties != RF_PARTIES) {
        return rf_err_set(err, RF_E_ARG,
                          "members: exactly %d must have the role party, and %d have it",
                          RF_PARTIES, parties);
    }
    if (contributors < 2 || contributors > RF_BANKS_MAX) {
        return rf_err_set(err, RF_E_ARG,
                          "members: 2 to %d must have the role contributor, and %u have it",
                          RF_BANKS_MAX, contributors);
    }
    if (recipients == 0)
        return rf_err_set(err, RF_E_ARG, "members: nobody has the role recipient");
    if (study->min_banks < 2 || study->min_banks > contributors) {
        return rf_err_set(err, RF_E_ARG,
                          "parameters.min_banks: must lie from 2 to the %u contributors, not %u",
                          contributors, study->min_banks);
    }
    return RF_OK;
}

static enum rf_rc check_members(const struct rf_study *study, bool declared, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    if (study->member_count > RF_MEMBERS_MAX)
        RF_TRY(rf_err_set(err, RF_E_ARG, "members: more than %d", RF_MEMBERS_MAX));
    for (unsigned i = 0; i < study->member_count; i++)
        RF_TRY(check_member(study, i, declared, err));
    RF_TRY(check_roles(study, err));
done:
    return rc;
}

static enum rf_rc check_buckets(const struct rf_study *study, struct rf_err *err)
{
    if (study->bucket_count < 1 || study->bucket_count > RF_BUCKETS_MAX)
        return rf_err_set(err, RF_E_ARG, "parameters.size_buckets: must be 1 to %d numbers",
                          RF_BUCKETS_MAX);
    if (study->buckets[0] != study->min_size) {
        return rf_err_set(err, RF_E_ARG,
                          "parameters.size_buckets: must start at min_size, %" PRIu64,
                          study->min_size);
    }
    for (unsigned i = 1; i < study->bucket_count; i++)
        if (study->buckets[i] <= study->buckets[i - 1])
            return rf_err_set(err, RF_E_ARG, "parameters.size_buckets[%u]: must increase", i);
    if (study->buckets[study->bucket_count - 1] > RF_ROWS_MAX)
        return rf_err_set(err, RF_E_ARG, "parameters.size_buckets[%u]: is above %" PRIu64,
                          study->bucket_count - 1, RF_ROWS_MAX);
    return RF_OK;
}

static enum rf_rc check_parameters(const struct rf_study *study, struct rf_err *err)
{
    const struct {
        const char *field;
        uint64_t value, min, max;
    } ranges[] = {
        {"hub_cap", study->hub_cap, 1, RF_ROWS_MAX},
        {"min_size", study->min_size, 2, RF_ROWS_MAX},
        {"min_cell", study->min_cell, 0, RF_ROWS_MAX},
        {"max_exposure", study->max_exposure, 1, UINT64_MAX},
        {"shared_rows", study->shared_rows, 0, RF_ROWS_MAX},
        {"iterations", study->iterations, 0, RF_ITERATIONS_MAX},
        {"lanes", study->lanes, 1, RF_STUDY_LANES_MAX},
        {"proof_gates", study->proof_gates, RF_PROOF_GATES_MIN, RF_PROOF_GATES_MAX},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (ranges[i].value < ranges[i].min || ranges[i].value > ranges[i].max) {
            return rf_err_set(err, RF_E_ARG,
                              "parameters.%s: must lie from %" PRIu64 " to %" PRIu64
                              ", not %" PRIu64,
                              ranges[i].field, ranges[i].min, ranges[i].max, ranges[i].value);
        }
    }
    return check_buckets(study, err);
}

/* Undeclared bounds are 0 and add nothing: they are checked again when they are declared. */
static enum rf_rc check_totals(const struct rf_study *study, bool declared, struct rf_err *err)
{
    uint64_t customers = 0, rows = 0; /* at most 16 bounds of 2^31 each */
    for (unsigned i = 0; i < study->member_count; i++) {
        customers += study->members[i].customers;
        rows += study->members[i].rows;
    }
    if (customers != 0 && study->max_exposure > UINT64_MAX / customers) {
        return rf_err_set(err, RF_E_ARG,
                          "parameters.max_exposure: totals could pass 2^64: %" PRIu64
                          " customers in all, each of exposure up to %" PRIu64
                          "; lower one of the bounds",
                          customers, study->max_exposure);
    }
    if (customers > RF_ROWS_MAX || rows > RF_ROWS_MAX) {
        return rf_err_set(err, RF_E_ARG,
                          "members: %" PRIu64 " customers and %" PRIu64
                          " rows in all; neither may pass %" PRIu64,
                          customers, rows, RF_ROWS_MAX);
    }
    if (declared && study->shared_rows > rows) {
        return rf_err_set(err, RF_E_ARG,
                          "parameters.shared_rows: %" PRIu64 " is more than the %" PRIu64
                          " rows that all members have together",
                          study->shared_rows, rows);
    }
    return RF_OK;
}

enum rf_rc rf_study_check(const struct rf_study *study, bool declared, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    RF_TRY(check_name(study, err));
    RF_TRY(rf_study_check_text("purpose", study->purpose, err));
    RF_TRY(check_what(study, err));
    RF_TRY(check_members(study, declared, err));
    RF_TRY(check_parameters(study, err));
    RF_TRY(check_totals(study, declared, err));
done:
    return rc;
}
