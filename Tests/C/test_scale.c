/* Large counts of everything: no step's work may grow with their square. A step needs some hundredths of a second, and a
   hundred times that if it is quadratic, so a limit on its processor time is safe on any machine. */
#include "check.h"
#include "support.h"

#include <time.h>

#define DONE "{\"digest\":true,\"done\":true}\n"

enum { SOURCES = 20000, KEYS = 100000 };

static clock_t started;

static void begin(void) { started = clock(); }

/* How much slower a step may be with sanitizers, on a busy machine. */
#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
enum { SLOWEST = 5 };
#else
enum { SLOWEST = 1 };
#endif

static void within_seconds(double limit) {
  double seconds = (double)(clock() - started) / CLOCKS_PER_SEC;
  limit *= SLOWEST;
  if (seconds > limit) CHECK_SAY("%.1f seconds of processor time, more than %.0f", seconds, limit);
}

static scuttle_t *with_sources(scuttle_link_t **link, const scuttle_config_t *config) {
  scuttle_t *r = replica_with("local", config);
  text_t lines = {NULL, 0, 0};
  int i;
  *link = link_make(r);
  for (i = 0; i < SOURCES; i++) {
    char name[24];
    snprintf(name, sizeof name, "s%d", i);
    text_update(&lines, name, "1", name, 1);
  }
  CHECK_CODE(scuttle_link_write(*link, lines.data, lines.len), SCUTTLE_OK);
  text_free(&lines);
  return r;
}

static size_t lines_of(scuttle_link_t *link, size_t capacity) {
  text_t out = {NULL, 0, 0};
  size_t lines;
  read_all(link, capacity, &out);
  lines = text_count(&out, "\n");
  text_free(&out);
  return lines;
}

static int by_source(void *context, const scuttle_update_t *a, const scuttle_update_t *b) {
  size_t len = a->source_len < b->source_len ? a->source_len : b->source_len;
  int order = memcmp(a->source, b->source, len);
  (void)context;
  return order ? order : a->source_len < b->source_len ? -1 : a->source_len > b->source_len;
}

TEST(everything_of_many_sources) {
  scuttle_config_t config = config_make();
  scuttle_link_t *link;
  scuttle_t *r;
  int sorted;
  begin();
  for (sorted = 0; sorted < 2; sorted++) { /* in all */
    config.sort = sorted ? by_source : NULL;
    r = with_sources(&link, &config);
    CHECK_CODE(feed(link, DONE), SCUTTLE_FULL);
    CHECK_INT(lines_of(link, 16), SOURCES);
    CHECK_CODE(scuttle_gossip(r), SCUTTLE_OK);
    CHECK_INT(lines_of(link, 16), 1); /* the first gossip of a link requests everything */
    CHECK_CODE(scuttle_gossip(r), SCUTTLE_FULL);
    CHECK_INT(lines_of(link, 16), SOURCES + 2); /* this replica's own, and "done" */
    scuttle_free(r);
  }
  within_seconds(2);
}

TEST(many_sources_requested_again) {
  /* A peer that requests everything, and again before it has read the delta. */
  scuttle_config_t config = config_make();
  scuttle_link_t *link;
  scuttle_t *r = with_sources(&link, &config);
  int i;
  begin();
  for (i = 0; i < 5; i++) CHECK_CODE(feed(link, DONE), SCUTTLE_FULL);
  CHECK_INT(lines_of(link, 4096), SOURCES);
  within_seconds(2);
  scuttle_free(r);
}

TEST(many_digests_requested_again) {
  scuttle_config_t config = config_make();
  scuttle_link_t *link;
  scuttle_t *r = with_sources(&link, &config);
  text_t lines = {NULL, 0, 0};
  int i, round;
  begin();
  for (i = 0; i < SOURCES; i++) text_format(&lines, "{\"digest\":true,\"source_id\":\"s%d\",\"version\":0}\n", i);
  text_str(&lines, DONE);
  for (round = 0; round < 3; round++) CHECK_CODE(scuttle_link_write(link, lines.data, lines.len), SCUTTLE_FULL);
  CHECK_INT(lines_of(link, 4096), SOURCES);
  within_seconds(2);
  text_free(&lines);
  scuttle_free(r);
}

