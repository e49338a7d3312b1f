/* Bytes of a hostile or broken peer. A rejected message changes nothing. */
#include "check.h"
#include "support.h"

#define GOOD "{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":1}\n"
#define DONE "{\"digest\":true,\"done\":true}\n"

/* Creates a replica with values, tombstones and several sources. */
static scuttle_t *populated(scuttle_link_t **link) {
  scuttle_t *r = replica_exact("local");
  *link = link_make(r);
  set(r, "k", "[1]");
  set(r, "gone", "2");
  scuttle_delete(r, "gone", 4);
  feed_update(*link, "theirs", "\"x\"", "B", 40);
  feed_update(*link, "k2", "{\"a\":1}", "C", 41);
  return r;
}

/* Wrong values for each field of an update and of a digest, and the code. 0: may be one of several, as commented. */
typedef struct {
  const char *value;
  int code;
} wrong_t;

static void check_wrong(const char *format, const wrong_t *wrong, size_t count) {
  scuttle_link_t *link;
  scuttle_t *r = populated(&link);
  char *before = snapshot(r), *after;
  size_t i;
  for (i = 0; i < count; i++) {
    text_t line = {NULL, 0, 0};
    const char *hole = strchr(format, '@');
    int code;
    text_add(&line, format, (size_t)(hole - format));
    text_str(&line, wrong[i].value);
    text_str(&line, hole + 1);
    text_str(&line, "\n");
    code = scuttle_link_write(link, line.data, line.len);
    if (code != wrong[i].code) CHECK_SAY("%.*s is %s, not %s", (int)line.len - 1, line.data, code_name(code), code_name(wrong[i].code));
    after = snapshot(r);
    CHECK_STR(after, before);
    free(after);
    text_free(&line);
    if (check_failures > 15) break;
  }
  free(before);
  scuttle_free(r);
}

#define COUNT(LIST) (sizeof LIST / sizeof *LIST)
#define M SCUTTLE_E_MESSAGE
#define V SCUTTLE_E_VERSION

TEST(wrong_keys) {
  static const wrong_t wrong[] = {{"[]", M}, {"{}", M}, {"[\"k\"]", M}, {"\"\"", SCUTTLE_E_KEY}, {"\"\\u0000\"", SCUTTLE_E_NUL},
                                  {"\"a\\u0000b\"", SCUTTLE_E_NUL}, {"\"\xff\"", SCUTTLE_E_UTF8}, {"k", SCUTTLE_E_JSON}, {"", SCUTTLE_E_JSON}};
  check_wrong("{\"key\":@,\"value\":1,\"source_id\":\"A\",\"version\":50}", wrong, COUNT(wrong));
  check_wrong("{\"version\":50,\"value\":1,\"source_id\":\"A\", \"key\" : @ }", wrong, COUNT(wrong));
}

TEST(wrong_values) {
  static const wrong_t wrong[] = {{"NaN", SCUTTLE_E_JSON}, {"-NaN", SCUTTLE_E_JSON}, {"Infinity", SCUTTLE_E_JSON}, {"-Infinity", SCUTTLE_E_JSON}, {"inf", SCUTTLE_E_JSON},
                                  {"undefined", SCUTTLE_E_JSON}, {"", SCUTTLE_E_JSON}, {"01", SCUTTLE_E_JSON}, {"1.", SCUTTLE_E_JSON}, {".1", SCUTTLE_E_JSON}, {"+1", SCUTTLE_E_JSON},
                                  {"1e", SCUTTLE_E_JSON}, {"--1", SCUTTLE_E_JSON}, {"[1,]", SCUTTLE_E_JSON}, {"{\"a\":1,}", SCUTTLE_E_JSON}, {"'a'", SCUTTLE_E_JSON},
                                  {"\"a", SCUTTLE_E_JSON}, {"\"\\q\"", SCUTTLE_E_JSON}, {"\"\\u00\"", SCUTTLE_E_JSON}, {"\"\t\"", SCUTTLE_E_JSON}, {"1 2", SCUTTLE_E_JSON},
                                  {"1e400", SCUTTLE_E_NUMBER}, {"-1e400", SCUTTLE_E_NUMBER}, {"[[1e400]]", SCUTTLE_E_NUMBER},
                                  {"{\"a\":1,\"a\":2}", SCUTTLE_E_DUPLICATE}, {"\"\xc0\xaf\"", SCUTTLE_E_UTF8}, {"\"\xed\xa0\x80\"", SCUTTLE_E_UTF8}};
  check_wrong("{\"key\":\"k\",\"value\":@,\"source_id\":\"A\",\"version\":50}", wrong, COUNT(wrong));
  check_wrong("{\"source_id\":\"A\",\"version\":50,\"key\":\"k\",\"value\":@}", wrong, COUNT(wrong));
  check_wrong("{\"key\":\"k\",\"unknown\":@,\"value\":1,\"source_id\":\"A\",\"version\":50}", wrong, COUNT(wrong));
}

