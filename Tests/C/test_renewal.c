/* SCUTTLE_TTL_RENEW: a replica renews its own keys by its ticks, while it is there. */
#include "check.h"
#include "support.h"

typedef struct {
  int updates, expired;
  char last[64];
} seen_t;

static void see(void *context, const scuttle_update_t *update) {
  seen_t *seen = (seen_t *)context;
  seen->updates++;
  seen->expired += (update->flags & SCUTTLE_UPDATE_EXPIRED) != 0;
  snprintf(seen->last, sizeof seen->last, "%.*s=%.*s", (int)update->key_len, update->key, (int)update->value_len, update->value);
}

static int renew(scuttle_t *r, const char *key, const char *json, uint64_t ttl) {
  return scuttle_set_ttl(r, key, SCUTTLE_NTS, json, SCUTTLE_NTS, ttl | SCUTTLE_TTL_RENEW);
}

static void sync_two(scuttle_t *a, scuttle_t *b) {
  scuttle_link_t *ab = link_make(a), *ba = link_make(b);
  sync_links(ab, ba);
  scuttle_link_close(ab);
  scuttle_link_close(ba);
}

static scuttle_t *seen_replica(const char *name, seen_t *seen) {
  scuttle_config_t config = config_exact();
  memset(seen, 0, sizeof *seen);
  config.context = seen;
  config.on_update = see;
  return replica_with(name, &config);
}

TEST(half_of_the_time) {
  seen_t seen;
  scuttle_t *r = seen_replica("local", &seen);
  uint64_t now;
  CHECK_CODE(scuttle_tick(r, 1000), SCUTTLE_OK);
  CHECK_CODE(renew(r, "k", "[1]", 100), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 1049), SCUTTLE_OK);
  CHECK_U64(version_of(r), 1);
  CHECK_CODE(scuttle_tick(r, 1050), SCUTTLE_OK);
  CHECK_U64(version_of(r), 2);
  CHECK_INT(seen.updates, 2);
  CHECK_STR(seen.last, "k=[1]");
  CHECK_CODE(scuttle_tick(r, 1050), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 1099), SCUTTLE_OK);
  CHECK_U64(version_of(r), 2);
  /* The half counts from the latest renewal. */
  CHECK_CODE(scuttle_tick(r, 1140), SCUTTLE_OK);
  CHECK_U64(version_of(r), 3);
  CHECK_CODE(scuttle_tick(r, 1189), SCUTTLE_OK);
  CHECK_U64(version_of(r), 3);
  for (now = 1190; now < 10000; now += 10) CHECK_CODE(scuttle_tick(r, now), SCUTTLE_OK);
  CHECK_STR(value_of(r, "k"), "[1]");
  CHECK_INT(seen.expired, 0);
  CHECK_U64(version_of(r), 3 + (10000 - 1190) / 50 + 1);
  scuttle_free(r);
}

TEST(the_first_tick_starts_the_time) {
  scuttle_t *r = replica_exact("local");
  CHECK_CODE(renew(r, "k", "1", 100), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 1700000000000u), SCUTTLE_OK);
  CHECK_U64(version_of(r), 1);
  CHECK_CODE(scuttle_tick(r, 1700000000050u), SCUTTLE_OK);
  CHECK_U64(version_of(r), 2);
  scuttle_free(r);
}

TEST(a_suspended_host) {
  /* A tick that comes too late renews, and deletes nothing. */
  seen_t seen;
  scuttle_t *r = seen_replica("local", &seen);
  CHECK_CODE(scuttle_tick(r, 0), SCUTTLE_OK);
  CHECK_CODE(renew(r, "k", "1", 100), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 100000), SCUTTLE_OK);
  CHECK_STR(value_of(r, "k"), "1");
  CHECK_INT(seen.updates, 2);
  CHECK_CODE(scuttle_tick(r, 200000), SCUTTLE_OK);
  CHECK_INT(seen.updates, 3);
  CHECK_INT(seen.expired, 0);
  scuttle_free(r);
}

