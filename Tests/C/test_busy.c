/* Calling back into the replica from each of its callbacks: SCUTTLE_E_BUSY, never a deadlock. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "check.h"
#include "support.h"

#include <unistd.h>

#define DONE "{\"digest\":true,\"done\":true}\n"

static scuttle_t *busy_replica;
static scuttle_link_t *busy_link;
static int busy_calls, busy_depth;

static int no_visit(void *context, const scuttle_update_t *update) {
  (void)context;
  (void)update;
  CHECK_SAY("visited from within a callback");
  return 0;
}

static int no_clock(void *context, const char *source, size_t source_len, uint64_t version) {
  (void)context;
  (void)source;
  (void)source_len;
  (void)version;
  CHECK_SAY("visited from within a callback");
  return 0;
}

static int no_line(void *context, const char *line, size_t line_len) {
  (void)context;
  (void)line;
  (void)line_len;
  CHECK_SAY("handed out from within a callback");
  return 0;
}

#define BUSY(CALL) CHECK_CODE(CALL, SCUTTLE_E_BUSY)

static void call_everything(void) {
  scuttle_t *r = busy_replica;
  scuttle_link_t *link = busy_link, *opened = (scuttle_link_t *)(void *)&link;
  scuttle_entry_t entry;
  scuttle_span_t span;
  const char *id;
  char buffer[64];
  size_t n;
  uint64_t u;
  busy_calls++;
  CHECK(++busy_depth == 1);
  BUSY(scuttle_id(r, &id, &n));
  BUSY(scuttle_name(r, &id, &n));
  BUSY(scuttle_set(r, "k", 1, "1", 1));
  BUSY(scuttle_set(r, "k", SCUTTLE_NTS, "1", SCUTTLE_NTS));
  BUSY(scuttle_delete(r, "k", 1));
  BUSY(scuttle_get(r, "k", 1, &entry));
  BUSY(scuttle_get_copy(r, "k", 1, buffer, sizeof buffer, &n, &entry));
  BUSY(scuttle_count(r, &n));
  BUSY(scuttle_state(r, NULL, 0, no_visit, NULL));
  BUSY(scuttle_news(r, "local", 5, 0, no_visit, NULL));
  BUSY(scuttle_version(r, &u));
  BUSY(scuttle_clock(r, no_clock, NULL));
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
  BUSY(scuttle_errmsg_copy(r, buffer, sizeof buffer));
  CHECK(scuttle_errmsg(r) != NULL);
  CHECK(scuttle_strerror(SCUTTLE_E_BUSY) != NULL); /* these know no replica */
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
  return 1;
}

static int on_sort(void *context, const scuttle_update_t *a, const scuttle_update_t *b) {
  (void)context;
  if (busy_calls < 20) call_everything();
  return a->version < b->version ? -1 : a->version > b->version;
}

static void on_update(void *context, const scuttle_update_t *update) {
  (void)context;
  call_everything();
  CHECK(update->value_len > 0 && update->value[0] != 0);
}

