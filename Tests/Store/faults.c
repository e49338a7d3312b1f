#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static struct {
  fault_kind_t kind;
  const char *calls;
  int at, error, forever, seen;
} set;

void fault_set(fault_kind_t kind, const char *calls, int at, int error, int forever) {
  set.kind = kind;
  set.calls = calls;
  set.at = at;
  set.error = error;
  set.forever = forever;
  set.seen = 0;
}

void fault_clear(void) { fault_set(FAULT_NONE, NULL, 0, 0, 0); }
void fault_count(const char *calls) { fault_set(FAULT_NONE, calls, 0, 0, 0); }
int fault_calls(void) { return set.seen; }

static int is_named(const char *call) {
  const char *found = set.calls;
  size_t len = strlen(call);
  if (found == NULL) return 1;
  while ((found = strstr(found, call)) != NULL) {
    if ((found == set.calls || found[-1] == ' ') && (found[len] == ' ' || found[len] == '\0')) return 1;
    found += len;
  }
  return 0;
}

static fault_kind_t fault_at(const char *call) {
  if (!is_named(call)) return FAULT_NONE;
  set.seen++;
  if (set.kind == FAULT_NONE || (set.forever ? set.seen < set.at : set.seen != set.at)) return FAULT_NONE;
  errno = set.error;
  return set.kind;
}

static int is_failing(const char *call) {
  fault_kind_t kind = fault_at(call);
  if (kind == FAULT_KILL) kill(getpid(), SIGKILL);
  return kind == FAULT_ERRNO;
}

/* The functions that the linker puts in front of those of the system. `run` reads their names from these lines. */
#define WRAPPED(RESULT, REAL, WRAP, ...) RESULT REAL(__VA_ARGS__); RESULT WRAP(__VA_ARGS__); RESULT WRAP(__VA_ARGS__)

WRAPPED(int, __real_fdatasync, __wrap_fdatasync, int fd) { return is_failing("fdatasync") ? -1 : __real_fdatasync(fd); }
WRAPPED(int, __real_fsync, __wrap_fsync, int fd) { return is_failing("fsync") ? -1 : __real_fsync(fd); }
WRAPPED(int, __real_ftruncate, __wrap_ftruncate, int fd, off_t len) { return is_failing("ftruncate") ? -1 : __real_ftruncate(fd, len); }
WRAPPED(int, __real_fchmod, __wrap_fchmod, int fd, mode_t mode) { return is_failing("fchmod") ? -1 : __real_fchmod(fd, mode); }
WRAPPED(int, __real_unlinkat, __wrap_unlinkat, int dir, const char *name, int flags) {
  return is_failing("unlinkat") ? -1 : __real_unlinkat(dir, name, flags);
}
WRAPPED(int, __real_linkat, __wrap_linkat, int dir, const char *from, int to_dir, const char *to, int flags) {
  return is_failing("linkat") ? -1 : __real_linkat(dir, from, to_dir, to, flags);
}
WRAPPED(int, __real_renameat, __wrap_renameat, int dir, const char *from, int to_dir, const char *to) {
  return is_failing("renameat") ? -1 : __real_renameat(dir, from, to_dir, to);
}
WRAPPED(ssize_t, __real_pread, __wrap_pread, int fd, void *bytes, size_t len, off_t at) {
  return is_failing("pread") ? -1 : __real_pread(fd, bytes, len, at);
}
WRAPPED(ssize_t, __real_pwrite, __wrap_pwrite, int fd, const void *bytes, size_t len, off_t at) {
  fault_kind_t kind = fault_at("pwrite");
  if (kind == FAULT_ERRNO) return -1;
  if (kind == FAULT_NONE) return __real_pwrite(fd, bytes, len, at);
  ssize_t half = __real_pwrite(fd, bytes, (len + 1) / 2, at);
  if (kind == FAULT_KILL) kill(getpid(), SIGKILL);
  return half;
}
WRAPPED(int, __real_openat, __wrap_openat, int dir, const char *name, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = flags & O_CREAT ? (mode_t)va_arg(arguments, int) : 0;
  va_end(arguments);
  return is_failing("openat") ? -1 : __real_openat(dir, name, flags, mode);
}