TEST(a_later_write_of_this_replica_ends_it) {
  seen_t seen;
  scuttle_t *r = seen_replica("local", &seen);
  scuttle_write_t write;
  CHECK_CODE(scuttle_tick(r, 0), SCUTTLE_OK);
  renew(r, "set", "1", 100), set(r, "set", "2");
  renew(r, "delete", "1", 100), unset(r, "delete");
  renew(r, "shorter", "1", 100), scuttle_set_ttl(r, "shorter", SCUTTLE_NTS, "1", 1, 50);
  renew(r, "same", "1", 100), set(r, "same", "1");
  renew(r, "again", "1", 100), renew(r, "again", "2", 1000);
  renew(r, "batch", "1", 100);
  memset(&write, 0, sizeof write);
  write.key = "batch", write.key_len = SCUTTLE_NTS, write.json = "3", write.json_len = 1;
  CHECK_CODE(scuttle_set_many(r, &write, 1), SCUTTLE_OK);
  CHECK_U64(version_of(r), 12);
  CHECK_CODE(scuttle_tick(r, 499), SCUTTLE_OK);
  CHECK_U64(version_of(r), 13); /* the expiry of `shorter` */
  CHECK_STR(value_of(r, "set"), "2");
  CHECK(value_of(r, "delete") == NULL);
  CHECK(value_of(r, "shorter") == NULL);
  CHECK_CODE(scuttle_tick(r, 500), SCUTTLE_OK);
  CHECK_STR(seen.last, "again=2");
  CHECK_CODE(scuttle_tick(r, 5000), SCUTTLE_OK);
  CHECK_U64(version_of(r), 15);
  CHECK_INT(count_of(r), 4);
  scuttle_free(r);
}

TEST(another_writer_ends_it) {
  scuttle_t *r = replica_exact("local");
  scuttle_link_t *link = link_with(r, SCUTTLE_LINK_ANY);
  CHECK_CODE(scuttle_tick(r, 0), SCUTTLE_OK);
  renew(r, "older", "1", 100);
  renew(r, "newer", "1", 100);
  renew(r, "gone", "1", 100);
  CHECK_CODE(feed_update(link, "older", "7", "A", 1), SCUTTLE_OK); /* loses: a lesser timestamp */
  CHECK_CODE(feed_update(link, "newer", "7", "A", 20), SCUTTLE_OK);
  CHECK_CODE(feed(link, "{\"key\":\"gone\",\"value\":null,\"deleted\":true,\"source_id\":\"A\",\"version\":21}\n"), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 100), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 1000), SCUTTLE_OK);
  CHECK_STR(value_of(r, "newer"), "7");
  CHECK_STR(value_of(r, "older"), "1");
  CHECK(value_of(r, "gone") == NULL);
  CHECK_U64(version_of(r), 23);
  scuttle_free(r);
}

TEST(a_copy_does_not_end_it) {
  /* The same write under a dot of a peer's, with its time to live and without. */
  const char *ttl[] = {",\"ttl\":100", ""};
  size_t i;
  for (i = 0; i < 2; i++) {
    seen_t seen;
    scuttle_t *r = seen_replica("local", &seen);
    scuttle_link_t *link = link_with(r, SCUTTLE_LINK_ANY);
    char line[200];
    CHECK_CODE(scuttle_tick(r, 0), SCUTTLE_OK);
    CHECK_CODE(renew(r, "k", "1", 100), SCUTTLE_OK);
    snprintf(line, sizeof line, "{\"key\":\"k\",\"value\":1,\"source_id\":\"B\",\"version\":9,\"written\":[\"local\",1]%s}\n", ttl[i]);
    CHECK_CODE(feed(link, line), SCUTTLE_OK);
    CHECK_CODE(scuttle_tick(r, 50), SCUTTLE_OK);
    CHECK_U64(version_of(r), 10);
    CHECK_CODE(scuttle_tick(r, 100), SCUTTLE_OK);
    CHECK_U64(version_of(r), 11);
    CHECK_STR(value_of(r, "k"), "1");
    CHECK_INT(seen.expired, 0);
    /* A write after such a copy ends it as ever. */
    snprintf(line, sizeof line, "{\"key\":\"k\",\"value\":1,\"source_id\":\"B\",\"version\":12,\"written\":[\"local\",11]%s}\n", ttl[i]);
    CHECK_CODE(feed(link, line), SCUTTLE_OK);
    CHECK_CODE(set(r, "k", "2"), SCUTTLE_OK);
    CHECK_CODE(scuttle_tick(r, 1000), SCUTTLE_OK);
    CHECK_U64(version_of(r), 13);
    CHECK_STR(value_of(r, "k"), "2");
    scuttle_free(r);
  }
}

