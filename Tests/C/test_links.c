/* Links: requests, deltas, and how they are read; the bytes are those of the classic dialect. */
#include "check.h"
#include "support.h"

#define DONE "{\"digest\":true,\"done\":true}\n"

static void check_output(scuttle_link_t *link, const char *expected) {
  text_t out = {NULL, 0, 0};
  read_all(link, 0, &out);
  CHECK_STR(out.data, expected);
  text_free(&out);
}

static scuttle_link_t *classic(scuttle_t *replica) { return link_with(replica, SCUTTLE_LINK_CLASSIC); }

/* Gossips once. The first gossip of a link requests everything, and the next one claims the versions that were covered then. */
static void gossip_once(scuttle_link_t *link) {
  CHECK_CODE(scuttle_link_gossip(link), SCUTTLE_OK);
  check_output(link, DONE);
}

static scuttle_t *filled(const char *id, size_t count) {
  scuttle_t *r = replica_exact(id);
  char key[24], value[24];
  size_t i;
  for (i = 1; i <= count; i++) {
    snprintf(key, sizeof key, "k%zu", i);
    snprintf(value, sizeof value, "%zu", i);
    set(r, key, value);
  }
  return r;
}

static scuttle_t *with_updates(const char *id, size_t count, scuttle_link_t **link) {
  scuttle_t *r = filled(id, count);
  *link = classic(r);
  return r;
}

/* --- requesting --- */

TEST(nothing_to_send_at_first) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = classic(r);
  check_output(link, "");
  set(r, "k", "1");
  check_output(link, ""); /* a classic link sends on request */
  scuttle_free(r);
}

TEST(gossip_of_an_empty_replica) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = classic(r);
  CHECK_CODE(scuttle_link_gossip(link), SCUTTLE_OK);
  check_output(link, DONE);
  scuttle_free(r);
}

TEST(the_first_gossip_of_a_link_requests_everything) {
  /* Each later gossip claims the versions that were covered at the previous one, because those covered since may have arrived
     out of order. */
  scuttle_t *r = replica_exact("local");
  scuttle_link_t *link = classic(r), *other = classic(r);
  feed_update(link, "a", "1", "A", 5);
  gossip_once(link);
  feed_update(link, "b", "1", "A", 9);
  feed_update(link, "c", "1", "B", 10);
  CHECK_CODE(scuttle_link_gossip(link), SCUTTLE_OK);
  {
    text_t out = {NULL, 0, 0};
    read_all(link, 0, &out);
    CHECK_INT(text_count(&out, "{\"digest\":true,\"source_id\":\"A\",\"id\":\"A\",\"version\":5}\n"), 1);
    CHECK_INT(text_count(&out, "\"B\""), 0);
    CHECK_INT(text_count(&out, "\"local\",\"version\":10}\n"), 1); /* the own source is complete, so its low-water mark is renewed */
    CHECK_INT(text_count(&out, "\n"), 3);
    text_free(&out);
    CHECK_CODE(scuttle_link_gossip(link), SCUTTLE_OK);
    read_all(link, 0, &out);
    CHECK_INT(text_count(&out, "\"A\",\"version\":9}\n"), 1);
    CHECK_INT(text_count(&out, "\"B\",\"version\":10}\n"), 1);
    CHECK_INT(text_count(&out, "\"local\",\"version\":10}\n"), 1);
    CHECK_INT(text_count(&out, "\n"), 4);
    text_free(&out);
  }
  gossip_once(other); /* each link by itself */
  scuttle_free(r);
}

TEST(gossip_names_each_source_and_ends_with_done) {
  scuttle_t *r = replica_exact("local");
  scuttle_link_t *link = classic(r);
  text_t out = {NULL, 0, 0};
  feed_update(link, "a", "1", "A", 5);
  feed_update(link, "b", "1", "r\xc3\xa4pli \"\\\n", 7);
  feed_update(link, "c", "1", "A", 9);
  set(r, "d", "1");
  gossip_once(link);
  CHECK_CODE(scuttle_gossip(r), SCUTTLE_OK);
  read_all(link, 0, &out);
  CHECK_INT(text_count(&out, "\n"), 4);
  CHECK_INT(text_count(&out, "{\"digest\":true,\"source_id\":\"A\",\"id\":\"A\",\"version\":9}\n"), 1);
  CHECK_INT(text_count(&out, "{\"digest\":true,\"source_id\":\"r\xc3\xa4pli \\\"\\\\\\n\",\"id\":\"r\xc3\xa4pli \\\"\\\\\\n\",\"version\":7}\n"), 1);
  CHECK_INT(text_count(&out, "{\"digest\":true,\"source_id\":\"local\",\"id\":\"local\",\"version\":10}\n"), 1);
  CHECK(out.len > strlen(DONE) && strcmp(out.data + out.len - strlen(DONE), DONE) == 0);
  text_free(&out);
  scuttle_free(r);
}

TEST(a_pending_gossip_is_not_repeated) {
  scuttle_t *r = replica_exact("local");
  scuttle_link_t *a = classic(r), *b = classic(r);
  set(r, "k", "1");
  scuttle_gossip(r);
  scuttle_gossip(r);
  scuttle_link_gossip(a);
  check_output(a, DONE);
  check_output(b, DONE);
  scuttle_gossip(r);
  scuttle_gossip(r);
  scuttle_link_gossip(a);
  check_output(a, "{\"digest\":true,\"source_id\":\"local\",\"id\":\"local\",\"version\":1}\n" DONE);
  check_output(b, "{\"digest\":true,\"source_id\":\"local\",\"id\":\"local\",\"version\":1}\n" DONE);
  scuttle_link_gossip(b);
  check_output(a, "");
  check_output(b, "{\"digest\":true,\"source_id\":\"local\",\"id\":\"local\",\"version\":1}\n" DONE);
  scuttle_free(r);
}

