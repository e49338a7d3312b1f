/* The functions of scuttle_store.h. */
#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define COMPACT_BYTES (1u << 20)

static uint64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --------------------------------------------------------------------------------------- from opening to closing -- */

/* Frees a store. In the child of a fork the replica and the lock are the parent's. */
static void free_store(scuttle_store_t *store) {
  int is_mine = store->owner == getpid();
  scuttle_free(store->replica);
  if (is_mine) compaction_drop(store);
  log_close(&store->next);
  log_close(&store->log);
  /* Unlocked explicitly, because a child of a fork may still have the descriptor. */
  if (store->lock >= 0 && is_mine) flock(store->lock, LOCK_UN);
  if (store->lock >= 0) close(store->lock);
  if (store->directory >= 0) close(store->directory);
  free(store->path);
  free(store);
}

/* Returns the configuration, with the defaults for what the host's header does not have. */
static int read_config(const scuttle_store_config_t *given, scuttle_store_config_t *config) {
  memset(config, 0, sizeof *config);
  if (given == NULL) return SCUTTLE_OK;
  if (given->struct_size < sizeof *config) return SCUTTLE_E_STRUCT_SIZE;
  if (given->struct_size > sizeof *config) { /* of a later version: fine as long as its own fields are not set */
    const char *later = (const char *)given + sizeof *config;
    size_t i;
    for (i = 0; i < given->struct_size - sizeof *config; i++)
      if (later[i] != 0) return SCUTTLE_E_STRUCT_SIZE;
  }
  *config = *given;
  return config->flags & ~SCUTTLE_STORE_MEND ? SCUTTLE_E_ARGUMENT : SCUTTLE_OK;
}

static scuttle_store_t *make(const char *directory, const char *name, const scuttle_store_config_t *config) {
  scuttle_store_t *store = (scuttle_store_t *)calloc(1, sizeof *store);
  size_t path_len = strlen(directory), name_len = strlen(name);
  if (store == NULL) return NULL;
  store->directory = store->lock = store->log.fd = store->next.fd = -1;
  store->owner = getpid();
  store->sync_ms = config->sync_ms;
  store->compact_bytes = config->compact_bytes ? config->compact_bytes : COMPACT_BYTES;
  store->path = (char *)malloc(path_len + name_len + 2);
  if (store->path == NULL) {
    free(store);
    return NULL;
  }
  memcpy(store->path, directory, path_len + 1);
  store->name = (const char *)memcpy(store->path + path_len + 1, name, name_len + 1);
  names_make(store, name);
  crc32_make(&store->crc);
  return store;
}

int scuttle_store_open(const char *directory, const char *name, const scuttle_store_config_t *given, scuttle_store_t **out) {
  scuttle_store_config_t config;
  recovered_t file;
  scuttle_store_t *store;
  int code;
  if (out != NULL) *out = NULL;
  if (directory == NULL || name == NULL || out == NULL) return SCUTTLE_E_ARGUMENT;
  code = read_config(given, &config);
  if (code < 0) return code;
  if (name[0] == '\0' || strlen(name) > HEAD_MOST - HEAD_BYTES) return SCUTTLE_E_ID;
  store = make(directory, name, &config);
  if (store == NULL) return SCUTTLE_E_MEMORY;
  memset(&file, 0, sizeof file);
  code = opening_run(store, &config, &file);
  free(file.bytes);
  if (code < 0) {
    int error = store->fault.error;
    if (config.message != NULL && config.message_capacity > 0)
      snprintf(config.message, config.message_capacity, "%s", store->fault.text);
    free_store(store);
    if (code == SCUTTLE_STORE_E_IO) errno = error;
    return code;
  }
  store->synced_at = now_ms();
  *out = store;
  return code;
}

scuttle_t *scuttle_store_replica(scuttle_store_t *store) { return store ? store->replica : NULL; }

/* --------------------------------------------------------------------------------------------------------- saving -- */

