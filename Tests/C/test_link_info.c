/* What a peer is known to have, and what has crossed a link: the fields of scuttle_link_info_t and scuttle_confirmed. */
#include "check.h"
#include "support.h"

#include <stddef.h>

#define MOST ((size_t)1 << 22)

static const uint32_t kinds[] = {0, SCUTTLE_LINK_LIVE, SCUTTLE_LINK_DATAGRAM, SCUTTLE_LINK_DATAGRAM | SCUTTLE_LINK_LIVE};
#define KINDS (sizeof kinds / sizeof *kinds)

static scuttle_link_info_t info_of(scuttle_link_t *link) {
  scuttle_link_info_t info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  CHECK_CODE(scuttle_link_info(link, &info), SCUTTLE_OK);
  return info;
}

static size_t confirmed(scuttle_t *replica, uint64_t version) {
  size_t links = 99;
  CHECK_CODE(scuttle_confirmed(replica, version, &links), SCUTTLE_OK);
  return links;
}

static void set_keys(scuttle_t *replica, const char *prefix, int from, int to) {
  char key[32];
  int i;
  for (i = from; i < to; i++) {
    snprintf(key, sizeof key, "%s %d", prefix, i);
    CHECK(set(replica, key, "1") >= 0);
  }
}

static void exchange(scuttle_link_t *a, scuttle_link_t *b) {
  talk_t talk = talk_links(a, b, MOST);
  CHECK_INT(talk.code, SCUTTLE_OK);
  CHECK_INT(talk.endless, 0);
}

/* Carries what the links have to send, without a gossip. */
static void flush(scuttle_link_t *from, scuttle_link_t *to) {
  char buffer[1200];
  size_t len;
  do {
    CHECK_CODE(scuttle_link_read(from, buffer, sizeof buffer, &len), SCUTTLE_OK);
    if (len) CHECK(scuttle_link_write(to, buffer, len) >= 0);
  } while (len);
}

TEST(a_statement_of_the_peer_confirms) {
  size_t kind;
  for (kind = 0; kind < KINDS; kind++) {
    int is_live = (kinds[kind] & SCUTTLE_LINK_LIVE) != 0;
    scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0);
    scuttle_link_t *ab = link_with(a, kinds[kind]), *ba = link_with(b, kinds[kind]);
    uint64_t first, second;
    set_keys(a, "k", 0, 5);
    CHECK_CODE(unset(a, "k 4"), SCUTTLE_OK);
    first = version_of(a);
    CHECK_U64(info_of(ab).lag_updates, 5); /* nothing is known: all entries, the tombstone included */
    CHECK_U64(info_of(ab).confirmed_version, 0);
    CHECK_INT(confirmed(a, first), 0);
    CHECK_INT(confirmed(a, 0), 0); /* nobody has said hello */
    exchange(ab, ba);
    exchange(ab, ba);
    CHECK_U64(info_of(ab).lag_updates, 0);
    CHECK_U64(info_of(ba).lag_updates, 0);
    CHECK(info_of(ab).confirmed_version >= first);
    CHECK_INT(confirmed(a, first), 1);
    CHECK_INT(confirmed(a, UINT64_MAX), 1);
    CHECK_INT(confirmed(b, UINT64_MAX), 1);
    /* Sent is not received: the peer has the updates of a live link, and has not said so. */
    set_keys(a, "k", 0, 3);
    set_keys(a, "k", 2, 3);
    set_keys(a, "k", 2, 3); /* three keys, five writes */
    second = version_of(a);
    flush(ab, ba);
    CHECK_INT(clock_of(b, "none"), 0);
    if (is_live) CHECK_U64(version_of(b), second);
    CHECK_U64(info_of(ab).lag_updates, 3);
    CHECK_U64(info_of(ab).confirmed_version >= second, 0);
    CHECK_INT(confirmed(a, first), 1);
    CHECK_INT(confirmed(a, second), 0);
    CHECK_INT(confirmed(a, UINT64_MAX), 0);
    /* One gossip, after which a live peer has only to say so. */
    exchange(ab, ba);
    if (!is_live) exchange(ab, ba);
    CHECK_U64(info_of(ab).lag_updates, 0);
    CHECK_INT(confirmed(a, second), 1);
    scuttle_free(a);
    scuttle_free(b);
  }
}

