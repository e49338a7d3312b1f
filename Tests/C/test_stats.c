/* The figures of a replica: scuttle_stats, each field against what the test has counted itself. */
#include "check.h"
#include "support.h"

#include <stddef.h>

#define MOST ((size_t)1 << 22)

static scuttle_stats_t stats_of(scuttle_t *replica) {
  scuttle_stats_t stats;
  memset(&stats, 0, sizeof stats);
  stats.struct_size = sizeof stats;
  CHECK_CODE(scuttle_stats(replica, &stats), SCUTTLE_OK);
  return stats;
}

static void set_keys(scuttle_t *replica, const char *prefix, int from, int to) {
  char key[32];
  int i;
  for (i = from; i < to; i++) {
    snprintf(key, sizeof key, "%s %d", prefix, i);
    CHECK(set(replica, key, "1") >= 0);
  }
}

static void unset_keys(scuttle_t *replica, const char *prefix, int from, int to) {
  char key[32];
  int i;
  for (i = from; i < to; i++) {
    snprintf(key, sizeof key, "%s %d", prefix, i);
    CHECK(unset(replica, key) >= 0);
  }
}

TEST(a_new_replica_has_zeros) {
  scuttle_t *a = replica_make("a");
  scuttle_stats_t stats = stats_of(a), expected;
  memset(&expected, 0, sizeof expected);
  expected.struct_size = sizeof expected;
  expected.sources = 1; /* its own */
  CHECK(stats.bytes > 0);
  expected.bytes = stats.bytes;
  CHECK(memcmp(&stats, &expected, sizeof stats) == 0);
  scuttle_free(a);
}

TEST(local_writes) {
  scuttle_config_t config = config_make();
  scuttle_t *a;
  scuttle_stats_t stats, later;
  size_t purged;
  int i;
  config.max_history = 40;
  a = replica_with("a", &config);
  set_keys(a, "k", 0, 100);
  set_keys(a, "k", 0, 30); /* overwrites */
  for (i = 0; i < 7; i++) {
    char key[24];
    snprintf(key, sizeof key, "ttl %d", i);
    CHECK(scuttle_set_ttl(a, key, SCUTTLE_NTS, "1", SCUTTLE_NTS, 1000) >= 0);
  }
  CHECK(scuttle_set_ttl(a, "for ever", SCUTTLE_NTS, "1", SCUTTLE_NTS, UINT64_MAX) >= 0);
  unset_keys(a, "k", 0, 12);
  CHECK(unset(a, "absent") >= 0);
  CHECK_CODE(set(a, "", "1"), SCUTTLE_E_KEY); /* errors count nothing */
  CHECK_CODE(set(a, "k", "{"), SCUTTLE_E_JSON);
  CHECK_CODE(unset(a, ""), SCUTTLE_E_KEY);
  stats = stats_of(a);
  CHECK_U64(stats.keys, 100 - 12 + 8);
  CHECK_U64(stats.keys, count_of(a));
  CHECK_U64(stats.tombstones, 13);
  CHECK_U64(stats.history, 40);
  CHECK_U64(stats.sets, 138);
  CHECK_U64(stats.deletes, 13);
  CHECK_U64(stats.expired, 0);
  CHECK_U64(stats.purged, 0);
  CHECK_CODE(scuttle_tick(a, 5000), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(a, 7000), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(a, 8000), SCUTTLE_OK);
  stats = stats_of(a);
  CHECK_U64(stats.expired, 7);
  CHECK_U64(stats.sets, 138);
  CHECK_U64(stats.deletes, 13);
  CHECK_U64(stats.keys, 89);
  CHECK_CODE(scuttle_purge(a, &purged), SCUTTLE_OK);
  CHECK(purged > 0);
  later = stats_of(a);
  CHECK_U64(later.purged, purged);
  CHECK_U64(later.tombstones, stats.tombstones - purged);
  CHECK_U64(later.received + later.applied + later.rejected + later.republished + later.links, 0);
  scuttle_free(a);
}

