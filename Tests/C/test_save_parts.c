/* Pieces of scuttle_save that are written in several calls, between which the replica changes. */
#include "check.h"
#include "saves.h"

/* The entries that a call may still write, and the file for them. */
typedef struct {
  text_t *file;
  int left;
} part_t;

static int add_entries(void *context, const char *line, size_t len) {
  part_t *part = (part_t *)context;
  text_add(part->file, line, len);
  if (strncmp(line, "{\"key\":", 7) == 0) part->left--;
  return part->left > 0 ? 0 : SCUTTLE_MORE;
}

/* Appends a part of a piece with at most so many entries. */
static int save_part(scuttle_t *replica, scuttle_cursor_t *cursor, text_t *file, int entries) {
  part_t part = {file, entries};
  return scuttle_save(replica, cursor, add_entries, &part);
}

static void set_numbers(scuttle_t *replica, int count, const char *json) {
  char key[16];
  for (int i = 0; i < count; i++) {
    sprintf(key, "k%d", i);
    set(replica, key, json);
  }
}

/* Sets, deletes and purges some of a few keys. */
static void change(scuttle_t *replica, uint64_t *random) {
  char key[16], value[24];
  size_t purged;
  for (size_t count = random_below(random, 4); count > 0; count--) {
    sprintf(key, "k%d", (int)random_below(random, 14));
    sprintf(value, "%d", (int)random_below(random, 1000));
    if (random_below(random, 3)) set(replica, key, value);
    else unset(replica, key);
  }
  if (random_below(random, 5) == 0) scuttle_purge(replica, &purged);
}

TEST(a_piece_in_several_calls_is_the_replica_at_the_last) {
  int calls = 0, removals = 0, open = 0;
  for (uint64_t seed = 1; seed <= 60; seed++) {
    uint64_t random = seed * 0x9e3779b97f4a7c15;
    scuttle_t *r = replica_make("A");
    scuttle_cursor_t cursor = {0, 0};
    text_t file = {NULL, 0, 0};
    int pieces = 0;
    for (int i = 0; i < 10; i++) change(r, &random);
    for (int step = 0; step < 60; step++) {
      int code = save_part(r, &cursor, &file, 1 + (int)random_below(&random, 4));
      if (code != SCUTTLE_OK && code != SCUTTLE_MORE) CHECK_CODE(code, pieces ? -1 : SCUTTLE_GAP);
      calls++;
      open += code == SCUTTLE_MORE;
      if (code != SCUTTLE_MORE) {
        pieces++;
        check_same(r, &file, SCUTTLE_OK);
      }
      change(r, &random);
    }
    CHECK(pieces > 2);
    while (save(r, &cursor, &file) == SCUTTLE_MORE) continue;
    check_same(r, &file, SCUTTLE_OK);
    removals += (int)text_count(&file, "\"removed\"");
    text_free(&file);
    scuttle_free(r);
  }
  printf("  %d calls, of which %d left a piece open; %d removed keys\n", calls, open, removals);
  CHECK(open > 1000 && calls - open > 500 && removals > 500);
}

/* Behind a complete piece an open one counts for nothing, whole or not, wherever it ends. */
TEST(a_piece_that_ends_between_calls_does_not_count) {
  for (int whole = 0; whole < 2; whole++) {
    scuttle_t *r = replica_make("A");
    scuttle_cursor_t cursor = {0, 0}, start = {0, 0};
    text_t file = {NULL, 0, 0};
    size_t purged;
    int code = SCUTTLE_MORE;
    set_numbers(r, 6, "1");
    CHECK_CODE(save(r, &cursor, &file), SCUTTLE_GAP);
    char *before = state_text(r);
    size_t complete = file.len;
    set_numbers(r, 6, "2");
    for (int call = 0; code == SCUTTLE_MORE; call++) {
      REQUIRE(call < 20);
      code = save_part(r, whole ? &start : &cursor, &file, 2);
      if (call == 0) {
        unset(r, "k0");
        scuttle_purge(r, &purged);
        set(r, "k1", "3");
      }
    }
    CHECK_CODE(code, whole ? SCUTTLE_GAP : SCUTTLE_OK);
    CHECK(text_count(&file, "\"removed\":\"k0\"") == 1 && text_count(&file, "\"key\":\"k0\"") == 2);
    for (size_t len = complete; len < file.len - 1; len++) {
      scuttle_t *loaded = load("A", &file, len, len == complete ? SCUTTLE_OK : SCUTTLE_TORN);
      char *after = state_text(loaded);
      CHECK_STR(after, before);
      free(after);
      scuttle_free(loaded);
    }
    check_same(r, &file, SCUTTLE_OK);
    free(before);
    text_free(&file);
    scuttle_free(r);
  }
}

