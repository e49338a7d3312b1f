/* Making, naming and freeing replicas; codes and versions. */
#include "check.h"
#include "support.h"

TEST(defaults_are_empty) {
  scuttle_t *r = NULL;
  char *state, *clock;
  CHECK_CODE(scuttle_new("local", NULL, &r), SCUTTLE_OK);
  REQUIRE(r);
  CHECK_U64(version_of(r), 0);
  CHECK_INT(count_of(r), 0);
  state = state_text(r);
  CHECK_STR(state, "");
  clock = clock_text(r);
  CHECK(strcmp(clock, "") == 0 || strcmp(clock, "local 0\n") == 0);
  free(state);
  free(clock);
  scuttle_free(r);
}

TEST(id_is_kept) {
  const char *ids[] = {"a", "local", "r\xc3\xa4pli \xf0\x9f\x90\x99", "__proto__", "a b\tc\n\"\\", " ", "\x7f"};
  size_t i;
  for (i = 0; i < sizeof ids / sizeof *ids; i++) {
    scuttle_t *r = replica_make(ids[i]);
    const char *id = NULL;
    size_t len = 0;
    CHECK_CODE(scuttle_id(r, &id, &len), SCUTTLE_OK);
    CHECK_BYTES(id, len, ids[i], strlen(ids[i]));
    CHECK_STR(id, ids[i]);
    CHECK_CODE(set(r, "k", "1"), SCUTTLE_OK);
    CHECK_STR(id, ids[i]); /* valid until scuttle_free */
    scuttle_free(r);
  }
}

TEST(id_is_copied) {
  char id[] = "local";
  scuttle_config_t config = config_make();
  scuttle_t *r = NULL;
  const char *kept = NULL;
  size_t len = 0;
  CHECK_CODE(scuttle_new(id, &config, &r), SCUTTLE_OK);
  REQUIRE(r);
  memset(id, 'x', sizeof id - 1);
  memset(&config, 0xff, sizeof config);
  CHECK_CODE(scuttle_id(r, &kept, &len), SCUTTLE_OK);
  CHECK_STR(kept, "local");
  CHECK_CODE(set(r, "k", "1"), SCUTTLE_OK);
  scuttle_free(r);
}

TEST(id_lengths) {
  char id[400];
  size_t len;
  scuttle_t *r = NULL;
  for (len = 250; len < 300; len++) {
    int code;
    memset(id, 'x', len);
    id[len] = 0;
    r = (scuttle_t *)(void *)id;
    code = scuttle_new(id, NULL, &r);
    CHECK_CODE(code, len <= 255 ? SCUTTLE_OK : SCUTTLE_E_ID);
    if (len > 255) CHECK(r == NULL);
    if (code == SCUTTLE_OK) scuttle_free(r);
  }
  r = (scuttle_t *)(void *)id;
  CHECK_CODE(scuttle_new("", NULL, &r), SCUTTLE_E_ID);
  CHECK(r == NULL);
}

TEST(id_of_characters_is_measured_in_bytes) {
  char id[300] = "";
  scuttle_t *r = NULL;
  int i;
  for (i = 0; i < 85; i++) strcat(id, "\xe6\x97\xa5"); /* 255 bytes */
  CHECK_CODE(scuttle_new(id, NULL, &r), SCUTTLE_OK);
  scuttle_free(r);
  r = NULL;
  strcat(id, "\xe6\x97\xa5");
  CHECK_CODE(scuttle_new(id, NULL, &r), SCUTTLE_E_ID);
  CHECK(r == NULL);
}

TEST(id_not_utf8) {
  const char *bad[] = {"\x80", "a\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe6\x97", "\xf0\x9f\x90"};
  size_t i;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    scuttle_t *r = (scuttle_t *)(void *)&i;
    CHECK_CODE(scuttle_new(bad[i], NULL, &r), SCUTTLE_E_UTF8);
    CHECK(r == NULL);
  }
}

TEST(unique_id_appends_sixteen_hexadecimal_digits) {
  scuttle_config_t config = config_make();
  scuttle_t *r;
  const char *id = NULL;
  size_t len = 0, i;
  config.flags = SCUTTLE_UNIQUE_ID;
  r = replica_with("local", &config);
  CHECK_CODE(scuttle_id(r, &id, &len), SCUTTLE_OK);
  CHECK_INT(len, strlen("local") + 17);
  REQUIRE(len == 22);
  CHECK_INT(strlen(id), len);
  CHECK(memcmp(id, "local-", 6) == 0);
  for (i = 6; i < len; i++) CHECK(strchr("0123456789abcdefABCDEF", id[i]) != NULL);
  CHECK_CODE(set(r, "k", "1"), SCUTTLE_OK);
  CHECK_U64(clock_of(r, id), 1);
  scuttle_free(r);
}

