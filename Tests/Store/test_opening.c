/* Opening, saving and closing a store; its policy, its lock, and its arguments. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "check.h"
#include "stores.h"

#include <sys/wait.h>
#include <unistd.h>

TEST(a_replica_is_kept_over_a_restart) {
  char *folder = folder_make();
  scuttle_store_t *store = store_open(folder, SCUTTLE_OK);
  REQUIRE(store);
  CHECK_INT(store_set(store, "lamp", "\"on\""), SCUTTLE_OK);
  CHECK_INT(store_set(store, "gone", "1"), SCUTTLE_OK);
  CHECK_INT(scuttle_delete(scuttle_store_replica(store), "gone", SCUTTLE_NTS), SCUTTLE_OK);
  char *vector = clock_text(scuttle_store_replica(store));
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);

  store = store_open(folder, SCUTTLE_OK);
  REQUIRE(store);
  CHECK_STR(store_value(store, "lamp"), "\"on\"");
  CHECK(store_value(store, "gone") == NULL);
  char *again = clock_text(scuttle_store_replica(store));
  CHECK(strstr(again, vector) != NULL);
  CHECK_INT(store_info(store).healed_bytes, 0);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  free(vector);
  free(again);
  folder_remove(folder);
}

TEST(closing_saves) {
  char *folder = folder_make();
  scuttle_store_t *store = store_open(folder, SCUTTLE_OK);
  REQUIRE(store);
  CHECK_INT(set(scuttle_store_replica(store), "lamp", "1"), SCUTTLE_OK);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  store = store_open(folder, SCUTTLE_OK);
  REQUIRE(store);
  CHECK_STR(store_value(store, "lamp"), "1");
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  folder_remove(folder);
}

TEST(many_restarts_keep_all_and_do_not_grow) {
  char *folder = folder_make(), key[16];
  uint64_t bytes = 0;
  for (int i = 1; i <= 40; i++) {
    scuttle_store_t *store = store_open(folder, SCUTTLE_OK);
    REQUIRE(store);
    CHECK_INT(store_count(store), i - 1);
    snprintf(key, sizeof key, "k%d", i);
    char value[16];
    snprintf(value, sizeof value, "%d", i);
    CHECK_INT(store_set(store, key, value), SCUTTLE_OK);
    bytes = store_info(store).file_bytes;
    CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  }
  CHECK(bytes < 40 * 2000);
  folder_remove(folder);
}

TEST(a_save_without_a_change_writes_nothing) {
  char *folder = folder_make();
  scuttle_store_t *store = store_open(folder, SCUTTLE_OK);
  REQUIRE(store);
  CHECK_INT(store_set(store, "lamp", "1"), SCUTTLE_OK);
  scuttle_store_info_t before = store_info(store);
  for (int i = 0; i < 10; i++) CHECK_INT(scuttle_store_save(store), SCUTTLE_OK);
  CHECK_U64(store_info(store).file_bytes, before.file_bytes);
  CHECK_U64(store_info(store).saves, before.saves);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  folder_remove(folder);
}

TEST(a_policy_says_when_the_file_is_synchronised) {
  char *folder = folder_make();
  scuttle_store_config_t config = store_config();
  scuttle_store_t *store = store_open_with(folder, &config, SCUTTLE_OK); /* never */
  REQUIRE(store);
  uint64_t opened = store_info(store).file_bytes;
  CHECK_U64(store_info(store).synced_bytes, opened);
  CHECK_INT(store_set(store, "a", "1"), SCUTTLE_OK);
  CHECK_U64(store_info(store).synced_bytes, opened);
  CHECK_INT(scuttle_store_sync(store), SCUTTLE_OK);
  CHECK_U64(store_info(store).synced_bytes, store_info(store).file_bytes);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);

  config.sync_ms = 0; /* each call */
  store = store_open_with(folder, &config, SCUTTLE_OK);
  REQUIRE(store);
  CHECK_INT(store_set(store, "a", "2"), SCUTTLE_OK);
  CHECK_U64(store_info(store).synced_bytes, store_info(store).file_bytes);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);

  config.sync_ms = 60; /* milliseconds */
  store = store_open_with(folder, &config, SCUTTLE_OK);
  REQUIRE(store);
  for (int i = 0; i < 3 && store_info(store).synced_bytes == store_info(store).file_bytes; i++) {
    CHECK_INT(store_set(store, "a", i & 1 ? "3" : "4"), SCUTTLE_OK); /* at least one of three in a row is within 60 ms */
  }
  CHECK(store_info(store).synced_bytes < store_info(store).file_bytes);
  usleep(70000);
  CHECK_INT(scuttle_store_save(store), SCUTTLE_OK);
  CHECK_U64(store_info(store).synced_bytes, store_info(store).file_bytes);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  folder_remove(folder);
}