TEST(to_leave_ends_it) {
  scuttle_t *r = replica_make("local");
  uint64_t version;
  CHECK_CODE(scuttle_tick(r, 0), SCUTTLE_OK);
  CHECK_CODE(renew(r, "k", "1", 100), SCUTTLE_OK);
  CHECK_CODE(scuttle_forget(r, "local", SCUTTLE_NTS), SCUTTLE_OK);
  version = version_of(r);
  CHECK_CODE(scuttle_tick(r, 50), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 1000), SCUTTLE_OK);
  CHECK_U64(version_of(r), version);
  CHECK_CODE(renew(r, "k", "1", 100), SCUTTLE_E_UNSUPPORTED);
  scuttle_free(r);
}

/* Returns two replicas that hold a's key, after b has counted its expiry too early, and a knows of that. */
static void expire_early(scuttle_t **a, scuttle_t **b, seen_t *seen) {
  *a = seen_replica("a", seen), *b = replica_exact("b");
  CHECK_CODE(scuttle_tick(*a, 0), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(*b, 0), SCUTTLE_OK);
  CHECK_CODE(renew(*a, "k", "[1]", 1000), SCUTTLE_OK);
  sync_two(*a, *b);
  CHECK_CODE(scuttle_tick(*b, 100000), SCUTTLE_OK);
  CHECK(value_of(*b, "k") == NULL);
  sync_two(*a, *b);
  CHECK(value_of(*a, "k") == NULL);
  CHECK_INT(seen->expired, 1);
}

