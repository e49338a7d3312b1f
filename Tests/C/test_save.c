/* Saves in pieces: scuttle_save and scuttle_import. */
#include "check.h"
#include "saves.h"

TEST(a_file_of_pieces_is_a_whole_save_at_every_point) {
  scuttle_t *r = replica_make("A");
  scuttle_cursor_t cursor = {0, 0};
  text_t file = {NULL, 0, 0};
  uint64_t random = 7;
  size_t purged;
  char key[16], value[16];
  CHECK_CODE(save(r, &cursor, &file), SCUTTLE_GAP);
  check_same(r, &file, SCUTTLE_OK);
  for (int step = 0; step < 120; step++) {
    size_t before = file.len;
    for (size_t count = random_below(&random, 4); count > 0; count--) {
      sprintf(key, "k%d", (int)random_below(&random, 12));
      sprintf(value, "%d", step);
      if (random_below(&random, 3)) set(r, key, value);
      else unset(r, key);
    }
    if (random_below(&random, 8) == 0) scuttle_purge(r, &purged);
    CHECK_CODE(save(r, &cursor, &file), SCUTTLE_OK);
    check_same(r, &file, SCUTTLE_OK);
    CHECK(lines_of(&file, before) <= 12);
  }
  CHECK(text_count(&file, "\"removed\"") > 3);
  text_free(&file);
  scuttle_free(r);
}

TEST(nothing_has_changed_and_a_piece_has_no_lines) {
  scuttle_t *r = replica_make("A");
  scuttle_cursor_t cursor = {0, 0}, before;
  text_t file = {NULL, 0, 0};
  set(r, "k", "1");
  CHECK_CODE(save(r, &cursor, &file), SCUTTLE_GAP);
  size_t len = file.len;
  before = cursor;
  CHECK_CODE(save(r, &cursor, &file), SCUTTLE_OK);
  CHECK_INT(file.len, len);
  CHECK(memcmp(&before, &cursor, sizeof cursor) == 0);
  set(r, "l", "2");
  CHECK_CODE(save(r, &cursor, &file), SCUTTLE_OK);
  CHECK_INT(lines_of(&file, len), 4); /* head, own source, entry, end */
  text_free(&file);
  scuttle_free(r);
}

TEST(a_file_truncated_anywhere_is_the_last_complete_piece) {
  scuttle_t *r = replica_make("A");
  scuttle_cursor_t cursor = {0, 0};
  text_t file = {NULL, 0, 0};
  size_t ends[8], purged;
  char *states[8];
  int pieces = 0;
  for (; pieces < 8; pieces++) {
    char key[16];
    sprintf(key, "k%d", pieces % 3);
    if (pieces % 4 == 3) {
      unset(r, key);
      scuttle_purge(r, &purged);
    } else {
      set(r, key, pieces % 2 ? "[1,2]" : "\"x\"");
    }
    CHECK_CODE(save(r, &cursor, &file), pieces ? SCUTTLE_OK : SCUTTLE_GAP);
    ends[pieces] = file.len;
    states[pieces] = state_text(r);
  }
  int at = 0;
  for (size_t len = ends[0]; len <= file.len; len++) {
    while (at + 1 < pieces && ends[at + 1] <= len) at++;
    /* The last newline may be missing. */
    int isNext = at + 1 < pieces && len + 1 == ends[at + 1];
    scuttle_t *loaded = load("A", &file, len, len == ends[at] || isNext ? SCUTTLE_OK : SCUTTLE_TORN);
    char *state = state_text(loaded);
    CHECK_STR(state, states[at + isNext]);
    free(state);
    scuttle_free(loaded);
  }
  for (int i = 0; i < pieces; i++) free(states[i]);
  text_free(&file);
  scuttle_free(r);
}

TEST(a_start_goes_on_with_its_file) {
  scuttle_t *r = replica_make("A");
  scuttle_cursor_t cursor = {0, 0};
  text_t file = {NULL, 0, 0};
  char key[16];
  for (int start = 0; start < 6; start++) {
    sprintf(key, "k%d", start);
    set(r, key, "1");
    set(r, "same", key + 1);
    size_t before = file.len;
    CHECK_CODE(save(r, &cursor, &file), start ? SCUTTLE_OK : SCUTTLE_GAP);
    CHECK(lines_of(&file, before) <= 6);
    scuttle_free(r);
    r = load("A", &file, file.len, SCUTTLE_OK);
    cursor.incarnation = cursor.position = 0;
    set(r, "early", key + 1); /* before the host has its cursor */
    CHECK_CODE(scuttle_save(r, &cursor, NULL, NULL), SCUTTLE_OK);
    CHECK(cursor.incarnation != 0);
  }
  CHECK_CODE(save(r, &cursor, &file), SCUTTLE_OK);
  check_same(r, &file, SCUTTLE_OK);
  CHECK_INT(count_of(r), 8);
  text_free(&file);
  scuttle_free(r);
}

