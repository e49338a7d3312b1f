/* Live links: after the first reconciliation, new updates are sent without a request. */
#include "check.h"
#include "support.h"

typedef struct {
  scuttle_t *a, *b;
  scuttle_link_t *ab, *ba;
} pair_t;

static pair_t joined(scuttle_t *a, scuttle_t *b) {
  pair_t pair;
  pair.a = a;
  pair.b = b;
  pair.ab = link_with(a, SCUTTLE_LINK_LIVE);
  pair.ba = link_with(b, SCUTTLE_LINK_LIVE);
  CHECK(scuttle_link_gossip(pair.ab) >= 0);
  carry(pair.ab, pair.ba);
  return pair;
}

static scuttle_t *with_history(const char *id, size_t mtu, size_t history) {
  scuttle_config_t config = config_make();
  config.mtu = mtu;
  config.max_history = history;
  return replica_with(id, &config);
}

static void check_same(scuttle_t *a, scuttle_t *b) {
  char *of_a = state_text(a), *of_b = state_text(b);
  CHECK_STR(of_a, of_b);
  CHECK_U64(fingerprint_of(a), fingerprint_of(b));
  free(of_a);
  free(of_b);
}

static void release(pair_t pair) {
  scuttle_free(pair.a);
  scuttle_free(pair.b);
}

TEST(updates_are_sent_without_a_request) {
  pair_t pair = joined(replica_make("a"), replica_make("b"));
  int i;
  for (i = 0; i < 50; i++) {
    char key[24];
    snprintf(key, sizeof key, "k%d", i % 20);
    CHECK(set(i % 2 ? pair.a : pair.b, key, i % 3 ? "1" : "[2]") >= 0);
    CHECK(carry(pair.ab, pair.ba) > 0);
    CHECK_STR(value_of(pair.a, key), i % 3 ? "1" : "[2]");
    check_same(pair.a, pair.b);
  }
  CHECK_CODE(unset(pair.a, "k3"), SCUTTLE_OK);
  CHECK_CODE(unset(pair.a, "never"), SCUTTLE_OK);
  carry(pair.ab, pair.ba);
  CHECK(value_of(pair.b, "k3") == NULL);
  CHECK_INT(count_of(pair.b), 19);
  CHECK_INT(carry(pair.ab, pair.ba), 0); /* and then nothing is sent */
  release(pair);
}

TEST(nothing_is_sent_before_the_first_reconciliation) {
  scuttle_t *a = replica_make("a");
  scuttle_link_t *link = link_with(a, SCUTTLE_LINK_LIVE);
  text_t out = {NULL, 0, 0};
  set(a, "k", "1");
  read_all(link, 0, &out);
  CHECK_INT(out.len, 0);
  text_free(&out);
  scuttle_free(a);
}