/* Of a first piece that is not complete the entries count, and the version vector stays empty. */
TEST(a_first_piece_that_ends_between_calls_claims_nothing) {
  scuttle_t *r = replica_make("A");
  scuttle_cursor_t cursor = {0, 0};
  text_t file = {NULL, 0, 0};
  const char *source;
  size_t source_len, purged;
  set_numbers(r, 6, "1");
  CHECK_CODE(save_part(r, &cursor, &file, 4), SCUTTLE_MORE);
  unset(r, "k1");
  scuttle_purge(r, &purged);
  CHECK_CODE(save_part(r, &cursor, &file, 1), SCUTTLE_MORE);
  scuttle_id(r, &source, &source_len);
  scuttle_t *loaded = load("B", &file, file.len, SCUTTLE_TORN);
  CHECK_INT(count_of(loaded), 4);
  CHECK(value_of(loaded, "k1") == NULL && value_of(loaded, "k4") != NULL);
  CHECK_U64(clock_of(loaded, source), 0);
  scuttle_free(loaded);
  CHECK_CODE(save(r, &cursor, &file), SCUTTLE_GAP);
  check_same(r, &file, SCUTTLE_OK);
  text_free(&file);
  scuttle_free(r);
}

/* A host whose write has failed goes back to the cursor of what it has. */
TEST(a_part_can_be_written_again) {
  scuttle_t *r = replica_make("A");
  scuttle_cursor_t cursor = {0, 0}, lost;
  text_t file = {NULL, 0, 0}, elsewhere = {NULL, 0, 0};
  int code = SCUTTLE_MORE;
  char value[16];
  set_numbers(r, 9, "1");
  for (int call = 0; code == SCUTTLE_MORE; call++) {
    REQUIRE(call < 30);
    lost = cursor;
    save_part(r, &lost, &elsewhere, 3);
    sprintf(value, "%d", call);
    if (call < 5) set(r, "k0", value);
    if (call == 2) unset(r, "k1");
    code = save_part(r, &cursor, &file, 2);
  }
  CHECK_CODE(code, SCUTTLE_GAP);
  check_same(r, &file, SCUTTLE_OK);
  text_free(&elsewhere);
  text_free(&file);
  scuttle_free(r);
}

static int stop(void *context, const char *line, size_t len) {
  (void)context, (void)line, (void)len;
  return 1;
}

TEST(a_part_that_stops_does_not_move_the_cursor) {
  scuttle_t *r = replica_make("A");
  scuttle_cursor_t cursor = {0, 0}, before;
  text_t file = {NULL, 0, 0};
  int code = SCUTTLE_MORE;
  set_numbers(r, 5, "1");
  for (int call = 0; code == SCUTTLE_MORE; call++) {
    REQUIRE(call < 10);
    code = save_part(r, &cursor, &file, 1);
    before = cursor;
    if (code == SCUTTLE_MORE) CHECK_CODE(scuttle_save(r, &cursor, stop, NULL), SCUTTLE_OK);
    CHECK(memcmp(&before, &cursor, sizeof cursor) == 0);
  }
  check_same(r, &file, SCUTTLE_OK);
  text_free(&file);
  scuttle_free(r);
}

/* `take` may return SCUTTLE_MORE for any line; each call then writes one entry, and the last one what there is besides. */
TEST(only_behind_an_entry_does_a_part_end) {
  scuttle_t *r = replica_make("A");
  scuttle_cursor_t cursor = {0, 0};
  text_t file = {NULL, 0, 0};
  size_t purged, before;
  set_numbers(r, 4, "1");
  for (int call = 0; call < 4; call++) {
    before = file.len;
    CHECK_CODE(save_part(r, &cursor, &file, 0), SCUTTLE_MORE);
    CHECK_INT(lines_of(&file, before), call ? 1 : 2);
  }
  before = file.len;
  CHECK_CODE(save_part(r, &cursor, &file, 0), SCUTTLE_GAP);
  CHECK_INT(lines_of(&file, before), 2); /* source and end */
  unset(r, "k0");
  unset(r, "k1");
  scuttle_purge(r, &purged);
  before = file.len;
  CHECK_CODE(save_part(r, &cursor, &file, 0), SCUTTLE_OK);
  CHECK_INT(lines_of(&file, before), 5); /* head, two keys, source and end */
  check_same(r, &file, SCUTTLE_OK);
  text_free(&file);
  scuttle_free(r);
}

