#include <stdint.h>

/// How many blocks of memory this thread has asked for, since it began; always 0 where the C library is not glibc.
uint64_t allocation_count(void);

/// What all cores have spent on this process.
uint64_t processor_nanoseconds(void);

/// How much memory is asked for and not given back, in bytes and with what the allocator adds; 0 where it does not say.
uint64_t live_heap_bytes(void);

/// Forgets how much memory the process had at most.
void reset_peak_memory(void);

/// How much resident memory the process has had at most since then, in bytes; 0 where the system does not say.
uint64_t peak_memory_bytes(void);
