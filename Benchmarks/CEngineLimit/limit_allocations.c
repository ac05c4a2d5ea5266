// Stands before glibc's allocator: an executable's own symbols come first, so the engines' libraries call these too.

#include <stdatomic.h>

#include "CEngineLimit.h"

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_int is_counting;
static atomic_ullong count, bytes;

static void note(size_t size) {
    if (__builtin_expect(!atomic_load_explicit(&is_counting, memory_order_relaxed), 1)) return;
    atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&bytes, size, memory_order_relaxed);
}

void *malloc(size_t size) {
    note(size);
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    note(number * size);
    return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
    note(size);
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
    note(size);
    return __libc_memalign(alignment, size);
}

// `posix_memalign` and `aligned_alloc` are Slipway's own (`CEngines/slipway_memory.c`), and call `memalign`.

void limit_count_begin(void) {
    atomic_store(&count, 0);
    atomic_store(&bytes, 0);
    atomic_store(&is_counting, 1);
}

limit_allocations limit_count_end(void) {
    atomic_store(&is_counting, 0);
    return (limit_allocations){atomic_load(&count), atomic_load(&bytes)};
}
