/* Initial entries: config.state. */
#include "check.h"
#include "support.h"

static int make(const char *state, size_t len, scuttle_t **out) {
  scuttle_config_t config = config_exact();
  config.state = state;
  config.state_len = len;
  return scuttle_new("local", &config, out);
}

static void fail_update(void *context, const scuttle_update_t *update) {
  (void)context;
  CHECK_SAY("on_update for %.*s", (int)update->key_len, update->key);
}

TEST(entries_in_any_order) {
  const char *state = "{\"key\":\"b\",\"value\":2,\"source_id\":\"A\",\"version\":9}\n"
                      "{\"key\":\"a\",\"value\":[1],\"source_id\":\"A\",\"version\":3}\n"
                      "{\"key\":\"c\",\"value\":null,\"source_id\":\"B\",\"version\":4,\"deleted\":true}\n"
                      "{\"key\":\"d\",\"value\":\"x\",\"source_id\":\"local\",\"version\":7}"; /* the last without its newline */
  scuttle_config_t config = config_make();
  scuttle_t *r = NULL;
  char *text;
  int form;
  for (form = 0; form < 2; form++) {
    guarded_t memory = guarded_copy(state, strlen(state) + (size_t)form);
    config.state = memory.data;
    config.state_len = form ? SCUTTLE_NTS : strlen(state);
    config.on_update = fail_update;
    CHECK_CODE(scuttle_new("local", &config, &r), SCUTTLE_OK);
    guarded_free(&memory); /* read during scuttle_new only */
    REQUIRE(r);
    text = state_text(r);
    CHECK_STR(text, "a\t[1]\tA\t3\nb\t2\tA\t9\nd\t\"x\"\tlocal\t7\n");
    free(text);
    CHECK_INT(count_of(r), 3);
    CHECK_U64(clock_of(r, "A"), 0); /* entries alone claim nothing */
    CHECK_U64(clock_of(r, "B"), 0);
    CHECK_U64(version_of(r), 9);
    text = news_text(r, "A", 0); /* not in the history */
    CHECK_STR(text, "");
    free(text);
    scuttle_free(r);
  }
}

TEST(an_exact_source_continues) {
  scuttle_t *r = NULL;
  scuttle_link_t *link;
  scuttle_entry_t entry;
  CHECK_CODE(make("{\"key\":\"k\",\"value\":1,\"source_id\":\"local\",\"version\":7}\n", SCUTTLE_NTS, &r), SCUTTLE_OK);
  REQUIRE(r);
  link = link_make(r);
  CHECK_CODE(feed_update(link, "k", "1", "local", 7), SCUTTLE_OK); /* its own, covered */
  CHECK_CODE(feed_update(link, "k", "2", "local", 7), SCUTTLE_E_CORRUPT);
  CHECK_CODE(feed_update(link, "k", "0", "local", 5), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "k", "0", "local", 8), SCUTTLE_E_IDENTITY);
  CHECK_CODE(set(r, "k", "2"), SCUTTLE_OK);
  CHECK_CODE(scuttle_get(r, "k", 1, &entry), SCUTTLE_OK);
  CHECK_U64(entry.version, 8);
  scuttle_free(r);
}

TEST(of_two_for_one_key_the_resolver_decides) {
  const char *states[] = {
      "{\"key\":\"k\",\"value\":9,\"source_id\":\"A\",\"version\":1}\n{\"key\":\"k\",\"value\":1,\"source_id\":\"B\",\"version\":2}\n",
      "{\"key\":\"k\",\"value\":1,\"source_id\":\"B\",\"version\":2}\n{\"key\":\"k\",\"value\":9,\"source_id\":\"A\",\"version\":1}\n"};
  size_t i;
  uint32_t resolver;
  for (i = 0; i < 2; i++)
    for (resolver = 0; resolver < 3; resolver++) {
      scuttle_config_t config = config_make();
      scuttle_t *r;
      config.resolver = resolver;
      config.state = states[i];
      config.state_len = SCUTTLE_NTS;
      r = replica_with("local", &config);
      CHECK_STR(value_of(r, "k"), resolver == SCUTTLE_STRICTLY_ORDER_VALUES ? "9" : "1");
      CHECK_INT(count_of(r), 1);
      CHECK_U64(clock_of(r, "A"), 0);
      CHECK_U64(clock_of(r, "B"), 0);
      CHECK_U64(version_of(r), 2);
      scuttle_free(r);
    }
}

