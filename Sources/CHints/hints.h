// What the processor and the system can be told or asked, and Swift has no word for. Nothing changes but how fast it goes.
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

/// Memory will be read soon, whatever the address.
static inline void hint_will_read(const void *_Nullable address) {
  __builtin_prefetch(address, 1);
}

/// What the system may give at once, and the processor find by one entry of its tables, instead of by 512.
enum { hint_large_page = 2 << 20, hint_small_page = 4 << 10 };

/// All of these bytes are about to be used, in any order. Only whole large pages are asked for, so no more memory becomes
/// resident than the block has. One call of the system.
static inline void hint_will_use(void *_Nonnull start, size_t bytes) {
  uintptr_t mask = hint_large_page - 1, from = ((uintptr_t)start + mask) & ~mask, to = ((uintptr_t)start + bytes) & ~mask;
  if (from >= to) return;
  int error = errno;
  madvise((void *)from, to - from, MADV_HUGEPAGE);
  errno = error;
}

/// Makes a block one of `count` elements of `size` bytes, or a new one where there is none, and says where it is now. The
/// caller owns it, and frees it with `free`. A large one that has to move is moved in the system's tables of pages, not
/// copied, wherever malloc has asked the system for it alone. Out of memory ends the process.
static inline void *_Nonnull hint_resize(void *_Nullable block, size_t count, size_t size) {
  size_t bytes;
  void *resized = __builtin_mul_overflow(count, size, &bytes) ? NULL : realloc(block, bytes);
  if (!resized) abort();
  if (bytes >= hint_large_page) {
    // For all of its pages, to the ends of the first and the last: what was told different things of its parts cannot be
    // moved in one piece, and would be copied.
    uintptr_t mask = hint_small_page - 1, from = (uintptr_t)resized & ~mask, to = ((uintptr_t)resized + bytes + mask) & ~mask;
    int error = errno;
    madvise((void *)from, to - from, MADV_HUGEPAGE);
    errno = error;
  }
  return resized;
}
