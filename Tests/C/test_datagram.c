/* Datagram links: each call of read makes one datagram, and each call of write reads one. Datagrams are lost, repeated, late
   and out of order. */
#include "check.h"
#include "support.h"

enum { MOST = 65507, QUEUE = 400 };

/* One direction of a network: datagrams come out in any order, some twice, some never. */
typedef struct {
  char *bytes[QUEUE];
  size_t len[QUEUE], count;
} network_t;

static uint64_t chance;
static unsigned loss = 30; /* in percent; as many again are late or repeated */

static void send_all(scuttle_link_t *from, network_t *network, size_t capacity, int *refused) {
  char *buffer = (char *)malloc(capacity);
  int reads = 0, code;
  size_t len = 0;
  if (!buffer) abort();
  for (;;) {
    len = 0;
    code = scuttle_link_read(from, buffer, capacity, &len);
    if (code == SCUTTLE_E_DATAGRAM) {
      ++*refused;
      if (++reads > 100000) break;
      continue;
    }
    CHECK_CODE(code, SCUTTLE_OK);
    if (code != SCUTTLE_OK || !len) break;
    if (len > capacity || buffer[len - 1] != '\n') CHECK_SAY("a datagram of %zu bytes does not fit %zu, or ends badly", len, capacity);
    if (++reads > 100000) break;
    if (random_below(&chance, 100) < loss) continue;
    do {
      size_t place = network->count < QUEUE ? network->count++ : random_below(&chance, QUEUE);
      if (place + 1 < network->count) free(network->bytes[place]); /* too many at once: one is lost */
      network->bytes[place] = (char *)malloc(len);
      if (!network->bytes[place]) abort();
      memcpy(network->bytes[place], buffer, len);
      network->len[place] = len;
    } while (random_below(&chance, 100) < loss / 3);
  }
  if (reads > 100000) CHECK_SAY("endless reads");
  free(buffer);
}

static void deliver(network_t *network, scuttle_link_t *to, size_t most) {
  while (network->count && most--) {
    size_t place = loss ? random_below(&chance, network->count) : 0;
    guarded_t memory = guarded_copy(network->bytes[place], network->len[place]);
    int code = scuttle_link_write(to, memory.data, memory.len);
    if (code < 0) CHECK_SAY("a datagram is rejected: %s: %.*s", code_name(code), (int)(memory.len > 900 ? 900 : memory.len), memory.data);
    guarded_free(&memory);
    free(network->bytes[place]);
    network->count--;
    if (loss) {
      network->bytes[place] = network->bytes[network->count];
      network->len[place] = network->len[network->count];
    } else { /* in order */
      memmove(network->bytes, network->bytes + 1, network->count * sizeof *network->bytes);
      memmove(network->len, network->len + 1, network->count * sizeof *network->len);
    }
  }
}

typedef struct {
  scuttle_t *a, *b;
  scuttle_link_t *ab, *ba;
  network_t to_a, to_b;
  size_t capacity;
  int refused;
} pair_t;

static void pair_open(pair_t *pair, scuttle_t *a, scuttle_t *b, size_t capacity, uint32_t flags) {
  memset(pair, 0, sizeof *pair);
  pair->a = a;
  pair->b = b;
  pair->ab = link_with(a, SCUTTLE_LINK_DATAGRAM | flags);
  pair->ba = link_with(b, SCUTTLE_LINK_DATAGRAM | flags);
  pair->capacity = capacity;
}

static void pair_close(pair_t *pair) {
  while (pair->to_a.count) free(pair->to_a.bytes[--pair->to_a.count]);
  while (pair->to_b.count) free(pair->to_b.bytes[--pair->to_b.count]);
  scuttle_free(pair->a);
  scuttle_free(pair->b);
}

static void exchange(pair_t *pair) {
  int turns;
  for (turns = 0; turns < 400; turns++) {
    send_all(pair->ab, &pair->to_b, pair->capacity, &pair->refused);
    send_all(pair->ba, &pair->to_a, pair->capacity, &pair->refused);
    if (!pair->to_a.count && !pair->to_b.count) return;
    deliver(&pair->to_b, pair->ba, 1 + random_below(&chance, 40));
    deliver(&pair->to_a, pair->ab, 1 + random_below(&chance, 40));
  }
  CHECK_SAY("endless messages between two links");
}