/* --- the lock ------------------------------------------------------------------------------------------------------ */

static int open_locked(void *folder) {
  scuttle_store_t *store;
  int code = scuttle_store_open((const char *)folder, "ada", NULL, &store);
  return code == SCUTTLE_STORE_E_LOCKED && store == NULL ? 7 : 8;
}

TEST(a_second_store_is_locked_out) {
  char *folder = folder_make(), message[512], process[32];
  scuttle_store_t *store = store_open(folder, SCUTTLE_OK), *second;
  REQUIRE(store);
  CHECK_INT(in_child(open_locked, folder), 7);
  scuttle_store_config_t config = store_config();
  config.message = message;
  config.message_capacity = sizeof message;
  CHECK_INT(scuttle_store_open(folder, "ada", &config, &second), SCUTTLE_STORE_E_LOCKED);
  CHECK(second == NULL);
  snprintf(process, sizeof process, "process %ld", (long)getpid());
  CHECK(strstr(message, process) != NULL);
  CHECK_INT(store_set(store, "lamp", "1"), SCUTTLE_OK);
  CHECK_INT(scuttle_store_open(folder, "bob", NULL, &second), SCUTTLE_OK); /* another name */
  CHECK_INT(scuttle_store_close(second), SCUTTLE_OK);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  store = store_open(folder, SCUTTLE_OK);
  REQUIRE(store);
  CHECK_STR(store_value(store, "lamp"), "1");
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  folder_remove(folder);
}