TEST(wrong_sources) {
  static const wrong_t wrong[] = {{"1", M}, {"null", M}, {"false", M}, {"[]", M}, {"{}", M}, {"\"\"", SCUTTLE_E_ID}, {"\"\\u0000\"", SCUTTLE_E_NUL}, {"\"\xff\"", SCUTTLE_E_UTF8}};
  check_wrong("{\"key\":\"k\",\"value\":1,\"source_id\":@,\"version\":50}", wrong, COUNT(wrong));
  check_wrong("{\"digest\":true,\"source_id\":@,\"version\":50}", wrong, COUNT(wrong));
  check_wrong("{\"digest\":true,\"id\":@,\"version\":50}", wrong, COUNT(wrong));
}

TEST(wrong_versions) {
  static const wrong_t wrong[] = {{"\"9\"", V}, {"{}", V}, {"[]", V}, {"[9]", V}, {"true", V}, {"false", V}, {"1e308", V}, {"1.5", V},
                                  {"9007199254740992", V}, {"9007199254740993", V}, {"9223372036854775807", V}, {"9223372036854775808", V}, {"\"\"", V},
                                  {"1e400", SCUTTLE_E_NUMBER}, {"NaN", SCUTTLE_E_JSON}, {"Infinity", SCUTTLE_E_JSON}};
  check_wrong("{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":@}", wrong, COUNT(wrong));
  check_wrong("{\"version\":@,\"key\":\"k\",\"value\":1,\"source_id\":\"A\"}", wrong, COUNT(wrong));
  check_wrong("{\"digest\":true,\"source_id\":\"A\",\"version\":@}", wrong, COUNT(wrong));
  check_wrong("{\"digest\":true,\"done\":true,\"id\":\"A\",\"version\":@}", wrong, COUNT(wrong));
  {
    static const wrong_t low[] = {{"0", V}, {"-0", V}, {"null", V}, {"-1", V}, {"-0.5", V}, {"-9223372036854775808", V}, {"-9223372036854775809", V}};
    check_wrong("{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":@}", low, COUNT(low));
  }
  {
    static const wrong_t jump[] = {{"281474976710698", SCUTTLE_E_VERSION_JUMP}, {"9007199254740991", SCUTTLE_E_VERSION_JUMP}}; /* the replica has seen 41 */
    check_wrong("{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":@}", jump, COUNT(jump));
  }
}

/* Returns the count of lines that a link has to send. */
static size_t lines_to_send(scuttle_link_t *link) {
  text_t out = {NULL, 0, 0};
  size_t lines;
  read_all(link, 0, &out);
  lines = text_count(&out, "\n");
  text_free(&out);
  return lines;
}

TEST(digests_whose_version_is_missing_or_low) {
  /* simple-scuttle has -Infinity for a source that it lacks, which JSON.stringify writes as null. */
  static const char *const versions[] = {"", ",\"version\":null", ",\"version\":0", ",\"version\":-0", ",\"version\":-1", ",\"version\":-0.5", ",\"version\":-9223372036854775808"};
  size_t i;
  for (i = 0; i < COUNT(versions); i++) {
    scuttle_link_t *link;
    scuttle_t *r = populated(&link);
    char *before = snapshot(r), *after;
    text_t line = {NULL, 0, 0};
    text_format(&line, "{\"digest\":true,\"source_id\":\"C\"%s}\n", versions[i]);
    CHECK_CODE(feed(link, line.data), SCUTTLE_OK);
    if (lines_to_send(link) != 1) CHECK_SAY("no delta for %s", line.data);
    after = snapshot(r);
    CHECK_STR(after, before);
    text_free(&line);
    free(before);
    free(after);
    scuttle_free(r);
  }
}

