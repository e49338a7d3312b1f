/* Deletes: their tombstones spread and are purged once that is safe, and no key returns. */
#include "check.h"
#include "support.h"

typedef struct {
  scuttle_t *a, *b, *c;
  scuttle_link_t *ab, *ba, *bc, *cb;
} chain_t;

static chain_t chain_with(const scuttle_config_t *config) {
  chain_t chain;
  chain.a = replica_with("a", config);
  chain.b = replica_with("b", config);
  chain.c = replica_with("c", config);
  chain.ab = link_make(chain.a);
  chain.ba = link_make(chain.b);
  chain.bc = link_make(chain.b);
  chain.cb = link_make(chain.c);
  return chain;
}

static void chain_free(chain_t *chain) {
  scuttle_free(chain->a);
  scuttle_free(chain->b);
  scuttle_free(chain->c);
}

static void gossip(chain_t *chain, int rounds) {
  while (rounds--) {
    sync_links(chain->ab, chain->ba);
    sync_links(chain->bc, chain->cb);
  }
}

/* Returns the count of tombstones: lines of an export with the flag. */
static size_t tombstones_of(scuttle_t *r) {
  text_t out = {NULL, 0, 0};
  size_t count;
  export_all(r, &out);
  count = text_count(&out, "\"deleted\":true");
  text_free(&out);
  return count;
}

static void add_keys(scuttle_t *r, int count) {
  char key[24];
  int i;
  for (i = 0; i < count; i++) {
    snprintf(key, sizeof key, "k%d", i);
    CHECK(set(r, key, "1") >= 0);
  }
}

static void delete_keys(scuttle_t *r, int from, int to) {
  char key[24];
  int i;
  for (i = from; i < to; i++) {
    snprintf(key, sizeof key, "k%d", i);
    CHECK(unset(r, key) >= 0);
  }
}

TEST(a_delete_travels) {
  scuttle_config_t config = config_make();
  chain_t chain = chain_with(&config);
  add_keys(chain.a, 20);
  gossip(&chain, 2);
  CHECK_INT(count_of(chain.c), 20);
  delete_keys(chain.c, 5, 15);
  gossip(&chain, 2);
  CHECK_INT(count_of(chain.a), 10);
  CHECK(value_of(chain.a, "k7") == NULL);
  chain_free(&chain);
}

TEST(stable_tombstones_are_purged) {
  scuttle_config_t config = config_make();
  chain_t chain = chain_with(&config);
  add_keys(chain.a, 20);
  set(chain.b, "of b", "1");
  set(chain.c, "of c", "1");
  gossip(&chain, 2);
  delete_keys(chain.b, 0, 20);
  CHECK_INT(tombstones_of(chain.b), 20);
  gossip(&chain, 6);
  CHECK_INT(tombstones_of(chain.a), 0);
  CHECK_INT(tombstones_of(chain.b), 0);
  CHECK_INT(tombstones_of(chain.c), 0);
  CHECK_INT(count_of(chain.a), 2);
  CHECK_U64(fingerprint_of(chain.a), fingerprint_of(chain.b));
  CHECK_U64(fingerprint_of(chain.a), fingerprint_of(chain.c));
  chain_free(&chain);
}

TEST(a_source_that_is_away_holds_tombstones_back) {
  /* It may still write below them; retiring the source ends that. */
  scuttle_config_t config = config_exact();
  chain_t chain = chain_with(&config);
  int i;
  set(chain.c, "of c", "1");
  add_keys(chain.a, 10);
  gossip(&chain, 2);
  delete_keys(chain.a, 0, 10);
  for (i = 0; i < 5; i++) sync_links(chain.ab, chain.ba); /* c is away */
  CHECK_INT(tombstones_of(chain.a), 10);
  CHECK_INT(tombstones_of(chain.b), 10);
  CHECK_CODE(scuttle_forget(chain.a, "c", 1), SCUTTLE_OK);
  CHECK_INT(tombstones_of(chain.a), 10); /* b has not claimed it yet */
  for (i = 0; i < 4; i++) sync_links(chain.ab, chain.ba);
  CHECK_INT(tombstones_of(chain.a), 0);
  CHECK_INT(tombstones_of(chain.b), 0);
  CHECK_STR(value_of(chain.a, "of c"), "1"); /* its entries stay */
  CHECK_CODE(scuttle_forget(chain.a, "nobody", SCUTTLE_NTS), SCUTTLE_NOT_FOUND);
  set(chain.c, "k3", "2"); /* it returns, with a write and without the deletes */
  gossip(&chain, 4);
  CHECK_STR(value_of(chain.a, "of c"), "1");
  CHECK_INT(count_of(chain.a), count_of(chain.c));
  CHECK(value_of(chain.c, "k5") == NULL);
  CHECK_U64(fingerprint_of(chain.a), fingerprint_of(chain.b));
  CHECK_U64(fingerprint_of(chain.a), fingerprint_of(chain.c));
  chain_free(&chain);
}

