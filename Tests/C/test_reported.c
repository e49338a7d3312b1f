/* Reported bugs, each with the conversation that showed it. */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "check.h"
#include "support.h"

#include <malloc.h>

/* --- ids that need escapes ----------------------------------------------------------------------------------------- */

/* Makes the longest id. */
static void make_long_id(char id[256]) {
  memset(id, 1, 255);
  id[255] = 0;
}

static void check_that_both_learn(scuttle_t *a, scuttle_t *b) {
  scuttle_link_t *to_b = link_make(a), *to_a = link_make(b);
  set(a, "of a", "1");
  set(b, "of b", "2");
  sync_links(to_b, to_a);
  CHECK_STR(value_of(b, "of a"), "1");
  CHECK_STR(value_of(a, "of b"), "2");
}

TEST(an_id_of_control_characters_is_an_id) {
  char id[256];
  scuttle_t *a, *b = replica_make("b");
  make_long_id(id);
  a = replica_exact(id);
  check_that_both_learn(a, b);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(a_peer_that_names_such_an_id_does_not_end_the_link) {
  char id[256];
  scuttle_t *a = replica_make("a"), *b = replica_make("b");
  make_long_id(id);
  CHECK_CODE(feed_update(link_make(a), "k", "1", id, 1), SCUTTLE_OK);
  check_that_both_learn(a, b);
  scuttle_free(a);
  scuttle_free(b);
}

/* --- lent memory ---------------------------------------------------------------------------------------------- */

TEST(the_id_is_valid_until_the_replica_is_freed) {
  scuttle_t *replica = replica_exact("a-name-to-keep");
  const char *id = NULL, *later = NULL;
  size_t len = 0;
  text_t lines;
  memset(&lines, 0, sizeof lines);
  text_update(&lines, "k", "1", "b", 3);
  CHECK_CODE(scuttle_id(replica, &id, &len), SCUTTLE_OK);
  CHECK_CODE(scuttle_import(replica, lines.data, lines.len), SCUTTLE_OK);
  CHECK_CODE(scuttle_id(replica, &later, &len), SCUTTLE_OK);
  REQUIRE(id == later); /* not read if it may be freed */
  CHECK_STR(id, "a-name-to-keep");
  text_free(&lines);
  scuttle_free(replica);
}

/* --- a reset that deletes anew, with few tombstones allowed ---------------------------------------------------- */

#define BLOCK 76 /* header, key and value of one of the long tombstones below: a block that was freed too early is reused here */
static char *blocks[64];
static size_t block_count;

static void take_block(void *context, const scuttle_update_t *update) {
  (void)context;
  (void)update;
  if (block_count < 64) blocks[block_count++] = (char *)calloc(1, BLOCK);
}

TEST(a_reset_may_purge_the_tombstones_that_it_removes) {
  scuttle_config_t plain = config_make(), few = config_make();
  scuttle_t *a, *b;
  scuttle_link_t *to_b, *to_a;
  char key[64];
  size_t purged, i;
  plain.flags = few.flags = SCUTTLE_KEEP_TOMBSTONES;
  few.max_tombstones = 5;
  few.on_update = take_block;
  a = replica_with("a", &plain);
  b = replica_with("b", &few);
  link_with(b, SCUTTLE_LINK_CLASSIC);
  to_b = link_make(a);
  to_a = link_make(b);
  for (i = 0; i < 10; i++) {
    snprintf(key, sizeof key, "live%zu", i);
    set(a, key, "1");
  }
  for (i = 0; i < 5; i++) {
    snprintf(key, sizeof key, "dead-and-of-another-length-than-others-%zu", i);
    set(a, key, "1");
    unset(a, key);
  }
  sync_links(to_b, to_a);
  for (i = 0; i < 10; i++) {
    snprintf(key, sizeof key, "live%zu", i);
    unset(a, key);
  }
  CHECK_CODE(scuttle_purge(a, &purged), SCUTTLE_OK);
  for (i = 0; i < block_count; i++) free(blocks[i]);
  block_count = 0;
  sync_links(to_b, to_a); /* stops the program if a peer rejects lines of freed memory */
  CHECK_INT(count_of(b), 0);
  CHECK_U64(fingerprint_of(a), fingerprint_of(b));
  for (i = 0; i < block_count; i++) free(blocks[i]);
  block_count = 0;
  scuttle_free(a);
  scuttle_free(b);
}

/* --- datagrams ------------------------------------------------------------------------------------------------------- */

static size_t copy_datagram(scuttle_link_t *link, size_t capacity, char *buffer) {
  size_t len = 0;
  int code = scuttle_link_read(link, buffer, capacity, &len);
  if (code != SCUTTLE_OK && code != SCUTTLE_E_DATAGRAM) CHECK_SAY("scuttle_link_read returned %s", code_name(code));
  buffer[len] = 0;
  return len;
}

static void pass_all(scuttle_link_t *from, scuttle_link_t *to, size_t capacity) {
  char buffer[2001];
  size_t len;
  int silent = 0;
  while (silent < 3) { /* a read may report a withheld update instead */
    len = copy_datagram(from, capacity, buffer);
    if (len) scuttle_link_write(to, buffer, len);
    else silent++;
  }
}

TEST(an_update_that_no_longer_fits_is_not_covered) {
  scuttle_config_t config = config_make();
  scuttle_t *a, *b = replica_make("b");
  scuttle_link_t *to_b, *to_a;
  char value[201], buffer[2001];
  int i;
  config.mtu = 1;
  config.max_history = 1;
  a = replica_with("a", &config);
  to_b = link_with(a, SCUTTLE_LINK_DATAGRAM);
  to_a = link_with(b, SCUTTLE_LINK_DATAGRAM);
  memset(value, 'v', 200);
  value[0] = value[199] = '"';
  value[200] = 0;
  set(a, "large", value);
  set(a, "s", "2");
  set(a, "t", "3");

  CHECK_CODE(scuttle_link_gossip(to_a), SCUTTLE_OK);
  buffer[0] = 0;
  for (i = 0; i < 20 && !strstr(buffer, "\"large\""); i++) {
    pass_all(to_a, to_b, 1200);
    if (copy_datagram(to_b, 1200, buffer) && !strstr(buffer, "\"large\""))
      scuttle_link_write(to_a, buffer, strlen(buffer));
  }
  REQUIRE(strstr(buffer, "\"large\"") != NULL); /* and this one is lost */
  pass_all(to_b, to_a, 1200);                   /* the rest, and a commit that vouches for all */
  pass_all(to_a, to_b, 1200);                   /* the missing ranges */
  pass_all(to_b, to_a, 300);                    /* all but the large one */
  CHECK_U64(clock_of(b, "a"), 0);

  for (i = 0; i < 5; i++) {
    int round;
    scuttle_gossip(a);
    scuttle_gossip(b);
    for (round = 0; round < 10; round++) {
      pass_all(to_b, to_a, 1200);
      pass_all(to_a, to_b, 1200);
    }
  }
  CHECK_STR(value_of(b, "large"), value);
  scuttle_free(a);
  scuttle_free(b);
}

/* --- memory and lines ------------------------------------------------------------------------------------------------ */

static size_t memory_used(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(claims_of_a_commit_do_not_pile_up) {
  scuttle_t *replica = replica_make("a");
  scuttle_link_t *link = link_make(replica);
  text_t text;
  size_t before;
  int part, source;
  memset(&text, 0, sizeof text);
  text_hello(&text, "p", "", 1, 1, 5);
  CHECK_CODE(feed(link, text.data), SCUTTLE_OK);
  text_free(&text);
  text_head(&text, link, "state");
  CHECK_CODE(feed(link, text.data), SCUTTLE_OK);
  text_free(&text);
  text_str(&text, "{\"digest\":true,\"commit\":{\"sequence\":4,\"sources\":{");
  for (source = 0; source < 100; source++) text_format(&text, "%s\"s%d\":[0,1]", source ? "," : "", source);
  text_str(&text, "},\"from\":0,\"to\":0,\"last\":false}}\n");
  CHECK_CODE(feed(link, text.data), SCUTTLE_OK);
  before = memory_used();
  for (part = 0; part < 1000; part++) CHECK_CODE(feed(link, text.data), SCUTTLE_OK);
  CHECK(memory_used() < before + 10000);
  text_free(&text);
  scuttle_free(replica);
}

/* Its largest line is 3,636 bytes, by the default. */
static scuttle_t *make_small(void) {
  scuttle_config_t config = config_make();
  config.max_key_bytes = 64;
  config.max_value_bytes = 64;
  return replica_with("small", &config);
}

static void make_source(char id[61], int number) {
  int place;
  memset(id, 's', 60);
  id[60] = 0;
  for (place = 59; place > 55; place--, number /= 10) id[place] = (char)('0' + number % 10);
}

TEST(covers_of_withheld_updates_fit_a_small_receiver) {
  scuttle_config_t config = config_make();
  scuttle_t *a, *small = make_small();
  scuttle_link_t *from_sources, *to_small, *to_a;
  char id[61];
  int i;
  config.max_history = 1000;
  a = replica_with("a", &config);
  from_sources = link_make(a);
  to_small = link_make(a);
  to_a = link_make(small);
  for (i = 0; i < 60; i++) {
    make_source(id, i);
    CHECK(feed_update(from_sources, "k", "1", id, (uint64_t)i + 1) >= 0);
  }
  CHECK(feed_update(from_sources, "k", "2", "winner", 1000) >= 0);
  CHECK(feed_update(link_make(small), "k", "2", "winner", 1000) >= 0);
  for (i = 0; i < 10; i++) {
    if (i % 5 == 0) scuttle_link_gossip(to_a);
    CHECK(move_all(to_a, to_small, NULL) >= 0);
    CHECK(move_all(to_small, to_a, NULL) >= 0);
  }
  CHECK_U64(clock_of(small, id), 60);
  scuttle_free(a);
  scuttle_free(small);
}

TEST(covers_of_live_updates_fit_a_small_receiver) {
  scuttle_config_t config = config_make();
  scuttle_t *a, *small = make_small();
  scuttle_link_t *from_sources, *to_small, *to_a;
  char id[61], key[16];
  int i;
  config.max_history = 1000;
  config.mtu = SIZE_MAX;
  a = replica_with("a", &config);
  from_sources = link_make(a);
  to_small = link_with(a, SCUTTLE_LINK_LIVE);
  to_a = link_make(small);
  sync_links(to_small, to_a);
  for (i = 0; i < 120; i++) { /* the first half has a head in front, the other is a shared delta */
    make_source(id, i);
    snprintf(key, sizeof key, "k%d", i);
    CHECK(feed_update(from_sources, key, "1", id, (uint64_t)i + 1) >= 0);
    if (i % 60 == 59) CHECK(move_all(to_small, to_a, NULL) >= 0);
  }
  CHECK_U64(clock_of(small, id), 120);
  scuttle_free(a);
  scuttle_free(small);
}

/* --- quiet ------------------------------------------------------------------------------------------------------------ */

TEST(two_that_refuse_updates_of_each_other_converge) {
  scuttle_config_t short_keys = config_make(), short_values = config_make();
  scuttle_t *a, *b;
  scuttle_link_t *to_b, *to_a;
  size_t purged, moved = 0, both;
  short_keys.max_key_bytes = 8;
  short_values.max_value_bytes = 8;
  a = replica_with("a", &short_keys);
  b = replica_with("b", &short_values);
  to_b = link_make(a);
  to_a = link_make(b);
  set(a, "k", "\"too long for b\"");
  set(b, "too long for a", "1");
  set(a, "x", "1");
  unset(a, "x");
  set(b, "y", "1");
  unset(b, "y");
  CHECK_CODE(scuttle_purge(a, &purged), SCUTTLE_OK);
  CHECK_CODE(scuttle_purge(b, &purged), SCUTTLE_OK);
  scuttle_link_gossip(to_b);
  scuttle_link_gossip(to_a);
  do { /* both read before either writes, as over a network */
    text_t of_a, of_b;
    memset(&of_a, 0, sizeof of_a);
    memset(&of_b, 0, sizeof of_b);
    read_all(to_b, 0, &of_a);
    read_all(to_a, 0, &of_b);
    both = of_a.len + of_b.len;
    moved += both;
    if (of_a.len) scuttle_link_write(to_a, of_a.data, of_a.len);
    if (of_b.len) scuttle_link_write(to_b, of_b.data, of_b.len);
    text_free(&of_a);
    text_free(&of_b);
  } while (both && moved < 100000);
  CHECK(moved < 100000);
  scuttle_free(a);
  scuttle_free(b);
}

CHECK_MAIN