TEST(bytes_are_those_that_max_bytes_counts) {
  scuttle_config_t config = config_make();
  scuttle_t *a;
  char key[32];
  uint64_t before;
  int i, code = SCUTTLE_OK;
  config.max_bytes = 1 << 16;
  config.max_history = 1;
  a = replica_with("a", &config);
  before = stats_of(a).bytes;
  for (i = 0; i < 100000 && code >= 0; i++) {
    uint64_t now = stats_of(a).bytes;
    CHECK(now >= before && now <= config.max_bytes);
    before = now;
    snprintf(key, sizeof key, "key %d", i);
    code = set(a, key, "\"a value of some length, so that there are not too many\"");
  }
  CHECK_CODE(code, SCUTTLE_E_BYTES);
  CHECK(stats_of(a).bytes > config.max_bytes / 2);
  CHECK_U64(stats_of(a).sets, (uint64_t)i - 1);
  scuttle_free(a);
}

static int applied_here;

static void count_applied(void *context, const scuttle_update_t *update) {
  (void)context;
  applied_here += !(update->flags & SCUTTLE_UPDATE_LOCAL);
}

TEST(updates_of_peers) {
  static const uint32_t kinds[] = {0, SCUTTLE_LINK_LIVE, SCUTTLE_LINK_DATAGRAM};
  size_t kind;
  for (kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
    scuttle_config_t config = config_start();
    scuttle_t *a = replica_start("a", NULL, 0), *b, *c = replica_start("0", NULL, 0);
    scuttle_link_t *ab = link_with(a, kinds[kind]), *ba, *cb = link_with(c, kinds[kind]), *bc;
    scuttle_stats_t stats;
    applied_here = 0;
    config.on_update = count_applied;
    b = replica_with("b", &config);
    ba = link_with(b, kinds[kind]);
    bc = link_with(b, kinds[kind]);
    set_keys(a, "a", 0, 30);
    talk_links(ab, ba, MOST);
    talk_links(ab, ba, MOST);
    stats = stats_of(b);
    CHECK_U64(stats.applied, 30);
    CHECK_INT(applied_here, 30);
    CHECK_U64(stats.received, 30);
    CHECK_U64(stats.superseded + stats.repeated + stats.refused + stats.rejected, 0);
    CHECK_U64(stats.sets + stats.deletes, 0);
    CHECK_U64(stats.out_of_order, 0);
    CHECK_U64(stats_of(a).received, 0);
    /* c holds older writes of four of the keys: they lose. */
    set_keys(c, "a", 0, 4);
    unset_keys(c, "a", 4, 5);
    set_keys(c, "c", 0, 2);
    talk_links(cb, bc, MOST);
    talk_links(cb, bc, MOST);
    stats = stats_of(b);
    CHECK_U64(stats.applied, 32);
    CHECK_INT(applied_here, 32);
    CHECK_U64(stats.applied + stats.superseded, stats.received - stats.repeated);
    CHECK_U64(stats.received, stats.applied + stats.superseded + stats.repeated + stats.refused);
    CHECK_U64(stats.sources, 3);
    scuttle_free(a);
    scuttle_free(b);
    scuttle_free(c);
  }
}

TEST(superseded_and_repeated_updates) {
  /* On a classic link each line is an update by itself, so a test can count. */
  scuttle_t *r = replica_exact("r");
  scuttle_link_t *link = link_with(r, SCUTTLE_LINK_CLASSIC);
  scuttle_stats_t stats;
  CHECK_CODE(feed_update(link, "k", "1", "p", 10), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "l", "1", "p", 11), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "k", "2", "q", 5), SCUTTLE_OK); /* older than the entry */
  CHECK_CODE(feed_update(link, "k", "3", "q", 6), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "k", "1", "p", 10), SCUTTLE_OK); /* again */
  CHECK_CODE(feed_update(link, "l", "1", "p", 11), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "l", "1", "p", 11), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "k", "4", "q", 20), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "l", "9", "p", 11), SCUTTLE_E_CORRUPT); /* another content */
  CHECK_CODE(feed(link, "nonsense\n{}\n[]\n"), SCUTTLE_E_JSON);
  stats = stats_of(r);
  CHECK_U64(stats.applied, 3);
  CHECK_U64(stats.superseded, 2);
  CHECK_U64(stats.repeated, 3);
  CHECK_U64(stats.received, 8);
  CHECK_U64(stats.corrupt, 1);
  CHECK_U64(stats.rejected, 4);
  CHECK_U64(stats.messages_in, 12);
  CHECK_U64(stats.keys, 2);
  scuttle_free(r);
}

