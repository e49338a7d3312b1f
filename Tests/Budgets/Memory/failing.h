/* Memory that runs out on purpose: the program's own malloc, calloc, realloc, posix_memalign, aligned_alloc, mmap and mremap take the
   place of the system's, for the library and jansson too. They count while a call of the library runs, and fail the n-th time, or
   from then on. */
#ifndef FAILING_H
#define FAILING_H

enum failing_mode { FAIL_ONCE, FAIL_FROM_THEN_ON };

/* The n-th allocation from now on fails; 0: none does. */
void failing_begin(unsigned long n, enum failing_mode mode);
void failing_stop(void);

/* How many allocations there were in calls of the library. */
unsigned long failing_count(void);

/* A call of the library begins or ends; a host's callback is not a part of it. Returns what was before. */
int failing_arm(int armed);

/* The result of a call, which is over. */
int failing_done(int code);

#define CALL(EXPRESSION) ((void)failing_arm(1), failing_done(EXPRESSION))

#endif