TEST(too_many_other_saves_begin_the_piece_anew) {
  for (int others = 31; others <= 32; others++) {
    scuttle_t *r = replica_make("A");
    scuttle_cursor_t cursor = {0, 0}, other = {0, 0};
    text_t file = {NULL, 0, 0}, elsewhere = {NULL, 0, 0};
    char value[16];
    set_numbers(r, 5, "1");
    save(r, &cursor, &file);
    set_numbers(r, 3, "2");
    CHECK_CODE(save_part(r, &cursor, &file, 1), SCUTTLE_MORE);
    for (int i = 0; i < others; i++) {
      sprintf(value, "%d", i);
      set(r, "other", value);
      save(r, &other, &elsewhere);
    }
    CHECK_CODE(save(r, &cursor, &file), others == 31 ? SCUTTLE_OK : SCUTTLE_GAP);
    /* The head of a whole piece in the midst of an open one replaces that. */
    if (others == 32) {
      text_t whole = {NULL, 0, 0};
      const char *head = strstr(file.data, "\"follows\"");
      REQUIRE(head);
      while (head[-1] != '\n') head--;
      const char *again = strstr(head, "\n{\"digest\":true,\"export\"");
      REQUIRE(again);
      text_str(&whole, again + 1);
      check_same(r, &whole, SCUTTLE_OK);
      text_free(&whole);
    }
    check_same(r, &file, SCUTTLE_OK);
    text_free(&elsewhere);
    text_free(&file);
    scuttle_free(r);
  }
}

TEST(more_removals_than_are_remembered_begin_the_piece_anew) {
  for (int more = 0; more < 2; more++) {
    scuttle_config_t config = config_make();
    config.max_history = 10;
    scuttle_t *r = replica_with("A", &config);
    scuttle_cursor_t cursor = {0, 0};
    text_t file = {NULL, 0, 0};
    size_t purged;
    char key[16];
    set_numbers(r, 4096 + more, "1");
    set(r, "stays", "1");
    CHECK_CODE(save(r, &cursor, &file), SCUTTLE_GAP);
    set(r, "stays", "2");
    set(r, "late", "1");
    CHECK_CODE(save_part(r, &cursor, &file, 1), SCUTTLE_MORE);
    for (int i = 0; i < 4096 + more; i++) {
      sprintf(key, "k%d", i);
      unset(r, key);
    }
    CHECK_CODE(scuttle_purge(r, &purged), SCUTTLE_OK);
    CHECK_INT(purged, 4096 + more);
    CHECK_CODE(save(r, &cursor, &file), more ? SCUTTLE_GAP : SCUTTLE_OK);
    check_same(r, &file, SCUTTLE_OK);
    text_free(&file);
    scuttle_free(r);
  }
}

/* Old removals, of which most were dropped, do not matter for a new file. */
TEST(removals_before_the_first_call_are_no_gap) {
  scuttle_config_t config = config_make();
  config.max_history = 10;
  scuttle_t *r = replica_with("A", &config);
  scuttle_cursor_t cursor = {0, 0};
  text_t file = {NULL, 0, 0};
  size_t purged;
  char key[16];
  int code = SCUTTLE_MORE, calls = 0;
  for (int i = 0; i < 10; i++) {
    sprintf(key, "old%d", i);
    set(r, key, "1");
  }
  set_numbers(r, 5000, "1");
  for (int i = 0; i < 5000; i++) {
    sprintf(key, "k%d", i);
    unset(r, key);
  }
  scuttle_purge(r, &purged);
  for (; code == SCUTTLE_MORE && calls < 20; calls++) code = save_part(r, &cursor, &file, 1);
  CHECK_CODE(code, SCUTTLE_GAP);
  CHECK_INT(calls, 11);
  CHECK_INT(text_count(&file, "\"removed\""), 0);
  CHECK_INT(text_count(&file, "\"export\""), 1);
  check_same(r, &file, SCUTTLE_OK);
  text_free(&file);
  scuttle_free(r);
}

/* Each line states its own tick, also those of calls behind the head's. */
TEST(a_time_to_live_goes_on_in_parts) {
  for (int ticked = 0; ticked < 2; ticked++) {
    scuttle_t *r = replica_make("A");
    scuttle_cursor_t cursor = {0, 0};
    text_t file = {NULL, 0, 0};
    if (ticked) scuttle_tick(r, 4000);
    scuttle_set_ttl(r, "early", SCUTTLE_NTS, "1", SCUTTLE_NTS, ticked ? 2000 : 1000);
    set(r, "k", "1");
    scuttle_set_ttl(r, "middle", SCUTTLE_NTS, "1", SCUTTLE_NTS, ticked ? 2200 : 1200);
    CHECK_CODE(save_part(r, &cursor, &file, 1), SCUTTLE_MORE);
    scuttle_tick(r, 5000); /* with this tick, or the first, 1,000 and 1,200 ms are left */
    CHECK_CODE(save_part(r, &cursor, &file, 1), SCUTTLE_MORE);
    scuttle_tick(r, 5400);
    scuttle_set_ttl(r, "late", SCUTTLE_NTS, "1", SCUTTLE_NTS, 1000);
    CHECK_CODE(save(r, &cursor, &file), SCUTTLE_GAP);
    scuttle_free(r);
    r = load("A", &file, file.len, SCUTTLE_OK);
    scuttle_tick(r, 5999);
    CHECK_INT(count_of(r), 4);
    scuttle_tick(r, 6000);
    CHECK(value_of(r, "early") == NULL && value_of(r, "middle") != NULL);
    scuttle_tick(r, 6199);
    CHECK(value_of(r, "middle") != NULL);
    scuttle_tick(r, 6200);
    CHECK(value_of(r, "middle") == NULL && value_of(r, "late") != NULL);
    scuttle_tick(r, 6399);
    CHECK(value_of(r, "late") != NULL);
    scuttle_tick(r, 6400);
    CHECK_INT(count_of(r), 1);
    text_free(&file);
    scuttle_free(r);
  }
}

