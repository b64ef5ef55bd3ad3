/** cheat.h - a party that deviates from rep3-active, at one place of one run
 *
 * It runs the honest code. What differs: one of its messages is altered when it leaves; or the result of
 * an AND, in what it sends and in its own columns alike; or its columns or recorded gates alone, so that all
 * that follows is computed from them. Everything follows from the run's seed and the deviation's. */
#ifndef RF_TESTS_SUPPORT_CHEAT_H
#define RF_TESTS_SUPPORT_CHEAT_H

#include "protocols/backend/rep3_active/active_internal.h"
#include "tests/support/active_run.h"

/** Every kind of message that a party sends. */
enum rf_kind {
    RF_KIND_AND,         /* shares of results */
    RF_KIND_OPENED,      /* shares of what is opened */
    RF_KIND_OPENED_HASH, /* their hash, for the other peer */
    RF_KIND_VALUES,      /* a level of the proof */
    RF_KIND_WEIGHTS,     /* as verifier: the seed of gates' weights */
    RF_KIND_CHALLENGE,   /* as verifier */
    RF_KIND_TOLD,        /* seed or challenge, told on */
    RF_KIND_REST,        /* of a proof, between verifiers */
    RF_KIND_ACCEPT,      /* of a proof */
    RF_KIND_TAGS,        /* of a shuffle */
    RF_KIND_ROWS,        /* of a shuffle, forwards */
    RF_KIND_ROWS_BACK,   /* of a shuffle, backwards */
    RF_KIND_ROWS_CAME,   /* acceptance */
    RF_KIND_SEED,        /* of a shuffle's keys */
    RF_KIND_PRODUCT,     /* of what must be zero, blinded */
    RF_KIND_SUM,         /* that, opened */
    RF_KIND_TAGS_RIGHT,  /* acceptance */
    RF_KINDS,
};
extern const char *const rf_kind_names[RF_KINDS];

/** What happens to a message. */
enum rf_deviation {
    RF_DEVIATE_NOT,
    RF_DEVIATE_BIT,       /* one bit */
    RF_DEVIATE_TWO_BITS,  /* the same of two words: what a XOR of words would miss */
    RF_DEVIATE_PLUS,      /* one added to a word */
    RF_DEVIATE_WORD,      /* one word random */
    RF_DEVIATE_RANDOM,    /* all of it */
    RF_DEVIATE_ZERO,      /* all of it */
    RF_DEVIATE_HUGE,      /* a word of ones */
    RF_DEVIATE_SWAP,      /* two words; of rows: two rows */
    RF_DEVIATE_DUPLICATE, /* a word, or row, in another's place */
    RF_DEVIATE_ROTATE,    /* all words, or rows, by one place */
    RF_DEVIATE_REPLAY,    /* an earlier message of the kind, else of its size */
    RF_DEVIATE_DROP,
    RF_DEVIATE_SHORT, /* a word less */
    RF_DEVIATE_LONG,  /* a word more */
    RF_DEVIATE_LATE,  /* after the next one to the same peer */
    RF_DEVIATE_EARLY, /* a shuffle's seed before it */
    RF_DEVIATIONS,
    /* Not of messages; the target is the number of the AND, batch or proof: */
    RF_DEVIATE_GATE = RF_DEVIATIONS, /* a bit of an AND, sent and kept */
    RF_DEVIATE_OPERAND,              /* an AND as if one of its own shares were flipped */
    RF_DEVIATE_KEPT_0,               /* its own result, not what it sends */
    RF_DEVIATE_KEPT_1,               /* what the next party sent it */
    RF_DEVIATE_RECORD,               /* an operand among the gates to be proved */
};

struct rf_sent {
    enum rf_kind kind;
    unsigned to;
    size_t size, rows; /* rows of its shuffle, or 0 */
    uint8_t *bytes;
    /* For telling kinds: */
    unsigned phase;
    bool opens;
};

struct rf_flip {
    size_t at; /* byte of the message to the previous party */
    uint8_t mask;
};

/** One party, watched. */
struct rf_cheat {
    unsigned party;
    enum rf_deviation how;
    uint64_t target, seed;
    void (*look)(void *context, struct rf_cheat *cheat, struct rf_memory_message *message);
    void *look_context;
    /* State: */
    struct rf_memory_net *net;
    struct active *active;
    const struct rf_backend_ops *honest;
    struct rf_backend_ops ops;
    enum { RF_IN_BATCH, RF_IN_PROOF, RF_IN_SHUFFLE, RF_IN_SHUFFLE_BACK } phase;
    unsigned phases; /* proofs and shuffles begun */
    bool opens;      /* the batch */
    size_t rows;     /* of the shuffle */
    struct rf_stream tag_seed[2];
    uint8_t early[2][RF_STREAM_KEY + sizeof(uint64_t)]; /* the seed, and what blinds the check */
    struct rf_flip flip[64];
    unsigned flips;
    size_t wrong_word; /* of the gates to be proved, of which one was computed wrongly: its word */
    unsigned wrong_bit;
    struct rf_view kept; /* an AND's result that waits for its batch */
    uint64_t kept_batch;
    bool keeps;
    const struct rf_cheat *known; /* the same party in the honest run, with kinds */
    struct rf_memory_message held;
    struct rf_sent *sent;
    size_t sent_count;
    uint64_t ands, proofs;
    bool altered; /* something was changed */
};

/** rf_cheat_watch() - all three parties of a run that has not begun; @cheat[i] is party i */
void rf_cheat_watch(struct rf_active_run *run, struct rf_cheat cheat[RF_MEMORY_PARTIES]);

/** rf_cheat_kinds() - after an honest run: tell what each message was */
void rf_cheat_kinds(struct rf_cheat *cheat);
void rf_cheat_fini(struct rf_cheat *cheat);

/** rf_cheat_suits() - does the deviation make sense for this message? */
bool rf_cheat_suits(enum rf_deviation how, const struct rf_sent *sent);

#endif
