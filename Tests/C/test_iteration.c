/* Visiting entries and the vector. */
#include "check.h"
#include "support.h"

static int add_key(void *context, const scuttle_update_t *update) {
  text_add((text_t *)context, update->key, update->key_len);
  text_str((text_t *)context, ";");
  return 0;
}

static void check_keys(scuttle_t *r, const char *prefix, const char *expected) {
  text_t text = {NULL, 0, 0};
  text_add(&text, "", 0);
  CHECK_CODE(scuttle_state(r, prefix, SCUTTLE_NTS, add_key, &text), SCUTTLE_OK);
  CHECK_STR(text.data, expected);
  text_free(&text);
}

TEST(keys_in_byte_order) {
  const char *keys[] = {"b", "a", "ab", "a/b", "A", "\xc3\xa9", "~", "a ", "a\x01", "\xf0\x9f\x90\x99", "\xef\xbf\xbd", "aa", "_"};
  scuttle_t *r = replica_make("local");
  size_t i;
  for (i = 0; i < sizeof keys / sizeof *keys; i++) set(r, keys[i], "1");
  check_keys(r, "", "A;_;a;a\x01;a ;a/b;aa;ab;b;~;\xc3\xa9;\xef\xbf\xbd;\xf0\x9f\x90\x99;");
  check_keys(r, "a", "a;a\x01;a ;a/b;aa;ab;");
  check_keys(r, "aa", "aa;");
  check_keys(r, "aaa", "");
  check_keys(r, "\xf0\x9f\x90\x99", "\xf0\x9f\x90\x99;");
  check_keys(r, "zz", "");
  scuttle_free(r);
}

TEST(prefix_forms) {
  text_t text = {NULL, 0, 0};
  scuttle_t *r = replica_make("local");
  set(r, "a", "1");
  set(r, "b", "1");
  CHECK_CODE(scuttle_state(r, NULL, 0, add_key, &text), SCUTTLE_OK);
  CHECK_CODE(scuttle_state(r, "", 0, add_key, &text), SCUTTLE_OK);
  CHECK_CODE(scuttle_state(r, "bogus", 1, add_key, &text), SCUTTLE_OK);
  CHECK_CODE(scuttle_state(r, "b", SCUTTLE_NTS, add_key, &text), SCUTTLE_OK);
  CHECK_STR(text.data, "a;b;a;b;b;b;");
  text_free(&text);
  scuttle_free(r);
}

TEST(a_prefix_is_bytes) {
  /* Half of a character is a prefix of bytes, although not text: either rejected as such, or read as bytes. */
  text_t text = {NULL, 0, 0};
  scuttle_t *r = replica_make("local");
  int code;
  set(r, "\xc3\xa9", "1");
  text_add(&text, "", 0);
  code = scuttle_state(r, "\xc3", 1, add_key, &text);
  CHECK(code == SCUTTLE_E_UTF8 || code == SCUTTLE_OK);
  if (code == SCUTTLE_OK) CHECK_STR(text.data, "\xc3\xa9;");
  text_free(&text);
  scuttle_free(r);
}

static int check_fields(void *context, const scuttle_update_t *update) {
  int *calls = (int *)context;
  ++*calls;
  CHECK_BYTES(update->key, update->key_len, "k", 1);
  CHECK_U64(update->reserved, 0);
  if (*calls == 1) {
    CHECK_BYTES(update->value, update->value_len, "[1]", 3);
    CHECK_BYTES(update->source, update->source_len, "local", 5);
    CHECK_U64(update->version, 1);
    CHECK_INT(update->flags, SCUTTLE_UPDATE_LOCAL);
  } else {
    CHECK_BYTES(update->value, update->value_len, "\"x\"", 3);
    CHECK_BYTES(update->source, update->source_len, "A", 1);
    CHECK_U64(update->version, 9);
    CHECK_INT(update->flags, 0);
  }
  return 0;
}

TEST(fields_of_an_entry) {
  scuttle_t *r = replica_exact("local");
  int calls = 0;
  set(r, "k", "[ 1 ]");
  CHECK_CODE(scuttle_state(r, NULL, 0, check_fields, &calls), SCUTTLE_OK);
  scuttle_delete(r, "k", 1);
  CHECK_CODE(scuttle_state(r, NULL, 0, check_fields, &calls), SCUTTLE_OK); /* nothing: deleted */
  CHECK_INT(calls, 1);
  feed_update(link_make(r), "k", "\"x\"", "A", 9);
  CHECK_CODE(scuttle_state(r, NULL, 0, check_fields, &calls), SCUTTLE_OK);
  CHECK_INT(calls, 2);
  scuttle_free(r);
}

static int stop_third(void *context, const scuttle_update_t *update) {
  (void)update;
  return ++*(int *)context == 3 ? -5 : 0;
}