TEST(a_gossip_confirms_although_both_sides_go_on_writing) {
  /* The vectors are never equal when a hello arrives, so vectors have to say it. */
  scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0);
  scuttle_link_t *ab = link_with(a, SCUTTLE_LINK_LIVE), *ba = link_with(b, SCUTTLE_LINK_LIVE);
  int round;
  exchange(ab, ba);
  for (round = 0; round < 20; round++) {
    uint64_t version;
    int turn;
    set_keys(a, "of a", round, round + 1);
    version = version_of(a);
    CHECK(scuttle_link_gossip(ab) >= 0);
    for (turn = 0; turn < 3; turn++) {
      set_keys(a, "more of a", turn, turn + 1);
      set_keys(b, "of b", turn, turn + 1);
      flush(ab, ba);
      set_keys(a, "still more of a", turn, turn + 1);
      flush(ba, ab);
    }
    CHECK_INT(confirmed(a, version), 1);
    CHECK(info_of(ab).lag_updates <= 6);
  }
  scuttle_free(a);
  scuttle_free(b);
}

TEST(a_reconnect_begins_with_what_the_peer_had_said) {
  size_t kind;
  for (kind = 0; kind < KINDS; kind++) {
    scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0);
    scuttle_link_t *ab = link_with(a, kinds[kind]), *ba = link_with(b, kinds[kind]);
    uint64_t version;
    set_keys(a, "k", 0, 40);
    exchange(ab, ba);
    exchange(ab, ba);
    version = version_of(a);
    CHECK_INT(confirmed(a, version), 1);
    scuttle_link_close(ab);
    scuttle_link_close(ba);
    CHECK_INT(confirmed(a, version), 0); /* on open links */
    set_keys(a, "k", 40, 42);
    ab = link_with(a, kinds[kind]);
    ba = link_with(b, kinds[kind]);
    CHECK_U64(info_of(ab).lag_updates, 42);
    CHECK_INT(confirmed(a, version), 0);
    exchange(ab, ba);
    exchange(ab, ba);
    CHECK_U64(info_of(ab).lag_updates, 0);
    CHECK_INT(confirmed(a, version_of(a)), 1);
    scuttle_free(a);
    scuttle_free(b);
  }
}

TEST(a_name_counts_once) {
  scuttle_t *hub = replica_start("hub", NULL, 0), *one = replica_start("one", NULL, 0), *two = replica_start("two", NULL, 0),
            *again;
  scuttle_link_t *links[3], *of_one[2], *of_two, *of_again;
  uint64_t version;
  int i;
  set_keys(hub, "k", 0, 3);
  version = version_of(hub);
  for (i = 0; i < 3; i++) links[i] = link_make(hub);
  of_one[0] = link_make(one);
  of_one[1] = link_make(one);
  of_two = link_make(two);
  sync_links(links[0], of_one[0]);
  CHECK_INT(confirmed(hub, version), 1);
  sync_links(links[1], of_one[1]);
  CHECK(info_of(links[1]).confirmed_version >= version);
  CHECK_INT(confirmed(hub, version), 1); /* two links to one name */
  sync_links(links[2], of_two);
  CHECK_INT(confirmed(hub, version), 2);
  /* A later incarnation of the name, while links of the earlier one are open, counts with it. */
  scuttle_free(one);
  again = replica_start("one", NULL, 0);
  of_again = link_make(again);
  scuttle_link_close(links[1]);
  links[1] = link_make(hub);
  sync_links(links[1], of_again);
  CHECK_INT(confirmed(hub, version), 2);
  scuttle_link_close(links[0]);
  CHECK_INT(confirmed(hub, version), 2);
  scuttle_link_close(links[1]);
  CHECK_INT(confirmed(hub, version), 1);
  scuttle_free(again);
  scuttle_free(two);
  scuttle_free(hub);
}

TEST(many_names) {
  enum { NAMES = 60 };
  scuttle_t *hub = replica_start("hub", NULL, 0), *peers[NAMES];
  scuttle_link_t *links[2 * NAMES];
  char name[16];
  int i;
  set_keys(hub, "k", 0, 1);
  for (i = 0; i < 2 * NAMES; i++) {
    snprintf(name, sizeof name, "p%d", i % NAMES);
    if (i < NAMES) peers[i] = replica_start(name, NULL, 0);
    links[i] = link_make(hub);
    sync_links(links[i], link_make(peers[i % NAMES]));
    CHECK_INT(confirmed(hub, version_of(hub)), i < NAMES ? i + 1 : NAMES);
  }
  for (i = 0; i < NAMES; i++) scuttle_link_close(links[i]);
  CHECK_INT(confirmed(hub, version_of(hub)), NAMES);
  scuttle_free(hub);
  for (i = 0; i < NAMES; i++) scuttle_free(peers[i]);
}

