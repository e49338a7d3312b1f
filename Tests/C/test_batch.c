/* scuttle_set_many: all writes or none; and scuttle_set_if. */
#include "check.h"
#include "support.h"

static scuttle_write_t write_of(const char *key, const char *json) {
  scuttle_write_t write;
  memset(&write, 0, sizeof write);
  write.key = key;
  write.key_len = SCUTTLE_NTS;
  write.json = json;
  write.json_len = SCUTTLE_NTS;
  return write;
}

typedef struct {
  text_t text;
  scuttle_t *replica;
} seen_t;

static void see(void *context, const scuttle_update_t *update) {
  seen_t *seen = (seen_t *)context;
  scuttle_write_t write = write_of("x", "1");
  size_t count = 0;
  text_format(&seen->text, "%.*s=%.*s@%d", (int)update->key_len, update->key, (int)update->value_len, update->value, (int)update->version);
  if (seen->replica) {
    CHECK_CODE(scuttle_count(seen->replica, &count), SCUTTLE_OK);
    text_format(&seen->text, "/%d", (int)count);
    CHECK_CODE(scuttle_set_many(seen->replica, &write, 1), SCUTTLE_E_BUSY);
    CHECK_CODE(scuttle_set_if(seen->replica, "x", 1, "1", 1, NULL), SCUTTLE_E_BUSY);
  }
  text_str(&seen->text, " ");
}

static scuttle_t *seen_replica(seen_t *seen) {
  scuttle_config_t config = config_exact();
  memset(seen, 0, sizeof *seen);
  config.context = seen;
  config.on_update = see;
  return seen->replica = replica_with("local", &config);
}

TEST(all_in_order) {
  seen_t seen;
  scuttle_t *r = seen_replica(&seen);
  scuttle_write_t writes[5];
  set(r, "b", "0");
  writes[0] = write_of("a", " [ 1 ] "), writes[1] = write_of("b", NULL), writes[2] = write_of("a", "2"), writes[3] = write_of("c", "\"c\""),
  writes[4] = write_of("absent", NULL);
  text_free(&seen.text);
  CHECK_CODE(scuttle_set_many(r, writes, 5), SCUTTLE_OK);
  CHECK_STR(seen.text.data, "a=[1]@2/2 b=null@3/1 a=2@4/1 c=\"c\"@5/2 absent=null@6/2 ");
  CHECK_STR(value_of(r, "a"), "2");
  CHECK_STR(value_of(r, "c"), "\"c\"");
  CHECK_INT(count_of(r), 2);
  CHECK_U64(version_of(r), 6);
  text_free(&seen.text);
  scuttle_free(r);
}

TEST(nothing_to_do) {
  scuttle_t *r = replica_make("local");
  char *before = snapshot(r), *after;
  scuttle_write_t write = write_of("k", "1");
  CHECK_CODE(scuttle_set_many(r, NULL, 0), SCUTTLE_OK);
  CHECK_CODE(scuttle_set_many(r, &write, 0), SCUTTLE_OK);
  after = snapshot(r);
  CHECK_STR(after, before);
  free(before);
  free(after);
  scuttle_free(r);
}

TEST(one_error_and_none_is_made) {
  scuttle_config_t config = config_exact();
  scuttle_t *r;
  char *before, *after, *large = (char *)malloc(300);
  size_t place, i;
  struct {
    scuttle_write_t write;
    int code;
  } bad[] = {
      {write_of("", "1"), SCUTTLE_E_KEY},
      {write_of(NULL, "1"), SCUTTLE_E_ARGUMENT},
      {write_of("\xff", "1"), SCUTTLE_E_UTF8},
      {write_of("k", "nonsense"), SCUTTLE_E_JSON},
      {write_of("k", "{\"a\":1,\"a\":2}"), SCUTTLE_E_DUPLICATE},
      {write_of("k", "1e999"), SCUTTLE_E_NUMBER},
      {write_of("k", "[[[[[1]]]]]"), SCUTTLE_E_DEPTH},
      {write_of("k", large), SCUTTLE_E_VALUE_SIZE},
      {write_of(large, "1"), SCUTTLE_E_KEY_SIZE},
      {write_of("k", "1"), SCUTTLE_E_ARGUMENT},
      {write_of("k", "1"), SCUTTLE_E_ARGUMENT},
  };
  memset(large, '1', 299);
  large[299] = 0;
  bad[9].write.json_len = (size_t)PTRDIFF_MAX + 1;
  bad[10].write.ttl_ms = SCUTTLE_TTL_RENEW;
  config.max_depth = 4;
  config.max_value_bytes = config.max_key_bytes = 200;
  r = replica_with("local", &config);
  set(r, "there", "1");
  before = snapshot(r);
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    for (place = 0; place < 3; place++) {
      scuttle_write_t writes[3];
      writes[0] = write_of("a", "1"), writes[1] = write_of("there", "2"), writes[2] = write_of("there", NULL);
      writes[place] = bad[i].write;
      if (scuttle_set_many(r, writes, 3) != bad[i].code) CHECK_SAY("write %zu at %zu: %s", i, place, scuttle_errmsg(r));
      after = snapshot(r);
      CHECK_STR(after, before);
      free(after);
    }
  }
  CHECK_CODE(scuttle_set_many(r, NULL, 1), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_set_many(NULL, NULL, 0), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_set_many(r, &bad[0].write, SIZE_MAX), SCUTTLE_E_ARGUMENT);
  free(before);
  free(large);
  scuttle_free(r);
}

