/* What the native path for P4Runtime table entries knows of a program: which bits of a packed key and of an entry's
 * action data each match field and parameter is, and what a client may write.
 *
 * Made once for a pipeline, from P4Info and the layout of its tables (switch/p4runtime/native_tables.py), as a string of 32-bit
 * numbers. Only tables of which all is known here are in it; entries of the others go through Python.
 */
#ifndef P4GATE_P4RT_SCHEMA_H
#define P4GATE_P4RT_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

struct entry_state;

/* Match kinds by their field numbers in p4.v1.FieldMatch. */
enum p4rt_match { P4RT_EXACT = 2, P4RT_TERNARY = 3, P4RT_LPM = 4, P4RT_RANGE = 6, P4RT_OPTIONAL = 7 };
/* What the table is in the runtime. */
enum p4rt_store { P4RT_STORE_EXACT = 0, P4RT_STORE_LPM = 1, P4RT_STORE_TERNARY = 2 };

#define P4RT_PLACES_MAX 64 /* match fields of a table, parameters of an action */

/* A value of `width` bits: its lowest is bit `shift` (below 64) of word `word`, higher ones may be in the words before. */
struct p4rt_place {
    uint32_t id, width, word, shift;
    enum p4rt_match match; /* fields only */
};

struct p4rt_action {
    uint32_t id, index; /* of P4Info; what an entry says */
    uint32_t params;
    const struct p4rt_place *param;
    int default_only;
};

struct p4rt_table {
    uint32_t id;
    enum p4rt_store store;
    uint32_t words, param_words;
    uint32_t fields, actions;
    const struct p4rt_place *field;
    const struct p4rt_action *action;
    int priority;        /* its entries have one */
    uint32_t entity_max; /* bytes of an entry as p4.v1.Entity at most */
    /* set by p4rt_schema_bind */
    void *lookup; /* struct exact, lpm or ternary */
    const struct entry_state *state;
    const uint64_t *marks; /* a bit an entry number: Python knows more of this entry */
};

struct p4rt_schema {
    uint32_t tables, op_words; /* words of the largest operation on any table (p4rt_decode.h) */
    struct p4rt_table *table;  /* by id */
    struct p4rt_action *actions;
    struct p4rt_place *places;
};

/* `description`: number of tables, actions and places in all, then for each table, by rising id: id, store, words, param_words,
 * priority, number of fields, {id, width, word, shift, match} of each, number of actions, and of each {id, index, default_only, number
 * of params, {id, width, word, shift} of each}. NULL: no memory, or it does not add up. */
struct p4rt_schema *p4rt_schema_create(const uint32_t *description, size_t length);
void p4rt_schema_destroy(struct p4rt_schema *s);
/* What belongs to the table in place `index`. Before anything is decoded. */
void p4rt_schema_bind(struct p4rt_schema *s, uint32_t index, void *lookup, const struct entry_state *state, const uint64_t *marks);
/* The table in place `index`; the table with this id, or NULL. */
const struct p4rt_table *p4rt_schema_table(const struct p4rt_schema *s, uint32_t index);
const struct p4rt_table *p4rt_table_of(const struct p4rt_schema *s, uint32_t id);

static inline int p4rt_marked(const struct p4rt_table *t, uint32_t number)
{
    return t->marks[number / 64] >> number % 64 & 1;
}

#endif
