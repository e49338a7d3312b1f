/* Each limit at its edge: a size at the limit is accepted, one more is an error of its own, and changes nothing. */
#include "check.h"
#include "support.h"

static char *repeat(char c, size_t count) {
  char *text = (char *)malloc(count + 1);
  if (!text) exit(3);
  memset(text, c, count);
  text[count] = 0;
  return text;
}

static char *quoted(size_t len) { /* a JSON string of `len` bytes with its quotes */
  char *text = repeat('v', len);
  text[0] = text[len - 1] = '"';
  return text;
}

static char *nested(const char *open, const char *close, size_t depth) {
  text_t text = {NULL, 0, 0};
  size_t i;
  text_add(&text, "", 0);
  for (i = 0; i < depth; i++) text_str(&text, open);
  if (open[0] == '{') text_str(&text, "0");
  for (i = 0; i < depth; i++) text_str(&text, close);
  return text.data;
}

static void check_set(scuttle_t *r, const char *key, const char *json, int code) {
  char *before = NULL, *after;
  if (code < 0) before = snapshot(r);
  CHECK_CODE(set(r, key, json), code);
  if (code < 0) {
    after = snapshot(r);
    CHECK_STR(after, before);
    free(after);
    free(before);
  }
}

static void check_feed(scuttle_t *r, scuttle_link_t *link, const char *key, const char *value, const char *source, uint64_t version, int code) {
  char *before = NULL, *after;
  if (code < 0) before = snapshot(r);
  CHECK_CODE(feed_update(link, key, value, source, version), code);
  if (code < 0) {
    after = snapshot(r);
    CHECK_STR(after, before);
    free(after);
    free(before);
  }
}

TEST(keys_of_64_KiB) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  char *fits = repeat('k', 65536), *large = repeat('k', 65537);
  scuttle_entry_t entry;
  size_t needed;
  char buffer[64];
  check_set(r, fits, "1", SCUTTLE_OK);
  check_set(r, large, "1", SCUTTLE_E_KEY_SIZE);
  CHECK_CODE(scuttle_delete(r, large, SCUTTLE_NTS), SCUTTLE_E_KEY_SIZE);
  CHECK_CODE(scuttle_get(r, fits, SCUTTLE_NTS, &entry), SCUTTLE_OK);
  CHECK_CODE(scuttle_get(r, large, SCUTTLE_NTS, &entry), SCUTTLE_E_KEY_SIZE);
  CHECK_CODE(scuttle_get_copy(r, large, SCUTTLE_NTS, buffer, sizeof buffer, &needed, &entry), SCUTTLE_E_KEY_SIZE);
  CHECK_CODE(scuttle_delete(r, fits, SCUTTLE_NTS), SCUTTLE_OK);
  check_feed(r, link, fits, "2", "A", 9, SCUTTLE_OK);
  check_feed(r, link, large, "2", "A", 10, SCUTTLE_E_KEY_SIZE);
  check_feed(r, link, "small", "2", "A", 10, SCUTTLE_OK);
  free(fits);
  free(large);
  scuttle_free(r);
}

TEST(values_of_1_MiB) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  char *fits = quoted(1048576), *large = quoted(1048577);
  check_set(r, "k", fits, SCUTTLE_OK);
  check_set(r, "k", large, SCUTTLE_E_VALUE_SIZE);
  check_feed(r, link, "k", fits, "A", 9, SCUTTLE_OK);
  check_feed(r, link, "k", large, "A", 10, SCUTTLE_E_VALUE_SIZE);
  check_feed(r, link, "k", "2", "A", 10, SCUTTLE_OK);
  free(fits);
  free(large);
  scuttle_free(r);
}