TEST(unique_ids_differ_and_a_seed_repeats_them) {
  scuttle_config_t config = config_make();
  char first[64], second[64];
  int round;
  for (round = 0; round < 2; round++) {
    const char *id = NULL;
    size_t len = 0;
    scuttle_t *a, *b;
    config.flags = SCUTTLE_UNIQUE_ID;
    config.seed = round ? 77 : 0;
    a = replica_with("x", &config);
    b = replica_with("x", &config);
    scuttle_id(a, &id, &len);
    snprintf(first, sizeof first, "%s", id);
    scuttle_id(b, &id, &len);
    snprintf(second, sizeof second, "%s", id);
    if (round) CHECK_STR(second, first);
    else CHECK(strcmp(first, second) != 0);
    scuttle_free(a);
    scuttle_free(b);
  }
}

TEST(unique_id_of_the_longest_id) {
  char id[256];
  scuttle_config_t config = config_make();
  scuttle_t *r = NULL;
  int code;
  memset(id, 'x', 255);
  id[255] = 0;
  config.flags = SCUTTLE_UNIQUE_ID;
  code = scuttle_new(id, &config, &r);
  CHECK(code == SCUTTLE_E_ID || code == SCUTTLE_OK);
  if (code == SCUTTLE_OK) {
    /* Then its updates must be ones that a peer accepts. */
    scuttle_t *peer = replica_make("peer");
    scuttle_link_t *a = link_make(r), *b = link_make(peer);
    CHECK_CODE(set(r, "k", "1"), SCUTTLE_OK);
    sync_links(a, b);
    CHECK_STR(value_of(peer, "k"), "1");
    scuttle_free(peer);
  }
  scuttle_free(r);
}

TEST(unknown_flags_and_resolvers) {
  scuttle_config_t config = config_make();
  scuttle_t *r = (scuttle_t *)(void *)&config;
  unsigned bit;
  for (bit = 2; bit < 32; bit++) {
    config.flags = 1u << bit;
    CHECK_CODE(scuttle_new("local", &config, &r), SCUTTLE_E_ARGUMENT);
    CHECK(r == NULL);
    if (r) scuttle_free(r);
  }
  config.flags = 0;
  for (bit = 3; bit < 32; bit++) {
    config.resolver = bit == 31 ? 0xffffffffu : bit;
    r = (scuttle_t *)(void *)&config;
    CHECK_CODE(scuttle_new("local", &config, &r), SCUTTLE_E_ARGUMENT);
    CHECK(r == NULL);
  }
}

TEST(free_of_null) { scuttle_free(NULL); }

TEST(free_closes_links) {
  scuttle_t *r = replica_make("local");
  int i;
  for (i = 0; i < 100; i++) {
    scuttle_link_t *link = link_make(r);
    feed_update(link, "k", "1", "A", (uint64_t)i + 1);
    feed(link, "{\"digest\":true,\"done\":true}\n{\"key\":\"half");
    scuttle_link_gossip(link);
  }
  scuttle_free(r);
}

TEST(many_replicas_come_and_go) {
  int i;
  for (i = 0; i < 5000; i++) {
    scuttle_t *r = replica_make("local");
    set(r, "k", "[1,2,3]");
    scuttle_free(r);
  }
}

