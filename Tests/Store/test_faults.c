/* System calls that fail: each is an error that names its reason, the replica goes on, and the next save has everything. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "check.h"
#include "faults.h"
#include "stores.h"

#include <errno.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Closes the store, and expects k1 … k(count) in it. */
static void check_kept(scuttle_store_t *store, const char *folder, int count) {
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  store = store_open(folder, SCUTTLE_OK);
  REQUIRE(store);
  CHECK_INT(store_count(store), count);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
}

static int set_number(scuttle_store_t *store, int number) {
  char key[16], value[16];
  snprintf(key, sizeof key, "k%d", number);
  snprintf(value, sizeof value, "%d", number);
  return store_set(store, key, value);
}

TEST(a_full_disk_is_an_error_and_the_replica_goes_on) {
  char *folder = folder_make();
  scuttle_store_t *store = store_open(folder, SCUTTLE_OK);
  REQUIRE(store);
  CHECK_INT(set_number(store, 1), SCUTTLE_OK);
  uint64_t bytes = store_info(store).file_bytes;
  fault_set(FAULT_ERRNO, "pwrite", 1, ENOSPC, 1);
  for (int i = 2; i <= 4; i++) {
    errno = 0;
    CHECK_INT(set_number(store, i), SCUTTLE_STORE_E_IO);
    CHECK_INT(errno, ENOSPC);
    CHECK(strstr(scuttle_store_errmsg(store), "ada.scuttle: No space left on device") != NULL);
    CHECK_INT(store_count(store), i);
    CHECK_INT(store_info(store).last_errno, ENOSPC);
    CHECK_U64(store_info(store).file_bytes, bytes);
    text_t file = file_text(path_of(folder, "ada.scuttle"));
    CHECK_U64(file.len, bytes);
    text_free(&file);
  }
  fault_clear();
  CHECK_INT(scuttle_store_save(store), SCUTTLE_OK);
  CHECK(store_info(store).file_bytes > bytes);
  check_kept(store, folder, 4);
  folder_remove(folder);
}

/* A write of half, and then an error: the half is cut off; or cannot be cut off, and is overwritten. */
TEST(a_partial_write_is_cut_off) {
  for (int can_cut = 0; can_cut < 2; can_cut++) {
    char *folder = folder_make();
    scuttle_store_t *store = store_open(folder, SCUTTLE_OK);
    REQUIRE(store);
    CHECK_INT(set_number(store, 1), SCUTTLE_OK);
    uint64_t bytes = store_info(store).file_bytes;
    struct rlimit old, limit;
    getrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_IGN);
    limit = old;
    limit.rlim_cur = (rlim_t)bytes + 50;
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
    if (!can_cut) fault_set(FAULT_ERRNO, "ftruncate", 1, EIO, 1);
    CHECK_INT(set_number(store, 2), SCUTTLE_STORE_E_IO);
    CHECK_INT(errno, EFBIG);
    text_t file = file_text(path_of(folder, "ada.scuttle"));
    CHECK_U64(file.len, can_cut ? bytes : bytes + 50);
    text_free(&file);
    CHECK_INT(set_number(store, 3), SCUTTLE_STORE_E_IO);
    setrlimit(RLIMIT_FSIZE, &old);
    fault_clear();
    CHECK_INT(set_number(store, 4), SCUTTLE_OK);
    check_kept(store, folder, 4);
    folder_remove(folder);
  }
}

TEST(short_and_interrupted_writes_go_on) {
  char *folder = folder_make();
  scuttle_store_t *store = store_open(folder, SCUTTLE_OK);
  REQUIRE(store);
  fault_set(FAULT_SHORT, "pwrite", 1, 0, 1);
  CHECK_INT(set_number(store, 1), SCUTTLE_OK);
  CHECK(fault_calls() > 3);
  fault_set(FAULT_ERRNO, "pwrite", 1, EINTR, 0);
  CHECK_INT(set_number(store, 2), SCUTTLE_OK);
  CHECK(fault_calls() > 1);
  fault_clear();
  check_kept(store, folder, 2);
  folder_remove(folder);
}