TEST(small_limits) {
  scuttle_config_t config = config_make();
  scuttle_t *r;
  scuttle_link_t *link;
  config.max_key_bytes = 3;
  config.max_value_bytes = 5;
  r = replica_with("local", &config);
  link = link_make(r);
  check_set(r, "abc", "12345", SCUTTLE_OK);
  check_set(r, "abcd", "1", SCUTTLE_E_KEY_SIZE);
  check_set(r, "\xc3\xa9\xc3\xa9", "1", SCUTTLE_E_KEY_SIZE); /* bytes, not characters */
  check_set(r, "a", "123456", SCUTTLE_E_VALUE_SIZE);
  check_set(r, "a", "[1,2]", SCUTTLE_OK);
  check_feed(r, link, "abc", "12345", "A", 10, SCUTTLE_OK);
  check_feed(r, link, "abcd", "1", "A", 11, SCUTTLE_E_KEY_SIZE);
  check_feed(r, link, "abcd", "1", "A", 11, SCUTTLE_OK); /* an error the first time only */
  CHECK_INT(count_of(r), 2);
  CHECK_U64(clock_of(r, "A"), 10);
  check_feed(r, link, "abc", "123456", "A", 12, SCUTTLE_E_VALUE_SIZE);
  /* Escapes in the line count as the characters that they spell. */
  CHECK_CODE(feed(link, "{\"key\":\"\\u0061\\u0062\\u0063\",\"value\":1,\"source_id\":\"A\",\"version\":20}\n"), SCUTTLE_OK);
  CHECK_CODE(feed(link, "{\"key\":\"\\u0061\\u0062\\u0063\\u0064\",\"value\":1,\"source_id\":\"A\",\"version\":21}\n"), SCUTTLE_E_KEY_SIZE);
  scuttle_free(r);
}

TEST(a_value_with_white_space_is_measured_without_it_or_refused) {
  scuttle_config_t config = config_make();
  scuttle_t *r;
  int code;
  config.max_value_bytes = 5;
  r = replica_with("local", &config);
  code = set(r, "k", " [ 1 , 2 ] ");
  CHECK(code == SCUTTLE_OK || code == SCUTTLE_E_VALUE_SIZE);
  if (code == SCUTTLE_OK) CHECK_STR(value_of(r, "k"), "[1,2]");
  scuttle_free(r);
}

TEST(lines_over_the_limit) {
  scuttle_config_t config = config_make();
  scuttle_t *r;
  scuttle_link_t *link;
  text_t line = {NULL, 0, 0};
  char *before, *after;
  size_t pad, chunk;
  config.max_message_bytes = 200;
  r = replica_with("local", &config);
  link = link_make(r);
  /* Exactly 200 bytes, and 201, by a member that is ignored. */
  for (pad = 0; pad < 2; pad++) {
    text_format(&line, "{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":%d,\"pad\":\"", (int)pad + 1);
    while (line.len < 198 + pad) text_str(&line, "p");
    text_str(&line, "\"}");
    CHECK_INT(line.len, 200 + pad);
    text_str(&line, "\n");
    before = snapshot(r);
    CHECK_CODE(scuttle_link_write(link, line.data, line.len), pad ? SCUTTLE_E_MESSAGE_SIZE : SCUTTLE_OK);
    after = snapshot(r);
    if (pad) CHECK_STR(after, before);
    free(before);
    free(after);
    text_free(&line);
  }
  CHECK_CODE(feed_update(link, "k", "2", "A", 2), SCUTTLE_OK); /* the next line works again */
  /* A long line in pieces is reported once, whatever the pieces, and the next line works again. */
  for (chunk = 1; chunk < 5000; chunk = chunk * 3 + 1) {
    size_t at, errors = 0;
    uint64_t version = 10 + chunk;
    while (line.len < 3000) text_str(&line, "{\"key\":\"long\",");
    text_str(&line, "\n");
    text_update(&line, "after", "1", "A", version);
    before = snapshot(r);
    for (at = 0; at < line.len; at += chunk) {
      int code = scuttle_link_write(link, line.data + at, line.len - at < chunk ? line.len - at : chunk);
      if (code == SCUTTLE_E_MESSAGE_SIZE) errors++;
      else if (code != SCUTTLE_OK) CHECK_SAY("%s", code_name(code));
    }
    CHECK_INT(errors, 1);
    CHECK_U64(clock_of(r, "A"), version);
    free(before);
    text_free(&line);
  }
  scuttle_free(r);
}