static int refuse_bad(void *context, scuttle_link_t *from, const scuttle_update_t *update) {
  (void)context, (void)from;
  return !(update->key_len >= 3 && memcmp(update->key, "bad", 3) == 0);
}

TEST(refusals_on_both_sides) {
  static const uint32_t kinds[] = {0, SCUTTLE_LINK_LIVE, SCUTTLE_LINK_DATAGRAM};
  size_t kind;
  for (kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
    scuttle_config_t config = config_start();
    told_t of_a;
    scuttle_t *a, *b;
    scuttle_link_t *ab, *ba;
    scuttle_stats_t stats;
    int round;
    memset(&of_a, 0, sizeof of_a);
    config.on_event = note_event;
    config.context = &of_a;
    a = replica_with("a", &config);
    config = config_start();
    config.accept = refuse_bad;
    config.max_value_bytes = 100;
    b = replica_with("b", &config);
    ab = link_with(a, kinds[kind]);
    ba = link_with(b, kinds[kind]);
    set_keys(a, "good", 0, 10);
    set_keys(a, "bad", 0, 4);
    set(a, "long", "\"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\"");
    for (round = 0; round < 3; round++) talk_links(ab, ba, MOST);
    stats = stats_of(b);
    CHECK_U64(stats.applied, 10);
    CHECK_U64(stats.refused, 5);
    CHECK_U64(stats.exceptions, 5);
    CHECK(stats.rejected >= 5); /* each refusal is an error when it first comes */
    CHECK_U64(stats_of(a).refused_by_peers, 5);
    CHECK_INT(of_a.count[SCUTTLE_EVENT_REFUSED], 5);
    unset_keys(a, "bad", 0, 4);
    CHECK(unset(a, "long") >= 0);
    for (round = 0; round < 3; round++) talk_links(ab, ba, MOST);
    /* The deletes of the refused keys are refused as well, in place of their values. */
    CHECK_U64(stats_of(b).refused, 9);
    CHECK_U64(stats_of(b).exceptions, 4);
    CHECK_CODE(scuttle_accept_again(b), SCUTTLE_OK);
    CHECK_U64(stats_of(b).exceptions, 4); /* missing now */
    for (round = 0; round < 3; round++) talk_links(ab, ba, MOST);
    CHECK_U64(stats_of(b).refused, 13);
    CHECK_U64(stats_of(b).exceptions, 4);
    scuttle_free(a);
    scuttle_free(b);
  }
}

/* --- conversations -------------------------------------------------------------------------------------------------------- */

static scuttle_t *with_history(const char *name, size_t history) {
  scuttle_config_t config = config_start();
  config.max_history = history;
  return replica_with(name, &config);
}

TEST(deltas_by_mode) {
  scuttle_t *a = with_history("a", 1000), *b = with_history("b", 1000), *c;
  scuttle_stats_t stats;
  uint64_t early;
  size_t purged;
  /* From the history. */
  set_keys(a, "k", 0, 20);
  talk(a, b, 0, MOST);
  stats = stats_of(a);
  CHECK(stats.deltas_log >= 1);
  CHECK_U64(stats.deltas_state + stats.deltas_reset + stats.deltas_early + stats.deltas_contents, 0);
  /* From the entries, because the history is too short. */
  c = with_history("c", 1);
  set_keys(c, "c", 0, 50);
  CHECK_U64(stats_of(c).deltas_state, 0);
  talk(c, b, 0, MOST);
  CHECK_U64(stats_of(c).deltas_state, 1);
  CHECK_U64(stats_of(c).deltas_reset, 0);
  /* A reset, because b has missed purged deletes. */
  unset_keys(a, "k", 0, 10);
  CHECK_CODE(scuttle_purge(a, &purged), SCUTTLE_OK);
  CHECK_INT(purged, 10);
  talk(a, b, 0, MOST);
  talk(a, b, 0, MOST);
  CHECK(stats_of(a).deltas_reset >= 1);
  CHECK(stats_of(b).resets >= 1);
  CHECK_U64(stats_of(b).removed, 10);
  CHECK_U64(stats_of(a).resets + stats_of(a).removed, 0);
  /* An early delta: b has missed purged deletes, and has an update above them. */
  set_keys(a, "late", 0, 10);
  talk(a, b, 0, MOST);
  unset_keys(a, "late", 0, 10);
  CHECK_CODE(scuttle_purge(a, &purged), SCUTTLE_OK);
  CHECK(purged >= 10);
  {
    uint64_t far = version_of(a);
    while (version_of(b) <= far) set_keys(b, "of b", 0, 1);
  }
  early = stats_of(b).deltas_early;
  talk(a, b, 0, MOST);
  talk(a, b, 0, MOST);
  CHECK(stats_of(b).deltas_early > early);
  CHECK_U64(fingerprint_of(a) == fingerprint_of(b), 1);
  CHECK_U64(stats_of(a).deltas_contents + stats_of(a).diverged, 0);
  scuttle_free(a);
  scuttle_free(b);
  scuttle_free(c);
}

