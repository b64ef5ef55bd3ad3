#include "party/run/contribution.h"

#include <stdlib.h>
#include <string.h>

#include "net/base/bytes.h"
#include "net/base/secret.h"
#include "party/data/groups.h"
#include "party/data/tokens.h"
#include "party/run/study_task.h"
#include "protocols/share/stream.h"

static enum rf_rc build_groups(struct rf_groups *groups, const struct rf_study *study,
                               const struct rf_tables *tables,
                               const uint8_t members_key[RF_TOKEN_KEY_SIZE],
                               const uint8_t manifest_hash[32], struct rf_err *err)
{
    enum rf_rc rc;
    size_t size = (tables->holdings + 1) * sizeof(uint64_t);
    uint64_t *token = rf_secret_alloc(size);
    struct rf_tokens_key *key = NULL;
    if (!token)
        return rf_err_set(err, RF_E_MEMORY, "out of memory for %zu tokens", tables->holdings);
    RF_TRY(rf_tokens_key_new(&key, members_key, RF_TOKEN_KEY_SIZE, manifest_hash, err));
    RF_TRY(rf_tokens_all(key, tables, token, err));
    RF_TRY(rf_groups_build(tables, study->hub_cap, token, groups, err));
done:
    rf_tokens_key_free(key);
    rf_secret_free(token, size);
    return rc;
}

static enum rf_rc check_bounds(const struct rf_member *member, const struct rf_tables *tables,
                               const struct rf_groups *groups, struct rf_err *err)
{
    if (tables->customers > member->customers) {
        return rf_err_set(
            err, RF_E_ARG,
            "%s has %zu customers, more than the %llu that the study declares: propose "
            "it again with a larger bound",
            member->name, tables->customers, (unsigned long long)member->customers);
    }
    if (groups->row_count > member->rows) {
        return rf_err_set(err, RF_E_ARG,
                          "%s has %zu rows, more than the %llu that the study declares: propose it "
                          "again with a larger bound",
                          member->name, groups->row_count, (unsigned long long)member->rows);
    }
    return RF_OK;
}

static void write_rows(struct rf_contribution *out, const struct rf_task *task,
                       const struct rf_groups *groups)
{
    for (size_t i = 0; i < groups->row_count; i++) {
        const struct rf_group_row *from = &groups->row[i];
        const struct rf_group *group = &groups->group[from->group];
        const struct rf_row row = {
            .token = from->token,
            .type = from->type,
            .group = from->group,
            .size = group->size,
            .flagged = group->flagged,
            .exposure = group->exposure,
        };
        rf_row_write(out->rows + i * out->row_bytes, task, &row);
    }
}

static enum rf_rc write_fillers(struct rf_contribution *out, const struct rf_task *task,
                                const uint8_t fill[32], struct rf_err *err)
{
    struct rf_stream stream = {0};
    enum rf_rc rc = rf_stream_init(&stream, fill, err);
    for (size_t i = out->used; rc == RF_OK && i < out->count; i++) {
        struct rf_row row = {0};
        rf_stream_draw(&stream, &row.token, sizeof row.token);
        rf_row_write(out->rows + i * out->row_bytes, task, &row);
    }
    rf_stream_fini(&stream);
    return rc;
}

enum rf_rc rf_contribution_build(struct rf_contribution *out, const struct rf_manifest *manifest,
                                 unsigned member, const struct rf_tables *tables,
                                 const uint8_t members_key[RF_TOKEN_KEY_SIZE],
                                 const uint8_t fill[32], struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_groups groups = {0};
    struct rf_task task;
    const struct rf_study *study = &manifest->study;
    rf_study_task(&task, study, 0);
    *out = (struct rf_contribution){
        .count = study->members[member].rows,
        .row_bytes = rf_row_bytes(&task),
    };
    RF_TRY(build_groups(&groups, study, tables, members_key, manifest->hash, err));
    RF_TRY(check_bounds(&study->members[member], tables, &groups, err));
    out->used = groups.row_count;
    out->rows = rf_secret_alloc(out->count * out->row_bytes);
    if (!out->rows) {
        rc = rf_err_set(err, RF_E_MEMORY, "out of memory for %zu rows", out->count);
        goto done;
    }
    write_rows(out, &task, &groups);
    RF_TRY(write_fillers(out, &task, fill, err));
done:
    rf_groups_fini(&groups);
    return rc;
}

void rf_contribution_fini(struct rf_contribution *contribution)
{
    rf_secret_free(contribution->rows, contribution->count * contribution->row_bytes);
    *contribution = (struct rf_contribution){0};
}

static uint64_t rounded_up(uint64_t count)
{
    unsigned bits = rf_bit_length(count);
    uint64_t unit = bits > 4 ? (uint64_t)1 << (bits - 4) : 1;
    return rf_div_up(count ? count : 1, unit) * unit;
}

enum rf_rc rf_contribution_bounds(const struct rf_study *study, const struct rf_tables *tables,
                                  uint64_t *customers, uint64_t *rows, struct rf_err *err)
{
    /* Which key it is does not matter: as many tokens are different under any. */
    static const uint8_t any_key[RF_TOKEN_KEY_SIZE], any_hash[32];
    struct rf_groups groups = {0};
    enum rf_rc rc = build_groups(&groups, study, tables, any_key, any_hash, err);
    if (rc == RF_OK) {
        *customers = rounded_up(tables->customers);
        *rows = rounded_up(groups.row_count);
    }
    rf_groups_fini(&groups);
    return rc;
}