/* What peers tell between the calls is in the last one. */
TEST(claims_of_peers_come_with_the_last_call) {
  scuttle_t *a = replica_make("A"), *b = replica_make("B"), *c = replica_make("C"), *loaded;
  scuttle_link_t *la = link_make(a), *lb = link_make(b), *lc = link_make(c), *ca = link_make(a);
  scuttle_cursor_t cursor = {0, 0};
  text_t file = {NULL, 0, 0};
  const char *source;
  size_t len;
  set_numbers(a, 3, "1");
  sync_links(la, lb);
  CHECK_CODE(save_part(a, &cursor, &file, 1), SCUTTLE_MORE);
  set(b, "b", "1");
  set(c, "c", "1");
  sync_links(la, lb);
  sync_links(ca, lc);
  CHECK_CODE(save_part(a, &cursor, &file, 1), SCUTTLE_MORE);
  scuttle_forget(a, "C", SCUTTLE_NTS);
  CHECK_CODE(save(a, &cursor, &file), SCUTTLE_GAP);
  check_same(a, &file, SCUTTLE_OK);
  loaded = load("A", &file, file.len, SCUTTLE_OK);
  CHECK_INT(text_count(&file, "\"names\""), 1);
  scuttle_id(b, &source, &len);
  CHECK(clock_of(a, source) > 0);
  CHECK_U64(clock_of(loaded, source), clock_of(a, source));
  scuttle_id(c, &source, &len);
  CHECK_U64(clock_of(loaded, source), clock_of(a, source));
  CHECK(version_of(loaded) >= version_of(a));
  text_free(&file);
  scuttle_free(a);
  scuttle_free(b);
  scuttle_free(c);
  scuttle_free(loaded);
}

static int accepts_short_keys(void *context, scuttle_link_t *from, const scuttle_update_t *update) {
  (void)context, (void)from;
  return update->key_len < 8;
}

/* Returns the exceptions to the vector in the last complete piece. */
static uint64_t exceptions_of(scuttle_t *replica) {
  text_t text = {NULL, 0, 0};
  export_all(replica, &text);
  uint64_t count = text_count(&text, "\"refused\"");
  text_free(&text);
  return count;
}

/* The head of a piece says whether all exceptions are in it. If that becomes untrue, a whole piece begins. */
TEST(a_refusal_between_calls_begins_a_piece_anew_that_lacks_it) {
  for (int whole = 0; whole < 2; whole++) {
    scuttle_config_t config = config_make();
    config.accept = accepts_short_keys;
    scuttle_t *a = replica_with("A", &config), *b = replica_make("B"), *loaded;
    scuttle_link_t *la = link_make(a), *lb = link_make(b);
    scuttle_cursor_t cursor = {0, 0};
    text_t file = {NULL, 0, 0};
    set_numbers(a, 3, "1");
    if (!whole) {
      CHECK_CODE(save(a, &cursor, &file), SCUTTLE_GAP);
      set_numbers(a, 3, "2");
    }
    CHECK_CODE(save_part(a, &cursor, &file, 1), SCUTTLE_MORE);
    set(b, "too_long_a_key", "1");
    scuttle_gossip(a);
    for (int i = 0; i < 4; i++) {
      move_all(la, lb, NULL);
      move_all(lb, la, NULL); /* returns the refusal, which is no error of the peer's */
    }
    CHECK_U64(exceptions_of(a), 1);
    CHECK_CODE(save(a, &cursor, &file), SCUTTLE_GAP);
    CHECK_INT(text_count(&file, "\"export\""), whole ? 1 : 3);
    check_same(a, &file, SCUTTLE_OK);
    loaded = load("A", &file, file.len, SCUTTLE_OK);
    CHECK_U64(exceptions_of(loaded), 1);
    text_free(&file);
    scuttle_free(a);
    scuttle_free(b);
    scuttle_free(loaded);
  }
}

CHECK_MAIN
