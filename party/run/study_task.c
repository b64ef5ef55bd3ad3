#include "party/run/study_task.h"

#include "net/base/bytes.h"

void rf_study_task(struct rf_task *task, const struct rf_study *study, double shared_percent)
{
    unsigned bank_of[RF_BANKS_MAX], banks = rf_study_banks(study, bank_of);
    uint64_t customers = 0, most_rows = 1, all_rows = 0;
    *task = (struct rf_task){
        .min_cell = study->min_cell,
        .shared_rows = study->shared_rows,
        .iterations = study->iterations,
    };
    rf_study_shape(study, &task->shape);
    for (unsigned bank = 0; bank < banks; bank++) {
        const struct rf_member *member = &study->members[bank_of[bank]];
        task->rows[bank] = member->rows;
        task->recipients |= (uint32_t)member->recipient << bank;
        customers += member->customers;
        all_rows += member->rows;
        most_rows = member->rows > most_rows ? member->rows : most_rows;
    }
    /* A group has a row, so groups are numbered below most_rows, and all ones stays free. */
    task->group_bits = rf_bit_length(most_rows);
    task->size_bits = rf_bit_length(customers | 1);
    task->exposure_bits = rf_bit_length((customers * study->max_exposure) | 1);
    task->expected_shared = (uint64_t)((double)all_rows * shared_percent / 100);
}

size_t rf_study_proof_words(const struct rf_study *study)
{
    return rf_div_up(study->proof_gates, (size_t)64 * study->lanes);
}