TEST(fingerprint_shows_what_is_held) {
  scuttle_config_t config = config_make();
  scuttle_t *a = replica_make("a"), *b;
  scuttle_link_t *la = link_make(a), *lb;
  uint64_t empty = fingerprint_of(a), seen[8];
  size_t n = 0, i, j;
  config.seed = 99; /* another seed, the same fingerprint */
  b = replica_with("b", &config);
  lb = link_make(b);
  CHECK_U64(fingerprint_of(b), empty);
  feed_update(la, "x", "1", "A", 1);
  feed_update(la, "y", "2", "B", 1);
  feed_update(la, "z", "3", "C", 7);
  feed_update(lb, "z", "3", "C", 7);
  feed_update(lb, "x", "0", "Z", 0 + 1);
  feed_update(lb, "y", "2", "B", 1);
  CHECK(fingerprint_of(a) != fingerprint_of(b));
  scuttle_free(b);
  b = replica_with("b", &config);
  lb = link_make(b);
  feed_update(lb, "z", "3", "C", 7);
  feed_update(lb, "y", "2", "B", 1);
  feed_update(lb, "x", "1", "A", 1);
  CHECK_U64(fingerprint_of(a), fingerprint_of(b));
  CHECK(fingerprint_of(a) != empty);
  scuttle_free(a);
  scuttle_free(b);
  { /* One difference each. */
    const char *lines[] = {
        "{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":1}\n",
        "{\"key\":\"j\",\"value\":1,\"source_id\":\"A\",\"version\":1}\n",
        "{\"key\":\"k\",\"value\":2,\"source_id\":\"A\",\"version\":1}\n",
        "{\"key\":\"k\",\"value\":1,\"source_id\":\"B\",\"version\":1}\n",
        "{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":2}\n",
        "{\"key\":\"k\",\"value\":null,\"source_id\":\"A\",\"version\":1}\n",
        "{\"key\":\"k\",\"value\":null,\"source_id\":\"A\",\"version\":1,\"deleted\":true}\n",
        "{\"key\":\"kA\",\"value\":1,\"source_id\":\"\\u0041\",\"version\":1}\n"};
    for (i = 0; i < sizeof lines / sizeof *lines; i++) {
      scuttle_t *r = replica_make("local");
      CHECK_CODE(feed(link_make(r), lines[i]), SCUTTLE_OK);
      seen[n++] = fingerprint_of(r);
      scuttle_free(r);
    }
    for (i = 0; i < n; i++)
      for (j = 0; j < i; j++)
        if (seen[i] == seen[j]) CHECK_SAY("lines %zu and %zu have one fingerprint", j, i);
  }
}

TEST(fingerprint_is_not_the_sum_of_its_letters) {
  /* Entries that share all their bytes, joined otherwise. */
  const char *pairs[][2] = {{"ab", "c"}, {"a", "bc"}};
  uint64_t seen[2];
  int i;
  for (i = 0; i < 2; i++) {
    scuttle_t *r = replica_make("local");
    scuttle_link_t *link = link_make(r);
    feed_update(link, pairs[i][0], "1", pairs[i][1], 1);
    seen[i] = fingerprint_of(r);
    scuttle_free(r);
  }
  CHECK(seen[0] != seen[1]);
  for (i = 0; i < 2; i++) { /* two entries with their values exchanged */
    scuttle_t *r = replica_make("local");
    scuttle_link_t *link = link_make(r);
    feed_update(link, "k", i ? "1" : "2", "A", 1);
    feed_update(link, "l", i ? "2" : "1", "A", 2);
    seen[i] = fingerprint_of(r);
    scuttle_free(r);
  }
  CHECK(seen[0] != seen[1]);
}

TEST(fingerprint_goes_back_with_the_state) {
  scuttle_t *a = replica_make("a"), *b = replica_make("b");
  scuttle_link_t *la = link_make(a), *lb = link_make(b);
  int i;
  for (i = 1; i <= 100; i++) feed_update(la, "k", "1", "A", (uint64_t)i);
  feed_update(lb, "k", "1", "A", 100);
  CHECK_U64(fingerprint_of(a), fingerprint_of(b));
  scuttle_free(a);
  scuttle_free(b);
}

TEST(wrong_arguments_of_purge_and_forget) {
  scuttle_t *r = replica_make("local");
  char *before, *after;
  size_t purged = 7;
  set(r, "k", "1");
  scuttle_delete(r, "k", 1);
  before = snapshot(r);
  CHECK_CODE(scuttle_forget(r, "A", 1), SCUTTLE_NOT_FOUND);
  CHECK_CODE(scuttle_forget(r, "A", SCUTTLE_NTS), SCUTTLE_NOT_FOUND);
  CHECK_CODE(scuttle_forget(r, "local", SCUTTLE_NTS), SCUTTLE_NOT_FOUND); /* its own */
  CHECK_CODE(scuttle_purge(r, NULL), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_purge(NULL, &purged), SCUTTLE_E_ARGUMENT);
  CHECK_INT(purged, 7);
  CHECK_CODE(scuttle_forget(r, NULL, 0), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_forget(NULL, "A", 1), SCUTTLE_E_ARGUMENT);
  after = snapshot(r);
  CHECK_STR(after, before);
  free(before);
  free(after);
  scuttle_free(r);
}

