/* A full memory barrier on every thread of the process, at the cost of a system call for the one that asks.
 *
 * It lets the common path of a handshake do without a fence of its own: a thread that stores and then loads (with only the
 * compiler held back, atomic_signal_fence) is ordered against another that stores, calls membarrier_everywhere and then loads, as if
 * both had fences: at least one of them sees what the other stored. Linux 4.14, membarrier(2).
 */
#ifndef P4GATE_MEMBARRIER_H
#define P4GATE_MEMBARRIER_H

/* Before the first use. 0: this system has it not (an old kernel, a sandbox). */
int membarrier_prepare(void);
void membarrier_everywhere(void);

#endif