TEST(gossip_between_two_reads_of_a_gossip) {
  /* A gossip while half of the digests are read: the peer receives whole lines, each source, and a last "done". */
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = classic(r);
  int i, at;
  for (i = 0; i < 20; i++) {
    char source[24];
    snprintf(source, sizeof source, "s%d", i);
    feed_update(link, source, "1", source, 1);
  }
  gossip_once(link);
  for (at = 1; at < 300; at += 7) {
    text_t out = {NULL, 0, 0};
    char part[300];
    size_t len = 0;
    CHECK(scuttle_link_gossip(link) >= 0);
    CHECK_CODE(scuttle_link_read(link, part, (size_t)at, &len), SCUTTLE_OK);
    CHECK_INT(len, at);
    text_add(&out, part, len);
    CHECK(scuttle_link_gossip(link) >= 0);
    read_all(link, 0, &out);
    CHECK(out.len > strlen(DONE) && strcmp(out.data + out.len - strlen(DONE), DONE) == 0);
    for (i = 0; i < 20; i++) {
      char line[80];
      snprintf(line, sizeof line, "{\"digest\":true,\"source_id\":\"s%d\",\"id\":\"s%d\",\"version\":1}\n", i, i);
      if (text_count(&out, line) < 1) CHECK_SAY("after %d bytes: no %s", at, line);
    }
    CHECK_INT(text_count(&out, "\n{") + 1, text_count(&out, "\n"));
    text_free(&out);
  }
  scuttle_free(r);
}

static void gossip_order(uint64_t seed, text_t *out) {
  scuttle_config_t config = config_make();
  scuttle_t *r;
  scuttle_link_t *link;
  int i;
  config.seed = seed;
  r = replica_with("local", &config);
  link = classic(r);
  for (i = 0; i < 30; i++) {
    char source[24];
    snprintf(source, sizeof source, "s%02d", i);
    feed_update(link, "k", "1", source, 1);
  }
  gossip_once(link);
  scuttle_gossip(r);
  read_all(link, 0, out);
  scuttle_gossip(r);
  read_all(link, 0, out);
  scuttle_free(r);
}

TEST(digests_are_in_random_order_that_the_seed_repeats) {
  text_t a = {NULL, 0, 0}, b = {NULL, 0, 0}, c = {NULL, 0, 0}, d = {NULL, 0, 0};
  char *second;
  gossip_order(7, &a);
  gossip_order(7, &b);
  gossip_order(8, &c);
  gossip_order(0, &d);
  CHECK_STR(b.data, a.data);
  CHECK(strcmp(a.data, c.data) != 0);
  CHECK(strcmp(a.data, d.data) != 0);
  CHECK_INT(a.len, c.len);
  second = strstr(a.data, DONE);
  REQUIRE(second);
  second += strlen(DONE);
  CHECK(strncmp(a.data, second, strlen(second)) != 0); /* and another the next time */
  CHECK_INT(strlen(second) * 2, a.len);
  text_free(&a);
  text_free(&b);
  text_free(&c);
  text_free(&d);
}

/* --- deltas --- */

TEST(a_digest_is_served_before_done) {
  scuttle_link_t *link;
  scuttle_t *r = with_updates("X", 5, &link);
  CHECK_CODE(feed(link, "{\"digest\":true,\"source_id\":\"X\",\"version\":3}\n"), SCUTTLE_OK);
  check_output(link, "{\"key\":\"k4\",\"value\":4,\"source_id\":\"X\",\"version\":4}\n{\"key\":\"k5\",\"value\":5,\"source_id\":\"X\",\"version\":5}\n");
  CHECK_CODE(feed(link, DONE), SCUTTLE_OK); /* a digest has named X */
  check_output(link, "");
  CHECK_CODE(feed(link, DONE), SCUTTLE_OK); /* but not since that "done" */
  {
    text_t out = {NULL, 0, 0};
    read_all(link, 0, &out);
    CHECK_INT(text_count(&out, "\n"), 5);
    text_free(&out);
  }
  scuttle_free(r);
}

TEST(rounds_are_each_of_their_own) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = classic(r);
  feed_update(link, "a", "1", "A", 1);
  feed_update(link, "b", "1", "B", 2);
  feed(link, "{\"digest\":true,\"source_id\":\"A\",\"version\":1}\n" DONE);
  check_output(link, "{\"key\":\"b\",\"value\":1,\"source_id\":\"B\",\"version\":2}\n");
  feed(link, "{\"digest\":true,\"source_id\":\"B\",\"version\":2}\n" DONE);
  check_output(link, "{\"key\":\"a\",\"value\":1,\"source_id\":\"A\",\"version\":1}\n");
  scuttle_free(r);
}

TEST(links_do_not_mix_their_rounds) {
  /* simple-scuttle keeps its digests in one place for all links. */
  scuttle_t *r = replica_exact("local");
  scuttle_link_t *a = classic(r), *b = classic(r);
  set(r, "k", "1");
  feed(a, "{\"digest\":true,\"source_id\":\"local\",\"version\":1}\n");
  feed(b, DONE);
  feed(a, DONE);
  check_output(a, "");
  check_output(b, "{\"key\":\"k\",\"value\":1,\"source_id\":\"local\",\"version\":1}\n");
  scuttle_free(r);
}

TEST(superseded_updates_are_not_sent) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = classic(r);
  feed_update(link, "a", "1", "A", 1);
  feed_update(link, "b", "1", "A", 2);
  feed_update(link, "a", "2", "A", 3);
  feed_update(link, "b", "3", "B", 9);
  feed_update(link, "b", "4", "C", 4); /* beaten on arrival */
  feed(link, DONE);
  check_output(link, "{\"key\":\"a\",\"value\":2,\"source_id\":\"A\",\"version\":3}\n{\"key\":\"b\",\"value\":3,\"source_id\":\"B\",\"version\":9}\n");
  scuttle_free(r);
}

TEST(deltas_are_by_version_then_source) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = classic(r);
  feed_update(link, "1", "1", "C", 1);
  feed_update(link, "2", "1", "B", 2);
  feed_update(link, "3", "1", "A", 2);
  feed_update(link, "4", "1", "B", 10);
  feed_update(link, "5", "1", "C", 9);
  feed(link, DONE);
  check_output(link, "{\"key\":\"1\",\"value\":1,\"source_id\":\"C\",\"version\":1}\n{\"key\":\"3\",\"value\":1,\"source_id\":\"A\",\"version\":2}\n"
                     "{\"key\":\"2\",\"value\":1,\"source_id\":\"B\",\"version\":2}\n{\"key\":\"5\",\"value\":1,\"source_id\":\"C\",\"version\":9}\n"
                     "{\"key\":\"4\",\"value\":1,\"source_id\":\"B\",\"version\":10}\n");
  scuttle_free(r);
}

