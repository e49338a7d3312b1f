/* The update that stands: the outcome does not depend on the order of arrival. */
#include "check.h"
#include "support.h"

typedef struct {
  const char *key, *value, *source;
  uint64_t version;
} line_t;

static scuttle_t *with_resolver(uint32_t resolver) {
  scuttle_config_t config = config_exact();
  config.resolver = resolver;
  return replica_with("observer", &config);
}

static void check_holds(scuttle_t *r, const char *key, const char *value, const char *source, uint64_t version) {
  scuttle_entry_t entry;
  CHECK_CODE(scuttle_get(r, key, SCUTTLE_NTS, &entry), SCUTTLE_OK);
  CHECK_STR(entry.value, value);
  CHECK_STR(entry.source, source);
  CHECK_U64(entry.version, version);
}

/* Checks all orders of `count` updates that keep each source's own order, each over links chosen at random. */
static void check_orders(uint32_t resolver, const line_t *lines, size_t count, const char *expected) {
  size_t order[8], i, j;
  uint64_t random = 11;
  for (i = 0; i < count; i++) order[i] = i;
  for (;;) {
    int legal = 1;
    for (i = 0; i < count; i++)
      for (j = 0; j < i; j++)
        if (strcmp(lines[order[i]].source, lines[order[j]].source) == 0 && lines[order[i]].version < lines[order[j]].version) legal = 0;
    if (legal) {
      scuttle_t *r = with_resolver(resolver);
      scuttle_link_t *links[3];
      char *state;
      for (i = 0; i < 3; i++) links[i] = link_make(r);
      for (i = 0; i < count; i++) {
        const line_t *line = &lines[order[i]];
        scuttle_link_t *link = links[random_below(&random, 3)];
        CHECK_CODE(feed_update(link, line->key, line->value, line->source, line->version), SCUTTLE_OK);
        if (random_below(&random, 2)) /* and once more over another */
          CHECK_CODE(feed_update(links[random_below(&random, 3)], line->key, line->value, line->source, line->version), SCUTTLE_OK);
      }
      state = state_text(r);
      CHECK_STR(state, expected);
      free(state);
      scuttle_free(r);
    }
    /* the next permutation */
    for (i = count - 1; i > 0 && order[i - 1] > order[i]; i--) {
    }
    if (i == 0) break;
    for (j = count - 1; order[j] < order[i - 1]; j--) {
    }
    {
      size_t swap = order[i - 1];
      order[i - 1] = order[j];
      order[j] = swap;
    }
    for (j = count - 1; i < j; i++, j--) {
      size_t swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
  }
}

static const line_t mixed[] = {{"k", "1", "A", 1}, {"k", "9", "B", 1}, {"l", "\"x\"", "A", 2}, {"k", "5", "C", 3}, {"l", "0", "B", 4}, {"k", "3", "A", 3}};

TEST(greatest_version_and_source_in_any_order) {
  check_orders(SCUTTLE_LWW_VS_CLOCK, mixed, 6, "k\t5\tC\t3\nl\t0\tB\t4\n");
  check_orders(SCUTTLE_LWW_VS_CURRENT_VERS, mixed, 6, "k\t5\tC\t3\nl\t0\tB\t4\n");
}

TEST(greatest_value_in_any_order) { check_orders(SCUTTLE_STRICTLY_ORDER_VALUES, mixed, 6, "k\t9\tB\t1\nl\t\"x\"\tA\t2\n"); }

TEST(greatest_of_one_source_in_any_order) {
  static const line_t lines[] = {{"k", "3", "A", 1}, {"k", "1", "A", 2}, {"k", "2", "A", 3}, {"k", "2", "B", 2}, {"k", "0", "C", 9}};
  check_orders(SCUTTLE_LWW_VS_CLOCK, lines, 5, "k\t0\tC\t9\n");
  check_orders(SCUTTLE_LWW_VS_CURRENT_VERS, lines, 5, "k\t0\tC\t9\n");
  check_orders(SCUTTLE_STRICTLY_ORDER_VALUES, lines, 5, "k\t3\tA\t1\n");
}

TEST(a_local_write_wins_by_default) {
  uint32_t resolver;
  for (resolver = SCUTTLE_LWW_VS_CLOCK; resolver <= SCUTTLE_LWW_VS_CURRENT_VERS; resolver++) {
    scuttle_t *r = with_resolver(resolver);
    feed_update(link_make(r), "k", "\"z\"", "zzz", 99);
    CHECK_CODE(set(r, "k", "0"), SCUTTLE_OK);
    check_holds(r, "k", "0", "observer", 100);
    scuttle_free(r);
  }
}

TEST(a_local_write_of_a_smaller_value_does_not_stand) {
  scuttle_t *r = with_resolver(SCUTTLE_STRICTLY_ORDER_VALUES);
  char *news;
  CHECK_CODE(set(r, "k", "5"), SCUTTLE_OK);
  CHECK_CODE(set(r, "k", "4"), SCUTTLE_OK);
  check_holds(r, "k", "5", "observer", 1);
  CHECK_U64(version_of(r), 2);
  CHECK_CODE(set(r, "k", "5"), SCUTTLE_OK); /* equal: by version */
  check_holds(r, "k", "5", "observer", 3);
  news = news_text(r, "observer", 0); /* the writes are in the history anyway */
  CHECK_STR(news, "k\t5\tobserver\t1\nk\t4\tobserver\t2\nk\t5\tobserver\t3\n");
  free(news);
  scuttle_free(r);
}

/* From the smallest to the greatest. */
static const char *const ladder[] = {"null", "false", "true", "-1e300", "-2", "-1.5", "0", "0.5", "1", "2", "10", "1e300", "\"\"", "\"A\"",
                                     "\"a\"", "\"aa\"", "\"b\"", "[]", "{}"};

TEST(the_ladder_of_values) {
  size_t n = sizeof ladder / sizeof *ladder, i, j;
  for (i = 0; i < n; i++)
    for (j = 0; j < n; j++) {
      scuttle_t *r;
      scuttle_entry_t entry;
      const char *greater = ladder[i > j ? i : j];
      if (i == j) continue;
      r = with_resolver(SCUTTLE_STRICTLY_ORDER_VALUES);
      feed_update(link_make(r), "k", ladder[i], "A", 1);
      feed_update(link_make(r), "k", ladder[j], "B", 2);
      CHECK_CODE(scuttle_get(r, "k", 1, &entry), SCUTTLE_OK);
      if (strcmp(entry.value, greater) != 0) CHECK_SAY("of %s and %s stands %s", ladder[i], ladder[j], entry.value);
      scuttle_free(r);
    }
}

/* Values that a careless order would confuse, among them values that are equal in one sense and not in another. */
static const char *const hard[] = {
    "null", "0", "-0", "0.0", "-0.0", "1", "1.0", "1e0", "10", "1e1", "9007199254740992", "9007199254740993", "9007199254740992.0",
    "9007199254740994.0", "9223372036854775807", "9223372036854775806", "9223372036854775808.0", "-9223372036854775808", "-9223372036854775808.0",
    "\"a\"", "\"\\u0061\"", "\"a\\u0000\"", "\"\\u0000\"", "\"\xc3\xa9\"", "\"\\u00e9\"", "\"\xf0\x9f\x90\x99\"", "\"\xef\xbf\xbf\"",
    "\"\\ud83d\\udc19\"", "[]", "[1]", "[1.0]", "[1,0]", "[2]", "[[]]", "[\"a\"]", "{}", "{\"a\":1}", "{\"a\":1.0}", "{\"a\":2}", "{\"b\":0}",
    "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", "{\"a\":2,\"b\":1}", "{\"\\u0061\":1}", "{\"a\":{}}", "{\"a\":[1,2]}"};

TEST(the_order_of_values_is_total) {
  /* Three updates of one key from three sources, in all six orders: a replica an order. */
  static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  static const char *const sources[3] = {"P", "Q", "R"};
  const size_t n = sizeof hard / sizeof *hard;
  scuttle_t *replicas[6];
  scuttle_link_t *links[6];
  uint64_t random = 42;
  size_t experiments = 12000, e, i, o;
  for (o = 0; o < 6; o++) {
    replicas[o] = with_resolver(SCUTTLE_STRICTLY_ORDER_VALUES);
    links[o] = link_make(replicas[o]);
  }
  for (e = 0; e < experiments; e++) {
    const char *values[3];
    uint64_t versions[3];
    char key[24];
    const char *outcome;
    snprintf(key, sizeof key, "k%zu", e);
    for (i = 0; i < 3; i++) {
      values[i] = hard[random_below(&random, n)];
      versions[i] = e * 4 + 1 + random_below(&random, 3);
    }
    for (o = 0; o < 6; o++)
      for (i = 0; i < 3; i++) {
        int w = orders[o][i];
        int code = feed_update(links[o], key, values[w], sources[w], versions[w]);
        if (code != SCUTTLE_OK) CHECK_SAY("%s: %s", values[w], code_name(code));
      }
    outcome = value_of(replicas[0], key);
    for (o = 1; o < 6; o++) {
      const char *other = value_of(replicas[o], key);
      if (!outcome || !other || strcmp(outcome, other) != 0)
        CHECK_SAY("%s %d, %s %d, %s %d: stands %s in one order, %s in another", values[0], (int)versions[0], values[1], (int)versions[1],
                  values[2], (int)versions[2], outcome, other);
    }
    if (check_failures > 5) break;
  }
  for (o = 1; o < 6; o++) CHECK_U64(fingerprint_of(replicas[o]), fingerprint_of(replicas[0]));
  for (o = 0; o < 6; o++) scuttle_free(replicas[o]);
}

TEST(tombstones_in_the_order_of_values) {
  /* A tombstone's value is null, the smallest: whatever the host's rule, replicas agree. */
  const char *set_line = "{\"key\":\"k\",\"value\":0,\"source_id\":\"A\",\"version\":1}\n";
  const char *null_line = "{\"key\":\"k\",\"value\":null,\"source_id\":\"B\",\"version\":2}\n";
  const char *delete_line = "{\"key\":\"k\",\"value\":null,\"source_id\":\"C\",\"version\":2,\"deleted\":true}\n";
  const char *lines[3];
  static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  uint64_t first = 0;
  int o, i;
  lines[0] = set_line;
  lines[1] = null_line;
  lines[2] = delete_line;
  for (o = 0; o < 6; o++) {
    scuttle_t *r = with_resolver(SCUTTLE_STRICTLY_ORDER_VALUES);
    scuttle_link_t *link = link_make(r);
    for (i = 0; i < 3; i++) CHECK_CODE(feed(link, lines[orders[o][i]]), SCUTTLE_OK);
    if (o == 0) first = fingerprint_of(r);
    CHECK_U64(fingerprint_of(r), first);
    scuttle_free(r);
  }
}

/* --- resolvers of the host --- */

typedef struct {
  int calls, fresh;
  text_t log;
} host_t;

static void show(text_t *log, const scuttle_update_t *update) {
  text_add(log, update->key, update->key_len);
  text_str(log, "=");
  text_add(log, update->value, update->value_len);
  text_str(log, " ");
  text_add(log, update->source, update->source_len);
  text_format(log, "%d", (int)update->version);
}

/* The smaller text stands; of equal texts the smaller (version, source). */
static int smallest(void *context, const scuttle_update_t *update, const scuttle_update_t *current) {
  host_t *host = (host_t *)context;
  size_t len;
  int order;
  host->calls++;
  show(&host->log, update);
  if (!current) {
    host->fresh++;
    text_str(&host->log, ";");
    return 1;
  }
  text_str(&host->log, " or ");
  show(&host->log, current);
  text_str(&host->log, ";");
  CHECK(update->key_len == current->key_len && memcmp(update->key, current->key, update->key_len) == 0);
  len = update->value_len < current->value_len ? update->value_len : current->value_len;
  order = memcmp(update->value, current->value, len);
  if (order) return order < 0;
  if (update->value_len != current->value_len) return update->value_len < current->value_len;
  if (update->version != current->version) return update->version < current->version;
  len = update->source_len < current->source_len ? update->source_len : current->source_len;
  return memcmp(update->source, current->source, len) < 0;
}

TEST(the_host_decides) {
  host_t host;
  scuttle_config_t config = config_exact();
  scuttle_t *r;
  scuttle_link_t *link;
  memset(&host, 0, sizeof host);
  config.resolve = smallest;
  config.context = &host;
  config.resolver = 77; /* ignored */
  r = replica_with("local", &config);
  link = link_make(r);
  CHECK_CODE(set(r, "k", "5"), SCUTTLE_OK);
  CHECK_CODE(set(r, "k", "7"), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "k", "3", "A", 1), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "k", "4", "A", 9), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "k", "1", "A", 2), SCUTTLE_OK); /* covered, but never here: republished */
  CHECK_CODE(feed_update(link, "k", "1", "A", 2), SCUTTLE_OK); /* here: the host is not called */
  CHECK_CODE(feed_update(link, "l", "8", "A", 10), SCUTTLE_OK);
  check_holds(r, "k", "1", "A", 2);
  CHECK_STR(host.log.data, "k=5 local1;k=7 local2 or k=5 local1;k=3 A1 or k=5 local1;k=4 A9 or k=3 A1;k=1 A2 or k=3 A1;l=8 A10;");
  CHECK_INT(host.fresh, 2);
  text_free(&host.log);
  scuttle_free(r);
}

