#define _GNU_SOURCE
#include "slipway_memory.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#if defined(__linux__)
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SLIPWAY_SANITIZED 1
#endif
#endif

static _Atomic(size_t) heap_limit;
static _Atomic(uint64_t) refusals;

void slipway_trim_heap(void) {
#if defined(__GLIBC__)
    malloc_trim(0);
#endif
}

#if defined(__linux__)
// Segments that cannot be written to are what their files are: nothing is lost with their pages.
static int forget_segments(struct dl_phdr_info *object, size_t size, void *page) {
    (void)size;
    size_t mask = *(const size_t *)page - 1;
    for (int index = 0; index < object->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[index];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) != 0) continue;
        size_t begin = (object->dlpi_addr + segment->p_vaddr + mask) & ~mask;
        size_t end = (object->dlpi_addr + segment->p_vaddr + segment->p_filesz) & ~mask;
        if (begin < end) madvise((void *)begin, end - begin, MADV_DONTNEED);
    }
    return 0;
}
#endif

void slipway_forget_code(void) {
#if defined(__linux__)
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    dl_iterate_phdr(forget_segments, &page);
#endif
}

void slipway_limit_heap(size_t bytes) { atomic_store_explicit(&heap_limit, bytes, memory_order_relaxed); }

uint64_t slipway_heap_refusals(void) { return atomic_load_explicit(&refusals, memory_order_relaxed); }

// Bytes of the heap that are in use, whether they have been written to or not. Microseconds.
static size_t heap_in_use(void) {
#if defined(__GLIBC__)
    struct mallinfo2 state = mallinfo2();
    return state.uordblks + state.hblkhd;
#else
    return 0;
#endif
}

bool slipway_heap_admits(size_t bytes) {
    size_t limit = atomic_load_explicit(&heap_limit, memory_order_relaxed);
    if (limit == 0) return true;
    return bytes <= limit && heap_in_use() <= limit - bytes;
}

#if defined(__GLIBC__) && !defined(SLIPWAY_SANITIZED)

// Smaller blocks are not looked at: they are many, and cannot add up fast.
static const size_t large_block = 4u << 20;

// Bounds of the program's own code, set by the linker.
extern const char __executable_start;
extern const char etext;

static bool refuses(size_t bytes, const char *caller) {
    if (bytes < large_block || (caller >= &__executable_start && caller < &etext)) return false;
    if (slipway_heap_admits(bytes)) return false;
    atomic_fetch_add_explicit(&refusals, 1, memory_order_relaxed);
    return true;
}

int posix_memalign(void **block, size_t alignment, size_t bytes) {
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) return EINVAL;
    if (refuses(bytes, __builtin_return_address(0))) return ENOMEM;
    int before = errno;
    void *made = memalign(alignment, bytes);
    errno = before;
    if (made == NULL) return ENOMEM;
    *block = made;
    return 0;
}

void *aligned_alloc(size_t alignment, size_t bytes) {
    if (refuses(bytes, __builtin_return_address(0))) {
        errno = ENOMEM;
        return NULL;
    }
    return memalign(alignment, bytes);
}

#endif