static void on_compaction(void *context, const scuttle_update_t *const *updates, size_t count) {
  (void)context;
  call_everything();
  CHECK(count > 0 && updates[count - 1]->source_len > 0);
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

static int on_clock(void *context, const char *source, size_t source_len, uint64_t version) {
  (void)context;
  call_everything();
  CHECK(source_len > 0 && source[0] != 0 && version > 0);
  return 0;
}

static void begin(scuttle_config_t *config) {
  busy_replica = NULL;
  busy_link = NULL;
  busy_calls = busy_depth = 0;
  alarm(20); /* a deadlock ends here */
  busy_replica = replica_with("local", config);
  busy_link = link_with(busy_replica, SCUTTLE_LINK_CLASSIC); /* so that `end` knows what is asked */
}

/* The replica and the link still work, so that nothing that was called has done anything. */
static void end(int calls) {
  text_t out = {NULL, 0, 0};
  CHECK_INT(busy_calls, calls);
  scuttle_link_gossip(busy_link);
  read_all(busy_link, 0, &out);
  CHECK(text_count(&out, DONE) == 1);
  CHECK_CODE(feed(busy_link, "\n"), SCUTTLE_OK);
  text_free(&out);
  scuttle_free(busy_replica);
  alarm(0);
}

TEST(from_resolve) {
  scuttle_config_t config = config_make();
  config.resolve = on_resolve;
  begin(&config);
  CHECK_CODE(set(busy_replica, "k", "1"), SCUTTLE_OK);
  CHECK_CODE(scuttle_delete(busy_replica, "k", 1), SCUTTLE_OK);
  CHECK_CODE(feed_update(busy_link, "k", "2", "A", 9), SCUTTLE_OK);
  CHECK_STR(value_of(busy_replica, "k"), "2");
  end(3);
}

TEST(from_on_update) {
  scuttle_config_t config = config_make();
  config.on_update = on_update;
  begin(&config);
  CHECK_CODE(set(busy_replica, "k", "1"), SCUTTLE_OK);
  CHECK_CODE(scuttle_delete(busy_replica, "k", 1), SCUTTLE_OK);
  CHECK_CODE(feed_update(busy_link, "k", "2", "A", 9), SCUTTLE_OK);
  CHECK_CODE(scuttle_write(busy_replica, "{\"key\":\"l\",\"value\":2,\"source_id\":\"A\",\"version\":10}\n", 51), SCUTTLE_OK);
  CHECK_INT(count_of(busy_replica), 2);
  end(4);
}

TEST(from_on_compaction) {
  scuttle_config_t config = config_make();
  config.on_compaction = on_compaction;
  config.max_history = 1;
  begin(&config);
  CHECK_CODE(set(busy_replica, "k", "1"), SCUTTLE_OK);
  CHECK_CODE(set(busy_replica, "k", "2"), SCUTTLE_OK);
  CHECK_CODE(feed_update(busy_link, "k", "2", "A", 9), SCUTTLE_OK);
  end(2);
}

TEST(from_sort_in_an_answer) {
  scuttle_config_t config = config_make();
  text_t out = {NULL, 0, 0};
  config.sort = on_sort;
  begin(&config);
  feed_update(busy_link, "a", "1", "A", 2);
  feed_update(busy_link, "b", "1", "B", 1);
  feed_update(busy_link, "c", "1", "C", 3);
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
  CHECK_CODE(scuttle_news(busy_replica, "local", 5, 0, count_visit, &visited), SCUTTLE_OK);
  CHECK_INT(visited, 2);
  CHECK(busy_calls > 0);
  end(busy_calls);
}

TEST(from_on_drain_in_read) {
  scuttle_config_t config = config_make();
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
  scuttle_config_t config = config_make();
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
  CHECK_CODE(scuttle_clock(busy_replica, on_clock, NULL), SCUTTLE_OK);
  end(5);
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
  ring_codes[0] = scuttle_count(ring[0], &n); /* busy, two replicas further out */
  ring_codes[1] = scuttle_count(ring[1], &n);
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
  CHECK_CODE(ring_codes[0], SCUTTLE_E_BUSY);
  CHECK_CODE(ring_codes[1], SCUTTLE_E_BUSY);
  CHECK_CODE(scuttle_count(ring[0], &n), SCUTTLE_OK);
  CHECK_CODE(scuttle_count(ring[1], &n), SCUTTLE_OK);
  scuttle_free(ring[0]);
  scuttle_free(ring[1]);
}

static int greater_version(void *context, const scuttle_update_t *update, const scuttle_update_t *current) {
  ++*(int *)context;
  return !current || update->version > current->version;
}

TEST(the_resolver_is_asked_for_the_first_state) {
  /* During scuttle_new: there is no handle yet that it could call with. */
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
