/* Watchers: scuttle_changes. */
#include "check.h"
#include "support.h"

/* What a watcher has seen, "key=value" or "-key" or "!key" (removed by a reset), and when it stops. */
typedef struct {
  text_t text;
  size_t left; /* visits until it stops; 0: never */
  scuttle_t *replica;
} seen_t;

static int see(void *context, const scuttle_update_t *update) {
  seen_t *seen = (seen_t *)context;
  const char *mark = update->flags & SCUTTLE_UPDATE_RESET ? "!" : update->flags & SCUTTLE_UPDATE_DELETED ? "-" : "";
  text_str(&seen->text, mark);
  text_add(&seen->text, update->key, update->key_len);
  if (!*mark) text_str(&seen->text, "=");
  if (!*mark) text_add(&seen->text, update->value, update->value_len);
  text_str(&seen->text, " ");
  if (seen->replica) {
    scuttle_cursor_t inner = {0, 0};
    seen_t other = {{NULL, 0, 0}, 0, NULL};
    CHECK_CODE(scuttle_changes(seen->replica, NULL, 0, &inner, see, &other), SCUTTLE_OK);
    CHECK(other.text.len > 0);
    text_free(&other.text);
    CHECK_CODE(set(seen->replica, "k", "1"), SCUTTLE_E_BUSY);
  }
  return seen->left > 0 && --seen->left == 0;
}

/* Looks at the changes, and compares them and the code. */
#define LOOK(REPLICA, PREFIX, CURSOR, LEFT, CODE, EXPECTED)                                                       \
  do {                                                                                                            \
    seen_t look_seen = {{NULL, 0, 0}, LEFT, NULL};                                                                         \
    text_str(&look_seen.text, "");                                                                                \
    CHECK_CODE(scuttle_changes(REPLICA, PREFIX, SCUTTLE_NTS, CURSOR, see, &look_seen), CODE);                     \
    CHECK_STR(look_seen.text.data ? look_seen.text.data : "", EXPECTED);                                          \
    text_free(&look_seen.text);                                                                                   \
  } while (0)

TEST(each_key_once_in_order_of_arrival) {
  scuttle_t *r = replica_make("A");
  scuttle_cursor_t all = {0, 0}, some = {0, 0}, late = {0, 0};
  LOOK(r, "", &all, 0, SCUTTLE_OK, "");
  set(r, "a/1", "1");
  set(r, "b/1", "2");
  set(r, "a/1", "3");
  LOOK(r, "", &all, 0, SCUTTLE_OK, "b/1=2 a/1=3 ");
  LOOK(r, "", &all, 0, SCUTTLE_OK, "");
  LOOK(r, "b/", &some, 0, SCUTTLE_OK, "b/1=2 ");
  set(r, "a/2", "4");
  unset(r, "a/1");
  set(r, "b/1", "5");
  LOOK(r, "", &all, 0, SCUTTLE_OK, "a/2=4 -a/1 b/1=5 ");
  LOOK(r, "b/", &some, 0, SCUTTLE_OK, "b/1=5 ");
  LOOK(r, "b/", &some, 0, SCUTTLE_OK, "");
  LOOK(r, "", &late, 0, SCUTTLE_OK, "a/2=4 -a/1 b/1=5 "); /* from the beginning */
  LOOK(r, "c", &some, 0, SCUTTLE_OK, "");
  scuttle_free(r);
}

TEST(a_visit_may_stop_and_the_next_call_goes_on) {
  scuttle_t *r = replica_make("A");
  scuttle_cursor_t cursor = {0, 0};
  char key[16];
  for (int i = 0; i < 5; i++) {
    sprintf(key, "k%d", i);
    set(r, key, "0");
  }
  LOOK(r, "", &cursor, 2, SCUTTLE_OK, "k0=0 k1=0 ");
  set(r, "k0", "1");
  unset(r, "k3");
  LOOK(r, "", &cursor, 2, SCUTTLE_OK, "k2=0 k4=0 ");
  LOOK(r, "", &cursor, 1, SCUTTLE_OK, "k0=1 ");
  LOOK(r, "", &cursor, 0, SCUTTLE_OK, "-k3 ");
  LOOK(r, "", &cursor, 0, SCUTTLE_OK, "");
  scuttle_free(r);
}

TEST(a_purged_delete_is_visited) {
  scuttle_t *r = replica_make("A");
  scuttle_cursor_t before = {0, 0}, after;
  size_t purged;
  set(r, "a", "1");
  set(r, "b", "1");
  set(r, "c", "1");
  LOOK(r, "", &before, 0, SCUTTLE_OK, "a=1 b=1 c=1 ");
  unset(r, "b");
  after = before;
  LOOK(r, "", &after, 0, SCUTTLE_OK, "-b ");
  CHECK_CODE(scuttle_purge(r, &purged), SCUTTLE_OK);
  CHECK_INT(purged, 1);
  LOOK(r, "", &after, 0, SCUTTLE_OK, ""); /* it has seen the delete */
  LOOK(r, "x", &before, 0, SCUTTLE_OK, "");
  before.position -= 1; /* as before the delete */
  set(r, "d", "1");
  LOOK(r, "", &before, 0, SCUTTLE_OK, "d=1 ");
  scuttle_free(r);
}

