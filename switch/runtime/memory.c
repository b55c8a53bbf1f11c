#include "memory.h"

#include <sys/mman.h>

#define SMALL_PAGES ((size_t)2 << 20)

void *memory_reserve(size_t bytes)
{
    void *memory = mmap(NULL, bytes ? bytes : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    if (bytes > SMALL_PAGES)
        madvise((char *)memory + SMALL_PAGES, bytes - SMALL_PAGES, MADV_HUGEPAGE); /* refused by some kernels: only slower */
    return memory;
}

void memory_release(void *memory, size_t bytes)
{
    if (memory)
        munmap(memory, bytes ? bytes : 1);
}
