/* The classic dialect of simple-scuttles: they keep no order, respell values, and drop members that they do not know. */
#include "check.h"
#include "support.h"

#define DONE "{\"digest\":true,\"done\":true}\n"

static scuttle_link_t *classic(scuttle_t *replica) { return link_with(replica, SCUTTLE_LINK_CLASSIC); }

static void check_output(scuttle_link_t *link, const char *expected) {
  text_t out = {NULL, 0, 0};
  read_all(link, 0, &out);
  CHECK_STR(out.data, expected);
  text_free(&out);
}

static int show_entry(void *context, const scuttle_update_t *update) {
  text_t *text = (text_t *)context;
  text_format(text, "%.*s=%.*s %.*s%" PRIu64 " dot %.*s%" PRIu64 ";", (int)update->key_len, update->key, (int)update->value_len, update->value,
              (int)update->source_len, update->source, update->version, (int)update->dot_source_len, update->dot_source, update->dot_version);
  return 0;
}

static void check_entries(scuttle_t *replica, const char *expected) {
  text_t text = {NULL, 0, 0};
  text_add(&text, "", 0);
  CHECK_CODE(scuttle_state(replica, NULL, 0, show_entry, &text), SCUTTLE_OK);
  CHECK_STR(text.data, expected);
  text_free(&text);
}

static void check_same(scuttle_t *a, scuttle_t *b) {
  char *of_a = state_text(a), *of_b = state_text(b);
  CHECK_STR(of_a, of_b);
  CHECK_U64(fingerprint_of(a), fingerprint_of(b));
  free(of_a);
  free(of_b);
}

/* --- late updates --- */

TEST(a_late_update_is_republished) {
  scuttle_t *r = replica_exact("H"), *peer = replica_exact("P");
  scuttle_link_t *link = classic(r), *other = classic(r);
  text_t out = {NULL, 0, 0};
  CHECK_CODE(feed_update(link, "b", "2", "N", 5), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "a", "1", "N", 3), SCUTTLE_OK);
  check_entries(r, "a=1 N3 dot H6;b=2 N5 dot N5;");
  CHECK_CODE(feed_update(link, "a", "1", "N", 3), SCUTTLE_OK); /* a copy */
  check_entries(r, "a=1 N3 dot H6;b=2 N5 dot N5;");
  CHECK_U64(version_of(r), 6);
  CHECK_U64(clock_of(r, "N"), 5);
  /* Under its timestamp, without `written`, once a link. */
  CHECK_CODE(feed(link, "{\"digest\":true,\"source_id\":\"H\",\"version\":0}\n"), SCUTTLE_OK);
  read_all(link, 0, &out);
  CHECK_INT(text_count(&out, "\n"), 1);
  CHECK_INT(text_count(&out, "{\"key\":\"a\",\"value\":1,\"source_id\":\"N\",\"version\":3"), 1);
  CHECK_INT(text_count(&out, "written"), 0);
  text_free(&out);
  CHECK_CODE(feed(link, "{\"digest\":true,\"source_id\":\"H\",\"version\":0}\n"), SCUTTLE_OK);
  check_output(link, "");
  CHECK_CODE(feed(other, "{\"digest\":true,\"source_id\":\"N\",\"version\":5}\n" DONE), SCUTTLE_OK); /* and on another link */
  read_all(other, 0, &out);
  CHECK_INT(text_count(&out, "\n"), 1);
  CHECK_INT(text_count(&out, "\"source_id\":\"N\",\"version\":3"), 1);
  text_free(&out);
  sync_links(link_make(r), link_make(peer)); /* the extended dialect has `written` */
  check_entries(peer, "a=1 N3 dot H6;b=2 N5 dot N5;");
  check_same(r, peer);
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(a_late_update_that_is_beaten_changes_nothing) {
  scuttle_t *r = replica_exact("H");
  scuttle_link_t *link = classic(r);
  char *before, *after;
  CHECK_CODE(feed_update(link, "a", "2", "N", 5), SCUTTLE_OK);
  before = state_text(r);
  CHECK_CODE(feed_update(link, "a", "1", "N", 3), SCUTTLE_OK);
  after = state_text(r);
  CHECK_STR(after, before);
  CHECK_U64(version_of(r), 5);
  CHECK_U64(clock_of(r, "H"), 0);
  free(before);
  free(after);
  scuttle_free(r);
}

