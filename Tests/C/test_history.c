/* The updates that the history holds, and their order. */
#include "check.h"
#include "support.h"

static void check_news(scuttle_t *r, const char *source, uint64_t version, const char *expected) {
  char *text = news_text(r, source, version);
  CHECK_STR(text, expected);
  free(text);
}

static void write_many(scuttle_t *r, int from, int to) {
  char key[24], value[24];
  for (; from <= to; from++) {
    snprintf(key, sizeof key, "k%d", from);
    snprintf(value, sizeof value, "%d", from);
    CHECK_CODE(set(r, key, value), SCUTTLE_OK);
  }
}

TEST(news_above_a_version) {
  scuttle_t *r = replica_exact("local");
  write_many(r, 1, 4);
  check_news(r, "local", 0, "k1\t1\tlocal\t1\nk2\t2\tlocal\t2\nk3\t3\tlocal\t3\nk4\t4\tlocal\t4\n");
  check_news(r, "local", 2, "k3\t3\tlocal\t3\nk4\t4\tlocal\t4\n");
  check_news(r, "local", 4, "");
  check_news(r, "local", UINT64_MAX, "");
  check_news(r, "nobody", 0, "");
  scuttle_free(r);
}

static int count_any(void *context, const scuttle_update_t *update) {
  (void)update;
  ++*(int *)context;
  return 0;
}

TEST(source_with_a_length) {
  scuttle_t *r = replica_exact("local");
  guarded_t source = guarded_copy("local", 5);
  int calls = 0;
  write_many(r, 1, 3);
  CHECK_CODE(scuttle_news(r, source.data, 5, 0, count_any, &calls), SCUTTLE_OK);
  CHECK_INT(calls, 3);
  CHECK_CODE(scuttle_news(r, "local and more", 5, 1, count_any, &calls), SCUTTLE_OK);
  CHECK_INT(calls, 5);
  CHECK_CODE(scuttle_news(r, "local", 4, 0, count_any, &calls), SCUTTLE_OK);
  CHECK_INT(calls, 5);
  guarded_free(&source);
  scuttle_free(r);
}

TEST(ten_updates_are_in_the_history_by_default) {
  scuttle_t *r = replica_exact("local");
  write_many(r, 1, 25);
  check_news(r, "local", 0,
             "k16\t16\tlocal\t16\nk17\t17\tlocal\t17\nk18\t18\tlocal\t18\nk19\t19\tlocal\t19\nk20\t20\tlocal\t20\n"
             "k21\t21\tlocal\t21\nk22\t22\tlocal\t22\nk23\t23\tlocal\t23\nk24\t24\tlocal\t24\nk25\t25\tlocal\t25\n");
  CHECK_INT(count_of(r), 25); /* the history drops updates, the state does not */
  CHECK_STR(value_of(r, "k1"), "1");
  scuttle_free(r);
}

TEST(history_of_any_length) {
  size_t lengths[] = {1, 2, 3, 7, 10, 11, 64, 100, 1000, 5000}, i;
  for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    scuttle_config_t config = config_exact();
    scuttle_t *r;
    text_t expected = {NULL, 0, 0};
    int n;
    config.max_history = lengths[i];
    r = replica_with("local", &config);
    write_many(r, 1, 1200);
    text_add(&expected, "", 0);
    for (n = 1200 - (int)(lengths[i] < 1200 ? lengths[i] : 1200) + 1; n <= 1200; n++)
      text_format(&expected, "k%d\t%d\tlocal\t%d\n", n, n, n);
    check_news(r, "local", 0, expected.data);
    text_free(&expected);
    scuttle_free(r);
  }
}

TEST(a_history_without_bound) {
  scuttle_config_t config = config_exact();
  scuttle_t *r;
  char *text;
  size_t lines = 0, i;
  config.max_history = PTRDIFF_MAX;
  r = replica_with("local", &config); /* reserves no memory */
  write_many(r, 1, 3000);
  text = news_text(r, "local", 0);
  for (i = 0; text[i]; i++) lines += text[i] == '\n';
  CHECK_INT(lines, 3000);
  free(text);
  scuttle_free(r);
}

