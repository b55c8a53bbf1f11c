/* Registers: arrays of values that packets read and write.
 *
 * Up to 64 bits a cell is one relaxed atomic word: readers and writers never see half a value, and pay for a plain
 * load or store. Wider cells are words, most significant first, copied under the array's lock.
 *
 * An action that reads and writes registers is one step to all other such actions and to the control plane, as in BMv2: generated code
 * holds the arrays that it touches (registers_begin, in the order of their numbers) from its first statement to its last. So two
 * workers that count in one cell lose no update. What an `if` or a table separates are two actions, and two steps.
 */
#ifndef P4GATE_REGISTERS_H
#define P4GATE_REGISTERS_H

#include <stdatomic.h>
#include <stdint.h>

struct registers {
    _Atomic uint64_t *cells; /* size * words */
    uint64_t size;
    uint32_t width, words;
    _Atomic uint32_t lock;                /* of wide cells, for one copy */
    _Alignas(64) _Atomic uint32_t taken;  /* by an action; a line of its own, as only those ask for it */
    char padding[60];
};

/* Writer. All cells 0. NULL: no memory. */
struct registers *registers_create(uint32_t width, uint64_t size);
void registers_destroy(struct registers *r);

/* Workers, around an action that reads and writes; not twice by one thread. */
static inline void registers_begin(struct registers *r)
{
    while (__builtin_expect(atomic_exchange_explicit(&r->taken, 1, memory_order_acquire), 0))
        while (atomic_load_explicit(&r->taken, memory_order_relaxed))
            ;
}

static inline void registers_end(struct registers *r)
{
    atomic_store_explicit(&r->taken, 0, memory_order_release);
}

/* Any thread, any width: `words` words, most significant first; takes the lock. Out of range: reads 0, writes nothing.
 * Bits above the width are cut. */
void register_read_wide(struct registers *r, uint64_t index, uint64_t *value);
void register_write_wide(struct registers *r, uint64_t index, const uint64_t *value);
/* Control plane: as register_write_wide, between actions. */
void registers_write(struct registers *r, uint64_t index, const uint64_t *value);
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