static int refuse_bad(void *context, scuttle_link_t *from, const scuttle_update_t *update) {
  (void)context, (void)from;
  return !(update->value_len == 5 && memcmp(update->value, "\"bad\"", 5) == 0);
}

TEST(a_refused_write_is_not_confirmed) {
  size_t kind;
  for (kind = 0; kind < KINDS; kind++) {
    scuttle_config_t config = config_start();
    scuttle_t *a = replica_start("a", NULL, 0), *b;
    scuttle_link_t *ab = link_with(a, kinds[kind]), *ba;
    uint64_t good, bad, last;
    int round;
    config.accept = refuse_bad;
    b = replica_with("b", &config);
    ba = link_with(b, kinds[kind]);
    set(a, "k", "\"good\"");
    good = version_of(a);
    set(a, "refused", "\"bad\"");
    bad = version_of(a);
    set(a, "l", "\"good\"");
    last = version_of(a);
    for (round = 0; round < 3; round++) talk_links(ab, ba, MOST);
    CHECK_STR(value_of(b, "l"), "\"good\"");
    CHECK(value_of(b, "refused") == NULL);
    CHECK_U64(info_of(ab).confirmed_version, bad - 1);
    CHECK_U64(info_of(ab).lag_updates, 0);
    CHECK_INT(confirmed(a, good), 1);
    CHECK_INT(confirmed(a, bad), 0);
    CHECK_INT(confirmed(a, last), 0);
    set(a, "refused", "\"good\"");
    for (round = 0; round < 3; round++) talk_links(ab, ba, MOST);
    CHECK_STR(value_of(b, "refused"), "\"good\"");
    CHECK_INT(confirmed(a, version_of(a)), 1);
    scuttle_free(a);
    scuttle_free(b);
  }
}

