/* Random numbers for the packet path: each worker has a 64-bit state of its own.
 *
 * SplitMix64 (Steele, Lea, Flood 2014): one addition and two multiplications, period 2^64, any seed is good. Not for secrets.
 */
#ifndef P4GATE_RANDOM_H
#define P4GATE_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Uniform in low .. high, both included. high < low: low. Without bias: draws again in the part that would be uneven. */
static inline uint64_t random_between(uint64_t *state, uint64_t low, uint64_t high)
{
    if (high <= low)
        return low;
    uint64_t range = high - low + 1;
    if (range == 0) /* all 64 bits */
        return random_next(state);
    unsigned __int128 product = (unsigned __int128)random_next(state) * range;
    if ((uint64_t)product < range) {
        uint64_t uneven = -range % range;
        while ((uint64_t)product < uneven)
            product = (unsigned __int128)random_next(state) * range;
    }
    return low + (uint64_t)(product >> 64);
}

#endif
