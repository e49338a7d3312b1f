/* Calls into the replica from each of its callbacks: reading calls return the present state, all others SCUTTLE_E_BUSY, and no
   call deadlocks. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "check.h"
#include "support.h"

#include <pthread.h>
#include <unistd.h>

#define DONE "{\"digest\":true,\"done\":true}\n"

static scuttle_t *busy_replica;
static scuttle_link_t *busy_link;
static int busy_calls, busy_depth, busy_compacts;

/* The state as all functions show it that are readable in callbacks, as lines. They agree with each other. */
typedef struct {
  text_t text;
  size_t entries, remembered, sources;
} seen_t;

static int see_entry(void *context, const scuttle_update_t *update) {
  seen_t *seen = (seen_t *)context;
  scuttle_entry_t entry;
  char buffer[256];
  size_t needed = 0;
  seen->entries++;
  text_add(&seen->text, update->key, update->key_len);
  text_str(&seen->text, "=");
  text_add(&seen->text, update->value, update->value_len);
  text_str(&seen->text, ";");
  CHECK_CODE(scuttle_get(busy_replica, update->key, update->key_len, &entry), SCUTTLE_OK);
  CHECK_BYTES(entry.value, entry.value_len, update->value, update->value_len);
  CHECK_BYTES(entry.source, entry.source_len, update->source, update->source_len);
  CHECK_U64(entry.version, update->version);
  CHECK_CODE(scuttle_get_copy(busy_replica, update->key, update->key_len, buffer, sizeof buffer, &needed, &entry), SCUTTLE_OK);
  CHECK_BYTES(entry.value, entry.value_len, update->value, update->value_len);
  CHECK_U64(needed, entry.value_len + 1 + entry.source_len + 1);
  return 0;
}

static int see_remembered(void *context, const scuttle_update_t *update) {
  seen_t *seen = (seen_t *)context;
  seen->remembered++;
  text_add(&seen->text, update->key, update->key_len);
  text_str(&seen->text, "@");
  text_format(&seen->text, "%" PRIu64, update->version);
  text_str(&seen->text, ";");
  return 0;
}

static int count_news(void *context, const scuttle_update_t *update) {
  (void)update;
  ++*(size_t *)context;
  return 0;
}

static int see_source(void *context, const char *source, size_t source_len, uint64_t version) {
  seen_t *seen = (seen_t *)context;
  uint64_t highest = 0;
  seen->sources++;
  CHECK(source_len > 0 && source[0] != 0 && version > 0);
  CHECK_CODE(scuttle_version(busy_replica, &highest), SCUTTLE_OK);
  CHECK(version <= highest);
  return 0;
}

/* Adds "key=value; …|key@version; …|", entries and history. */
static void see(seen_t *seen) {
  scuttle_t *r = busy_replica;
  size_t count = 0, news = 0;
  memset(seen, 0, sizeof *seen);
  text_add(&seen->text, "", 0);
  CHECK_CODE(scuttle_state(r, NULL, 0, see_entry, seen), SCUTTLE_OK);
  CHECK_CODE(scuttle_count(r, &count), SCUTTLE_OK);
  CHECK_U64(seen->entries, count);
  text_str(&seen->text, "|");
  CHECK_CODE(scuttle_history(r, see_remembered, seen), SCUTTLE_OK);
  CHECK_CODE(scuttle_clock(r, see_source, seen), SCUTTLE_OK);
  CHECK_CODE(scuttle_news(r, "local", 5, 0, count_news, &news), SCUTTLE_OK);
  CHECK_CODE(scuttle_news(r, "A", 1, 0, count_news, &news), SCUTTLE_OK);
  CHECK_U64(news, seen->remembered);
}

static int no_line(void *context, const char *line, size_t line_len) {
  (void)context;
  (void)line;
  (void)line_len;
  CHECK_SAY("visited inside of a callback");
  return 0;
}

static const char *busy_expected; /* the state in `sort`, from before the call */
static seen_t busy_seen; /* in the latest callback */
static text_t busy_story; /* one line a callback */

