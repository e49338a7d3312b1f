/* Backpressure: SCUTTLE_FULL, waiting, on_drain. Nothing is ever dropped. */
#include "check.h"
#include "support.h"

#define DONE "{\"digest\":true,\"done\":true}\n"

static void count_drains(void *context) { ++*(int *)context; }

static scuttle_t *small_mtu(size_t mtu, int keys, int *drains) {
  scuttle_config_t config = config_exact();
  scuttle_t *r;
  int i;
  config.mtu = mtu;
  config.on_drain = count_drains;
  config.context = drains;
  *drains = 0;
  r = replica_with("local", &config);
  for (i = 1; i <= keys; i++) {
    char key[24];
    snprintf(key, sizeof key, "k%d", i);
    CHECK_CODE(set(r, key, "1"), SCUTTLE_OK); /* no link can be full */
  }
  return r;
}

static size_t lines_of(scuttle_link_t *link) {
  text_t out = {NULL, 0, 0};
  size_t lines;
  read_all(link, 0, &out);
  lines = text_count(&out, "\n");
  text_free(&out);
  return lines;
}

TEST(a_delta_of_more_than_mtu_messages) {
  int drains;
  scuttle_t *r = small_mtu(2, 50, &drains), *peer = replica_make("peer");
  scuttle_link_t *link = link_make(r), *to = link_make(peer);
  text_t out = {NULL, 0, 0};
  CHECK_CODE(feed(link, DONE), SCUTTLE_FULL);
  CHECK_CODE(set(r, "k1", "2"), SCUTTLE_FULL);
  CHECK_CODE(scuttle_delete(r, "k2", 2), SCUTTLE_FULL);
  CHECK_CODE(scuttle_link_gossip(link), SCUTTLE_FULL);
  CHECK_CODE(scuttle_gossip(r), SCUTTLE_FULL);
  CHECK_CODE(feed_update(link, "other", "1", "A", 3), SCUTTLE_FULL);
  CHECK_CODE(feed(link, ""), SCUTTLE_FULL);
  CHECK_CODE(feed(link, "nonsense\n"), SCUTTLE_E_JSON); /* an error goes first */
  CHECK_STR(value_of(r, "k1"), "2"); /* FULL: it was set */
  CHECK_INT(drains, 0);
  read_all(link, 10, &out);
  CHECK_INT(drains, 1);
  CHECK(text_count(&out, "\"key\"") >= 50);
  CHECK_INT(text_count(&out, DONE), 1);
  CHECK_CODE(scuttle_link_write(to, out.data, out.len), SCUTTLE_OK);
  CHECK_CODE(set(r, "k1", "3"), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "other", "2", "A", 80), SCUTTLE_OK);
  CHECK_INT(lines_of(link), 0);
  CHECK_INT(drains, 1);
  CHECK_CODE(scuttle_link_gossip(to), SCUTTLE_OK);
  CHECK(carry(link, to) > 0);
  CHECK_U64(fingerprint_of(peer), fingerprint_of(r));
  text_free(&out);
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(nothing_waits_nothing_is_full) {
  int drains;
  scuttle_t *r = small_mtu(2, 50, &drains);
  scuttle_link_t *link = link_make(r);
  CHECK_CODE(set(r, "k", "1"), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "l", "1", "A", 3), SCUTTLE_OK);
  CHECK_CODE(feed(link, "{\"digest\":true,\"source_id\":\"local\",\"version\":50}\n"), SCUTTLE_OK);
  CHECK_INT(lines_of(link), 1);
  CHECK_INT(drains, 0);
  scuttle_free(r);
}