TEST(one_source_backwards_for_one_key) {
  scuttle_t *r = NULL;
  CHECK_CODE(make("{\"key\":\"k\",\"value\":2,\"source_id\":\"A\",\"version\":2}\n{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":1}\n",
                  SCUTTLE_NTS, &r),
             SCUTTLE_OK);
  REQUIRE(r);
  CHECK_STR(value_of(r, "k"), "2");
  scuttle_free(r);
}

TEST(no_state) {
  scuttle_t *r = NULL;
  CHECK_CODE(make(NULL, 0, &r), SCUTTLE_OK);
  scuttle_free(r);
  r = NULL;
  CHECK_CODE(make("", 0, &r), SCUTTLE_OK);
  scuttle_free(r);
  r = NULL;
  CHECK_CODE(make("", SCUTTLE_NTS, &r), SCUTTLE_OK);
  scuttle_free(r);
  r = NULL;
  CHECK_CODE(make(NULL, SCUTTLE_NTS, &r), SCUTTLE_OK); /* a NULL field has its default */
  scuttle_free(r);
  r = (scuttle_t *)(void *)&r;
  CHECK_CODE(make("x", SIZE_MAX - 1, &r), SCUTTLE_E_ARGUMENT);
  CHECK(r == NULL);
  r = (scuttle_t *)(void *)&r;
  CHECK_CODE(make("x", (size_t)PTRDIFF_MAX + 1, &r), SCUTTLE_E_ARGUMENT);
  CHECK(r == NULL);
}

TEST(errors_of_the_state) {
  static const struct {
    const char *lines;
    int code;
  } bad[] = {
      {"nonsense\n", SCUTTLE_E_JSON},
      {"{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":1}\nnonsense\n", SCUTTLE_E_JSON},
      {"{\"key\":\"\",\"value\":1,\"source_id\":\"A\",\"version\":1}\n", SCUTTLE_E_KEY},
      {"{\"key\":\"k\",\"value\":1,\"source_id\":\"\",\"version\":1}\n", SCUTTLE_E_ID},
      {"{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":0}\n", SCUTTLE_E_VERSION},
      {"{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":\"1\"}\n", SCUTTLE_E_VERSION},
      {"{\"key\":\"k\",\"value\":1,\"source_id\":\"A\"}\n", SCUTTLE_E_MESSAGE},
      {"{\"key\":\"k\\u0000\",\"value\":1,\"source_id\":\"A\",\"version\":1}\n", SCUTTLE_E_NUL},
      {"{\"key\":\"\xff\",\"value\":1,\"source_id\":\"A\",\"version\":1}\n", SCUTTLE_E_UTF8},
      {"{\"key\":\"k\",\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":1}\n", SCUTTLE_E_DUPLICATE},
      {"{\"key\":\"k\",\"value\":1e999,\"source_id\":\"A\",\"version\":1}\n", SCUTTLE_E_NUMBER},
      {"{\"digest\":true,\"source_id\":\"A\",\"version\":1,\"done\":true}\n", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"done\":true}\n", SCUTTLE_E_MESSAGE},
  };
  size_t i;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    scuttle_t *r = (scuttle_t *)(void *)&i;
    int code = make(bad[i].lines, SCUTTLE_NTS, &r);
    if (code != bad[i].code) CHECK_SAY("%s is %s, not %s", bad[i].lines, code_name(code), code_name(bad[i].code));
    CHECK(r == NULL);
  }
}