TEST(the_length_counts_all_sources) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  uint64_t i;
  for (i = 1; i <= 8; i++) {
    feed_update(link, "a", "1", "A", i);
    feed_update(link, "b", "1", "B", i);
  }
  check_news(r, "A", 0, "a\t1\tA\t4\na\t1\tA\t5\na\t1\tA\t6\na\t1\tA\t7\na\t1\tA\t8\n");
  check_news(r, "B", 6, "b\t1\tB\t7\nb\t1\tB\t8\n");
  scuttle_free(r);
}

TEST(superseded_and_beaten_updates_are_in_the_history) {
  scuttle_t *r = replica_exact("local");
  scuttle_link_t *link = link_make(r);
  feed_update(link, "k", "1", "A", 5);
  feed_update(link, "k", "2", "A", 6);
  feed_update(link, "k", "3", "B", 2); /* in the history, although it is not the entry */
  set(r, "k", "4");
  check_news(r, "A", 0, "k\t1\tA\t5\nk\t2\tA\t6\n");
  check_news(r, "B", 0, "k\t3\tB\t2\n");
  check_news(r, "local", 0, "k\t4\tlocal\t7\n");
  scuttle_free(r);
}

TEST(covered_updates_and_rejected_lines_are_not_in_the_history) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  feed_update(link, "k", "1", "A", 5);
  feed_update(link, "l", "2", "A", 5);
  feed_update(link, "l", "2", "A", 4);
  CHECK_CODE(feed_update(link, "", "2", "A", 6), SCUTTLE_E_KEY);
  check_news(r, "A", 0, "k\t1\tA\t5\n");
  scuttle_free(r);
}

TEST(tombstones_are_in_the_history) {
  scuttle_t *r = replica_exact("local");
  set(r, "k", "1");
  scuttle_delete(r, "k", 1);
  feed(link_make(r), "{\"key\":\"d\",\"value\":null,\"source_id\":\"A\",\"version\":3,\"deleted\":true}\n");
  check_news(r, "local", 0, "k\t1\tlocal\t1\nk\tnull\tlocal\t2\tdeleted\n");
  check_news(r, "A", 0, "d\tnull\tA\t3\tdeleted\n");
  scuttle_free(r);
}

static int backwards(void *context, const scuttle_update_t *a, const scuttle_update_t *b) {
  (void)context;
  return a->version > b->version ? -1 : a->version < b->version;
}

static int by_key(void *context, const scuttle_update_t *a, const scuttle_update_t *b) {
  size_t len = a->key_len < b->key_len ? a->key_len : b->key_len;
  int order = memcmp(a->key, b->key, len);
  ++*(int *)context;
  return order ? order : a->key_len < b->key_len ? -1 : a->key_len > b->key_len;
}

TEST(sort_orders_the_history) {
  scuttle_config_t config = config_exact();
  scuttle_t *r;
  int calls = 0;
  config.sort = backwards;
  r = replica_with("local", &config);
  write_many(r, 1, 4);
  check_news(r, "local", 1, "k4\t4\tlocal\t4\nk3\t3\tlocal\t3\nk2\t2\tlocal\t2\n");
  scuttle_free(r);
  config.sort = by_key;
  config.context = &calls;
  r = replica_with("local", &config);
  set(r, "b", "1");
  set(r, "c", "1");
  set(r, "a", "1");
  check_news(r, "local", 0, "a\t1\tlocal\t3\nb\t1\tlocal\t1\nc\t1\tlocal\t2\n");
  CHECK(calls > 0);
  scuttle_free(r);
}

static int nonsense(void *context, const scuttle_update_t *a, const scuttle_update_t *b) {
  (void)a;
  (void)b;
  return (int)random_below((uint64_t *)context, 3) - 1;
}

TEST(a_sort_that_contradicts_itself_loses_nothing) {
  scuttle_config_t config = config_exact();
  scuttle_t *r;
  uint64_t random = 3;
  int calls = 0;
  config.sort = nonsense;
  config.context = &random;
  config.max_history = 500;
  r = replica_with("local", &config);
  write_many(r, 1, 500);
  CHECK_CODE(scuttle_news(r, "local", 5, 0, count_any, &calls), SCUTTLE_OK);
  CHECK_INT(calls, 500);
  scuttle_free(r);
}

CHECK_MAIN