TEST(a_link_becomes_full_at_mtu) {
  /* With mtu - 1 pending messages a link is not full; with one more it is. */
  size_t mtu;
  for (mtu = 1; mtu <= 12; mtu++) {
    int drains;
    scuttle_t *r = small_mtu(mtu, 30, &drains);
    scuttle_link_t *link = link_make(r);
    char line[128];
    int full;
    for (full = 0; full < 2; full++) {
      size_t waiting = full ? mtu + 1 : mtu - 1;
      snprintf(line, sizeof line, "{\"digest\":true,\"source_id\":\"local\",\"version\":%d}\n", 30 - (int)waiting);
      CHECK_CODE(feed(link, line), full ? SCUTTLE_FULL : SCUTTLE_OK);
      CHECK_INT(lines_of(link), waiting);
      CHECK_INT(drains, full);
    }
    scuttle_free(r);
  }
}

TEST(digests_of_a_full_link_wait) {
  int drains, i;
  scuttle_t *r = small_mtu(3, 1, &drains);
  scuttle_link_t *link = link_make(r);
  text_t out = {NULL, 0, 0};
  for (i = 0; i < 40; i++) {
    char source[24];
    snprintf(source, sizeof source, "s%d", i);
    CHECK_CODE(feed_update(link, "k", "1", source, 5), SCUTTLE_OK);
  }
  CHECK_CODE(scuttle_gossip(r), SCUTTLE_OK); /* the first gossip of a link sends only the end of its digests */
  CHECK_INT(lines_of(link), 1);
  CHECK_CODE(scuttle_gossip(r), SCUTTLE_FULL);
  CHECK_CODE(set(r, "k", "2"), SCUTTLE_FULL);
  read_all(link, 0, &out);
  CHECK_INT(text_count(&out, "\"source_id\""), 41);
  CHECK_INT(text_count(&out, DONE), 1);
  CHECK(out.len > strlen(DONE) && strcmp(out.data + out.len - strlen(DONE), DONE) == 0);
  CHECK_INT(drains, 1);
  CHECK_CODE(set(r, "k", "3"), SCUTTLE_OK);
  text_free(&out);
  scuttle_free(r);
}

TEST(full_until_the_last_byte) {
  int drains;
  scuttle_t *r = small_mtu(2, 20, &drains);
  scuttle_link_t *link = link_make(r);
  text_t out = {NULL, 0, 0};
  char byte;
  size_t len = 0;
  int fulls = 0;
  CHECK_CODE(feed(link, DONE), SCUTTLE_FULL);
  while (!drains) {
    int code = out.len < 500 ? scuttle_link_gossip(link) : set(r, "k", "1");
    if (code == SCUTTLE_FULL) fulls++;
    CHECK(code == SCUTTLE_OK || code == SCUTTLE_FULL);
    CHECK_CODE(scuttle_link_read(link, &byte, 1, &len), SCUTTLE_OK);
    REQUIRE(len == 1);
    text_add(&out, &byte, 1);
    REQUIRE(out.len < 100000);
  }
  /* It is called when nothing is pending. */
  CHECK_INT(out.data[out.len - 1], '\n');
  CHECK(text_count(&out, "\"key\"") >= 20);
  CHECK(text_count(&out, DONE) >= 1);
  CHECK_CODE(scuttle_link_read(link, &byte, 1, &len), SCUTTLE_OK);
  CHECK_INT(len, 0);
  CHECK(fulls > 100);
  CHECK_INT(drains, 1);
  text_free(&out);
  scuttle_free(r);
}

TEST(drain_waits_for_the_last_link) {
  int drains;
  scuttle_t *r = small_mtu(2, 30, &drains);
  scuttle_link_t *a = link_make(r), *b = link_make(r), *c = link_make(r);
  CHECK_CODE(feed(a, DONE), SCUTTLE_FULL);
  CHECK_CODE(feed(b, DONE), SCUTTLE_FULL);
  CHECK_CODE(feed(c, "{\"digest\":true,\"source_id\":\"local\",\"version\":29}\n"), SCUTTLE_OK); /* not full */
  CHECK_INT(lines_of(a), 30);
  CHECK_INT(drains, 0);
  CHECK_CODE(set(r, "k1", "2"), SCUTTLE_FULL); /* b is still full */
  CHECK(lines_of(b) >= 30);
  CHECK_INT(drains, 1);
  CHECK_CODE(set(r, "k1", "3"), SCUTTLE_OK);
  CHECK(lines_of(c) >= 1);
  CHECK_INT(drains, 1);
  scuttle_free(r);
  CHECK_INT(drains, 1);
}

