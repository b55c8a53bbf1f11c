/* The rules of a ternary table as the writer knows them, and what both layouts ask of a rule. Writer only. */
#ifndef P4GATE_TERNARY_RULES_H
#define P4GATE_TERNARY_RULES_H

#include "exact.h"
#include "seats.h"
#include "ternary_lookup.h"

/* A set of byte values. */
struct byte_set {
    uint64_t bits[4];
};

struct rule {
    uint32_t cell;
    uint32_t seat;  /* of equal ranks the lower seat wins */
    uint32_t group; /* where it is, if the layout is groups */
};

struct ternary_writer {
    struct qsbr *qsbr;
    uint32_t words, size, count;
    uint32_t ranges, pieces;
    struct ternary_range *range;
    struct ternary_piece *piece;
    uint64_t *range_bits; /* key bits that belong to a range field */
    struct exact *index;  /* mask, value, rank -> number: names the rules and gives out their numbers */
    struct rule *rule;    /* by number */
    struct cells cells;
    struct seats seats;
    /* bits: all rules, best rank first; the bytes that tell most, how many rules there were when they were chosen */
    uint32_t *order;
    uint16_t *telling;
    uint32_t tellings, told_by, told_since; /* layouts built since */
    /* groups: ids of the groups, by their smallest rule; ids to use next; rules taken out since the layout was built */
    uint32_t *sorted, groups, *spare, spares, stale;
};

/* 0: no memory, or ranges that do not lie in the key. */
int rules_init(struct ternary_writer *w, uint32_t words, uint32_t param_words, uint32_t size, uint32_t ranges,
               const struct ternary_range *range);
void rules_destroy(struct ternary_writer *w);

/* The name of a rule: mask words, value words (0 where the mask is, but for ranges), rank. `name` has 2 * words + 1 words. */
void rule_name(const struct ternary_writer *w, const uint64_t *value, const uint64_t *mask, uint32_t rank, uint64_t *name);
/* By number. Valid until the next write. */
const uint64_t *rule_mask(const struct ternary_writer *w, uint32_t number);
const uint64_t *rule_value(const struct ternary_writer *w, uint32_t number);
/* Rank, then seat, in one number that is larger for the winner; never 0. */
uint64_t rule_rank(const struct ternary_writer *w, uint32_t number);
/* By mask, value and rank: neighbours in this order look alike. */
int rule_compare(const struct ternary_writer *w, uint32_t a, uint32_t b);
/* Low and high of each piece of each range field: out[0], out[stride], out[2 * stride] ... */
void rule_bounds(const struct ternary_writer *w, uint32_t number, uint64_t *out, size_t stride);

/* Bytes of the key are counted from its least significant one. */
static inline uint32_t key_bytes(const struct ternary_writer *w)
{
    return 8 * w->words;
}

/* Where a byte lies in a key in memory. */
uint16_t key_offset(const struct ternary_writer *w, uint32_t byte);
/* What a rule wants of a key byte: the bits it cares about, their values, and which bits belong to range fields. */
struct byte_match {
    uint8_t cares, wants, ranged;
};

static inline struct byte_match rule_byte(const struct ternary_writer *w, const uint64_t *mask, const uint64_t *value, uint32_t byte)
{
    uint32_t word = w->words - 1 - byte / 8, at = 8 * (byte % 8);
    struct byte_match m = {.ranged = (uint8_t)(w->range_bits[word] >> at)};
    m.cares = (uint8_t)(mask[word] >> at) & (uint8_t)~m.ranged;
    m.wants = (uint8_t)(value[word] >> at) & m.cares;
    return m;
}

/* Which values of a key byte the rule does not rule out; all of them if it does not care. */
struct byte_set rule_bytes(const struct ternary_writer *w, const uint64_t *mask, const uint64_t *value, uint32_t byte);

static inline int set_is_full(const struct byte_set *s)
{
    return (s->bits[0] & s->bits[1] & s->bits[2] & s->bits[3]) == UINT64_MAX;
}

static inline int set_has(const struct byte_set *s, uint32_t value)
{
    return s->bits[value / 64] >> value % 64 & 1;
}

/* Does the rule rule out any value of this byte? */
static inline int rule_cares(const struct ternary_writer *w, const uint64_t *mask, const uint64_t *value, uint32_t byte)
{
    struct byte_match match = rule_byte(w, mask, value, byte);
    if (match.cares || !match.ranged)
        return match.cares != 0;
    struct byte_set set = rule_bytes(w, mask, value, byte);
    return !set_is_full(&set);
}

#endif