TEST(a_state_whose_last_line_is_truncated) {
  /* The lines in front of it are loaded. */
  static const char *const torn[] = {"nonsense", "{\"key\":\"l\",\"value\":1,\"source_id\":\"A\",\"version\":2", "{", "\xff"};
  size_t i;
  for (i = 0; i < sizeof torn / sizeof *torn; i++) {
    scuttle_t *r = NULL;
    text_t lines = {NULL, 0, 0};
    text_update(&lines, "k", "1", "A", 1);
    text_str(&lines, torn[i]);
    CHECK_CODE(make(lines.data, lines.len, &r), SCUTTLE_TORN);
    REQUIRE(r);
    CHECK_STR(value_of(r, "k"), "1");
    CHECK_INT(count_of(r), 1);
    CHECK_CODE(set(r, "k", "2"), SCUTTLE_OK);
    scuttle_free(r);
    text_free(&lines);
    CHECK_CODE(make(torn[i], SCUTTLE_NTS, &r), SCUTTLE_TORN);
    REQUIRE(r);
    CHECK_INT(count_of(r), 0);
    scuttle_free(r);
  }
}

TEST(a_million_bytes_of_state) {
  text_t lines = {NULL, 0, 0};
  scuttle_t *a = replica_make("a"), *b = NULL;
  scuttle_link_t *link = link_make(a);
  int i;
  for (i = 20000; i > 0; i--) {
    char key[24], source[24];
    snprintf(key, sizeof key, "key %d", i);
    snprintf(source, sizeof source, "s%d", i % 7);
    text_update(&lines, key, "[true]", source, (uint64_t)i);
  }
  for (i = 1; i <= 20000; i++) {
    char key[24], source[24];
    snprintf(key, sizeof key, "key %d", i);
    snprintf(source, sizeof source, "s%d", i % 7);
    feed_update(link, key, "[true]", source, (uint64_t)i);
  }
  CHECK_CODE(make(lines.data, lines.len, &b), SCUTTLE_OK);
  REQUIRE(b);
  CHECK_INT(count_of(b), 20000);
  CHECK_U64(fingerprint_of(a), fingerprint_of(b));
  { /* and it is sent on, in order */
    scuttle_t *c = replica_make("c");
    scuttle_link_t *lb = link_make(b), *lc = link_make(c);
    sync_links(lb, lc);
    CHECK_U64(fingerprint_of(c), fingerprint_of(a));
    scuttle_free(c);
  }
  text_free(&lines);
  scuttle_free(a);
  scuttle_free(b);
}

static void save(void *context, const scuttle_update_t *update) {
  text_t *text = (text_t *)context;
  text_str(text, "{\"key\":\"");
  text_escaped(text, update->key, update->key_len);
  text_str(text, "\",\"value\":");
  text_add(text, update->value, update->value_len);
  text_str(text, ",\"source_id\":\"");
  text_escaped(text, update->source, update->source_len);
  text_format(text, "\",\"version\":%" PRIu64 "%s}\n", update->version, update->flags & SCUTTLE_UPDATE_DELETED ? ",\"deleted\":true" : "");
}