TEST(drain_each_time) {
  int drains, round;
  scuttle_t *r = small_mtu(2, 30, &drains);
  scuttle_link_t *link = link_make(r);
  for (round = 1; round <= 5; round++) {
    CHECK_CODE(feed(link, DONE), SCUTTLE_FULL);
    CHECK_INT(lines_of(link), 30);
    CHECK_INT(drains, round);
  }
  scuttle_free(r);
}

TEST(drain_by_consume) {
  int drains;
  scuttle_t *r = small_mtu(2, 30, &drains);
  scuttle_link_t *link = link_make(r);
  text_t out = {NULL, 0, 0};
  CHECK_CODE(feed(link, DONE), SCUTTLE_FULL);
  peek_all(link, 4, 0, &out);
  CHECK_INT(text_count(&out, "\n"), 30);
  CHECK_INT(drains, 1);
  text_free(&out);
  scuttle_free(r);
}

TEST(drain_by_close) {
  int drains;
  scuttle_t *r = small_mtu(2, 30, &drains);
  scuttle_link_t *a = link_make(r), *b = link_make(r);
  CHECK_CODE(feed(a, DONE), SCUTTLE_FULL);
  CHECK_CODE(feed(b, DONE), SCUTTLE_FULL);
  scuttle_link_close(a);
  CHECK_INT(drains, 0);
  CHECK_CODE(set(r, "k", "1"), SCUTTLE_FULL);
  scuttle_link_close(b);
  CHECK_INT(drains, 1); /* no link is full any more: a waiting host must be called */
  CHECK_CODE(set(r, "k", "2"), SCUTTLE_OK);
  scuttle_free(r);
}