TEST(wrong_flags) {
  /* JavaScript treats these as false. A line that is not a digest lacks a key. */
  static const wrong_t falsy[] = {{"0", M}, {"null", M}, {"\"\"", M}, {"false", M}, {"-0", M}, {"0.0", M}};
  static const wrong_t wrong[] = {{"1", M}, {"0", M}, {"null", M}, {"\"true\"", M}, {"\"\"", M}, {"[]", M}, {"{}", M}, {"[true]", M}, {"1.0", M}};
  check_wrong("{\"digest\":@,\"done\":true}", falsy, COUNT(falsy));
  check_wrong("{\"digest\":@,\"source_id\":\"A\",\"version\":3}", falsy, COUNT(falsy));
  check_wrong("{\"digest\":true,\"done\":@}", falsy, COUNT(falsy));
  check_wrong("{\"key\":\"k\",\"value\":null,\"source_id\":\"A\",\"version\":50,\"deleted\":@}", wrong, COUNT(wrong));
}

TEST(digest_and_done_are_truthy) {
  static const char *const truthy[] = {"true", "1", "-1", "0.5", "1.0", "\"true\"", "\"0\"", "[]", "{}", "[true]", "[0]"};
  static const char *const falsy[] = {"false", "0", "-0", "0.0", "null", "\"\""};
  size_t i;
  for (i = 0; i < COUNT(truthy); i++) {
    scuttle_link_t *link;
    scuttle_t *r = populated(&link);
    char *before = snapshot(r), *after;
    text_t lines = {NULL, 0, 0};
    text_format(&lines, "{\"digest\":%s,\"done\":%s}\n", truthy[i], truthy[i]);
    CHECK_CODE(feed(link, lines.data), SCUTTLE_OK);
    if (lines_to_send(link) != 4) CHECK_SAY("no delta for %s", lines.data);
    text_free(&lines);
    text_format(&lines, "{\"digest\":%s,\"source_id\":\"C\",\"version\":41,\"done\":%s}\n", truthy[i], truthy[i]);
    CHECK_CODE(feed(link, lines.data), SCUTTLE_OK);
    if (lines_to_send(link) != 3) CHECK_SAY("no delta for %s", lines.data);
    text_free(&lines);
    /* A digest, whatever other members it has. */
    text_format(&lines, "{\"digest\":%s,\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":50}\n", truthy[i]);
    CHECK_CODE(feed(link, lines.data), SCUTTLE_OK);
    CHECK_INT(lines_to_send(link), 0);
    text_free(&lines);
    after = snapshot(r);
    CHECK_STR(after, before);
    free(before);
    free(after);
    scuttle_free(r);
  }
  for (i = 0; i < COUNT(falsy); i++) {
    scuttle_link_t *link;
    scuttle_t *r = populated(&link);
    text_t lines = {NULL, 0, 0};
    text_format(&lines, "{\"digest\":true,\"source_id\":\"C\",\"version\":40,\"done\":%s}\n", falsy[i]);
    CHECK_CODE(feed(link, lines.data), SCUTTLE_OK);
    if (lines_to_send(link) != 1) CHECK_SAY("%s is a done", lines.data);
    text_free(&lines);
    text_format(&lines, "{\"digest\":%s,\"key\":\"k\",\"value\":7,\"source_id\":\"A\",\"version\":50}\n", falsy[i]);
    CHECK_CODE(feed(link, lines.data), SCUTTLE_OK);
    CHECK_STR(value_of(r, "k"), "7");
    text_free(&lines);
    scuttle_free(r);
  }
}

