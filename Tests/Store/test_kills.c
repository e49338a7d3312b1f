/* A process that ends at each of its calls of the system: in the middle of a save, and at each step of a compaction. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "check.h"
#include "faults.h"
#include "stores.h"

#include <sys/mman.h>

typedef struct {
  char folder[512];
  int at;             /* the call at which the process ends */
  int confirmed;      /* saves that have returned */
  int compactions;    /* of the process, when it had them */
  int is_through;     /* the process has come to its end */
} round_t;

enum { SAVES = 40 };

/* Saves k1, k2, …, and overwrites a long value meanwhile, so that the file is compacted often. */
static int write_until_killed(void *context) {
  round_t *round = (round_t *)context;
  scuttle_store_config_t config = store_config();
  scuttle_store_t *store;
  char key[16], value[700];
  config.sync_ms = 0;
  config.compact_bytes = 2000;
  fault_set(FAULT_KILL, NULL, round->at, 0, 0);
  if (scuttle_store_open(round->folder, "ada", &config, &store) < 0) return 1;
  for (int i = 1; i <= SAVES; i++) {
    snprintf(value, sizeof value, "\"%0600d\"", i);
    if (set(scuttle_store_replica(store), "big", value) < 0) return 2;
    snprintf(key, sizeof key, "k%d", i);
    snprintf(value, sizeof value, "%d", i);
    if (set(scuttle_store_replica(store), key, value) < 0 || scuttle_store_save(store) < 0) return 3;
    round->confirmed = i;
    round->compactions = (int)store_info(store).compactions;
  }
  if (scuttle_store_close(store) < 0) return 4;
  round->is_through = 1;
  return 0;
}

/* Returns how many of k1, k2, … there are, without gaps; "big" has the number of the last one. */
static int kept(scuttle_store_t *store) {
  const char *big = store_value(store, "big");
  int last = big != NULL ? atoi(big + 1) : 0;
  if (big != NULL && scuttle_delete(scuttle_store_replica(store), "big", SCUTTLE_NTS) < 0) return -1;
  return store_count(store) == last ? last : -1;
}

TEST(a_process_that_ends_at_any_call_loses_no_confirmed_save) {
  round_t *round = (round_t *)mmap(NULL, sizeof *round, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(round != MAP_FAILED);
  int healed = 0, compactions = 0, at;
  for (at = 1; at < 1000 && !round->is_through; at++) {
    char *folder = folder_make();
    memset(round, 0, sizeof *round);
    snprintf(round->folder, sizeof round->folder, "%s", folder);
    round->at = at;
    int ended = in_child(write_until_killed, round);
    CHECK_INT(ended, round->is_through ? 0 : -1);
    if (round->compactions > compactions) compactions = round->compactions;
    scuttle_store_config_t config = store_config();
    scuttle_store_t *store;
    int code = scuttle_store_open(folder, "ada", &config, &store);
    if (code != SCUTTLE_OK && code != SCUTTLE_TORN) CHECK_SAY("call %d: the start is %d", at, code);
    REQUIRE(code >= 0);
    healed += code == SCUTTLE_TORN;
    CHECK(!file_exists(path_of(folder, "ada.scuttle.new")));
    int count = kept(store);
    if (count < round->confirmed || count > round->confirmed + 1)
      CHECK_SAY("call %d: %d saves are there, %d were confirmed", at, count, round->confirmed);
    CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
    folder_remove(folder);
  }
  printf("  %d calls, %d truncated ends, %d compactions\n", at - 2, healed, compactions);
  CHECK(round->is_through);
  CHECK(healed > 20);
  CHECK(compactions > 5);
}

CHECK_MAIN
