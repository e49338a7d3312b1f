/* Times to live: they travel with the update, and each replica counts them by its host's clock. */
#include "check.h"
#include "support.h"

#define FOREVER UINT64_MAX

typedef struct {
  int updates, expired;
} seen_t;

static void see(void *context, const scuttle_update_t *update) {
  seen_t *seen = (seen_t *)context;
  seen->updates++;
  if (update->flags & SCUTTLE_UPDATE_EXPIRED) {
    seen->expired++;
    CHECK((update->flags & SCUTTLE_UPDATE_DELETED) != 0);
    CHECK_BYTES(update->value, update->value_len, "null", 4);
  }
}

static int set_ttl(scuttle_t *r, const char *key, const char *json, uint64_t ttl) {
  return scuttle_set_ttl(r, key, SCUTTLE_NTS, json, SCUTTLE_NTS, ttl);
}

/* Gossips on new links until both are equal. */
static void sync_two(scuttle_t *a, scuttle_t *b) {
  scuttle_link_t *ab = link_make(a), *ba = link_make(b);
  sync_links(ab, ba);
  scuttle_link_close(ab);
  scuttle_link_close(ba);
}

TEST(a_key_expires_by_itself) {
  scuttle_config_t config = config_make();
  seen_t seen = {0, 0};
  scuttle_t *r;
  config.context = &seen;
  config.on_update = see;
  r = replica_with("local", &config);
  CHECK_CODE(scuttle_tick(r, 1000), SCUTTLE_OK);
  CHECK_CODE(set_ttl(r, "k", "1", 50), SCUTTLE_OK);
  CHECK_CODE(set_ttl(r, "l", "1", 70), SCUTTLE_OK);
  CHECK_CODE(set(r, "m", "1"), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 1049), SCUTTLE_OK);
  CHECK_STR(value_of(r, "k"), "1");
  CHECK_CODE(scuttle_tick(r, 1050), SCUTTLE_OK);
  CHECK(value_of(r, "k") == NULL);
  CHECK_INT(seen.expired, 1);
  CHECK_U64(version_of(r), 4); /* a local write */
  CHECK_CODE(scuttle_tick(r, 1051), SCUTTLE_OK);
  CHECK_STR(value_of(r, "l"), "1");
  CHECK_CODE(scuttle_tick(r, 99999), SCUTTLE_OK);
  CHECK_INT(count_of(r), 1);
  CHECK_INT(seen.expired, 2);
  CHECK_INT(seen.updates, 5);
  CHECK_CODE(scuttle_tick(r, FOREVER), SCUTTLE_OK);
  CHECK_INT(seen.updates, 5);
  scuttle_free(r);
}

TEST(many_in_order_of_time) {
  scuttle_t *r = replica_make("local");
  uint64_t random = 3, ttl[500];
  int i, now;
  CHECK_CODE(scuttle_tick(r, 0), SCUTTLE_OK);
  for (i = 0; i < 500; i++) {
    char key[24];
    snprintf(key, sizeof key, "k%d", i);
    ttl[i] = 1 + random_below(&random, 300);
    CHECK_CODE(set_ttl(r, key, "1", ttl[i]), SCUTTLE_OK);
  }
  for (now = 1; now <= 301; now += 1 + (int)random_below(&random, 9)) {
    size_t left = 0;
    for (i = 0; i < 500; i++) left += ttl[i] > (uint64_t)now;
    CHECK_CODE(scuttle_tick(r, (uint64_t)now), SCUTTLE_OK);
    CHECK_INT(count_of(r), left);
  }
  scuttle_free(r);
}

TEST(nothing_at_all) {
  scuttle_t *r = replica_make("local");
  CHECK_CODE(set_ttl(r, "k", "1", 0), SCUTTLE_OK);
  CHECK_STR(value_of(r, "k"), "1");
  CHECK_CODE(scuttle_tick(r, 0), SCUTTLE_OK);
  CHECK(value_of(r, "k") == NULL);
  scuttle_free(r);
}

TEST(very_long) {
  scuttle_t *r = replica_make("local");
  CHECK_CODE(scuttle_tick(r, FOREVER - 10), SCUTTLE_OK);
  CHECK_CODE(set_ttl(r, "k", "1", FOREVER), SCUTTLE_OK);
  CHECK_CODE(set_ttl(r, "l", "1", FOREVER - 5), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, FOREVER), SCUTTLE_OK);
  CHECK_INT(count_of(r), 2);
  scuttle_free(r);
}

