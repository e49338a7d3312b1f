/* Memory: freed after errors and after use, and bounded by the state. Counted in bytes of malloc with glibc; elsewhere, and
   under sanitizers, which have their own malloc and detect leaks, it is always 0. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "check.h"
#include "support.h"

#include <malloc.h>

static long long used(void) {
#if defined(__GLIBC__) && __GLIBC__ == 2 && __GLIBC_MINOR__ >= 33
  struct mallinfo2 info = mallinfo2();
  return (long long)(info.uordblks + info.hblkhd);
#else
  return 0;
#endif
}

/* Runs `step` four thousand times, after a hundred to warm up, and expects no growth beyond malloc's small blocks. */
static void check_steady(const char *what, void (*step)(void *context, int i), void *context) {
  long long before, after;
  int i;
  for (i = 0; i < 100; i++) step(context, i);
  before = used();
  for (; i < 4100; i++) step(context, i);
  after = used();
  if (after - before > 30000) CHECK_SAY("%s: %lld bytes more after 4000 times", what, after - before);
}

static void new_and_free(void *context, int i) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  (void)context;
  set(r, "k", "[1,2,3]");
  feed_update(link, "l", "1", "A", (uint64_t)i + 1);
  feed(link, "{\"digest\":true,\"source_id\":\"A\",\"version\":0}\n{\"key\":\"half");
  scuttle_gossip(r);
  scuttle_write(r, "nonsense\nhalf", 13);
  scuttle_free(r);
}

static void new_that_fails(void *context, int i) {
  scuttle_config_t config = config_make();
  scuttle_t *r = NULL;
  char id[300];
  (void)context;
  memset(id, 'x', 299);
  id[299] = 0;
  switch (i % 8) {
  case 0: CHECK_CODE(scuttle_new(id, &config, &r), SCUTTLE_E_ID); break;
  case 1: CHECK_CODE(scuttle_new("\xff", &config, &r), SCUTTLE_E_UTF8); break;
  case 2: CHECK_CODE(scuttle_new("", NULL, &r), SCUTTLE_E_ID); break;
  case 3: CHECK_CODE(scuttle_new(NULL, NULL, &r), SCUTTLE_E_ARGUMENT); break;
  case 4:
    config.flags = 0x80;
    CHECK_CODE(scuttle_new("local", &config, &r), SCUTTLE_E_ARGUMENT);
    break;
  case 5:
    config.struct_size = 1;
    CHECK_CODE(scuttle_new("local", &config, &r), SCUTTLE_E_STRUCT_SIZE);
    break;
  case 6:
    config.resolver = 9;
    CHECK_CODE(scuttle_new("local", &config, &r), SCUTTLE_E_ARGUMENT);
    break;
  default:
    config.state = "{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":1}\nnonsense\n";
    config.state_len = SCUTTLE_NTS;
    CHECK_CODE(scuttle_new("local", &config, &r), SCUTTLE_E_JSON);
  }
}

TEST(replicas) {
  check_steady("new and free", new_and_free, NULL);
}

TEST(invalid_replicas) { check_steady("scuttle_new that fails", new_that_fails, NULL); }

static void open_and_close(void *context, int i) {
  scuttle_t *r = (scuttle_t *)context;
  scuttle_link_t *link = link_make(r);
  char part[30];
  size_t len;
  feed(link, "{\"digest\":true,\"done\":true}\n{\"key\":\"half a line");
  if (i % 2) scuttle_link_gossip(link);
  scuttle_link_read(link, part, (size_t)(i % 30), &len);
  scuttle_link_close(link);
}

static void fail_to_open(void *context, int i) {
  scuttle_link_config_t config;
  scuttle_link_t *link;
  memset(&config, 0, sizeof config);
  config.struct_size = i % 3 ? sizeof config : 1;
  config.flags = i % 3 == 1 ? SCUTTLE_LINK_DATAGRAM | SCUTTLE_LINK_CLASSIC : 0x80;
  CHECK(scuttle_link_open((scuttle_t *)context, &config, &link) < 0);
}

TEST(links) {
  scuttle_t *r = replica_make("local");
  int i;
  for (i = 0; i < 50; i++) {
    char key[24];
    snprintf(key, sizeof key, "k%d", i);
    set(r, key, "1");
  }
  check_steady("open and close", open_and_close, r);
  check_steady("open that fails", fail_to_open, r);
  scuttle_free(r);
}