/* Gossips until both are equal; returns the count of rounds. */
static int settle(pair_t *pair, int most) {
  int round;
  for (round = 0; round < most; round++) {
    if (fingerprint_of(pair->a) == fingerprint_of(pair->b)) return round;
    CHECK(scuttle_link_gossip(round % 2 ? pair->ab : pair->ba) >= 0);
    exchange(pair);
  }
  if (fingerprint_of(pair->a) != fingerprint_of(pair->b)) CHECK_SAY("not equal after %d gossips, %zu bytes each datagram", most, pair->capacity);
  return round;
}

static void fill(scuttle_t *r, const char *name, int keys, int sources, size_t value_bytes) {
  scuttle_link_t *link = link_with(r, SCUTTLE_LINK_CLASSIC);
  char *value = (char *)malloc(value_bytes + 3);
  int i;
  if (!value) abort();
  for (i = 0; i < keys; i++) {
    char key[48], source[48];
    size_t len = random_below(&chance, value_bytes);
    value[0] = '"';
    memset(value + 1, 'v', len);
    value[len + 1] = '"';
    value[len + 2] = 0;
    snprintf(key, sizeof key, "%s key %d", name, i);
    snprintf(source, sizeof source, "%s source %d", name, i % (sources ? sources : 1));
    if (sources && i % 2) CHECK(feed_update(link, key, value, source, (uint64_t)i + 1) >= 0);
    else CHECK(set(r, key, value) >= 0);
    if (i % 17 == 0) CHECK(unset(r, key) >= 0);
  }
  free(value);
  scuttle_link_close(link);
}

static const size_t capacities[] = {512, 1200, 1472, MOST};

static void run(unsigned lost, uint32_t flags, int seeds) {
  size_t i;
  int seed;
  for (seed = 1; seed <= seeds; seed++)
    for (i = 0; i < sizeof capacities / sizeof *capacities; i++) {
      scuttle_config_t config = config_make();
      pair_t pair;
      int round, rounds;
      loss = 0;
      chance = (uint64_t)seed;
      config.max_history = (size_t)(seed % 3) * 30 + 1;
      config.mtu = 1 + (size_t)seed % 20;
      pair_open(&pair, replica_with("a", &config), replica_with("b", &config), capacities[i], flags);
      fill(pair.a, "a", 200, 30, 200);
      fill(pair.b, "b", 150, 40, 100);
      loss = lost;
      rounds = settle(&pair, 1000);
      if (seed == 1) printf("  %zu bytes, %u %% lost: in step after %d gossips\n", capacities[i], lost, rounds);
      if (!lost) CHECK(rounds <= 3);
      for (round = 0; round < 10; round++) { /* further writes */
        char key[24];
        snprintf(key, sizeof key, "b key %d", round * 3);
        CHECK(set(pair.a, key, "[1]") >= 0);
        snprintf(key, sizeof key, "a key %d", round);
        CHECK(unset(pair.b, key) >= 0);
        exchange(&pair);
      }
      settle(&pair, 1000);
      CHECK_INT(pair.refused, 0);
      CHECK_INT(count_of(pair.a), count_of(pair.b));
      pair_close(&pair);
      if (check_failures) {
        printf("  first failure with seed %d\n", seed);
        return;
      }
    }
}

TEST(all_arrive) { run(0, 0, 3); }
TEST(three_in_ten_are_lost) { run(30, 0, 4); }
TEST(live_and_all_arrive) { run(0, SCUTTLE_LINK_LIVE, 3); }
TEST(live_and_three_in_ten_are_lost) { run(30, SCUTTLE_LINK_LIVE, 4); }

static int line_has(const char *line, size_t len, const char *needle) {
  size_t size = strlen(needle), i;
  for (i = 0; i + size <= len; i++) {
    if (!memcmp(line + i, needle, size)) return 1;
  }
  return 0;
}