static int sources_backwards(void *context, const scuttle_update_t *a, const scuttle_update_t *b) {
  size_t len = a->source_len < b->source_len ? a->source_len : b->source_len;
  int order = memcmp(b->source, a->source, len);
  ++*(int *)context;
  if (order) return order;
  return a->version > b->version ? -1 : a->version < b->version; /* must not count within a source */
}

TEST(sort_orders_sources_and_not_within_one) {
  scuttle_config_t config = config_make();
  scuttle_t *r;
  scuttle_link_t *link;
  int calls = 0;
  config.sort = sources_backwards;
  config.context = &calls;
  r = replica_with("local", &config);
  link = classic(r);
  feed_update(link, "1", "1", "A", 1);
  feed_update(link, "2", "1", "B", 2);
  feed_update(link, "3", "1", "A", 3);
  feed_update(link, "4", "1", "B", 4);
  feed(link, DONE);
  check_output(link, "{\"key\":\"2\",\"value\":1,\"source_id\":\"B\",\"version\":2}\n{\"key\":\"4\",\"value\":1,\"source_id\":\"B\",\"version\":4}\n"
                     "{\"key\":\"1\",\"value\":1,\"source_id\":\"A\",\"version\":1}\n{\"key\":\"3\",\"value\":1,\"source_id\":\"A\",\"version\":3}\n");
  CHECK(calls > 0);
  scuttle_free(r);
}

/* Updates 1 … count of the sources A … E, in turn. */
static scuttle_t *sorted_crowd(int *calls, size_t history, int count) {
  scuttle_config_t config = config_make();
  scuttle_t *r;
  scuttle_link_t *link;
  int i;
  config.sort = sources_backwards;
  config.context = calls;
  config.max_history = history;
  config.mtu = 3;
  r = replica_with("Z", &config);
  link = classic(r);
  for (i = 1; i <= count; i++) {
    char key[24], source[2] = {(char)('A' + i % 5), 0};
    snprintf(key, sizeof key, "k%d", i);
    CHECK_CODE(feed_update(link, key, "1", source, (uint64_t)i), SCUTTLE_OK);
  }
  scuttle_link_close(link);
  return r;
}

/* Returns the count of update lines; and whether sources descend, and versions ascend within each. */
static int updates_in_order(const char *text, int *in_order) {
  const char *at = text;
  int updates = 0;
  char last = 127;
  unsigned long version = 0;
  *in_order = 1;
  while ((at = strstr(at, "\"source_id\":\"")) != NULL) {
    const char *id = at + strlen("\"source_id\":\"");
    unsigned long next = strtoul(strstr(id, "\"version\":") + strlen("\"version\":"), NULL, 10);
    if (*id > last || (*id == last && next <= version)) *in_order = 0;
    last = *id;
    version = next;
    updates++;
    at = id;
  }
  return updates;
}

/* Makes the peer request, with a delta to be read. On datagram links there is one more round, with a challenge. */
static void ask(scuttle_link_t *link, scuttle_link_t *to, size_t capacity, int rounds) {
  char buffer[4096];
  size_t len;
  int i;
  CHECK(scuttle_link_gossip(to) >= 0);
  for (i = 0; i < rounds; i++) {
    while (scuttle_link_read(to, buffer, capacity, &len) == SCUTTLE_OK && len > 0) scuttle_link_write(link, buffer, len);
    if (i == rounds - 1) break;
    while (scuttle_link_read(link, buffer, capacity, &len) == SCUTTLE_OK && len > 0) scuttle_link_write(to, buffer, len);
  }
}

TEST(sort_orders_sources_in_the_extended_dialect) {
  /* With any history. A later write goes to the end, although its source is the first. */
  static const size_t histories[] = {1, 10, 1000};
  size_t h;
  for (h = 0; h < 3; h++) {
    int calls = 0, in_order;
    scuttle_t *r = sorted_crowd(&calls, histories[h], 60), *peer = replica_make("peer");
    scuttle_link_t *link = link_make(r), *to = link_make(peer);
    text_t out = {NULL, 0, 0};
    char part[200];
    size_t len;
    ask(link, to, sizeof part, 2);
    CHECK(calls > 0);
    CHECK_CODE(scuttle_link_read(link, part, sizeof part, &len), SCUTTLE_OK);
    text_add(&out, part, len);
    CHECK(set(r, "meanwhile", "1") >= 0);
    read_all(link, 0, &out);
    CHECK_CODE(scuttle_link_write(to, out.data, out.len), SCUTTLE_OK);
    CHECK(text_count(&out, "\"meanwhile\"") == 1);
    *strstr(out.data, "{\"key\":\"meanwhile\"") = 0;
    CHECK_INT(updates_in_order(out.data, &in_order), 60);
    CHECK(in_order);
    CHECK_INT(count_of(peer), 61);
    CHECK_U64(fingerprint_of(peer), fingerprint_of(r));
    carry(link, to);
    text_free(&out);
    scuttle_free(r);
    scuttle_free(peer);
  }
}

TEST(sort_does_not_order_datagrams) {
  /* They go in order of arrival, or in that of the history. */
  static const size_t histories[] = {1, 1000};
  size_t h;
  for (h = 0; h < 2; h++) {
    int calls = 0, in_order;
    scuttle_t *r = sorted_crowd(&calls, histories[h], 60), *peer = replica_make("peer");
    scuttle_link_t *link = link_with(r, SCUTTLE_LINK_DATAGRAM), *to = link_with(peer, SCUTTLE_LINK_DATAGRAM);
    text_t out = {NULL, 0, 0};
    int i;
    ask(link, to, 4096, 3);
    for (i = 0; i < 60; i++) {
      char part[1201];
      size_t len;
      CHECK_CODE(scuttle_link_read(link, part, sizeof part - 1, &len), SCUTTLE_OK);
      if (len == 0) break;
      text_add(&out, part, len);
      CHECK_CODE(scuttle_link_write(to, part, len), SCUTTLE_OK);
    }
    CHECK_INT(updates_in_order(out.data, &in_order), 60);
    CHECK(!in_order);
    for (i = 1; i < 60; i++) {
      char one[40], next[40];
      snprintf(one, sizeof one, "\"version\":%d}", i);
      snprintf(next, sizeof next, "\"version\":%d}", i + 1);
      CHECK(strstr(out.data, one) < strstr(out.data, next));
    }
    CHECK_U64(fingerprint_of(peer), fingerprint_of(r));
    text_free(&out);
    scuttle_free(r);
    scuttle_free(peer);
  }
}