TEST(a_waiting_delta_follows_the_state) {
  /* An entry that is overwritten before it is read is sent once, in its latest state, or requested again: nothing is lost. */
  int drains, i;
  scuttle_t *r = small_mtu(2, 100, &drains), *peer = replica_make("peer");
  scuttle_link_t *link = link_make(r), *to = link_make(peer);
  CHECK_CODE(feed(link, DONE), SCUTTLE_FULL);
  for (i = 0; i < 300; i++) {
    char key[24];
    snprintf(key, sizeof key, "k%d", 1 + i % 100);
    CHECK_CODE(set(r, key, "[2]"), SCUTTLE_FULL);
  }
  carry(link, to);
  CHECK_INT(drains, 1);
  sync_links(link, to);
  CHECK_U64(fingerprint_of(peer), fingerprint_of(r));
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(one_slow_peer_does_not_stop_the_others) {
  int drains;
  scuttle_t *r = small_mtu(2, 100, &drains), *peer = replica_make("peer");
  scuttle_link_t *slow = link_make(r), *link = link_make(r), *to = link_make(peer);
  CHECK_CODE(feed(slow, DONE), SCUTTLE_FULL);
  CHECK(scuttle_link_gossip(to) >= 0);
  carry(link, to);
  CHECK_U64(fingerprint_of(peer), fingerprint_of(r));
  CHECK_INT(drains, 0);
  CHECK_INT(lines_of(slow), 100);
  CHECK_INT(drains, 1);
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(a_peer_that_requests_again_and_again) {
  /* Ten thousand gossips that are never read need no more memory than one, and one delta has all updates. */
  int drains, i;
  scuttle_t *r = small_mtu(10, 100, &drains);
  scuttle_link_t *link = link_make(r);
  size_t lines;
  for (i = 0; i < 10000; i++) CHECK_CODE(feed(link, DONE), SCUTTLE_FULL);
  lines = lines_of(link);
  CHECK(lines >= 100 && lines <= 100 * 10000ul);
  if (lines > 1000) CHECK_SAY("%zu lines wait for a peer that does not read: 100 would do", lines);
  scuttle_free(r);
}

TEST(pending_updates_are_superseded_before_a_peek) {
  /* All pending updates of a link are superseded by writes that its peer has not requested. A host whose peek returns nothing
     has no more to wait for. */
  int drains, i;
  scuttle_t *r = small_mtu(2, 0, &drains);
  scuttle_link_t *link = link_make(r);
  scuttle_span_t span;
  size_t count = 7;
  for (i = 1; i <= 5; i++) {
    char key[24];
    snprintf(key, sizeof key, "k%d", i);
    feed_update(link, key, "1", "A", (uint64_t)i);
  }
  CHECK_CODE(feed(link, "{\"digest\":true,\"source_id\":\"A\",\"version\":0}\n"), SCUTTLE_FULL);
  for (i = 1; i <= 5; i++) {
    char key[24];
    snprintf(key, sizeof key, "k%d", i);
    CHECK(set(r, key, "2") >= 0);
  }
  CHECK_CODE(scuttle_link_peek(link, &span, 1, &count), SCUTTLE_OK);
  CHECK_INT(count, 0);
  CHECK_CODE(set(r, "k", "3"), SCUTTLE_OK);
  CHECK_INT(drains, 1);
  scuttle_free(r);
}

TEST(pending_updates_are_superseded_before_a_read) {
  int drains, i;
  scuttle_t *r = small_mtu(2, 0, &drains);
  scuttle_link_t *link = link_make(r);
  for (i = 1; i <= 5; i++) feed_update(link, i % 2 ? "k" : "l", "1", "A", (uint64_t)i);
  for (i = 1; i <= 5; i++) {
    char key[24];
    snprintf(key, sizeof key, "m%d", i);
    feed_update(link, key, "1", "A", 10 + (uint64_t)i);
  }
  CHECK_CODE(feed(link, "{\"digest\":true,\"source_id\":\"A\",\"version\":0}\n"), SCUTTLE_FULL);
  for (i = 1; i <= 5; i++) {
    char key[24];
    snprintf(key, sizeof key, "m%d", i);
    CHECK(set(r, key, "2") >= 0);
  }
  set(r, "k", "2");
  set(r, "l", "2");
  CHECK_INT(lines_of(link), 0);
  CHECK_CODE(set(r, "k", "3"), SCUTTLE_OK);
  CHECK_INT(drains, 1);
  scuttle_free(r);
}

/* Connects a live link with an equal peer. Returns the peer, to be freed. */
static scuttle_t *live_pair(scuttle_t *r, const char *name, uint32_t flags, scuttle_link_t **link, scuttle_link_t **to) {
  scuttle_t *peer = replica_make(name);
  *link = link_with(r, SCUTTLE_LINK_LIVE | flags);
  *to = link_with(peer, SCUTTLE_LINK_LIVE | flags);
  CHECK(scuttle_link_gossip(*link) >= 0);
  CHECK(scuttle_link_gossip(*to) >= 0);
  carry(*link, *to);
  return peer;
}

TEST(a_live_link_that_is_not_read) {
  /* FULL comes with the update that is the mtu-th pending one, and on_drain after it: on streams and datagrams, with any
     history. */
  size_t mtu;
  for (mtu = 1; mtu <= 12; mtu++) {
    int flags;
    for (flags = 0; flags < 2; flags++) {
      int drains, i;
      scuttle_t *r = small_mtu(mtu, 3, &drains);
      scuttle_link_t *link, *to;
      scuttle_t *peer = live_pair(r, "peer", flags ? SCUTTLE_LINK_DATAGRAM : 0, &link, &to);
      drains = 0;
      for (i = 1; i <= 1000; i++) {
        char key[24];
        snprintf(key, sizeof key, "k%d", i % 50);
        CHECK_CODE(i % 7 ? set(r, key, "1") : unset(r, key), i < (int)mtu ? SCUTTLE_OK : SCUTTLE_FULL);
      }
      CHECK_INT(drains, 0);
      CHECK_CODE(move_all(link, to, NULL), SCUTTLE_OK); /* a request: the history lacks the updates */
      CHECK_INT(drains, 1);
      carry(link, to);
      CHECK_CODE(set(r, "k", "1"), mtu == 1 ? SCUTTLE_FULL : SCUTTLE_OK);
      scuttle_free(r);
      scuttle_free(peer);
    }
  }
}

TEST(every_local_write_counts_on_a_live_link) {
  int drains;
  scuttle_t *r = small_mtu(4, 3, &drains);
  scuttle_link_t *link, *to;
  scuttle_t *peer = live_pair(r, "peer", 0, &link, &to);
  CHECK_CODE(set(r, "a", "1"), SCUTTLE_OK);
  CHECK_CODE(unset(r, "a"), SCUTTLE_OK);
  CHECK_CODE(scuttle_set_ttl(r, "b", 1, "1", 1, 5), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 4), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(r, 10), SCUTTLE_FULL); /* the delete of b is the fourth */
  CHECK_CODE(scuttle_tick(r, 11), SCUTTLE_FULL); /* and waits */
  CHECK_CODE(scuttle_gossip(r), SCUTTLE_FULL);
  carry(link, to);
  CHECK_INT(drains, 1);
  CHECK_CODE(scuttle_tick(r, 12), SCUTTLE_OK);
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(a_relay_sees_full_in_its_own_calls) {
  /* The updates of one peer fill the link to another. scuttle_link_write returns FULL for its own link, the calls on the
     replica for any; on_drain follows only if FULL was returned. */
  int drains, told, i;
  for (told = 0; told < 2; told++) {
    scuttle_t *r = small_mtu(4, 3, &drains);
    scuttle_link_t *from, *peer_from, *link, *to;
    scuttle_t *source = live_pair(r, "from", 0, &from, &peer_from);
    scuttle_t *peer = live_pair(r, "to", 0, &link, &to);
    carry(from, peer_from);
    for (i = 1; i <= 20; i++) CHECK_CODE(feed_update(link_make(r), "relayed", "1", "A", 100 + (uint64_t)i), SCUTTLE_OK);
    carry(from, peer_from);
    CHECK_INT(drains, 0);
    if (told) CHECK_CODE(scuttle_tick(r, 1), SCUTTLE_FULL);
    carry(link, to);
    CHECK_INT(drains, told);
    scuttle_free(r);
    scuttle_free(peer);
    scuttle_free(source);
  }
}

TEST(a_live_link_that_is_closed_waits_for_nothing) {
  int drains, i;
  scuttle_t *r = small_mtu(2, 3, &drains);
  scuttle_link_t *link, *to;
  scuttle_t *peer = live_pair(r, "peer", 0, &link, &to);
  drains = 0;
  for (i = 0; i < 5; i++) CHECK_CODE(set(r, "k", "1"), i ? SCUTTLE_FULL : SCUTTLE_OK);
  scuttle_link_close(link);
  CHECK_INT(drains, 1);
  for (i = 0; i < 50; i++) CHECK_CODE(set(r, "k", "1"), SCUTTLE_OK);
  scuttle_free(r);
  scuttle_free(peer);
  CHECK_INT(drains, 1);
}

TEST(full_may_be_ignored) {
  /* FULL is advice: nothing is dropped, and pending updates use no memory. */
  int drains, i;
  scuttle_t *r = small_mtu(2, 3, &drains);
  scuttle_link_t *link, *to;
  text_t out = {NULL, 0, 0};
  scuttle_t *peer = live_pair(r, "peer", 0, &link, &to);
  for (i = 0; i < 100000; i++) {
    char key[24];
    snprintf(key, sizeof key, "k%d", i % 100);
    CHECK(set(r, key, "[1,2,3]") >= 0);
  }
  read_all(link, 0, &out);
  CHECK(out.len < 100 * 200); /* the present entries, not all updates */
  CHECK(scuttle_link_write(to, out.data, out.len) >= 0);
  carry(link, to);
  CHECK_CODE(set(r, "k", "1"), SCUTTLE_OK);
  text_free(&out);
  scuttle_free(r);
  scuttle_free(peer);
}

CHECK_MAIN
