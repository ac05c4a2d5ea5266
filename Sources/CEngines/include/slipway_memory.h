// The heap that engines take their memory from: glibc's.

#ifndef SLIPWAY_MEMORY_H
#define SLIPWAY_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Returns free heap pages to the system; about 10 ms after a large model. Does nothing where libc is not glibc.
void slipway_trim_heap(void);

/// Lets go of pages of code and constants, of the program and of every library: what is needed again is read again, from
/// the page cache as a rule. They stay part of a process that has only ever used them to start.
void slipway_forget_code(void);

/// From how many bytes on the heap engines get no large block (4 MiB and more) that passes it; 0 for no limit.
///
/// Engines allocate tensors with `posix_memalign` and `aligned_alloc`, and report a refusal as the failure of a run.
/// Both are defined by this program, and refuse libraries only: what is part of the program itself is never refused.
/// Does nothing where libc is not glibc, or under a sanitizer, which has its own.
void slipway_limit_heap(size_t bytes);

/// Whether a block of so many bytes would stay within the limit now.
bool slipway_heap_admits(size_t bytes);

/// How often a library was refused a block.
uint64_t slipway_heap_refusals(void);

#endif