TEST(sort_does_not_order_live_updates) {
  /* One text serves all live links: in the order of arrival. */
  int calls = 0;
  scuttle_t *r = sorted_crowd(&calls, 1000, 5), *peer = replica_make("peer");
  scuttle_link_t *from = classic(r), *link = link_with(r, SCUTTLE_LINK_LIVE), *to = link_make(peer);
  text_t out = {NULL, 0, 0};
  sync_links(link, to);
  CHECK_CODE(feed_update(from, "first", "1", "A", 1001), SCUTTLE_OK);
  CHECK_CODE(feed_update(from, "second", "1", "E", 1002), SCUTTLE_OK);
  read_all(link, 0, &out);
  CHECK_INT(text_count(&out, "\"first\""), 1);
  CHECK_INT(text_count(&out, "\"second\""), 1);
  CHECK(strstr(out.data, "\"first\"") < strstr(out.data, "\"second\""));
  text_free(&out);
  scuttle_free(r);
  scuttle_free(peer);
}

static int any_order(void *context, const scuttle_update_t *a, const scuttle_update_t *b) {
  (void)a;
  (void)b;
  return (int)random_below((uint64_t *)context, 3) - 1;
}

TEST(a_sort_that_contradicts_itself_keeps_sources_in_order) {
  int is_classic;
  for (is_classic = 0; is_classic < 2; is_classic++) {
    scuttle_config_t config = config_make();
    scuttle_t *r, *peer;
    scuttle_link_t *from, *link, *to;
    uint64_t random = 9;
    int i;
    config.sort = any_order;
    config.context = &random;
    r = replica_with("local", &config);
    peer = replica_make("peer");
    from = classic(r);
    link = is_classic ? from : link_make(r);
    to = link_make(peer);
    for (i = 1; i <= 600; i++) {
      char key[24], source[24];
      snprintf(key, sizeof key, "%d", i);
      snprintf(source, sizeof source, "s%d", i % 9);
      feed_update(from, key, "1", source, (uint64_t)i);
    }
    sync_links(link, to);
    CHECK_INT(count_of(peer), 600); /* an update below its source's version would be lost */
    CHECK_U64(fingerprint_of(peer), fingerprint_of(r));
    scuttle_free(r);
    scuttle_free(peer);
  }
}

TEST(extensions_are_ignored) {
  scuttle_link_t *link;
  scuttle_t *r = with_updates("local", 3, &link);
  char *before = snapshot(r), *after;
  CHECK_CODE(feed(link, "{\"digest\":true,\"later\":{\"min\":1}}\n{\"digest\":true,\"covers\":[1,2]}\n"), SCUTTLE_OK);
  CHECK_CODE(feed(link, "{\"digest\":true,\"hello\":{\"protocol\":[1,1],\"source\":\"A\",\"incarnation\":1,\"cluster\":\"\",\"lamport\":9,\"epoch\":0,"
                        "\"revision\":1,\"hash\":\"0123456789abcdef\",\"nonce\":0,\"reply\":false}}\n"), SCUTTLE_OK);
  check_output(link, "");
  after = snapshot(r);
  CHECK_STR(after, before);
  free(before);
  free(after);
  scuttle_free(r);
}

TEST(an_own_digest_that_a_peer_repeats) {
  /* A peer repeats the updates of this replica. */
  scuttle_link_t *link;
  scuttle_t *r = with_updates("local", 3, &link);
  text_t out = {NULL, 0, 0};
  feed_update(link, "other", "1", "A", 70);
  gossip_once(link);
  scuttle_gossip(r);
  read_all(link, 0, &out);
  CHECK_CODE(scuttle_link_write(link, out.data, out.len), SCUTTLE_OK);
  check_output(link, "");
  text_free(&out);
  scuttle_free(r);
}

/* --- reading --- */

static scuttle_t *talkative(scuttle_link_t **link) {
  scuttle_t *r = with_updates("local", 40, link);
  text_t value = {NULL, 0, 0};
  int i;
  text_str(&value, "\"");
  for (i = 0; i < 3000; i++) text_str(&value, "long ");
  text_str(&value, "\"");
  set(r, "long", value.data);
  text_free(&value);
  for (i = 0; i < 20; i++) {
    char source[24];
    snprintf(source, sizeof source, "s\xc3\xa4%d", i);
    feed_update(*link, source, "[1,{\"a\":null}]", source, 1 + (uint64_t)i * 3);
  }
  scuttle_delete(r, "k7", 2);
  CHECK(feed(*link, "{\"digest\":true,\"id\":\"local\",\"version\":5}\n" DONE) >= 0);
  CHECK(scuttle_link_gossip(*link) >= 0);
  return r;
}

TEST(any_capacity_reads_the_same_stream) {
  static const size_t capacities[] = {1, 2, 7, 64, 100, 4096, 65536, 1 << 20};
  text_t first = {NULL, 0, 0};
  size_t i;
  for (i = 0; i < sizeof capacities / sizeof *capacities; i++) {
    scuttle_link_t *link;
    scuttle_t *r = talkative(&link);
    text_t out = {NULL, 0, 0};
    read_all(link, capacities[i], &out);
    if (i == 0) {
      first = out;
      CHECK(first.len > 15000);
    } else {
      CHECK_BYTES(out.data, out.len, first.data, first.len);
      text_free(&out);
    }
    scuttle_free(r);
  }
  text_free(&first);
}

TEST(peek_shows_what_read_reads) {
  static const size_t spans[] = {1, 2, 3, 16, 1000};
  static const size_t bytes[] = {0, 1, 7, 100, 20000};
  text_t read = {NULL, 0, 0};
  size_t i, j;
  scuttle_link_t *link;
  scuttle_t *r = talkative(&link);
  read_all(link, 0, &read);
  scuttle_free(r);
  for (i = 0; i < sizeof spans / sizeof *spans; i++)
    for (j = 0; j < sizeof bytes / sizeof *bytes; j++) {
      text_t out = {NULL, 0, 0};
      r = talkative(&link);
      peek_all(link, spans[i], bytes[j], &out);
      CHECK_BYTES(out.data, out.len, read.data, read.len);
      text_free(&out);
      scuttle_free(r);
    }
  text_free(&read);
}

