/* max_keys and max_bytes: the errors of a local write and of a peer's update at the limit, the calls that still work, and the
   memory of a replica, whatever a peer sends. Memory is the resident size that the system reports, which is meaningless under
   sanitizers. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "check.h"
#include "support.h"

#include <malloc.h>
#include <sys/prctl.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define IS_MEASURED 0
#else
#define IS_MEASURED 1
#endif

#define MB (1024LL * 1024)

static long long resident(void) {
  long long pages = 0, ignored = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file) return 0;
  if (fscanf(file, "%lld %lld", &ignored, &pages) != 2) pages = 0;
  fclose(file);
  return pages * sysconf(_SC_PAGESIZE);
}

/* --- the memory of a flood ----------------------------------------------------------------------------------- */

typedef struct {
  scuttle_t *r;
  scuttle_link_t *link; /* a classic one, reopened if it has ended */
  long long before, most;
  int refused, other;
  text_t lines;
} flood_t;

static flood_t flood_begin(long long max_bytes, size_t history, uint32_t flags) {
  scuttle_config_t config = config_make();
  flood_t flood;
  memset(&flood, 0, sizeof flood);
  /* Large blocks are returned to the system at once, and the resident size shows holes among small blocks. */
  mallopt(M_PERTURB, 0); /* writes to freed memory */
  mallopt(M_MMAP_THRESHOLD, 1 << 16);
  prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); /* a large page is resident as a whole */
  malloc_trim(0);
  flood.before = resident();
  config.max_bytes = (size_t)max_bytes;
  config.max_history = history;
  config.flags = flags;
  flood.r = replica_with("local", &config);
  flood.link = link_with(flood.r, SCUTTLE_LINK_CLASSIC);
  return flood;
}

static void flood_measure(flood_t *flood) {
  long long used = resident() - flood->before;
  if (used > flood->most) flood->most = used;
}

/* Writes the lines to the link, a part at a time. */
static void flood_send(flood_t *flood, size_t at_least) {
  int code;
  if (flood->lines.len < at_least || flood->lines.len == 0) return;
  code = scuttle_link_write(flood->link, flood->lines.data, flood->lines.len);
  if (code == SCUTTLE_E_BYTES) flood->refused++;
  else if (code == SCUTTLE_E_REFUSED) {
    scuttle_link_close(flood->link);
    flood->link = link_with(flood->r, SCUTTLE_LINK_CLASSIC);
    flood->refused++;
  } else if (code < 0) flood->other = code;
  flood->lines.len = 0;
  flood_measure(flood);
}

static void flood_end(flood_t *flood, const char *what, long long max_bytes) {
  size_t keys = count_of(flood->r);
  flood_measure(flood);
  printf("  %-28s %6.2f MB of %lld, %zu keys, %d times refused\n", what, (double)flood->most / (double)MB, max_bytes / MB, keys,
         flood->refused);
  CHECK_CODE(flood->other, SCUTTLE_OK);
  if (IS_MEASURED && flood->most > max_bytes + max_bytes / 4)
    CHECK_SAY("%s: %lld bytes are resident, with max_bytes %lld", what, flood->most, max_bytes);
  scuttle_free(flood->r);
  text_free(&flood->lines);
}

static char *filled(size_t len, char quote) {
  char *text = (char *)malloc(len + 3);
  if (!text) exit(3);
  memset(text, 'x', len + 2);
  text[len + 2] = 0;
  if (quote) text[0] = text[len + 1] = quote;
  return text;
}

enum { SMALL, LARGE_KEYS, LARGE_VALUES, TOMBSTONES, REPUBLISHED, SOURCES, KINDS };
static const char *const kinds[] = {"small keys", "large keys", "large values", "tombstones", "republished", "sources"};

static void flood_with(flood_t *flood, int kind, long long bytes) {
  static uint64_t version = 0;
  char *value = filled(kind == LARGE_VALUES ? 200000 : 4, '"'), *key = filled(60000, 0);
  long long sent = 0;
  int i;
  for (i = 0; sent < bytes; i++) {
    size_t before = flood->lines.len;
    version++;
    switch (kind) {
    case LARGE_KEYS:
      snprintf(key, 16, "%08d", i);
      key[8] = 'x';
      text_update(&flood->lines, key, value, "A", version);
      break;
    case TOMBSTONES:
      text_format(&flood->lines, "{\"key\":\"gone %d\",\"value\":null,\"source_id\":\"A\",\"version\":%d,\"deleted\":true}\n", i, (int)version);
      break;
    case REPUBLISHED:
      text_format(&flood->lines, "{\"key\":\"again %d\",\"value\":1,\"source_id\":\"A\",\"version\":%d,\"written\":[\"B\",1]}\n", i % 200000, (int)version);
      break;
    case SOURCES:
      text_format(&flood->lines, "{\"key\":\"of %d\",\"value\":1,\"source_id\":\"a source with quite a long name, and the number %d\",\"version\":%d}\n", i % 10, i,
                  (int)version);
      break;
    default: {
      char name[24];
      snprintf(name, sizeof name, "%c%d", kind == SMALL ? 's' : 'l', i);
      text_update(&flood->lines, name, value, "A", version);
    }
    }
    sent += (long long)(flood->lines.len - before);
    flood_send(flood, 60000);
  }
  flood_send(flood, 0);
  free(value);
  free(key);
}

