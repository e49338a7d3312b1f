/* Reading many keys in one call. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "support.h"

typedef struct {
  scuttle_t *replica;
  text_t text;
  size_t calls, stop_after; /* 0: never */
} seen_t;

static int see(void *context, size_t index, const scuttle_entry_t *entry) {
  seen_t *seen = (seen_t *)context;
  text_format(&seen->text, "%zu=", index);
  if (entry) {
    CHECK_U64(strlen(entry->value), entry->value_len); /* NUL-terminated, as from scuttle_get */
    text_format(&seen->text, "%s@%s/%" PRIu64, entry->value, entry->source, entry->version);
  }
  text_str(&seen->text, ";");
  return ++seen->calls == seen->stop_after;
}

static scuttle_key_t key_of(const char *text) {
  scuttle_key_t key;
  key.key = text;
  key.key_len = SCUTTLE_NTS;
  return key;
}

/* Reads keys, and checks the code and what was visited. */
static void check_many(scuttle_t *r, const char *const *texts, size_t count, size_t stop_after, int code, const char *expected) {
  scuttle_key_t keys[40];
  seen_t seen = {NULL, {NULL, 0, 0}, 0, 0};
  size_t i;
  for (i = 0; i < count; i++) keys[i] = key_of(texts[i]);
  seen.stop_after = stop_after;
  text_add(&seen.text, "", 0);
  CHECK_CODE(scuttle_get_many(r, keys, count, see, &seen), code);
  CHECK_STR(seen.text.data, expected);
  text_free(&seen.text);
}

static scuttle_t *replica_with_three(void) {
  scuttle_config_t config = config_exact();
  scuttle_t *r;
  CHECK_CODE(scuttle_new("A", &config, &r), SCUTTLE_OK);
  set(r, "a", "1");
  set(r, "b", "\"two\"");
  set(r, "dead", "0");
  CHECK_CODE(scuttle_delete(r, "dead", 4), SCUTTLE_OK);
  return r;
}

TEST(entries_in_the_order_of_the_keys) {
  const char *const keys[] = {"b", "none", "a", "dead", "b"};
  scuttle_t *r = replica_with_three();
  check_many(r, keys, 5, 0, SCUTTLE_OK, "0=\"two\"@A/2;1=;2=1@A/1;3=;4=\"two\"@A/2;");
  scuttle_free(r);
}

TEST(a_visit_ends_the_call) {
  const char *const keys[] = {"b", "none", "a", ""}; /* the invalid key is behind the end, and is not reported */
  scuttle_t *r = replica_with_three();
  check_many(r, keys, 4, 1, SCUTTLE_OK, "0=\"two\"@A/2;");
  check_many(r, keys, 4, 2, SCUTTLE_OK, "0=\"two\"@A/2;1=;");
  check_many(r, keys, 4, 3, SCUTTLE_OK, "0=\"two\"@A/2;1=;2=1@A/1;");
  scuttle_free(r);
}

TEST(the_keys_before_an_invalid_key_are_visited) {
  const char *const empty[] = {"a", "b", "", "a"}, *const broken[] = {"a", "\xff", "b"}, *const first[] = {"", "a"};
  scuttle_key_t keys[2];
  seen_t seen = {NULL, {NULL, 0, 0}, 0, 0};
  scuttle_t *r = replica_with_three();
  check_many(r, empty, 4, 0, SCUTTLE_E_KEY, "0=1@A/1;1=\"two\"@A/2;");
  check_many(r, broken, 3, 0, SCUTTLE_E_UTF8, "0=1@A/1;");
  check_many(r, first, 2, 0, SCUTTLE_E_KEY, "");
  keys[0] = key_of("a");
  keys[1].key = "n\0l";
  keys[1].key_len = 3;
  CHECK_CODE(scuttle_get_many(r, keys, 2, see, &seen), SCUTTLE_E_NUL);
  CHECK_U64(seen.calls, 1);
  keys[1].key_len = SIZE_MAX / 2;
  CHECK_CODE(scuttle_get_many(r, keys, 2, see, &seen), SCUTTLE_E_KEY_SIZE);
  CHECK_U64(seen.calls, 2);
  keys[1].key_len = SIZE_MAX - 1;
  CHECK_CODE(scuttle_get_many(r, keys, 2, see, &seen), SCUTTLE_E_ARGUMENT);
  CHECK_U64(seen.calls, 3);
  keys[1].key = NULL;
  keys[1].key_len = 1;
  CHECK_CODE(scuttle_get_many(r, keys, 2, see, &seen), SCUTTLE_E_ARGUMENT);
  CHECK_U64(seen.calls, 4);
  text_free(&seen.text);
  scuttle_free(r);
}

