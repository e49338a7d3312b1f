/* Saving a replica and starting from the save: whole, truncated, as another incarnation, under another id, and from an old
   save. */
#include "check.h"
#include "support.h"

/* Creates a replica with entries, tombstones, other sources and an entry that will expire. */
static scuttle_t *populated(const char *id) {
  scuttle_config_t config = config_exact();
  scuttle_t *r, *peer = replica_exact("peer");
  size_t purged;
  config.max_history = 5;
  r = replica_with(id, &config);
  set(peer, "theirs", "[1]");
  set(peer, "beaten", "1");
  sync_links(link_make(r), link_make(peer));
  set(r, "line\nbreak \"\\ \x01", "{\"a\":[1.50,\"\\u00e9\"]}");
  set(r, "gone", "1");
  unset(r, "gone");
  scuttle_purge(r, &purged);
  set(r, "beaten", "2");
  set(r, "gone too", "1");
  unset(r, "gone too");
  scuttle_tick(r, 1000);
  scuttle_set_ttl(r, "short", SCUTTLE_NTS, "1", 1, 60);
  feed_update(link_make(r), "k", "null", "r\xc3\xa4pli", 77);
  scuttle_free(peer);
  return r;
}

/* Adds an export without the incarnation and the epoch, which differ with each start. */
static void comparable_export(scuttle_t *r, text_t *out) {
  text_t lines = {NULL, 0, 0};
  char *part = clock_text(r);
  text_str(out, part);
  free(part);
  export_all(r, &lines);
  part = lines_with(&lines, "{\"key\"");
  text_str(out, part);
  free(part);
  part = lines_with(&lines, "{\"digest\":true,\"end\"");
  text_str(out, part);
  free(part);
  text_format(out, "%" PRIu64 "\n", version_of(r));
  text_free(&lines);
}

TEST(a_round_trip) {
  scuttle_t *a = populated("local"), *b = replica_exact("local"), *c = replica_exact("local");
  text_t saved = {NULL, 0, 0}, again = {NULL, 0, 0}, before = {NULL, 0, 0}, after = {NULL, 0, 0};
  char *state_a, *state_b;
  guarded_t memory;
  export_all(a, &saved);
  CHECK(strncmp(saved.data, "{\"digest\":true,\"export\":{\"source\":\"local\",", 41) == 0);
  CHECK(text_count(&saved, "{\"digest\":true,\"end\":") == 1 && saved.data[saved.len - 1] == '\n');
  memory = guarded_copy(saved.data, saved.len);
  CHECK_CODE(scuttle_import(b, memory.data, memory.len), SCUTTLE_OK);
  guarded_free(&memory); /* read during the call only */
  comparable_export(a, &before);
  comparable_export(b, &after);
  CHECK_STR(after.data, before.data);
  CHECK_U64(fingerprint_of(b), fingerprint_of(a));
  state_a = state_text(a);
  state_b = state_text(b);
  CHECK_STR(state_b, state_a);
  export_all(b, &again); /* and once more */
  CHECK_CODE(scuttle_import(c, again.data, again.len), SCUTTLE_OK);
  text_free(&after);
  comparable_export(c, &after);
  CHECK_STR(after.data, before.data);
  free(state_a);
  free(state_b);
  text_free(&saved);
  text_free(&again);
  text_free(&before);
  text_free(&after);
  scuttle_free(a);
  scuttle_free(b);
  scuttle_free(c);
}

TEST(a_save_continues_its_source) {
  scuttle_t *a = populated("local"), *peer = replica_exact("another peer"), *b = replica_exact("local");
  scuttle_link_t *link, *to;
  text_t saved = {NULL, 0, 0};
  uint64_t version;
  sync_links(link_make(a), link_make(peer));
  export_all(a, &saved);
  version = version_of(a);
  scuttle_free(a);
  CHECK_CODE(scuttle_import(b, saved.data, saved.len), SCUTTLE_OK);
  CHECK_CODE(set(b, "new", "1"), SCUTTLE_OK);
  CHECK(version_of(b) > version); /* nothing is issued twice */
  CHECK_CODE(scuttle_tick(b, 1060), SCUTTLE_OK);
  CHECK(value_of(b, "short") == NULL);
  link = link_make(b);
  to = link_make(peer);
  CHECK_CODE(scuttle_gossip(peer), SCUTTLE_OK);
  carry(link, to);
  sync_links(link, to);
  CHECK_STR(value_of(peer, "new"), "1");
  CHECK(value_of(peer, "short") == NULL);
  CHECK(value_of(b, "gone") == NULL);
  CHECK_U64(fingerprint_of(peer), fingerprint_of(b));
  text_free(&saved);
  scuttle_free(b);
  scuttle_free(peer);
}