static int never_dropped(void *context, const scuttle_update_t *update) {
  (void)context;
  (void)update;
  CHECK_SAY("called inside of a callback");
  return 1;
}

#define BUSY(CALL) CHECK_CODE(CALL, SCUTTLE_E_BUSY)

static void call_everything(void) {
  scuttle_t *r = busy_replica;
  scuttle_link_t *link = busy_link, *opened = (scuttle_link_t *)(void *)&link;
  scuttle_entry_t entry;
  scuttle_update_t update;
  scuttle_span_t span;
  const char *id;
  char buffer[64];
  size_t n;
  uint64_t u;
  memset(&update, 0, sizeof update);
  update.key = "k", update.key_len = 1;
  update.value = "1", update.value_len = 1;
  update.source = "A", update.source_len = 1;
  update.version = 1;
  busy_calls++;
  CHECK(++busy_depth == 1);
  BUSY(scuttle_set(r, "k", 1, "1", 1));
  BUSY(scuttle_set(r, "k", SCUTTLE_NTS, "1", SCUTTLE_NTS));
  BUSY(scuttle_delete(r, "k", 1));
  BUSY(scuttle_set_ttl(r, "k", 1, "1", 1, 5));
  BUSY(scuttle_tick(r, 5));
  BUSY(scuttle_import(r, "", 0));
  BUSY(scuttle_history_write(r, &update));
  BUSY(scuttle_accept_again(r));
  BUSY(scuttle_fingerprint(r, &u));
  BUSY(scuttle_export(r, no_line, NULL));
  BUSY(scuttle_gossip(r));
  BUSY(scuttle_purge(r, &n));
  BUSY(scuttle_forget(r, "A", 1));
  BUSY(scuttle_link_open(r, NULL, &opened));
  CHECK(opened == NULL);
  BUSY(scuttle_link_gossip(link));
  BUSY(scuttle_link_write(link, "nonsense\n", 9));
  BUSY(scuttle_link_read(link, buffer, sizeof buffer, &n));
  BUSY(scuttle_link_peek(link, &span, 1, &n));
  BUSY(scuttle_link_consume(link, 0));
  BUSY(scuttle_write(r, DONE, 28));
  BUSY(scuttle_read(r, buffer, sizeof buffer, &n));
  if (!busy_compacts) {
    BUSY(scuttle_history_trim(r, never_dropped, NULL, &n));
    BUSY(scuttle_history_keep(r, 1000));
  }
  CHECK_CODE(scuttle_id(r, &id, &n), SCUTTLE_OK);
  CHECK_BYTES(id, n, "local", 5);
  CHECK_CODE(scuttle_name(r, &id, &n), SCUTTLE_OK);
  CHECK_BYTES(id, n, "local", 5);
  CHECK_CODE(scuttle_errmsg_copy(r, buffer, sizeof buffer), SCUTTLE_OK);
  CHECK_CODE(scuttle_get(r, "never", 5, &entry), SCUTTLE_NOT_FOUND);
  CHECK_CODE(scuttle_get(r, "", 0, &entry), SCUTTLE_E_KEY); /* errors as in any call */
  CHECK_CODE(scuttle_get_copy(r, "k", 1, NULL, 5, &n, &entry), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_count(r, NULL), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_history(r, NULL, NULL), SCUTTLE_E_ARGUMENT);
  text_free(&busy_seen.text);
  see(&busy_seen);
  CHECK(scuttle_errmsg(r) != NULL);
  CHECK(scuttle_strerror(SCUTTLE_E_BUSY) != NULL); /* these have no replica */
  CHECK(scuttle_library_version() != NULL);
  scuttle_link_close(link);
  scuttle_free(r);
  busy_depth--;
}

static int on_resolve(void *context, const scuttle_update_t *update, const scuttle_update_t *current) {
  (void)context;
  (void)current;
  call_everything();
  CHECK(update->key_len > 0 && update->key[0] != 0);
  text_format(&busy_story, "resolve %.*s@%" PRIu64 ": %s\n", (int)update->key_len, update->key, update->version, busy_seen.text.data);
  return 1;
}