TEST(without_an_import_there_is_nothing_to_go_on_from) {
  scuttle_t *r = replica_make("A");
  scuttle_cursor_t cursor = {1, 2};
  set(r, "k", "1");
  CHECK_CODE(scuttle_save(r, &cursor, NULL, NULL), SCUTTLE_OK);
  CHECK_U64(cursor.incarnation, 0);
  CHECK_U64(cursor.position, 0);
  scuttle_free(r);
}

static int stop_at_second(void *context, const char *line, size_t len) {
  (void)line, (void)len;
  return ++*(int *)context == 2;
}

TEST(a_piece_that_stops_does_not_move_the_cursor) {
  scuttle_t *r = replica_make("A");
  scuttle_cursor_t cursor = {0, 0}, before = {0, 0};
  text_t file = {NULL, 0, 0};
  set(r, "k", "1");
  for (int piece = 0; piece < 3; piece++) {
    int lines = 0;
    CHECK_CODE(scuttle_save(r, &cursor, stop_at_second, &lines), SCUTTLE_OK);
    CHECK_INT(lines, 2);
    CHECK(memcmp(&before, &cursor, sizeof cursor) == 0);
    CHECK_CODE(save(r, &cursor, &file), piece ? SCUTTLE_OK : SCUTTLE_GAP);
    before = cursor;
    set(r, "k", "2");
    set(r, "l", "3");
  }
  CHECK_CODE(save(r, &cursor, &file), SCUTTLE_OK);
  check_same(r, &file, SCUTTLE_OK);
  text_free(&file);
  scuttle_free(r);
}

TEST(a_whole_piece_replaces_those_before_it) {
  scuttle_t *r = replica_make("A");
  scuttle_cursor_t cursor = {0, 0}, none = {0, 0};
  text_t file = {NULL, 0, 0};
  size_t purged;
  set(r, "a", "1");
  set(r, "b", "1");
  CHECK_CODE(save(r, &cursor, &file), SCUTTLE_GAP);
  set(r, "c", "1");
  CHECK_CODE(save(r, &cursor, &file), SCUTTLE_OK);
  unset(r, "b");
  scuttle_purge(r, &purged);
  CHECK_CODE(save(r, &none, &file), SCUTTLE_GAP);
  check_same(r, &file, SCUTTLE_OK);
  set(r, "d", "1");
  CHECK_CODE(save(r, &none, &file), SCUTTLE_OK);
  check_same(r, &file, SCUTTLE_OK);
  text_free(&file);
  scuttle_free(r);
}

TEST(more_removals_than_are_remembered_are_a_gap) {
  scuttle_config_t config = config_make();
  config.max_history = 10;
  scuttle_t *r = replica_with("A", &config);
  scuttle_cursor_t cursor = {0, 0};
  text_t file = {NULL, 0, 0};
  size_t purged;
  char key[16];
  set(r, "stays", "1");
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < 4096 + round; i++) {
      sprintf(key, "k%d", i);
      set(r, key, "0");
    }
    CHECK_CODE(save(r, &cursor, &file), round ? SCUTTLE_OK : SCUTTLE_GAP);
    for (int i = 0; i < 4096 + round; i++) {
      sprintf(key, "k%d", i);
      unset(r, key);
    }
    scuttle_purge(r, &purged);
    CHECK_INT(purged, 4096 + round);
    CHECK_CODE(save(r, &cursor, &file), round ? SCUTTLE_GAP : SCUTTLE_OK);
    check_same(r, &file, SCUTTLE_OK);
  }
  text_free(&file);
  scuttle_free(r);
}

TEST(a_piece_that_does_not_go_on_from_the_one_before_is_an_error) {
  scuttle_t *r = replica_make("A"), *loaded = replica_make("A");
  scuttle_cursor_t cursor = {0, 0};
  text_t file = {NULL, 0, 0};
  size_t ends[3];
  for (int i = 0; i < 3; i++) {
    set(r, "k", i ? "1" : "2");
    save(r, &cursor, &file);
    ends[i] = file.len;
  }
  text_t without = {NULL, 0, 0};
  text_add(&without, file.data, ends[0]);
  text_add(&without, file.data + ends[1], ends[2] - ends[1]);
  CHECK_CODE(scuttle_import(loaded, without.data, without.len), SCUTTLE_E_MESSAGE);
  CHECK_INT(count_of(loaded), 0);
  CHECK_CODE(scuttle_import(loaded, file.data + ends[0], ends[1] - ends[0]), SCUTTLE_E_MESSAGE); /* no whole piece */
  CHECK_CODE(scuttle_import(loaded, file.data, file.len), SCUTTLE_OK);
  text_free(&without);
  text_free(&file);
  scuttle_free(r);
  scuttle_free(loaded);
}

