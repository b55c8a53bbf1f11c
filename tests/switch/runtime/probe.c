/* Exports the runtime's inline functions, so that Python can call them: by ctypes, without constants to fold. */
#include "checksum.h"
#include "counter.h"
#include "exact.h"
#include "idle.h"
#include "lpm_lookup.h"
#include "meter.h"
#include "qsbr.h"
#include "random.h"
#include "registers.h"
#include "selector.h"
#include "ternary_rules.h"

size_t probe_qsbr_size(void)
{
    return sizeof(struct qsbr);
}

void probe_online(struct qsbr *q, unsigned reader)
{
    qsbr_online(q, reader);
}

void probe_quiescent(struct qsbr *q, unsigned reader)
{
    qsbr_quiescent(q, reader);
}

void probe_offline(struct qsbr *q, unsigned reader)
{
    qsbr_offline(q, reader);
}

uint32_t probe_entry_number(const struct entry *e)
{
    return entry_number(e);
}

void probe_exact_burst(const struct exact *t, const uint64_t *keys, uint32_t words, uint32_t params, const struct entry **found,
                       uint32_t n)
{
    exact_lookup_burst(t, keys, words, params, found, n);
}

/* Entries that are not in the bucket where their search begins. */
uint32_t probe_exact_away(const struct exact *t)
{
    uint32_t away = 0, bytes = 8 * exact_bucket_words(exact_stride(t->words, t->param_words));
    for (uint32_t number = 0; number < t->numbers.fresh; number++) {
        const uint64_t *key;
        if (!exact_at(t, number, &key))
            continue;
        const uint64_t *bucket = exact_bucket(t, key, t->words, t->param_words);
        away += key < bucket || key >= bucket + bytes / 8;
    }
    return away;
}

void probe_lpm_burst(const struct lpm *t, const uint64_t *keys, uint32_t exact_width, uint32_t width, const struct entry **found,
                     uint32_t n)
{
    lpm_lookup_burst(t, keys, exact_width, width, found, n);
}

void probe_ternary_burst(const struct ternary *t, const uint64_t *keys, uint32_t words, const struct entry **found, uint32_t n)
{
    ternary_lookup_burst(t, keys, words, found, n);
}

int probe_meter_execute(struct meters *m, uint32_t worker, uint64_t index, uint64_t bytes, uint64_t now_ns, int color)
{
    return (int)meter_execute(m, worker, index, bytes, now_ns, (enum meter_color)color);
}

void probe_counter_add(struct counters *c, uint32_t worker, uint64_t index, uint64_t bytes)
{
    counter_add(c, worker, index, bytes);
}

void probe_idle_touch(struct idle *i, uint64_t number, uint64_t now)
{
    idle_touch(i, number, now);
}

uint64_t probe_register_read(const struct registers *r, uint64_t index)
{
    return register_read(r, index);
}

void probe_register_write(struct registers *r, uint64_t index, uint64_t value)
{
    register_write(r, index, value);
}

const struct entry *probe_selector_lookup(const struct selector *s, uint32_t group, uint64_t hash, uint64_t *state)
{
    return selector_lookup(s, group, hash, state);
}

uint64_t probe_checksum_add(uint64_t sum, const uint8_t *data, size_t n)
{
    return checksum_add(sum, data, n);
}

uint16_t probe_checksum_finish(uint64_t sum)
{
    return checksum_finish(sum);
}

uint16_t probe_checksum_update16(uint16_t checksum, uint16_t old, uint16_t new)
{
    return checksum_update16(checksum, old, new);
}

uint16_t probe_checksum_update32(uint16_t checksum, uint32_t old, uint32_t new)
{
    return checksum_update32(checksum, old, new);
}

uint64_t probe_random_between(uint64_t *state, uint64_t low, uint64_t high)
{
    return random_between(state, low, high);
}