static int enter(scuttle_store_t *store) {
  if (store == NULL) return SCUTTLE_E_ARGUMENT;
  if (store->owner != getpid()) return SCUTTLE_E_FORKED;
  return __atomic_exchange_n(&store->is_entered, 1, __ATOMIC_ACQUIRE) ? SCUTTLE_E_BUSY : SCUTTLE_OK;
}

static int leave(scuttle_store_t *store, int code) {
  if (code == SCUTTLE_STORE_E_IO) errno = store->fault.error; /* later calls, which tidy up, may have set another */
  __atomic_store_n(&store->is_entered, 0, __ATOMIC_RELEASE);
  return code;
}

static int synchronise(scuttle_store_t *store) {
  int code = log_sync(store, &store->log, store->file);
  store->is_suspect = code < 0;
  store->synced_at = now_ms();
  return code;
}

static int is_sync_due(const scuttle_store_t *store) {
  if (store->sync_ms == 0) return 1;
  return store->sync_ms != SCUTTLE_STORE_NEVER && now_ms() - store->synced_at >= store->sync_ms;
}

static int save(scuttle_store_t *store, int is_sync) {
  uint64_t end = store->log.end;
  int is_compacting = store->next.fd >= 0, is_whole;
  int code = SCUTTLE_OK;
  if (store->is_suspect) return compaction_whole(store, NULL);
  if (store->is_renamed) code = directory_sync(store);
  if (code >= 0) code = log_check(store);
  if (code < 0) return code;
  compaction_begin(store);
  code = log_append(store, &store->log, store->file, 0);
  if (code < 0) return code;
  is_whole = code == SCUTTLE_GAP;
  store->saves += store->log.end > end;
  code = is_sync || is_sync_due(store) ? synchronise(store) : SCUTTLE_OK;
  if (code < 0 || !is_compacting) return code;
  /* Behind a whole save the second file has no use, and would begin anew, too. */
  if (!is_whole) return compaction_step(store, store->log.end - end);
  compaction_drop(store);
  return SCUTTLE_OK;
}

int scuttle_store_save(scuttle_store_t *store) {
  int code = enter(store);
  return code < 0 ? code : leave(store, save(store, 0));
}

int scuttle_store_sync(scuttle_store_t *store) {
  int code = enter(store);
  return code < 0 ? code : leave(store, save(store, 1));
}

int scuttle_store_compact(scuttle_store_t *store) {
  int code = enter(store);
  return code < 0 ? code : leave(store, compaction_whole(store, NULL));
}

int scuttle_store_close(scuttle_store_t *store) {
  scuttle_cursor_t cursor;
  int code, error;
  if (store == NULL) return SCUTTLE_OK;
  code = enter(store);
  if (code == SCUTTLE_E_FORKED) free_store(store);
  if (code < 0) return code;
  code = scuttle_save(store->replica, &cursor, NULL, NULL); /* only to learn of a callback, in which nothing can be freed */
  if (code == SCUTTLE_E_BUSY) return leave(store, code);
  code = save(store, 1);
  error = store->fault.error;
  free_store(store);
  if (code == SCUTTLE_STORE_E_IO) errno = error;
  return code;
}

/* ------------------------------------------------------------------------------------------------------ describing -- */

int scuttle_store_info(scuttle_store_t *store, scuttle_store_info_t *info) {
  scuttle_store_info_t full;
  int code = info == NULL ? SCUTTLE_E_ARGUMENT : enter(store);
  if (code < 0) return code;
  if (info->struct_size < sizeof info->struct_size) return leave(store, SCUTTLE_E_STRUCT_SIZE);
  memset(&full, 0, sizeof full);
  full.struct_size = info->struct_size;
  full.file_bytes = store->log.end;
  full.whole_bytes = store->log.whole;
  full.synced_bytes = store->log.synced;
  full.saves = store->saves;
  full.compactions = store->compactions;
  full.healed_bytes = store->healed;
  full.last_errno = store->last_errno;
  full.compact_errno = store->compact_errno;
  full.is_compacting = store->next.fd >= 0;
  memcpy(info, &full, info->struct_size < sizeof full ? info->struct_size : sizeof full);
  return leave(store, SCUTTLE_OK);
}