TEST(a_classic_peer_confirms_nothing) {
  scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0);
  scuttle_link_t *ab = link_with(a, SCUTTLE_LINK_CLASSIC), *ba = link_with(b, SCUTTLE_LINK_ANY);
  text_t out = {NULL, 0, 0};
  set_keys(a, "k", 0, 7);
  sync_links(ab, ba);
  sync_links(ab, ba);
  CHECK_INT(count_of(b), 7);
  CHECK_INT(info_of(ab).dialect, SCUTTLE_DIALECT_CLASSIC);
  CHECK_INT(info_of(ba).dialect, SCUTTLE_DIALECT_CLASSIC);
  CHECK_U64(info_of(ab).lag_updates, 7);
  CHECK_U64(info_of(ab).confirmed_version, 0);
  CHECK_INT(confirmed(a, 0), 0);
  CHECK_INT(confirmed(a, version_of(a)), 0);
  CHECK(info_of(ab).bytes_out > 0);
  CHECK_U64(info_of(ab).bytes_out, info_of(ba).bytes_in);
  CHECK_U64(info_of(ab).bytes_in, info_of(ba).bytes_out);
  CHECK_U64(info_of(ab).messages_out, info_of(ba).messages_in);
  text_free(&out);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(a_long_lag_is_never_too_low) {
  /* Up to 1,024 entries it is exact; beyond, superseded ones may count. */
  enum { KEYS = 3000 };
  scuttle_config_t config = config_start();
  scuttle_t *a, *b = replica_start("b", NULL, 0);
  scuttle_link_t *ab, *ba = link_make(b);
  uint64_t lag;
  int i;
  config.mtu = SIZE_MAX;
  a = replica_with("a", &config);
  ab = link_make(a);
  set_keys(a, "base", 0, KEYS);
  sync_links(ab, ba);
  CHECK_U64(info_of(ab).lag_updates, 0);
  for (i = 0; i < 40; i++) set_keys(a, "base", 0, 10);
  CHECK_U64(info_of(ab).lag_updates, 10); /* 400 writes of 10 keys */
  set_keys(a, "base", 0, 500);
  CHECK_U64(info_of(ab).lag_updates, 500);
  set_keys(a, "new", 0, 2000);
  lag = info_of(ab).lag_updates;
  CHECK(lag >= 2500 && lag <= 2910); /* every slot since the statement */
  sync_links(ab, ba);
  CHECK_U64(info_of(ab).lag_updates, 0);
  set_keys(a, "newer", 0, 2000); /* more than 1,024 */
  lag = info_of(ab).lag_updates;
  CHECK(lag >= 2000 && lag <= 2000 + 5000);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(lag_counts_the_entries_of_all_sources) {
  /* A hub between many writers and one that was away. */
  enum { WRITERS = 100 };
  scuttle_t *hub = replica_start("hub", NULL, 0), *away = replica_start("away", NULL, 0);
  scuttle_link_t *to_away = link_make(hub), *from_away = link_make(away);
  char name[16];
  int i;
  sync_links(to_away, from_away);
  for (i = 0; i < WRITERS; i++) {
    scuttle_t *writer;
    snprintf(name, sizeof name, "w%d", i);
    writer = replica_start(name, NULL, 0);
    set_keys(writer, name, 0, 2);
    talk(hub, writer, 0, MOST);
    scuttle_free(writer);
  }
  CHECK_U64(info_of(to_away).lag_updates, 2 * WRITERS);
  set_keys(away, "own", 0, 3);
  CHECK_U64(info_of(from_away).lag_updates, 3);
  sync_links(to_away, from_away);
  CHECK_U64(info_of(to_away).lag_updates, 0);
  CHECK_U64(info_of(from_away).lag_updates, 0);
  scuttle_free(hub);
  scuttle_free(away);
}

/* --- bytes and messages ---------------------------------------------------------------------------------------------- */

typedef struct {
  uint64_t bytes, lines;
} crossed_t;

static void note(crossed_t *crossed, const char *bytes, size_t len) {
  size_t i;
  crossed->bytes += len;
  for (i = 0; i < len; i++) crossed->lines += bytes[i] == '\n';
}

/* Moves one piece, of a random length, by read, or by peek and consume. Returns its length. */
static size_t piece(scuttle_link_t *from, scuttle_link_t *to, int is_datagram, uint64_t *random, crossed_t *crossed) {
  char buffer[1500];
  size_t len = 0;
  if (!is_datagram && random_below(random, 2)) {
    scuttle_span_t span;
    size_t count = 0;
    CHECK_CODE(scuttle_link_peek(from, &span, 1, &count), SCUTTLE_OK);
    if (!count) return 0;
    len = 1 + random_below(random, span.len);
    note(crossed, (const char *)span.data, len);
    CHECK(scuttle_link_write(to, span.data, len) >= 0);
    CHECK_CODE(scuttle_link_consume(from, len), SCUTTLE_OK);
    return len;
  }
  CHECK_CODE(scuttle_link_read(from, buffer, is_datagram ? sizeof buffer : 1 + random_below(random, sizeof buffer), &len), SCUTTLE_OK);
  note(crossed, buffer, len);
  if (len) CHECK(scuttle_link_write(to, buffer, len) >= 0);
  return len;
}

TEST(all_bytes_and_messages_count) {
  size_t kind;
  uint64_t random = (uint64_t)getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : 20240701;
  printf("  seed %" PRIu64 "\n", random);
  for (kind = 0; kind < KINDS; kind++) {
    int is_datagram = (kinds[kind] & SCUTTLE_LINK_DATAGRAM) != 0, round;
    scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0);
    scuttle_link_t *ab = link_with(a, kinds[kind]), *ba = link_with(b, kinds[kind]);
    crossed_t to_b = {0, 0}, to_a = {0, 0};
    char value[3000];
    memset(value, 'x', sizeof value);
    value[0] = '"';
    value[sizeof value - 2] = '"';
    value[sizeof value - 1] = 0;
    for (round = 0; round < 30; round++) {
      size_t moved;
      set_keys(a, "a", round, round + 20);
      set_keys(b, "b", round, round + 3);
      if (!is_datagram) set(a, "long", value); /* borrowed by the send buffer */
      if (round % 3 == 0) CHECK(scuttle_link_gossip(round % 2 ? ab : ba) >= 0);
      do {
        moved = piece(ab, ba, is_datagram, &random, &to_b);
        moved += piece(ba, ab, is_datagram, &random, &to_a);
        CHECK_U64(info_of(ab).bytes_out, to_b.bytes);
        CHECK_U64(info_of(ba).bytes_in, to_b.bytes);
        CHECK_U64(info_of(ba).bytes_out, to_a.bytes);
        CHECK_U64(info_of(ab).bytes_in, to_a.bytes);
      } while (moved);
      CHECK_U64(info_of(ab).messages_out, to_b.lines);
      CHECK_U64(info_of(ba).messages_in, to_b.lines);
      CHECK_U64(info_of(ba).messages_out, to_a.lines);
      CHECK_U64(info_of(ab).messages_in, to_a.lines);
    }
    CHECK(to_b.bytes > 10000 && to_b.lines > 100);
    scuttle_free(a);
    scuttle_free(b);
  }
}