TEST(a_link_that_is_not_live_waits) {
  /* Each side chooses for its own updates. */
  scuttle_t *a = replica_make("a"), *b = replica_make("b");
  scuttle_link_t *ab = link_with(a, SCUTTLE_LINK_LIVE), *ba = link_make(b);
  CHECK_CODE(scuttle_gossip(a), SCUTTLE_OK);
  carry(ab, ba);
  set(b, "from b", "1");
  CHECK_INT(carry(ab, ba), 0);
  set(a, "from a", "1");
  CHECK(carry(ab, ba) > 0);
  CHECK_STR(value_of(b, "from a"), "1");
  CHECK(value_of(a, "from b") == NULL);
  CHECK_CODE(scuttle_gossip(b), SCUTTLE_OK);
  carry(ab, ba);
  check_same(a, b);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(updates_are_relayed) {
  enum { NODES = 5 };
  scuttle_t *nodes[NODES];
  scuttle_link_t *right[NODES], *left[NODES]; /* to the next, to the one before */
  size_t moved;
  int i, round;
  for (i = 0; i < NODES; i++) {
    char id[24];
    snprintf(id, sizeof id, "node %d", i);
    nodes[i] = replica_make(id);
    right[i] = left[i] = NULL;
  }
  for (i = 0; i + 1 < NODES; i++) {
    right[i] = link_with(nodes[i], SCUTTLE_LINK_LIVE);
    left[i + 1] = link_with(nodes[i + 1], SCUTTLE_LINK_LIVE);
    CHECK_CODE(scuttle_link_gossip(right[i]), SCUTTLE_OK);
    carry(right[i], left[i + 1]);
  }
  for (round = 0; round < 40; round++) {
    char key[24];
    snprintf(key, sizeof key, "k%d", round % 7);
    if (round % 5) CHECK(set(nodes[round % NODES], key, "1") >= 0);
    else CHECK(unset(nodes[round % NODES], key) >= 0);
    do
      for (moved = 0, i = 0; i + 1 < NODES; i++) moved += carry(right[i], left[i + 1]);
    while (moved);
    for (i = 1; i < NODES; i++) check_same(nodes[i], nodes[0]);
  }
  for (i = 0; i < NODES; i++) scuttle_free(nodes[i]);
}

TEST(no_echo) {
  /* An update of a peer is not sent back to it, nor by a relay. */
  pair_t pair = joined(replica_make("a"), replica_make("b"));
  scuttle_t *c = replica_make("c");
  scuttle_link_t *bc = link_with(pair.b, SCUTTLE_LINK_LIVE), *cb = link_with(c, SCUTTLE_LINK_LIVE);
  text_t out = {NULL, 0, 0}, back = {NULL, 0, 0};
  size_t updates;
  int i;
  CHECK_CODE(scuttle_link_gossip(bc), SCUTTLE_OK);
  carry(bc, cb);
  for (i = 0; i < 8; i++) {
    char key[24];
    snprintf(key, sizeof key, "k%d", i);
    CHECK(set(pair.a, key, "\"a value of some length, to be noticed\"") >= 0);
  }
  CHECK(move_all(pair.ab, pair.ba, &out) >= 0);
  updates = text_count(&out, "\"key\"");
  CHECK_INT(updates, 8);
  printf("  8 updates: %zu bytes\n", out.len);
  CHECK(move_all(pair.ba, pair.ab, &back) >= 0);
  CHECK_INT(back.len, 0);
  text_free(&out);
  CHECK(move_all(bc, cb, &out) >= 0);
  CHECK_INT(text_count(&out, "\"key\""), 8);
  CHECK(move_all(cb, bc, &back) >= 0);
  CHECK(move_all(pair.ba, pair.ab, &back) >= 0);
  CHECK_INT(back.len, 0);
  check_same(c, pair.a);
  text_free(&out);
  text_free(&back);
  scuttle_free(c);
  release(pair);
}

TEST(a_link_behind_the_history) {
  /* The history has dropped the updates that it lacks: it receives the entries instead, without a gossip. */
  int history;
  for (history = 1; history < 12; history += 5) {
    pair_t pair = joined(with_history("a", 10, (size_t)history), with_history("b", 3, (size_t)history));
    int round, i;
    for (round = 0; round < 6; round++) {
      for (i = 0; i < 40 * round; i++) {
        char key[24];
        snprintf(key, sizeof key, "k%d", i * 7 % 90);
        CHECK((i % 11 ? set(pair.a, key, "1") : unset(pair.a, key)) >= 0);
        if (i % 3 == 0) CHECK(set(pair.b, key, "2") >= 0);
      }
      carry(pair.ab, pair.ba);
      check_same(pair.a, pair.b);
    }
    CHECK_INT(carry(pair.ab, pair.ba), 0);
    release(pair);
  }
}

TEST(a_slow_reader) {
  /* It reads little by little while the host writes without pause. */
  pair_t pair = joined(with_history("a", 4, 20), with_history("b", 4, 20));
  uint64_t random = 5;
  int i, full = 0;
  for (i = 0; i < 20000; i++) {
    char key[24], part[64];
    size_t len = 0;
    snprintf(key, sizeof key, "k%d", (int)random_below(&random, 200));
    if (i < 15000) {
      int code = random_below(&random, 8) ? set(pair.a, key, "\"value\"") : unset(pair.a, key);
      CHECK(code >= 0);
      full += code == SCUTTLE_FULL;
    }
    CHECK_CODE(scuttle_link_read(pair.ab, part, 1 + random_below(&random, 64), &len), SCUTTLE_OK);
    if (len) CHECK(scuttle_link_write(pair.ba, part, len) >= 0);
    CHECK_CODE(scuttle_link_read(pair.ba, part, 1 + random_below(&random, 64), &len), SCUTTLE_OK);
    if (len) CHECK(scuttle_link_write(pair.ab, part, len) >= 0);
  }
  CHECK(full > 1000); /* the host saw SCUTTLE_FULL */
  carry(pair.ab, pair.ba);
  check_same(pair.a, pair.b);
  release(pair);
}

TEST(an_unread_link_costs_nothing) {
  pair_t pair = joined(replica_make("a"), replica_make("b"));
  scuttle_link_t *idle = link_with(pair.a, SCUTTLE_LINK_LIVE);
  int i;
  for (i = 0; i < 20000; i++) CHECK(set(pair.a, "k", "1") >= 0);
  CHECK(carry(pair.ab, pair.ba) < 2000);
  check_same(pair.a, pair.b);
  scuttle_link_close(idle);
  release(pair);
}

TEST(a_new_connection_goes_on) {
  pair_t pair = joined(replica_make("a"), replica_make("b"));
  char part[50];
  size_t len = 0;
  int i;
  for (i = 0; i < 30; i++) {
    char key[24];
    snprintf(key, sizeof key, "k%d", i);
    CHECK(set(pair.a, key, "1") >= 0);
  }
  CHECK_CODE(scuttle_link_read(pair.ab, part, sizeof part, &len), SCUTTLE_OK); /* lost with the connection */
  CHECK_INT(len, sizeof part);
  scuttle_link_close(pair.ab);
  scuttle_link_close(pair.ba);
  set(pair.b, "meanwhile", "1");
  pair = joined(pair.a, pair.b);
  check_same(pair.a, pair.b);
  set(pair.b, "again", "1");
  CHECK(carry(pair.ab, pair.ba) > 0);
  check_same(pair.a, pair.b);
  release(pair);
}

TEST(a_classic_peer_of_a_live_link) {
  /* Its requests are served as on any other link. */
  scuttle_t *a = replica_make("a"), *b = replica_make("b");
  scuttle_link_t *ab = link_with(a, SCUTTLE_LINK_LIVE | SCUTTLE_LINK_ANY), *ba = link_with(b, SCUTTLE_LINK_CLASSIC);
  set(a, "k", "1");
  sync_links(ab, ba);
  check_same(a, b);
  set(a, "k", "2");
  CHECK_INT(carry(ab, ba), 0);
  sync_links(ab, ba);
  check_same(a, b);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(a_live_link_that_is_read_only) {
  scuttle_t *a = replica_make("a"), *b = replica_make("b");
  scuttle_link_t *ab = link_with(a, SCUTTLE_LINK_LIVE | SCUTTLE_LINK_READ_ONLY), *ba = link_make(b);
  CHECK_CODE(scuttle_gossip(b), SCUTTLE_OK);
  carry(ab, ba);
  set(a, "k", "1");
  set(b, "l", "1");
  CHECK(carry(ab, ba) > 0);
  CHECK_STR(value_of(b, "k"), "1");
  CHECK_CODE(scuttle_gossip(b), SCUTTLE_OK);
  carry(ab, ba);
  CHECK(value_of(a, "l") == NULL);
  scuttle_free(a);
  scuttle_free(b);
}

CHECK_MAIN