TEST(time_does_not_go_back) {
  scuttle_t *r = replica_make("local");
  CHECK_CODE(scuttle_tick(r, 1000), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 10), SCUTTLE_OK);
  CHECK_CODE(set_ttl(r, "k", "1", 50), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 60), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 1049), SCUTTLE_OK);
  CHECK_STR(value_of(r, "k"), "1");
  CHECK_CODE(scuttle_tick(r, 1050), SCUTTLE_OK);
  CHECK(value_of(r, "k") == NULL);
  scuttle_free(r);
}

TEST(another_write_ends_a_time_to_live) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  CHECK_CODE(scuttle_tick(r, 0), SCUTTLE_OK);
  CHECK_CODE(set_ttl(r, "a", "1", 50), SCUTTLE_OK);
  CHECK_CODE(set(r, "a", "2"), SCUTTLE_OK);
  CHECK_CODE(set_ttl(r, "b", "1", 50), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "b", "2", "B", 90), SCUTTLE_OK); /* a peer's */
  CHECK_CODE(set_ttl(r, "c", "1", 50), SCUTTLE_OK);
  CHECK_CODE(set_ttl(r, "c", "2", 500), SCUTTLE_OK); /* longer now */
  CHECK_CODE(set_ttl(r, "d", "1", 50), SCUTTLE_OK);
  CHECK_CODE(unset(r, "d"), SCUTTLE_OK);
  CHECK_CODE(set_ttl(r, "e", "1", 500), SCUTTLE_OK);
  CHECK_CODE(set_ttl(r, "e", "2", 50), SCUTTLE_OK); /* shorter now */
  CHECK_CODE(scuttle_tick(r, 100), SCUTTLE_OK);
  CHECK_STR(value_of(r, "a"), "2");
  CHECK_STR(value_of(r, "b"), "2");
  CHECK_STR(value_of(r, "c"), "2");
  CHECK(value_of(r, "d") == NULL);
  CHECK(value_of(r, "e") == NULL);
  CHECK_CODE(scuttle_tick(r, 1000), SCUTTLE_OK);
  CHECK_STR(value_of(r, "a"), "2");
  CHECK(value_of(r, "c") == NULL);
  scuttle_free(r);
}

TEST(the_first_tick_starts_the_time) {
  /* For any first tick, keys that were set before it count from there. */
  uint64_t firsts[] = {0, 7, 1700000000000u};
  size_t i;
  for (i = 0; i < 3; i++) {
    scuttle_t *r = replica_make("local");
    CHECK_CODE(set_ttl(r, "k", "1", 30), SCUTTLE_OK);
    CHECK_CODE(scuttle_tick(r, firsts[i]), SCUTTLE_OK);
    CHECK_CODE(scuttle_tick(r, firsts[i] + 29), SCUTTLE_OK);
    CHECK_STR(value_of(r, "k"), "1");
    CHECK_CODE(scuttle_tick(r, firsts[i] + 30), SCUTTLE_OK);
    CHECK(value_of(r, "k") == NULL);
    scuttle_free(r);
  }
}

TEST(the_writer_is_gone) {
  /* Its peers delete its keys, each by its own clock: half the time to live later, and a random part of that. */
  char names[8][16];
  scuttle_t *writer = replica_make("writer"), *peers[8];
  int i, k, earlier = 0;
  CHECK_CODE(scuttle_tick(writer, 5), SCUTTLE_OK);
  CHECK_CODE(set_ttl(writer, "k", "1", 1000), SCUTTLE_OK);
  for (i = 0; i < 8; i++) {
    snprintf(names[i], sizeof names[i], "p%d", i);
    peers[i] = replica_make(names[i]);
    CHECK_CODE(scuttle_tick(peers[i], (uint64_t)i * 1000000), SCUTTLE_OK);
    sync_two(writer, peers[i]);
  }
  scuttle_free(writer);
  for (i = 0; i < 8; i++) {
    uint64_t from = (uint64_t)i * 1000000;
    CHECK_CODE(scuttle_tick(peers[i], from + 1499), SCUTTLE_OK);
    CHECK_STR(value_of(peers[i], "k"), "1");
    CHECK_CODE(scuttle_tick(peers[i], from + 1750), SCUTTLE_OK);
    earlier += value_of(peers[i], "k") == NULL;
    CHECK_CODE(scuttle_tick(peers[i], from + 2000), SCUTTLE_OK);
    CHECK(value_of(peers[i], "k") == NULL);
  }
  CHECK(earlier > 0 && earlier < 8);
  /* Eight replicas have ended one write. */
  for (i = 0; i < 8; i++)
    for (k = 0; k < 8; k++)
      if (i != k) sync_two(peers[i], peers[k]);
  for (i = 0; i < 8; i++) CHECK_INT(count_of(peers[i]), 0);
  for (i = 0; i < 8; i++) scuttle_free(peers[i]);
}