TEST(malformed_lines_count) {
  scuttle_t *a = replica_make("a");
  scuttle_link_t *link = link_make(a);
  const char *lines = "nonsense\n{\"digest\":true,\"hello\":1}\nhalf";
  CHECK_CODE(feed(link, lines), SCUTTLE_E_JSON);
  CHECK_U64(info_of(link).bytes_in, strlen(lines));
  CHECK_U64(info_of(link).messages_in, 2);
  CHECK(feed(link, " a line\n") < 0);
  CHECK_U64(info_of(link).bytes_in, strlen(lines) + 8);
  CHECK_U64(info_of(link).messages_in, 3);
  CHECK_U64(info_of(link).bytes_out, 0);
  scuttle_free(a);
}

/* --- the same story in callbacks --------------------------------------------------------------------------------------- */

typedef struct {
  scuttle_t *replica;
  int count[8];
  scuttle_link_info_t info[8]; /* of the latest event of each kind; its names are of that call */
  char name[8][64];
  size_t confirmed[8];
  scuttle_stats_t stats[8];
} seen_t;

static void see(void *context, scuttle_link_t *link, int event, int code) {
  seen_t *seen = (seen_t *)context;
  scuttle_link_info_t *info = &seen->info[event];
  (void)code;
  seen->count[event]++;
  *info = info_of(link);
  snprintf(seen->name[event], sizeof seen->name[event], "%s", info->peer_name ? info->peer_name : "");
  if (info->ended) CHECK_INT(info->last_error, code);
  seen->confirmed[event] = confirmed(seen->replica, UINT64_MAX);
  seen->stats[event].struct_size = sizeof seen->stats[event];
  CHECK_CODE(scuttle_stats(seen->replica, &seen->stats[event]), SCUTTLE_OK);
}

static scuttle_t *seeing(const char *name, seen_t *seen) {
  scuttle_config_t config = config_start();
  memset(seen, 0, sizeof *seen);
  config.on_event = see;
  config.context = seen;
  seen->replica = replica_with(name, &config);
  return seen->replica;
}

TEST(events_and_info_tell_the_same) {
  size_t kind;
  for (kind = 0; kind < KINDS; kind++) {
    static seen_t seen;
    scuttle_t *a = seeing("a", &seen), *b = replica_start("b", NULL, 0);
    scuttle_link_t *ab = link_with(a, kinds[kind]), *ba = link_with(b, kinds[kind]);
    scuttle_link_info_t *info;
    set_keys(a, "k", 0, 9);
    exchange(ab, ba);
    exchange(ab, ba);
    REQUIRE(seen.count[SCUTTLE_EVENT_HELLO] == 1 && seen.count[SCUTTLE_EVENT_IN_STEP] == 1);
    info = &seen.info[SCUTTLE_EVENT_HELLO];
    CHECK_STR(seen.name[SCUTTLE_EVENT_HELLO], "b");
    CHECK_INT(info->dialect, SCUTTLE_DIALECT_EXTENDED);
    CHECK_INT(info->in_step + info->ended, 0);
    CHECK(info->bytes_in > 0 && info->messages_in > 0);
    CHECK_U64(info->lag_updates, 9);
    CHECK_INT(seen.confirmed[SCUTTLE_EVENT_HELLO], 0);
    CHECK_U64(seen.stats[SCUTTLE_EVENT_HELLO].links, 1);
    info = &seen.info[SCUTTLE_EVENT_IN_STEP];
    CHECK_STR(seen.name[SCUTTLE_EVENT_IN_STEP], "b");
    CHECK_INT(info->in_step, 1);
    CHECK_INT(info->live, (kinds[kind] & SCUTTLE_LINK_LIVE) != 0);
    CHECK_U64(info->lag_updates, 0);
    CHECK(info->confirmed_version >= 9);
    CHECK_INT(seen.confirmed[SCUTTLE_EVENT_IN_STEP], 1);
    CHECK_U64(seen.stats[SCUTTLE_EVENT_IN_STEP].links_in_step, 1);
    CHECK_U64(seen.stats[SCUTTLE_EVENT_IN_STEP].bytes_in, info->bytes_in);
    scuttle_free(a);
    scuttle_free(b);
  }
}