TEST(floods_of_one_kind) {
  int kind;
  for (kind = 0; kind < KINDS; kind++) {
    flood_t flood = flood_begin(16 * MB, 0, 0);
    flood_with(&flood, kind, 48 * MB);
    if (kind != REPUBLISHED) CHECK(flood.refused > 0 || kind == SOURCES);
    flood_end(&flood, kinds[kind], 16 * MB);
  }
}

TEST(floods_one_after_the_other) {
  /* The tables and pools that one flood leaves behind remain for the next. */
  static const int orders[][3] = {{SMALL, LARGE_VALUES, SMALL}, {TOMBSTONES, LARGE_VALUES, SMALL}, {LARGE_VALUES, SOURCES, SMALL}};
  size_t order;
  for (order = 0; order < sizeof orders / sizeof *orders; order++) {
    flood_t flood = flood_begin(16 * MB, 0, 0);
    int i;
    for (i = 0; i < 3; i++) {
      size_t purged;
      flood_with(&flood, orders[order][i], 24 * MB);
      CHECK_CODE(scuttle_purge(flood.r, &purged), SCUTTLE_OK);
      CHECK_CODE(scuttle_accept_again(flood.r), SCUTTLE_OK);
    }
    flood_end(&flood, "one after the other", 16 * MB);
  }
}

TEST(a_pool_with_holes) {
  /* Small entries fill the pool, most of them are deleted, and large ones follow. */
  flood_t flood = flood_begin(32 * MB, 0, 0);
  char key[24], *value = filled(100000, '"');
  size_t purged;
  int i, stored = 0;
  for (i = 0; i < 200000; i++) {
    snprintf(key, sizeof key, "s%d", i);
    if (set(flood.r, key, "[1,2,3]") < 0) break;
  }
  CHECK(i > 100000);
  for (i = 0; i < 200000; i++) {
    snprintf(key, sizeof key, "s%d", i);
    if (i % 64 && value_of(flood.r, key)) CHECK(unset(flood.r, key) >= 0);
  }
  CHECK_CODE(scuttle_purge(flood.r, &purged), SCUTTLE_OK);
  flood_measure(&flood);
  for (i = 0; i < 400; i++) {
    snprintf(key, sizeof key, "l%d", i);
    if (scuttle_set(flood.r, key, SCUTTLE_NTS, value, 100002) >= 0) stored++;
    flood_measure(&flood);
  }
  CHECK(stored < 320);
  flood_end(&flood, "a pool with holes", 32 * MB);
  free(value);
}

TEST(history_gives_way) {
  /* A history without a limit of its own. */
  flood_t flood = flood_begin(8 * MB, SIZE_MAX, 0);
  char *value = filled(1000, '"'), key[24];
  int i;
  for (i = 0; i < 30000; i++) {
    snprintf(key, sizeof key, "k%d", i % 1000);
    CHECK_CODE(scuttle_set(flood.r, key, SCUTTLE_NTS, value, 1002), SCUTTLE_OK);
    if (i % 100 == 0) flood_measure(&flood);
  }
  flood_end(&flood, "history", 8 * MB);
  free(value);
}

/* Opens a link of an extended peer that has sent the head of a log delta, whose updates no cover follows. */
static scuttle_link_t *log_link(scuttle_t *r) {
  text_t lines = {NULL, 0, 0};
  scuttle_link_t *link = link_with(r, 0);
  text_hello(&lines, "peer", "", 1, 1, 1000000);
  CHECK_CODE(scuttle_link_write(link, lines.data, lines.len), SCUTTLE_OK);
  text_free(&lines);
  text_head(&lines, link, "log");
  CHECK_CODE(scuttle_link_write(link, lines.data, lines.len), SCUTTLE_OK);
  text_free(&lines);
  return link;
}

