/* Registers: arrays of values that packets read and write.
 *
 * Up to 64 bits a cell is one relaxed atomic word: readers and writers never see half a value, and pay for a plain
 * load or store. Wider cells are words, most significant first, copied under the array's lock.
 * A read-modify-write by two workers at once may lose one of the two; programs that need it whole hold registers_lock around
 * it (P4's @atomic). The lock is not recursive; narrow cells ignore it.
 */
#ifndef P4GATE_REGISTERS_H
#define P4GATE_REGISTERS_H

#include <stdatomic.h>
#include <stdint.h>

struct registers {
    _Atomic uint64_t *cells; /* size * words */
    uint64_t size;
    uint32_t width, words;
    _Atomic uint32_t lock;
};

/* Writer. All cells 0. NULL: no memory. */
struct registers *registers_create(uint32_t width, uint64_t size);
void registers_destroy(struct registers *r);

void registers_lock(struct registers *r);
void registers_unlock(struct registers *r);
/* Any thread, any width: `words` words, most significant first; takes the lock. Out of range: reads 0, writes nothing.
 * Bits above the width are cut. */
void register_read_wide(struct registers *r, uint64_t index, uint64_t *value);
void register_write_wide(struct registers *r, uint64_t index, const uint64_t *value);
/* Control plane: all cells from `first` (n * words words). */
void registers_read(struct registers *r, uint64_t first, uint64_t n, uint64_t *out);

/* Any thread, width <= 64. Out of range: reads 0, writes nothing. The value is already cut to the width. */
static inline uint64_t register_read(const struct registers *r, uint64_t index)
{
    return index < r->size ? atomic_load_explicit(&r->cells[index], memory_order_relaxed) : 0;
}

static inline void register_write(struct registers *r, uint64_t index, uint64_t value)
{
    if (index < r->size)
        atomic_store_explicit(&r->cells[index], value, memory_order_relaxed);
}

#endif