TEST(a_renewal_stands) {
  scuttle_t *a = replica_make("a"), *b = replica_make("b");
  CHECK_CODE(scuttle_tick(a, 0), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(b, 0), SCUTTLE_OK);
  CHECK_CODE(set_ttl(a, "k", "1", 100), SCUTTLE_OK);
  sync_two(a, b);
  CHECK_CODE(scuttle_tick(a, 90), SCUTTLE_OK);
  CHECK_CODE(set_ttl(a, "k", "2", 100), SCUTTLE_OK);
  for (int i = 0; i < 20; i++) set(b, "busy", "1");
  CHECK_CODE(scuttle_tick(b, FOREVER), SCUTTLE_OK); /* a jump */
  CHECK(value_of(b, "k") == NULL);
  sync_two(a, b);
  CHECK_STR(value_of(a, "k"), "2");
  CHECK_STR(value_of(b, "k"), "2");
  CHECK_CODE(scuttle_tick(a, 189), SCUTTLE_OK);
  CHECK_STR(value_of(a, "k"), "2");
  CHECK_CODE(scuttle_tick(a, 190), SCUTTLE_OK);
  sync_two(a, b);
  CHECK_INT(count_of(a), 1);
  CHECK_INT(count_of(b), 1);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(null_has_to_win) {
  scuttle_config_t config = config_make();
  scuttle_t *r;
  config.resolver = SCUTTLE_STRICTLY_ORDER_VALUES;
  r = replica_with("local", &config);
  CHECK_CODE(set_ttl(r, "k", "1", 50), SCUTTLE_E_UNSUPPORTED);
  CHECK_CODE(feed(link_make(r), "{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":1,\"ttl\":5}\n"), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 0), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 1000), SCUTTLE_OK);
  CHECK_STR(value_of(r, "k"), "1");
  scuttle_free(r);
}

TEST(a_read_only_link_brings_no_expiry) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_with(r, SCUTTLE_LINK_ANY | SCUTTLE_LINK_READ_ONLY);
  char *before = snapshot(r), *after;
  CHECK_CODE(feed(link, "{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":1,\"ttl\":0}\n"), SCUTTLE_E_READ_ONLY);
  CHECK_CODE(scuttle_tick(r, 0), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, FOREVER), SCUTTLE_OK);
  after = snapshot(r);
  CHECK_STR(after, before);
  free(before);
  free(after);
  scuttle_free(r);
}