/* Checks the entry of an accepted update, and the line of it that a classic peer receives. */
static void check_applied(const char *line, const char *key, const char *value) {
  scuttle_t *r = replica_exact("local"), *peer;
  scuttle_link_t *link = link_make(r), *to;
  if (feed(link, line) != SCUTTLE_OK) CHECK_SAY("%s: %s", line, scuttle_errmsg(r));
  CHECK_STR(value_of(r, key), value);
  CHECK_INT(count_of(r), 1);
  peer = replica_exact("peer");
  to = link_make(peer);
  sync_links(link, to);
  CHECK_STR(value_of(peer, key), value);
  CHECK_U64(fingerprint_of(peer), fingerprint_of(r));
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(keys_that_are_no_text) {
  /* JavaScript converts these to text. */
  static const struct { const char *written, *key; } keys[] = {{"1", "1"}, {"0", "0"}, {"-7", "-7"}, {"1.5", "1.5"}, {"true", "true"}, {"false", "false"}, {"null", "null"}, {"20.0", "20"}, {"1e3", "1000"}};
  size_t i;
  for (i = 0; i < COUNT(keys); i++) {
    text_t line = {NULL, 0, 0};
    text_format(&line, "{\"key\":%s,\"value\":1,\"source_id\":\"A\",\"version\":50}\n", keys[i].written);
    check_applied(line.data, keys[i].key, "1");
    text_free(&line);
    text_format(&line, "{\"version\":50, \"source_id\":\"A\", \"value\":1, \"key\" : %s }\n", keys[i].written);
    check_applied(line.data, keys[i].key, "1");
    text_free(&line);
  }
}

TEST(a_missing_value_is_null) {
  check_applied("{\"key\":\"k\",\"source_id\":\"A\",\"version\":50}\n", "k", "null");
  check_applied("{\"version\":50, \"source_id\":\"A\", \"key\":\"k\"}\n", "k", "null");
}

TEST(numbers_beyond_int64_keep_their_text) {
  static const char *const values[] = {"9223372036854775807", "9223372036854775808", "-9223372036854775809", "1000000000000000000000000000000", "[99999999999999999999999]", "{\"a\":[-18446744073709551616]}"};
  size_t i;
  for (i = 0; i < COUNT(values); i++) {
    text_t line = {NULL, 0, 0};
    text_update(&line, "k", values[i], "A", 50);
    check_applied(line.data, "k", values[i]);
    text_free(&line);
    text_format(&line, "{\"key\":\"k\", \"value\":%s,\"source_id\":\"A\",\"version\":50,\"more\":%s}\n", values[i], values[i]);
    check_applied(line.data, "k", values[i]);
    text_free(&line);
  }
}

TEST(deletes_that_hold_a_value) {
  /* "deleted" with a value other than null: rejected, or a delete. Never a key that holds the value. */
  scuttle_link_t *link;
  scuttle_t *r = populated(&link);
  char *before = snapshot(r), *after;
  int code = feed(link, "{\"key\":\"k\",\"value\":7,\"source_id\":\"A\",\"version\":50,\"deleted\":true}\n");
  after = snapshot(r);
  if (code == SCUTTLE_OK) CHECK(value_of(r, "k") == NULL);
  else {
    CHECK_CODE(code, SCUTTLE_E_MESSAGE);
    CHECK_STR(after, before);
  }
  free(before);
  free(after);
  before = snapshot(r); /* and one without any */
  code = feed(link, "{\"key\":\"k\",\"source_id\":\"A\",\"version\":60,\"deleted\":true}\n");
  after = snapshot(r);
  if (code == SCUTTLE_OK) CHECK(value_of(r, "k") == NULL);
  else {
    CHECK_CODE(code, SCUTTLE_E_MESSAGE);
    CHECK_STR(after, before);
  }
  free(before);
  free(after);
  scuttle_free(r);
}

TEST(missing_fields) {
  static const wrong_t wrong[] = {{"{}", M}, {"{\"key\":\"k\"}", M}, {"{\"key\":\"k\",\"value\":1}", M}, {"{\"key\":\"k\",\"value\":1,\"source_id\":\"A\"}", M},
                                  {"{\"key\":\"k\",\"value\":1,\"version\":50}", M},
                                  {"{\"value\":1,\"source_id\":\"A\",\"version\":50}", M}, {"{\"key\":\"k\",\"value\":1,\"id\":\"A\",\"version\":50}", M},
                                  {"{\"digest\":true}", M}, {"{\"digest\":true,\"version\":3}", M},
                                  {"{\"digest\":false}", M}, {"{\"digest\":false,\"done\":true}", M}, {"{\"done\":true}", M}, {"{\"digest\":true,\"source_id\":\"A\",\"id\":\"B\",\"version\":3}", M},
                                  {"[]", M}, {"1", M}, {"\"x\"", M}, {"true", M}, {"null", M}, {"[{\"digest\":true,\"done\":true}]", M}};
  check_wrong("@", wrong, COUNT(wrong));
}

TEST(not_json) {
  static const wrong_t wrong[] = {{"x", SCUTTLE_E_JSON}, {"{", SCUTTLE_E_JSON}, {"}", SCUTTLE_E_JSON}, {"{\"key\":\"k\"", SCUTTLE_E_JSON}, {"\"", SCUTTLE_E_JSON}, {"GET / HTTP/1.1\r", SCUTTLE_E_JSON},
                                  {"{\"digest\":true,\"done\":true}}", SCUTTLE_E_JSON}, {"{\"digest\":true,\"done\":true}{}", SCUTTLE_E_JSON}, {"{\"digest\":true,\"done\":true},", SCUTTLE_E_JSON},
                                  {"{\"digest\":true,\"done\":true,}", SCUTTLE_E_JSON}, {"{\"digest\":true \"done\":true}", SCUTTLE_E_JSON}, {"{\"digest\" true}", SCUTTLE_E_JSON},
                                  {"{'digest':true}", SCUTTLE_E_JSON}, {"{digest:true}", SCUTTLE_E_JSON}, {"{\"digest\":True}", SCUTTLE_E_JSON}, {"\xef\xbb\xbf{\"digest\":true,\"done\":true}", SCUTTLE_E_JSON},
                                  {"/*c*/{\"digest\":true,\"done\":true}", SCUTTLE_E_JSON}, {"{\"digest\":true,\"done\":true}//c", SCUTTLE_E_JSON}, {"{\"digest\":true,\"done\":true} x", SCUTTLE_E_JSON}};
  check_wrong("@", wrong, COUNT(wrong));
}

TEST(nul_bytes) {
  /* Raw NUL bytes, anywhere in a line. */
  scuttle_link_t *link;
  scuttle_t *r = populated(&link);
  const char *line = "{\"key\":\"k\",\"value\":[1,\"a\"],\"source_id\":\"A\",\"version\":50}";
  size_t len = strlen(line), at, put;
  char *before = snapshot(r), *after;
  for (put = 0; put < 2; put++) /* inserted, or instead of another byte */
    for (at = 0; at <= len - put; at++) {
      char text[128];
      int code;
      memcpy(text, line, at);
      text[at] = 0;
      memcpy(text + at + 1, line + at + put, len - at - put);
      text[len + 1 - put] = '\n';
      code = scuttle_link_write(link, text, len + 2 - put);
      if (code != SCUTTLE_E_JSON && code != SCUTTLE_E_NUL && code != SCUTTLE_E_UTF8) CHECK_SAY("at %zu: %s", at, code_name(code));
    }
  after = snapshot(r);
  CHECK_STR(after, before);
  CHECK_CODE(scuttle_link_write(link, "\0\n", 2) < 0, 1);
  free(before);
  free(after);
  scuttle_free(r);
}

TEST(lone_surrogates) {
  static const char *const values[] = {"\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\ud800\"", "\"\\udc00\\ud800\"", "\"\\ud800x\"", "\"\\ud83d\\u0041\"", "{\"\\ud800\":1}"};
  scuttle_link_t *link;
  scuttle_t *r = populated(&link);
  char *before = snapshot(r), *after;
  size_t i;
  for (i = 0; i < COUNT(values); i++) {
    int code = feed_update(link, "k", values[i], "A", 50);
    if (code != SCUTTLE_E_JSON && code != SCUTTLE_E_UTF8) CHECK_SAY("%s: %s", values[i], code_name(code));
  }
  after = snapshot(r);
  CHECK_STR(after, before);
  free(before);
  free(after);
  scuttle_free(r);
}

TEST(names_with_nul_inside_a_value) {
  /* {"a\u0000b":1} is JSON. It may be rejected with its own code; two such names must not count as one. */
  static const char *const values[] = {"{\"a\\u0000b\":1}", "{\"a\\u0000b\":1,\"a\\u0000c\":2}", "{\"a\":1,\"a\\u0000\":2}", "{\"\\u0000\":1}"};
  size_t i;
  for (i = 0; i < COUNT(values); i++) {
    scuttle_t *r = replica_make("local");
    int code = set(r, "k", values[i]), wire;
    if (code != SCUTTLE_OK && code != SCUTTLE_E_NUL && code != SCUTTLE_E_JSON) CHECK_SAY("%s: %s", values[i], code_name(code));
    wire = feed_update(link_make(r), "k", values[i], "A", 9);
    CHECK_CODE(wire, code); /* the same result on both ways */
    scuttle_free(r);
  }
}

TEST(own_identity) {
  scuttle_link_t *link;
  scuttle_t *r = populated(&link); /* its last write has version 3 */
  char *before = snapshot(r), *after;
  CHECK_CODE(feed_update(link, "k", "[1]", "local", 1), SCUTTLE_OK); /* known */
  CHECK_CODE(feed_update(link, "k", "9", "local", 2), SCUTTLE_OK);   /* its content was superseded */
  CHECK_CODE(feed_update(link, "k", "[9]", "local", 1), SCUTTLE_E_CORRUPT); /* and not with another content */
  CHECK_CODE(feed_update(link, "k", "9", "local", 1), SCUTTLE_E_CORRUPT); /* covered: the entry is not its successor */
  CHECK_CODE(feed_update(link, "k", "9", "local", 4000), SCUTTLE_E_IDENTITY);
  CHECK_CODE(feed(link, "{\"key\":\"\\u006b\",\"value\":9,\"source_id\":\"\\u006cocal\",\"version\":4000}\n"), SCUTTLE_E_IDENTITY);
  CHECK_CODE(feed(link, "{\"digest\":true,\"source_id\":\"local\",\"version\":4000}\n"), SCUTTLE_E_IDENTITY);
  CHECK_CODE(feed(link, "{\"digest\":true,\"source_id\":\"local\",\"version\":3}\n"), SCUTTLE_OK);
  after = snapshot(r);
  CHECK_STR(after, before);
  free(before);
  free(after);
  scuttle_free(r);
}

TEST(own_identity_after_a_gossip) {
  /* A gossip raises the low-water mark above all versions that were seen, so versions below it may count as known. */
  scuttle_link_t *link;
  scuttle_t *r = populated(&link); /* has issued 3, and seen 41 */
  char *before, *after;
  int code;
  scuttle_link_gossip(link);
  before = snapshot(r);
  CHECK_CODE(feed_update(link, "k", "9", "local", 42), SCUTTLE_E_IDENTITY);
  code = feed_update(link, "k", "9", "local", 30);
  CHECK(code == SCUTTLE_OK || code == SCUTTLE_E_IDENTITY);
  after = snapshot(r);
  CHECK_STR(after, before);
  free(before);
  free(after);
  scuttle_free(r);
}

TEST(blank_lines) {
  scuttle_link_t *link;
  scuttle_t *r = populated(&link);
  CHECK_CODE(feed(link, "\n\r\n\n \n\t\r\n"), SCUTTLE_OK);
  CHECK_CODE(feed(link, "\r"), SCUTTLE_OK);
  CHECK_CODE(feed(link, "\n"), SCUTTLE_OK);
  CHECK_CODE(feed(link, "\r\n{\"key\":\"k\",\"value\":5,\"source_id\":\"A\",\"version\":50}\r\n\r\n"), SCUTTLE_OK);
  CHECK_STR(value_of(r, "k"), "5");
  scuttle_free(r);
}

TEST(good_lines_among_bad_ones) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  CHECK_CODE(feed(link, "{\"key\":\"a\",\"value\":1,\"source_id\":\"A\",\"version\":1}\n"
                        "{\"key\":\"\",\"value\":1,\"source_id\":\"A\",\"version\":2}\n"
                        "{\"key\":\"b\",\"value\":1,\"source_id\":\"A\",\"version\":3}\n"
                        "nonsense\n"
                        "{\"key\":\"c\",\"value\":1,\"source_id\":\"A\",\"version\":4}\n"
                        "{\"key\":\"d\",\"value\":1,"),
             SCUTTLE_E_KEY);
  CHECK_CODE(feed(link, "\"source_id\":\"A\",\"version\":5}\n"), SCUTTLE_OK); /* and the error is not reported again */
  CHECK_INT(count_of(r), 4);
  scuttle_free(r);
}

