/* Failing allocations: the program's own malloc, calloc, realloc, posix_memalign, aligned_alloc, mmap and mremap replace the
   system's, for the library and jansson too. They count while a call of the library runs, and fail the n-th time, or from then
   on. */
#ifndef FAILING_H
#define FAILING_H

enum failing_mode { FAIL_ONCE, FAIL_FROM_THEN_ON };

/* Makes the n-th allocation from now on fail; 0: none. */
void failing_begin(unsigned long n, enum failing_mode mode);
void failing_stop(void);

/* Returns the count of allocations in calls of the library. */
unsigned long failing_count(void);

/* Starts or ends a call of the library; a host's callback is not a part of it. Returns the previous state. */
int failing_arm(int armed);

/* Ends a call, and returns its code. */
int failing_done(int code);

#define CALL(EXPRESSION) ((void)failing_arm(1), failing_done(EXPRESSION))

#endif
