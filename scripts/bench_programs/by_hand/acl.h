/* An access list by hand: bit vectors. For each byte of the key and each value of it, a row has a bit for each rule that this
 * value does not rule out; the AND of the rows of a packet's bytes has the bits of the rules that match, the highest priority
 * first. Bytes that no rule looks at have no rows. What it costs does not depend on masks, nor on what packets hold:
 * rows are not looked at one after the other until nothing is left, as that helps only packets that no rule is near to.
 *
 * 256 rules are one vector; more of them are several, one after the other. */
#ifndef BY_HAND_ACL_H
#define BY_HAND_ACL_H

#include "maps.h"

/* Source 4, destination 4, ports 2 + 2, tenant 2, protocol 1, nothing 1: as they lie in the packet; the tenant little-endian. */
#define KEY_BYTES 16
#define BLOCK_RULES 256

typedef uint64_t rule_bits __attribute__((vector_size(BLOCK_RULES / 8)));

struct acl_rule {
    uint8_t value[KEY_BYTES], mask[KEY_BYTES];
    uint64_t priority; /* the highest wins */
    int deny;
};

#define ROWS_AT_ONCE 8

struct acl {
    unsigned groups, blocks;     /* of ROWS_AT_ONCE bytes of the key; of BLOCK_RULES rules */
    uint8_t position[KEY_BYTES]; /* of the bytes that have rows, in the key; then 0, with rows that rule out nothing */
    rule_bits *rows;             /* [blocks][groups][ROWS_AT_ONCE][256] */
    uint8_t *deny;               /* by rule */
};

INLINE int any_rule(const rule_bits *bits)
{
#ifdef __AVX2__
    return !_mm256_testz_si256((__m256i)*bits, (__m256i)*bits);
#else
    return ((*bits)[0] | (*bits)[1] | (*bits)[2] | (*bits)[3]) != 0;
#endif
}

/* The key's bytes in the order of the rows. */
INLINE void acl_order(const struct acl *a, const uint8_t key[KEY_BYTES], uint8_t ordered[KEY_BYTES])
{
#ifdef __AVX2__
    __m128i bytes, positions;
    memcpy(&bytes, key, sizeof bytes);
    memcpy(&positions, a->position, sizeof positions);
    bytes = _mm_shuffle_epi8(bytes, positions);
    memcpy(ordered, &bytes, sizeof bytes);
#else
    for (unsigned i = 0; i < KEY_BYTES; i++)
        ordered[i] = key[a->position[i]];
#endif
}

/* Strike out what the rows of these bytes rule out. */
INLINE void acl_rows(rule_bits *bits, const rule_bits *rows, const uint8_t *bytes)
{
    for (size_t i = 0; i < ROWS_AT_ONCE; i++)
        *bits &= (rows + i * 256)[bytes[i]];
}

/* The action of the first rule of a block that has one. */
static __attribute__((noinline)) int acl_action(const struct acl *a, unsigned block, const uint64_t *bits)
{
    unsigned word = 0;
    while (!bits[word])
        word++;
    return a->deny[block * BLOCK_RULES + word * 64 + (unsigned)__builtin_ctzll(bits[word])];
}

static __attribute__((noinline)) int acl_denies_large(const struct acl *a, const uint8_t ordered[KEY_BYTES])
{
    const rule_bits *rows = a->rows;
    for (unsigned block = 0; block < a->blocks; block++) {
        rule_bits bits = ~(rule_bits){0};
        for (unsigned group = 0; group < a->groups; group++, rows += ROWS_AT_ONCE * 256)
            acl_rows(&bits, rows, ordered + group * ROWS_AT_ONCE);
        if (any_rule(&bits))
            return acl_action(a, block, (const uint64_t *)&bits);
    }
    return 0;
}

/* 1: denied. */
INLINE int acl_denies(const struct acl *a, const uint8_t key[KEY_BYTES])
{
    uint8_t ordered[KEY_BYTES];
    acl_order(a, key, ordered);
    if (unlikely(a->groups * a->blocks > 1))
        return acl_denies_large(a, ordered);
    rule_bits bits = ~(rule_bits){0};
    acl_rows(&bits, a->rows, ordered);
    return unlikely(any_rule(&bits)) ? acl_action(a, 0, (const uint64_t *)&bits) : 0;
}

static inline void acl_free(struct acl *a)
{
    free(a->rows), free(a->deny);
    *a = (struct acl){0, 0, {0}, NULL, NULL};
}

/* `rules` by falling priority. 0: no memory. */
static inline int acl_make(struct acl *a, const struct acl_rule *rules, uint64_t count)
{
    acl_free(a);
    unsigned asked = 0;
    for (unsigned at = 0; at < KEY_BYTES; at++)
        for (uint64_t i = 0; i < count; i++)
            if (rules[i].mask[at]) {
                a->position[asked++] = (uint8_t)at;
                break;
            }
    a->groups = asked > ROWS_AT_ONCE ? KEY_BYTES / ROWS_AT_ONCE : 1;
    a->blocks = (unsigned)((count + BLOCK_RULES - 1) / BLOCK_RULES);
    const unsigned rows = a->groups * ROWS_AT_ONCE;
    a->rows = filled((a->blocks + !a->blocks) * rows * 256 * sizeof *a->rows, 0);
    a->deny = filled(count + 1, 0);
    if (!a->rows || !a->deny)
        return 0;
    for (uint64_t i = 0; i < count; i++) {
        a->deny[i] = (uint8_t)rules[i].deny;
        for (unsigned row = 0; row < rows; row++) {
            const uint8_t mask = row < asked ? rules[i].mask[a->position[row]] : 0;
            const uint8_t wanted = row < asked ? rules[i].value[a->position[row]] : 0;
            for (unsigned value = 0; value < 256; value++)
                if ((value & mask) == wanted)
                    a->rows[(i / BLOCK_RULES * rows + row) * 256 + value][i % BLOCK_RULES / 64] |= UINT64_C(1) << i % 64;
        }
    }
    return 1;
}

#endif