TEST(updates_that_wait_for_a_cover) {
  /* 1,000 values of 1 MB: bounded without max_bytes, too. */
  int bounded;
  for (bounded = 0; bounded < 2; bounded++) {
    flood_t flood = flood_begin(bounded ? 16 * MB : 0, 0, 0);
    scuttle_link_t *link = log_link(flood.r);
    char *value = filled(1000000, '"');
    int i, code = SCUTTLE_OK;
    for (i = 1; i <= 300 && code >= 0; i++) {
      text_update(&flood.lines, "k", value, "peer", (uint64_t)i);
      code = scuttle_link_write(link, flood.lines.data, flood.lines.len);
      flood.lines.len = 0;
      flood_measure(&flood);
    }
    CHECK_CODE(code, SCUTTLE_OK);
    flood_end(&flood, bounded ? "waiting for a cover" : "waiting, without a limit", 16 * MB);
    free(value);
  }
}

TEST(half_lines_on_1000_links) {
  flood_t flood = flood_begin(16 * MB, 0, 0);
  char *half = filled(1000000, 0);
  int i, refused = 0;
  size_t count;
  memcpy(half, "{\"key\":\"", 8);
  for (i = 0; i < 1000; i++) {
    scuttle_link_t *link = link_with(flood.r, SCUTTLE_LINK_CLASSIC);
    size_t sent;
    for (sent = 0; sent < 1000000; sent += 50000) {
      int code = scuttle_link_write(link, half + sent, 50000);
      if (code == SCUTTLE_E_BYTES) {
        refused++;
        break;
      }
      CHECK_CODE(code, SCUTTLE_OK);
    }
    if (i % 50 == 0) flood_measure(&flood);
  }
  CHECK(refused > 900);
  CHECK(strstr(scuttle_errmsg(flood.r), "max_bytes") != NULL);
  /* Other links can still write, and short lines still arrive. */
  CHECK_CODE(set(flood.r, "k", "1"), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_write(flood.link, "{\"key\":\"b\",\"value\":1,\"sour", 26), SCUTTLE_OK);
  CHECK_CODE(feed(flood.link, "ce_id\":\"B\",\"version\":9}\n"), SCUTTLE_OK);
  CHECK_CODE(scuttle_count(flood.r, &count), SCUTTLE_OK);
  CHECK_INT(count, 2);
  flood_end(&flood, "half lines", 16 * MB);
  free(half);
}

TEST(the_memory_of_half_lines_is_freed) {
  flood_t flood = flood_begin(4 * MB, 0, 0);
  char *half = filled(400000, 0);
  int i;
  for (i = 0; i < 20; i++) {
    scuttle_link_t *link = link_with(flood.r, SCUTTLE_LINK_CLASSIC);
    CHECK_CODE(scuttle_link_write(link, half, 400000), SCUTTLE_OK);
    if (i % 2) CHECK_CODE(feed(link, "\n"), SCUTTLE_E_JSON); /* the line ends, and is not a message */
    else scuttle_link_close(link);
  }
  flood_end(&flood, "half lines, given back", 4 * MB);
  free(half);
}

TEST(text_that_needs_much_memory_to_read) {
  /* jansson allocates up to 79 bytes for each byte of the text. */
  static const char *const items[] = {"{},", "[],", "\"\",", "{\"\":{}},", "[ ],"};
  size_t item;
  for (item = 0; item < sizeof items / sizeof *items; item++) {
    flood_t flood = flood_begin(16 * MB, 0, 0);
    text_t value = {NULL, 0, 0};
    text_str(&value, "[ ");
    while (value.len < 900000) text_str(&value, items[item]);
    text_str(&value, "1]");
    CHECK_CODE(scuttle_set(flood.r, "k", 1, value.data, value.len), SCUTTLE_E_BYTES);
    text_format(&flood.lines, "{\"key\":\"k\",\"value\":%s,\"source_id\":\"A\",\"version\":9}\n", value.data);
    CHECK_CODE(scuttle_link_write(flood.link, flood.lines.data, flood.lines.len), SCUTTLE_E_BYTES);
    flood_measure(&flood);
    CHECK_CODE(scuttle_set(flood.r, "k", 1, "[ 1, {} ]", 9), SCUTTLE_OK);
    flood_end(&flood, "text that needs much memory to read", 16 * MB);
    text_free(&value);
  }
}