TEST(a_visitor_can_stop) {
  scuttle_t *r = replica_exact("local");
  int calls = 0, i;
  for (i = 0; i < 10; i++) {
    char key[2] = {(char)('a' + i), 0};
    set(r, key, "1");
  }
  CHECK_CODE(scuttle_state(r, NULL, 0, stop_third, &calls), SCUTTLE_OK);
  CHECK_INT(calls, 3);
  calls = 0;
  CHECK_CODE(scuttle_news(r, "local", 5, 0, stop_third, &calls), SCUTTLE_OK);
  CHECK_INT(calls, 3);
  scuttle_free(r);
}

static int stop_clock(void *context, const char *source, size_t source_len, uint64_t version) {
  (void)source;
  (void)source_len;
  (void)version;
  return ++*(int *)context == 2;
}

TEST(vector_in_byte_order_of_sources) {
  scuttle_t *r = replica_exact("m");
  scuttle_link_t *link = link_make(r);
  char *text;
  int calls = 0;
  feed_update(link, "1", "1", "z", 3);
  feed_update(link, "2", "1", "\xc3\xa9", 4);
  feed_update(link, "3", "1", "a", 5);
  feed_update(link, "4", "1", "ab", 2);
  feed_update(link, "5", "1", "B", 1);
  set(r, "6", "1");
  text = clock_text(r);
  CHECK_STR(text, "B 1\na 5\nab 2\nm 6\nz 3\n\xc3\xa9 4\n");
  free(text);
  CHECK_CODE(scuttle_clock(r, stop_clock, &calls), SCUTTLE_OK);
  CHECK_INT(calls, 2);
  scuttle_free(r);
}

/* A model: the keys 0…N-1 in the order of their spelling, and their values. */
enum { N = 1500 };
typedef struct {
  char key[24];
  int value;   /* -1: deleted or never written */
} model_t;

static model_t model[N];
static size_t walk_at;
static const char *walk_prefix;

static int walk(void *context, const scuttle_update_t *update) {
  size_t prefix_len = strlen(walk_prefix);
  char value[24];
  (void)context;
  while (walk_at < N && (model[walk_at].value == -1 || strncmp(model[walk_at].key, walk_prefix, prefix_len) != 0)) walk_at++;
  if (walk_at == N) {
    CHECK_SAY("visited too much: %.*s", (int)update->key_len, update->key);
    return 1;
  }
  if (update->key_len != strlen(model[walk_at].key) || memcmp(update->key, model[walk_at].key, update->key_len) != 0) {
    CHECK_SAY("visited %.*s instead of %s", (int)update->key_len, update->key, model[walk_at].key);
    return 1;
  }
  snprintf(value, sizeof value, "%d", model[walk_at].value);
  CHECK_BYTES(update->value, update->value_len, value, strlen(value));
  CHECK_INT(update->flags, SCUTTLE_UPDATE_LOCAL);
  walk_at++;
  return 0;
}

static int by_key(const void *a, const void *b) { return strcmp(((const model_t *)a)->key, ((const model_t *)b)->key); }

TEST(writes_between_visits) {
  uint64_t seed;
  for (seed = 1; seed <= 6; seed++) {
    uint64_t random = seed;
    scuttle_t *r = replica_make("local");
    size_t i, round;
    for (i = 0; i < N; i++) {
      snprintf(model[i].key, sizeof model[i].key, "%x", (unsigned)(i * 2654435761u) >> (seed % 3 * 8));
      snprintf(model[i].key + strlen(model[i].key), 6, ".%x", (unsigned)i);
      model[i].value = -1;
    }
    qsort(model, N, sizeof *model, by_key);
    for (round = 0; round < 60 && check_failures == 0; round++) {
      size_t writes = random_below(&random, round % 10 == 0 ? 300 : 20);
      size_t expected = 0, count = 0;
      char prefix[3] = "";
      for (i = 0; i < writes; i++) {
        model_t *m = &model[random_below(&random, N)];
        char value[24];
        if (random_below(&random, 4) == 0) {
          CHECK_CODE(scuttle_delete(r, m->key, SCUTTLE_NTS), SCUTTLE_OK);
          m->value = -1;
        } else {
          m->value = (int)random_below(&random, 100000);
          snprintf(value, sizeof value, "%d", m->value);
          CHECK_CODE(set(r, m->key, value), SCUTTLE_OK);
        }
      }
      if (round % 3) snprintf(prefix, sizeof prefix, "%x", (unsigned)random_below(&random, round % 3 == 1 ? 16 : 256));
      walk_prefix = prefix;
      walk_at = 0;
      CHECK_CODE(scuttle_state(r, prefix, SCUTTLE_NTS, walk, NULL), SCUTTLE_OK);
      for (; walk_at < N; walk_at++)
        if (model[walk_at].value != -1 && strncmp(model[walk_at].key, prefix, strlen(prefix)) == 0)
          CHECK_SAY("seed %d, round %zu: %s was not visited", (int)seed, round, model[walk_at].key);
      for (i = 0; i < N; i++) expected += model[i].value >= 0;
      scuttle_count(r, &count);
      CHECK_INT(count, expected);
    }
    scuttle_free(r);
  }
}

CHECK_MAIN
