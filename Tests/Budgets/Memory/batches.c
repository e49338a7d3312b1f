/* Writes that are one step, writes with a condition, watchers, and saves in pieces. */
#include "trying.h"

#include <stdio.h>

static scuttle_write_t write_of(const char *key, const char *json) {
  scuttle_write_t write;
  memset(&write, 0, sizeof write);
  write.key = key, write.key_len = SCUTTLE_NTS;
  write.json = json, write.json_len = SCUTTLE_NTS;
  return write;
}

void write_at_once(scuttle_t *replica) {
  scuttle_write_t writes[5];
  writes[0] = write_of("batch-1", "[ 1, \"a text that is longer than sixteen bytes\" ]");
  writes[1] = write_of("key-1", NULL);
  writes[2] = write_of("batch-2", "2");
  writes[3] = write_of("batch-1", "{\"a\":[1.5,null]}");
  writes[4] = write_of("batch-3", "\"short\"");
  writes[4].ttl_ms = 50;
  TRY(replica, scuttle_set_many(replica, writes, 5));
}

/* --- batches -------------------------------------------------------------------------------------------------------- */

static uint64_t last_update;
static size_t updates;
static int is_batch; /* expiries have the timestamps of the writes that they end */

/* Each update of a batch comes once, in the order of the writes. A call without memory has reported none of them. */
static void count_update(void *context, const scuttle_update_t *update) {
  (void)context;
  if (!is_batch) return;
  if (updates && update->version != last_update + 1) wrong("on_update", "is out of order");
  last_update = update->version;
  updates++;
}

static void expect_updates(const char *call, size_t count) {
  if (updates != count) wrong(call, "has called on_update another number of times");
  updates = 0;
}

void batch(text_t *out) {
  enum { count = 1500, length = 200000 }; /* beyond 1,024 writes room for their table is checked, too */
  scuttle_config_t config = config_make();
  scuttle_write_t *writes = (scuttle_write_t *)calloc(count, sizeof *writes);
  char(*keys)[24] = (char(*)[24])malloc(sizeof *keys * count);
  char *large = (char *)malloc(length + 1);
  scuttle_t *replica = NULL;
  int i;
  memset(large, '7', length);
  large[0] = large[length - 1] = '"';
  large[length] = 0;
  config.on_update = count_update;
  TRY(NULL, scuttle_new("A", &config, &replica));
  updates = 0;
  is_batch = 1;
  write_at_once(replica);
  expect_updates("scuttle_set_many of five", 5);
  for (i = 0; i < count; i++) {
    snprintf(keys[i], sizeof keys[i], "key-%d", i % 1400);
    writes[i] = write_of(keys[i], i % 7 ? "1" : "[ 1 ]");
    if (i % 11 == 0) writes[i].json = NULL;
    if (i % 13 == 0) writes[i].ttl_ms = 1000;
  }
  TRY(replica, scuttle_set_many(replica, writes, count));
  expect_updates("scuttle_set_many of many", count);
  writes[1].json = large, writes[1].json_len = length;
  TRY(replica, scuttle_set_many(replica, writes, 3));
  expect_updates("scuttle_set_many with a large value", 3);
  writes[2].json = "[1";
  TRY_CODE(replica, scuttle_set_many(replica, writes, 4), SCUTTLE_E_JSON);
  expect_updates("scuttle_set_many with an error", 0);
  is_batch = 0;
  TRY(NULL, scuttle_tick(replica, 10));
  TRY(NULL, scuttle_tick(replica, 10000));
  result(out, replica);
  (void)CALL((scuttle_free(replica), 0));
  free(writes), free(keys), free(large);
}

void condition(text_t *out) {
  scuttle_config_t config = config_make();
  scuttle_entry_t entry;
  scuttle_t *replica = NULL;
  int i;
  TRY(NULL, scuttle_new("A", &config, &replica));
  TRY(replica, scuttle_set_if(replica, "k", 1, "[ 1 ]", SCUTTLE_NTS, NULL));
  TRY_CODE(replica, scuttle_set_if(replica, "k", 1, "[ 2, \"another value\" ]", SCUTTLE_NTS, NULL), SCUTTLE_CONFLICT);
  for (i = 0; i < 3; i++) {
    char *before = look(replica), *after;
    TRY(replica, scuttle_get(replica, "k", 1, &entry));
    entry.version++;
    TRY_CODE(replica, scuttle_set_if(replica, "k", 1, "3", 1, &entry), SCUTTLE_CONFLICT);
    after = look(replica);
    if (strcmp(before, after) != 0) wrong("scuttle_set_if", "has changed something in spite of a conflict");
    free(before), free(after);
    entry.version--;
    TRY(replica, scuttle_set_if(replica, "k", 1, i < 2 ? "{ \"a text\" : \"that is longer than sixteen bytes\" }" : NULL, SCUTTLE_NTS, &entry));
  }
  fill(replica, 0, 20);
  result(out, replica);
  (void)CALL((scuttle_free(replica), 0));
}