/* Checks that all parts of a vector in a datagram state its window if one does. Returns the number of parts behind the first. */
static int check_vector_parts(const char *bytes, size_t len) {
  int parts = 0, with_window = 0;
  const char *end = bytes + len;
  while (bytes < end) {
    const char *newline = (const char *)memchr(bytes, '\n', (size_t)(end - bytes));
    size_t line = newline ? (size_t)(newline - bytes) + 1 : (size_t)(end - bytes);
    if (line_has(bytes, line, "\"vector\":{")) {
      parts++;
      with_window += line_has(bytes, line, "\"window\":");
    }
    bytes += line;
  }
  if (with_window && with_window != parts) CHECK_SAY("%d of %d parts of a vector state their window", with_window, parts);
  return parts > 1 ? parts - 1 : 0;
}

/* The sender of a delta sends the next window for the first vector that states the latest one, and for each vector that states none.
   Three datagrams end a window. So three vectors that had lost their window on the way to the last part made three windows, which
   made nine. */
TEST(a_vector_in_parts_opens_one_window) {
  int sources, followers = 0;
  size_t most = 0;
  for (sources = 8; sources < 72; sources++) {
    pair_t pair;
    scuttle_link_t *classic;
    size_t datagrams = 0;
    int i, turns;
    loss = 0;
    chance = (uint64_t)sources;
    pair_open(&pair, replica_make("a"), replica_make("b"), 1200, 0);
    for (i = 0; i < 1500; i++) {
      char key[24];
      snprintf(key, sizeof key, "key %d", i);
      CHECK_CODE(set(pair.a, key, "\"some value of a usual length\""), SCUTTLE_OK);
    }
    classic = link_with(pair.b, SCUTTLE_LINK_CLASSIC);
    for (i = 0; i < sources; i++) {
      char source[24], key[24];
      snprintf(source, sizeof source, "n%d~ABCDEFGH", i);
      snprintf(key, sizeof key, "of %d", i);
      CHECK(feed_update(classic, key, "1", source, (uint64_t)i + 1) >= 0);
    }
    scuttle_link_close(classic);
    CHECK_CODE(scuttle_link_gossip(pair.ba), SCUTTLE_OK);
    for (turns = 0; turns < 2000; turns++) {
      size_t before = pair.to_a.count;
      send_all(pair.ba, &pair.to_a, pair.capacity, &pair.refused);
      for (; before < pair.to_a.count; before++) followers += check_vector_parts(pair.to_a.bytes[before], pair.to_a.len[before]);
      deliver(&pair.to_a, pair.ab, 1);
      send_all(pair.ab, &pair.to_b, pair.capacity, &pair.refused);
      if (!pair.to_a.count && !pair.to_b.count) break;
      if (pair.to_b.count && ++datagrams % 4 == 0) { /* lost: the progress has ranges, so it is long */
        free(pair.to_b.bytes[0]);
        pair.to_b.count--;
        memmove(pair.to_b.bytes, pair.to_b.bytes + 1, pair.to_b.count * sizeof *pair.to_b.bytes);
        memmove(pair.to_b.len, pair.to_b.len + 1, pair.to_b.count * sizeof *pair.to_b.len);
      }
      deliver(&pair.to_b, pair.ba, 1);
    }
    if (datagrams > most) most = datagrams;
    pair_close(&pair);
  }
  printf("  1,500 entries, each fourth datagram lost: %zu datagrams at most\n", most);
  CHECK(followers > 0); /* otherwise no vector has had two parts in a datagram */
}

TEST(live_updates_in_one_datagram) {
  pair_t pair;
  size_t i;
  loss = 0;
  chance = 3;
  pair_open(&pair, replica_make("a"), replica_make("b"), 1200, SCUTTLE_LINK_LIVE);
  CHECK_CODE(scuttle_gossip(pair.a), SCUTTLE_OK);
  exchange(&pair);
  for (i = 0; i < 20; i++) {
    char key[24];
    snprintf(key, sizeof key, "k%zu", i);
    CHECK_CODE(set(i % 2 ? pair.a : pair.b, key, "1"), SCUTTLE_OK);
    send_all(pair.ab, &pair.to_b, 1200, &pair.refused);
    send_all(pair.ba, &pair.to_a, 1200, &pair.refused);
    CHECK_INT(pair.to_a.count, i % 2 ? 0 : 1);
    CHECK_INT(pair.to_b.count, i % 2 ? 1 : 0);
    exchange(&pair);
    CHECK_U64(fingerprint_of(pair.a), fingerprint_of(pair.b));
  }
  pair_close(&pair);
}

