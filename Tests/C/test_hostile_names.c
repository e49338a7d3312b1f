/* Hand-made messages about names and about ended incarnations: malformed ones are errors and change nothing, versions far ahead
   are rejected, and no cost grows faster than the bytes. */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "check.h"
#include "support.h"

#include <time.h>

#define MOST ((size_t)1 << 24)
#define HIGHEST "9007199254740991"

static double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static text_t saved(scuttle_t *replica) {
  text_t text = {NULL, 0, 0};
  export_all(replica, &text);
  return text;
}

/* Opens a link of a replica that has written, on which `evil` has sent a hello and begun a delta of this mode. */
static scuttle_link_t *asked(scuttle_t *r, const char *mode) {
  scuttle_link_t *link = link_make(r);
  text_t lines = {NULL, 0, 0};
  text_hello(&lines, "evil", "", 1, 1, 5);
  CHECK_CODE(feed(link, lines.data), SCUTTLE_OK);
  text_free(&lines);
  if (mode) {
    text_head(&lines, link, mode);
    CHECK_CODE(feed(link, lines.data), SCUTTLE_OK);
    text_free(&lines);
  }
  return link;
}

static void text_vector(text_t *text, const char *sources, const char *more) {
  text_format(text, "{\"digest\":true,\"vector\":{\"incarnation\":77,\"epoch\":0,\"nonce\":5,\"lamport\":5,\"since\":0,\"until\":1,"
                    "\"sources\":{%s}%s,\"from\":0,\"to\":1,\"last\":true}}\n", sources, more);
}

static void text_commit(text_t *text, const char *retired) {
  text_format(text, "{\"digest\":true,\"commit\":{\"sequence\":4,\"sources\":{},\"retired\":\"%s\",\"from\":0,\"to\":1,"
                    "\"last\":true}}\n", retired);
}

/* --- malformed --- */

TEST(malformed_names_and_hashes_change_nothing) {
  const char *more[] = {
      ",\"names\":[]",
      ",\"names\":{\"a\":5}",
      ",\"names\":{\"a\":[1,0,0]}",
      ",\"names\":{\"a\":[1,0,0,\"0000000000000000\",1]}",
      ",\"names\":{\"a\":[-1,0,0,\"0000000000000000\"]}",
      ",\"names\":{\"a\":[1.5,0,0,\"0000000000000000\"]}",
      ",\"names\":{\"a\":[9007199254740992,0,0,\"0000000000000000\"]}",
      ",\"names\":{\"a\":[1,4,0,\"0000000000000000\"]}",
      ",\"names\":{\"a\":[1,0,-1,\"0000000000000000\"]}",
      ",\"names\":{\"a\":[1,0,0,\"000000000000000\"]}",
      ",\"names\":{\"a\":[1,0,0,\"000000000000000G\"]}",
      ",\"names\":{\"a\":[1,0,0,0]}",
      ",\"names\":{\"a\":[1,0,0,\"0000000000000000\"],\"a\":[1,0,0,\"0000000000000000\"]}",
      ",\"retired\":5",
      ",\"retired\":[]",
      ",\"retired\":\"A\"",
      ",\"retired\":\"AAAAAAAAAAAAAAAAAAAAAA\"",
      ",\"retired\":\"AAAAAAAAAAAAAAAAAAAAAAA\"",
      ",\"retired\":\"AAAAAAAAAAAAAAAAAAAAAAAA\"",   /* version 0 */
      ",\"retired\":\"AAAAAAAAAAAAAAAAAAAAAAAB!\"",
      ",\"retired\":\"AAAAAAAAAAAAAAAAAAAAAAAB=\"",
      ",\"retired\":\"AAAAAAAAAAAAAAAAAAAAAD_________\"", /* above 2^53-1 */
      ",\"retired\":\"AAAAAAAAAAAAAAAAAAAAA\\u00c3AB\"",
      ",\"dropped\":-1",
      ",\"dropped\":\"1\"",
      ",\"dropped\":9007199254740992",
      ",\"same\":1",
      ",\"took\":-1",
      ",\"took\":true",
  };
  size_t i;
  for (i = 0; i < sizeof more / sizeof *more; i++) {
    scuttle_t *r = replica_start("r", NULL, 0);
    scuttle_link_t *link;
    text_t line = {NULL, 0, 0}, before, after;
    int code;
    set(r, "x", "1");
    link = asked(r, "state");
    before = saved(r);
    text_vector(&line, "", more[i]);
    code = feed(link, line.data);
    if (code >= 0) CHECK_SAY("%s is taken", more[i]);
    after = saved(r);
    CHECK_STR(after.data, before.data);
    if (strncmp(more[i], ",\"retired\":\"", 12) == 0) {
      char text[64];
      snprintf(text, sizeof text, "%.*s", (int)strlen(more[i] + 12) - 1, more[i] + 12);
      text_free(&line);
      text_free(&after);
      text_commit(&line, text);
      if (feed(link, line.data) >= 0) CHECK_SAY("%s is taken in a commit", more[i]);
      after = saved(r);
      CHECK_STR(after.data, before.data);
    }
    text_free(&line);
    text_free(&before);
    text_free(&after);
    scuttle_free(r);
  }
}