TEST(times_to_live) {
  scuttle_config_t config = config_exact();
  scuttle_t *r = replica_exact("local");
  scuttle_write_t writes[4];
  writes[0] = write_of("plain", "1"), writes[1] = write_of("short", "1"), writes[2] = write_of("renewed", "1"), writes[3] = write_of("gone", NULL);
  writes[1].ttl_ms = 50, writes[2].ttl_ms = 50 | SCUTTLE_TTL_RENEW, writes[3].ttl_ms = 50;
  CHECK_CODE(scuttle_tick(r, 0), SCUTTLE_OK);
  CHECK_CODE(scuttle_set_many(r, writes, 4), SCUTTLE_OK);
  CHECK_INT(count_of(r), 3);
  CHECK_CODE(scuttle_tick(r, 25), SCUTTLE_OK);
  CHECK_U64(version_of(r), 5);
  CHECK_CODE(scuttle_tick(r, 50), SCUTTLE_OK);
  CHECK_INT(count_of(r), 2);
  CHECK(value_of(r, "short") == NULL);
  scuttle_free(r);
  config.resolver = SCUTTLE_STRICTLY_ORDER_VALUES;
  r = replica_with("local", &config);
  CHECK_CODE(scuttle_set_many(r, writes, 4), SCUTTLE_E_UNSUPPORTED);
  CHECK_INT(count_of(r), 0);
  CHECK_CODE(scuttle_set_many(r, writes, 1), SCUTTLE_OK);
  scuttle_free(r);
}

TEST(one_key_is_renewed_once) {
  scuttle_t *r = replica_exact("local");
  scuttle_write_t writes[3];
  writes[0] = write_of("k", "1"), writes[1] = write_of("k", "2"), writes[2] = write_of("k", "3");
  writes[0].ttl_ms = writes[1].ttl_ms = 100 | SCUTTLE_TTL_RENEW;
  CHECK_CODE(scuttle_tick(r, 0), SCUTTLE_OK);
  CHECK_CODE(scuttle_set_many(r, writes, 2), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 50), SCUTTLE_OK);
  CHECK_U64(version_of(r), 3);
  CHECK_STR(value_of(r, "k"), "2");
  CHECK_CODE(scuttle_set_many(r, writes, 3), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 1000), SCUTTLE_OK);
  CHECK_U64(version_of(r), 6);
  CHECK_STR(value_of(r, "k"), "3");
  scuttle_free(r);
}

TEST(the_limit_of_keys) {
  scuttle_config_t config = config_exact();
  scuttle_t *r;
  scuttle_write_t writes[4];
  char *before, *after;
  config.max_keys = 4;
  r = replica_with("local", &config);
  writes[0] = write_of("a", "1"), writes[1] = write_of("b", "1"), writes[2] = write_of("c", "1"), writes[3] = write_of("d", "1");
  CHECK_CODE(scuttle_set_many(r, writes, 3), SCUTTLE_OK);
  writes[2] = write_of("e", "1");
  before = snapshot(r);
  CHECK_CODE(scuttle_set_many(r, writes, 4), SCUTTLE_E_KEYS); /* 5 */
  after = snapshot(r);
  CHECK_STR(after, before);
  free(before);
  free(after);
  CHECK_CODE(scuttle_set_many(r, writes, 3), SCUTTLE_OK);
  CHECK_CODE(scuttle_set_many(r, writes, 3), SCUTTLE_OK); /* overwrites and deletes pass */
  writes[1] = write_of("b", NULL);
  CHECK_CODE(scuttle_set_many(r, writes, 2), SCUTTLE_OK);
  CHECK_INT(count_of(r), 3);
  scuttle_free(r);
}

