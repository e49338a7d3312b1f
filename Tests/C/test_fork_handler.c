/* The same on a system that clears no page in the child of a fork: madvise fails. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stddef.h>

enum { WIPE_ON_FORK = 18 };
static int refused;

#ifdef __cplusplus
extern "C"
#endif
int madvise(void *start, size_t len, int advice)
#ifdef __cplusplus
    noexcept
#endif
;
int madvise(void *start, size_t len, int advice)
#ifdef __cplusplus
    noexcept
#endif
{
  (void)start;
  (void)len;
  if (advice != WIPE_ON_FORK) return 0; /* a hint */
  refused++;
  errno = EINVAL;
  return -1;
}

#include "test_fork.c"

TEST(the_system_has_refused) { CHECK(refused > 0); }