TEST(peers_see_a_delete) {
  /* The writer deletes first, before the ticks of its peer. */
  scuttle_config_t config = config_make();
  seen_t seen = {0, 0};
  scuttle_t *a = replica_make("a"), *b;
  scuttle_link_t *ab, *ba;
  config.context = &seen;
  config.on_update = see;
  b = replica_with("b", &config);
  ab = link_with(a, SCUTTLE_LINK_LIVE);
  ba = link_with(b, SCUTTLE_LINK_LIVE);
  CHECK_CODE(scuttle_gossip(a), SCUTTLE_OK);
  carry(ab, ba);
  CHECK_CODE(scuttle_tick(a, 0), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(b, 0), SCUTTLE_OK);
  CHECK_CODE(set_ttl(a, "k", "1", 50), SCUTTLE_OK);
  carry(ab, ba);
  CHECK_STR(value_of(b, "k"), "1");
  CHECK_CODE(scuttle_tick(b, 74), SCUTTLE_OK);
  CHECK_STR(value_of(b, "k"), "1");
  CHECK_CODE(scuttle_tick(a, 100), SCUTTLE_OK);
  carry(ab, ba);
  CHECK(value_of(b, "k") == NULL);
  CHECK_INT(seen.expired, 1);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(errors_are_those_of_set) {
  scuttle_t *r = replica_make("local");
  char *before = snapshot(r), *after;
  CHECK_CODE(set_ttl(r, "", "1", 5), SCUTTLE_E_KEY);
  CHECK_CODE(set_ttl(r, "k", "nonsense", 5), SCUTTLE_E_JSON);
  CHECK_CODE(set_ttl(r, NULL, "1", 5), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(set_ttl(r, "k", NULL, 5), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(set_ttl(NULL, "k", "1", 5), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_set_ttl(r, "k", SIZE_MAX - 1, "1", 1, 5), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_set_ttl(r, "k", 1, "1", (size_t)PTRDIFF_MAX + 1, 5), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_tick(NULL, 5), SCUTTLE_E_ARGUMENT);
  after = snapshot(r);
  CHECK_STR(after, before);
  CHECK_CODE(scuttle_tick(r, 5), SCUTTLE_OK);
  free(before);
  free(after);
  scuttle_free(r);
}

TEST(no_version_is_left) {
  scuttle_config_t config = config_make();
  scuttle_t *r;
  int i;
  config.state = "{\"key\":\"x\",\"value\":1,\"source_id\":\"A\",\"version\":9007199254740988}\n";
  config.state_len = SCUTTLE_NTS;
  r = replica_with("local", &config);
  CHECK_CODE(scuttle_tick(r, 0), SCUTTLE_OK);
  for (i = 0; i < 3; i++) {
    char key[24];
    snprintf(key, sizeof key, "k%d", i);
    CHECK_CODE(set_ttl(r, key, "1", 50), SCUTTLE_OK);
  }
  for (i = 0; i < 2; i++) {
    CHECK_CODE(scuttle_tick(r, 100), SCUTTLE_E_EXHAUSTED);
    CHECK_INT(count_of(r), 4);
    CHECK_STR(value_of(r, "k1"), "1");
  }
  scuttle_free(r);
}

TEST(a_time_to_live_is_saved) {
  /* With the rest of it and the host's time: the next start continues there. */
  scuttle_config_t config = config_exact();
  scuttle_t *a = replica_with("local", &config), *b = NULL;
  text_t saved = {NULL, 0, 0};
  CHECK_CODE(scuttle_tick(a, 1000), SCUTTLE_OK);
  CHECK_CODE(set_ttl(a, "k", "1", 50), SCUTTLE_OK);
  CHECK_CODE(set_ttl(a, "l", "1", 500), SCUTTLE_OK);
  CHECK_CODE(set_ttl(a, "m", "1", 50), SCUTTLE_OK);
  CHECK_CODE(set(a, "m", "2"), SCUTTLE_OK);
  export_all(a, &saved);
  CHECK_INT(text_count(&saved, "\"ttl\""), 2);
  config.state = saved.data;
  config.state_len = saved.len;
  CHECK_CODE(scuttle_new("local", &config, &b), SCUTTLE_OK);
  REQUIRE(b);
  CHECK_INT(count_of(b), 3);
  CHECK_CODE(scuttle_tick(b, 1049), SCUTTLE_OK);
  CHECK_INT(count_of(b), 3);
  CHECK_CODE(scuttle_tick(b, 1050), SCUTTLE_OK);
  CHECK(value_of(b, "k") == NULL);
  CHECK_CODE(scuttle_tick(b, 2000), SCUTTLE_OK);
  CHECK_INT(count_of(b), 1);
  CHECK_STR(value_of(b, "m"), "2");
  scuttle_free(b);
  CHECK_CODE(scuttle_new("another", &config, &b), SCUTTLE_OK); /* another name may have another clock */
  CHECK_CODE(scuttle_tick(b, 2000), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(b, 2074), SCUTTLE_OK);
  CHECK_INT(count_of(b), 3);
  CHECK_CODE(scuttle_tick(b, 2100), SCUTTLE_OK);
  CHECK(value_of(b, "k") == NULL);
  CHECK_CODE(scuttle_tick(b, 3000), SCUTTLE_OK);
  CHECK_INT(count_of(b), 1);
  text_free(&saved);
  scuttle_free(a);
  scuttle_free(b);
}

/* Expired keys are deleted 4,096 in a call. */
TEST(many_at_once) {
  scuttle_t *r = replica_make("local");
  char key[16];
  int i;
  CHECK_CODE(scuttle_tick(r, 1000), SCUTTLE_OK);
  for (i = 0; i < 9000; i++) {
    snprintf(key, sizeof key, "k%d", i);
    CHECK_CODE(set_ttl(r, key, "1", 50), SCUTTLE_OK);
  }
  CHECK_CODE(set(r, "m", "1"), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 1050), SCUTTLE_MORE);
  CHECK_INT(count_of(r), 9001 - 4096);
  CHECK_CODE(set(r, "n", "1"), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 1050), SCUTTLE_MORE);
  CHECK_CODE(scuttle_tick(r, 1050), SCUTTLE_OK);
  CHECK_INT(count_of(r), 2);
  CHECK_CODE(scuttle_tick(r, 1050), SCUTTLE_OK);
  scuttle_free(r);
}

CHECK_MAIN