/* Starts a name from a save, with a seed of the system's. */
static int start(const char *name, const text_t *saved, size_t len, scuttle_t **out) {
  scuttle_config_t config = config_make();
  config.seed = 0;
  config.state = saved->data;
  config.state_len = len;
  return scuttle_new(name, &config, out);
}

TEST(a_name_continues_under_another_source) {
  /* All entries of its save are there, including those that the earlier incarnation wrote. */
  scuttle_t *a = replica_make("local"), *peer = replica_make("peer"), *b = NULL;
  text_t saved = {NULL, 0, 0};
  const char *was = NULL, *is = NULL, *name = NULL;
  size_t len = 0;
  set(a, "k", "1");
  set(a, "gone", "1");
  unset(a, "gone");
  sync_links(link_make(a), link_make(peer));
  export_all(a, &saved);
  CHECK_CODE(start("local", &saved, saved.len, &b), SCUTTLE_OK);
  REQUIRE(b);
  CHECK_CODE(scuttle_id(a, &was, &len), SCUTTLE_OK);
  CHECK_CODE(scuttle_id(b, &is, &len), SCUTTLE_OK);
  CHECK_CODE(scuttle_name(b, &name, &len), SCUTTLE_OK);
  CHECK_STR(name, "local");
  CHECK(strcmp(was, is) != 0);
  CHECK_U64(fingerprint_of(b), fingerprint_of(a));
  CHECK_U64(clock_of(b, was), clock_of(a, was));
  CHECK_CODE(set(b, "k", "2"), SCUTTLE_OK);
  CHECK(version_of(b) > version_of(a));
  sync_links(link_make(b), link_make(peer));
  CHECK_STR(value_of(peer, "k"), "2");
  CHECK_U64(fingerprint_of(peer), fingerprint_of(b));
  text_free(&saved);
  scuttle_free(a);
  scuttle_free(b);
  scuttle_free(peer);
}

TEST(a_name_starts_from_any_save) {
  /* From a save that is older than the sent updates, and from one that ends anywhere: no version is issued twice. */
  scuttle_t *a = replica_make("local"), *peer = replica_make("peer");
  text_t saved = {NULL, 0, 0};
  size_t cut;
  set(a, "k", "1");
  set(a, "old", "1");
  export_all(a, &saved);
  set(a, "k", "2");
  set(a, "l", "2");
  sync_links(link_make(a), link_make(peer));
  scuttle_free(a); /* and its last state with it */
  for (cut = 1; cut <= saved.len; cut++) {
    scuttle_t *b = NULL;
    char key[24];
    int code = start("local", &saved, cut, &b);
    CHECK_CODE(code, cut + 1 >= saved.len ? SCUTTLE_OK : SCUTTLE_TORN);
    REQUIRE(b);
    snprintf(key, sizeof key, "of %zu", cut);
    CHECK_CODE(set(b, key, "1"), SCUTTLE_OK);
    sync_links(link_make(b), link_make(peer));
    CHECK_STR(value_of(peer, key), "1");
    CHECK_STR(value_of(b, "k"), "2");
    CHECK_STR(value_of(b, "l"), "2");
    CHECK_U64(fingerprint_of(b), fingerprint_of(peer));
    scuttle_free(b);
  }
  text_free(&saved);
  scuttle_free(peer);
}