TEST(the_message_is_of_the_first_bad_line) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  char first[512], both[512] = "";
  feed(link, "{\"key\":\"\",\"value\":1,\"source_id\":\"A\",\"version\":2}\n");
  CHECK_CODE(scuttle_errmsg_copy(r, first, sizeof first), SCUTTLE_OK);
  feed(link, "{\"key\":\"\",\"value\":1,\"source_id\":\"A\",\"version\":2}\nnonsense\n");
  CHECK_CODE(scuttle_errmsg_copy(r, both, sizeof both), SCUTTLE_OK);
  both[strlen(first)] = 0; /* it may have more text behind that */
  CHECK_STR(both, first);
  scuttle_free(r);
}

TEST(a_line_cut_at_every_byte) {
  const char *line = "{\"key\":\"k\xc3\xa9\\u00e9\\ud83d\\udc19\",\"value\":{\"a\":[1,-2.5e3,\"\xf0\x9f\x90\x99\"]},\"source_id\":\"A\",\"version\":50}\n";
  size_t len = strlen(line), at;
  for (at = 0; at <= len; at++) {
    scuttle_t *r = replica_make("local");
    scuttle_link_t *link = link_make(r);
    guarded_t head = guarded_copy(line, at), tail = guarded_copy(line + at, len - at);
    CHECK_CODE(scuttle_link_write(link, head.data, at), SCUTTLE_OK);
    CHECK_INT(count_of(r), at == len);
    CHECK_CODE(scuttle_link_write(link, tail.data, len - at), SCUTTLE_OK);
    CHECK_INT(count_of(r), 1);
    guarded_free(&head);
    guarded_free(&tail);
    scuttle_free(r);
  }
}

