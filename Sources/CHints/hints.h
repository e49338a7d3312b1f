// What the processor and the system can be told, and Swift has no word for. Nothing changes but how fast it goes.
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

/// Memory will be read soon, whatever the address.
static inline void hint_will_read(const void *_Nullable address) {
  __builtin_prefetch(address, 1);
}

/// What the system may give at once, and the processor find by one entry of its tables, instead of by 512.
enum { hint_large_page = 2 << 20 };

/// All of these bytes are about to be used, in any order. Only whole large pages are asked for, so no more memory becomes
/// resident than the block has. One call of the system.
static inline void hint_will_use(void *_Nonnull start, size_t bytes) {
  uintptr_t mask = hint_large_page - 1, from = ((uintptr_t)start + mask) & ~mask, to = ((uintptr_t)start + bytes) & ~mask;
  if (from >= to) return;
  int error = errno;
  madvise((void *)from, to - from, MADV_HUGEPAGE);
  errno = error;
}