/* The system may drop the bytes of which it has reported an error, so the file is written anew. */
TEST(a_file_that_cannot_be_synchronised_is_written_anew) {
  char *folder = folder_make();
  scuttle_store_config_t config = store_config();
  config.sync_ms = 0;
  scuttle_store_t *store = store_open_with(folder, &config, SCUTTLE_OK);
  REQUIRE(store);
  CHECK_INT(set_number(store, 1), SCUTTLE_OK);
  CHECK_U64(store_info(store).compactions, 0);
  fault_set(FAULT_ERRNO, "fdatasync", 1, EIO, 1);
  CHECK_INT(set_number(store, 2), SCUTTLE_STORE_E_IO);
  CHECK_INT(errno, EIO);
  CHECK_INT(set_number(store, 3), SCUTTLE_STORE_E_IO);
  CHECK(!file_exists(path_of(folder, "ada.scuttle.new")));
  fault_clear();
  CHECK_INT(set_number(store, 4), SCUTTLE_OK);
  CHECK_U64(store_info(store).compactions, 1);
  CHECK_U64(store_info(store).synced_bytes, store_info(store).file_bytes);
  check_kept(store, folder, 4);
  folder_remove(folder);
}

TEST(each_call_of_an_opening_may_fail) {
  for (int is_new = 0; is_new < 2; is_new++) {
    for (int at = 1; at < 40; at++) {
      char *folder = folder_make();
      scuttle_store_config_t config = store_config();
      scuttle_store_t *store;
      char message[512] = "";
      config.message = message;
      config.message_capacity = sizeof message;
      if (!is_new) {
        store = store_open(folder, SCUTTLE_OK);
        CHECK_INT(set_number(store, 1), SCUTTLE_OK);
        CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
      }
      fault_set(FAULT_ERRNO, NULL, at, EACCES, 0);
      int code = scuttle_store_open(folder, "ada", &config, &store);
      int calls = fault_calls();
      fault_clear();
      if (code < 0) {
        CHECK_INT(code, SCUTTLE_STORE_E_IO);
        CHECK(strstr(message, "Permission denied") != NULL);
        store = store_open(folder, SCUTTLE_OK); /* nothing is left of the first try */
        REQUIRE(store);
      }
      CHECK_INT(store_count(store), is_new ? 0 : 1);
      CHECK_INT(set_number(store, is_new ? 1 : 2), SCUTTLE_OK);
      check_kept(store, folder, is_new ? 1 : 2);
      folder_remove(folder);
      if (at > calls) break;
    }
  }
}

/* --- compaction ---------------------------------------------------------------------------------------------------- */

/* Overwrites one key until the file has been compacted; returns the number of saves, 0 after an error. */
static int save_until_compacted(scuttle_store_t *store, int most) {
  uint64_t before = store_info(store).compactions;
  char value[400];
  for (int i = 1; i <= most; i++) {
    snprintf(value, sizeof value, "\"%0300d\"", i);
    if (store_set(store, "big", value) < 0) return 0;
    if (store_info(store).compactions > before) return i;
  }
  return most;
}

static char *compacting_folder(scuttle_store_t **store) {
  char *folder = folder_make();
  scuttle_store_config_t config = store_config();
  config.compact_bytes = 5000;
  *store = store_open_with(folder, &config, SCUTTLE_OK);
  return folder;
}

TEST(a_file_is_compacted) {
  scuttle_store_t *store;
  char *folder = compacting_folder(&store);
  REQUIRE(store);
  CHECK_INT(chmod(path_of(folder, "ada.scuttle"), 0640), 0);
  for (int i = 1; i <= 20; i++) {
    CHECK(save_until_compacted(store, 100) < 100);
    CHECK_INT(scuttle_delete(scuttle_store_replica(store), "big", SCUTTLE_NTS), SCUTTLE_OK);
    CHECK(store_info(store).file_bytes < 12000);
    CHECK_INT(store_info(store).compact_errno, 0);
  }
  struct stat found;
  CHECK(stat(path_of(folder, "ada.scuttle"), &found) == 0 && (found.st_mode & 0777) == 0640);
  CHECK(!file_exists(path_of(folder, "ada.scuttle.new")));
  CHECK_INT(set_number(store, 1), SCUTTLE_OK);
  check_kept(store, folder, 1);
  folder_remove(folder);
}

