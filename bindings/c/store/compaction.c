/* A compaction writes the replica to a second file, which gets each later save as well and then replaces the first. Each call writes a
   slice of the replica, all of which are one save of the file, and starts it on its way to the disk: so no call makes all lines or
   waits for all bytes. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* sync_file_range */
#endif

#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLICE_BYTES (256u << 10)
/* A call writes so many times the bytes that it has saved, if that is more than a slice: so the second file catches up with the first. */
#define SLICE_SAVES 4u
#define FLUSH_BYTES (4u << 20)

void compaction_tidy(scuttle_store_t *store) {
  unlinkat(store->directory, store->file_next, 0);
}

void compaction_drop(scuttle_store_t *store) {
  if (store->next.fd < 0) return;
  log_close(&store->next);
  compaction_tidy(store);
}

/* Gives a compaction up; the next one waits until the file has grown by as much again. */
static void give_up(scuttle_store_t *store) {
  uint64_t more = store->log.whole > store->compact_bytes ? store->log.whole : store->compact_bytes;
  store->compact_errno = store->fault.error;
  store->compact_from = store->log.end + more;
  compaction_drop(store);
}

static int begin(scuttle_store_t *store, uint64_t limit) {
  struct stat now;
  int code;
  compaction_tidy(store);
  code = log_make(store, &store->next, store->file_next);
  if (code < 0) return code;
  store->flushed = 0;
  if (store->log.fd >= 0 && fstat(store->log.fd, &now) == 0) {
    if (fchmod(store->next.fd, now.st_mode & 0777) != 0) return fault_io(store, "set the mode of", store->file_next);
    if (fchown(store->next.fd, now.st_uid, now.st_gid) != 0) errno = 0; /* only root may; the file then has this process's owner */
  }
  return log_append(store, &store->next, store->file_next, limit);
}

/* Lets the second file replace the first. */
static int end(scuttle_store_t *store, const char *keep) {
  int code = log_sync(store, &store->next, store->file_next);
  if (code < 0) return code;
  if (keep != NULL) {
    unlinkat(store->directory, keep, 0);
    /* A second name, so that at each moment the file is there; without such names, a rename. */
    if (linkat(store->directory, store->file, store->directory, keep, 0) != 0 &&
        renameat(store->directory, store->file, store->directory, keep) != 0)
      return fault_io(store, "keep the damaged", store->file);
  }
  if (renameat(store->directory, store->file_next, store->directory, store->file) != 0)
    return fault_io(store, "replace", store->file);
  store->compactions += store->log.fd >= 0; /* the first file of a replica is none */
  log_close(&store->log);
  store->log = store->next;
  store->next.fd = -1;
  store->is_suspect = 0;
  store->compact_from = 0;
  store->compact_errno = 0;
  return directory_sync(store);
}

static int is_due(const scuttle_store_t *store) {
  const log_t *log = &store->log;
  uint64_t dead = log->end - log->whole;
  return dead > log->whole && dead > store->compact_bytes && log->end >= store->compact_from;
}

/* Starts what is written on its way to the disk, up to a limit; returns whether all is. */
static int flush(scuttle_store_t *store) {
#ifdef SYNC_FILE_RANGE_WRITE
  uint64_t left = store->next.at - store->flushed;
  uint64_t part = left < FLUSH_BYTES ? left : FLUSH_BYTES;
  /* A failure is no error: log_sync comes behind. */
  if (sync_file_range(store->next.fd, (off_t)store->flushed, (off_t)part, SYNC_FILE_RANGE_WRITE) != 0) errno = 0;
  store->flushed += part;
#else
  store->flushed = store->next.at;
#endif
  return store->flushed == store->next.at;
}

void compaction_begin(scuttle_store_t *store) {
  if (store->next.fd >= 0 || !is_due(store)) return;
  if (begin(store, SLICE_BYTES) >= 0) return;
  if (store->fault.code == SCUTTLE_STORE_E_IO) give_up(store);
  else compaction_drop(store); /* in a callback: it begins with the next call */
}

int compaction_step(scuttle_store_t *store, uint64_t saved) {
  uint64_t limit = saved > SLICE_BYTES / SLICE_SAVES ? saved * SLICE_SAVES : SLICE_BYTES;
  int code = log_append(store, &store->next, store->file_next, limit);
  if (code >= 0 && (!flush(store) || code == SCUTTLE_MORE)) return SCUTTLE_OK;
  if (code >= 0) code = end(store, NULL);
  if (code < 0 && store->next.fd >= 0) {
    give_up(store);
    return SCUTTLE_OK;
  }
  return code; /* an error: the folder could not be synchronised, so the change of files is not confirmed */
}

int compaction_whole(scuttle_store_t *store, const char *keep) {
  int code;
  compaction_drop(store);
  code = begin(store, 0);
  if (code >= 0) code = end(store, keep);
  if (code < 0) compaction_drop(store);
  return code;
}
