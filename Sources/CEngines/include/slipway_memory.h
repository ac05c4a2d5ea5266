// glibc's heap.

#ifndef SLIPWAY_MEMORY_H
#define SLIPWAY_MEMORY_H

/// Returns free heap pages to the system; about 10 ms after a large model. Does nothing where libc is not glibc.
void slipway_trim_heap(void);

#endif