TEST(a_line_that_ends_at_every_byte) {
  /* The rest of the line never arrives, or the line is broken there. */
  const char *line = "{\"key\":\"k\xc3\xa9\",\"value\":{\"a\":[1,-2.5e3,true]},\"source_id\":\"A\",\"version\":50}";
  size_t len = strlen(line), at;
  for (at = 1; at < len; at++) {
    scuttle_link_t *link;
    scuttle_t *r = populated(&link);
    char *before = snapshot(r), *after;
    int code;
    CHECK_CODE(scuttle_link_write(link, line, at), SCUTTLE_OK);
    code = feed(link, "\n");
    if (code != SCUTTLE_E_JSON && code != SCUTTLE_E_UTF8) CHECK_SAY("after %zu bytes: %s", at, code_name(code));
    after = snapshot(r);
    CHECK_STR(after, before);
    CHECK_CODE(feed_update(link, "k", "5", "A", 50), SCUTTLE_OK);
    free(before);
    free(after);
    scuttle_free(r);
  }
}

TEST(byte_by_byte) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  const char *lines = GOOD "nonsense\n" DONE "\r\n{\"key\":\"l\",\"value\":2,\"source_id\":\"B\",\"version\":7}\r\n";
  int errors = 0;
  for (; *lines; lines++) {
    guarded_t byte = guarded_copy(lines, 1);
    int code = scuttle_link_write(link, byte.data, 1);
    if (code == SCUTTLE_E_JSON) errors++;
    else CHECK_CODE(code, SCUTTLE_OK);
    guarded_free(&byte);
  }
  CHECK_INT(errors, 1);
  CHECK_INT(count_of(r), 2);
  scuttle_free(r);
}