TEST(the_end_of_a_link_has_its_reason) {
  static seen_t seen;
  scuttle_t *a = seeing("a", &seen), *b = replica_start("b", NULL, 0);
  scuttle_link_t *ab = link_make(a), *ba = link_make(b);
  scuttle_link_info_t *info = &seen.info[SCUTTLE_EVENT_ENDED];
  sync_links(ab, ba);
  CHECK_INT(confirmed(a, 0), 1);
  /* The call returns the code of its first line. The link has ended for another. */
  CHECK_CODE(feed(ab, "nonsense\n{\"digest\":true,\"reject\":{\"reason\":\"cluster\"}}\n"), SCUTTLE_E_JSON);
  CHECK_INT(seen.count[SCUTTLE_EVENT_ENDED], 1);
  CHECK_INT(info->ended, 1);
  CHECK_INT(info->last_error, SCUTTLE_E_REJECTED);
  CHECK_STR(seen.name[SCUTTLE_EVENT_ENDED], "b");
  CHECK_INT(info->dialect, SCUTTLE_DIALECT_UNKNOWN);
  CHECK_INT(info->in_step + info->live, 0);
  CHECK_INT(seen.confirmed[SCUTTLE_EVENT_ENDED], 0);
  CHECK_U64(seen.stats[SCUTTLE_EVENT_ENDED].links_ended, 1);
  CHECK_INT(info_of(ab).last_error, SCUTTLE_E_REJECTED);
  CHECK_INT(confirmed(a, 0), 0);
  CHECK_CODE(feed(ab, "\"\n"), SCUTTLE_E_JSON);
  CHECK_INT(info_of(ab).last_error, SCUTTLE_E_REJECTED);
  scuttle_free(a);
  scuttle_free(b);
}

/* --- arguments and old hosts ----------------------------------------------------------------------------------------------- */

TEST(old_and_new_sizes_of_the_struct) {
  size_t size, i;
  scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0);
  scuttle_link_t *ab = link_make(a), *ba = link_make(b);
  scuttle_link_info_t whole;
  set_keys(a, "k", 0, 3);
  sync_links(ab, ba);
  set_keys(a, "k", 0, 2);
  whole = info_of(ab);
  CHECK_U64(whole.lag_updates, 2);
  CHECK_INT(sizeof whole, offsetof(scuttle_link_info_t, lag_updates) + 6 * sizeof(uint64_t));
  for (size = 0; size < sizeof whole + 64; size++) {
    union {
      scuttle_link_info_t info;
      unsigned char bytes[sizeof(scuttle_link_info_t) + 128];
    } host;
    memset(&host, 0xa5, sizeof host);
    host.info.struct_size = size;
    if (size < 24) {
      CHECK_CODE(scuttle_link_info(ab, &host.info), SCUTTLE_E_STRUCT_SIZE);
      CHECK_INT(host.bytes[sizeof(size_t)], 0xa5);
      continue;
    }
    CHECK_CODE(scuttle_link_info(ab, &host.info), SCUTTLE_OK);
    CHECK_INT(host.info.struct_size, size);
    for (i = size < sizeof whole ? size : sizeof whole; i < sizeof host; i++) CHECK_INT(host.bytes[i], 0xa5);
    if (size == offsetof(scuttle_link_info_t, lag_updates)) CHECK_STR(host.info.peer_name, "b");
    for (i = sizeof(size_t); i < size && i < sizeof whole; i++) {
      /* Names are lent anew for each call, so their addresses may differ. */
      if (i >= offsetof(scuttle_link_info_t, dialect)) CHECK_INT(host.bytes[i], ((unsigned char *)&whole)[i]);
    }
  }
  scuttle_free(a);
  scuttle_free(b);
}

TEST(arguments_of_confirmed) {
  scuttle_t *a = replica_make("a");
  size_t links = 7;
  CHECK_CODE(scuttle_confirmed(NULL, 1, &links), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_confirmed(a, 1, NULL), SCUTTLE_E_ARGUMENT);
  CHECK_INT(links, 7);
  CHECK_INT(confirmed(a, 1), 0); /* no link */
  scuttle_free(a);
}

CHECK_MAIN
