/* What Swift has no word for: how much of the heap is in use, and sixteen bytes compared at once,
   and a lock. */
#ifndef SCUTTLE_BENCHMARKS_MACHINE_H
#define SCUTTLE_BENCHMARKS_MACHINE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Bytes that malloc has given out and not got back, with its own overhead; 0 where it cannot be asked. O(free blocks). */
static inline size_t machine_heap_bytes(void) {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
#else
    return 0;
#endif
}

/* Nanoseconds of CPU that the process has used. */
static inline uint64_t machine_cpu_nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* What a lock that nobody contends for does to the processor: an atomic exchange to take it, another to give it back. */
static inline void machine_lock(uint32_t *lock) {
    while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE)) {}
}

static inline void machine_unlock(uint32_t *lock) {
    __atomic_exchange_n(lock, 0, __ATOMIC_RELEASE);
}

/* A bit for each of the 16 bytes at `bytes`, which is aligned to 16, that equals `wanted`. */
static inline uint32_t machine_equal_bytes(const uint8_t *bytes, uint8_t wanted) {
#if defined(__SSE2__)
    __m128i group = _mm_load_si128((const __m128i *)(const void *)bytes);
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(group, _mm_set1_epi8((char)wanted)));
#else
    uint32_t found = 0;
    for (int place = 0; place < 16; place++) found |= (uint32_t)(bytes[place] == wanted) << place;
    return found;
#endif
}

#endif