TEST(a_delete_that_comes_and_is_purged_between_two_looks) {
  scuttle_t *r = replica_make("A");
  scuttle_cursor_t cursor = {0, 0}, other;
  size_t purged;
  set(r, "a", "1");
  set(r, "b", "1");
  LOOK(r, "", &cursor, 0, SCUTTLE_OK, "a=1 b=1 ");
  other = cursor;
  unset(r, "a");
  scuttle_purge(r, &purged);
  set(r, "a", "2"); /* it is back before anybody has looked */
  unset(r, "b");
  scuttle_purge(r, &purged);
  set(r, "b", "2");
  unset(r, "b");
  scuttle_purge(r, &purged); /* the second removal of b */
  LOOK(r, "", &cursor, 0, SCUTTLE_OK, "a=2 -b ");
  LOOK(r, "b", &other, 0, SCUTTLE_OK, "-b ");
  scuttle_free(r);
}

TEST(more_removals_than_are_remembered_are_a_gap) {
  scuttle_config_t config = config_make();
  config.max_history = 10;
  scuttle_t *r = replica_with("A", &config);
  scuttle_cursor_t slow = {0, 0}, seen = {0, 0};
  char key[16];
  size_t purged;
  set(r, "stays", "1");
  for (int i = 0; i < 4200; i++) {
    sprintf(key, "k%d", i);
    set(r, key, "0");
  }
  seen_t count = {{NULL, 0, 0}, 0, NULL};
  CHECK_CODE(scuttle_changes(r, NULL, 0, &slow, see, &count), SCUTTLE_OK);
  text_free(&count.text);
  for (int i = 0; i < 4200; i++) {
    sprintf(key, "k%d", i);
    unset(r, key);
  }
  seen = slow;
  CHECK_CODE(scuttle_changes(r, NULL, 0, &seen, see, &count), SCUTTLE_OK);
  CHECK_INT(text_count(&count.text, "-k"), 4200);
  text_free(&count.text);
  CHECK_CODE(scuttle_purge(r, &purged), SCUTTLE_OK);
  CHECK_INT(purged, 4200);
  LOOK(r, "", &seen, 0, SCUTTLE_OK, ""); /* it had seen all of them */
  LOOK(r, "", &slow, 0, SCUTTLE_GAP, "stays=1 ");
  LOOK(r, "", &slow, 0, SCUTTLE_OK, "");
  scuttle_free(r);
}

TEST(a_cursor_of_another_incarnation_is_a_gap) {
  scuttle_t *r = replica_make("A"), *next;
  scuttle_cursor_t cursor = {0, 0}, strange = {1, 1}, far;
  text_t save = {NULL, 0, 0};
  scuttle_config_t config = config_start();
  set(r, "a", "1");
  set(r, "b", "2");
  LOOK(r, "", &cursor, 0, SCUTTLE_OK, "a=1 b=2 ");
  far = cursor;
  far.position += 1000;
  LOOK(r, "", &far, 0, SCUTTLE_GAP, "a=1 b=2 ");
  LOOK(r, "", &strange, 1, SCUTTLE_GAP, "a=1 "); /* it may stop, and goes on */
  LOOK(r, "", &strange, 0, SCUTTLE_OK, "b=2 ");
  export_all(r, &save);
  scuttle_free(r);
  config.state = save.data;
  config.state_len = save.len;
  next = replica_with("A", &config);
  LOOK(next, "", &cursor, 0, SCUTTLE_GAP, "a=1 b=2 ");
  CHECK(cursor.incarnation != far.incarnation);
  text_free(&save);
  scuttle_free(next);
}

TEST(updates_of_peers_and_resets_are_changes) {
  scuttle_t *a = replica_make("A"), *b = replica_make("B");
  scuttle_link_t *la, *lb;
  scuttle_cursor_t cursor = {0, 0};
  size_t purged;
  la = link_make(a);
  lb = link_make(b);
  set(a, "k", "1");
  set(a, "gone", "1");
  sync_links(la, lb);
  LOOK(b, "", &cursor, 0, SCUTTLE_OK, "k=1 gone=1 ");
  scuttle_link_close(la);
  scuttle_link_close(lb);
  unset(a, "gone");
  scuttle_purge(a, &purged);
  set(a, "k", "2");
  la = link_make(a);
  lb = link_make(b);
  sync_links(la, lb);
  CHECK(!value_of(b, "gone"));
  seen_t seen = {{NULL, 0, 0}, 0, NULL};
  CHECK_CODE(scuttle_changes(b, NULL, 0, &cursor, see, &seen), SCUTTLE_OK);
  CHECK_INT(text_count(&seen.text, "!gone "), 1);
  CHECK_INT(text_count(&seen.text, "k=2 "), 1);
  text_free(&seen.text);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(a_look_inside_a_callback_and_bad_arguments) {
  scuttle_t *r = replica_make("A");
  scuttle_cursor_t cursor = {0, 0}, before;
  set(r, "k", "1");
  seen_t seen = {{NULL, 0, 0}, 0, r};
  CHECK_CODE(scuttle_changes(r, NULL, 0, &cursor, see, &seen), SCUTTLE_OK);
  CHECK_STR(seen.text.data, "k=1 ");
  text_free(&seen.text);
  before = cursor;
  CHECK_CODE(scuttle_changes(NULL, NULL, 0, &cursor, see, NULL), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_changes(r, NULL, 0, NULL, see, NULL), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_changes(r, NULL, 0, &cursor, NULL, NULL), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_changes(r, NULL, 3, &cursor, see, NULL), SCUTTLE_E_ARGUMENT);
  CHECK(memcmp(&before, &cursor, sizeof cursor) == 0);
  scuttle_free(r);
}

CHECK_MAIN
