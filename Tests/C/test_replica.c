/* Creating, naming and freeing replicas; codes and versions. */
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
    scuttle_t *r = replica_exact(ids[i]);
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
  scuttle_config_t config = config_exact();
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

TEST(name_lengths) {
  /* 1 to 246 bytes; 1 to 255 if the name is the source. */
  char name[400];
  size_t len;
  scuttle_t *r = NULL;
  int exact;
  for (exact = 0; exact < 2; exact++) {
    scuttle_config_t config = exact ? config_exact() : config_make();
    size_t most = exact ? 255 : 246;
    for (len = 240; len < 300; len++) {
      int code;
      memset(name, 'x', len);
      name[len] = 0;
      r = (scuttle_t *)(void *)name;
      code = scuttle_new(name, &config, &r);
      CHECK_CODE(code, len <= most ? SCUTTLE_OK : SCUTTLE_E_ID);
      if (len > most) CHECK(r == NULL);
      if (code == SCUTTLE_OK) scuttle_free(r);
    }
    r = (scuttle_t *)(void *)name;
    CHECK_CODE(scuttle_new("", &config, &r), SCUTTLE_E_ID);
    CHECK(r == NULL);
  }
}

TEST(a_name_of_characters_is_measured_in_bytes) {
  char name[300] = "";
  scuttle_t *r = NULL;
  int i;
  for (i = 0; i < 82; i++) strcat(name, "\xe6\x97\xa5"); /* 246 bytes */
  CHECK_CODE(scuttle_new(name, NULL, &r), SCUTTLE_OK);
  scuttle_free(r);
  r = NULL;
  strcat(name, "\xe6\x97\xa5");
  CHECK_CODE(scuttle_new(name, NULL, &r), SCUTTLE_E_ID);
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

/* --- incarnations --- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Copies the source of a new replica, checks its form, and frees the replica. */
static void copy_source(scuttle_t *r, const char *expected_name, char source[256]) {
  const char *id = NULL, *name = NULL;
  size_t id_len = 0, name_len = 0, i;
  CHECK_CODE(scuttle_id(r, &id, &id_len), SCUTTLE_OK);
  CHECK_CODE(scuttle_name(r, &name, &name_len), SCUTTLE_OK);
  CHECK_BYTES(name, name_len, expected_name, strlen(expected_name));
  CHECK_STR(name, expected_name);
  CHECK_INT(strlen(id), id_len);
  CHECK_INT(id_len, name_len + 9);
  if (id_len == name_len + 9) {
    CHECK(memcmp(id, name, name_len) == 0);
    CHECK(id[name_len] == '~');
    for (i = name_len + 1; i < id_len; i++) CHECK(id[i] && strchr(alphabet, id[i]));
  }
  snprintf(source, 256, "%s", id);
  scuttle_free(r);
}

TEST(a_source_is_the_name_and_an_incarnation) {
  scuttle_t *r = replica_make("ada"), *peer = replica_make("peer");
  char source[256];
  const char *id = NULL;
  size_t len = 0;
  scuttle_entry_t entry;
  CHECK_CODE(set(r, "k", "1"), SCUTTLE_OK);
  sync_links(link_make(r), link_make(peer));
  CHECK_CODE(scuttle_id(r, &id, &len), SCUTTLE_OK);
  CHECK_U64(clock_of(peer, id), 1);
  CHECK_CODE(scuttle_get(peer, "k", 1, &entry), SCUTTLE_OK);
  CHECK_BYTES(entry.source, entry.source_len, id, len);
  copy_source(r, "ada", source);
  scuttle_free(peer);
}

TEST(each_start_is_another_incarnation) {
  char sources[50][256];
  int i, j;
  for (i = 0; i < 50; i++) {
    scuttle_t *r = NULL;
    CHECK_CODE(scuttle_new("ada", NULL, &r), SCUTTLE_OK);
    REQUIRE(r);
    copy_source(r, "ada", sources[i]);
    for (j = 0; j < i; j++) CHECK(strcmp(sources[i], sources[j]) != 0);
  }
}

TEST(an_incarnation_follows_from_seed_name_and_save) {
  static const char *const saves[] = {NULL, "{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":1}\n",
                                      "{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":2}\n"};
  char sources[12][256], again[256];
  size_t i, j, n = 0, save;
  uint64_t seed;
  for (seed = 1; seed <= 2; seed++)
    for (i = 0; i < 2; i++)
      for (save = 0; save < 3; save++) {
        const char *name = i ? "ida" : "ada";
        scuttle_config_t config = config_make();
        config.seed = seed;
        config.state = saves[save];
        config.state_len = SCUTTLE_NTS;
        copy_source(replica_with(name, &config), name, sources[n]);
        copy_source(replica_with(name, &config), name, again);
        CHECK_STR(again, sources[n]);
        for (j = 0; j < n; j++) CHECK(strcmp(strchr(sources[n], '~'), strchr(sources[j], '~')) != 0);
        n++;
      }
}

TEST(a_seed_of_the_systems_makes_another_of_each_start_from_one_save) {
  const char *save = "{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":1}\n";
  scuttle_config_t config = config_make();
  char first[256], second[256];
  config.seed = 0;
  config.state = save;
  config.state_len = SCUTTLE_NTS;
  copy_source(replica_with("ada", &config), "ada", first);
  copy_source(replica_with("ada", &config), "ada", second);
  CHECK(strcmp(first, second) != 0);
}