TEST(an_expiry_of_a_peer_does_not_end_it) {
  scuttle_t *a, *b;
  seen_t seen;
  int turn;
  expire_early(&a, &b, &seen);
  CHECK_CODE(scuttle_tick(a, 1), SCUTTLE_OK); /* not half of its time */
  CHECK_STR(value_of(a, "k"), "[1]");
  CHECK_STR(seen.last, "k=[1]");
  sync_two(a, b);
  CHECK_STR(value_of(b, "k"), "[1]");
  for (turn = 1; turn < 20; turn++) { /* and so on */
    uint64_t version = version_of(a);
    CHECK_CODE(scuttle_tick(a, 1 + (uint64_t)turn * 500), SCUTTLE_OK);
    CHECK_U64(version_of(a), version + 1);
  }
  CHECK_INT(seen.expired, 1);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(a_write_after_such_an_expiry_ends_it) {
  int i;
  for (i = 0; i < 4; i++) {
    scuttle_t *a, *b;
    seen_t seen;
    size_t purged;
    expire_early(&a, &b, &seen);
    if (i == 0) CHECK_CODE(unset(a, "k"), SCUTTLE_OK);
    if (i == 1) CHECK_CODE(set(a, "k", "2"), SCUTTLE_OK);
    if (i == 2) CHECK_CODE(unset(b, "k"), SCUTTLE_OK);
    if (i == 2) sync_two(a, b);
    if (i == 3) CHECK_CODE(scuttle_set_ttl(a, "k", 1, "2", 1, 400), SCUTTLE_OK);
    if (i != 1) CHECK_CODE(scuttle_purge(a, &purged), SCUTTLE_OK); /* whether its tombstone is there or not */
    CHECK_CODE(scuttle_tick(a, 1), SCUTTLE_OK);
    if (i == 0 || i == 2) CHECK(value_of(a, "k") == NULL);
    if (i == 1 || i == 3) CHECK_STR(value_of(a, "k"), "2");
    CHECK_CODE(scuttle_tick(a, 1000), SCUTTLE_OK);
    CHECK_INT(count_of(a), i == 1);
    scuttle_free(a);
    scuttle_free(b);
  }
}

TEST(a_delete_is_not_purged_before_the_tick) {
  scuttle_t *a, *b;
  seen_t seen;
  size_t purged;
  expire_early(&a, &b, &seen);
  CHECK_CODE(scuttle_purge(a, &purged), SCUTTLE_OK);
  CHECK_INT(purged, 0);
  CHECK_CODE(unset(a, "k"), SCUTTLE_OK);
  CHECK_CODE(scuttle_purge(a, &purged), SCUTTLE_OK);
  CHECK_INT(purged, 0);
  CHECK_CODE(scuttle_tick(a, 1), SCUTTLE_OK);
  CHECK(value_of(a, "k") == NULL);
  CHECK_CODE(scuttle_purge(a, &purged), SCUTTLE_OK);
  CHECK_INT(purged, 1);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(a_reset_does_not_end_it) {
  seen_t seen;
  scuttle_t *a = seen_replica("a", &seen), *b = replica_exact("b");
  size_t purged;
  CHECK_CODE(scuttle_tick(a, 0), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(b, 0), SCUTTLE_OK);
  CHECK_CODE(renew(a, "k", "[1]", 1000), SCUTTLE_OK);
  sync_two(a, b);
  CHECK_CODE(scuttle_tick(b, 100000), SCUTTLE_OK);
  CHECK_CODE(scuttle_purge(b, &purged), SCUTTLE_OK);
  CHECK_INT(purged, 1);
  sync_two(a, b);
  CHECK(value_of(a, "k") == NULL);
  CHECK_CODE(scuttle_tick(a, 1), SCUTTLE_OK);
  CHECK_STR(value_of(a, "k"), "[1]");
  sync_two(a, b);
  CHECK_STR(value_of(b, "k"), "[1]");
  CHECK_CODE(scuttle_tick(a, 501), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(a, 1001), SCUTTLE_OK);
  CHECK_STR(value_of(a, "k"), "[1]");
  scuttle_free(a);
  scuttle_free(b);
}

TEST(its_process_dies) {
  scuttle_t *a = replica_make("a"), *b = replica_make("b");
  uint64_t now;
  CHECK_CODE(renew(a, "members/a", "1", 100), SCUTTLE_OK);
  for (now = 0; now < 2000; now += 50) {
    CHECK_CODE(scuttle_tick(a, now), SCUTTLE_OK);
    CHECK_CODE(scuttle_tick(b, now), SCUTTLE_OK);
    sync_two(a, b);
    CHECK_STR(value_of(b, "members/a"), "1");
  }
  scuttle_free(a);
  CHECK_CODE(scuttle_tick(b, now + 99), SCUTTLE_OK);
  CHECK_STR(value_of(b, "members/a"), "1");
  CHECK_CODE(scuttle_tick(b, now + 150), SCUTTLE_OK);
  CHECK(value_of(b, "members/a") == NULL);
  scuttle_free(b);
}

TEST(a_start_from_a_save_does_not_renew) {
  scuttle_config_t config = config_exact();
  scuttle_t *a = replica_with("local", &config), *b = NULL;
  text_t saved = {NULL, 0, 0};
  CHECK_CODE(scuttle_tick(a, 1000), SCUTTLE_OK);
  CHECK_CODE(renew(a, "k", "1", 100), SCUTTLE_OK);
  export_all(a, &saved);
  config.state = saved.data;
  config.state_len = saved.len;
  CHECK_CODE(scuttle_new("local", &config, &b), SCUTTLE_OK);
  REQUIRE(b);
  CHECK_CODE(scuttle_tick(b, 1099), SCUTTLE_OK);
  CHECK_U64(version_of(b), 1);
  CHECK_CODE(scuttle_tick(b, 1100), SCUTTLE_OK);
  CHECK(value_of(b, "k") == NULL);
  text_free(&saved);
  scuttle_free(a);
  scuttle_free(b);
}

/* Starts a process of a name that knows nothing of its earlier ones. */
static scuttle_t *start(const char *name) {
  scuttle_config_t config = config_start();
  return replica_with(name, &config);
}

/* A process ends after some renewals; the next one of its name, which knows nothing of them, announces itself. */
static void announce_again(int isExpired, int isDeleted) {
  scuttle_t *bob = start("bob"), *ada = start("ada");
  uint64_t now;
  scuttle_tick(bob, 0);
  for (now = 0; now <= 500; now += 50) {
    scuttle_tick(ada, now);
    if (now == 0) renew(ada, "members/ada", "1", 100);
  }
  if (isDeleted) unset(ada, "members/ada");
  sync_two(ada, bob);
  scuttle_free(ada);
  scuttle_tick(bob, 50); /* counts from the arrival */
  if (isExpired) {
    scuttle_tick(bob, 1000);
    CHECK(!value_of(bob, "members/ada"));
  }
  ada = start("ada");
  scuttle_tick(ada, 7000);
  renew(ada, "members/ada", "2", 100);
  sync_two(ada, bob); /* what arrives is later than the announcement */
  scuttle_tick(ada, 7001);
  sync_two(ada, bob);
  CHECK_STR(value_of(ada, "members/ada"), "2");
  CHECK_STR(value_of(bob, "members/ada"), "2");
  for (now = 7050; now < 8000; now += 50) CHECK_CODE(scuttle_tick(ada, now), SCUTTLE_OK);
  sync_two(ada, bob);
  CHECK_STR(value_of(bob, "members/ada"), "2");
  scuttle_free(ada);
  scuttle_free(bob);
}

TEST(an_earlier_process_does_not_end_it) {
  announce_again(0, 0);
  announce_again(1, 0);
  announce_again(0, 1);
}

/* Two processes of one name renew one key, which is a mistake. They come to rest. */
TEST(twins_come_to_rest) {
  scuttle_t *first = start("ada"), *second = start("ada");
  uint64_t now, before = 0;
  scuttle_tick(first, 0);
  scuttle_tick(second, 0);
  renew(first, "k", "1", 1000000);
  renew(second, "k", "2", 1000000);
  for (now = 1; now < 9000; now++) {
    scuttle_tick(first, now);
    sync_two(first, second);
    scuttle_tick(second, now);
    if (now == 8900) before = version_of(first);
  }
  CHECK_U64(version_of(first), before);
  CHECK_U64(fingerprint_of(first), fingerprint_of(second));
  scuttle_free(first);
  scuttle_free(second);
}

TEST(arguments) {
  scuttle_config_t config = config_make();
  scuttle_t *r = replica_make("local");
  char *before = snapshot(r), *after;
  CHECK_CODE(renew(r, "k", "1", 0), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(renew(r, "", "1", 5), SCUTTLE_E_KEY);
  CHECK_CODE(renew(r, "k", "nonsense", 5), SCUTTLE_E_JSON);
  after = snapshot(r);
  CHECK_STR(after, before);
  free(before);
  free(after);
  CHECK_CODE(scuttle_tick(r, 0), SCUTTLE_OK);
  CHECK_CODE(renew(r, "least", "1", 1), SCUTTLE_OK);
  CHECK_CODE(renew(r, "most", "1", (UINT64_C(1) << 53) - 1), SCUTTLE_OK);
  CHECK_CODE(renew(r, "endless", "1", UINT64_C(1) << 53), SCUTTLE_OK); /* as scuttle_set */
  CHECK_CODE(renew(r, "endless 2", "1", UINT64_MAX), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 1), SCUTTLE_OK);
  CHECK_U64(version_of(r), 5);
  CHECK_CODE(scuttle_tick(r, 2), SCUTTLE_OK);
  CHECK_U64(version_of(r), 6);
  CHECK_CODE(scuttle_tick(r, UINT64_C(1) << 61), SCUTTLE_OK);
  CHECK_U64(version_of(r), 8);
  CHECK_INT(count_of(r), 4);
  scuttle_free(r);
  config.resolver = SCUTTLE_STRICTLY_ORDER_VALUES;
  r = replica_with("local", &config);
  CHECK_CODE(renew(r, "k", "1", 50), SCUTTLE_E_UNSUPPORTED);
  scuttle_free(r);
}

TEST(limits_do_not_end_it) {
  scuttle_config_t config = config_exact();
  scuttle_t *r;
  char key[24];
  uint64_t now;
  int i;
  config.max_keys = 200;
  config.max_bytes = 1 << 16;
  r = replica_with("local", &config);
  CHECK_CODE(scuttle_tick(r, 0), SCUTTLE_OK);
  CHECK_CODE(renew(r, "k", "\"a value of some length, to use up memory\"", 100), SCUTTLE_OK);
  for (i = 0; i < 400; i++) {
    snprintf(key, sizeof key, "%d", i);
    if (set(r, key, "\"a value of some length, to use up memory\"") < 0) break;
  }
  CHECK_INT(i, 199);
  for (now = 1; now < 2000; now++) CHECK_CODE(scuttle_tick(r, now), SCUTTLE_OK);
  CHECK_INT(count_of(r), 200);
  scuttle_free(r);
  config.max_keys = 0;
  r = replica_with("local", &config);
  CHECK_CODE(renew(r, "k", "\"a value of some length, to use up memory\"", 100), SCUTTLE_OK);
  for (i = 0; set(r, key, "\"a value of some length, to use up memory\"") >= 0; i++) snprintf(key, sizeof key, "%d", i);
  CHECK_CODE(set(r, "more", "\"a value of some length, to use up memory\""), SCUTTLE_E_BYTES);
  for (now = 1; now < 2000; now++) CHECK_CODE(scuttle_tick(r, now), SCUTTLE_OK);
  CHECK(value_of(r, "k") != NULL);
  scuttle_free(r);
}

TEST(no_version_is_left) {
  scuttle_config_t config = config_exact();
  scuttle_t *r;
  config.state = "{\"key\":\"x\",\"value\":1,\"source_id\":\"A\",\"version\":9007199254740988}\n";
  config.state_len = SCUTTLE_NTS;
  r = replica_with("local", &config);
  CHECK_CODE(scuttle_tick(r, 0), SCUTTLE_OK);
  CHECK_CODE(renew(r, "k", "1", 100), SCUTTLE_OK);
  CHECK_CODE(scuttle_set_ttl(r, "l", 1, "1", 1, 60), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 50), SCUTTLE_OK); /* the last version */
  CHECK_CODE(scuttle_tick(r, 60), SCUTTLE_E_EXHAUSTED);
  CHECK_CODE(scuttle_tick(r, 100), SCUTTLE_E_EXHAUSTED);
  CHECK_INT(count_of(r), 3);
  scuttle_free(r);
}

TEST(many_at_once) {
  scuttle_t *r = replica_exact("local");
  char key[16];
  int i;
  CHECK_CODE(scuttle_tick(r, 1000), SCUTTLE_OK);
  for (i = 0; i < 9000; i++) {
    snprintf(key, sizeof key, "k%d", i);
    CHECK_CODE(renew(r, key, "1", 100), SCUTTLE_OK);
  }
  CHECK_CODE(scuttle_set_ttl(r, "other", SCUTTLE_NTS, "1", 1, 50), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 5000), SCUTTLE_MORE);
  CHECK_U64(version_of(r), 9001 + 4096);
  for (i = 0; i < 5 && scuttle_tick(r, 5000) == SCUTTLE_MORE; i++) continue;
  CHECK(i < 5);
  CHECK_INT(count_of(r), 9000);
  CHECK_U64(version_of(r), 9001 + 9000 + 1);
  CHECK_CODE(scuttle_tick(r, 5049), SCUTTLE_OK);
  CHECK_U64(version_of(r), 9001 + 9000 + 1);
  scuttle_free(r);
}