TEST(contents_that_differ) {
  /* A value that was altered on its way, unnoticed by the line check: the first line of a log delta without its check. */
  scuttle_config_t config = config_start();
  told_t of_a, of_b;
  scuttle_t *a, *b;
  scuttle_link_t *to_b, *to_a;
  text_t out = {NULL, 0, 0};
  char *at;
  int round;
  memset(&of_a, 0, sizeof of_a);
  memset(&of_b, 0, sizeof of_b);
  config.on_event = note_event;
  config.context = &of_a;
  a = replica_with("a", &config);
  config = config_start();
  config.on_event = note_event;
  config.context = &of_b;
  b = replica_with("b", &config);
  to_b = link_make(a);
  to_a = link_make(b);
  set(a, "k", "\"true\"");
  scuttle_link_gossip(to_a);
  move_all(to_a, to_b, NULL);
  move_all(to_b, to_a, NULL);
  move_all(to_a, to_b, NULL);
  read_all(to_b, 0, &out);
  at = strstr(out.data, "\"true\"");
  REQUIRE(at != NULL);
  memcpy(at, "\"fals\"", 6);
  scuttle_link_write(to_a, out.data, out.len);
  for (round = 0; round < 4; round++) talk_links(to_b, to_a, MOST);
  CHECK_U64(fingerprint_of(a), fingerprint_of(b));
  CHECK_U64(stats_of(a).diverged + stats_of(a).corrupt > 0 || stats_of(b).diverged + stats_of(b).corrupt > 0, 1);
  CHECK_INT(of_a.count[SCUTTLE_EVENT_DIVERGED] + of_b.count[SCUTTLE_EVENT_DIVERGED] > 0, 1);
  CHECK(stats_of(a).diverged + stats_of(a).corrupt >= (uint64_t)of_a.count[SCUTTLE_EVENT_DIVERGED]);
  CHECK(stats_of(b).diverged + stats_of(b).corrupt >= (uint64_t)of_b.count[SCUTTLE_EVENT_DIVERGED]);
  text_free(&out);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(gossips_and_requests) {
  scuttle_t *a = replica_make("a"), *b = replica_start("b", NULL, 0);
  scuttle_link_t *ab = link_make(a), *ba = link_make(b), *other = link_make(a);
  scuttle_stats_t stats;
  CHECK(scuttle_gossip(a) >= 0); /* two links */
  CHECK_U64(stats_of(a).gossips, 2);
  CHECK(scuttle_link_gossip(ab) >= 0);
  CHECK_U64(stats_of(a).gossips, 3);
  set(b, "k", "1");
  carry(ab, ba);
  stats = stats_of(a);
  CHECK(stats.requests >= 1); /* its vector, for what it lacks */
  CHECK_U64(stats.links, 2);
  CHECK_U64(stats.links_opened, 2);
  sync_links(ab, ba);
  CHECK_U64(stats_of(a).links_in_step, 1);
  CHECK_U64(stats_of(b).links_in_step, 1);
  set(a, "l", "1");
  stats = stats_of(a);
  CHECK_U64(stats.requests, stats_of(a).requests);
  scuttle_link_close(other);
  stats = stats_of(a);
  CHECK_U64(stats.links, 1);
  CHECK_U64(stats.links_opened, 2);
  /* A classic gossip is a request. */
  {
    scuttle_link_t *classic = link_with(a, SCUTTLE_LINK_CLASSIC);
    uint64_t before = stats_of(a).requests;
    text_t out = {NULL, 0, 0};
    CHECK(scuttle_link_gossip(classic) >= 0);
    CHECK(scuttle_link_gossip(classic) >= 0); /* is pending already */
    CHECK_U64(stats_of(a).requests, before + 1);
    read_all(classic, 0, &out);
    CHECK(scuttle_link_gossip(classic) >= 0);
    CHECK_U64(stats_of(a).requests, before + 2);
    text_free(&out);
  }
  scuttle_free(a);
  scuttle_free(b);
}

TEST(full_and_ended_links) {
  scuttle_config_t config = config_make();
  scuttle_t *a, *b = replica_start("b", NULL, 0);
  scuttle_link_t *ab, *ba = link_make(b);
  scuttle_stats_t stats;
  int round;
  config.mtu = 5;
  config.max_history = 100;
  a = replica_with("a", &config);
  ab = link_with(a, SCUTTLE_LINK_LIVE);
  sync_links(ab, ba);
  for (round = 1; round <= 3; round++) {
    set_keys(a, "k", 0, 20);
    stats = stats_of(a);
    CHECK_U64(stats.links_full, 1);
    CHECK_U64(stats.full, round);
    carry(ab, ba);
    CHECK_U64(stats_of(a).links_full, 0);
  }
  CHECK_CODE(feed(ab, "{\"digest\":true,\"reject\":{\"reason\":\"cluster\"}}\n"), SCUTTLE_E_REJECTED);
  CHECK_CODE(feed(ab, "{\"digest\":true,\"reject\":{\"reason\":\"cluster\"}}\n"), SCUTTLE_E_REJECTED);
  stats = stats_of(a);
  CHECK_U64(stats.links_ended, 1);
  CHECK_U64(stats.links, 1);
  CHECK_U64(stats.links_in_step, 0);
  CHECK_U64(stats.rejected, 2);
  scuttle_link_close(ab);
  stats = stats_of(a);
  CHECK_U64(stats.links, 0);
  CHECK_U64(stats.links_ended, 1);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(twins) {
  told_t of_one;
  scuttle_config_t config = config_start();
  scuttle_t *one, *two = replica_start("web", NULL, 0);
  scuttle_link_t *ab, *ba = link_make(two);
  memset(&of_one, 0, sizeof of_one);
  config.on_event = note_event;
  config.context = &of_one;
  one = replica_with("web", &config);
  ab = link_make(one);
  sync_links(ab, ba);
  CHECK(of_one.count[SCUTTLE_EVENT_TWIN] > 0);
  CHECK_U64(stats_of(one).twins, (uint64_t)of_one.count[SCUTTLE_EVENT_TWIN]);
  scuttle_free(one);
  scuttle_free(two);
}

TEST(bytes_of_all_links) {
  /* What closed links have carried counts on. */
  uint64_t random = (uint64_t)getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : 777;
  scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0);
  uint64_t in = 0, out = 0, lines_in = 0, lines_out = 0;
  int round;
  printf("  seed %" PRIu64 "\n", random);
  for (round = 0; round < 30; round++) {
    scuttle_link_t *ab = link_with(a, round % 2 ? SCUTTLE_LINK_LIVE : 0), *ba = link_with(b, 0);
    text_t to_b = {NULL, 0, 0}, to_a = {NULL, 0, 0};
    int left = 1 + (int)random_below(&random, 9); /* the link breaks at any point of the conversation */
    scuttle_stats_t stats;
    set_keys(a, "k", round, round + 5);
    scuttle_link_gossip(random_below(&random, 2) ? ab : ba);
    while (left-- > 0) {
      CHECK(move_all(ab, ba, &to_b) >= 0);
      CHECK(move_all(ba, ab, &to_a) >= 0);
    }
    in += to_a.len;
    out += to_b.len;
    lines_in += text_count(&to_a, "\n");
    lines_out += text_count(&to_b, "\n");
    stats = stats_of(a);
    CHECK_U64(stats.bytes_in, in);
    CHECK_U64(stats.bytes_out, out);
    CHECK_U64(stats.messages_in, lines_in);
    CHECK_U64(stats.messages_out, lines_out);
    scuttle_link_close(ab);
    scuttle_link_close(ba);
    stats = stats_of(a);
    CHECK_U64(stats.bytes_in, in);
    CHECK_U64(stats.bytes_out, out);
    CHECK_U64(stats.messages_in, lines_in);
    CHECK_U64(stats.messages_out, lines_out);
    stats = stats_of(b);
    CHECK_U64(stats.bytes_in, out);
    CHECK_U64(stats.bytes_out, in);
    text_free(&to_a);
    text_free(&to_b);
  }
  CHECK(in > 1000 && out > 1000);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(an_import_keeps_the_counters) {
  scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0);
  scuttle_link_t *early = link_make(b);
  text_t save = {NULL, 0, 0};
  scuttle_stats_t stats;
  CHECK_CODE(feed(early, "nonsense\n"), SCUTTLE_E_JSON);
  scuttle_link_close(early);
  set_keys(a, "k", 0, 9);
  export_all(a, &save);
  CHECK_CODE(scuttle_import(b, save.data, save.len), SCUTTLE_OK);
  stats = stats_of(b);
  CHECK_U64(stats.keys, 9);
  CHECK_U64(stats.sets + stats.received + stats.republished, 0); /* loaded entries are no updates of peers */
  CHECK_U64(stats.bytes_in, 9);
  CHECK_U64(stats.rejected, 1);
  CHECK_U64(stats.links_opened, 1);
  text_free(&save);
  scuttle_free(a);
  scuttle_free(b);
}

/* --- arguments, callbacks and old hosts ------------------------------------------------------------------------------------ */

typedef struct {
  scuttle_t *replica;
  uint64_t sets, applied, history;
  int calls;
} inside_t;

static void read_inside(void *context, const scuttle_update_t *update) {
  inside_t *inside = (inside_t *)context;
  scuttle_stats_t stats = stats_of(inside->replica);
  (void)update;
  inside->calls++;
  inside->sets = stats.sets;
  inside->applied = stats.applied;
  inside->history = stats.history;
}

TEST(callbacks_may_read) {
  scuttle_config_t config = config_make();
  inside_t inside = {NULL, 0, 0, 0, 0};
  config.on_update = read_inside;
  config.context = &inside;
  inside.replica = replica_with("a", &config);
  set(inside.replica, "k", "1");
  set(inside.replica, "k", "2");
  CHECK_INT(inside.calls, 2);
  CHECK_U64(inside.sets, 2); /* the write that causes the callback counts */
  CHECK_U64(inside.history, 1); /* it enters the history behind the callback */
  scuttle_free(inside.replica);
}

TEST(old_and_new_sizes_of_the_struct) {
  size_t size, i;
  scuttle_t *a = replica_make("a");
  scuttle_stats_t whole;
  set_keys(a, "k", 0, 3);
  whole = stats_of(a);
  for (size = 0; size < sizeof whole + 64; size++) {
    union {
      scuttle_stats_t stats;
      unsigned char bytes[sizeof(scuttle_stats_t) + 128];
    } host;
    memset(&host, 0xa5, sizeof host);
    host.stats.struct_size = size;
    if (size < 16) {
      CHECK_CODE(scuttle_stats(a, &host.stats), SCUTTLE_E_STRUCT_SIZE);
      CHECK_INT(host.bytes[sizeof(size_t)], 0xa5);
      continue;
    }
    CHECK_CODE(scuttle_stats(a, &host.stats), SCUTTLE_OK);
    CHECK_INT(host.stats.struct_size, size);
    for (i = sizeof(size_t); i < size && i < sizeof whole; i++) CHECK_INT(host.bytes[i], ((unsigned char *)&whole)[i]);
    for (i = size < sizeof whole ? size : sizeof whole; i < sizeof host; i++) CHECK_INT(host.bytes[i], 0xa5);
  }
  CHECK_CODE(scuttle_stats(a, NULL), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_stats(NULL, &whole), SCUTTLE_E_ARGUMENT);
  whole.struct_size = SIZE_MAX;
  CHECK_CODE(scuttle_stats(a, &whole), SCUTTLE_E_STRUCT_SIZE);
  scuttle_free(a);
}

CHECK_MAIN