TEST(names_that_end_as_an_incarnation) {
  static const struct {
    const char *name;
    int code;
  } names[] = {{"ada~AZaz09-_", SCUTTLE_E_ID}, {"~abcdefgh", SCUTTLE_E_ID},   {"a~bcdefghi~abcdefgh", SCUTTLE_E_ID},
               {"ada~AZaz09-", SCUTTLE_OK},    {"ada~AZaz09-_0", SCUTTLE_OK}, {"ada~AZaz09-.", SCUTTLE_OK},
               {"ada-AZaz09-_", SCUTTLE_OK},   {"~", SCUTTLE_OK},             {"ada~\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", SCUTTLE_OK}};
  size_t i;
  int exact;
  for (i = 0; i < sizeof names / sizeof *names; i++)
    for (exact = 0; exact < 2; exact++) {
      scuttle_config_t config = exact ? config_exact() : config_make();
      scuttle_t *r = (scuttle_t *)(void *)&i;
      const char *name = NULL;
      size_t len = 0;
      CHECK_CODE(scuttle_new(names[i].name, &config, &r), names[i].code);
      if (names[i].code != SCUTTLE_OK) {
        CHECK(r == NULL);
        continue;
      }
      CHECK_CODE(scuttle_name(r, &name, &len), SCUTTLE_OK);
      CHECK_STR(name, names[i].name);
      scuttle_free(r);
    }
}

TEST(an_exact_id_is_the_name) {
  scuttle_t *r = replica_exact("ada");
  const char *id = NULL, *name = NULL;
  size_t id_len = 0, name_len = 0;
  CHECK_CODE(scuttle_id(r, &id, &id_len), SCUTTLE_OK);
  CHECK_CODE(scuttle_name(r, &name, &name_len), SCUTTLE_OK);
  CHECK_BYTES(id, id_len, "ada", 3);
  CHECK_BYTES(name, name_len, "ada", 3);
  CHECK_CODE(scuttle_name(r, NULL, &name_len), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_name(r, &name, NULL), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_name(NULL, &name, &name_len), SCUTTLE_E_ARGUMENT);
  scuttle_free(r);
}

TEST(the_name_is_valid_until_the_replica_is_freed) {
  scuttle_t *r = replica_make("a-name-to-keep");
  const char *name = NULL, *later = NULL;
  size_t len = 0;
  text_t lines = {NULL, 0, 0};
  text_update(&lines, "k", "1", "b", 3);
  CHECK_CODE(scuttle_name(r, &name, &len), SCUTTLE_OK);
  CHECK_CODE(scuttle_import(r, lines.data, lines.len), SCUTTLE_OK);
  CHECK_CODE(scuttle_name(r, &later, &len), SCUTTLE_OK);
  REQUIRE(name == later); /* not read if it may be freed */
  CHECK_STR(name, "a-name-to-keep");
  text_free(&lines);
  scuttle_free(r);
}

TEST(the_longest_sources_reach_a_peer) {
  char name[247], source[256];
  scuttle_t *r, *peer = replica_make("peer");
  const char *id = NULL;
  size_t len = 0;
  memset(name, 'x', 246);
  name[246] = 0;
  r = replica_make(name);
  CHECK_CODE(set(r, "k", "1"), SCUTTLE_OK);
  sync_links(link_make(r), link_make(peer));
  CHECK_STR(value_of(peer, "k"), "1");
  CHECK_CODE(scuttle_id(r, &id, &len), SCUTTLE_OK);
  CHECK_INT(len, 255);
  CHECK_U64(clock_of(peer, id), 1);
  copy_source(r, name, source);
  scuttle_free(peer);
}

TEST(the_flag_of_unique_ids_changes_nothing) {
  scuttle_config_t config = config_make();
  char without[256], with[256];
  copy_source(replica_with("ada", &config), "ada", without);
  config.flags = SCUTTLE_UNIQUE_ID;
  copy_source(replica_with("ada", &config), "ada", with);
  CHECK_STR(with, without);
  config.flags = SCUTTLE_UNIQUE_ID | SCUTTLE_EXACT_ID;
  {
    scuttle_t *r = replica_with("ada", &config);
    const char *id = NULL;
    size_t len = 0;
    CHECK_CODE(scuttle_id(r, &id, &len), SCUTTLE_OK);
    CHECK_STR(id, "ada");
    scuttle_free(r);
  }
}

TEST(unknown_flags_and_resolvers) {
  scuttle_config_t config = config_make();
  scuttle_t *r = (scuttle_t *)(void *)&config;
  unsigned bit;
  for (bit = 3; bit < 32; bit++) {
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

TEST(many_replicas_are_created_and_freed) {
  int i;
  for (i = 0; i < 5000; i++) {
    scuttle_t *r = replica_make("local");
    set(r, "k", "[1,2,3]");
    scuttle_free(r);
  }
}

TEST(fingerprint_depends_on_the_entries) {
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
  /* Entries with the same bytes, split differently. */
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

TEST(wrong_arguments_of_purge_and_retire) {
  scuttle_t *r = replica_make("local");
  char *before, *after;
  size_t purged = 7;
  set(r, "k", "1");
  scuttle_delete(r, "k", 1);
  before = snapshot(r);
  CHECK_CODE(scuttle_forget(r, "A", 1), SCUTTLE_NOT_FOUND);
  CHECK_CODE(scuttle_forget(r, "A", SCUTTLE_NTS), SCUTTLE_NOT_FOUND);
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
  for (code = 3; code >= -32; code--) {
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
  int codes[] = {4, 100, 2147483647, -33, -1000, -2147483647 - 1};
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