/* The calls with which a compaction begins. */
TEST(a_compaction_that_cannot_begin_is_given_up) {
  const char *calls[] = {"openat", "fchmod", "pwrite"};
  for (int i = 0; i < 3; i++) {
    scuttle_store_t *store;
    char *folder = compacting_folder(&store);
    REQUIRE(store);
    CHECK_INT(set_number(store, 1), SCUTTLE_OK);
    for (int saves = 0; saves < 100 && store_info(store).compact_errno == 0; saves++) {
      /* A fault that hits the save itself is another test's. */
      int is_due = store_info(store).file_bytes - store_info(store).whole_bytes > 5000;
      if (is_due || i != 2) fault_set(FAULT_ERRNO, calls[i], 1, ENOSPC, 0);
      CHECK_INT(save_until_compacted(store, 1), 1);
      fault_clear();
    }
    fault_clear();
    CHECK_INT(store_info(store).compact_errno, ENOSPC);
    CHECK_INT(store_info(store).is_compacting, 0);
    CHECK(!file_exists(path_of(folder, "ada.scuttle.new")));
    CHECK(save_until_compacted(store, 200) < 200); /* a later one succeeds */
    CHECK_INT(store_info(store).compact_errno, 0);
    CHECK_INT(scuttle_delete(scuttle_store_replica(store), "big", SCUTTLE_NTS), SCUTTLE_OK);
    check_kept(store, folder, 1);
    folder_remove(folder);
  }
}

/* The second half of a compaction: the switch of files. */
TEST(a_switch_of_files_that_fails_loses_nothing) {
  const char *calls[] = {"pwrite", "fdatasync", "renameat", "fsync"};
  for (int i = 0; i < 4; i++) {
    scuttle_store_t *store;
    char *folder = compacting_folder(&store);
    REQUIRE(store);
    CHECK_INT(set_number(store, 1), SCUTTLE_OK);
    while (!store_info(store).is_compacting) CHECK_INT(save_until_compacted(store, 1), 1);
    fault_set(FAULT_ERRNO, calls[i], i == 0 ? 2 : 1, EIO, 1);
    CHECK_INT(set(scuttle_store_replica(store), "k2", "2"), SCUTTLE_OK);
    int code = scuttle_store_save(store);
    /* The save itself is in the first file; only a folder that cannot be synchronised leaves open which file a crash finds. */
    CHECK_INT(code, i == 3 ? SCUTTLE_STORE_E_IO : SCUTTLE_OK);
    CHECK_INT(i == 3 ? store_info(store).last_errno : store_info(store).compact_errno, EIO);
    fault_clear();
    CHECK_INT(set_number(store, 3), SCUTTLE_OK);
    CHECK_INT(scuttle_delete(scuttle_store_replica(store), "big", SCUTTLE_NTS), SCUTTLE_OK);
    check_kept(store, folder, 3);
    folder_remove(folder);
  }
}

/* --- files that change underneath, rights, and a disk that is really full -------------------------------------- */

TEST(a_file_that_was_removed_or_replaced_is_an_error) {
  for (int i = 0; i < 3; i++) {
    char *folder = folder_make();
    scuttle_store_t *store = store_open(folder, SCUTTLE_OK);
    const char *path = path_of(folder, "ada.scuttle");
    REQUIRE(store);
    CHECK_INT(set_number(store, 1), SCUTTLE_OK);
    if (i == 0) CHECK_INT(unlink(path), 0);
    if (i == 1) {
      file_put(path_of(folder, "other"), "other", 5);
      CHECK_INT(rename(path_of(folder, "other"), path), 0);
    }
    if (i == 2) CHECK_INT(truncate(path, 40), 0);
    CHECK_INT(set_number(store, 2), SCUTTLE_STORE_E_REPLACED);
    CHECK_INT(set_number(store, 3), SCUTTLE_STORE_E_REPLACED);
    CHECK_INT(store_count(store), 3);
    CHECK_INT(scuttle_store_compact(store), SCUTTLE_OK);
    CHECK_INT(set_number(store, 4), SCUTTLE_OK);
    check_kept(store, folder, 4);
    folder_remove(folder);
  }
}

