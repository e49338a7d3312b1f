/* Counts the allocations of a single-threaded program: for LD_PRELOAD. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

/* glibc keeps its own functions under these names for replacements. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

static uint64_t allocated, freed;

uint64_t gate_allocated(void) { return allocated; }
uint64_t gate_freed(void) { return freed; }

void *malloc(size_t size) {
  allocated++;
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  allocated++;
  return __libc_calloc(count, size);
}

/* A realloc counts as one allocation and one free, whether it moves the block or not. */
void *realloc(void *block, size_t size) {
  allocated++;
  freed += block != NULL;
  return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
  allocated++;
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **out, size_t alignment, size_t size) {
  void *block = memalign(alignment, size);
  if (block == NULL) return ENOMEM;
  *out = block;
  return 0;
}

void free(void *block) {
  freed += block != NULL;
  __libc_free(block);
}