TEST(the_host_decides_in_any_order) {
  static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  static const line_t lines[] = {{"k", "5", "A", 3}, {"k", "2", "B", 1}, {"k", "2", "C", 7}};
  int o, i;
  for (o = 0; o < 6; o++) {
    host_t host;
    scuttle_config_t config = config_make();
    scuttle_t *r;
    scuttle_link_t *link;
    memset(&host, 0, sizeof host);
    config.resolve = smallest;
    config.context = &host;
    r = replica_with("local", &config);
    link = link_make(r);
    for (i = 0; i < 3; i++) {
      const line_t *l = &lines[orders[o][i]];
      feed_update(link, l->key, l->value, l->source, l->version);
    }
    check_holds(r, "k", "2", "B", 1);
    CHECK_INT(host.calls, 3);
    text_free(&host.log);
    scuttle_free(r);
  }
}

static int never(void *context, const scuttle_update_t *update, const scuttle_update_t *current) {
  (void)update;
  CHECK(current == NULL);
  ++*(int *)context;
  return 0;
}

static void unexpected(void *context, const scuttle_update_t *update) {
  (void)context;
  CHECK_SAY("on_update for %.*s", (int)update->key_len, update->key);
}

TEST(a_host_that_declines_everything) {
  scuttle_config_t config = config_make();
  scuttle_t *r;
  scuttle_link_t *link;
  scuttle_entry_t entry;
  char *state, *news;
  int calls = 0;
  config.resolve = never;
  config.on_update = unexpected;
  config.context = &calls;
  r = replica_with("local", &config);
  link = link_make(r);
  CHECK_CODE(set(r, "k", "1"), SCUTTLE_OK);
  CHECK_CODE(scuttle_delete(r, "k", 1), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "k", "1", "A", 5), SCUTTLE_OK);
  CHECK_INT(calls, 3);
  CHECK_CODE(scuttle_get(r, "k", 1, &entry), SCUTTLE_NOT_FOUND);
  CHECK_INT(count_of(r), 0);
  state = state_text(r);
  CHECK_STR(state, "");
  free(state);
  CHECK_U64(version_of(r), 5);
  CHECK_U64(clock_of(r, "A"), 5); /* it is covered */
  news = news_text(r, "A", 0);
  CHECK_STR(news, "k\t1\tA\t5\n");
  free(news);
  scuttle_free(r);
}

static int after_first(void *context, const scuttle_update_t *update, const scuttle_update_t *current) {
  /* Declines until told otherwise, so a key may be known and hold nothing. */
  (void)update;
  CHECK(current == NULL);
  return *(int *)context;
}

TEST(a_declined_key_can_be_accepted_later) {
  scuttle_config_t config = config_make();
  scuttle_t *r;
  int willing = 0;
  config.resolve = after_first;
  config.context = &willing;
  r = replica_with("local", &config);
  set(r, "k", "1");
  set(r, "k", "2");
  CHECK_INT(count_of(r), 0);
  willing = 1;
  set(r, "k", "3");
  CHECK_STR(value_of(r, "k"), "3");
  CHECK_INT(count_of(r), 1);
  scuttle_free(r);
}

CHECK_MAIN
