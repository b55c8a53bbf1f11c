/* Exact matches by hand: each map made once, in full, for the number of entries that it gets; the packet path only reads.
 *
 * - small_map: one key word, one value word. It stays in the first cache level, so what counts is that the first slot looked at
 *   is the right one: at most a quarter full, and of several multipliers the one that displaces the fewest keys.
 * - source_set: 16-byte keys without values, four to a cache line.
 * - endpoint_map: key and values in the bucket, four slots to a cache line, so that a hit is one line of memory.
 * The two large ones are split into finding the bucket, which is fetched meanwhile, and looking into it.
 *
 * Keys are fields as they lie in the packet, loaded little-endian: nothing is swapped on the way.
 */
#ifndef BY_HAND_MAPS_H
#define BY_HAND_MAPS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifdef __AVX2__
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))
#define unlikely(x) __builtin_expect(!!(x), 0)

#define LINE 64u
#define HUGE_PAGE ((size_t)2 << 20)
#define MULTIPLIER UINT64_C(0x9e3779b97f4a7c15)
#define MULTIPLIERS_TRIED 256
#define EMPTY UINT64_MAX /* the words of an empty slot */

INLINE uint64_t load64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE uint32_t load32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE uint16_t load16(const void *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE void store64(void *p, uint64_t v)
{
    memcpy(p, &v, sizeof v);
}

INLINE void store32(void *p, uint32_t v)
{
    memcpy(p, &v, sizeof v);
}

INLINE void store16(void *p, uint16_t v)
{
    memcpy(p, &v, sizeof v);
}

/* Memory filled with a byte. From 2 MB on in huge pages, so that a look-up into many megabytes misses the cache only, and not
 * the TLB too. NULL: there is none. It is given back with free. */
static inline void *filled(size_t bytes, int byte)
{
    size_t align = bytes < HUGE_PAGE ? LINE : HUGE_PAGE;
    bytes = (bytes + align - 1) / align * align;
    void *memory = aligned_alloc(align, bytes);
    if (memory && align == HUGE_PAGE)
        madvise(memory, bytes, MADV_HUGEPAGE);
    return memory ? memset(memory, byte, bytes) : NULL;
}

/* The power of two from `least` on: its logarithm. */
static inline unsigned bits_for(uint64_t least)
{
    unsigned bits = 1;
    while (UINT64_C(1) << bits < least)
        bits++;
    return bits;
}

/* ---- small maps */

struct small_slot {
    uint64_t key, value; /* both EMPTY: an empty slot. Either of them may be EMPTY in one that is not */
};

struct small_map {
    struct small_slot *slots;
    uint64_t multiplier, mask;
    unsigned shift;
};

INLINE struct small_slot *small_home(const struct small_map *m, uint64_t key)
{
    /* twice the slot's number: an index that the processor's addressing can scale */
    return (struct small_slot *)((uint64_t *)m->slots + (key * m->multiplier >> m->shift & ~UINT64_C(1)));
}

INLINE int small_is_empty(const struct small_slot *s)
{
    return (s->key & s->value) == EMPTY;
}

INLINE struct small_slot *small_next(const struct small_map *m, const struct small_slot *s)
{
    return &m->slots[((uint64_t)(s - m->slots) + 1) & m->mask];
}

/* The value's address, or NULL. `key` is below EMPTY. */
INLINE const uint64_t *small_find(const struct small_map *m, uint64_t key)
{
    const struct small_slot *s = small_home(m, key);
    for (; unlikely(s->key != key); s = small_next(m, s))
        if (small_is_empty(s))
            return NULL;
    return &s->value;
}

/* Is there this key with this value, which is below EMPTY? For keys that do not fit into one word. */
INLINE int small_has(const struct small_map *m, uint64_t key, uint64_t value)
{
    const struct small_slot *s = small_home(m, key);
    for (; unlikely(s->key != key || s->value != value); s = small_next(m, s))
        if (small_is_empty(s))
            return 0;
    return 1;
}

/* Put the entries in; how many do not lie where they are first looked for. */
static inline uint64_t small_place(struct small_map *m, const struct small_slot *entries, uint64_t count)
{
    uint64_t displaced = 0;
    memset(m->slots, 0xff, (m->mask + 1) * sizeof *m->slots);
    for (uint64_t i = 0; i < count; i++) {
        struct small_slot *s = small_home(m, entries[i].key);
        displaced += !small_is_empty(s);
        while (!small_is_empty(s))
            s = small_next(m, s);
        *s = entries[i];
    }
    return displaced;
}

/* 0: no memory. */
static inline int small_make(struct small_map *m, const struct small_slot *entries, uint64_t count)
{
    unsigned bits = bits_for(4 * count);
    free(m->slots);
    *m = (struct small_map){filled(sizeof *m->slots << bits, 0xff), MULTIPLIER, (UINT64_C(1) << bits) - 1, 63 - bits};
    if (!m->slots)
        return 0;
    uint64_t best = MULTIPLIER, fewest = UINT64_MAX;
    for (uint64_t i = 0; i < MULTIPLIERS_TRIED && fewest; i++) {
        m->multiplier = MULTIPLIER * (2 * i + 1);
        uint64_t displaced = small_place(m, entries, count);
        if (displaced < fewest)
            fewest = displaced, best = m->multiplier;
    }
    m->multiplier = best;
    small_place(m, entries, count);
    return 1;
}

/* ---- who may send: 128-bit keys */

struct source_key {
    _Alignas(16) uint64_t low;
    uint64_t high;
};

#define SOURCES 4 /* keys of a bucket */

struct source_bucket {
    _Alignas(LINE) struct source_key key[SOURCES]; /* filled from the first on; 0: empty */
};

struct source_set {
    struct source_bucket *buckets; /* a quarter full at most: four of a thousand keys are not in their first bucket */
    uint64_t mask;
    unsigned shift;
    int has_zero; /* the key 0 is in the set; as an empty slot looks like it, it lies in none */
};

INLINE struct source_bucket *source_home(const struct source_set *s, struct source_key key)
{
    return &s->buckets[(key.low * MULTIPLIER + key.high) * MULTIPLIER >> s->shift];
}

INLINE int source_in(const struct source_bucket *b, struct source_key key, unsigned slot)
{
    return ((b->key[slot].low ^ key.low) | (b->key[slot].high ^ key.high)) == 0;
}

/* Past the first bucket, and for the key 0. */
static __attribute__((noinline)) int source_search(const struct source_set *s, const struct source_bucket *b,
                                                   struct source_key key)
{
    if (!(key.low | key.high))
        return s->has_zero;
    for (;; b = &s->buckets[((uint64_t)(b - s->buckets) + 1) & s->mask])
        for (unsigned slot = 0; slot < SOURCES; slot++) {
            if (source_in(b, key, slot))
                return 1;
            if (!(b->key[slot].low | b->key[slot].high))
                return 0;
        }
}

/* Is it in the set? All four are compared: which one it is cannot be predicted, that it is one of them can. */
INLINE int source_has(const struct source_set *s, const struct source_bucket *home, const struct source_key *key)
{
#ifdef __AVX2__
    const __m256i wanted = _mm256_broadcastsi128_si256(*(const __m128i *)key);
    __m256i first = _mm256_cmpeq_epi64(wanted, *(const __m256i *)&home->key[0]);
    __m256i second = _mm256_cmpeq_epi64(wanted, *(const __m256i *)&home->key[2]);
    first = _mm256_and_si256(first, _mm256_shuffle_epi32(first, 0x4e)); /* both words of a key */
    second = _mm256_and_si256(second, _mm256_shuffle_epi32(second, 0x4e));
    first = _mm256_or_si256(first, second);
    const int found = !_mm256_testz_si256(first, first);
#else
    int found = 0;
    for (unsigned slot = 0; slot < SOURCES; slot++)
        found |= source_in(home, *key, slot);
#endif
    return found && (key->low | key->high) ? 1 : source_search(s, home, *key);
}

/* 0: no memory. */
static inline int source_make(struct source_set *s, const struct source_key *keys, uint64_t count)
{
    unsigned bits = bits_for(count);
    free(s->buckets);
    *s = (struct source_set){filled(sizeof *s->buckets << bits, 0), (UINT64_C(1) << bits) - 1, 64 - bits, 0};
    if (!s->buckets)
        return 0;
    for (uint64_t i = 0; i < count; i++) {
        struct source_bucket *b = source_home(s, keys[i]);
        if (!(keys[i].low | keys[i].high)) {
            s->has_zero = 1;
            continue;
        }
        unsigned slot = 0;
        while (b->key[slot].low | b->key[slot].high)
            if (++slot == SOURCES)
                slot = 0, b = &s->buckets[((uint64_t)(b - s->buckets) + 1) & s->mask];
        b->key[slot] = keys[i];
    }
    return 1;
}

/* ---- where a VM is: 16 bytes of key and values together, four to a cache line */

#define ENDPOINTS 4
#define ENDPOINT_KEY ((UINT64_C(1) << 48) - 1) /* the bits of a key; as one, this is what an empty slot has */

struct endpoint {
    uint64_t key_and_mac; /* 48 bits of key, the MAC's first two bytes */
    uint64_t mac_and_host;
};

struct endpoint_bucket {
    _Alignas(LINE) uint64_t key_and_mac[ENDPOINTS]; /* filled from the first on */
    uint64_t mac_and_host[ENDPOINTS];
};

struct endpoint_map {
    struct endpoint_bucket *buckets; /* a quarter full at most: four of a thousand keys are not in their first bucket */
    uint64_t mask;
    unsigned shift;
    struct endpoint last; /* the entry with the key ENDPOINT_KEY, which lies in no bucket */
    int has_last;
};

INLINE struct endpoint_bucket *endpoint_home(const struct endpoint_map *m, uint64_t key)
{
    return &m->buckets[key * MULTIPLIER >> m->shift];
}

INLINE struct endpoint_bucket *endpoint_next(const struct endpoint_map *m, const struct endpoint_bucket *b)
{
    return &m->buckets[((uint64_t)(b - m->buckets) + 1) & m->mask];
}

INLINE int endpoint_is_empty(const struct endpoint_bucket *b, unsigned slot)
{
    return (b->key_and_mac[slot] & ENDPOINT_KEY) == ENDPOINT_KEY;
}

/* Past the first bucket, and for the key ENDPOINT_KEY. */
static __attribute__((noinline)) int endpoint_search(const struct endpoint_map *m, uint64_t key, struct endpoint *found)
{
    if (key == ENDPOINT_KEY) {
        *found = m->last;
        return m->has_last;
    }
    for (const struct endpoint_bucket *b = endpoint_home(m, key);; b = endpoint_next(m, b))
        for (unsigned slot = 0; slot < ENDPOINTS; slot++) {
            if (endpoint_is_empty(b, slot))
                return 0;
            *found = (struct endpoint){b->key_and_mac[slot], b->mac_and_host[slot]};
            if ((found->key_and_mac & ENDPOINT_KEY) == key)
                return 1;
        }
}

/* 0: there is none. Which of the four slots it is cannot be predicted, so that is computed; that it is one of them is what the
 * branch asks. */
INLINE int endpoint_find(const struct endpoint_map *m, uint64_t key, struct endpoint *found)
{
    const struct endpoint_bucket *home = endpoint_home(m, key);
#ifdef __AVX2__
    const __m256i wanted = _mm256_set1_epi64x((long long)(key << 16));
    const __m256i keys = _mm256_slli_epi64(*(const __m256i *)home->key_and_mac, 16);
    const int slots = _mm256_movemask_pd((__m256d)_mm256_cmpeq_epi64(keys, wanted));
#else
    int slots = 0;
    for (unsigned slot = 0; slot < ENDPOINTS; slot++)
        slots |= ((home->key_and_mac[slot] & ENDPOINT_KEY) == key) << slot;
#endif
    if (unlikely(!slots || key == ENDPOINT_KEY))
        return endpoint_search(m, key, found);
    const unsigned slot = (unsigned)__builtin_ctz((unsigned)slots);
    *found = (struct endpoint){home->key_and_mac[slot], home->mac_and_host[slot]};
    return 1;
}

/* 0: no memory. */
static inline int endpoint_make(struct endpoint_map *m, const struct endpoint *entries, uint64_t count)
{
    unsigned bits = bits_for(count);
    free(m->buckets);
    *m = (struct endpoint_map){filled(sizeof *m->buckets << bits, 0xff), (UINT64_C(1) << bits) - 1, 64 - bits, {0, 0}, 0};
    if (!m->buckets)
        return 0;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t key = entries[i].key_and_mac & ENDPOINT_KEY;
        struct endpoint_bucket *b = endpoint_home(m, key);
        if (key == ENDPOINT_KEY) {
            m->last = entries[i];
            m->has_last = 1;
            continue;
        }
        unsigned slot = 0;
        while (!endpoint_is_empty(b, slot))
            if (++slot == ENDPOINTS)
                slot = 0, b = endpoint_next(m, b);
        b->key_and_mac[slot] = entries[i].key_and_mac;
        b->mac_and_host[slot] = entries[i].mac_and_host;
    }
    return 1;
}

#endif
