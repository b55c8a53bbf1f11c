/* A clock that stands still until it is set. Loaded before the runtime, its monotonic_ns() takes the place of the runtime's own. */
#include <stdint.h>

static uint64_t now;

uint64_t monotonic_ns(void)
{
    return now;
}

void clock_set(uint64_t ns)
{
    now = ns;
}