TEST(arguments) {
  scuttle_key_t key = key_of("a");
  seen_t seen = {NULL, {NULL, 0, 0}, 0, 0};
  scuttle_t *r = replica_with_three();
  CHECK_CODE(scuttle_get_many(NULL, &key, 1, see, &seen), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_get_many(r, NULL, 1, see, &seen), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_get_many(r, &key, 1, NULL, &seen), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_get_many(r, NULL, 0, NULL, NULL), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_get_many(r, &key, SIZE_MAX, see, &seen), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_get_many(r, NULL, 0, see, &seen), SCUTTLE_OK);
  CHECK_CODE(scuttle_get_many(r, &key, 0, see, &seen), SCUTTLE_OK);
  CHECK_U64(seen.calls, 0);
  scuttle_free(r);
}

/* Reads and tries to write inside of a visit. */
static int call_inside(void *context, size_t index, const scuttle_entry_t *entry) {
  seen_t *seen = (seen_t *)context;
  scuttle_key_t key = key_of("a");
  seen_t inner = {NULL, {NULL, 0, 0}, 0, 0};
  scuttle_entry_t other;
  CHECK(entry != NULL);
  CHECK_CODE(scuttle_get(seen->replica, "a", 1, &other), SCUTTLE_OK);
  CHECK_CODE(scuttle_get_many(seen->replica, &key, 1, see, &inner), SCUTTLE_OK);
  CHECK_U64(inner.calls, 1);
  CHECK_STR(inner.text.data, "0=1@A/1;");
  CHECK_CODE(scuttle_set(seen->replica, "a", 1, "9", 1), SCUTTLE_E_BUSY);
  CHECK_CODE(scuttle_delete(seen->replica, "b", 1), SCUTTLE_E_BUSY);
  CHECK_STR(entry->value, index == 0 ? "\"two\"" : "1"); /* calls inside of the visit leave it as it was */
  text_free(&inner.text);
  seen->calls++;
  return 0;
}

TEST(calls_inside_of_a_visit) {
  scuttle_key_t keys[2];
  seen_t seen = {NULL, {NULL, 0, 0}, 0, 0};
  seen.replica = replica_with_three();
  keys[0] = key_of("b");
  keys[1] = key_of("a");
  CHECK_CODE(scuttle_get_many(seen.replica, keys, 2, call_inside, &seen), SCUTTLE_OK);
  CHECK_U64(seen.calls, 2);
  CHECK_CODE(scuttle_set(seen.replica, "a", 1, "9", 1), SCUTTLE_OK); /* the lock is free again */
  scuttle_free(seen.replica);
}

enum { MANY = 5000, WANTED = 1000 };

typedef struct {
  scuttle_t *replica;
  const scuttle_key_t *keys;
  size_t calls, found;
} compared_t;

/* Compares with scuttle_get_copy. */
static int compare(void *context, size_t index, const scuttle_entry_t *entry) {
  compared_t *compared = (compared_t *)context;
  char buffer[256];
  size_t needed;
  scuttle_entry_t one;
  const scuttle_key_t *key = &compared->keys[index];
  int code = scuttle_get_copy(compared->replica, key->key, key->key_len, buffer, sizeof buffer, &needed, &one);
  CHECK_U64(index, compared->calls++);
  CHECK_CODE(code, entry ? SCUTTLE_OK : SCUTTLE_NOT_FOUND);
  if (!entry) return 0;
  compared->found++;
  CHECK_BYTES(entry->value, entry->value_len, one.value, one.value_len);
  CHECK_BYTES(entry->source, entry->source_len, one.source, one.source_len);
  CHECK_U64(entry->version, one.version);
  return 0;
}

