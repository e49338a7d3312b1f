/*
 * libscuttle-store: keeps a replica of libscuttle in a file.
 *
 * The core does no I/O. This library is beside it: it opens the file of a replica, appends what has changed, decides when the bytes are
 * synchronised with the disk, and compacts the file. It starts no thread.
 *
 *     scuttle_store_t *store;
 *     if (scuttle_store_open("/var/lib/lamps", "kitchen", NULL, &store) < 0) return 1;
 *     scuttle_t *replica = scuttle_store_replica(store);
 *     scuttle_set(replica, "lamp", SCUTTLE_NTS, "true", SCUTTLE_NTS);
 *     if (scuttle_store_save(store) < 0) fprintf(stderr, "%s\n", scuttle_store_errmsg(store));
 *     scuttle_store_close(store);
 *
 * A change is confirmed once a scuttle_store_save behind it has returned SCUTTLE_OK, if `sync_ms` is 0, or a scuttle_store_sync.
 * Neither kill -9 nor a loss of power loses a confirmed change. docs/reference/file-store.md has the format of the file.
 *
 * For every function, unless it says otherwise:
 *   Returns     SCUTTLE_OK (0), a positive code, or a negative SCUTTLE_E_… or SCUTTLE_STORE_E_… code. scuttle_store_errmsg() has the
 *               particulars. After an error the replica goes on in memory, the file has all that was in it, and the next
 *               scuttle_store_save appends what is missing.
 *   Threads     One thread at a time uses a store; a call during a call of another thread is SCUTTLE_E_BUSY, and so is a call in a
 *               callback of the replica. Any thread may use the replica meanwhile.
 *   Fork        In the child of a fork each call is SCUTTLE_E_FORKED; scuttle_store_close frees the memory and leaves the file alone.
 *   Since       0.2.0.
 */
#ifndef SCUTTLE_STORE_H
#define SCUTTLE_STORE_H

#include <scuttle.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct scuttle_store scuttle_store_t; /* a file, and the replica in it */

/* Codes of this library, beside those of scuttle.h. */
#define SCUTTLE_STORE_E_IO (-101)       /* a call of the system has failed: errno and the message have the reason, such as ENOSPC or EACCES */
#define SCUTTLE_STORE_E_LOCKED (-102)   /* another store has the file open, in this process or in another one */
#define SCUTTLE_STORE_E_ALIEN (-103)    /* the file is no regular file, or was not made by a file store. It is left as it is */
#define SCUTTLE_STORE_E_FORMAT (-104)   /* the file has the format of a later version of this library */
#define SCUTTLE_STORE_E_NAME (-105)     /* the file holds a replica of another name, such as on a disk that ignores case */
#define SCUTTLE_STORE_E_DAMAGED (-106)  /* bytes that were on the disk have changed since. See SCUTTLE_STORE_MEND */
#define SCUTTLE_STORE_E_REPLACED (-107) /* the open file was removed, replaced, or written by somebody else. scuttle_store_compact
                                           writes it anew */

/* Flags of a store. */
#define SCUTTLE_STORE_MEND 1u /* open a damaged file with what is in front of the damage, which is an older save. The damaged file
                                 stays beside it, as NAME.scuttle.damaged. Peers send what is missing */

#define SCUTTLE_STORE_NEVER UINT32_MAX /* as sync_ms */

/* The configuration of a store. Zero the struct, set struct_size, and set the fields you need. Later versions append fields. */
typedef struct {
  size_t struct_size;              /* sizeof(scuttle_store_config_t) */
  const scuttle_config_t *replica; /* the configuration of the replica; NULL: defaults. Without `state` and `state_store` */
  uint32_t flags;                  /* SCUTTLE_STORE_… */
  uint32_t sync_ms;                /* when scuttle_store_save synchronises the file with the disk. 0: in each call that has written. n: in the
                                      first call n milliseconds after the last time. SCUTTLE_STORE_NEVER: not at all; the system writes
                                      the bytes when it likes. A kill loses no saved change in either case, a loss of power may */
  uint64_t compact_bytes;          /* a compaction begins if the file is larger than twice its contents, and by this many bytes. 0: 1 MiB;
                                      UINT64_MAX: none by itself */
  char *message;                   /* receives the particulars if scuttle_store_open fails; may be NULL */
  size_t message_capacity;
} scuttle_store_config_t;