TEST(an_endless_line_needs_bounded_memory) {
  scuttle_config_t config = config_make();
  scuttle_t *r;
  scuttle_link_t *link;
  char *block = repeat('x', 65536);
  int i, errors = 0;
  config.max_message_bytes = 1000;
  r = replica_with("local", &config);
  link = link_make(r);
  for (i = 0; i < 2000; i++) { /* 125 MiB */
    int code = scuttle_link_write(link, block, 65536);
    if (code == SCUTTLE_E_MESSAGE_SIZE) errors++;
    else if (code != SCUTTLE_OK) CHECK_SAY("%s", code_name(code));
  }
  CHECK_INT(errors, 1);
  CHECK_CODE(feed(link, "\n"), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "k", "1", "A", 1), SCUTTLE_OK);
  CHECK_STR(value_of(r, "k"), "1");
  free(block);
  scuttle_free(r);
}

TEST(the_default_line_limit) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  size_t limit = 1048576 + 6 * (65536 + 2 * 255) + 160, over; /* the largest key, id and value, all escaped */
  for (over = 0; over < 2; over++) {
    text_t line = {NULL, 0, 0};
    text_format(&line, "{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":%d}", (int)over + 1);
    while (line.len < limit + over) text_add(&line, "                                ", limit + over - line.len < 32 ? limit + over - line.len : 32);
    text_str(&line, "\n");
    CHECK_CODE(scuttle_link_write(link, line.data, line.len), over ? SCUTTLE_E_MESSAGE_SIZE : SCUTTLE_OK);
    text_free(&line);
  }
  CHECK_U64(clock_of(r, "A"), 1);
  scuttle_free(r);
}

