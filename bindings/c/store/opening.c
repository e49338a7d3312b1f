#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_directory(scuttle_store_t *store) {
  int is_new = mkdir(store->path, 0700) == 0;
  if (!is_new && errno != EEXIST) return fault_io(store, "make the folder", "");
  store->directory = open(store->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (store->directory < 0) return fault_io(store, "open the folder", "");
  if (is_new) {
    int parent = openat(store->directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = parent < 0 || fsync(parent) != 0;
    if (failed) fault_io(store, "synchronise the parent of", "");
    if (parent >= 0) close(parent);
    if (failed) return SCUTTLE_STORE_E_IO;
  }
  return SCUTTLE_OK;
}

/* Locks the replica's files. The lock is on a file of its own, because a compaction replaces the other. */
static int lock(scuttle_store_t *store) {
  char holder[32];
  ssize_t len;
  store->lock = openat(store->directory, store->file_lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (store->lock < 0) return fault_io(store, "open", store->file_lock);
  if (flock(store->lock, LOCK_EX | LOCK_NB) == 0) {
    len = snprintf(holder, sizeof holder, "%ld\n", (long)getpid());
    /* For messages and people; a full disk is no reason to fail. */
    if (ftruncate(store->lock, 0) != 0 || pwrite(store->lock, holder, (size_t)len, 0) != len) errno = 0;
    return SCUTTLE_OK;
  }
  if (errno != EWOULDBLOCK) return fault_io(store, "lock", store->file_lock);
  len = pread(store->lock, holder, sizeof holder - 1, 0);
  holder[len > 0 ? len : 0] = '\0';
  holder[strcspn(holder, "\n")] = '\0';
  return fault_of(store, SCUTTLE_STORE_E_LOCKED, "%s/%s is open in another store%s%s", store->path, store->file,
                  holder[0] ? ", of process " : "", holder);
}

/* Opens the file if it exists. */
static int open_file(scuttle_store_t *store) {
  store->log.fd = openat(store->directory, store->file, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (store->log.fd >= 0 || errno == ENOENT) return SCUTTLE_OK;
  if (errno == ELOOP || errno == EISDIR)
    return fault_of(store, SCUTTLE_STORE_E_ALIEN, "%s/%s is a %s", store->path, store->file,
                    errno == ELOOP ? "symbolic link" : "folder");
  return fault_io(store, "open", store->file);
}

/* Makes the replica, with the configuration of the host and the lines of the file. */
static int start(scuttle_store_t *store, const scuttle_config_t *given, const recovered_t *file) {
  size_t size = given != NULL ? given->struct_size : sizeof *given;
  /* The host may know more fields than this library, or fewer. */
  scuttle_config_t *config = (scuttle_config_t *)calloc(1, size > sizeof *config ? size : sizeof *config);
  int code;
  if (config == NULL) return fault_of(store, SCUTTLE_E_MEMORY, "no memory for a configuration of %zu bytes", size);
  if (given != NULL) memcpy(config, given, size);
  config->struct_size = size;
  if (config->state != NULL || config->state_store != NULL) {
    free(config);
    return fault_of(store, SCUTTLE_E_ARGUMENT, "a replica in a file store has neither `state` nor `state_store`");
  }
  config->state = file->state_len > 0 ? file->state : NULL;
  config->state_len = file->state_len;
  code = scuttle_new(store->name, config, &store->replica);
  free(config);
  return code < 0 ? fault_of_replica(store, code) : code;
}

/* Cuts the end of the file off that is not whole, or makes the file. */
static int settle(scuttle_store_t *store, const recovered_t *file) {
  int code;
  store->healed = file->bytes_len - file->end;
  if (store->log.fd < 0 || file->damaged_at != 0) return compaction_whole(store, file->damaged_at ? store->file_damaged : NULL);
  store->log.salt = file->salt;
  store->log.end = store->log.at = file->end;
  store->log.whole = file->whole;
  store->log.number = file->number;
  if (store->healed > 0 && ftruncate(store->log.fd, (off_t)file->end) != 0) return fault_io(store, "cut", store->file);
  /* The next save goes on from those in the file. */
  code = scuttle_save(store->replica, &store->log.cursor, NULL, NULL);
  if (code < 0) return fault_of_replica(store, code);
  /* With its length, so that nothing behind it comes back. The last process may have been killed before it synchronised. */
  if (fsync(store->log.fd) != 0) return fault_io(store, "synchronise", store->file);
  store->log.synced = store->log.end;
  return SCUTTLE_OK;
}

int opening_run(scuttle_store_t *store, const scuttle_store_config_t *config, recovered_t *file) {
  int code = open_directory(store);
  if (code >= 0) code = lock(store);
  if (code >= 0) code = open_file(store);
  if (code >= 0 && store->log.fd >= 0) code = recovery_read(store, store->log.fd, file);
  if (code >= 0 && file->damaged_at != 0 && !(config->flags & SCUTTLE_STORE_MEND))
    return fault_of(store, SCUTTLE_STORE_E_DAMAGED, "%s/%s is damaged at byte %llu of %llu", store->path, store->file,
                    (unsigned long long)file->damaged_at, (unsigned long long)file->bytes_len);
  if (code >= 0) code = start(store, config->replica, file);
  if (code >= 0) {
    int settled = settle(store, file);
    if (settled < 0) return settled;
    compaction_tidy(store);
    if (store->healed > 0 || file->damaged_at != 0) code = SCUTTLE_TORN;
  }
  return code;
}