static void overwrite(void *context, int i) {
  char value[64];
  snprintf(value, sizeof value, "\"value %d of one key\"", i);
  set((scuttle_t *)context, "hot", value);
}

static void delete_again(void *context, int i) {
  if (i % 2) set((scuttle_t *)context, "hot", "[1,2,3,4,5,6,7,8,9]");
  else scuttle_delete((scuttle_t *)context, "hot", 3);
}

static void fail_to_set(void *context, int i) {
  static const char *const bad[] = {"", "nonsense", "[1,2,{\"a\":[3}]", "{\"a\":1,\"b\":[],\"a\":2}", "[\"long enough to be allocated somewhere\",1e999]", "[1,[2,[3,\"\xff\"]]]",
                                    "-1e999", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]"};
  CHECK(set((scuttle_t *)context, "k", bad[i % 8]) < 0);
  CHECK(set((scuttle_t *)context, i % 2 ? "" : "\xff", "1") < 0);
}

TEST(one_hot_key) {
  scuttle_t *r = replica_make("local");
  check_steady("overwriting", overwrite, r);
  check_steady("deleting", delete_again, r);
  check_steady("set that fails", fail_to_set, r);
  scuttle_free(r);
}

static void receive(void *context, int i) {
  static uint64_t version;
  (void)i;
  feed_update((scuttle_link_t *)context, "hot", "{\"a\":[1,2,3]}", "A", ++version);
}

static void receive_otherwise(void *context, int i) { /* not in the canonical form */
  static uint64_t version = 1000000;
  text_t line = {NULL, 0, 0};
  (void)i;
  text_format(&line, "{ \"version\":%d, \"key\":\"h\\u006ft\", \"value\": [ {\"a\":\"\\u00e9\"} ], \"source_id\":\"B\", \"x\":[{}] }\n", (int)++version);
  scuttle_link_write((scuttle_link_t *)context, line.data, line.len);
  text_free(&line);
}

static void receive_bad(void *context, int i) {
  static const char *const bad[] = {"nonsense\n", "{\"key\":\"k\",\"key\":\"k\"}\n", "{\"key\":\"k\",\"value\":[1,2,{\"a\":1,\"a\":1}],\"source_id\":\"A\",\"version\":9}\n",
                                    "{\"key\":\"k\",\"value\":{\"a\":\"\xff\"},\"source_id\":\"A\",\"version\":9}\n", "{\"key\":\"k\",\"value\":[],\"source_id\":\"C\",\"version\":\"9\"}\n",
                                    "{\"digest\":true,\"source_id\":7}\n", "[{\"a\":[1,2,3]}]\n", "{\"key\":\"\",\"value\":[1],\"source_id\":\"D\",\"version\":9}\n"};
  CHECK(feed((scuttle_link_t *)context, bad[i % 8]) < 0);
}

static void ask(void *context, int i) {
  text_t lines = {NULL, 0, 0}, out = {NULL, 0, 0};
  text_format(&lines, "{\"digest\":true,\"source_id\":\"stranger %d\",\"version\":7}\n{\"digest\":true,\"source_id\":\"A\",\"version\":%d}\n{\"digest\":true,\"done\":true}\n", i, i % 5);
  scuttle_link_write((scuttle_link_t *)context, lines.data, lines.len);
  scuttle_link_gossip((scuttle_link_t *)context);
  read_all((scuttle_link_t *)context, 0, &out);
  text_free(&lines);
  text_free(&out);
}

static void request_without_reading(void *context, int i) {
  (void)i;
  feed((scuttle_link_t *)context, "{\"digest\":true,\"source_id\":\"A\",\"version\":0}\n{\"digest\":true,\"done\":true}\n");
  scuttle_link_gossip((scuttle_link_t *)context);
}

TEST(one_busy_link) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  check_steady("receiving", receive, link);
  check_steady("receiving other forms", receive_otherwise, link);
  check_steady("receiving rejected lines", receive_bad, link);
  check_steady("being asked", ask, link);
  check_steady("requests without a read", request_without_reading, link);
  scuttle_free(r);
}