/* Opens the file of a replica, or makes it, and starts the replica from it: another incarnation of the name, with everything that was
   saved.
     A file whose end is truncated, as a kill or a loss of power leaves it, is healed: the unfinished save at its end is cut off.
   directory  the folder of the file. It is made if it is missing, but for its parents.
   name       the name of the replica, as for scuttle_new. The file is NAME.scuttle, with `%` and two digits for bytes other than
              letters, digits, `-`, `_` and inner dots. Beside it: NAME.scuttle.lock, and NAME.scuttle.new during a compaction.
   config     or NULL for the defaults.
   out        receives the store, to be closed with scuttle_store_close; NULL after an error.
   Returns    SCUTTLE_OK; or SCUTTLE_TORN: the store is open, and the end of its file was cut off.
   Errors     SCUTTLE_E_ARGUMENT, _STRUCT_SIZE, _MEMORY, SCUTTLE_STORE_E_IO, _LOCKED, _ALIEN, _FORMAT, _NAME, _DAMAGED, and those of
              scuttle_new. The file is as before, then.
   Cost       O(bytes of the file), which are in memory twice meanwhile. */
int scuttle_store_open(const char *directory, const char *name, const scuttle_store_config_t *config, scuttle_store_t **out);

/* Returns the replica of a store, which owns it: scuttle_store_close frees it. NULL for NULL. */
scuttle_t *scuttle_store_replica(scuttle_store_t *store);

/* Appends what has changed since the last call, and synchronises the file as `sync_ms` says. Call it after each change, or after each
   turn of an event loop: all changes of the turn are one write.
     If the disk is full or a write fails, the partial write is cut off again, and the next call tries again.
     If the file has grown to more than twice its contents, the call begins a compaction: a second file, of which this and each later call
   write a slice of 256 KiB, or four times what the call has saved if that is more. Once it has everything, it replaces the first. A
   compaction that fails is given up; scuttle_store_info has its errno, and the first file goes on.
   Errors   SCUTTLE_E_ARGUMENT, _BUSY, _FORKED, SCUTTLE_STORE_E_IO, _REPLACED.
   Cost     O(bytes of what has changed), one write, and the system's time to synchronise; during a compaction a slice
            besides, and in its last call O(sources) and the system's time to synchronise the second file and to free the first. The
            replica is locked during a write. */
int scuttle_store_save(scuttle_store_t *store);

/* scuttle_store_save, and synchronises the file whatever `sync_ms` is. Errors as scuttle_store_save. */
int scuttle_store_sync(scuttle_store_t *store);

/* Writes the file anew, at once: for a moment at which time does not matter, and after SCUTTLE_STORE_E_REPLACED.
   Errors   as scuttle_store_save.   Cost   O(bytes of the replica), and the time of the disk. */
int scuttle_store_compact(scuttle_store_t *store);

/* The state of a store. Zero the struct and set struct_size: fields beyond that are not written. */
typedef struct {
  size_t struct_size;     /* sizeof(scuttle_store_info_t) */
  uint64_t file_bytes;    /* bytes of the file */
  uint64_t whole_bytes;   /* of these, the bytes of the last whole save: the bytes of the file after its last compaction */
  uint64_t synced_bytes;  /* of these, the bytes that are known to be on the disk */
  uint64_t saves;         /* saves that were appended since the store was opened */
  uint64_t compactions;   /* compactions that were done since then */
  uint64_t healed_bytes;  /* bytes that scuttle_store_open has cut off */
  int32_t last_errno;     /* errno of the last SCUTTLE_STORE_E_IO; 0: none */
  int32_t compact_errno;  /* errno of the last compaction if it was given up; 0: none */
  uint32_t is_compacting; /* 1: a compaction has begun */
  uint32_t reserved;
} scuttle_store_info_t;

/* Describes a store.   Errors   SCUTTLE_E_ARGUMENT, _STRUCT_SIZE, _BUSY, _FORKED. */
int scuttle_store_info(scuttle_store_t *store, scuttle_store_info_t *info);

/* Returns the particulars of the last error on this store: English, one line, never NULL. Valid until the next call on the store. */
const char *scuttle_store_errmsg(scuttle_store_t *store);

/* Returns a short English sentence for a code of this library or of scuttle.h. Valid for ever, never NULL. Any thread. */
const char *scuttle_store_strerror(int code);

/* Saves and synchronises, whatever `sync_ms` is, and frees the store, its replica and all links, whatever it returns. NULL is fine.
   Call scuttle_store_sync first if an error still matters. In a callback of the replica it does nothing and returns SCUTTLE_E_BUSY.
   Errors   as scuttle_store_save. */
int scuttle_store_close(scuttle_store_t *store);

#ifdef __cplusplus
}
#endif
#endif