TEST(at_random) {
  /* Against a model: of each key its time, and whether it is renewed. */
  uint64_t random = 11, now = 0, due[40], ttl[40], end[40];
  scuttle_t *r = replica_exact("local");
  int renewed[40], has[40], step, i;
  memset(renewed, 0, sizeof renewed);
  memset(has, 0, sizeof has);
  CHECK_CODE(scuttle_tick(r, 0), SCUTTLE_OK);
  for (step = 0; step < 20000; step++) {
    char key[16];
    int which = (int)random_below(&random, 40);
    snprintf(key, sizeof key, "k%d", which);
    switch (random_below(&random, 8)) {
    case 0:
      CHECK_CODE(set(r, key, "1"), SCUTTLE_OK);
      has[which] = 1, renewed[which] = 0, end[which] = UINT64_MAX;
      break;
    case 1:
      CHECK_CODE(unset(r, key), SCUTTLE_OK);
      has[which] = 0, renewed[which] = 0;
      break;
    case 2:
    case 3:
      has[which] = 1, ttl[which] = 1 + random_below(&random, 90), end[which] = now + ttl[which];
      renewed[which] = (int)random_below(&random, 2);
      due[which] = now + (ttl[which] / 2 ? ttl[which] / 2 : 1);
      CHECK_CODE(scuttle_set_ttl(r, key, SCUTTLE_NTS, "1", 1, ttl[which] | (renewed[which] ? SCUTTLE_TTL_RENEW : 0)), SCUTTLE_OK);
      break;
    default:
      now += random_below(&random, 20);
      CHECK_CODE(scuttle_tick(r, now), SCUTTLE_OK);
      for (i = 0; i < 40; i++) {
        if (has[i] && renewed[i] && due[i] <= now) end[i] = now + ttl[i], due[i] = now + (ttl[i] / 2 ? ttl[i] / 2 : 1);
        if (has[i] && end[i] <= now) has[i] = 0;
      }
    }
    for (i = 0; i < 40; i++) {
      snprintf(key, sizeof key, "k%d", i);
      if ((value_of(r, key) != NULL) != has[i]) {
        CHECK_SAY("seed 11, step %d: key %d is %s", step, i, has[i] ? "absent" : "there");
        step = 20000;
      }
    }
  }
  scuttle_free(r);
}

CHECK_MAIN