TEST(a_gossip_of_equal_replicas_is_short) {
  pair_t pair;
  size_t bytes = 0, i;
  char buffer[1472];
  loss = 0;
  chance = 4;
  pair_open(&pair, replica_make("a"), replica_make("b"), 1472, 0);
  fill(pair.a, "a", 1000, 500, 30);
  settle(&pair, 20);
  CHECK_CODE(scuttle_gossip(pair.a), SCUTTLE_OK);
  for (i = 0; i < 4; i++) {
    size_t len = 0;
    scuttle_link_t *from = i % 2 ? pair.ba : pair.ab, *to = i % 2 ? pair.ab : pair.ba;
    CHECK_CODE(scuttle_link_read(from, buffer, sizeof buffer, &len), SCUTTLE_OK);
    if (len) CHECK(scuttle_link_write(to, buffer, len) >= 0);
    bytes += len;
  }
  printf("  nothing new, 500 sources: %zu bytes both ways\n", bytes);
  /* Two hellos, an echo in front of each. */
  CHECK(bytes <= 600);
  pair_close(&pair);
}

TEST(a_value_that_fits_no_datagram) {
  /* It is reported by its key and left out; all other updates arrive, and a link with larger datagrams brings it. */
  uint32_t live;
  for (live = 0; live < 2; live++) {
    pair_t pair;
    char *large = (char *)malloc(3000), buffer[512];
    size_t len;
    int i, reports, code;
    REQUIRE(large);
    memset(large, 'x', 2999);
    large[0] = large[2998] = '"';
    large[2999] = 0;
    loss = 0;
    chance = 5;
    pair_open(&pair, replica_make("a"), replica_make("b"), 512, live ? SCUTTLE_LINK_LIVE : 0);
    for (i = 0; i < 30; i++) {
      char key[24];
      snprintf(key, sizeof key, "k%d", i);
      CHECK(set(pair.a, key, "1") >= 0);
      if (i == 15) CHECK(set(pair.a, "the large one", large) >= 0);
    }
    set(pair.b, "of b", "1");
    CHECK(scuttle_gossip(pair.a) >= 0);
    for (i = 0, reports = 0; i < 400; i++) {
      scuttle_link_t *from = i % 2 ? pair.ba : pair.ab, *to = i % 2 ? pair.ab : pair.ba;
      len = 0;
      code = scuttle_link_read(from, buffer, sizeof buffer, &len);
      if (code == SCUTTLE_E_DATAGRAM) {
        reports++;
        CHECK_INT(len, 0);
        CHECK(strstr(scuttle_errmsg(pair.a), "the large one") != NULL);
      } else {
        CHECK_CODE(code, SCUTTLE_OK);
        if (len) CHECK(scuttle_link_write(to, buffer, len) >= 0);
      }
    }
    CHECK_INT(reports, 1);
    CHECK_INT(count_of(pair.b), 31);
    CHECK_INT(count_of(pair.a), 32);
    CHECK_STR(value_of(pair.a, "of b"), "1");
    CHECK(value_of(pair.b, "the large one") == NULL);
    CHECK_CODE(scuttle_link_read(pair.ab, buffer, sizeof buffer, &len), SCUTTLE_OK); /* reading ends */
    CHECK_INT(len, 0);
    /* Later updates still arrive. */
    CHECK(set(pair.a, "later", "1") >= 0);
    for (i = 0; i < 3; i++) {
      CHECK(scuttle_gossip(pair.a) >= 0);
      exchange(&pair);
    }
    CHECK_STR(value_of(pair.b, "later"), "1");
    CHECK_INT(pair.refused, 0); /* it was reported */
    pair.capacity = MOST;
    settle(&pair, 6);
    CHECK_INT(count_of(pair.b), 33);
    free(large);
    pair_close(&pair);
  }
}