TEST(the_limit_of_bytes) {
  /* A batch passes or not, and holds max_bytes either way. */
  scuttle_config_t config = config_exact();
  scuttle_t *r;
  scuttle_write_t writes[64];
  char keys[64][16], value[512];
  uint64_t random = 5;
  int turn, passed = 0, refused = 0;
  config.max_bytes = 1 << 16;
  config.max_history = 100;
  r = replica_with("local", &config);
  memset(value, '7', sizeof value);
  for (turn = 0; turn < 400; turn++) {
    size_t count = 1 + random_below(&random, 64), i, before = count_of(r);
    uint64_t version = version_of(r);
    int code;
    for (i = 0; i < count; i++) {
      snprintf(keys[i], sizeof keys[i], "k%d", (int)random_below(&random, 500));
      writes[i] = write_of(keys[i], value);
      writes[i].json_len = 1 + random_below(&random, 300);
      if (random_below(&random, 3) == 0) writes[i].json = NULL;
    }
    code = scuttle_set_many(r, writes, count);
    if (code == SCUTTLE_OK) {
      passed++;
      CHECK_U64(version_of(r), version + count);
    } else {
      size_t purged;
      refused++;
      CHECK_CODE(code, SCUTTLE_E_BYTES);
      CHECK_INT(count_of(r), before);
      CHECK_U64(version_of(r), version);
      for (i = 0; i < 500; i++) {
        snprintf(keys[0], sizeof keys[0], "k%d", (int)i);
        writes[0] = write_of(keys[0], NULL);
        if (value_of(r, keys[0])) CHECK_CODE(scuttle_set_many(r, writes, 1), SCUTTLE_OK); /* at any limit */
      }
      CHECK_CODE(scuttle_purge(r, &purged), SCUTTLE_OK);
    }
  }
  CHECK(passed > 20);
  CHECK(refused > 20);
  scuttle_free(r);
}

TEST(versions_run_out) {
  scuttle_config_t config = config_exact();
  scuttle_t *r;
  scuttle_write_t writes[4];
  char *before, *after;
  config.state = "{\"key\":\"x\",\"value\":1,\"source_id\":\"A\",\"version\":9007199254740988}\n";
  config.state_len = SCUTTLE_NTS;
  r = replica_with("local", &config);
  writes[0] = write_of("a", "1"), writes[1] = write_of("b", "1"), writes[2] = write_of("c", "1"), writes[3] = write_of("d", "1");
  before = snapshot(r);
  CHECK_CODE(scuttle_set_many(r, writes, 4), SCUTTLE_E_EXHAUSTED);
  after = snapshot(r);
  CHECK_STR(after, before);
  free(before);
  free(after);
  CHECK_CODE(scuttle_set_many(r, writes, 3), SCUTTLE_OK);
  CHECK_INT(count_of(r), 4);
  CHECK_CODE(scuttle_set_many(r, writes, 1), SCUTTLE_E_EXHAUSTED);
  CHECK_CODE(scuttle_set_many(r, writes, 0), SCUTTLE_OK);
  scuttle_free(r);
}

TEST(tombstones_over_their_limit) {
  scuttle_config_t config = config_exact();
  scuttle_t *r;
  scuttle_write_t writes[50];
  char keys[50][16], *text;
  size_t i, found = 0;
  config.max_tombstones = 5;
  r = replica_with("local", &config);
  for (i = 0; i < 50; i++) {
    snprintf(keys[i], sizeof keys[i], "k%02d", (int)i);
    writes[i] = write_of(keys[i], i % 2 ? NULL : "1");
  }
  CHECK_CODE(scuttle_set_many(r, writes, 50), SCUTTLE_OK);
  CHECK_INT(count_of(r), 25);
  CHECK_U64(version_of(r), 50);
  {
    text_t all = {NULL, 0, 0};
    export_all(r, &all);
    found = text_count(&all, "\"deleted\":true");
    text_free(&all);
  }
  CHECK_INT(found, 5);
  text = state_text(r);
  CHECK(strstr(text, "k48") != NULL);
  free(text);
  scuttle_free(r);
}

