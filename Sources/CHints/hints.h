// Hints to the processor and the system that Swift lacks, and allocations with large pages. They change the speed only.
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/// Prefetches memory. Any address is valid.
static inline void hint_will_read(const void *_Nullable address) {
  __builtin_prefetch(address, 1);
}

/// Prefetches memory that will not be written. Any address is valid.
static inline void hint_will_look(const void *_Nullable address) {
  __builtin_prefetch(address, 0);
}

/// The size of a large page, which is one page fault and one TLB entry instead of 512.
enum { hint_large_page = 2 << 20 };

/// Requests large pages for bytes that begin at a page and will be used in any order. One system call. Not for a part of a growing
/// block, which mremap could then not move in one piece.
static inline void hint_will_use(void *_Nonnull start, size_t bytes) {
  int error = errno;
  madvise(start, bytes, MADV_HUGEPAGE);
  errno = error;
}

/// Reports on stderr that an allocation of `bytes` failed, and aborts. Allocates nothing.
static inline _Noreturn __attribute__((cold, noinline)) void hint_out_of_memory(size_t bytes) {
  static const char words[] = "libscuttle: out of memory: ";
  static const char unit[] = " bytes\n";
  char text[sizeof words + sizeof unit + 20], digits[20];
  size_t length = sizeof words - 1, count = 0;
  memcpy(text, words, sizeof words);
  do digits[count++] = (char)('0' + bytes % 10); while (bytes /= 10);
  while (count) text[length++] = digits[--count];
  memcpy(text + length, unit, sizeof unit);
  length += sizeof unit - 1;
  if (write(STDERR_FILENO, text, length) < 0) abort();
  abort();
}

/// Allocates a block for `free`; ends the process if there is no memory. malloc aligns to 16, which few types exceed.
static inline void *_Nonnull hint_allocate(size_t alignment, size_t bytes) {
  void *block = alignment <= 16 ? malloc(bytes ? bytes : 1) : aligned_alloc(alignment, bytes);
  if (!block) hint_out_of_memory(bytes);
  return block;
}

/// Allocates a block for `free` that is aligned to its size; NULL if there is no memory.
static inline void *_Nullable hint_try_aligned(size_t bytes) {
  return aligned_alloc(bytes, bytes);
}

/// Returns whether there is memory for a block, by allocating and freeing one.
static inline int hint_has_memory(size_t bytes) {
  void *block = malloc(bytes);
  __asm__ volatile("" : "+r"(block)); // keeps the compiler from removing both calls
  free(block);
  return block != NULL;
}

// <sys/mman.h> declares these for _GNU_SOURCE only, which would change types of other headers between modules.
enum { hint_may_move = 1 };
extern void *_Nonnull mremap(void *_Nonnull old, size_t old_bytes, size_t bytes, int flags, ...);

/// Returns the size from which on a block of `hint_grow` has pages of its own.
static inline size_t hint_own_pages(int large) {
  return large ? hint_large_page : 256 << 10;
}

/// Frees a block of `hint_grow`.
static inline void hint_free(void *_Nullable block, size_t bytes, int large) {
  if (bytes < hint_own_pages(large)) free(block); else munmap(block, bytes);
}

/// Grows a block from `old` bytes, or from none if that is 0, to `bytes`, and returns its new address. A large block has pages of its
/// own, large ones if `large` is set. If it cannot grow in place, the system moves its pages, while malloc would copy a block of a size
/// that it keeps in its heap. Ends the process if there is no memory.
static inline __attribute__((always_inline)) void *_Nonnull hint_grow(void *_Nullable block, size_t old, size_t bytes, int large) {
  if (bytes < hint_own_pages(large)) {
    void *grown = realloc(block, bytes);
    if (!grown) hint_out_of_memory(bytes);
    return grown;
  }
  int is_own = old >= hint_own_pages(large);
  void *grown = is_own ? mremap(block, old, bytes, hint_may_move)
                       : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (grown == MAP_FAILED) hint_out_of_memory(bytes);
  if (large) hint_will_use(grown, bytes);
  if (!is_own) {
    if (old) memcpy(grown, block, old);
    free(block);
  }
  return grown;
}

/// Shrinks a block of `hint_grow` from `old` to `bytes` bytes, and returns its new address.
static inline __attribute__((noinline)) void *_Nonnull hint_shrink(void *_Nonnull block, size_t old, size_t bytes) {
  if (old < hint_own_pages(0)) {
    void *shrunk = realloc(block, bytes);
    return shrunk ? shrunk : block;
  }
  void *shrunk = bytes < hint_own_pages(0) ? malloc(bytes) : mremap(block, old, bytes, hint_may_move);
  if (!shrunk || shrunk == MAP_FAILED) abort();
  if (bytes < hint_own_pages(0)) {
    memcpy(shrunk, block, bytes);
    munmap(block, old);
  }
  return shrunk;
}