TEST(datagrams_that_are_too_small) {
  size_t capacity;
  scuttle_t *r = replica_make("local");
  set(r, "k", "1");
  for (capacity = 0; capacity < 600; capacity += capacity < 20 ? 1 : 23) {
    scuttle_link_t *link = link_with(r, SCUTTLE_LINK_DATAGRAM);
    guarded_t buffer = guarded_make(capacity);
    size_t len = 7;
    int code;
    CHECK_CODE(scuttle_link_gossip(link), SCUTTLE_OK);
    code = scuttle_link_read(link, buffer.data, capacity, &len);
    CHECK(code == SCUTTLE_OK || code == SCUTTLE_E_SPACE);
    CHECK((code == SCUTTLE_OK) == (len > 0 && len <= capacity));
    if (capacity < 100) CHECK_CODE(code, SCUTTLE_E_SPACE);
    if (capacity >= 512) CHECK_CODE(code, SCUTTLE_OK);
    guarded_free(&buffer);
    scuttle_link_close(link);
  }
  scuttle_free(r);
}

TEST(a_datagram_ends_its_last_line) {
  scuttle_t *r = replica_make("local"), *peer = replica_make("peer");
  scuttle_link_t *link = link_with(r, SCUTTLE_LINK_DATAGRAM), *to = link_with(peer, SCUTTLE_LINK_DATAGRAM);
  char buffer[1200];
  size_t len = 0, cut;
  char *before = snapshot(r), *after;
  set(peer, "k", "1");
  CHECK_CODE(scuttle_link_gossip(to), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_read(to, buffer, sizeof buffer, &len), SCUTTLE_OK);
  REQUIRE(len > 20);
  for (cut = 1; cut + 1 < len; cut += 3) CHECK(scuttle_link_write(link, buffer, cut) < 0);
  CHECK(scuttle_link_write(link, buffer + 5, len - 5) < 0); /* and does not continue the previous one */
  after = snapshot(r);
  CHECK_STR(after, before);
  CHECK_CODE(scuttle_link_write(link, "", 0), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_write(link, buffer, len), SCUTTLE_OK);
  free(before);
  free(after);
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(datagrams_cannot_be_peeked_at) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_with(r, SCUTTLE_LINK_DATAGRAM);
  scuttle_span_t span;
  size_t count = 7;
  CHECK_CODE(scuttle_link_gossip(link), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_peek(link, &span, 1, &count), SCUTTLE_E_UNSUPPORTED);
  CHECK_CODE(scuttle_link_consume(link, 1), SCUTTLE_E_ARGUMENT);
  scuttle_free(r);
}

TEST(classic_lines_in_a_datagram_mean_nothing) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_with(r, SCUTTLE_LINK_DATAGRAM);
  char buffer[1200];
  size_t len = 7;
  char *before, *after;
  set(r, "k", "1");
  before = snapshot(r);
  CHECK(feed_update(link, "k", "2", "A", 9) <= 0);
  CHECK(feed(link, "{\"digest\":true,\"source_id\":\"A\",\"version\":9}\n{\"digest\":true,\"done\":true}\n") <= 0);
  CHECK_CODE(scuttle_link_read(link, buffer, sizeof buffer, &len), SCUTTLE_OK);
  CHECK_INT(len, 0);
  after = snapshot(r);
  CHECK_STR(after, before);
  free(before);
  free(after);
  scuttle_free(r);
}

TEST(an_own_id_in_datagrams) {
  scuttle_t *a = replica_exact("twin"), *b = replica_exact("twin");
  scuttle_link_t *ab = link_with(a, SCUTTLE_LINK_DATAGRAM), *ba = link_with(b, SCUTTLE_LINK_DATAGRAM);
  char buffer[1200];
  size_t len = 0;
  CHECK_CODE(scuttle_link_gossip(ab), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_read(ab, buffer, sizeof buffer, &len), SCUTTLE_OK);
  /* A challenge, and its echo. */
  CHECK_CODE(scuttle_link_write(ba, buffer, len), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_read(ba, buffer, sizeof buffer, &len), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_write(ab, buffer, len), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_read(ab, buffer, sizeof buffer, &len), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_write(ba, buffer, len), SCUTTLE_E_IDENTITY);
  CHECK_CODE(scuttle_link_read(ba, buffer, sizeof buffer, &len), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_write(ab, buffer, len), SCUTTLE_E_REJECTED);
  scuttle_free(a);
  scuttle_free(b);
}

CHECK_MAIN