TEST(two_links_cut_their_lines_apart) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *a = link_make(r), *b = link_make(r);
  CHECK_CODE(feed(a, "{\"key\":\"a\",\"value\":1,"), SCUTTLE_OK);
  CHECK_CODE(feed(b, "{\"key\":\"b\",\"value\":2,"), SCUTTLE_OK);
  CHECK_CODE(feed(a, "\"source_id\":\"A\",\"version\":1}\n"), SCUTTLE_OK);
  scuttle_link_close(a);
  CHECK_CODE(feed(b, "\"source_id\":\"B\",\"version\":1}\n"), SCUTTLE_OK);
  CHECK_STR(value_of(r, "a"), "1");
  CHECK_STR(value_of(r, "b"), "2");
  scuttle_free(r);
}

TEST(bytes_at_random) {
  uint64_t seed;
  for (seed = 1; seed <= 300; seed++) {
    uint64_t random = seed;
    scuttle_link_t *link;
    scuttle_t *r = populated(&link);
    char *before = snapshot(r), *after;
    int i;
    for (i = 0; i < 40; i++) {
      char bytes[200];
      size_t len = random_below(&random, sizeof bytes), j;
      static const char alphabet[] = "{}[]\",:\\ue0123456789.-+ \t\r\n\xc3\xa9\xf0\xff truefalsn";
      for (j = 0; j < len; j++)
        bytes[j] = random_below(&random, 3) ? alphabet[random_below(&random, sizeof alphabet - 1)] : (char)random_next(&random);
      scuttle_link_write(link, bytes, len);
    }
    feed(link, "\n");
    after = snapshot(r);
    CHECK_STR(after, before);
    CHECK_CODE(feed_update(link, "k", "5", "A", 50), SCUTTLE_OK);
    free(before);
    free(after);
    scuttle_free(r);
  }
}

