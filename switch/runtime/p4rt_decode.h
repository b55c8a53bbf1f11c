/* A p4.v1.WriteRequest on the wire -> operations on tables, with packed keys and action data.
 *
 * Only what can be taken as it stands becomes an operation: INSERT, MODIFY and DELETE of entries of known tables, without
 * metadata, timeouts, counters and meters, whose fields, values, priority and action are right by the same rules as in
 * switch/p4runtime/match.py and actions.py. Anything else, wrong or merely unusual, becomes P4RT_PYTHON, and Python does it
 * or says what is wrong with it. So this file has no error messages, and nothing depends on what it does not take.
 *
 * A batch belongs to one thread. Decoding reads no table.
 */
#ifndef P4GATE_P4RT_DECODE_H
#define P4GATE_P4RT_DECODE_H

#include "p4rt_schema.h"

/* p4.v1.Update.Type, and what is left to Python. */
enum p4rt_kind { P4RT_PYTHON = 0, P4RT_INSERT = 1, P4RT_MODIFY = 2, P4RT_DELETE = 3 };

/* Followed by key words, mask words (ternary only), words of action data. */
struct p4rt_op {
    const struct p4rt_table *table; /* NULL: P4RT_PYTHON */
    uint32_t kind, action;
    uint32_t rank; /* ternary: priority; LPM: prefix length */
    uint32_t words; /* of this operation in all */
    uint64_t data[];
};

#define P4RT_OP_WORDS ((uint32_t)(sizeof(struct p4rt_op) / sizeof(uint64_t)))
#define P4RT_UPDATES_MAX (1u << 20) /* in one request; larger ones go through Python */
#define P4RT_HEAD_MAX 4096u

struct p4rt_batch {
    uint64_t *ops; /* one struct p4rt_op after the other */
    size_t used, capacity; /* words */
    uint32_t updates, python; /* how many there are, and how many of them are P4RT_PYTHON */
    uint32_t head_length;
    uint8_t head[P4RT_HEAD_MAX]; /* the request's fields but for the updates */
    /* p4rt_write.h */
    size_t at;        /* words: the next operation */
    uint32_t next;    /* its number */
    uint32_t refused; /* updates that a table refused */
    int8_t *results;  /* enum table_result of each update */
    size_t results_capacity;
    uint64_t *gathered; /* inserts that go to a table in one call */
    size_t gathered_capacity;
};

struct p4rt_batch *p4rt_batch_create(void);
void p4rt_batch_destroy(struct p4rt_batch *b);
/* Replace what the batch holds by this request. 0: it cannot be taken apart here (it may be malformed), or there is no memory:
 * parse it as a whole. Where `python` is not 0, parse it, too, before anything is written: these updates were not checked. */
int p4rt_decode(const struct p4rt_schema *s, const uint8_t *request, size_t length, struct p4rt_batch *b);

/* What callers ask that do not know the struct. */
struct p4rt_summary {
    uint32_t updates, python, refused, head_length;
    const uint8_t *head;
    const int8_t *results;
};
void p4rt_summarise(const struct p4rt_batch *b, struct p4rt_summary *summary);

/* Are all updates operations, on tables with these ids? */
int p4rt_confined(const struct p4rt_batch *b, const uint32_t *ids, uint32_t n);

static inline const uint64_t *p4rt_key(const struct p4rt_op *op)
{
    return op->data;
}

static inline const uint64_t *p4rt_mask(const struct p4rt_op *op)
{
    return op->data + op->table->words;
}

static inline const uint64_t *p4rt_params(const struct p4rt_op *op)
{
    return op->data + (op->table->store == P4RT_STORE_TERNARY ? 2 : 1) * op->table->words;
}

#endif