TEST(an_import_enters_neither_history_nor_callbacks) {
  scuttle_t *a = populated("local"), *b = replica_exact("other");
  text_t saved = {NULL, 0, 0};
  char *news;
  export_all(a, &saved);
  CHECK_CODE(scuttle_import(b, saved.data, saved.len), SCUTTLE_OK);
  news = news_text(b, "local", 0);
  CHECK_STR(news, "");
  free(news);
  CHECK_U64(clock_of(b, "local"), clock_of(a, "local"));
  CHECK_U64(fingerprint_of(b), fingerprint_of(a)); /* a copy that is a replica of its own */
  CHECK_CODE(set(b, "of b", "1"), SCUTTLE_OK);
  sync_links(link_make(a), link_make(b));
  CHECK_STR(value_of(a, "of b"), "1");
  text_free(&saved);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(only_a_new_replica_imports) {
  const char *line = "{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":5}\n";
  int form;
  for (form = 0; form < 6; form++) {
    scuttle_t *r = replica_exact("local");
    scuttle_link_t *link;
    char *before, *after;
    switch (form) {
    case 0: set(r, "k", "2"); break;
    case 1: unset(r, "k"); break;
    case 2: link_make(r); break;
    case 3:
      link = link_make(r);
      feed_update(link, "l", "1", "A", 9);
      scuttle_link_close(link);
      break;
    case 4: scuttle_tick(r, 5); break;
    default: CHECK_CODE(scuttle_import(r, line, strlen(line)), SCUTTLE_OK);
    }
    before = snapshot(r);
    CHECK_CODE(scuttle_import(r, line, strlen(line)), SCUTTLE_E_ARGUMENT);
    after = snapshot(r);
    CHECK_STR(after, before);
    free(before);
    free(after);
    scuttle_free(r);
  }
}

TEST(wrong_arguments) {
  scuttle_t *r = replica_exact("local");
  CHECK_CODE(scuttle_import(NULL, "", 0), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_import(r, NULL, 5), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_import(r, "x", SIZE_MAX - 1), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_import(r, "x", (size_t)PTRDIFF_MAX + 1), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_import(r, "", 0), SCUTTLE_OK);
  CHECK_CODE(set(r, "k", "1"), SCUTTLE_OK);
  scuttle_free(r);
}

TEST(a_bad_line_imports_nothing) {
  static const struct {
    const char *line;
    int code;
  } bad[] = {
      {"nonsense\n", SCUTTLE_E_JSON},
      {"{\"key\":\"\",\"value\":1,\"source_id\":\"A\",\"version\":5}\n", SCUTTLE_E_KEY},
      {"{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":0}\n", SCUTTLE_E_VERSION},
      {"{\"digest\":true,\"done\":true}\n", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"request\":{\"revision\":0,\"from\":0}}\n", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"cover\":{\"A\":[0,5]},\"lines\":[0,\"00000000\"]}\n", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"twin\":true}\n", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"end\":7}\n", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"export\":{\"source\":\"local\",\"lamport\":5,\"incarnation\":5}}\n", SCUTTLE_E_MESSAGE}, /* in the middle */
  };
  size_t i;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    scuttle_t *r = replica_exact("local");
    text_t lines = {NULL, 0, 0};
    char *before = snapshot(r), *after;
    int code;
    text_update(&lines, "a", "1", "A", 1);
    text_str(&lines, bad[i].line);
    text_update(&lines, "b", "1", "A", 2);
    code = scuttle_import(r, lines.data, lines.len);
    if (code != bad[i].code) CHECK_SAY("%s is %s, not %s", bad[i].line, code_name(code), code_name(bad[i].code));
    after = snapshot(r);
    CHECK_STR(after, before);
    text_free(&lines);
    text_update(&lines, "a", "1", "A", 1); /* it may be tried again */
    CHECK_CODE(scuttle_import(r, lines.data, lines.len), SCUTTLE_OK);
    CHECK_STR(value_of(r, "a"), "1");
    text_free(&lines);
    free(before);
    free(after);
    scuttle_free(r);
  }
}

TEST(truncated_anywhere) {
  /* It is a start, under any name: the lines become entries, nothing is claimed of others, and peers send the rest. */
  scuttle_t *a = populated("local");
  text_t saved = {NULL, 0, 0};
  size_t cut;
  export_all(a, &saved);
  for (cut = 1; cut < saved.len; cut++) {
    char id[32];
    scuttle_t *made[2];
    size_t i;
    snprintf(id, sizeof id, "other %zu", cut); /* an exact source belongs to one incarnation */
    made[0] = replica_exact("local");
    made[1] = replica_exact(id);
    for (i = 0; i < 2; i++) {
      int code = scuttle_import(made[i], saved.data, cut);
      CHECK_CODE(code, cut + 1 == saved.len ? SCUTTLE_OK : SCUTTLE_TORN);
      if (code == SCUTTLE_TORN) CHECK_U64(clock_of(made[i], "peer"), 0);
    }
    if (cut % 20 == 0) {
      CHECK_CODE(set(made[1], "of the other", "1"), SCUTTLE_OK);
      sync_links(link_make(made[1]), link_make(a));
      CHECK_U64(fingerprint_of(made[1]), fingerprint_of(a));
    }
    for (i = 0; i < 2; i++) scuttle_free(made[i]);
  }
  text_free(&saved);
  scuttle_free(a);
}