TEST(updates_of_callbacks_are_a_state) {
  /* A host that keeps the updates of on_update, and starts from them, has the same replica again, deletes included. */
  scuttle_t *a = NULL, *b = NULL;
  text_t saved = {NULL, 0, 0};
  scuttle_config_t config = config_make();
  config.context = &saved;
  config.on_update = save;
  CHECK_CODE(scuttle_new("local", &config, &a), SCUTTLE_OK);
  set(a, "k", "{\"a\":[1.50,\"\\u00e9\"]}");
  set(a, "line\nbreak \"\\ \x01 \xf0\x9f\x90\x99", "\"\"");
  set(a, "gone", "1");
  scuttle_delete(a, "gone", 4);
  feed_update(link_make(a), "theirs", "null", "r\xc3\xa4pli", 77);
  CHECK_CODE(make(saved.data, saved.len, &b), SCUTTLE_OK);
  REQUIRE(b);
  CHECK_U64(fingerprint_of(b), fingerprint_of(a));
  CHECK_U64(version_of(b), version_of(a));
  text_free(&saved);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(an_export_continues_its_source) {
  /* Entries, tombstones, vector and version: the next start issues no version twice and resurrects no key. */
  scuttle_t *a = replica_exact("local"), *peer = replica_exact("peer"), *b = NULL;
  text_t saved = {NULL, 0, 0}, again = {NULL, 0, 0};
  char *lines[2];
  set(peer, "beaten", "1");
  sync_links(link_make(a), link_make(peer));
  set(a, "beaten", "2");
  set(a, "line\nbreak \"", "[1.50]");
  set(a, "gone", "1");
  CHECK_CODE(scuttle_delete(a, "gone", 4), SCUTTLE_OK);
  export_all(a, &saved);
  CHECK_CODE(make(saved.data, saved.len, &b), SCUTTLE_OK);
  REQUIRE(b);
  CHECK_U64(fingerprint_of(b), fingerprint_of(a));
  CHECK_U64(version_of(b), version_of(a));
  CHECK_U64(clock_of(b, "local"), version_of(a));
  CHECK_U64(clock_of(b, "peer"), clock_of(a, "peer"));
  export_all(b, &again);
  lines[0] = lines_with(&saved, "{\"key\"");
  lines[1] = lines_with(&again, "{\"key\"");
  CHECK_STR(lines[1], lines[0]);
  free(lines[0]);
  free(lines[1]);
  set(b, "new", "1");
  CHECK_U64(version_of(b), version_of(a) + 1);
  sync_links(link_make(b), link_make(peer));
  CHECK_U64(fingerprint_of(peer), fingerprint_of(b));
  text_free(&saved);
  text_free(&again);
  scuttle_free(a);
  scuttle_free(b);
  scuttle_free(peer);
}

static int stop_at_once(void *context, const char *line, size_t line_len) {
  (void)line;
  (void)line_len;
  ++*(int *)context;
  return 1;
}

TEST(an_export_stops_if_the_visitor_does) {
  scuttle_t *r = replica_make("local");
  int calls = 0;
  set(r, "a", "1");
  set(r, "b", "1");
  CHECK_CODE(scuttle_export(r, stop_at_once, &calls), SCUTTLE_OK);
  CHECK_INT(calls, 1);
  scuttle_free(r);
}

TEST(a_vector_to_start_from) {
  scuttle_t *r = NULL;
  CHECK_CODE(make("{\"digest\":true,\"source_id\":\"A\",\"id\":\"A\",\"version\":7}\n", SCUTTLE_NTS, &r), SCUTTLE_OK);
  REQUIRE(r);
  CHECK_U64(clock_of(r, "A"), 7);
  CHECK_U64(version_of(r), 7);
  scuttle_free(r);
  CHECK_CODE(make("{\"digest\":true,\"done\":true}\n", SCUTTLE_NTS, &r), SCUTTLE_E_MESSAGE);
  CHECK_CODE(make("{\"digest\":true,\"id\":\"A\",\"version\":9007199254740992}\n", SCUTTLE_NTS, &r), SCUTTLE_E_VERSION);
}

TEST(two_keys_of_one_version) {
  /* No replica ever writes that. Rejected, or one or both of them accepted: but then both reach a peer. */
  scuttle_t *r = NULL, *peer = replica_make("peer");
  int code = make("{\"key\":\"a\",\"value\":1,\"source_id\":\"A\",\"version\":5}\n{\"key\":\"b\",\"value\":1,\"source_id\":\"A\",\"version\":5}\n", SCUTTLE_NTS, &r);
  if (code == SCUTTLE_OK) {
    scuttle_link_t *a = link_make(r), *b = link_make(peer);
    sync_links(a, b);
    CHECK_U64(fingerprint_of(peer), fingerprint_of(r));
  }
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(a_state_of_the_longest_jump) {
  scuttle_t *r = NULL;
  CHECK_CODE(make("{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":281474976710656}\n", SCUTTLE_NTS, &r), SCUTTLE_OK);
  scuttle_free(r);
}

CHECK_MAIN