TEST(a_long_line_byte_by_byte) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  text_t line = {NULL, 0, 0};
  size_t i;
  begin();
  text_str(&line, "{\"key\":\"k\",\"value\":\"");
  while (line.len < 1000000) text_str(&line, "some more of a long value ");
  text_str(&line, "\",\"source_id\":\"A\",\"version\":1}\n");
  for (i = 0; i < line.len; i++) CHECK_CODE(scuttle_link_write(link, line.data + i, 1), SCUTTLE_OK);
  CHECK_U64(clock_of(r, "A"), 1);
  within_seconds(2);
  text_free(&line);
  scuttle_free(r);
}

TEST(a_delta_byte_by_byte) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  size_t bytes = 0, len;
  char byte;
  int i;
  begin();
  for (i = 0; i < KEYS; i++) {
    char key[24];
    snprintf(key, sizeof key, "key %d", i);
    CHECK_CODE(set(r, key, "1"), SCUTTLE_OK);
  }
  CHECK_CODE(feed(link, DONE), SCUTTLE_FULL);
  for (;;) {
    scuttle_link_read(link, &byte, 1, &len);
    if (!len) break;
    bytes++;
  }
  CHECK(bytes > KEYS * 50ul);
  within_seconds(2);
  scuttle_free(r);
}

TEST(holes_in_an_index) {
  /* One source wrote everything, and another has overwritten nearly all of it: a delta about the first is short. */
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  char part[16];
  size_t len;
  int i;
  begin();
  for (i = 0; i < KEYS; i++) {
    char key[24];
    snprintf(key, sizeof key, "key %d", i);
    feed_update(link, key, "1", "A", (uint64_t)i + 1);
  }
  for (i = 0; i < KEYS - 1; i++) {
    char key[24];
    snprintf(key, sizeof key, "key %d", i);
    set(r, key, "2");
    if (i % 100 == 0) {
      feed(link, "{\"digest\":true,\"source_id\":\"A\",\"version\":0}\n");
      scuttle_link_read(link, part, sizeof part, &len);
    }
  }
  CHECK(lines_of(link, 0) >= 1);
  within_seconds(2);
  scuttle_free(r);
}

TEST(writes_with_many_links_open) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t **links = (scuttle_link_t **)malloc(60000 * sizeof *links);
  int i;
  begin();
  REQUIRE(links);
  for (i = 0; i < 60000; i++) links[i] = link_make(r);
  for (i = 0; i < KEYS; i++) {
    char key[24];
    snprintf(key, sizeof key, "key %d", i % 1000);
    set(r, key, "2");
  }
  for (i = 0; i < 20; i++) CHECK_CODE(scuttle_gossip(r), SCUTTLE_OK);
  for (i = 0; i < 60000; i += 2) scuttle_link_close(links[i]);
  for (i = 59999; i > 0; i -= 2) scuttle_link_close(links[i]);
  within_seconds(2);
  free(links);
  scuttle_free(r);
}

TEST(chosen_keys) {
  /* Keys that differ in one byte only, and keys that grow: no order of theirs is slow. */
  scuttle_t *r = replica_make("local");
  int i;
  begin();
  for (i = 0; i < KEYS; i++) {
    char key[64];
    snprintf(key, sizeof key, "%08x%08x%08x%08x", (unsigned)i, 0u, 0u, (unsigned)i << 16);
    set(r, key, "1");
  }
  CHECK_INT(count_of(r), KEYS);
  for (i = 0; i < 10; i++) {
    char *text = state_text(r);
    free(text);
    set(r, "another", "1");
    scuttle_delete(r, "another", 7);
  }
  within_seconds(2);
  scuttle_free(r);
}

CHECK_MAIN