/* Keys of 1 to 23 characters, values of 1 to 200, a third of the keys deleted or absent; in calls of 0 to 50 keys. */
TEST(the_same_as_one_by_one) {
  static char texts[WANTED][32];
  static scuttle_key_t keys[WANTED];
  uint64_t seed = 20261130;
  char key[32], value[256];
  size_t i, at, count, found = 0;
  scuttle_t *r = replica_make("local");
  printf("  seed %" PRIu64 "\n", seed);
  for (i = 0; i < MANY; i++) {
    size_t len = random_below(&seed, 200);
    sprintf(key, "%.*s%zu", (int)random_below(&seed, 3) * 10, "a-key-that-is-longer", random_below(&seed, 400));
    value[0] = '"';
    memset(value + 1, 'v', len);
    strcpy(value + 1 + len, "\"");
    set(r, key, value);
    if (i % 3 == 0) CHECK_CODE(scuttle_delete(r, key, SCUTTLE_NTS), SCUTTLE_OK);
  }
  for (i = 0; i < WANTED; i++) {
    sprintf(texts[i], "%.*s%zu", (int)random_below(&seed, 3) * 10, "a-key-that-is-longer", random_below(&seed, 400));
    keys[i].key = texts[i];
    keys[i].key_len = i % 2 ? strlen(texts[i]) : SCUTTLE_NTS;
  }
  for (at = 0; at < WANTED; at += count) {
    compared_t compared = {NULL, NULL, 0, 0};
    count = random_below(&seed, 51);
    if (count > WANTED - at) count = WANTED - at;
    compared.replica = r;
    compared.keys = keys + at;
    CHECK_CODE(scuttle_get_many(r, keys + at, count, compare, &compared), SCUTTLE_OK);
    CHECK_U64(compared.calls, count);
    found += compared.found;
  }
  CHECK(found > WANTED / 3 && found < WANTED);
  scuttle_free(r);
}

/* The keys of a host may end at a wall: nothing behind them is read. */
TEST(keys_at_the_end_of_memory) {
  static const size_t lengths[] = {1, 7, 8, 9, 15, 16, 17, 31, 33};
  scuttle_t *r = replica_make("local");
  size_t i;
  for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    char text[40];
    guarded_t memory;
    scuttle_key_t key;
    scuttle_entry_t entry;
    seen_t seen = {NULL, {NULL, 0, 0}, 0, 0};
    memset(text, 'k', sizeof text);
    memory = guarded_copy(text, lengths[i]);
    CHECK_CODE(scuttle_set(r, memory.data, lengths[i], "1", 1), SCUTTLE_OK);
    key.key = memory.data;
    key.key_len = lengths[i];
    CHECK_CODE(scuttle_get_many(r, &key, 1, see, &seen), SCUTTLE_OK);
    CHECK_U64(seen.calls, 1);
    CHECK_CODE(scuttle_get(r, memory.data, lengths[i], &entry), SCUTTLE_OK);
    text_free(&seen.text);
    guarded_free(&memory);
  }
  scuttle_free(r);
}

/* Each position of a NUL and of a byte beyond ASCII in keys of the lengths that are checked word by word. */
TEST(bad_bytes_anywhere) {
  scuttle_t *r = replica_make("local");
  size_t len, at;
  for (len = 1; len <= 18; len++) {
    for (at = 0; at < len; at++) {
      char text[20];
      scuttle_entry_t entry;
      memset(text, '\x7f', sizeof text);
      CHECK_CODE(scuttle_get(r, text, len, &entry), SCUTTLE_NOT_FOUND);
      text[at] = '\0';
      CHECK_CODE(scuttle_get(r, text, len, &entry), SCUTTLE_E_NUL);
      text[at] = '\x80';
      CHECK_CODE(scuttle_get(r, text, len, &entry), SCUTTLE_E_UTF8);
      text[at] = '\x01';
      CHECK_CODE(scuttle_get(r, text, len, &entry), SCUTTLE_NOT_FOUND);
    }
  }
  scuttle_free(r);
}

CHECK_MAIN