TEST(keys_that_are_named_without_a_mark) {
  /* A state delta with the same updates again and again, and no mark. */
  flood_t flood = flood_begin(16 * MB, 0, 0);
  scuttle_link_t *link = link_with(flood.r, 0);
  int i, round;
  text_hello(&flood.lines, "peer", "", 1, 1, 1000000);
  scuttle_link_write(link, flood.lines.data, flood.lines.len);
  flood.lines.len = 0;
  text_head(&flood.lines, link, "reset");
  scuttle_link_write(link, flood.lines.data, flood.lines.len);
  flood.lines.len = 0;
  for (i = 0; i < 700; i++) text_update(&flood.lines, "k", "1", "peer", 5);
  for (round = 0; round < 3000; round++) scuttle_link_write(link, flood.lines.data, flood.lines.len);
  flood_end(&flood, "keys without a mark", 16 * MB);
}

/* --- calls that work at the limit ----------------------------------------------------------------------------------------- */

TEST(keys_at_the_limit) {
  scuttle_config_t config = config_make();
  scuttle_t *r;
  scuttle_link_t *link;
  config.max_keys = 3;
  r = replica_with("local", &config);
  link = link_make(r);
  CHECK_CODE(set(r, "a", "1"), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "b", "1", "A", 1), SCUTTLE_OK);
  CHECK_CODE(unset(r, "gone"), SCUTTLE_OK); /* a tombstone is no key */
  CHECK_CODE(set(r, "c", "1"), SCUTTLE_OK);
  CHECK_CODE(set(r, "d", "1"), SCUTTLE_E_KEYS);
  CHECK(strstr(scuttle_errmsg(r), "max_keys is 3") != NULL);
  CHECK_CODE(scuttle_set_ttl(r, "d", 1, "1", 1, 1000), SCUTTLE_E_KEYS);
  CHECK_CODE(set(r, "gone", "1"), SCUTTLE_E_KEYS);
  CHECK_INT(count_of(r), 3);
  CHECK_CODE(set(r, "a", "[1,2,3,4,5]"), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "e", "1", "A", 50), SCUTTLE_E_KEYS);
  CHECK_CODE(feed_update(link, "b", "2", "A", 51), SCUTTLE_OK);
  CHECK_CODE(unset(r, "b"), SCUTTLE_OK);
  CHECK_CODE(set(r, "d", "1"), SCUTTLE_OK);
  CHECK_INT(count_of(r), 3);
  scuttle_free(r);
}

TEST(bytes_at_the_limit) {
  scuttle_config_t config = config_make();
  scuttle_t *r;
  char *value = filled(50000, '"'), key[24];
  int i, fitted, code;
  config.max_bytes = 1 << 20;
  r = replica_with("local", &config);
  for (i = 0;; i++) {
    snprintf(key, sizeof key, "k%d", i);
    if ((code = scuttle_set(r, key, SCUTTLE_NTS, value, 50002)) < 0) break;
  }
  fitted = i;
  CHECK_CODE(code, SCUTTLE_E_BYTES);
  CHECK(strstr(scuttle_errmsg(r), "max_bytes is 1048576") != NULL);
  CHECK(fitted > 15 && fitted <= 20);
  CHECK_INT(count_of(r), fitted);
  for (i = 0; i < 1000; i++) CHECK_CODE(scuttle_set(r, "k1", 2, value, 50002), SCUTTLE_OK); /* no longer than before */
  CHECK_CODE(set(r, "k2", "1"), SCUTTLE_OK);
  CHECK_CODE(unset(r, "absent"), SCUTTLE_OK);
  for (i = 0; i < fitted; i++) {
    snprintf(key, sizeof key, "k%d", i);
    CHECK_CODE(unset(r, key), SCUTTLE_OK);
  }
  for (i = 0; i < 10; i++) {
    snprintf(key, sizeof key, "new%d", i);
    CHECK_CODE(scuttle_set(r, key, SCUTTLE_NTS, value, 50002), SCUTTLE_OK);
  }
  free(value);
  scuttle_free(r);
}

TEST(an_entry_needs_the_memory_that_the_header_names) {
  /* 95 bytes beside key and value, within some tenths: by the replica's count, and by the system's. */
  static const long long limits[] = {8 * MB, 64 * MB};
  size_t limit;
  for (limit = 0; limit < 2; limit++) {
    flood_t flood = flood_begin(limits[limit], 0, 0);
    char key[24];
    long long said;
    int i;
    for (i = 0; i < 1000000; i++) {
      snprintf(key, sizeof key, "key %08d", i);
      if (set(flood.r, key, "\"a value of 30 bytes and more!\"") < 0) break;
    }
    said = (long long)i * (12 + 31 + 95);
    flood_measure(&flood);
    printf("  %d entries: %lld bytes by the header, %lld resident, %lld allowed\n", i, said, flood.most, limits[limit] / 8 * 7);
    CHECK(said > limits[limit] / 8 * 7 * 8 / 10 && said < limits[limit] / 8 * 7 * 12 / 10);
    if (IS_MEASURED) CHECK(said > flood.most * 9 / 10 && said < flood.most * 11 / 10);
    flood_end(&flood, "entries", limits[limit]);
  }
}

