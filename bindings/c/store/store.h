/* A store, and the functions by which its parts use each other. Each returns SCUTTLE_OK or an error that is in `fault`. */
#ifndef SCUTTLE_STORE_STORE_H
#define SCUTTLE_STORE_STORE_H

#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* with -std=c99: the calls of POSIX, flock and getentropy */
#endif

#include "format.h"
#include "scuttle_store.h"

#include <limits.h>
#include <sys/types.h>

#define PAYLOAD_BYTES 65536u

/* The last error. */
typedef struct {
  int code;
  int error; /* errno, for SCUTTLE_STORE_E_IO */
  char text[PATH_MAX + 512];
} fault_t;

/* A file of saves, and the cursor of the last one. */
typedef struct {
  int fd; /* -1: none */
  uint64_t salt;
  uint64_t end;    /* bytes of the head and of all saves; what is behind is not part of the file */
  uint64_t at;     /* bytes with the frames of a save that is still open; otherwise as `end` */
  uint64_t whole;  /* bytes of the last whole save */
  uint64_t synced; /* bytes that are on the disk */
  uint64_t number; /* of the last save */
  scuttle_cursor_t cursor;
} log_t;

struct scuttle_store {
  scuttle_t *replica;
  log_t log;  /* the file */
  log_t next; /* the file that a compaction writes */

  char *path; /* of the folder, for messages */
  const char *name;
  int directory;
  int lock;
  char file[NAME_MAX + 1], file_next[NAME_MAX + 1], file_lock[NAME_MAX + 1], file_damaged[NAME_MAX + 1];

  uint32_t sync_ms;
  uint64_t compact_bytes;
  uint64_t synced_at;    /* milliseconds */
  uint64_t compact_from; /* no compaction before the file has so many bytes, after one that failed */
  uint64_t flushed;      /* bytes of `next` that are on their way to the disk */
  int is_suspect;        /* the system has failed to synchronise `log`, so its bytes may be lost although a later try succeeds */
  int is_renamed;        /* the folder is not synchronised after a rename */

  pid_t owner;
  int is_entered;
  uint64_t saves, compactions, healed;
  int last_errno, compact_errno;
  fault_t fault;
  crc32_t crc;
  uint8_t buffer[FRAME_BYTES + PAYLOAD_BYTES];
};

/* --- fault.c --- */

int fault_of(scuttle_store_t *store, int code, const char *format, ...);
int fault_io(scuttle_store_t *store, const char *verb, const char *file); /* for errno */
int fault_of_replica(scuttle_store_t *store, int code);

/* --- names.c --- */

/* Makes the names of the files of a replica. */
void names_make(scuttle_store_t *store, const char *name);

/* --- log.c --- */

/* Makes an empty file, with its head. */
int log_make(scuttle_store_t *store, log_t *log, const char *file);

/* Appends what has changed since the log's cursor, or with a limit of bytes a part of it. After an error the log is as before.
   Returns also SCUTTLE_MORE: the save is open, and the next call goes on with it; SCUTTLE_GAP: it was whole. */
int log_append(scuttle_store_t *store, log_t *log, const char *file, uint64_t limit);

int log_sync(scuttle_store_t *store, log_t *log, const char *file);
void log_close(log_t *log);

/* Returns an error if the file is not the one that the log has written. */
int log_check(scuttle_store_t *store);

int directory_sync(scuttle_store_t *store);

/* --- compaction.c --- */

/* Begins a compaction if the file is large enough. Before a save is appended, because a whole save raises the low-water mark of the replica,
   and the file is to have that, too. */
void compaction_begin(scuttle_store_t *store);

/* Goes on with a compaction that an earlier call has begun, behind a save of some bytes. */
int compaction_step(scuttle_store_t *store, uint64_t saved);

/* Writes the file anew, at once. With `keep` the present file stays under that name. */
int compaction_whole(scuttle_store_t *store, const char *keep);

void compaction_drop(scuttle_store_t *store);

/* Removes the second file, also one that a killed process has left: the lock is held, so it is nobody's. */
void compaction_tidy(scuttle_store_t *store);

/* --- recovery.c --- */

/* What a file holds. */
typedef struct {
  uint8_t *bytes;      /* to be freed */
  const char *state;   /* the lines of the last whole save and of the later ones */
  size_t state_len;
  uint64_t salt, end, whole, number;
  uint64_t bytes_len;  /* of the file; more than `end`: a truncated save is at its end */
  uint64_t damaged_at; /* 0: the file is not damaged */
} recovered_t;

/* Reads the file of an open log. */
int recovery_read(scuttle_store_t *store, int fd, recovered_t *out);

/* --- opening.c --- */

/* Opens the folder, the lock and the file, and makes the replica. `file` is what was read, to be freed. Returns also SCUTTLE_TORN. */
int opening_run(scuttle_store_t *store, const scuttle_store_config_t *config, recovered_t *file);

#endif