TEST(a_round_that_never_ends) {
  /* A peer that sends digests of ever new sources, and no "done": it does not fill the memory. */
  scuttle_config_t config = config_make();
  scuttle_t *r;
  scuttle_link_t *link;
  long long before;
  int i;
  config.max_sources = 100;
  r = replica_with("local", &config);
  link = link_make(r);
  before = used();
  for (i = 0; i < 100000; i++) {
    char line[128];
    snprintf(line, sizeof line, "{\"digest\":true,\"source_id\":\"a stranger with a long name and the number %d\",\"version\":7}\n", i);
    feed(link, line);
  }
  if (used() - before > 1000000) CHECK_SAY("%lld bytes for the digests of one peer, with 100 sources at most", used() - before);
  scuttle_free(r);
}

TEST(idle_links_after_long_lines) {
  /* "An idle link costs next to nothing", even after a long line. */
  enum { LINKS = 40 };
  scuttle_t *r = replica_make("local");
  scuttle_link_t *links[LINKS];
  long long before, after;
  int i, form;
  for (i = 0; i < LINKS; i++) links[i] = link_make(r);
  set(r, "k", "1");
  before = used();
  for (form = 0; form < 2; form++)
    for (i = 0; i < LINKS; i++) {
      text_t line = {NULL, 0, 0};
      int n;
      text_str(&line, form ? "{ \"key\" : \"k\", \"value\" : [ 0" : "{\"key\":\"k\",\"value\":[0");
      for (n = 0; n < 50000; n++) text_str(&line, form ? " , 1" : ",1");
      text_format(&line, "],\"source_id\":\"A\",\"version\":%d}\n", 1 + i + form * LINKS);
      CHECK_CODE(scuttle_link_write(links[i], line.data, 1000), SCUTTLE_OK);
      CHECK_CODE(scuttle_link_write(links[i], line.data + 1000, line.len - 1000), SCUTTLE_OK);
      text_free(&line);
    }
  for (i = 0; i < 30; i++) set(r, "k", "1"); /* out of the state, and out of the history */
  after = used();
  if (after - before > 300000) CHECK_SAY("%lld bytes more, for %d idle links", after - before, (int)LINKS);
  scuttle_free(r);
}

TEST(all_memory_is_freed) {
  long long before;
  int round;
  new_and_free(NULL, 1);
  before = used();
  for (round = 0; round < 3; round++) {
    scuttle_t *r = replica_make("local");
    int i;
    for (i = 0; i < 20000; i++) {
      char key[24];
      snprintf(key, sizeof key, "key %d", i);
      set(r, key, "[1,2,3]");
    }
    scuttle_free(r);
  }
  if (used() - before > 30000) CHECK_SAY("%lld bytes are still out", used() - before);
}

static void look(void *context, int i) {
  scuttle_t *r = (scuttle_t *)context;
  char *text = snapshot(r);
  free(text);
  if (i % 10 == 0) overwrite(r, i);
}

TEST(reading_calls) {
  scuttle_t *r = replica_make("local");
  int i;
  for (i = 0; i < 100; i++) {
    char key[24];
    snprintf(key, sizeof key, "key %d", i);
    set(r, key, "[1,2,3]");
  }
  check_steady("looking", look, r);
  scuttle_free(r);
}

/* --- peer states of many sources ------------------------------------------------------------------ */

enum { MANY_SOURCES = 65535, BYTES_A_LINK = 100000 }; /* a hundred megabytes for a thousand links */

static void hello_of(text_t *text, uint64_t incarnation, const char *hash) {
  text_format(text,
              "{\"digest\":true,\"hello\":{\"protocol\":[1,1],\"source\":\"peer~%08llu\",\"incarnation\":%llu,\"cluster\":\"\",\"lamport\":9,"
              "\"epoch\":0,\"revision\":1,\"hash\":\"%s\",\"nonce\":4,\"reply\":true}}\n",
              (unsigned long long)incarnation, (unsigned long long)incarnation, hash);
}

/* Adds the vector of a peer: all sources from a number on, with versions above the present ones. */
static void vector_of(text_t *text, uint64_t incarnation, int from, int further) {
  int i, next;
  for (i = from; i < MANY_SOURCES; i = next) {
    int n;
    next = i + 500 < MANY_SOURCES ? i + 500 : MANY_SOURCES;
    text_format(text, "{\"digest\":true,\"vector\":{\"incarnation\":%llu,\"epoch\":0,\"nonce\":8,\"lamport\":9,\"since\":0,\"until\":1,\"sources\":{",
                (unsigned long long)incarnation);
    for (n = i; n < next; n++) text_format(text, "%s\"g%d\":%d", n > i ? "," : "", n, n + 1 + further);
    text_format(text, "},\"from\":%d,\"to\":%d,\"last\":%s}}\n", i == from ? 0 : i, next, next == MANY_SOURCES ? "true" : "false");
  }
}