TEST(good_lines_spoiled_at_random) {
  /* Valid lines with a few bytes changed. If rejected, nothing changes. If accepted, the update can be sent on. */
  static const char *const lines[] = {
      "{\"key\":\"k\",\"value\":{\"a\":[1,2.5,\"x\\u00e9\\n\"]},\"source_id\":\"A\",\"version\":50}",
      "{ \"version\" : 51, \"value\":null, \"deleted\":true, \"key\":\"r\xc3\xa4pli\", \"source_id\":\"\\u0042\" }",
      "{\"digest\":true,\"source_id\":\"B\",\"id\":\"B\",\"version\":39}", "{\"digest\":true,\"done\":true}",
      "{\"key\":\"\xf0\x9f\x90\x99\",\"value\":-0.0,\"source_id\":\"B\",\"version\":60,\"x\":[true,false,null]}"};
  uint64_t seed;
  int refused = 0, taken = 0;
  for (seed = 1; seed <= 4000; seed++) {
    uint64_t random = seed * 77;
    scuttle_link_t *link, *to;
    scuttle_t *r = populated(&link), *peer;
    char *before = snapshot(r), *after;
    char bytes[256];
    const char *line = lines[random_below(&random, COUNT(lines))];
    size_t len = strlen(line), changes = 1 + random_below(&random, 3);
    int code;
    memcpy(bytes, line, len);
    while (changes--) {
      size_t at = random_below(&random, len);
      switch (random_below(&random, 4)) {
      case 0: bytes[at] = (char)random_next(&random); break;
      case 1: /* one byte removed */
        memmove(bytes + at, bytes + at + 1, len - at - 1);
        len--;
        break;
      case 2: /* one byte repeated */
        memmove(bytes + at + 1, bytes + at, len - at);
        len++;
        break;
      default: bytes[at] = bytes[random_below(&random, len)]; break;
      }
    }
    bytes[len++] = '\n';
    code = scuttle_link_write(link, bytes, len);
    after = snapshot(r);
    if (code < 0 && !memchr(bytes, '\n', len - 1)) {
      refused++;
      if (strcmp(after, before) != 0) CHECK_SAY("seed %d: %s, but something changed by %.*s", (int)seed, code_name(code), (int)len, bytes);
    } else {
      taken++;
    }
    free(before);
    free(after);
    peer = replica_make("peer");
    to = link_make(peer);
    sync_links(link, to); /* ends the program if a line is rejected */
    if (fingerprint_of(peer) != fingerprint_of(r)) CHECK_SAY("seed %d: the peer did not get %.*s", (int)seed, (int)len, bytes);
    scuttle_free(r);
    scuttle_free(peer);
  }
  CHECK(refused > 500);
  CHECK(taken > 100);
}

CHECK_MAIN