TEST(a_peer_gets_them) {
  uint32_t flags[] = {0, SCUTTLE_LINK_LIVE, SCUTTLE_LINK_DATAGRAM};
  size_t mode, i;
  for (mode = 0; mode < 3; mode++) {
    scuttle_t *a = replica_make("a"), *b = replica_make("b");
    scuttle_link_t *ab = link_with(a, flags[mode]), *ba = link_with(b, flags[mode]);
    scuttle_write_t writes[100];
    char keys[100][16];
    int code;
    CHECK_CODE(talk_links(ab, ba, 1 << 20).code, SCUTTLE_OK);
    for (i = 0; i < 100; i++) {
      snprintf(keys[i], sizeof keys[i], "k%d", (int)i / 2 * 2);
      writes[i] = write_of(keys[i], i % 2 ? "1" : "2");
    }
    code = scuttle_set_many(a, writes, 100);
    CHECK_CODE(code, mode == 1 ? SCUTTLE_FULL : SCUTTLE_OK);
    CHECK_CODE(talk_links(ab, ba, 1 << 20).code, SCUTTLE_OK);
    CHECK_INT(count_of(b), 50);
    CHECK_U64(fingerprint_of(a), fingerprint_of(b));
    scuttle_free(a);
    scuttle_free(b);
  }
}

TEST(a_resolver_decides_on_each) {
  scuttle_config_t config = config_exact();
  scuttle_t *r;
  scuttle_write_t writes[4];
  config.resolver = SCUTTLE_STRICTLY_ORDER_VALUES;
  r = replica_with("local", &config);
  set(r, "b", "9");
  writes[0] = write_of("a", "5"), writes[1] = write_of("a", "3"), writes[2] = write_of("b", "8"), writes[3] = write_of("a", "6");
  CHECK_CODE(scuttle_set_many(r, writes, 4), SCUTTLE_OK);
  CHECK_STR(value_of(r, "a"), "6");
  CHECK_STR(value_of(r, "b"), "9");
  CHECK_U64(version_of(r), 5);
  scuttle_free(r);
}

TEST(as_the_same_calls_one_by_one) {
  uint64_t random = 8;
  int turn;
  scuttle_t *a = replica_exact("local"), *b = replica_exact("local");
  for (turn = 0; turn < 300; turn++) {
    scuttle_write_t writes[20];
    char keys[20][8], *in_one, *in_many;
    size_t count = random_below(&random, 20), i;
    for (i = 0; i < count; i++) {
      snprintf(keys[i], sizeof keys[i], "k%d", (int)random_below(&random, 30));
      writes[i] = write_of(keys[i], random_below(&random, 3) ? "[1]" : NULL);
      if (writes[i].json) CHECK_CODE(set(b, keys[i], "[1]"), SCUTTLE_OK);
      else CHECK_CODE(unset(b, keys[i]), SCUTTLE_OK);
    }
    CHECK_CODE(scuttle_set_many(a, writes, count), SCUTTLE_OK);
    in_one = snapshot(a), in_many = snapshot(b);
    CHECK_STR(in_one, in_many);
    free(in_one);
    free(in_many);
  }
  scuttle_free(a);
  scuttle_free(b);
}

static int set_if(scuttle_t *r, const char *key, const char *json, const scuttle_entry_t *expected) {
  return scuttle_set_if(r, key, SCUTTLE_NTS, json, SCUTTLE_NTS, expected);
}