static int on_sort(void *context, const scuttle_update_t *a, const scuttle_update_t *b) {
  (void)context;
  /* Reading the history sorts, too. */
  if (busy_calls < 20 && !busy_depth) {
    call_everything();
    CHECK_STR(busy_seen.text.data, busy_expected);
  }
  return a->version < b->version ? -1 : a->version > b->version;
}

static void on_update(void *context, const scuttle_update_t *update) {
  (void)context;
  call_everything();
  CHECK(update->value_len > 0 && update->value[0] != 0);
  text_format(&busy_story, "update %.*s@%" PRIu64 ": %s\n", (int)update->key_len, update->key, update->version, busy_seen.text.data);
}

static void on_compaction(void *context, const scuttle_update_t *const *updates, size_t count) {
  (void)context;
  busy_compacts = 1;
  call_everything();
  busy_compacts = 0;
  CHECK(count > 0 && updates[count - 1]->source_len > 0);
  text_format(&busy_story, "compaction of %zu from %.*s@%" PRIu64 ": %s\n", count, (int)updates[0]->key_len, updates[0]->key, updates[0]->version,
              busy_seen.text.data);
}

static void on_drain(void *context) {
  (void)context;
  call_everything();
}

static int on_visit(void *context, const scuttle_update_t *update) {
  (void)context;
  call_everything();
  CHECK(update->key_len > 0 && update->key[0] != 0);
  return 0;
}

static int on_line(void *context, const char *line, size_t line_len) {
  (void)context;
  call_everything();
  CHECK(line_len > 0 && line[line_len - 1] == '\n');
  return 0;
}

static int on_accept(void *context, scuttle_link_t *from, const scuttle_update_t *update) {
  (void)context;
  CHECK(from != NULL);
  call_everything();
  text_format(&busy_story, "accept %.*s@%" PRIu64 ": %s\n", (int)update->key_len, update->key, update->version, busy_seen.text.data);
  return update->value_len == 1;
}

static void on_event(void *context, scuttle_link_t *link, int event, int code) {
  (void)context;
  (void)code;
  CHECK(link != NULL && event > 0);
  call_everything();
}

static int on_clock(void *context, const char *source, size_t source_len, uint64_t version) {
  (void)context;
  call_everything();
  CHECK(source_len > 0 && source[0] != 0 && version > 0);
  return 0;
}

static void begin(scuttle_config_t *config) {
  busy_replica = NULL;
  busy_link = NULL;
  busy_calls = busy_depth = busy_compacts = 0;
  text_free(&busy_story);
  text_add(&busy_story, "", 0);
  alarm(20); /* ends a deadlock */
  busy_replica = replica_with("local", config);
  busy_link = link_with(busy_replica, SCUTTLE_LINK_CLASSIC); /* so that `end` knows the bytes */
}

/* Checks that the replica and the link still work, so the rejected calls have changed nothing. */
static void end(int calls) {
  text_t out = {NULL, 0, 0};
  CHECK_INT(busy_calls, calls);
  scuttle_link_gossip(busy_link);
  read_all(busy_link, 0, &out);
  CHECK(text_count(&out, DONE) == 1);
  CHECK_CODE(feed(busy_link, "\n"), SCUTTLE_OK);
  text_free(&out);
  scuttle_free(busy_replica);
  text_free(&busy_seen.text);
  alarm(0);
}

TEST(from_resolve) {
  scuttle_config_t config = config_exact();
  config.resolve = on_resolve;
  begin(&config);
  CHECK_CODE(set(busy_replica, "k", "1"), SCUTTLE_OK);
  CHECK_CODE(scuttle_delete(busy_replica, "k", 1), SCUTTLE_OK);
  CHECK_CODE(feed_update(busy_link, "k", "2", "A", 9), SCUTTLE_OK);
  CHECK_STR(value_of(busy_replica, "k"), "2");
  CHECK_STR(busy_story.data, "resolve k@1: |\n" /* the state before */
                             "resolve k@2: k=1;|k@1;\n"
                             "resolve k@9: |k@1;k@2;\n");
  end(3);
}

