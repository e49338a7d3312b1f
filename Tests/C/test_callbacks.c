/* Callbacks: on_update, on_compaction, on_drain (the last also in test_backpressure). */
#include "check.h"
#include "support.h"

typedef struct {
  text_t updates;
  text_t gone;
  int compactions, drains;
} seen_t;

static void add(text_t *text, const scuttle_update_t *update) {
  text_add(text, update->key, update->key_len);
  text_str(text, "=");
  text_add(text, update->value, update->value_len);
  text_str(text, " ");
  text_add(text, update->source, update->source_len);
  text_format(text, "%d%s%s;", (int)update->version, update->flags & SCUTTLE_UPDATE_DELETED ? "D" : "",
              update->flags & SCUTTLE_UPDATE_LOCAL ? "L" : "");
  CHECK_INT(update->flags & ~3u, 0);
  CHECK_INT(update->reserved, 0);
  /* The update was never republished: the dot is the timestamp. */
  CHECK_BYTES(update->dot_source, update->dot_source_len, update->source, update->source_len);
  CHECK_U64(update->dot_version, update->version);
}

static void on_update(void *context, const scuttle_update_t *update) { add(&((seen_t *)context)->updates, update); }

static void on_compaction(void *context, const scuttle_update_t *const *updates, size_t count) {
  seen_t *seen = (seen_t *)context;
  size_t i;
  CHECK(count > 0);
  seen->compactions++;
  for (i = 0; i < count; i++) add(&seen->gone, updates[i]);
}

static void on_drain(void *context) { ((seen_t *)context)->drains++; }

static scuttle_config_t config_seeing(seen_t *seen) {
  scuttle_config_t config = config_exact();
  memset(seen, 0, sizeof *seen);
  text_add(&seen->updates, "", 0);
  text_add(&seen->gone, "", 0);
  config.context = seen;
  config.on_update = on_update;
  config.on_compaction = on_compaction;
  config.on_drain = on_drain;
  return config;
}

static void seen_free(seen_t *seen) {
  text_free(&seen->updates);
  text_free(&seen->gone);
}

TEST(on_update_for_local_writes) {
  seen_t seen;
  scuttle_config_t config = config_seeing(&seen);
  scuttle_t *r = replica_with("local", &config);
  set(r, "a", " [ 1 ] ");
  set(r, "a", "2");
  scuttle_delete(r, "a", 1);
  scuttle_delete(r, "b", 1);
  set(r, "", "2");
  set(r, "c", "nonsense");
  CHECK_STR(seen.updates.data, "a=[1] local1L;a=2 local2L;a=null local3DL;b=null local4DL;");
  scuttle_free(r);
  seen_free(&seen);
}

TEST(on_update_for_received_updates_that_become_the_entry) {
  seen_t seen;
  scuttle_config_t config = config_seeing(&seen);
  scuttle_t *r = replica_with("local", &config);
  scuttle_link_t *link = link_make(r);
  feed_update(link, "k", "1", "A", 5);
  feed_update(link, "k", "2", "B", 3); /* beaten */
  feed_update(link, "k", "3", "A", 4); /* covered */
  feed_update(link, "k", "4", "A", 5); /* covered */
  feed_update(link, "k", "5", "B", 5); /* equal version, greater source */
  feed_update(link, "", "6", "B", 9);  /* refused */
  feed(link, "{\"key\":\"k\",\"value\":null,\"source_id\":\"A\",\"version\":8,\"deleted\":true}\n");
  feed(link, "{\"digest\":true,\"source_id\":\"X\",\"version\":3}\n{\"digest\":true,\"done\":true}\n");
  CHECK_STR(seen.updates.data, "k=1 A5;k=5 B5;k=null A8D;");
  scuttle_free(r);
  seen_free(&seen);
}

TEST(on_update_is_in_order_for_many_updates_in_one_write) {
  seen_t seen;
  scuttle_config_t config = config_seeing(&seen);
  scuttle_t *r = replica_with("local", &config);
  text_t lines = {NULL, 0, 0};
  text_update(&lines, "a", "1", "A", 1);
  text_str(&lines, "nonsense\n");
  text_update(&lines, "b", "2", "A", 2);
  text_update(&lines, "a", "3", "A", 3);
  CHECK_CODE(scuttle_link_write(link_make(r), lines.data, lines.len), SCUTTLE_E_JSON);
  CHECK_STR(seen.updates.data, "a=1 A1;b=2 A2;a=3 A3;");
  text_free(&lines);
  scuttle_free(r);
  seen_free(&seen);
}