/* --- watchers and pieces ---------------------------------------------------------------------------------------------- */

static int add_change(void *context, const scuttle_update_t *update) {
  int armed = failing_arm(0);
  text_format((text_t *)context, "%.*s=%.*s ", (int)update->key_len, update->key, (int)update->value_len, update->value);
  failing_arm(armed);
  return 0;
}

/* A watcher that ran out of memory sees the same changes again, from the same cursor. */
static void watch(scuttle_t *replica, scuttle_cursor_t *cursor, text_t *out) {
  scuttle_cursor_t before = *cursor;
  size_t length = out->len;
  int code = CALL(scuttle_changes(replica, "", 0, cursor, add_change, out));
  if (code == SCUTTLE_E_MEMORY) {
    has_seen_code = 1;
    failing_stop();
    if (memcmp(&before, cursor, sizeof before) != 0) wrong("scuttle_changes", "has moved its cursor");
    if (out->data) out->data[out->len = length] = 0;
    code = CALL(scuttle_changes(replica, "", 0, cursor, add_change, out));
  }
  if (code < 0) wrong("scuttle_changes", code_name(code));
  text_str(out, code == SCUTTLE_GAP ? "(gap)\n" : "\n");
}

/* A piece that ran out of memory is begun again, from the same cursor; its lines do not count. */
static void save(scuttle_t *replica, scuttle_cursor_t *cursor, text_t *file) {
  scuttle_cursor_t before = *cursor;
  size_t length = file->len;
  int code = CALL(scuttle_save(replica, cursor, add_line, file));
  if (code == SCUTTLE_E_MEMORY) {
    has_seen_code = 1;
    failing_stop();
    if (memcmp(&before, cursor, sizeof before) != 0) wrong("scuttle_save", "has moved its cursor");
    if (file->data) file->data[file->len = length] = 0;
    code = CALL(scuttle_save(replica, cursor, add_line, file));
  }
  if (code < 0) wrong("scuttle_save", code_name(code));
}

void pieces(text_t *out) {
  scuttle_config_t config = config_make();
  scuttle_cursor_t seen = {0, 0}, saved = {0, 0}, going_on = {0, 0};
  text_t file = {NULL, 0, 0};
  scuttle_t *replica = NULL, *copy = NULL;
  size_t purged;
  int i;
  char key[24];
  TRY(NULL, scuttle_new("A", &config, &replica));
  fill(replica, 0, 60);
  watch(replica, &seen, out);
  save(replica, &saved, &file);
  write_at_once(replica);
  for (i = 2; i < 40; i += 3) {
    snprintf(key, sizeof key, "key-%d", i);
    TRY(replica, scuttle_delete(replica, key, SCUTTLE_NTS));
  }
  watch(replica, &seen, out);
  TRY(NULL, scuttle_purge(replica, &purged)); /* a watcher and a piece name the keys without an entry */
  save(replica, &saved, &file);
  fill(replica, 30, 70);
  watch(replica, &seen, out);
  save(replica, &saved, &file);
  config.seed = 2;
  TRY(NULL, scuttle_new("A", &config, &copy));
  TRY(copy, scuttle_import(copy, file.data, file.len));
  TRY(copy, scuttle_save(copy, &going_on, NULL, NULL));
  write_at_once(copy);
  save(copy, &going_on, &file);
  result(out, copy);
  (void)CALL((scuttle_free(copy), 0));
  TRY(NULL, scuttle_new("A", &config, &copy)); /* from pieces of two incarnations, the last one truncated */
  TRY(copy, scuttle_import(copy, file.data, file.len - 9));
  result(out, copy);
  result(out, replica);
  (void)CALL((scuttle_free(copy), scuttle_free(replica), 0));
  text_free(&file);
}