TEST(from_on_update) {
  scuttle_config_t config = config_exact();
  config.on_update = on_update;
  begin(&config);
  CHECK_CODE(set(busy_replica, "k", "1"), SCUTTLE_OK);
  CHECK_CODE(scuttle_delete(busy_replica, "k", 1), SCUTTLE_OK);
  CHECK_CODE(feed_update(busy_link, "k", "2", "A", 9), SCUTTLE_OK);
  CHECK_CODE(feed_update(busy_link, "l", "2", "A", 10), SCUTTLE_OK);
  CHECK_INT(count_of(busy_replica), 2);
  {
    /* The new value is there. The history may have it or not. */
    static const char *const starts[] = {"update k@1: k=1;|", "update k@2: |", "update k@9: k=2;|", "update l@10: k=2;l=2;|"};
    const char *line = busy_story.data;
    size_t i;
    for (i = 0; i < sizeof starts / sizeof *starts; i++) {
      if (strncmp(line, starts[i], strlen(starts[i])) != 0) CHECK_SAY("not %s but %s", starts[i], line);
      line = strchr(line, '\n') + 1;
    }
  }
  end(4);
}

TEST(from_on_compaction) {
  scuttle_config_t config = config_exact();
  config.on_compaction = on_compaction;
  config.max_history = 1;
  begin(&config);
  CHECK_CODE(set(busy_replica, "k", "1"), SCUTTLE_OK);
  CHECK_CODE(set(busy_replica, "k", "2"), SCUTTLE_OK);
  CHECK_CODE(feed_update(busy_link, "k", "3", "A", 9), SCUTTLE_OK);
  /* The update to be dropped is still in the history. */
  CHECK(strstr(busy_story.data, "compaction of 1 from k@1: k=2;|k@1;\n") == busy_story.data);
  CHECK(strstr(busy_story.data, "compaction of 1 from k@2: k=3;|k@2;\n") != NULL);
  end(2);
}

TEST(from_sort_in_a_delta) {
  scuttle_config_t config = config_exact();
  text_t out = {NULL, 0, 0};
  config.sort = on_sort;
  begin(&config);
  set(busy_replica, "b", "1");
  feed_update(busy_link, "a", "1", "A", 2);
  feed_update(busy_link, "c", "1", "A", 3);
  busy_expected = "a=1;b=1;c=1;|b@1;a@2;c@3;";
  CHECK_CODE(feed(busy_link, DONE), SCUTTLE_OK);
  read_all(busy_link, 0, &out);
  CHECK_INT(text_count(&out, "\"key\""), 3);
  CHECK(busy_calls > 0);
  text_free(&out);
  end(busy_calls);
}

static int count_visit(void *context, const scuttle_update_t *update) {
  (void)update;
  ++*(int *)context;
  return 0;
}

TEST(from_sort_in_news) {
  scuttle_config_t config = config_exact();
  int visited = 0;
  config.sort = on_sort;
  begin(&config);
  set(busy_replica, "a", "1");
  set(busy_replica, "b", "1");
  busy_expected = "a=1;b=1;|a@1;b@2;";
  CHECK_CODE(scuttle_news(busy_replica, "local", 5, 0, count_visit, &visited), SCUTTLE_OK);
  CHECK_INT(visited, 2);
  CHECK(busy_calls > 0);
  end(busy_calls);
}

TEST(from_on_drain_in_read) {
  scuttle_config_t config = config_exact();
  text_t out = {NULL, 0, 0};
  int i;
  config.on_drain = on_drain;
  config.mtu = 2;
  begin(&config);
  for (i = 0; i < 9; i++) {
    char key[24];
    snprintf(key, sizeof key, "k%d", i);
    set(busy_replica, key, "1");
  }
  CHECK_CODE(feed(busy_link, DONE), SCUTTLE_FULL);
  read_all(busy_link, 0, &out);
  CHECK_INT(text_count(&out, "\n"), 9);
  text_free(&out);
  end(1);
}