/* --- peers ------------------------------------------------------------------------------------------------------------ */

static void full_and_roomy(scuttle_config_t *config, const char *name, told_t *told, scuttle_t **small, scuttle_t **large) {
  scuttle_config_t other = config_start();
  memset(told, 0, sizeof *told);
  other.on_event = note_event;
  other.context = told;
  *large = replica_with("large", &other);
  *small = replica_with(name, config);
}

/* Gossips on both, and carries bytes until there is nothing to send; returns their count. Refusals are errors that do not end
   it. */
static size_t converse(scuttle_link_t *a, scuttle_link_t *b) {
  static char buffer[65536];
  size_t total = 0, moved, len;
  int side;
  CHECK(scuttle_link_gossip(a) >= 0);
  CHECK(scuttle_link_gossip(b) >= 0);
  do {
    moved = 0;
    for (side = 0; side < 2; side++) {
      CHECK_CODE(scuttle_link_read(side ? b : a, buffer, sizeof buffer, &len), SCUTTLE_OK);
      if (len) scuttle_link_write(side ? a : b, buffer, len);
      moved += len;
    }
    total += moved;
  } while (moved && total < 1 << 26);
  return total;
}

TEST(a_peer_is_notified_of_keys_and_bytes) {
  int kind;
  for (kind = 0; kind < 2; kind++) {
    scuttle_config_t config = config_start();
    scuttle_t *small = NULL, *large = NULL;
    scuttle_link_t *at_small, *at_large;
    told_t told;
    char key[24], *value = filled(20000, '"');
    size_t held;
    int i, event = SCUTTLE_EVENT_REFUSED;
    if (kind) config.max_bytes = 1 << 20;
    else config.max_keys = 30;
    full_and_roomy(&config, "small", &told, &small, &large);
    at_small = link_with(small, 0);
    at_large = link_with(large, 0);
    for (i = 0; i < 100; i++) {
      snprintf(key, sizeof key, "k%d", i);
      CHECK(scuttle_set(large, key, SCUTTLE_NTS, value, 20002) >= 0);
    }
    converse(at_small, at_large);
    converse(at_small, at_large);
    held = count_of(small);
    CHECK(kind ? held > 30 && held < 50 : held == 30);
    CHECK_INT(told.count[event], 100 - (int)held);
    CHECK_CODE(told.code[event], kind ? SCUTTLE_E_BYTES : SCUTTLE_E_KEYS);
    for (i = 0; i < 3; i++) CHECK(converse(at_small, at_large) < 20000); /* nothing crosses again */
    CHECK_INT(told.count[event], 100 - (int)held);
    /* A peer's deletes free memory, and the refusals are dropped: all updates that fit arrive. */
    for (i = 0; i < 80; i++) {
      snprintf(key, sizeof key, "k%d", i);
      CHECK(unset(large, key) >= 0);
    }
    converse(at_small, at_large);
    CHECK_CODE(scuttle_accept_again(small), SCUTTLE_OK);
    converse(at_small, at_large);
    converse(at_small, at_large);
    CHECK_INT(count_of(small), 20);
    CHECK_U64(fingerprint_of(small), fingerprint_of(large));
    free(value);
    scuttle_free(small);
    scuttle_free(large);
  }
}

TEST(a_save_is_loaded) {
  scuttle_config_t config = config_start();
  scuttle_t *r = replica_make("name"), *again = NULL;
  text_t save = {NULL, 0, 0};
  char key[24];
  int i;
  for (i = 0; i < 1000; i++) {
    snprintf(key, sizeof key, "k%d", i);
    CHECK_CODE(set(r, key, "\"some value\""), SCUTTLE_OK);
  }
  export_all(r, &save);
  config.max_keys = 10;
  config.max_bytes = 20000;
  config.state = save.data;
  config.state_len = save.len;
  CHECK_CODE(scuttle_new("name", &config, &again), SCUTTLE_OK);
  CHECK_INT(count_of(again), 1000);
  CHECK_CODE(set(again, "new", "1"), SCUTTLE_E_KEYS);
  CHECK_CODE(set(again, "k1", "\"a longer value\""), SCUTTLE_E_BYTES);
  CHECK_CODE(unset(again, "k1"), SCUTTLE_OK);
  text_free(&save);
  scuttle_free(again);
  scuttle_free(r);
}

CHECK_MAIN