TEST(updates_in_any_order_are_the_same) {
  /* Six updates of two sources in random orders, to a hub from which two peers request. */
  uint64_t seed;
  printf("  seeds 1 to 200\n");
  for (seed = 1; seed <= 200 && !check_failures; seed++) {
    static const struct { const char *key, *value, *source; uint64_t version; } all[] = {
        {"a", "1", "N", 1}, {"b", "2", "N", 2}, {"a", "3", "M", 3}, {"c", "4", "M", 4}, {"b", "5", "N", 5}, {"d", "6", "M", 6}};
    scuttle_t *r = replica_exact("H"), *one = replica_exact("P"), *two = replica_exact("Q");
    scuttle_link_t *link = classic(r), *a, *b;
    uint64_t random = seed;
    size_t order[6] = {0, 1, 2, 3, 4, 5}, i;
    int round;
    for (i = 6; i > 1; i--) {
      size_t j = random_below(&random, i), swap = order[i - 1];
      order[i - 1] = order[j];
      order[j] = swap;
    }
    a = classic(r), b = classic(one);
    for (i = 0; i < 6; i++) {
      const size_t n = order[i];
      CHECK_CODE(feed_update(link, all[n].key, all[n].value, all[n].source, all[n].version), SCUTTLE_OK);
      if (random_below(&random, 3) == 0) talk_links(a, b, 1 << 20);
    }
    for (round = 0; round < 3; round++) talk_links(a, b, 1 << 20);
    talk(r, two, 0, 1 << 20);
    CHECK_STR(value_of(r, "a"), "3");
    CHECK_STR(value_of(r, "b"), "5");
    CHECK_STR(value_of(r, "c"), "4");
    CHECK_STR(value_of(r, "d"), "6");
    check_same(r, one);
    check_same(r, two);
    if (check_failures) printf("  seed %d\n", (int)seed);
    scuttle_free(r);
    scuttle_free(one);
    scuttle_free(two);
  }
}

/* --- spellings --- */

TEST(spellings_of_one_value_are_one_value) {
  static const struct { const char *stands, *other; } pairs[] = {
      {"20", "20.0"},   {"2", "2.000"},     {"1E5", "100000"},     {"1e2", "1E+2"},          {"\"/\"", "\"\\/\""},
      {"{\"1\":2,\"2\":1}", "{\"2\":1,\"1\":2}"}, {"[1.5]", "[1.50]"},
      {"\"\xc3\xa9\"", "\"\\u00e9\""},  {"1E2", "1e2"}, {"9007199254740992", "9007199254740993"}};
  size_t i;
  int turn;
  for (i = 0; i < sizeof pairs / sizeof *pairs; i++)
    for (turn = 0; turn < 2; turn++) {
      scuttle_t *r = replica_exact("H"), *peer = replica_exact("P");
      scuttle_link_t *link = classic(r);
      told_t told;
      memset(&told, 0, sizeof told);
      CHECK_CODE(feed_update(link, "k", turn ? pairs[i].other : pairs[i].stands, "N", 3), SCUTTLE_OK);
      CHECK_CODE(feed_update(link_make(peer), "k", turn ? pairs[i].stands : pairs[i].other, "N", 3), SCUTTLE_OK);
      if (feed_update(link, "k", turn ? pairs[i].stands : pairs[i].other, "N", 3) != SCUTTLE_OK)
        CHECK_SAY("%s and %s: %s", pairs[i].stands, pairs[i].other, scuttle_errmsg(r));
      CHECK_STR(value_of(r, "k"), pairs[i].stands);
      CHECK_U64(clock_of(r, "N"), 3);
      sync_links(link_make(r), link_make(peer));
      CHECK_STR(value_of(peer, "k"), pairs[i].stands);
      check_same(r, peer);
      scuttle_free(r);
      scuttle_free(peer);
    }
}