static int use_without_rights(void *context) {
  const char *folder = (const char *)context;
  scuttle_store_t *store = NULL, *other = NULL;
  if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) return 1;
  if (scuttle_store_open(folder, "eve", NULL, &other) != SCUTTLE_OK) return 2;
  if (chmod(folder, 0500) != 0) return 3;
  if (set_number(other, 1) != SCUTTLE_OK) return 4; /* the file is open */
  if (scuttle_store_compact(other) != SCUTTLE_STORE_E_IO || errno != EACCES) return 5;
  if (strstr(scuttle_store_errmsg(other), "Permission denied") == NULL) return 6;
  if (set_number(other, 2) != SCUTTLE_OK || store_count(other) != 2) return 7;
  if (scuttle_store_open(folder, "new", NULL, &store) != SCUTTLE_STORE_E_IO || errno != EACCES) return 8;
  if (chmod(folder, 0000) != 0) return 9;
  if (set_number(other, 3) != SCUTTLE_OK) return 10;
  if (scuttle_store_open(folder, "eve", NULL, &store) != SCUTTLE_STORE_E_IO || errno != EACCES) return 11;
  if (chmod(folder, 0700) != 0 || scuttle_store_compact(other) != SCUTTLE_OK) return 12;
  if (scuttle_store_close(other) != SCUTTLE_OK) return 13;
  if (chmod(path_of(folder, "eve.scuttle"), 0400) != 0) return 14;
  if (scuttle_store_open(folder, "eve", NULL, &store) != SCUTTLE_STORE_E_IO || errno != EACCES) return 15;
  if (chmod(path_of(folder, "eve.scuttle"), 0600) != 0) return 16;
  if (scuttle_store_open(folder, "eve", NULL, &store) != SCUTTLE_OK || store_count(store) != 3) return 17;
  return scuttle_store_close(store) == SCUTTLE_OK ? 0 : 18;
}

TEST(rights_that_are_taken_away_are_an_error) {
  char *folder = folder_make();
  if (geteuid() == 0) CHECK_INT(chown(folder, 65534, 65534), 0);
  CHECK_INT(in_child(use_without_rights, folder), 0);
  folder_remove(folder);
}

/* A file system of 96 KiB, if this process may mount one; a_partial_write_is_cut_off needs no right. */
TEST(a_small_disk_fills_up) {
  char *folder = folder_make(), value[2003], key[16];
  if (mount("none", folder, "tmpfs", 0, "size=96k") != 0) {
    printf("  no tmpfs may be mounted: %s\n", strerror(errno));
    folder_remove(folder);
    return;
  }
  scuttle_store_config_t config = store_config();
  config.sync_ms = 0;
  scuttle_store_t *store = store_open_with(folder, &config, SCUTTLE_OK);
  REQUIRE(store);
  memset(value, 'x', sizeof value);
  value[0] = value[2001] = '"';
  value[2002] = '\0';
  int code = SCUTTLE_OK, count;
  for (count = 0; count < 400 && code == SCUTTLE_OK; count++) {
    snprintf(key, sizeof key, "x%d", count);
    code = store_set(store, key, value);
  }
  CHECK_INT(code, SCUTTLE_STORE_E_IO);
  CHECK_INT(errno, ENOSPC);
  CHECK(count > 20 && count < 60);
  CHECK_INT(scuttle_store_save(store), SCUTTLE_STORE_E_IO);
  CHECK_INT(scuttle_store_compact(store), SCUTTLE_STORE_E_IO);
  CHECK_INT(errno, ENOSPC);
  CHECK(value_of(scuttle_store_replica(store), key) != NULL); /* the replica has what the file has not */
  CHECK_INT(mount("none", folder, "tmpfs", MS_REMOUNT, "size=400k"), 0);
  CHECK_INT(scuttle_store_save(store), SCUTTLE_OK);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  store = store_open(folder, SCUTTLE_OK);
  REQUIRE(store);
  CHECK_INT((int)count_of(scuttle_store_replica(store)), count);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  CHECK_INT(umount2(folder, MNT_DETACH), 0);
  folder_remove(folder);
}

CHECK_MAIN
