#include "memory.h"

#include <sys/mman.h>

void *memory_reserve(size_t bytes)
{
    void *memory = mmap(NULL, bytes ? bytes : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    if (bytes >= (size_t)2 << 20)
        madvise(memory, bytes, MADV_HUGEPAGE); /* a kernel that has none may refuse: only slower */
    return memory;
}

void memory_release(void *memory, size_t bytes)
{
    if (memory)
        munmap(memory, bytes ? bytes : 1);
}
