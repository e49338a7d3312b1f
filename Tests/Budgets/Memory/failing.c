#define _GNU_SOURCE
#include "failing.h"

#include <errno.h>
#include <stddef.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc keeps its own functions under these names for replacements. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static unsigned long count, fail_at;
static enum failing_mode fail_mode;
static int is_armed;

void failing_begin(unsigned long n, enum failing_mode mode) { count = 0, fail_at = n, fail_mode = mode; }
void failing_stop(void) { fail_at = 0; }
unsigned long failing_count(void) { return count; }

int failing_arm(int armed) {
  int before = is_armed;
  is_armed = armed;
  return before;
}

int failing_done(int code) {
  is_armed = 0;
  return code;
}

static int fails(void) {
  if (!is_armed) return 0;
  count++;
  if (fail_at == 0 || (fail_mode == FAIL_ONCE ? count != fail_at : count < fail_at)) return 0;
  errno = ENOMEM;
  return 1;
}

void *malloc(size_t size) { return fails() ? NULL : __libc_malloc(size); }
void *calloc(size_t n, size_t size) { return fails() ? NULL : __libc_calloc(n, size); }
void *realloc(void *block, size_t size) { return fails() ? NULL : __libc_realloc(block, size); }
void *memalign(size_t alignment, size_t size) { return fails() ? NULL : __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **out, size_t alignment, size_t size) {
  void *block = memalign(alignment, size);
  if (block == NULL) return ENOMEM;
  *out = block;
  return 0;
}

void *mmap(void *address, size_t size, int protection, int flags, int file, off_t offset) {
  if (fails()) return MAP_FAILED;
  return (void *)syscall(SYS_mmap, address, size, protection, flags, file, offset);
}

void *mremap(void *old, size_t old_size, size_t size, int flags, ...) {
  if (fails()) return MAP_FAILED;
  return (void *)syscall(SYS_mremap, old, old_size, size, flags);
}