TEST(other_values_are_still_an_equivocation) {
  static const char *const others[] = {"2", "1.1", "\"1\"", "[1]", "true", "{\"a\":1}", "-1"};
  size_t i;
  for (i = 0; i < sizeof others / sizeof *others; i++) {
    scuttle_t *r = replica_exact("H");
    scuttle_link_t *link = classic(r);
    CHECK_CODE(feed_update(link, "k", "1", "N", 3), SCUTTLE_OK);
    CHECK_CODE(feed_update(link, "k", others[i], "N", 3), SCUTTLE_E_CORRUPT);
    CHECK_STR(value_of(r, "k"), "1");
    scuttle_free(r);
  }
}

/* --- nulls and deletes --- */

TEST(a_null_of_an_incarnation_is_a_delete) {
  static const struct { const char *source; int is_delete; } sources[] = {
      {"n~AAAAAAAA", 1}, {"n~a-_90zZ8", 1}, {"n", 0}, {"n~AAAAAAA", 0}, {"n~AAAAAAAAA", 0}, {"n~AAAA AAA", 0}, {"n-AAAAAAAA", 0}};
  size_t i;
  for (i = 0; i < sizeof sources / sizeof *sources; i++) {
    scuttle_t *r = replica_make("local");
    scuttle_link_t *link = classic(r);
    CHECK_CODE(feed_update(link, "k", "1", sources[i].source, 1), SCUTTLE_OK);
    CHECK_CODE(feed_update(link, "k", "null", sources[i].source, 2), SCUTTLE_OK);
    if (sources[i].is_delete) CHECK(value_of(r, "k") == NULL);
    else CHECK_STR(value_of(r, "k"), "null");
    CHECK_INT(count_of(r), !sources[i].is_delete);
    scuttle_free(r);
  }
}

TEST(a_null_that_is_sent_classic_becomes_a_delete) {
  scuttle_t *r = replica_make("local"), *exact = replica_exact("exact"), *peer = replica_make("peer");
  scuttle_link_t *link = classic(r), *of_exact = classic(exact);
  text_t out = {NULL, 0, 0};
  CHECK_CODE(set(r, "k", "null"), SCUTTLE_OK);
  CHECK_CODE(set(r, "l", "[null]"), SCUTTLE_OK);
  CHECK_CODE(set(exact, "k", "null"), SCUTTLE_OK);
  CHECK_INT(count_of(r), 2);
  sync_links(link_make(r), link_make(peer)); /* not in the extended dialect */
  CHECK_STR(value_of(r, "k"), "null");
  CHECK_STR(value_of(peer, "k"), "null");
  CHECK_CODE(feed(link, DONE), SCUTTLE_OK);
  read_all(link, 0, &out);
  CHECK_INT(text_count(&out, "\"key\":\"k\",\"value\":null"), 1);
  CHECK(value_of(r, "k") == NULL);
  CHECK_STR(value_of(r, "l"), "[null]");
  CHECK_INT(count_of(r), 1);
  sync_links(link_make(r), link_make(peer));
  CHECK(value_of(peer, "k") == NULL); /* after the next gossip */
  check_same(r, peer);
  CHECK_CODE(feed(of_exact, DONE), SCUTTLE_OK);
  text_free(&out);
  read_all(of_exact, 0, &out);
  CHECK_STR(out.data, "{\"key\":\"k\",\"value\":null,\"source_id\":\"exact\",\"version\":1}\n");
  CHECK_STR(value_of(exact, "k"), "null"); /* an exact source stays as it is */
  text_free(&out);
  scuttle_free(r);
  scuttle_free(exact);
  scuttle_free(peer);
}

/* --- refusals --- */

typedef struct {
  int asked, refuses;
} judge_t;

static int accept_update(void *context, scuttle_link_t *from, const scuttle_update_t *update) {
  judge_t *judge = (judge_t *)context;
  CHECK(from != NULL);
  judge->asked++;
  return !judge->refuses || update->key[0] != 'x';
}