TEST(what_may_be_set_can_be_sent) {
  /* The longest key, all of it escaped on the wire, with the longest value: a peer with the same limits accepts it. */
  scuttle_t *r = replica_make("local"), *peer = replica_make("peer");
  scuttle_link_t *a = link_make(r), *b = link_make(peer);
  char *key = repeat('\x01', 65536), *value = quoted(1048576);
  int code = set(r, key, value);
  if (code == SCUTTLE_OK) {
    text_t out = {NULL, 0, 0};
    CHECK(feed(a, "{\"digest\":true,\"done\":true}\n") >= 0);
    read_all(a, 65536, &out);
    CHECK_CODE(scuttle_link_write(b, out.data, out.len), SCUTTLE_OK);
    CHECK_U64(fingerprint_of(peer), fingerprint_of(r));
    text_free(&out);
  } else {
    CHECK(code == SCUTTLE_E_KEY_SIZE || code == SCUTTLE_E_VALUE_SIZE || code == SCUTTLE_E_MESSAGE_SIZE);
  }
  free(key);
  free(value);
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(depth) {
  size_t limits[] = {0, 1, 2, 64, 1024}, i;
  for (i = 0; i < sizeof limits / sizeof *limits; i++) {
    size_t depth = limits[i] ? limits[i] : 64;
    scuttle_config_t config = config_make();
    scuttle_t *r;
    scuttle_link_t *link;
    char *fits, *deep;
    int kind;
    config.max_depth = limits[i];
    r = replica_with("local", &config);
    link = link_make(r);
    for (kind = 0; kind < 2; kind++) {
      fits = nested(kind ? "{\"a\":" : "[", kind ? "}" : "]", depth);
      deep = nested(kind ? "{\"a\":" : "[", kind ? "}" : "]", depth + 1);
      check_set(r, "k", fits, SCUTTLE_OK);
      check_set(r, "k", deep, SCUTTLE_E_DEPTH);
      check_feed(r, link, "k", fits, "A", 10 + (uint64_t)kind, SCUTTLE_OK);
      check_feed(r, link, "k", deep, "A", 20 + (uint64_t)kind, SCUTTLE_E_DEPTH);
      free(fits);
      free(deep);
    }
    check_set(r, "k", "[0,\"[[[[[[\"]", SCUTTLE_OK); /* brackets in a string do not count */
    scuttle_free(r);
  }
}

TEST(depth_beyond_what_is_possible) {
  scuttle_config_t config = config_make();
  scuttle_t *r = NULL;
  int code;
  config.max_depth = 1025;
  code = scuttle_new("local", &config, &r);
  CHECK(code == SCUTTLE_E_ARGUMENT || code == SCUTTLE_OK);
  if (code == SCUTTLE_OK) {
    char *deep = nested("[", "]", 1025);
    check_set(r, "k", deep, SCUTTLE_E_DEPTH);
    free(deep);
  }
  scuttle_free(r);
}

TEST(a_million_brackets) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  char *open = repeat('[', 1000000), *close = nested("[", "]", 500000), *members = nested("{\"a\":", "}", 150000);
  text_t line = {NULL, 0, 0};
  char *before = snapshot(r), *after;
  int code = set(r, "k", open);
  CHECK(code == SCUTTLE_E_DEPTH || code == SCUTTLE_E_JSON);
  CHECK_CODE(set(r, "k", close), SCUTTLE_E_DEPTH);
  CHECK_CODE(set(r, "k", members), SCUTTLE_E_DEPTH);
  text_str(&line, open);
  text_str(&line, "\n");
  code = feed(link, line.data);
  CHECK(code == SCUTTLE_E_DEPTH || code == SCUTTLE_E_JSON || code == SCUTTLE_E_MESSAGE);
  CHECK_CODE(feed_update(link, "k", close, "A", 1), SCUTTLE_E_DEPTH);
  CHECK_CODE(feed_update(link, "k", members, "A", 1), SCUTTLE_E_DEPTH);
  text_free(&line);
  text_str(&line, "{\"unknown\":"); /* in an unknown member */
  text_str(&line, close);
  text_str(&line, ",\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":1}\n");
  code = feed(link, line.data);
  CHECK_CODE(code, SCUTTLE_E_DEPTH);
  text_free(&line);
  text_str(&line, close);
  text_str(&line, "\n");
  code = feed(link, line.data);
  CHECK(code == SCUTTLE_E_DEPTH || code == SCUTTLE_E_MESSAGE);
  after = snapshot(r);
  CHECK_STR(after, before);
  CHECK_CODE(feed_update(link, "k", "1", "A", 1), SCUTTLE_OK);
  free(before);
  free(after);
  free(open);
  free(close);
  free(members);
  text_free(&line);
  scuttle_free(r);
}

TEST(many_members) {
  /* A hundred thousand members, and a duplicate at the end. */
  scuttle_t *r = replica_make("local");
  text_t value = {NULL, 0, 0};
  int i;
  text_str(&value, "{");
  for (i = 0; i < 60000; i++) text_format(&value, "\"a%d\":0,", i);
  text_str(&value, "\"b\":0}");
  CHECK_CODE(set(r, "k", value.data), SCUTTLE_OK);
  value.len -= strlen("\"b\":0}");
  text_str(&value, "\"a7\":0}");
  CHECK_CODE(set(r, "k", value.data), SCUTTLE_E_DUPLICATE);
  text_free(&value);
  scuttle_free(r);
}

TEST(sources) {
  scuttle_config_t config = config_make();
  scuttle_t *r;
  scuttle_link_t *link;
  char source[24];
  char *before, *after;
  int i, taken = 0, code = 0;
  config.max_sources = 5;
  r = replica_with("local", &config);
  link = link_make(r);
  for (i = 0; i < 20; i++) {
    snprintf(source, sizeof source, "s%d", i);
    before = snapshot(r);
    code = feed_update(link, "k", "1", source, 100 + (uint64_t)i);
    after = snapshot(r);
    if (code == SCUTTLE_OK) {
      CHECK_INT(taken, i);
      taken++;
    } else {
      CHECK_CODE(code, SCUTTLE_E_SOURCES);
      CHECK_STR(after, before);
    }
    free(before);
    free(after);
  }
  CHECK(taken == 4 || taken == 5); /* with or without this replica itself */
  CHECK_CODE(feed_update(link, "k", "2", "s0", 500), SCUTTLE_OK); /* the known ones still work */
  CHECK_CODE(set(r, "k", "3"), SCUTTLE_OK);                      /* and so does this replica */
  CHECK_STR(value_of(r, "k"), "3");
  code = feed(link, "{\"digest\":true,\"source_id\":\"unknown\",\"version\":0}\n");
  CHECK(code == SCUTTLE_OK || code == SCUTTLE_E_SOURCES);
  scuttle_free(r);
}

