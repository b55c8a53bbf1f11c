#include "ternary_judge.h"

#include <stdlib.h>
#include <string.h>

#include "random.h"

#define SAMPLES 64u       /* keys of each kind by which bytes are judged */
#define WRONG_MAX 2u      /* rules that keys which a rule describes may let pass wrongly, all together */
#define WRONG_CROSSED 8u  /* the same for keys that are put together from several rules: one in so many of them */

static const uint64_t *row_of(const struct ternary_all_rows *all, uint32_t dim, uint32_t value)
{
    return all->rows + (256ull * dim + value) * all->row_words;
}

/* A key that the rule describes, drawn at random: its byte by dimension. Of a range, its low bound. */
static void draw_key(const struct ternary_writer *w, const uint64_t *mask, const struct ternary_all_rows *all, uint64_t *state, uint8_t *key)
{
    const uint64_t *value = mask + w->words;
    for (uint32_t d = 0; d < all->dims; d++) {
        struct byte_match match = rule_byte(w, mask, value, all->byte[d]);
        uint32_t word = w->words - 1 - all->byte[d] / 8, at = 8 * (all->byte[d] % 8);
        uint8_t low = (uint8_t)(value[word] >> at) & match.ranged, fixed = match.cares | match.ranged;
        key[d] = match.wants | low | (uint8_t)(random_next(state) & (uint8_t)~fixed);
    }
}

static uint32_t and_rows(uint64_t *rules, const uint64_t *row, uint32_t row_words)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < row_words; i++)
        left += (uint32_t)__builtin_popcountll(rules[i] &= row[i]);
    return left;
}

/* Rules that a row would leave of these. */
static uint32_t left_by(const uint64_t *rules, const uint64_t *row, uint32_t row_words)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < row_words; i++)
        left += (uint32_t)__builtin_popcountll(rules[i] & row[i]);
    return left;
}

/* Keys by which bytes are judged, and the rules that each still has. */
struct samples {
    uint32_t count, dims, row_words;
    uint8_t *key;   /* [count][dims] */
    uint64_t *left; /* [count][row_words] */
    uint32_t right; /* rules that match, all keys together */
};

static uint8_t *sample_key(const struct samples *s, uint32_t i)
{
    return s->key + (size_t)i * s->dims;
}

static int samples_create(struct samples *s, uint32_t count, const struct ternary_all_rows *all)
{
    *s = (struct samples){.count = count, .dims = all->dims, .row_words = all->row_words};
    s->key = malloc((size_t)count * all->dims + 1);
    s->left = malloc(((size_t)count * all->row_words + 1) * sizeof *s->left);
    return s->key && s->left;
}

static void samples_destroy(struct samples *s)
{
    free(s->key);
    free(s->left);
}

/* When the keys are there: all of n rules are left, and how many are right. */
static void samples_begin(struct samples *s, const struct ternary_all_rows *all, uint32_t n)
{
    for (uint32_t i = 0; i < s->count; i++) {
        uint64_t *rules = s->left + (size_t)i * s->row_words;
        memset(rules, 0xff, s->row_words * sizeof *rules);
        uint32_t matching = n;
        for (uint32_t d = 0; d < s->dims; d++)
            matching = and_rows(rules, row_of(all, d, sample_key(s, i)[d]), s->row_words);
        s->right += matching;
        memset(rules, 0, s->row_words * sizeof *rules);
        for (uint32_t rule = 0; rule < n; rule++)
            rules[rule / 64] |= UINT64_C(1) << rule % 64;
    }
}

/* Rules that would be left, all keys together, after one more dimension. */
static uint32_t samples_would_leave(const struct samples *s, const struct ternary_all_rows *all, uint32_t dim)
{
    uint32_t would = 0;
    for (uint32_t i = 0; i < s->count; i++)
        would += left_by(s->left + (size_t)i * s->row_words, row_of(all, dim, sample_key(s, i)[dim]), s->row_words);
    return would;
}

static uint32_t samples_take(struct samples *s, const struct ternary_all_rows *all, uint32_t dim)
{
    uint32_t now = 0;
    for (uint32_t i = 0; i < s->count; i++)
        now += and_rows(s->left + (size_t)i * s->row_words, row_of(all, dim, sample_key(s, i)[dim]), s->row_words);
    return now;
}

/* Choose the bytes that rule out most, the best first: until keys like those that the rules describe are compared in vain with
 * hardly a rule, and keys made of bytes of several rules, like those of packets that no rule matches, seldom. Every dimension
 * costs a look-up a line; a comparison in vain costs more, and is guessed wrong. 0: no memory. */
int ternary_judge(struct ternary_writer *w, const uint64_t *const *masks, uint32_t n, const struct ternary_all_rows *all)
{
    const uint32_t count = n < SAMPLES ? n : SAMPLES;
    struct samples described, crossed;
    uint64_t state = 1;
    uint8_t *taken = calloc(all->dims + 1, 1);
    int ok = samples_create(&described, count, all) & samples_create(&crossed, count, all) & (taken != NULL);
    if (!ok)
        goto done;
    w->tellings = 0;
    w->told_by = n;
    w->told_since = 0;
    for (uint32_t i = 0; i < count; i++)
        draw_key(w, masks[(size_t)i * n / count], all, &state, sample_key(&described, i));
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t d = 0; d < all->dims; d++)
            sample_key(&crossed, i)[d] = sample_key(&described, (uint32_t)(random_next(&state) % count))[d];
    samples_begin(&described, all, n);
    samples_begin(&crossed, all, n);
    uint32_t now = count * n, now_crossed = count * n; /* rules that are left */
    while (now > described.right + WRONG_MAX || now_crossed > crossed.right + count / WRONG_CROSSED) {
        uint32_t best = 0, best_left = UINT32_MAX;
        for (uint32_t d = 0; d < all->dims; d++) {
            if (taken[d])
                continue;
            uint32_t would = samples_would_leave(&described, all, d) + samples_would_leave(&crossed, all, d);
            if (would < best_left)
                best = d, best_left = would;
        }
        taken[best] = 1;
        w->telling[w->tellings++] = all->byte[best];
        now = samples_take(&described, all, best);
        now_crossed = samples_take(&crossed, all, best);
    }
done:
    free(taken);
    samples_destroy(&described);
    samples_destroy(&crossed);
    return ok;
}