TEST(strerror_knows_every_code) {
  int code, other;
  for (code = 3; code >= -31; code--) {
    const char *text = scuttle_strerror(code);
    REQUIRE(text);
    CHECK(strlen(text) > 1);
    CHECK(!strchr(text, '\n'));
    CHECK(scuttle_strerror(code) == text || strcmp(scuttle_strerror(code), text) == 0);
    for (other = 3; other > code; other--)
      if (strcmp(scuttle_strerror(other), text) == 0) CHECK_SAY("%d and %d are both \"%s\"", code, other, text);
  }
}

TEST(strerror_of_codes_that_do_not_exist) {
  int codes[] = {4, 100, 2147483647, -32, -1000, -2147483647 - 1};
  size_t i;
  for (i = 0; i < sizeof codes / sizeof *codes; i++) {
    const char *text = scuttle_strerror(codes[i]);
    CHECK(text && *text);
    CHECK(text && strcmp(text, scuttle_strerror(SCUTTLE_OK)) != 0);
  }
}

TEST(library_version) {
  char expected[64];
  CHECK_STR(scuttle_library_version(), SCUTTLE_VERSION_STRING);
  snprintf(expected, sizeof expected, "%d.%d.%d", SCUTTLE_VERSION_MAJOR, SCUTTLE_VERSION_MINOR, SCUTTLE_VERSION_PATCH);
  CHECK_STR(SCUTTLE_VERSION_STRING, expected);
}

TEST(errmsg_has_particulars) {
  scuttle_t *r = replica_make("local");
  char copy[4096], cut[5];
  const char *text = scuttle_errmsg(r);
  CHECK(text != NULL); /* before any error too */
  CHECK_CODE(set(r, "", "1"), SCUTTLE_E_KEY);
  text = scuttle_errmsg(r);
  REQUIRE(text);
  CHECK(strlen(text) > 0);
  CHECK(!strchr(text, '\n'));
  CHECK_CODE(scuttle_errmsg_copy(r, copy, sizeof copy), SCUTTLE_OK);
  CHECK_STR(copy, scuttle_errmsg(r));
  memset(cut, '#', sizeof cut);
  CHECK_CODE(scuttle_errmsg_copy(r, cut, 4), SCUTTLE_OK);
  CHECK_INT(cut[3], 0);
  CHECK_INT(cut[4], '#');
  CHECK(memcmp(cut, copy, 3) == 0);
  CHECK_CODE(scuttle_errmsg_copy(r, cut, 1), SCUTTLE_OK);
  CHECK_INT(cut[0], 0);
  CHECK_CODE(scuttle_errmsg_copy(r, NULL, 10), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_errmsg_copy(NULL, cut, 4), SCUTTLE_E_ARGUMENT);
  CHECK_STR(scuttle_errmsg(r), copy); /* "they leave the message as it is" */
  CHECK(scuttle_errmsg(NULL) != NULL);
  scuttle_free(r);
}

TEST(errmsg_is_one_line_of_text_whatever_the_input) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  const char *bad[] = {"a\nb", "\xff\xfe", "{\"key\":\"line\\nbreak\",\"value\":1,\"source_id\":\"a\\nb\",\"version\":0}",
                       "\x01\x02\x03\x1b[31m", "{\"\\n\":1,\"\\n\":2}"};
  size_t i, j;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    char text[4096];
    feed(link, bad[i]);
    feed(link, "\n");
    CHECK_CODE(scuttle_errmsg_copy(r, text, sizeof text), SCUTTLE_OK);
    CHECK(strlen(text) > 0);
    for (j = 0; text[j]; j++)
      if ((unsigned char)text[j] < 0x20) CHECK_SAY("message %zu has the character %d: %s", i, text[j], text);
  }
  scuttle_free(r);
}

TEST(errmsg_copy_cuts_between_characters) {
  /* A message may quote the key: however it is cut, it stays UTF-8. */
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  char text[512];
  size_t capacity;
  feed(link, "{\"key\":\"\xe6\x97\xa5\xe6\x9c\xac\",\"value\":1,\"source_id\":\"\xf0\x9f\x90\x99\",\"version\":0}\n");
  for (capacity = 1; capacity < sizeof text; capacity++) {
    size_t len;
    CHECK_CODE(scuttle_errmsg_copy(r, text, capacity), SCUTTLE_OK);
    len = strlen(text);
    CHECK(len < capacity);
    while (len && ((unsigned char)text[len - 1] & 0xc0) == 0x80) len--;
    if (len && (unsigned char)text[len - 1] >= 0xc0) {
      unsigned char first = (unsigned char)text[len - 1];
      size_t want = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
      if (strlen(text) - len + 1 != want) CHECK_SAY("cut inside a character at capacity %zu", capacity);
    }
  }
  scuttle_free(r);
}

CHECK_MAIN