static int use_inherited(void *context) {
  scuttle_store_t *store = (scuttle_store_t *)context;
  scuttle_store_info_t info = {sizeof info, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  int good = scuttle_store_save(store) == SCUTTLE_E_FORKED && scuttle_store_sync(store) == SCUTTLE_E_FORKED &&
             scuttle_store_compact(store) == SCUTTLE_E_FORKED && scuttle_store_info(store, &info) == SCUTTLE_E_FORKED &&
             scuttle_store_close(store) == SCUTTLE_E_FORKED;
  return good ? 7 : 8;
}

TEST(a_child_of_a_fork_leaves_the_store_alone) {
  char *folder = folder_make();
  scuttle_store_t *store = store_open(folder, SCUTTLE_OK);
  REQUIRE(store);
  CHECK_INT(store_set(store, "lamp", "1"), SCUTTLE_OK);
  text_t before = file_text(path_of(folder, "ada.scuttle"));
  CHECK_INT(in_child(use_inherited, store), 7);
  text_t after = file_text(path_of(folder, "ada.scuttle"));
  CHECK_BYTES(after.data, after.len, before.data, before.len);
  CHECK_INT(in_child(open_locked, folder), 7); /* still locked */
  CHECK_INT(store_set(store, "lamp", "2"), SCUTTLE_OK);
  text_free(&before);
  text_free(&after);

  int ends[2]; /* a child that outlives the store does not keep the lock */
  REQUIRE(pipe(ends) == 0);
  pid_t pid = fork();
  if (pid == 0) {
    char byte;
    close(ends[1]);
    _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
  }
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  store = store_open(folder, SCUTTLE_OK);
  CHECK(store != NULL);
  close(ends[0]);
  close(ends[1]);
  waitpid(pid, NULL, 0);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  folder_remove(folder);
}

/* --- callbacks and arguments ------------------------------------------------------------------------------------- */

static scuttle_store_t *busy_store;
static int busy_codes[4];

static void save_in_a_callback(void *context, const scuttle_update_t *update) {
  (void)context;
  (void)update;
  if (busy_store == NULL) return;
  busy_codes[0] = scuttle_store_save(busy_store);
  busy_codes[1] = scuttle_store_sync(busy_store);
  busy_codes[2] = scuttle_store_compact(busy_store);
  busy_codes[3] = scuttle_store_close(busy_store);
}

TEST(a_call_in_a_callback_is_busy) {
  char *folder = folder_make();
  scuttle_config_t replica = config_make();
  scuttle_store_config_t config = store_config();
  config.replica = &replica;
  replica.on_update = save_in_a_callback;
  replica.seed = 0;
  busy_store = NULL;
  scuttle_store_t *store = store_open_with(folder, &config, SCUTTLE_OK);
  REQUIRE(store);
  busy_store = store;
  CHECK_INT(store_set(store, "lamp", "1"), SCUTTLE_OK);
  for (int i = 0; i < 4; i++) CHECK_CODE(busy_codes[i], SCUTTLE_E_BUSY);
  busy_store = NULL;
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  store = store_open(folder, SCUTTLE_OK);
  REQUIRE(store);
  CHECK_STR(store_value(store, "lamp"), "1");
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  folder_remove(folder);
}

TEST(arguments_are_checked) {
  char *folder = folder_make();
  scuttle_store_t *store;
  scuttle_store_config_t config = store_config();
  CHECK_CODE(scuttle_store_open(NULL, "ada", NULL, &store), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_store_open(folder, NULL, NULL, &store), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_store_open(folder, "ada", NULL, NULL), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_store_open(folder, "", NULL, &store), SCUTTLE_E_ID);
  CHECK_CODE(scuttle_store_open(folder, "ada~AAAAAAAA", NULL, &store), SCUTTLE_E_ID);
  CHECK_CODE(scuttle_store_open(folder, "\xff", NULL, &store), SCUTTLE_E_UTF8);
  config.struct_size = 4;
  CHECK_CODE(scuttle_store_open(folder, "ada", &config, &store), SCUTTLE_E_STRUCT_SIZE);
  config = store_config();
  config.flags = 2;
  CHECK_CODE(scuttle_store_open(folder, "ada", &config, &store), SCUTTLE_E_ARGUMENT);
  struct {
    scuttle_store_config_t known;
    uint64_t later;
  } large = {store_config(), 1};
  large.known.struct_size = sizeof large;
  CHECK_CODE(scuttle_store_open(folder, "ada", &large.known, &store), SCUTTLE_E_STRUCT_SIZE);
  scuttle_config_t replica = config_make();
  config = store_config();
  config.replica = &replica;
  replica.state = "";
  CHECK_CODE(scuttle_store_open(folder, "ada", &config, &store), SCUTTLE_E_ARGUMENT);
  replica = config_make();
  replica.struct_size = 8;
  CHECK_CODE(scuttle_store_open(folder, "ada", &config, &store), SCUTTLE_E_STRUCT_SIZE);
  CHECK(!file_exists(path_of(folder, "ada.scuttle"))); /* none of them has made a file */

  large.later = 0;
  CHECK_CODE(scuttle_store_open(folder, "ada", &large.known, &store), SCUTTLE_OK);
  CHECK_CODE(scuttle_store_save(NULL), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_store_info(store, NULL), SCUTTLE_E_ARGUMENT);
  scuttle_store_info_t info = {4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  CHECK_CODE(scuttle_store_info(store, &info), SCUTTLE_E_STRUCT_SIZE);
  CHECK_CODE(scuttle_store_close(NULL), SCUTTLE_OK);
  CHECK(scuttle_store_replica(NULL) == NULL);
  CHECK_STR(scuttle_store_strerror(SCUTTLE_STORE_E_LOCKED), "another store has the file open");
  CHECK_STR(scuttle_store_strerror(SCUTTLE_E_KEY), scuttle_strerror(SCUTTLE_E_KEY));
  CHECK_CODE(scuttle_store_close(store), SCUTTLE_OK);
  folder_remove(folder);
}

TEST(a_small_configuration_of_the_replica_is_enough) {
  char *folder = folder_make();
  scuttle_config_t replica = config_make();
  scuttle_store_config_t config = store_config();
  config.replica = &replica;
  replica.struct_size = offsetof(scuttle_config_t, cluster);
  replica.max_history = 3;
  replica.seed = 0;
  scuttle_store_t *store = store_open_with(folder, &config, SCUTTLE_OK);
  REQUIRE(store);
  CHECK_INT(store_set(store, "lamp", "1"), SCUTTLE_OK);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  store = store_open_with(folder, &config, SCUTTLE_OK);
  REQUIRE(store);
  CHECK_STR(store_value(store, "lamp"), "1");
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  folder_remove(folder);
}

CHECK_MAIN
