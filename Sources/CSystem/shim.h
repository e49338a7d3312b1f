// The system functions of the exports: a lock, randomness, lengths of strings, and the detection of a fork.
#include <pthread.h>
#include <string.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

/// Allocates a page of zeros, for two numbers. NULL if there is no memory.
static inline long *_Nullable system_page(void) {
  void *page = mmap(NULL, 2 * sizeof(long), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? NULL : (long *)page;
}

/// Makes the system clear the page in the child of a fork. Returns 0 if it can.
static inline long system_clear_in_child(long *_Nonnull page) {
  enum { wipe_on_fork = 18 };  // MADV_WIPEONFORK, which older headers lack
  return madvise(page, 2 * sizeof *page, wipe_on_fork);
}

/// Publishes the page for all threads, and returns the published one: another thread may have been first.
static inline long *_Nonnull system_share(long *_Nullable *_Nonnull shared, long *_Nonnull page) {
  long *first = NULL;
  if (__atomic_compare_exchange_n(shared, &first, page, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return page;
  munmap(page, 2 * sizeof *page);
  return first;
}

/// Returns the id of this process; assigns the next one if it has none.
static inline long system_process_id(long *_Nonnull id, long *_Nonnull latest) {
  long present = __atomic_load_n(id, __ATOMIC_RELAXED);
  if (present) return present;
  long next = __atomic_add_fetch(latest, 1, __ATOMIC_RELAXED);
  return __atomic_compare_exchange_n(id, &present, next, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED) ? next : present;
}

/// Creates a lock that its holder may acquire again. It is PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP, which <pthread.h> has for
/// _GNU_SOURCE only; pthread_mutexattr_settype would require glibc 2.34. While a process has one thread, glibc acquires and releases
/// this kind without an atomic instruction, which would also keep the processor from fetching the memory of two calls at a time.
static inline pthread_mutex_t system_lock(void) {
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  lock.__data.__kind = PTHREAD_MUTEX_RECURSIVE;
  return lock;
}

/// A lock, and how often its holder has acquired it, which only the holder reads and writes.
typedef struct {
  pthread_mutex_t mutex;
  unsigned depth;
} system_counted_lock;