TEST(a_read_fills_the_buffer) {
  scuttle_link_t *link;
  scuttle_t *r = talkative(&link);
  char buffer[1000];
  size_t len = 0;
  CHECK_CODE(scuttle_link_read(link, buffer, sizeof buffer, &len), SCUTTLE_OK);
  CHECK_INT(len, sizeof buffer);
  scuttle_free(r);
}

TEST(a_read_does_not_write_past_the_buffer) {
  size_t capacity;
  for (capacity = 1; capacity < 300; capacity += 13) {
    scuttle_link_t *link;
    scuttle_t *r = talkative(&link);
    guarded_t buffer = guarded_make(capacity);
    size_t len = 0;
    do CHECK_CODE(scuttle_link_read(link, buffer.data, capacity, &len), SCUTTLE_OK);
    while (len && !check_failures);
    guarded_free(&buffer);
    scuttle_free(r);
  }
}

static void flatten(const scuttle_span_t *spans, size_t count, text_t *out) {
  size_t i;
  text_add(out, "", 0);
  for (i = 0; i < count; i++) text_add(out, spans[i].data, spans[i].len);
}

TEST(peek_twice_shows_the_same) {
  scuttle_link_t *link;
  scuttle_t *r = talkative(&link);
  int round;
  for (round = 0; round < 50; round++) {
    scuttle_span_t spans[64];
    text_t a = {NULL, 0, 0}, b = {NULL, 0, 0}, c = {NULL, 0, 0};
    size_t count = 0;
    char byte[16];
    size_t len = 0;
    CHECK_CODE(scuttle_link_peek(link, spans, 64, &count), SCUTTLE_OK);
    flatten(spans, count, &a);
    CHECK_CODE(scuttle_link_peek(link, spans, 64, &count), SCUTTLE_OK);
    flatten(spans, count, &b);
    CHECK_STR(b.data, a.data);
    CHECK_CODE(scuttle_link_peek(link, spans, 1, &count), SCUTTLE_OK);
    flatten(spans, count, &c);
    CHECK(c.len <= a.len && memcmp(a.data, c.data, c.len) == 0);
    /* A read goes on at the same offset. */
    CHECK_CODE(scuttle_link_read(link, byte, sizeof byte, &len), SCUTTLE_OK);
    if (a.len < len) len = a.len; /* a peek may show less than all */
    CHECK(len > 0 && memcmp(a.data, byte, len) == 0);
    text_free(&a);
    text_free(&b);
    text_free(&c);
  }
  scuttle_free(r);
}

TEST(consume_accepts_no_more_than_was_shown) {
  scuttle_link_t *link;
  scuttle_t *r = talkative(&link);
  scuttle_span_t spans[3];
  size_t count = 0, shown = 0, i;
  text_t before = {NULL, 0, 0}, after = {NULL, 0, 0};
  CHECK_CODE(scuttle_link_consume(link, 0), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_consume(link, 1), SCUTTLE_E_ARGUMENT); /* nothing has been shown yet */
  CHECK_CODE(scuttle_link_peek(link, spans, 3, &count), SCUTTLE_OK);
  for (i = 0; i < count; i++) shown += spans[i].len;
  flatten(spans, count, &before);
  CHECK_CODE(scuttle_link_consume(link, shown + 1), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_link_consume(link, SIZE_MAX), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_link_consume(link, (size_t)PTRDIFF_MAX + 1), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_link_peek(link, spans, 3, &count), SCUTTLE_OK);
  flatten(spans, count, &after);
  CHECK_STR(after.data, before.data); /* an error changes nothing */
  CHECK_CODE(scuttle_link_consume(link, shown), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_consume(link, 1), SCUTTLE_E_ARGUMENT);
  text_free(&before);
  text_free(&after);
  scuttle_free(r);
}

TEST(zero_capacity) {
  scuttle_link_t *link;
  scuttle_t *r = talkative(&link);
  char byte = 'x';
  scuttle_span_t span;
  size_t len = 7, count = 7;
  CHECK_CODE(scuttle_link_read(link, &byte, 0, &len), SCUTTLE_OK);
  CHECK_INT(len, 0);
  CHECK_INT(byte, 'x');
  CHECK_CODE(scuttle_link_peek(link, &span, 0, &count), SCUTTLE_OK);
  CHECK_INT(count, 0);
  scuttle_free(r);
}

static void check_whole_lines(const text_t *out) {
  /* Every line is a message that a fresh replica accepts. */
  scuttle_t *r = replica_make("check");
  scuttle_link_t *link = classic(r);
  int code = scuttle_link_write(link, out->data, out->len);
  if (code < 0) CHECK_SAY("%s: %s in %.3000s", code_name(code), scuttle_errmsg(r), out->data);
  scuttle_free(r);
}

TEST(overwriting_a_half_read_entry) {
  /* The record of which a peer has half is replaced, deleted, and replaced again: the line still ends as it began. */
  size_t at;
  for (at = 1; at < 120; at++) {
    scuttle_link_t *link, *to;
    scuttle_t *r = with_updates("local", 3, &link), *peer = replica_make("peer");
    text_t out = {NULL, 0, 0};
    char part[128];
    size_t len = 0, n;
    to = link_make(peer);
    feed(link, DONE);
    CHECK_CODE(scuttle_link_read(link, part, at, &len), SCUTTLE_OK);
    text_add(&out, part, len);
    set(r, "k1", "\"replaced by something much longer than it was before\"");
    scuttle_delete(r, "k2", 2);
    set(r, "k1", "[]");
    for (n = 0; n < 20; n++) set(r, "k2", "2222"); /* far past the history */
    scuttle_link_read(link, part, 1, &len);
    text_add(&out, part, len);
    set(r, "k3", "3333");
    read_all(link, 5, &out);
    check_whole_lines(&out);
    CHECK(scuttle_link_write(to, out.data, out.len) >= 0);
    sync_links(link, to);
    CHECK_U64(fingerprint_of(peer), fingerprint_of(r));
    text_free(&out);
    scuttle_free(r);
    scuttle_free(peer);
  }
}

