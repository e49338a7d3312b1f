// What the processor and the system can be told or asked, and Swift has no word for. Nothing changes but how fast it goes.
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/// Memory will be read soon, whatever the address.
static inline void hint_will_read(const void *_Nullable address) {
  __builtin_prefetch(address, 1);
}

/// What the system may give at once, and the processor find by one entry of its tables, instead of by 512.
enum { hint_large_page = 2 << 20 };

/// All of these bytes, which begin at a page, are about to be used, in any order: in large pages, where they stand at multiples
/// of one. One call of the system. Not for a part of a block that grows: it could not be moved in one piece.
static inline void hint_will_use(void *_Nonnull start, size_t bytes) {
  int error = errno;
  madvise(start, bytes, MADV_HUGEPAGE);
  errno = error;
}

/// Says on stderr that the system had not so many bytes to give, and aborts. It takes no memory itself.
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

/// A block for `free`; out of memory ends the process. The memory of malloc is aligned for all but a few types.
static inline void *_Nonnull hint_allocate(size_t alignment, size_t bytes) {
  void *block = alignment <= 16 ? malloc(bytes ? bytes : 1) : aligned_alloc(alignment, bytes);
  if (!block) hint_out_of_memory(bytes);
  return block;
}

/// A block for `free`, of which the size is the alignment, too; NULL if there is no memory.
static inline void *_Nullable hint_try_aligned(size_t bytes) {
  return aligned_alloc(bytes, bytes);
}

/// Whether there is memory for a block. It is taken and given back.
static inline int hint_has_memory(size_t bytes) {
  void *block = malloc(bytes);
  __asm__ volatile("" : "+r"(block)); // or the compiler would leave both calls out
  free(block);
  return block != NULL;
}

// <sys/mman.h> has these for _GNU_SOURCE only, with which types of other headers would not be what other modules see.
enum { hint_may_move = 1 };
extern void *_Nonnull mremap(void *_Nonnull old, size_t old_bytes, size_t bytes, int flags, ...);

/// From which size on a block of `hint_grow` has pages of its own.
static inline size_t hint_own_pages(int large) {
  return large ? hint_large_page : 256 << 10;
}

/// Gives back a block of `hint_grow`.
static inline void hint_free(void *_Nullable block, size_t bytes, int large) {
  if (bytes < hint_own_pages(large)) free(block); else munmap(block, bytes);
}

/// Makes of a block of `old` bytes, or of none where that is 0, one of `bytes`, which are more, and says where it is now. A
/// great one has pages of its own, `large` ones where that is wanted: those the system moves in its tables where they cannot
/// grow in place, while malloc would copy them wherever it had learned to keep blocks of that size in its heap. Out of memory
/// ends the process.
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

/// Shrinks a block of `hint_grow` from `old` to `bytes` bytes. Returns its address, which may be another one.
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
