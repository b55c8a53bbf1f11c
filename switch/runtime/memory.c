#include "memory.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE ((size_t)2 << 20)

static void *map(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void *memory_reserve(size_t bytes)
{
    char *memory = map(bytes ? bytes : 1);
    if (memory && bytes > HUGE_PAGE)
        madvise(memory + HUGE_PAGE, bytes - HUGE_PAGE, MADV_HUGEPAGE); /* refused by some kernels: only slower */
    return memory;
}

void *memory_reserve_scattered(size_t bytes)
{
    if (bytes < HUGE_PAGE)
        return memory_reserve(bytes);
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (bytes + page - 1) / page * page;
    char *memory = map(whole + HUGE_PAGE);
    if (!memory)
        return NULL;
    const size_t before = -(uintptr_t)memory % HUGE_PAGE, behind = HUGE_PAGE - before;
    if (before)
        munmap(memory, before);
    if (behind)
        munmap(memory + before + whole, behind);
    madvise(memory + before, whole, MADV_HUGEPAGE);
    return memory + before;
}

void memory_release(void *memory, size_t bytes)
{
    if (memory)
        munmap(memory, bytes ? bytes : 1);
}