/* --- far ahead --- */

TEST(a_distant_version_of_a_name_is_ignored) {
  scuttle_t *r = replica_start("r", NULL, 0);
  scuttle_link_t *link;
  text_t line = {NULL, 0, 0};
  set(r, "x", "1");
  link = asked(r, NULL);
  text_vector(&line, "\"evil\":5", ",\"names\":{\"evil\":[" HIGHEST ",0,0,\"0000000000000000\"],\"r\":[" HIGHEST ",1,0,\"0000000000000000\"]}");
  feed(link, line.data);
  CHECK(version_of(r) < 100);
  CHECK_CODE(set(r, "y", "2"), SCUTTLE_OK);
  text_free(&line);
  scuttle_free(r);
}

TEST(a_distant_version_of_a_hash_is_ignored) {
  scuttle_t *r = replica_start("r", NULL, 0);
  scuttle_link_t *link;
  text_t line = {NULL, 0, 0}, before, after;
  set(r, "x", "1");
  link = asked(r, "state");
  before = saved(r);
  text_commit(&line, "AAAAAAAAAAAAAAAAAAAAADf________");
  CHECK_CODE(feed(link, line.data), SCUTTLE_E_VERSION_JUMP);
  after = saved(r);
  CHECK_STR(after.data, before.data);
  CHECK(version_of(r) < 100);
  CHECK_CODE(set(r, "y", "2"), SCUTTLE_OK);
  text_free(&line);
  text_free(&before);
  text_free(&after);
  scuttle_free(r);
}

TEST(a_retirement_of_the_own_name_is_refuted) {
  /* Claims that the name is retired, final or dropped: the present replica counts on, and writes. */
  scuttle_t *r = replica_start("r", NULL, 0), *b = replica_start("b", NULL, 0);
  scuttle_link_t *link;
  text_t line = {NULL, 0, 0};
  int state;
  set(r, "x", "1");
  talk(r, b, 0, MOST);
  link = asked(r, NULL);
  for (state = 0; state < 4; state++) {
    char more[100];
    snprintf(more, sizeof more, ",\"dropped\":%d,\"names\":{\"r\":[%d,%d,0,\"0000000000000000\"]}", 50 + state, 20 + state, state);
    text_free(&line);
    text_vector(&line, "", more);
    CHECK(feed(link, line.data) >= 0);
  }
  CHECK_CODE(set(r, "x", "2"), SCUTTLE_OK);
  for (state = 0; state < 3; state++) CHECK(!talk(r, b, 0, MOST).endless);
  CHECK_STR(value_of(b, "x"), "2");
  CHECK(talk(r, b, 0, MOST).bytes <= 1200);
  unset(b, "x"); /* waits for r, which is alive */
  scuttle_gossip(b);
  text_free(&line);
  line = saved(b);
  CHECK_INT(text_count(&line, "\"deleted\":true"), 1);
  text_free(&line);
  scuttle_free(r);
  scuttle_free(b);
}