TEST(digests_of_unknown_sources_add_none) {
  /* A peer that knows a hundred sources sends them: they do not fill this replica's own table. */
  scuttle_config_t config = config_make();
  scuttle_t *r;
  scuttle_link_t *link;
  text_t lines = {NULL, 0, 0};
  char *clock;
  int i;
  config.max_sources = 5;
  r = replica_with("local", &config);
  link = link_make(r);
  for (i = 0; i < 100; i++) text_format(&lines, "{\"digest\":true,\"source_id\":\"s%d\",\"version\":7}\n", i);
  text_str(&lines, "{\"digest\":true,\"done\":true}\n");
  CHECK_CODE(scuttle_link_write(link, lines.data, lines.len), SCUTTLE_OK);
  clock = clock_text(r);
  CHECK(strstr(clock, "s0") == NULL);
  CHECK_CODE(feed_update(link, "k", "1", "A", 1), SCUTTLE_OK);
  free(clock);
  text_free(&lines);
  scuttle_free(r);
}

TEST(links) {
  scuttle_config_t config = config_make();
  scuttle_t *r;
  scuttle_link_t *a = NULL, *b = NULL, *c = (scuttle_link_t *)(void *)&config;
  config.max_links = 2;
  r = replica_with("local", &config);
  CHECK_CODE(scuttle_link_open(r, NULL, &a), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_open(r, NULL, &b), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_open(r, NULL, &c), SCUTTLE_E_LINKS);
  CHECK(c == NULL);
  scuttle_link_close(a);
  c = link_make(r);
  CHECK_CODE(feed_update(c, "k", "1", "A", 1), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_open(r, NULL, &a), SCUTTLE_E_LINKS);
  scuttle_free(r);
}

TEST(version_jump) {
  scuttle_config_t config = config_make();
  scuttle_t *r;
  scuttle_link_t *link;
  config.max_version_jump = 100;
  r = replica_with("local", &config);
  link = link_make(r);
  check_feed(r, link, "k", "1", "A", 1000, SCUTTLE_OK); /* a replica that has seen no version accepts any */
  check_feed(r, link, "k", "1", "A", 1101, SCUTTLE_E_VERSION_JUMP);
  check_feed(r, link, "k", "1", "A", 1100, SCUTTLE_OK);
  check_feed(r, link, "k", "1", "B", 1201, SCUTTLE_E_VERSION_JUMP);
  check_feed(r, link, "k", "1", "B", 1200, SCUTTLE_OK);
  CHECK_CODE(set(r, "k", "2"), SCUTTLE_OK);
  check_feed(r, link, "k", "1", "A", 1302, SCUTTLE_E_VERSION_JUMP);
  check_feed(r, link, "k", "1", "A", 1301, SCUTTLE_OK);
  scuttle_free(r);
}

TEST(the_default_version_jump) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  uint64_t jump = UINT64_C(1) << 48;
  CHECK_CODE(set(r, "k", "0"), SCUTTLE_OK);
  check_feed(r, link, "k", "1", "A", jump + 2, SCUTTLE_E_VERSION_JUMP);
  check_feed(r, link, "k", "1", "A", (UINT64_C(1) << 53) - 1, SCUTTLE_E_VERSION_JUMP);
  check_feed(r, link, "k", "1", "A", jump + 1, SCUTTLE_OK);
  check_feed(r, link, "k", "1", "A", 2 * jump + 1, SCUTTLE_OK);
  scuttle_free(r);
}