TEST(from_on_drain_in_consume_and_close) {
  scuttle_config_t config = config_exact();
  scuttle_link_t *other;
  text_t out = {NULL, 0, 0};
  int i;
  config.on_drain = on_drain;
  config.mtu = 2;
  begin(&config);
  for (i = 0; i < 9; i++) {
    char key[24];
    snprintf(key, sizeof key, "k%d", i);
    set(busy_replica, key, "1");
  }
  CHECK_CODE(feed(busy_link, DONE), SCUTTLE_FULL);
  peek_all(busy_link, 4, 0, &out);
  CHECK_INT(text_count(&out, "\n"), 9);
  CHECK_INT(busy_calls, 1);
  other = link_make(busy_replica);
  CHECK_CODE(feed(other, DONE), SCUTTLE_FULL);
  scuttle_link_close(other);
  text_free(&out);
  end(2);
}

TEST(from_visitors) {
  scuttle_config_t config = config_exact();
  begin(&config);
  set(busy_replica, "a", "1");
  set(busy_replica, "b", "1");
  CHECK_CODE(scuttle_state(busy_replica, NULL, 0, on_visit, NULL), SCUTTLE_OK);
  CHECK_INT(busy_calls, 2);
  CHECK_CODE(scuttle_news(busy_replica, "local", 5, 0, on_visit, NULL), SCUTTLE_OK);
  CHECK_INT(busy_calls, 4);
  CHECK_STR(busy_seen.text.data, "a=1;b=1;|a@1;b@2;");
  CHECK_CODE(scuttle_history(busy_replica, on_visit, NULL), SCUTTLE_OK);
  CHECK_INT(busy_calls, 6);
  CHECK_CODE(scuttle_clock(busy_replica, on_clock, NULL), SCUTTLE_OK);
  CHECK_INT(busy_calls, 7);
  CHECK_CODE(scuttle_export(busy_replica, on_line, NULL), SCUTTLE_OK);
  CHECK(busy_calls > 9);
  CHECK_STR(busy_seen.text.data, "a=1;b=1;|a@1;b@2;");
  busy_calls = 0;
  CHECK_CODE(scuttle_history_trim(busy_replica, on_visit, NULL, NULL), SCUTTLE_OK);
  CHECK_STR(busy_seen.text.data, "a=1;b=1;|a@1;b@2;");
  end(2);
}

TEST(from_accept) {
  scuttle_config_t config = config_exact();
  config.accept = on_accept;
  begin(&config);
  CHECK_CODE(feed_update(busy_link, "k", "1", "A", 1), SCUTTLE_OK);
  CHECK_CODE(feed_update(busy_link, "k", "22", "A", 2), SCUTTLE_E_REFUSED);
  CHECK_STR(value_of(busy_replica, "k"), "1");
  CHECK_STR(busy_story.data, "accept k@1: |\n"
                             "accept k@2: k=1;|k@1;\n");
  end(2);
}

TEST(from_on_event) {
  scuttle_config_t config = config_exact();
  scuttle_t *peer = replica_make("peer");
  scuttle_link_t *link, *to = link_make(peer);
  int calls;
  config.on_event = on_event;
  begin(&config);
  link = link_make(busy_replica);
  set(busy_replica, "k", "1");
  sync_links(link, to);
  CHECK(busy_calls > 1); /* hello, in step */
  CHECK_STR(busy_seen.text.data, "k=1;|k@1;");
  calls = busy_calls;
  scuttle_free(peer);
  end(calls);
}

/* Another thread waits for the lock and reads no intermediate state. */
static int slow_visit(void *context, const scuttle_update_t *update) {
  (void)update;
  usleep(20000);
  ++*(int *)context;
  return 0;
}

static void *read_from_another_thread(void *context) {
  size_t count = 0;
  CHECK_CODE(scuttle_count(busy_replica, &count), SCUTTLE_OK);
  *(size_t *)context = count;
  return NULL;
}