TEST(on_compaction_comes_before_the_oldest_are_dropped) {
  seen_t seen;
  scuttle_config_t config;
  scuttle_t *r;
  scuttle_link_t *link;
  int i, max;
  for (max = 1; max <= 12; max += max < 3 ? 1 : 9) {
    text_t all = {NULL, 0, 0};
    char *mine, *theirs;
    size_t lines = 0;
    const char *at;
    config = config_seeing(&seen);
    config.max_history = (size_t)max;
    r = replica_with("local", &config);
    link = link_make(r);
    for (i = 1; i <= 60; i++) {
      char key[24], value[24];
      snprintf(key, sizeof key, "k%d", i % 7);
      snprintf(value, sizeof value, "%d", i);
      if (i % 3 == 0) {
        feed_update(link, key, value, "A", (uint64_t)i);
        text_format(&all, "%s=%d A%d;", key, i, i);
      } else {
        set(r, key, value);
        text_format(&all, "%s=%d local%dL;", key, i, i);
      }
      /* The dropped updates and the present ones are all updates. */
      mine = news_text(r, "local", 0);
      theirs = news_text(r, "A", 0);
      for (lines = 0, at = mine; *at; at++) lines += *at == '\n';
      for (at = theirs; *at; at++) lines += *at == '\n';
      if (lines != (size_t)(i < max ? i : max)) CHECK_SAY("%zu remembered of %d, the most is %d", lines, i, max);
      free(mine);
      free(theirs);
    }
    CHECK(strncmp(all.data, seen.gone.data, seen.gone.len) == 0);
    CHECK_INT(text_count(&seen.gone, ";"), 60 - max);
    text_free(&all);
    scuttle_free(r);
    seen_free(&seen);
  }
}

TEST(no_compaction_below_max_history) {
  seen_t seen;
  scuttle_config_t config = config_seeing(&seen);
  scuttle_t *r;
  int i;
  config.max_history = 20;
  r = replica_with("local", &config);
  for (i = 0; i < 20; i++) set(r, "k", "1");
  CHECK_INT(seen.compactions, 0);
  set(r, "k", "1");
  CHECK_INT(seen.compactions, 1);
  CHECK_STR(seen.gone.data, "k=1 local1L;");
  scuttle_free(r); /* is not a compaction */
  CHECK_INT(seen.compactions, 1);
  CHECK_INT(seen.drains, 0);
  seen_free(&seen);
}

TEST(compaction_shows_tombstones_and_beaten_updates) {
  seen_t seen;
  scuttle_config_t config = config_seeing(&seen);
  scuttle_t *r;
  scuttle_link_t *link;
  config.max_history = 1;
  r = replica_with("local", &config);
  link = link_make(r);
  set(r, "k", "1");
  scuttle_delete(r, "k", 1);
  feed_update(link, "k", "9", "A", 1);
  feed_update(link, "l", "9", "A", 2);
  CHECK_STR(seen.gone.data, "k=1 local1L;k=null local2DL;k=9 A1;");
  scuttle_free(r);
  seen_free(&seen);
}

static void read_borrowed(void *context, const scuttle_update_t *update) {
  /* Borrowed for the call: every byte is readable. */
  uint64_t *sum = (uint64_t *)context;
  size_t i;
  for (i = 0; i < update->key_len; i++) *sum += (unsigned char)update->key[i];
  for (i = 0; i < update->value_len; i++) *sum += (unsigned char)update->value[i];
  for (i = 0; i < update->source_len; i++) *sum += (unsigned char)update->source[i];
}

TEST(long_updates_can_be_read_in_the_callback) {
  scuttle_config_t config = config_exact();
  scuttle_t *r;
  uint64_t sum = 0;
  text_t value = {NULL, 0, 0};
  size_t i;
  config.on_update = read_borrowed;
  config.context = &sum;
  r = replica_with("local", &config);
  text_str(&value, "\"");
  for (i = 0; i < 100000; i++) text_str(&value, "ab");
  text_str(&value, "\"");
  CHECK_CODE(set(r, "k", value.data), SCUTTLE_OK);
  CHECK_U64(sum, 'k' + 2 * '"' + 100000ull * ('a' + 'b') + 'l' + 'o' + 'c' + 'a' + 'l');
  text_free(&value);
  scuttle_free(r);
}

typedef struct {
  scuttle_t *other;
  scuttle_link_t *link;
  int calls;
} forward_t;

static void forward(void *context, const scuttle_update_t *update) {
  forward_t *to = (forward_t *)context;
  scuttle_entry_t entry;
  to->calls++;
  CHECK_CODE(scuttle_set(to->other, update->key, update->key_len, update->value, update->value_len), SCUTTLE_OK);
  CHECK_CODE(scuttle_get(to->other, update->key, update->key_len, &entry), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_gossip(to->link), SCUTTLE_OK);
}

TEST(a_callback_may_call_another_replica) {
  scuttle_config_t config = config_make();
  forward_t to = {NULL, NULL, 0};
  scuttle_t *r;
  to.other = replica_make("other");
  to.link = link_make(to.other);
  config.on_update = forward;
  config.context = &to;
  r = replica_with("local", &config);
  set(r, "k", "[1]");
  feed_update(link_make(r), "l", "2", "A", 7);
  CHECK_INT(to.calls, 2);
  CHECK_STR(value_of(to.other, "k"), "[1]");
  CHECK_STR(value_of(to.other, "l"), "2");
  scuttle_free(r);
  scuttle_free(to.other);
}

CHECK_MAIN