TEST(versions_that_are_exhausted) {
  uint64_t last = (UINT64_C(1) << 53) - 1, jump;
  for (jump = last; jump; jump = jump == last ? UINT64_MAX : 0) {
    scuttle_config_t config = config_make();
    scuttle_t *r;
    scuttle_link_t *link;
    scuttle_entry_t entry;
    text_t out = {NULL, 0, 0};
    config.max_version_jump = jump;
    r = replica_with("local", &config);
    link = link_make(r);
    check_feed(r, link, "k", "1", "A", last - 1, SCUTTLE_OK);
    CHECK_CODE(set(r, "k", "2"), SCUTTLE_OK);
    CHECK_CODE(scuttle_get(r, "k", 1, &entry), SCUTTLE_OK);
    CHECK_U64(entry.version, last);
    check_set(r, "k", "3", SCUTTLE_E_EXHAUSTED);
    CHECK_CODE(scuttle_delete(r, "k", 1), SCUTTLE_E_EXHAUSTED);
    CHECK_U64(version_of(r), last);
    CHECK_STR(value_of(r, "k"), "2");
    check_feed(r, link, "k", "4", "zzz", last, SCUTTLE_OK); /* peers may still write */
    check_feed(r, link, "k", "4", "zzz", last + 1, SCUTTLE_E_VERSION);
    CHECK_CODE(scuttle_gossip(r), SCUTTLE_OK);
    CHECK_CODE(scuttle_gossip(r), SCUTTLE_OK);
    read_all(link, 0, &out);
    text_free(&out);
    CHECK_CODE(scuttle_gossip(r), SCUTTLE_OK); /* the second one claims the covered versions */
    read_all(link, 0, &out);
    CHECK_INT(text_count(&out, "\"version\":9007199254740991}"), 2);
    text_free(&out);
    scuttle_free(r);
  }
}

TEST(sizes_of_any_size) {
  /* Every size_t of the config at its extremes: an error, or a replica that works. */
  static const size_t sizes[] = {1, 2, (size_t)1 << 31, ((size_t)1 << 32) - 1, (size_t)1 << 32, (size_t)1 << 40, (size_t)1 << 62, PTRDIFF_MAX - 1,
                                 PTRDIFF_MAX, (size_t)PTRDIFF_MAX + 1, SIZE_MAX - 1, SIZE_MAX};
  size_t field, i;
  for (field = 0; field < 9; field++)
    for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
      scuttle_config_t config = config_make();
      scuttle_t *r = NULL;
      int code, n;
      size_t *fields[9];
      fields[0] = &config.mtu;
      fields[1] = &config.max_history;
      fields[2] = &config.max_message_bytes;
      fields[3] = &config.max_key_bytes;
      fields[4] = &config.max_value_bytes;
      fields[5] = &config.max_depth;
      fields[6] = &config.max_sources;
      fields[7] = &config.max_links;
      fields[8] = &config.max_tombstones;
      *fields[field] = sizes[i];
      code = scuttle_new("local", &config, &r);
      if (code != SCUTTLE_OK && code != SCUTTLE_E_ARGUMENT && code != SCUTTLE_E_MEMORY)
        CHECK_SAY("field %zu of %zu: %s", field, sizes[i], code_name(code));
      if (code == SCUTTLE_OK) {
        scuttle_link_t *link = link_with(r, SCUTTLE_LINK_CLASSIC);
        text_t out = {NULL, 0, 0};
        for (n = 0; n < 30; n++) CHECK(set(r, "k", "1") >= 0);
        CHECK(unset(r, "k") >= 0);
        feed_update(link, "l", "[[]]", "A", 50);
        feed(link, "nonsense\n{\"digest\":true,\"done\":true}\n");
        CHECK(scuttle_gossip(r) >= 0);
        read_all(link, 0, &out);
        CHECK_INT(text_count(&out, "\"done\""), 1);
        text_free(&out);
      }
      scuttle_free(r);
    }
}

CHECK_MAIN