TEST(only_the_expected_entry) {
  scuttle_t *r = replica_exact("local");
  scuttle_link_t *link = link_with(r, SCUTTLE_LINK_ANY);
  scuttle_entry_t first, second;
  char buffer[100], *before, *after;
  size_t needed;
  CHECK_CODE(scuttle_get(r, "k", 1, &first), SCUTTLE_NOT_FOUND);
  CHECK_CODE(set_if(r, "k", "1", &first), SCUTTLE_OK); /* absent, as scuttle_get has found it */
  CHECK_CODE(set_if(r, "k", "2", &first), SCUTTLE_CONFLICT);
  CHECK_CODE(set_if(r, "k", "2", NULL), SCUTTLE_CONFLICT);
  CHECK_STR(scuttle_strerror(SCUTTLE_CONFLICT), "not done: the key has another entry than expected");
  CHECK_CODE(scuttle_get(r, "k", 1, &first), SCUTTLE_OK);
  CHECK_CODE(set_if(r, "k", "2", &first), SCUTTLE_OK); /* its source is borrowed */
  CHECK_STR(value_of(r, "k"), "2");
  CHECK_CODE(scuttle_get_copy(r, "k", 1, buffer, sizeof buffer, &needed, &second), SCUTTLE_OK);
  /* A peer's write of the same number: another write. */
  CHECK_CODE(feed_update(link, "k", "7", "zz", second.version), SCUTTLE_OK);
  CHECK_STR(value_of(r, "k"), "7");
  before = snapshot(r);
  CHECK_CODE(set_if(r, "k", "3", &second), SCUTTLE_CONFLICT);
  CHECK_CODE(set_if(r, "k", NULL, &second), SCUTTLE_CONFLICT);
  after = snapshot(r);
  CHECK_STR(after, before);
  free(before);
  free(after);
  CHECK_CODE(scuttle_get(r, "k", 1, &first), SCUTTLE_OK);
  CHECK_CODE(set_if(r, "k", NULL, &first), SCUTTLE_OK);
  CHECK(value_of(r, "k") == NULL);
  CHECK_CODE(scuttle_get(r, "k", 1, &first), SCUTTLE_NOT_FOUND); /* deleted */
  CHECK_CODE(set_if(r, "k", NULL, &first), SCUTTLE_OK);
  CHECK_CODE(set_if(r, "k", "4", NULL), SCUTTLE_OK);
  scuttle_free(r);
}

TEST(an_expired_entry_is_no_entry) {
  scuttle_t *r = replica_exact("local");
  scuttle_entry_t entry;
  char buffer[100];
  size_t needed;
  CHECK_CODE(scuttle_tick(r, 0), SCUTTLE_OK);
  CHECK_CODE(scuttle_set_ttl(r, "k", 1, "1", 1, 50), SCUTTLE_OK);
  CHECK_CODE(scuttle_get_copy(r, "k", 1, buffer, sizeof buffer, &needed, &entry), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 50), SCUTTLE_OK);
  CHECK_CODE(set_if(r, "k", "2", &entry), SCUTTLE_CONFLICT); /* its expiry has the same timestamp */
  CHECK_CODE(set_if(r, "k", "2", NULL), SCUTTLE_OK);
  scuttle_free(r);
}

TEST(errors_of_a_set_with_a_condition) {
  scuttle_config_t config = config_exact();
  scuttle_t *r;
  scuttle_entry_t entry;
  char *before, *after;
  config.max_keys = 1;
  r = replica_with("local", &config);
  set(r, "k", "1");
  memset(&entry, 0, sizeof entry);
  before = snapshot(r);
  CHECK_CODE(set_if(r, "", "1", NULL), SCUTTLE_E_KEY);
  CHECK_CODE(set_if(r, NULL, "1", NULL), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(set_if(r, "k", "nonsense", NULL), SCUTTLE_E_JSON);
  CHECK_CODE(set_if(NULL, "k", "1", NULL), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(set_if(r, "l", "1", NULL), SCUTTLE_E_KEYS);
  entry.version = 1;
  CHECK_CODE(set_if(r, "k", "1", &entry), SCUTTLE_E_ARGUMENT); /* no source */
  entry.source = "local", entry.source_len = 4;
  CHECK_CODE(set_if(r, "k", "1", &entry), SCUTTLE_CONFLICT);
  entry.version = 2;
  CHECK_CODE(set_if(r, "k", "1", &entry), SCUTTLE_CONFLICT);
  after = snapshot(r);
  CHECK_STR(after, before);
  free(before);
  free(after);
  entry.version = 1, entry.source_len = SCUTTLE_NTS;
  CHECK_CODE(set_if(r, "k", "2", &entry), SCUTTLE_OK);
  scuttle_free(r);
}

TEST(two_replicas_may_both_succeed) {
  scuttle_t *a = replica_exact("a"), *b = replica_exact("b");
  scuttle_link_t *ab = link_make(a), *ba = link_make(b);
  CHECK_CODE(set_if(a, "owner", "\"a\"", NULL), SCUTTLE_OK);
  CHECK_CODE(set_if(b, "owner", "\"b\"", NULL), SCUTTLE_OK);
  sync_links(ab, ba);
  CHECK_STR(value_of(a, "owner"), "\"b\"");
  CHECK_STR(value_of(b, "owner"), "\"b\"");
  scuttle_free(a);
  scuttle_free(b);
}

CHECK_MAIN