TEST(accept_refuses_on_classic_links) {
  scuttle_config_t config = config_exact();
  judge_t judge = {0, 1};
  scuttle_t *r;
  scuttle_link_t *link;
  config.accept = accept_update;
  config.context = &judge;
  r = replica_with("H", &config);
  link = classic(r);
  CHECK_CODE(feed_update(link, "a", "1", "N", 1), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "x", "2", "N", 2), SCUTTLE_E_REFUSED);
  CHECK_U64(clock_of(r, "N"), 1); /* it covers nothing */
  CHECK_CODE(feed_update(link, "x", "2", "N", 2), SCUTTLE_OK); /* an error the first time; the host is called once */
  CHECK_INT(judge.asked, 2);
  CHECK_CODE(feed_update(link, "b", "3", "N", 3), SCUTTLE_OK); /* later updates arrive */
  CHECK_U64(clock_of(r, "N"), 3);
  CHECK_CODE(feed_update(link, "x", "2", "N", 2), SCUTTLE_OK);
  CHECK_INT(count_of(r), 2);
  CHECK(value_of(r, "x") == NULL);
  CHECK_CODE(scuttle_link_gossip(link), SCUTTLE_OK);
  check_output(link, DONE);
  CHECK_CODE(scuttle_link_gossip(link), SCUTTLE_OK);
  {
    text_t out = {NULL, 0, 0};
    read_all(link, 0, &out);
    CHECK_INT(text_count(&out, "\"N\",\"version\":3}"), 1); /* it is not requested again */
    text_free(&out);
  }
  judge.refuses = 0;
  CHECK_CODE(scuttle_accept_again(r), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_gossip(link), SCUTTLE_OK);
  check_output(link, DONE); /* until now */
  CHECK_CODE(feed_update(link, "x", "2", "N", 2), SCUTTLE_OK);
  CHECK_STR(value_of(r, "x"), "2");
  CHECK_U64(clock_of(r, "N"), 3);
  scuttle_free(r);
}

TEST(limits_refuse_on_classic_links) {
  scuttle_config_t config = config_exact();
  scuttle_t *r, *peer = replica_exact("P");
  scuttle_link_t *link;
  config.max_value_bytes = 3;
  config.max_key_bytes = 3;
  config.max_depth = 1;
  r = replica_with("H", &config);
  link = classic(r);
  CHECK_CODE(feed_update(link, "a", "1234", "N", 2), SCUTTLE_E_VALUE_SIZE);
  CHECK_CODE(feed_update(link, "long", "1", "N", 3), SCUTTLE_E_KEY_SIZE);
  CHECK_CODE(feed_update(link, "d", "[[]", "N", 4), SCUTTLE_E_JSON);
  CHECK_CODE(feed_update(link, "d", "[[1]]", "N", 4), SCUTTLE_E_DEPTH);
  CHECK_U64(clock_of(r, "N"), 0);
  CHECK_CODE(feed_update(link, "b", "1", "N", 9), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "a", "1234", "N", 2), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "long", "1", "N", 3), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "d", "[[1]]", "N", 4), SCUTTLE_OK);
  CHECK_INT(count_of(r), 1);
  CHECK_U64(clock_of(r, "N"), 9);
  sync_links(link_make(r), link_make(peer));
  CHECK_CODE(feed_update(link_with(peer, SCUTTLE_LINK_CLASSIC), "a", "1234", "N", 2), SCUTTLE_OK); /* the peer has noted it as missing */
  CHECK_STR(value_of(peer, "a"), "1234");
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(too_many_refusals_end_a_classic_link) {
  scuttle_config_t config = config_exact();
  judge_t judge = {0, 1};
  scuttle_t *r;
  scuttle_link_t *link;
  int code = SCUTTLE_OK;
  uint64_t version;
  config.accept = accept_update;
  config.context = &judge;
  config.max_refused = 2;
  r = replica_with("H", &config);
  link = classic(r);
  /* Covered ones, because uncovered ones evict each other. */
  CHECK_CODE(feed_update(link, "b", "1", "N", 10), SCUTTLE_OK);
  for (version = 1; version <= 3; version++) {
    char key[24];
    snprintf(key, sizeof key, "x%d", (int)version); /* a later refusal of a key replaces an earlier one */
    code = feed_update(link, key, "1", "N", version);
  }
  CHECK_CODE(code, SCUTTLE_E_REFUSED);
  CHECK(strstr(scuttle_errmsg(r), "max_refused") != NULL);
  CHECK_CODE(feed_update(link, "a", "1", "N", 14), SCUTTLE_E_REFUSED);
  CHECK_CODE(feed(link, DONE), SCUTTLE_E_REFUSED);
  CHECK_INT(count_of(r), 1);
  scuttle_free(r);
}

CHECK_MAIN