TEST(a_time_to_live_goes_on_in_pieces) {
  scuttle_t *r = replica_make("A");
  scuttle_cursor_t cursor = {0, 0};
  text_t file = {NULL, 0, 0};
  scuttle_set_ttl(r, "early", SCUTTLE_NTS, "1", SCUTTLE_NTS, 1000); /* before the first tick */
  CHECK_CODE(save(r, &cursor, &file), SCUTTLE_GAP);
  scuttle_tick(r, 5000);
  CHECK_CODE(save(r, &cursor, &file), SCUTTLE_OK);
  scuttle_tick(r, 5400);
  scuttle_set_ttl(r, "late", SCUTTLE_NTS, "1", SCUTTLE_NTS, 1000);
  CHECK_CODE(save(r, &cursor, &file), SCUTTLE_OK);
  scuttle_free(r);
  r = load("A", &file, file.len, SCUTTLE_OK);
  scuttle_tick(r, 5999);
  CHECK_INT(count_of(r), 2);
  scuttle_tick(r, 6000);
  CHECK(!value_of(r, "early"));
  CHECK(value_of(r, "late") != NULL);
  scuttle_tick(r, 6399);
  CHECK(value_of(r, "late") != NULL);
  scuttle_tick(r, 6400);
  CHECK_INT(count_of(r), 0);
  text_free(&file);
  scuttle_free(r);
}

TEST(what_peers_have_told_is_saved) {
  scuttle_t *a = replica_make("A"), *b = replica_make("B"), *loaded;
  scuttle_link_t *la = link_make(a), *lb = link_make(b);
  scuttle_cursor_t cursor = {0, 0};
  text_t file = {NULL, 0, 0};
  CHECK_CODE(save(a, &cursor, &file), SCUTTLE_GAP);
  set(b, "k", "1");
  sync_links(la, lb);
  CHECK_CODE(save(a, &cursor, &file), SCUTTLE_OK);
  scuttle_forget(a, "B", SCUTTLE_NTS);
  CHECK_CODE(save(a, &cursor, &file), SCUTTLE_OK);
  loaded = load("A", &file, file.len, SCUTTLE_OK);
  const char *source;
  size_t len;
  scuttle_id(b, &source, &len);
  CHECK_U64(clock_of(loaded, source), clock_of(a, source));
  CHECK(clock_of(loaded, source) > 0);
  CHECK_INT(text_count(&file, "\"names\""), 1);
  /* The loaded replica is in step with its peer: a gossip brings no entry. */
  scuttle_link_t *l = link_make(loaded);
  scuttle_link_t *other = link_make(b);
  text_t out = {NULL, 0, 0};
  scuttle_gossip(loaded);
  for (int round = 0; round < 4; round++) {
    move_all(l, other, &out);
    move_all(other, l, &out);
  }
  CHECK_INT(text_count(&out, "\"key\":\"k\""), 0);
  text_free(&out);
  text_free(&file);
  scuttle_free(a);
  scuttle_free(b);
  scuttle_free(loaded);
}

static int save_inside(void *context, const scuttle_update_t *update) {
  scuttle_cursor_t cursor = {0, 0};
  text_t file = {NULL, 0, 0};
  (void)update;
  CHECK_CODE(save((scuttle_t *)context, &cursor, &file), SCUTTLE_E_BUSY);
  return 0;
}

TEST(bad_arguments) {
  scuttle_t *r = replica_make("A");
  scuttle_cursor_t cursor = {0, 0};
  text_t file = {NULL, 0, 0};
  set(r, "k", "1");
  CHECK_CODE(save(NULL, &cursor, &file), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(save(r, NULL, &file), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_state(r, NULL, 0, save_inside, r), SCUTTLE_OK);
  cursor.incarnation = 3; /* of nobody */
  CHECK_CODE(save(r, &cursor, &file), SCUTTLE_GAP);
  check_same(r, &file, SCUTTLE_OK);
  text_free(&file);
  scuttle_free(r);
}

CHECK_MAIN