TEST(a_peer_that_was_away_revives_no_key) {
  /* It holds keys that the others have deleted and purged. */
  scuttle_config_t config = config_exact();
  int history, forced;
  for (history = 1; history < 2000; history += 1000)
    for (forced = 0; forced < 2; forced++) {
      chain_t chain;
      size_t purged = 0;
      int i;
      config.max_history = (size_t)history;
      chain = chain_with(&config);
      add_keys(chain.a, 100);
      gossip(&chain, 2);
      CHECK_INT(count_of(chain.c), 100);
      delete_keys(chain.a, 0, 50);
      for (i = 0; i < 4; i++) sync_links(chain.ab, chain.ba);
      if (forced) {
        CHECK_CODE(scuttle_purge(chain.a, &purged), SCUTTLE_OK);
        CHECK_CODE(scuttle_purge(chain.b, &purged), SCUTTLE_OK);
      } else { /* no replica waits for it any more */
        CHECK_CODE(scuttle_forget(chain.a, "c", 1), SCUTTLE_OK);
        CHECK_CODE(scuttle_forget(chain.b, "c", 1), SCUTTLE_OK);
        for (i = 0; i < 4; i++) sync_links(chain.ab, chain.ba);
      }
      CHECK_INT(tombstones_of(chain.b), 0);
      CHECK_INT(count_of(chain.c), 100);
      CHECK(scuttle_link_gossip(chain.cb) >= 0); /* the one that was away requests first */
      carry(chain.cb, chain.bc);
      gossip(&chain, 4);
      CHECK_INT(count_of(chain.a), 50);
      CHECK_INT(count_of(chain.b), 50);
      CHECK_INT(count_of(chain.c), 50);
      CHECK_U64(fingerprint_of(chain.a), fingerprint_of(chain.c));
      chain_free(&chain);
    }
}

typedef struct {
  int resets, deletes;
} seen_t;

static void see(void *context, const scuttle_update_t *update) {
  seen_t *seen = (seen_t *)context;
  if (update->flags & SCUTTLE_UPDATE_RESET) {
    seen->resets++;
    CHECK((update->flags & SCUTTLE_UPDATE_DELETED) != 0);
    CHECK_BYTES(update->value, update->value_len, "null", 4);
    CHECK_BYTES(update->source, update->source_len, "a", 1); /* the entry's */
    CHECK(update->version >= 1 && update->version <= 100);
  } else if (update->flags & SCUTTLE_UPDATE_DELETED) {
    seen->deletes++;
  }
}

TEST(a_reset_calls_the_host) {
  scuttle_config_t config = config_exact();
  scuttle_t *a = replica_with("a", &config), *b;
  scuttle_link_t *ab, *ba;
  seen_t seen = {0, 0};
  size_t purged = 0;
  config.context = &seen;
  config.on_update = see;
  b = replica_with("b", &config);
  ab = link_make(a);
  ba = link_make(b);
  add_keys(a, 100);
  sync_links(ab, ba);
  delete_keys(a, 0, 10);
  scuttle_gossip(b);
  carry(ab, ba);
  CHECK_INT(seen.deletes, 10);
  CHECK_INT(seen.resets, 0);
  delete_keys(a, 10, 40);
  CHECK_CODE(scuttle_purge(a, &purged), SCUTTLE_OK);
  CHECK(purged >= 30);
  set(b, "of b", "1"); /* b's later write stays */
  sync_links(ab, ba);
  CHECK_INT(seen.deletes, 10);
  CHECK_INT(seen.resets, 30);
  CHECK_INT(count_of(b), 61);
  CHECK_STR(value_of(a, "of b"), "1");
  CHECK_U64(fingerprint_of(a), fingerprint_of(b));
  scuttle_free(a);
  scuttle_free(b);
}

TEST(purge_removes_all_at_once) {
  scuttle_t *r = replica_exact("local");
  uint64_t fingerprint;
  size_t purged = 7;
  CHECK_CODE(scuttle_purge(r, &purged), SCUTTLE_OK);
  CHECK_INT(purged, 0);
  add_keys(r, 30);
  delete_keys(r, 0, 20);
  unset(r, "never");
  CHECK_INT(tombstones_of(r), 21);
  fingerprint = fingerprint_of(r);
  CHECK_CODE(scuttle_purge(r, &purged), SCUTTLE_OK);
  CHECK_U64(fingerprint_of(r), fingerprint); /* tombstones do not count */
  CHECK_INT(purged, 21);
  CHECK_INT(tombstones_of(r), 0);
  CHECK_INT(count_of(r), 10);
  CHECK_U64(version_of(r), 51); /* no version is issued twice */
  CHECK_U64(clock_of(r, "local"), 51);
  CHECK_CODE(set(r, "k3", "2"), SCUTTLE_OK);
  CHECK_STR(value_of(r, "k3"), "2");
  CHECK_U64(version_of(r), 52);
  scuttle_free(r);
}