TEST(overwriting_a_peeked_entry) {
  size_t take;
  for (take = 1; take < 150; take += 3) {
    scuttle_link_t *link;
    scuttle_t *r = with_updates("local", 3, &link);
    scuttle_span_t spans[8];
    size_t count = 0;
    text_t shown = {NULL, 0, 0}, out = {NULL, 0, 0};
    int n;
    feed(link, DONE);
    CHECK_CODE(scuttle_link_peek(link, spans, 8, &count), SCUTTLE_OK);
    flatten(spans, count, &shown);
    REQUIRE(shown.len >= take);
    text_add(&out, shown.data, take); /* these bytes were sent … */
    for (n = 0; n < 15; n++) {
      set(r, "k1", "\"new\"");
      set(r, "k2", "\"new\"");
      set(r, "k3", "\"new\"");
    }
    CHECK_CODE(scuttle_link_consume(link, take), SCUTTLE_OK); /* … and are now consumed */
    read_all(link, 0, &out);
    check_whole_lines(&out);
    text_free(&shown);
    text_free(&out);
    scuttle_free(r);
  }
}

TEST(writing_while_a_link_is_read) {
  /* A host that writes without pause, and a peer that reads little by little: it receives everything. */
  scuttle_link_t *link, *to;
  scuttle_t *r = with_updates("local", 200, &link), *peer = replica_make("peer");
  uint64_t random = 8;
  int i;
  to = link_make(peer);
  feed(link, DONE);
  for (i = 0; i < 3000; i++) {
    char buffer[64], key[24];
    size_t len = 0;
    snprintf(key, sizeof key, "k%d", 1 + (int)random_below(&random, 250));
    if (i < 1000) {
      if (random_below(&random, 6) == 0) CHECK(scuttle_delete(r, key, SCUTTLE_NTS) >= 0);
      else CHECK(set(r, key, "true") >= 0);
    }
    CHECK_CODE(scuttle_link_read(link, buffer, 1 + random_below(&random, 64), &len), SCUTTLE_OK);
    if (len) CHECK(scuttle_link_write(to, buffer, len) >= 0);
    if (i % 500 == 0) CHECK(scuttle_link_gossip(to) >= 0);
    if (scuttle_link_read(to, buffer, 64, &len) == SCUTTLE_OK && len) CHECK(scuttle_link_write(link, buffer, len) >= 0);
  }
  sync_links(link, to);
  CHECK_U64(fingerprint_of(peer), fingerprint_of(r));
  CHECK_INT(count_of(peer), count_of(r));
  scuttle_free(r);
  scuttle_free(peer);
}

/* --- two replicas and more --- */