TEST(a_read_only_link_retires_no_name) {
  scuttle_t *r = replica_start("r", NULL, 0), *b = replica_start("b", NULL, 0);
  scuttle_link_t *link = link_with(r, SCUTTLE_LINK_READ_ONLY);
  text_t lines = {NULL, 0, 0}, before, after;
  set(r, "x", "1");
  set(b, "y", "1");
  talk(r, b, 0, MOST);
  text_hello(&lines, "evil", "", 1, 1, 5);
  before = saved(r);
  CHECK_CODE(feed(link, lines.data), SCUTTLE_OK);
  text_free(&lines);
  text_vector(&lines, "", ",\"dropped\":1,\"names\":{\"b\":[9,1,9,\"0000000000000000\"],\"r\":[9,1,9,\"0000000000000000\"]},"
                          "\"retired\":\"AAAAAAAAAAAAAAAAAAAAAEAB\"");
  CHECK_CODE(feed(link, lines.data), SCUTTLE_OK);
  after = saved(r);
  CHECK_STR(after.data, before.data);
  text_free(&lines);
  text_free(&before);
  text_free(&after);
  scuttle_free(r);
  scuttle_free(b);
}

/* --- costs --- */

/* Returns the CPU time of a vector that retires `count` known names, while a replica is away. */
static double time_of_names(int count) {
  scuttle_t *r = replica_start("r", NULL, 0), *away = replica_start("away", NULL, 0);
  scuttle_link_t *link;
  text_t line = {NULL, 0, 0};
  double start, spent;
  int i;
  set(r, "x", "1");
  set(away, "y", "1");
  talk(away, r, 0, MOST);
  scuttle_free(away);
  link = asked(r, "log");
  text_str(&line, "{\"digest\":true,\"cover\":{");
  for (i = 0; i < count; i++) text_format(&line, "%s\"e%d\":[0,3]", i ? "," : "", i);
  text_str(&line, "},\"lines\":[0,\"00000000\"]}\n");
  feed(link, line.data);
  text_free(&line);
  text_str(&line, ",\"names\":{");
  for (i = 0; i < count; i++) text_format(&line, "%s\"e%d\":[9,0,0,\"0000000000000000\"]", i ? "," : "", i);
  text_str(&line, "}");
  {
    text_t vector = {NULL, 0, 0};
    text_vector(&vector, "", "");
    vector.len = 0;
    text_format(&vector, "{\"digest\":true,\"vector\":{\"incarnation\":77,\"epoch\":0,\"nonce\":5,\"lamport\":5,\"since\":0,\"until\":1,"
                         "\"sources\":{}");
    text_add(&vector, line.data, line.len);
    text_str(&vector, ",\"from\":0,\"to\":1,\"last\":true}}\n");
    start = now_ms();
    CHECK(feed(link, vector.data) >= 0);
    spent = now_ms() - start;
    text_free(&vector);
  }
  text_free(&line);
  scuttle_free(r);
  return spent;
}

TEST(the_cost_of_names_is_that_of_their_bytes) {
  double few, many;
  time_of_names(2000);
  few = time_of_names(2000);
  many = time_of_names(20000);
  printf("  2,000 names: %.1f ms, 20,000: %.1f ms\n", few, many);
  CHECK(many <= 40 * few + 20);
}

/* Returns the CPU time of a commit with `count` hashes that a peer has chosen: they differ in the low half only. */
static double time_of_hashes(int count) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  scuttle_t *r = replica_start("r", NULL, 0);
  scuttle_link_t *link;
  text_t hashes = {NULL, 0, 0}, commit = {NULL, 0, 0};
  double start, spent;
  int i;
  set(r, "x", "1");
  link = asked(r, "state");
  for (i = 0; i < count; i++)
    text_format(&hashes, "AAAAAAAAAAAAAAAAA%c%c%cAAAB", digits[i & 63], digits[i >> 6 & 63], digits[i >> 12 & 63]);
  text_str(&commit, "{\"digest\":true,\"commit\":{\"sequence\":4,\"sources\":{},\"retired\":\"");
  text_add(&commit, hashes.data, hashes.len);
  text_str(&commit, "\",\"from\":0,\"to\":1,\"last\":true}}\n");
  start = now_ms();
  CHECK(feed(link, commit.data) >= 0);
  spent = now_ms() - start;
  text_free(&hashes);
  text_free(&commit);
  scuttle_free(r);
  return spent;
}

TEST(the_cost_of_chosen_hashes_is_that_of_their_bytes) {
  double few, many;
  time_of_hashes(2000);
  few = time_of_hashes(2000);
  many = time_of_hashes(20000);
  printf("  2,000 hashes: %.1f ms, 20,000: %.1f ms\n", few, many);
  CHECK(many <= 40 * few + 20);
}

CHECK_MAIN