static scuttle_t *covering_many(char hash[17]) {
  scuttle_config_t config = config_make();
  scuttle_t *r;
  text_t lines = {NULL, 0, 0}, out = {NULL, 0, 0};
  scuttle_link_t *link;
  const char *found;
  int i;
  config.max_sources = MANY_SOURCES + 1;
  r = replica_with("local", &config);
  for (i = 0; i < MANY_SOURCES; i++) text_format(&lines, "{\"digest\":true,\"source_id\":\"g%d\",\"version\":%d}\n", i, i + 1);
  CHECK_CODE(scuttle_import(r, lines.data, lines.len), SCUTTLE_OK);
  text_free(&lines);
  set(r, "k", "1");
  link = link_with(r, 0);
  hello_of(&lines, 9999, "0000000000000063");
  CHECK_CODE(feed(link, lines.data), SCUTTLE_OK); /* the low-water mark is renewed */
  scuttle_link_gossip(link);
  read_all(link, 0, &out);
  found = strstr(out.data, "\"hash\":\"");
  CHECK(found != NULL);
  if (found) memcpy(hash, found + 8, 16);
  hash[16] = 0;
  scuttle_link_close(link);
  text_free(&lines);
  text_free(&out);
  return r;
}

/* Opens links whose peers send a hello and their vector; returns the bytes of each link. */
static long long bytes_a_link(scuttle_t *r, int links, const char *hash, int from, int further, int reads) {
  static uint64_t incarnation = 100;
  scuttle_link_t *opened[1000];
  long long before = used();
  long long after;
  int i;
  for (i = 0; i < links; i++) {
    text_t lines = {NULL, 0, 0};
    opened[i] = link_with(r, SCUTTLE_LINK_READ_ONLY);
    hello_of(&lines, ++incarnation, hash ? hash : "0000000000000063");
    if (!hash) vector_of(&lines, incarnation, from, further);
    scuttle_link_write(opened[i], lines.data, lines.len);
    text_free(&lines);
    if (reads) {
      text_t out = {NULL, 0, 0};
      read_all(opened[i], 65536, &out);
      text_free(&out);
    }
  }
  after = used();
  for (i = 0; i < links; i++) scuttle_link_close(opened[i]);
  return (after - before) / links;
}

static void check_bytes(const char *what, long long bytes, long long most) {
  if (getenv("SHOW")) printf("%s: %lld bytes a link\n", what, bytes);
  if (bytes > most) CHECK_SAY("%s: %lld bytes a link, more than %lld", what, bytes, most);
}

TEST(peers_of_many_sources) {
  char hash[17];
  scuttle_t *r = covering_many(hash);
  check_bytes("in step", bytes_a_link(r, 1000, hash, 0, 0, 1), 2000);
  check_bytes("the last source, as here", bytes_a_link(r, 1000, NULL, MANY_SOURCES - 1, 0, 0), BYTES_A_LINK);
  check_bytes("the last source, further", bytes_a_link(r, 1000, NULL, MANY_SOURCES - 1, 1, 0), BYTES_A_LINK);
  check_bytes("all sources, as here", bytes_a_link(r, 20, NULL, 0, 0, 0), BYTES_A_LINK);
  check_bytes("half of the sources, as here", bytes_a_link(r, 20, NULL, MANY_SOURCES / 2, 0, 0), BYTES_A_LINK);
  check_bytes("all sources, further", bytes_a_link(r, 10, NULL, 0, 1, 0), 16 * MANY_SOURCES + 20000);
  check_bytes("half of the sources, further", bytes_a_link(r, 10, NULL, MANY_SOURCES / 2, 1, 0), 16 * (MANY_SOURCES / 2 + 1) + 20000);
  check_bytes("none, and all was sent", bytes_a_link(r, 10, NULL, MANY_SOURCES - 1, 0, 1), BYTES_A_LINK);
  scuttle_free(r);
}

CHECK_MAIN