TEST(two_replicas_agree) {
  scuttle_t *r = filled("a", 50), *peer = filled("b", 70);
  sync_links(link_make(r), link_make(peer));
  CHECK_U64(fingerprint_of(peer), fingerprint_of(r));
  CHECK_INT(count_of(peer), 70);
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(a_second_gossip_sends_no_updates) {
  scuttle_link_t *a, *b;
  scuttle_t *r = with_updates("a", 50, &a), *peer = with_updates("b", 70, &b);
  text_t out = {NULL, 0, 0};
  sync_links(a, b);
  scuttle_link_gossip(a);
  read_all(a, 0, &out);
  CHECK(scuttle_link_write(b, out.data, out.len) == SCUTTLE_OK);
  text_free(&out);
  check_output(b, "");
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(a_chain_relays) {
  scuttle_t *a = filled("a", 30), *b = replica_make("b"), *c = filled("c", 10);
  scuttle_link_t *ab = link_make(a), *ba = link_make(b), *bc = link_make(b), *cb = link_make(c);
  sync_links(ab, ba);
  sync_links(bc, cb);
  sync_links(ab, ba);
  CHECK_INT(count_of(a), 30);
  CHECK_U64(fingerprint_of(a), fingerprint_of(b));
  CHECK_U64(fingerprint_of(a), fingerprint_of(c));
  scuttle_free(b); /* with both its links */
  scuttle_free(a);
  scuttle_free(c);
}

TEST(a_link_closed_half_way_leaves_no_hole) {
  size_t cut;
  for (cut = 1; cut < 3000; cut += 97) { /* a request in the one dialect continues in the other */
    scuttle_link_t *a, *b;
    scuttle_t *r = with_updates("a", 60, &a), *peer = replica_make("b");
    char buffer[3000];
    size_t len = 0;
    feed_update(a, "k3", "0", "Z", 200);
    feed_update(a, "z", "0", "Z", 201);
    b = link_make(peer);
    feed(a, DONE);
    CHECK_CODE(scuttle_link_read(a, buffer, cut, &len), SCUTTLE_OK);
    CHECK(scuttle_link_write(b, buffer, len) >= 0);
    scuttle_link_close(a); /* the connection breaks */
    scuttle_link_close(b);
    a = link_make(r);
    b = link_make(peer);
    sync_links(a, b);
    CHECK_U64(fingerprint_of(peer), fingerprint_of(r));
    scuttle_free(r);
    scuttle_free(peer);
  }
}

TEST(a_peer_that_is_far_behind_converges) {
  scuttle_config_t config = config_make();
  scuttle_t *r, *peer;
  scuttle_link_t *a, *b;
  int i;
  config.mtu = 10;
  config.max_history = 10;
  r = replica_with("a", &config);
  peer = replica_with("b", &config);
  a = link_make(r);
  b = link_make(peer);
  for (i = 0; i < 100000; i++) {
    char key[24];
    snprintf(key, sizeof key, "key %d", i % 90000);
    CHECK_CODE(set(r, key, "\"value\""), SCUTTLE_OK);
  }
  CHECK_CODE(scuttle_link_gossip(b), SCUTTLE_OK);
  carry(a, b); /* one request, and the whole delta */
  CHECK_INT(count_of(peer), 90000);
  CHECK_U64(fingerprint_of(peer), fingerprint_of(r));
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(many_links) {
  enum { LINKS = 5000 };
  static scuttle_link_t *links[LINKS];
  scuttle_t *r = replica_exact("local");
  char buffer[256];
  size_t len = 0;
  int i;
  set(r, "k", "1");
  for (i = 0; i < LINKS; i++) links[i] = classic(r);
  CHECK_CODE(scuttle_gossip(r), SCUTTLE_OK);
  for (i = 0; i < LINKS; i++) {
    CHECK_CODE(scuttle_link_read(links[i], buffer, sizeof buffer, &len), SCUTTLE_OK);
    CHECK_BYTES(buffer, len, DONE, 28);
  }
  CHECK_CODE(scuttle_gossip(r), SCUTTLE_OK);
  for (i = 0; i < LINKS; i += 2) scuttle_link_close(links[i]);
  for (i = 1; i < LINKS; i += 2) {
    CHECK_CODE(scuttle_link_read(links[i], buffer, sizeof buffer, &len), SCUTTLE_OK);
    CHECK_BYTES(buffer, len, "{\"digest\":true,\"source_id\":\"local\",\"id\":\"local\",\"version\":1}\n" DONE, 61 + 28);
  }
  for (i = 0; i < LINKS; i += 2) links[i] = link_make(r);
  for (i = LINKS - 1; i >= 0; i--) scuttle_link_close(links[i]);
  scuttle_free(r);
}

/* --- flags --- */

TEST(link_flags) {
  scuttle_t *r = replica_make("local");
  scuttle_link_config_t config;
  scuttle_link_t *link;
  uint32_t flags;
  for (flags = 1; flags; flags = flags < 64 ? flags + 1 : flags << 1) {
    const uint32_t both = SCUTTLE_LINK_DATAGRAM | SCUTTLE_LINK_CLASSIC, lets_in = SCUTTLE_LINK_CLASSIC | SCUTTLE_LINK_ANY;
    int is_vain = (flags & SCUTTLE_LINK_HISTORY) && !(flags & lets_in);
    int expected = flags > 63 || (flags & both) == both || is_vain ? SCUTTLE_E_ARGUMENT : SCUTTLE_OK;
    memset(&config, 0, sizeof config);
    config.struct_size = sizeof config;
    config.flags = flags;
    link = (scuttle_link_t *)(void *)&config;
    CHECK_CODE(scuttle_link_open(r, &config, &link), expected);
    if (expected < 0) CHECK(link == NULL);
  }
  memset(&config, 0, sizeof config);
  config.struct_size = sizeof config;
  config.reserved = 1;
  CHECK(scuttle_link_open(r, &config, &link) < 0);
  config.reserved = 0;
  CHECK_CODE(scuttle_link_open(r, &config, &link), SCUTTLE_OK);
  scuttle_free(r);
}

TEST(a_link_without_flags_rejects_classic_lines) {
  static const char *const lines[] = {DONE, "{\"digest\":true,\"source_id\":\"A\",\"version\":9}\n", "{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":1}\n"};
  size_t i;
  for (i = 0; i < sizeof lines / sizeof *lines; i++) {
    scuttle_config_t config = config_exact();
    scuttle_t *r;
    scuttle_link_t *link = NULL;
    told_t told;
    char *before, *after;
    memset(&told, 0, sizeof told);
    config.on_event = note_event;
    config.context = &told;
    r = replica_with("local", &config);
    set(r, "mine", "1");
    before = snapshot(r);
    CHECK_CODE(scuttle_link_open(r, NULL, &link), SCUTTLE_OK);
    REQUIRE(link);
    CHECK_CODE(feed(link, lines[i]), SCUTTLE_E_PROTOCOL);
    check_output(link, "{\"digest\":true,\"reject\":{\"reason\":\"protocol\"}}\n");
    CHECK_CODE(feed(link, lines[i]), SCUTTLE_E_PROTOCOL);
    check_output(link, "");
    CHECK_INT(told.count[SCUTTLE_EVENT_ENDED], 1);
    CHECK_CODE(told.code[SCUTTLE_EVENT_ENDED], SCUTTLE_E_PROTOCOL);
    CHECK(told.link[SCUTTLE_EVENT_ENDED] == link);
    after = snapshot(r);
    CHECK_STR(after, before);
    free(before);
    free(after);
    scuttle_free(r);
  }
}

TEST(a_cluster_speaks_the_extended_dialect_only) {
  scuttle_config_t config = config_exact();
  scuttle_link_config_t flags;
  scuttle_link_t *link = (scuttle_link_t *)(void *)&config;
  scuttle_t *r, *peer;
  text_t out = {NULL, 0, 0};
  config.cluster = "blue";
  r = replica_with("local", &config);
  peer = replica_with("peer", &config);
  memset(&flags, 0, sizeof flags);
  flags.struct_size = sizeof flags;
  flags.flags = SCUTTLE_LINK_CLASSIC;
  CHECK_CODE(scuttle_link_open(r, &flags, &link), SCUTTLE_E_CLUSTER);
  CHECK(link == NULL);
  flags.flags = SCUTTLE_LINK_CLASSIC | SCUTTLE_LINK_ANY | SCUTTLE_LINK_LIVE;
  CHECK_CODE(scuttle_link_open(r, &flags, &link), SCUTTLE_E_CLUSTER);
  link = link_make(r);
  set(r, "k", "1");
  CHECK_CODE(scuttle_link_gossip(link), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_gossip(link), SCUTTLE_OK); /* it sends no digests */
  read_all(link, 0, &out);
  CHECK_INT(text_count(&out, "\"hello\""), 1);
  CHECK_INT(text_count(&out, "\"done\""), 0);
  text_free(&out);
  CHECK_CODE(feed(link, DONE), SCUTTLE_E_PROTOCOL);
  sync_links(link_make(r), link_make(peer));
  CHECK_U64(fingerprint_of(peer), fingerprint_of(r));
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(a_read_only_link_accepts_nothing) {
  scuttle_t *r = replica_exact("local");
  scuttle_link_config_t config;
  scuttle_link_t *link = NULL;
  char *before, *after;
  memset(&config, 0, sizeof config);
  config.struct_size = sizeof config;
  config.flags = SCUTTLE_LINK_ANY | SCUTTLE_LINK_READ_ONLY;
  CHECK_CODE(scuttle_link_open(r, &config, &link), SCUTTLE_OK);
  REQUIRE(link);
  set(r, "k", "1");
  before = snapshot(r);
  CHECK_CODE(feed_update(link, "k", "2", "A", 5), SCUTTLE_E_READ_ONLY);
  CHECK_CODE(feed(link, "{\"key\":\"k\",\"value\":null,\"source_id\":\"A\",\"version\":9,\"deleted\":true}\n"), SCUTTLE_E_READ_ONLY);
  CHECK_CODE(feed(link, "{\"digest\":true,\"source_id\":\"A\",\"version\":9}\n"), SCUTTLE_OK);
  CHECK_CODE(feed(link, DONE), SCUTTLE_OK); /* it still receives a delta */
  after = snapshot(r);
  CHECK_STR(after, before);
  check_output(link, "{\"key\":\"k\",\"value\":1,\"source_id\":\"local\",\"version\":1}\n");
  CHECK_CODE(feed_update(link_make(r), "k", "2", "A", 5), SCUTTLE_OK); /* another link does accept */
  free(before);
  free(after);
  scuttle_free(r);
}

/* --- the short form --- */

TEST(the_short_form) {
  scuttle_t *a = replica_make("a"), *b = replica_make("b");
  char buffer[4096];
  size_t len = 0;
  int round;
  set(a, "k", "1");
  set(b, "l", "2");
  CHECK_CODE(scuttle_gossip(a), SCUTTLE_OK); /* before any link is open */
  CHECK_CODE(scuttle_gossip(b), SCUTTLE_OK);
  for (round = 0; round < 6; round++) {
    CHECK_CODE(scuttle_read(a, buffer, sizeof buffer, &len), SCUTTLE_OK);
    CHECK_CODE(scuttle_write(b, buffer, len), SCUTTLE_OK);
    CHECK_CODE(scuttle_read(b, buffer, sizeof buffer, &len), SCUTTLE_OK);
    CHECK_CODE(scuttle_write(a, buffer, len), SCUTTLE_OK);
  }
  CHECK_INT(len, 0);
  CHECK_U64(fingerprint_of(a), fingerprint_of(b));
  CHECK_INT(count_of(a), 2);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(the_short_form_requests_nothing_by_itself) {
  scuttle_t *r = replica_exact("local");
  text_t hello = {NULL, 0, 0};
  char buffer[512];
  size_t len = 9;
  set(r, "k", "1");
  CHECK_CODE(scuttle_read(r, buffer, sizeof buffer, &len), SCUTTLE_OK);
  CHECK_INT(len, 0);
  text_hello(&hello, "A", "", 1, 1, 1);
  CHECK_CODE(scuttle_write(r, hello.data, hello.len), SCUTTLE_OK);
  CHECK_CODE(scuttle_read(r, buffer, sizeof buffer - 1, &len), SCUTTLE_OK);
  buffer[len] = 0;
  CHECK(strstr(buffer, "\"hello\"") != NULL); /* a reply */
  CHECK_CODE(scuttle_read(r, buffer, sizeof buffer, &len), SCUTTLE_OK);
  CHECK_INT(len, 0);
  text_free(&hello);
  scuttle_free(r);
}

TEST(the_short_form_speaks_the_extended_dialect) {
  scuttle_t *r = replica_exact("local");
  char buffer[256];
  size_t len = 9;
  set(r, "k", "1");
  CHECK_CODE(scuttle_write(r, DONE, strlen(DONE)), SCUTTLE_E_PROTOCOL);
  CHECK_CODE(scuttle_read(r, buffer, sizeof buffer, &len), SCUTTLE_OK);
  CHECK_BYTES(buffer, len, "{\"digest\":true,\"reject\":{\"reason\":\"protocol\"}}\n", 47);
  CHECK_CODE(scuttle_write(r, DONE, strlen(DONE)), SCUTTLE_E_PROTOCOL);
  CHECK_CODE(scuttle_gossip(r), SCUTTLE_OK);
  CHECK_CODE(scuttle_read(r, buffer, sizeof buffer, &len), SCUTTLE_OK);
  CHECK_INT(len, 0);
  scuttle_free(r);
}

TEST(the_short_form_beside_links) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  text_t hello = {NULL, 0, 0};
  char buffer[512];
  size_t len = 0;
  set(r, "k", "1");
  text_hello(&hello, "A", "", 1, 1, 1);
  CHECK_CODE(scuttle_write(r, hello.data, 12), SCUTTLE_OK);
  CHECK_CODE(feed(link, DONE), SCUTTLE_OK);
  CHECK_CODE(scuttle_write(r, hello.data + 12, hello.len - 12), SCUTTLE_OK);
  CHECK_CODE(scuttle_read(r, buffer, sizeof buffer - 1, &len), SCUTTLE_OK);
  buffer[len] = 0;
  CHECK(strstr(buffer, "\"hello\"") != NULL);
  CHECK_CODE(scuttle_write(r, "nonsense\n", 9), SCUTTLE_E_JSON);
  text_free(&hello);
  scuttle_free(r);
}

TEST(a_gossip_while_only_the_done_is_pending) {
  /* The digests were read, so a gossip begins anew. */
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = classic(r);
  char buffer[4096];
  size_t len, digest;
  set(r, "k", "1");
  CHECK_CODE(scuttle_link_gossip(link), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_read(link, buffer, sizeof buffer, &len), SCUTTLE_OK);
  digest = len - strlen("{\"digest\":true,\"done\":true}\n");
  CHECK_CODE(scuttle_link_gossip(link), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_read(link, buffer, digest + 1, &len), SCUTTLE_OK); /* and the first byte of the done */
  set(r, "k", "2");
  CHECK_CODE(scuttle_link_gossip(link), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_read(link, buffer, sizeof buffer, &len), SCUTTLE_OK);
  buffer[len] = 0;
  CHECK(strstr(buffer, "\"version\":2}") != NULL);
  scuttle_free(r);
}

TEST(a_read_of_nothing_keeps_the_peek) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = classic(r);
  scuttle_span_t span;
  char byte;
  size_t count, len;
  set(r, "k", "1");
  CHECK_CODE(feed(link, "{\"digest\":true,\"done\":true}\n"), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_peek(link, &span, 1, &count), SCUTTLE_OK);
  CHECK_INT(count, 1);
  CHECK_CODE(scuttle_link_read(link, &byte, 0, &len), SCUTTLE_OK);
  CHECK_INT(len, 0);
  CHECK_CODE(scuttle_link_consume(link, span.len), SCUTTLE_OK);
  scuttle_free(r);
}

TEST(a_wrong_call_of_the_short_form_opens_no_link) {
  scuttle_config_t config = config_make();
  scuttle_t *r = NULL;
  scuttle_link_t *link;
  size_t len;
  config.max_links = 1;
  CHECK_CODE(scuttle_new("local", &config, &r), SCUTTLE_OK);
  CHECK_CODE(scuttle_write(r, NULL, 5), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_read(r, NULL, 5, &len), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_link_open(r, NULL, &link), SCUTTLE_OK);
  scuttle_free(r);
}

CHECK_MAIN
