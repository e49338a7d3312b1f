/* A compaction of a replica that is larger than a slice: each call writes a bounded part of the second file. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "check.h"
#include "faults.h"
#include "stores.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { KEYS = 4000, VALUE = 300, SLICE = 256 << 10 };

static int set_key(scuttle_store_t *store, int number, int round) {
  char key[16], value[VALUE + 3];
  snprintf(key, sizeof key, "k%d", number);
  snprintf(value, sizeof value, "\"%0*d\"", VALUE, number * 1000 + round);
  return set(scuttle_store_replica(store), key, value);
}

/* Opens a store whose file is twice the replica, which is some five slices: the next save begins a compaction. */
static scuttle_store_t *open_due(char **folder) {
  scuttle_store_t *store;
  *folder = folder_make();
  store = store_open(*folder, SCUTTLE_OK);
  if (store == NULL) return NULL;
  for (int i = 0; i < KEYS; i++) set_key(store, i, 0);
  CHECK_INT(scuttle_store_compact(store), SCUTTLE_OK);
  for (int i = 0; i <= KEYS; i++) set_key(store, i % KEYS, 1);
  CHECK_INT(scuttle_store_save(store), SCUTTLE_OK);
  CHECK_INT(store_info(store).is_compacting, 0);
  CHECK(store_info(store).whole_bytes > 4 * SLICE);
  return store;
}

static uint64_t bytes_of_next(const char *folder) {
  struct stat found;
  return stat(path_of(folder, "ada.scuttle.new"), &found) == 0 ? (uint64_t)found.st_size : 0;
}

/* Closes the store, and checks that a start has the same. */
static void check_start(scuttle_store_t *store, char *folder) {
  char *before = state_text(scuttle_store_replica(store)), *after;
  uint64_t fingerprint = fingerprint_of(scuttle_store_replica(store));
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  store = store_open(folder, SCUTTLE_OK);
  REQUIRE(store);
  after = state_text(scuttle_store_replica(store));
  CHECK(strcmp(before, after) == 0);
  CHECK_U64(fingerprint_of(scuttle_store_replica(store)), fingerprint);
  CHECK(!file_exists(path_of(folder, "ada.scuttle.new")));
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  free(before);
  free(after);
  folder_remove(folder);
}

TEST(each_call_writes_a_slice_of_the_second_file) {
  char *folder;
  scuttle_store_t *store = open_due(&folder);
  REQUIRE(store);
  uint64_t compactions = store_info(store).compactions, before = 0;
  size_t purged;
  int calls = 0;
  for (; calls < 50 && store_info(store).compactions == compactions; calls++) {
    char key[16];
    set_key(store, 3 * calls, 2);           /* in the slices before */
    set_key(store, KEYS - 1 - calls, 2);    /* in those to come */
    set_key(store, KEYS + calls, 2);
    snprintf(key, sizeof key, "k%d", calls * 100 + 1);
    CHECK_INT(unset(scuttle_store_replica(store), key), SCUTTLE_OK);
    if (calls % 2) CHECK_INT(scuttle_purge(scuttle_store_replica(store), &purged), SCUTTLE_OK);
    CHECK_INT(scuttle_store_save(store), SCUTTLE_OK);
    uint64_t now = bytes_of_next(folder);
    /* The last line of a slice stands above the limit, and the last call adds what it has saved. */
    if (store_info(store).is_compacting) CHECK(now > before && now - before < SLICE + 1000);
    before = now;
  }
  CHECK(calls >= 5 && calls < 10);
  CHECK_INT(store_info(store).compact_errno, 0);
  CHECK_U64(store_info(store).compactions, compactions + 1);
  CHECK(store_info(store).file_bytes < store_info(store).whole_bytes + 5000);
  check_start(store, folder);
}

/* A host that writes more than a slice in each call. */
TEST(the_second_file_catches_up_with_a_fast_writer) {
  char *folder;
  scuttle_store_t *store = open_due(&folder);
  REQUIRE(store);
  uint64_t compactions = store_info(store).compactions;
  int calls = 0;
  for (; calls < 50 && store_info(store).compactions == compactions; calls++) {
    for (int i = 0; i < KEYS / 4; i++) set_key(store, (calls * (KEYS / 4) + i) % KEYS, 3 + calls);
    CHECK_INT(scuttle_store_save(store), SCUTTLE_OK);
  }
  CHECK(calls < 6);
  check_start(store, folder);
}

