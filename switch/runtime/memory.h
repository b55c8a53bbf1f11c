/* Large zeroed memory that costs nothing until it is touched.
 *
 * Anonymous private mappings without reserved swap: a counter array for a million entries and 32 workers takes address space
 * at once and pages as they are used. Behind the first 2 MB the kernel is asked for huge pages: a look-up into a table of 64 MB
 * otherwise misses the TLB as well as the cache, but a region of which little is used should not take 2 MB. Any thread.
 */
#ifndef P4GATE_MEMORY_H
#define P4GATE_MEMORY_H

#include <stddef.h>

/* Page-aligned zeroed memory, NULL when the kernel refuses. memory_release takes the same size. */
void *memory_reserve(size_t bytes);
/* The same for memory of which all will be touched, in no order: in huge pages from its beginning, where it fills one. */
void *memory_reserve_scattered(size_t bytes);
void memory_release(void *memory, size_t bytes);

#endif