TEST(an_end_that_counts_other_lines) {
  scuttle_t *a = populated("local"), *b = replica_exact("other");
  text_t saved = {NULL, 0, 0}, less = {NULL, 0, 0};
  const char *line, *next;
  int n = 0;
  export_all(a, &saved);
  for (line = saved.data; *line; line = next, n++) { /* one line is missing */
    next = strchr(line, '\n') + 1;
    if (n != 3) text_add(&less, line, (size_t)(next - line));
  }
  CHECK_CODE(scuttle_import(b, less.data, less.len), SCUTTLE_E_MESSAGE);
  CHECK_INT(count_of(b), 0);
  text_free(&saved);
  text_free(&less);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(an_old_export) {
  /* A replica of an exact source wrote on after its save. Whichever side requests, the replica receives the updates that it
     lacks, and issues no version twice: its low-water mark rises above the peer's version before it writes. */
  int by_peer;
  for (by_peer = 0; by_peer < 2; by_peer++) {
    scuttle_t *a = replica_exact("local"), *peer = replica_exact("peer"), *b = replica_exact("local");
    scuttle_link_t *link, *to;
    text_t saved = {NULL, 0, 0};
    uint64_t version;
    set(a, "k", "1");
    export_all(a, &saved);
    set(a, "k", "2");
    set(a, "l", "2");
    sync_links(link_make(a), link_make(peer));
    version = version_of(peer);
    scuttle_free(a); /* and its last state with it */
    CHECK_CODE(scuttle_import(b, saved.data, saved.len), SCUTTLE_OK);
    link = link_make(b);
    to = link_make(peer);
    CHECK_CODE(scuttle_link_gossip(by_peer ? to : link), SCUTTLE_OK);
    carry(link, to);
    sync_links(link, to);
    CHECK_STR(value_of(b, "k"), "2");
    CHECK_STR(value_of(b, "l"), "2");
    CHECK_STR(value_of(peer, "k"), "2");
    CHECK_CODE(set(b, "k", "3"), SCUTTLE_OK);
    CHECK(version_of(b) > version);
    sync_links(link, to);
    CHECK_STR(value_of(peer, "k"), "3");
    CHECK_U64(fingerprint_of(peer), fingerprint_of(b));
    text_free(&saved);
    scuttle_free(b);
    scuttle_free(peer);
  }
}

TEST(an_old_export_that_writes_at_once) {
  /* It writes before it has met a peer: a version is issued twice, which is reported, and one of both writes stands at both. */
  scuttle_t *a = replica_exact("local"), *peer = replica_exact("peer"), *b = replica_exact("local");
  scuttle_link_t *link, *to;
  text_t saved = {NULL, 0, 0};
  int round, told = 0;
  set(a, "k", "1");
  export_all(a, &saved);
  set(a, "k", "2");
  set(a, "l", "2");
  set(a, "m", "2");
  sync_links(link_make(a), link_make(peer));
  scuttle_free(a);
  CHECK_CODE(scuttle_import(b, saved.data, saved.len), SCUTTLE_OK);
  CHECK_CODE(set(b, "k", "3"), SCUTTLE_OK); /* a version that was issued before, and less than the peer has */
  link = link_make(b);
  to = link_make(peer);
  for (round = 0; round < 40; round++) {
    int code;
    if (round % 10 == 0) CHECK(scuttle_link_gossip(to) >= 0);
    code = move_all(to, link, NULL);
    if (code < 0) CHECK_CODE(code, SCUTTLE_E_CORRUPT);
    told += code < 0;
    code = move_all(link, to, NULL);
    if (code < 0) CHECK_CODE(code, SCUTTLE_E_CORRUPT);
    told += code < 0;
  }
  CHECK(told > 0);
  CHECK_STR(value_of(peer, "k"), "2");
  CHECK_STR(value_of(b, "k"), "2");
  CHECK_STR(value_of(b, "m"), "2");
  text_free(&saved);
  scuttle_free(b);
  scuttle_free(peer);
}

CHECK_MAIN