TEST(tombstones_are_kept_until_a_purge) {
  scuttle_config_t config = config_make();
  chain_t chain;
  size_t purged = 0;
  config.flags = SCUTTLE_KEEP_TOMBSTONES;
  chain = chain_with(&config);
  add_keys(chain.a, 20);
  gossip(&chain, 2);
  delete_keys(chain.a, 0, 20);
  gossip(&chain, 6);
  CHECK_INT(tombstones_of(chain.a), 20);
  CHECK_INT(tombstones_of(chain.c), 20);
  CHECK_CODE(scuttle_purge(chain.b, &purged), SCUTTLE_OK);
  CHECK_INT(purged, 20);
  gossip(&chain, 2);
  CHECK_INT(tombstones_of(chain.b), 0);
  CHECK_INT(count_of(chain.a) + count_of(chain.b) + count_of(chain.c), 0);
  chain_free(&chain);
}

TEST(no_more_tombstones_than_the_limit) {
  scuttle_config_t config = config_make();
  chain_t chain;
  int i;
  config.flags = SCUTTLE_KEEP_TOMBSTONES;
  config.max_tombstones = 25;
  config.max_history = 3;
  chain = chain_with(&config);
  add_keys(chain.a, 200);
  gossip(&chain, 2);
  for (i = 0; i < 100; i++) {
    delete_keys(chain.a, i, i + 1);
    CHECK(tombstones_of(chain.a) <= 25);
    if (i % 40 == 0) gossip(&chain, 1);
  }
  CHECK_INT(tombstones_of(chain.a), 25);
  gossip(&chain, 4);
  CHECK(tombstones_of(chain.b) <= 25);
  CHECK(tombstones_of(chain.c) <= 25);
  CHECK_INT(count_of(chain.a), 100);
  CHECK_INT(count_of(chain.b), 100);
  CHECK_INT(count_of(chain.c), 100);
  chain_free(&chain);
}

static int newer(void *context, const scuttle_update_t *update, const scuttle_update_t *current) {
  (void)context;
  return !current || update->version > current->version;
}

TEST(a_resolver_of_the_host_keeps_tombstones) {
  scuttle_config_t config = config_make();
  scuttle_t *r;
  size_t purged = 7;
  config.resolve = newer;
  config.max_tombstones = 2;
  r = replica_with("local", &config);
  add_keys(r, 10);
  delete_keys(r, 0, 10);
  CHECK_CODE(scuttle_purge(r, &purged), SCUTTLE_E_UNSUPPORTED);
  CHECK_CODE(scuttle_gossip(r), SCUTTLE_OK);
  CHECK_INT(tombstones_of(r), 10);
  scuttle_free(r);
}

TEST(a_classic_peer_receives_each_delete) {
  /* It knows no reset, so no stable tombstone is purged while it is linked. */
  scuttle_t *a = replica_make("a"), *b = replica_make("b"), *c = replica_make("c");
  scuttle_link_t *ab = link_make(a), *ba = link_make(b), *ac = link_with(a, SCUTTLE_LINK_CLASSIC), *ca = link_with(c, SCUTTLE_LINK_CLASSIC);
  int i;
  add_keys(a, 20);
  sync_links(ab, ba);
  sync_links(ac, ca);
  delete_keys(a, 0, 10);
  for (i = 0; i < 5; i++) sync_links(ab, ba);
  CHECK_INT(tombstones_of(a), 10);
  for (i = 0; i < 2; i++) sync_links(ac, ca);
  CHECK_INT(count_of(c), 10);
  scuttle_free(a);
  scuttle_free(b);
  scuttle_free(c);
}

TEST(writes_win_over_purged_tombstones) {
  /* A key that is written, deleted, purged and written again, by turns, with a peer that is sometimes away. */
  scuttle_config_t config = config_make();
  uint64_t random;
  int seed, step;
  for (seed = 1; seed <= 100; seed++) {
    chain_t chain = chain_with(&config);
    char *states[3];
    random = (uint64_t)seed;
    for (step = 0; step < 150; step++) {
      scuttle_t *r = random_below(&random, 3) == 0 ? chain.a : random_below(&random, 2) ? chain.b : chain.c;
      char key[24];
      size_t purged;
      snprintf(key, sizeof key, "k%d", (int)random_below(&random, 8));
      switch (random_below(&random, 8)) {
      case 0:
      case 1:
      case 2: CHECK(set(r, key, "1") >= 0); break;
      case 3:
      case 4: CHECK(unset(r, key) >= 0); break;
      case 5: CHECK_CODE(scuttle_purge(r, &purged), SCUTTLE_OK); break;
      case 6: sync_links(chain.ab, chain.ba); break;
      default: sync_links(chain.bc, chain.cb);
      }
    }
    gossip(&chain, 6);
    states[0] = state_text(chain.a);
    states[1] = state_text(chain.b);
    states[2] = state_text(chain.c);
    if (strcmp(states[0], states[1]) != 0 || strcmp(states[0], states[2]) != 0) CHECK_SAY("seed %d: a\n%sb\n%sc\n%s", seed, states[0], states[1], states[2]);
    for (step = 0; step < 3; step++) free(states[step]);
    chain_free(&chain);
  }
}

CHECK_MAIN