TEST(another_thread_waits_for_a_callback) {
  pthread_t thread;
  size_t count = 0;
  int visits = 0;
  busy_replica = replica_make("local");
  set(busy_replica, "a", "1");
  set(busy_replica, "b", "1");
  alarm(20);
  CHECK_INT(pthread_create(&thread, NULL, read_from_another_thread, &count), 0);
  CHECK_CODE(scuttle_state(busy_replica, NULL, 0, slow_visit, &visits), SCUTTLE_OK);
  pthread_join(thread, NULL);
  alarm(0);
  CHECK_INT(visits, 2);
  CHECK_INT(count, 2);
  scuttle_free(busy_replica);
}

static scuttle_t *made_inside;

static int make_another(void *context, const scuttle_update_t *update) {
  (void)context;
  (void)update;
  made_inside = replica_make("inside");
  CHECK_CODE(set(made_inside, "k", "1"), SCUTTLE_OK);
  return 0;
}

TEST(another_replica_is_not_busy) {
  scuttle_t *r = replica_make("local");
  set(r, "k", "1");
  CHECK_CODE(scuttle_state(r, NULL, 0, make_another, NULL), SCUTTLE_OK);
  REQUIRE(made_inside);
  CHECK_STR(value_of(made_inside, "k"), "1");
  scuttle_free(made_inside);
  scuttle_free(r);
}

static scuttle_t *ring[2];
static int ring_codes[2];

static int inner(void *context, const scuttle_update_t *update) {
  size_t n;
  (void)context;
  (void)update;
  ring_codes[0] = scuttle_count(ring[0], &n); /* a call on another replica */
  CHECK_INT(n, 1);
  ring_codes[1] = scuttle_count(ring[1], &n);
  CHECK_INT(n, 1);
  CHECK_CODE(set(ring[0], "k", "2"), SCUTTLE_E_BUSY);
  CHECK_CODE(set(ring[1], "k", "2"), SCUTTLE_E_BUSY);
  return 0;
}

static int outer(void *context, const scuttle_update_t *update) {
  (void)context;
  (void)update;
  CHECK_CODE(scuttle_state(ring[1], NULL, 0, inner, NULL), SCUTTLE_OK);
  return 0;
}

TEST(a_callback_in_a_callback) {
  size_t n = 0;
  ring[0] = replica_make("a");
  ring[1] = replica_make("b");
  set(ring[0], "k", "1");
  set(ring[1], "k", "1");
  alarm(20);
  CHECK_CODE(scuttle_state(ring[0], NULL, 0, outer, NULL), SCUTTLE_OK);
  alarm(0);
  CHECK_CODE(ring_codes[0], SCUTTLE_OK);
  CHECK_CODE(ring_codes[1], SCUTTLE_OK);
  CHECK_CODE(scuttle_count(ring[0], &n), SCUTTLE_OK);
  CHECK_CODE(scuttle_count(ring[1], &n), SCUTTLE_OK);
  scuttle_free(ring[0]);
  scuttle_free(ring[1]);
}

static int greater_version(void *context, const scuttle_update_t *update, const scuttle_update_t *current) {
  ++*(int *)context;
  return !current || update->version > current->version;
}

TEST(the_resolver_decides_on_the_first_state) {
  /* During scuttle_new there is no handle yet for the calls of a callback. */
  scuttle_config_t config = config_make();
  scuttle_t *r = NULL;
  int calls = 0;
  config.state = "{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":2}\n{\"key\":\"k\",\"value\":2,\"source_id\":\"B\",\"version\":1}\n";
  config.state_len = SCUTTLE_NTS;
  config.context = &calls;
  config.resolve = greater_version;
  CHECK_CODE(scuttle_new("local", &config, &r), SCUTTLE_OK);
  REQUIRE(r);
  CHECK_STR(value_of(r, "k"), "1");
  CHECK(calls > 0);
  scuttle_free(r);
}

CHECK_MAIN