TEST(a_slice_that_fails_gives_the_compaction_up) {
  for (int slice = 0; slice < 6; slice++) {
    char *folder;
    scuttle_store_t *store = open_due(&folder);
    REQUIRE(store);
    uint64_t compactions = store_info(store).compactions;
    for (int i = 0; i <= slice; i++) {
      CHECK_U64(store_info(store).compactions, compactions);
      set_key(store, i, 2);
      /* The save itself is one write, before those of a slice; the first slice comes before the save, and its head is one. */
      if (i == slice) fault_set(FAULT_ERRNO, "pwrite", 2, ENOSPC, 1);
      int code = scuttle_store_save(store);
      fault_clear();
      if (i == slice && i == 0) CHECK_INT(code, SCUTTLE_STORE_E_IO); /* the save has failed as well */
      else CHECK_INT(code, SCUTTLE_OK);
    }
    CHECK_INT(store_info(store).compact_errno, ENOSPC);
    CHECK_INT(store_info(store).is_compacting, 0);
    CHECK_U64(store_info(store).compactions, compactions);
    CHECK_U64(bytes_of_next(folder), 0);
    set_key(store, 7, 3);
    CHECK_INT(scuttle_store_compact(store), SCUTTLE_OK);
    check_start(store, folder);
  }
}

/* More removals between two calls than are remembered: the save of the first file is whole, so the second has no use. */
TEST(a_whole_save_ends_the_compaction) {
  char *folder;
  scuttle_store_t *store = open_due(&folder);
  REQUIRE(store);
  uint64_t compactions = store_info(store).compactions;
  size_t purged;
  char key[16];
  for (int i = 0; i < 1500; i++) set_key(store, KEYS + i, 2);
  CHECK_INT(scuttle_store_save(store), SCUTTLE_OK);
  CHECK_INT(store_info(store).is_compacting, 1);
  for (int i = 0; i < KEYS + 1000; i++) {
    snprintf(key, sizeof key, "k%d", i);
    unset(scuttle_store_replica(store), key);
  }
  CHECK_INT(scuttle_purge(scuttle_store_replica(store), &purged), SCUTTLE_OK);
  CHECK_INT(purged, KEYS + 1000);
  CHECK_INT(scuttle_store_save(store), SCUTTLE_OK);
  CHECK_INT(store_info(store).is_compacting, 0);
  CHECK_INT(store_info(store).compact_errno, 0);
  CHECK(!file_exists(path_of(folder, "ada.scuttle.new")));
  for (int i = 0; i < 20 && store_info(store).compactions == compactions; i++) {
    set_key(store, i, 3);
    CHECK_INT(scuttle_store_save(store), SCUTTLE_OK);
  }
  CHECK_U64(store_info(store).compactions, compactions + 1);
  check_start(store, folder);
}

typedef struct {
  const char *folder;
  int at;         /* the call of the system at which the process ends */
  int confirmed;  /* saves that have returned */
  int is_through;
} kill_t;

static int compact_until_killed(void *context) {
  kill_t *kill = (kill_t *)context;
  scuttle_store_t *store = store_open(kill->folder, SCUTTLE_OK);
  if (store == NULL) return 1;
  uint64_t compactions = store_info(store).compactions;
  fault_set(FAULT_KILL, NULL, kill->at, 0, 0);
  for (int i = 0; i < 20 && store_info(store).compactions == compactions; i++) {
    if (set_key(store, i * 211, 9) < 0 || scuttle_store_save(store) < 0) return 2;
    kill->confirmed = i + 1;
  }
  kill->is_through = store_info(store).compactions > compactions;
  return 0;
}

TEST(a_process_that_ends_in_a_slice_loses_no_confirmed_save) {
  kill_t *kill = (kill_t *)mmap(NULL, sizeof *kill, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(kill != MAP_FAILED);
  char *folder;
  scuttle_store_t *store = open_due(&folder);
  REQUIRE(store);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  /* The close has begun a compaction, of which nothing is left. */
  text_t file = file_text(path_of(folder, "ada.scuttle"));
  int left = 0, at;
  for (at = 1; at < 300 && !kill->is_through; at++) {
    memset(kill, 0, sizeof *kill);
    kill->folder = folder;
    kill->at = at;
    file_put(path_of(folder, "ada.scuttle"), file.data, file.len);
    int ended = in_child(compact_until_killed, kill);
    CHECK_INT(ended, kill->is_through ? 0 : -1);
    left += file_exists(path_of(folder, "ada.scuttle.new"));
    scuttle_store_config_t config = store_config();
    int code = scuttle_store_open(folder, "ada", &config, &store);
    if (code != SCUTTLE_OK && code != SCUTTLE_TORN) CHECK_SAY("call %d: the start is %d", at, code);
    REQUIRE(code >= 0);
    CHECK(!file_exists(path_of(folder, "ada.scuttle.new")));
    CHECK_INT(count_of(scuttle_store_replica(store)), KEYS);
    for (int i = 0; i < kill->confirmed; i++) {
      char key[16];
      snprintf(key, sizeof key, "k%d", i * 211);
      const char *value = store_value(store, key);
      if (value == NULL || atoi(value + 1) != i * 211 * 1000 + 9) CHECK_SAY("call %d: save %d is lost", at, i + 1);
    }
    CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  }
  printf("  %d calls, %d with an unfinished second file\n", at - 2, left);
  CHECK(kill->is_through);
  CHECK(left > 20);
  text_free(&file);
  folder_remove(folder);
}

CHECK_MAIN
