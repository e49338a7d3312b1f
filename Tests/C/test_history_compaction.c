/* The host's own compaction: the updates that it trims, keeps and writes, the history after it, and the updates that peers
   receive. */
#include "check.h"
#include "support.h"

#define DONE "{\"digest\":true,\"done\":true}\n"

static char *said_in_update_at(const char *line) { return strstr((char *)(size_t)line, "\"key\""); }

static int show(void *context, const scuttle_update_t *update) {
  text_t *text = (text_t *)context;
  text_format(text, "%.*s=%.*s %.*s%" PRIu64 "%s;", (int)update->key_len, update->key, (int)update->value_len, update->value,
              (int)update->source_len, update->source, update->version, update->flags & SCUTTLE_UPDATE_DELETED ? " deleted" : "");
  return 0;
}

/* Returns "key=value source version;" for each update of the history. Free it. */
static char *history_text(scuttle_t *replica) {
  text_t text = {NULL, 0, 0};
  text_add(&text, "", 0);
  CHECK_CODE(scuttle_history(replica, show, &text), SCUTTLE_OK);
  return text.data;
}

static void check_history(scuttle_t *replica, const char *expected) {
  char *text = history_text(replica);
  CHECK_STR(text, expected);
  free(text);
}

static void check_news(scuttle_t *replica, const char *source, uint64_t version, const char *expected) {
  text_t text = {NULL, 0, 0};
  text_add(&text, "", 0);
  CHECK_CODE(scuttle_news(replica, source, strlen(source), version, show, &text), SCUTTLE_OK);
  CHECK_STR(text.data, expected);
  text_free(&text);
}

static void check_output(scuttle_link_t *link, const char *expected) {
  text_t out = {NULL, 0, 0};
  read_all(link, 0, &out);
  CHECK_STR(out.data, expected);
  text_free(&out);
}

static void check_same(scuttle_t *a, scuttle_t *b) {
  char *of_a = state_text(a), *of_b = state_text(b);
  CHECK_STR(of_a, of_b);
  CHECK_U64(fingerprint_of(a), fingerprint_of(b));
  free(of_a);
  free(of_b);
}

static int write_history(scuttle_t *replica, const char *key, const char *value, const char *source, uint64_t version, uint32_t flags) {
  scuttle_update_t update;
  memset(&update, 0, sizeof update);
  update.key = key;
  update.key_len = strlen(key);
  update.value = value;
  update.value_len = strlen(value);
  update.source = source;
  update.source_len = strlen(source);
  update.version = version;
  update.flags = flags;
  return scuttle_history_write(replica, &update);
}

/* The updates to drop. */
typedef struct {
  const char *key, *source;
  uint64_t below; /* this version */
  size_t asked;
} drop_t;

static int drops(void *context, const scuttle_update_t *update) {
  drop_t *drop = (drop_t *)context;
  drop->asked++;
  if (drop->key && (update->key_len != strlen(drop->key) || memcmp(update->key, drop->key, update->key_len) != 0)) return 0;
  if (drop->source && (update->source_len != strlen(drop->source) || memcmp(update->source, drop->source, update->source_len) != 0)) return 0;
  return !drop->below || update->version < drop->below ? 7 : 0; /* anything but 0 */
}

static size_t trim(scuttle_t *replica, const char *key, const char *source, uint64_t below) {
  drop_t drop = {NULL, NULL, 0, 0};
  size_t removed = 12345, before = 0;
  char *text = history_text(replica), *at;
  for (at = text; *at; at++) before += *at == ';';
  free(text);
  drop.key = key;
  drop.source = source;
  drop.below = below;
  CHECK_CODE(scuttle_history_trim(replica, drops, &drop, &removed), SCUTTLE_OK);
  CHECK_INT(drop.asked, before); /* one call for each */
  return removed;
}

static scuttle_t *with_history(const char *source, size_t max_history) {
  scuttle_config_t config = config_exact();
  config.max_history = max_history;
  config.mtu = SIZE_MAX;
  return replica_with(source, &config);
}

/* Creates a history of "a" … at versions 1 …, of "local" and in between of the peer "A". */
static scuttle_t *mixed(size_t max_history) {
  scuttle_t *r = with_history("local", max_history);
  scuttle_link_t *link = link_make(r);
  CHECK_CODE(set(r, "a", "1"), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "b", "2", "A", 2), SCUTTLE_OK);
  CHECK_CODE(set(r, "a", "3"), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "a", "4", "A", 4), SCUTTLE_OK);
  CHECK_CODE(unset(r, "b"), SCUTTLE_OK);
  CHECK_CODE(set(r, "c", "6"), SCUTTLE_OK);
  scuttle_link_close(link);
  return r;
}

/* --- trimming --- */

TEST(the_history_in_order) {
  scuttle_t *r = mixed(100);
  scuttle_link_t *link = link_make(r);
  check_history(r, "a=1 local1;b=2 A2;a=3 local3;a=4 A4;b=null local5 deleted;c=6 local6;");
  CHECK_CODE(feed_update(link, "d", "0", "B", 2), SCUTTLE_OK); /* by version and source, whatever the order of arrival */
  check_history(r, "a=1 local1;b=2 A2;d=0 B2;a=3 local3;a=4 A4;b=null local5 deleted;c=6 local6;");
  scuttle_free(r);
}

static int first_only(void *context, const scuttle_update_t *update) {
  (void)update;
  return ++*(int *)context;
}

TEST(a_visit_of_the_history_may_stop) {
  scuttle_t *r = mixed(100);
  int visits = 0;
  CHECK_CODE(scuttle_history(r, first_only, &visits), SCUTTLE_OK);
  CHECK_INT(visits, 1);
  scuttle_free(r);
}

TEST(trim_by_key) {
  scuttle_t *r = mixed(100);
  char *before = state_text(r), *after;
  CHECK_INT(trim(r, "a", NULL, 0), 3);
  check_history(r, "b=2 A2;b=null local5 deleted;c=6 local6;");
  check_news(r, "local", 0, "b=null local5 deleted;c=6 local6;");
  check_news(r, "A", 0, "b=2 A2;");
  check_news(r, "A", 2, "");
  after = state_text(r);
  CHECK_STR(after, before); /* entries stay */
  CHECK_INT(trim(r, "a", NULL, 0), 0);
  free(before);
  free(after);
  scuttle_free(r);
}

TEST(trim_by_source) {
  scuttle_t *r = mixed(100);
  CHECK_INT(trim(r, NULL, "local", 0), 4);
  check_history(r, "b=2 A2;a=4 A4;");
  check_news(r, "local", 0, "");
  CHECK_STR(value_of(r, "c"), "6");
  CHECK_U64(version_of(r), 6);
  CHECK_U64(clock_of(r, "local"), 6);
  CHECK_CODE(set(r, "d", "7"), SCUTTLE_OK);
  check_history(r, "b=2 A2;a=4 A4;d=7 local7;");
  check_news(r, "local", 0, "d=7 local7;");
  scuttle_free(r);
}

TEST(trim_by_age) {
  scuttle_t *r = mixed(100);
  CHECK_INT(trim(r, NULL, NULL, 4), 3);
  check_history(r, "a=4 A4;b=null local5 deleted;c=6 local6;");
  CHECK_CODE(set(r, "d", "7"), SCUTTLE_OK);
  check_history(r, "a=4 A4;b=null local5 deleted;c=6 local6;d=7 local7;");
  scuttle_free(r);
}

TEST(trim_of_everything) {
  size_t removed = 1;
  drop_t drop = {NULL, NULL, 0, 0};
  scuttle_t *r = mixed(100);
  CHECK_CODE(scuttle_history_trim(r, drops, &drop, NULL), SCUTTLE_OK); /* removed may be NULL */
  check_history(r, "");
  CHECK_CODE(scuttle_history_trim(r, drops, &drop, &removed), SCUTTLE_OK);
  CHECK_INT(removed, 0);
  CHECK_INT(count_of(r), 2);
  CHECK_CODE(set(r, "d", "7"), SCUTTLE_OK);
  check_history(r, "d=7 local7;");
  scuttle_free(r);
}

TEST(capacity_is_free_again_after_a_trim) {
  scuttle_t *r = mixed(6);
  CHECK_INT(trim(r, "a", NULL, 0), 3);
  CHECK_CODE(set(r, "d", "7"), SCUTTLE_OK);
  CHECK_CODE(set(r, "e", "8"), SCUTTLE_OK);
  CHECK_CODE(set(r, "f", "9"), SCUTTLE_OK);
  check_history(r, "b=2 A2;b=null local5 deleted;c=6 local6;d=7 local7;e=8 local8;f=9 local9;");
  CHECK_CODE(set(r, "g", "10"), SCUTTLE_OK);
  check_history(r, "b=null local5 deleted;c=6 local6;d=7 local7;e=8 local8;f=9 local9;g=10 local10;");
  scuttle_free(r);
}

/* --- on_compaction --- */

typedef struct {
  scuttle_t *replica;
  int calls;
  size_t counts[64]; /* of each call */
  text_t doomed;     /* of the latest call */
  const char *trim_key;
  uint64_t trim_below;
  size_t keep; /* 0: no */
  int keep_code;
} host_t;

static void compact(void *context, const scuttle_update_t *const *updates, size_t count) {
  host_t *host = (host_t *)context;
  size_t i;
  if (host->calls < 64) host->counts[host->calls] = count;
  host->calls++;
  text_free(&host->doomed);
  text_add(&host->doomed, "", 0);
  for (i = 0; i < count; i++) show(&host->doomed, updates[i]);
  if (!host->replica) return;
  if (host->trim_key || host->trim_below) trim(host->replica, host->trim_key, NULL, host->trim_below);
  if (host->keep) host->keep_code = scuttle_history_keep(host->replica, host->keep);
}

static scuttle_t *compacting(host_t *host, size_t max_history) {
  scuttle_config_t config = config_exact();
  memset(host, 0, sizeof *host);
  config.max_history = max_history;
  config.on_compaction = compact;
  config.context = host;
  host->replica = replica_with("local", &config);
  return host->replica;
}

static void write_many(scuttle_t *r, int from, int to) {
  char key[24], value[24];
  for (; from <= to; from++) {
    snprintf(key, sizeof key, "k%d", from % 3);
    snprintf(value, sizeof value, "%d", from);
    CHECK_CODE(set(r, key, value), SCUTTLE_OK);
  }
}

static size_t length_of(scuttle_t *r) {
  char *text = history_text(r), *at;
  size_t length = 0;
  for (at = text; *at; at++) length += *at == ';';
  free(text);
  return length;
}

TEST(trim_inside_on_compaction_by_key) {
  host_t host;
  scuttle_t *r = compacting(&host, 6);
  host.trim_key = "k1";
  write_many(r, 1, 6);
  CHECK_INT(host.calls, 0);
  write_many(r, 7, 7); /* k1 again */
  CHECK_INT(host.calls, 1);
  CHECK_INT(host.counts[0], 1);
  CHECK_STR(host.doomed.data, "k1=1 local1;"); /* called before anything is removed */
  check_history(r, "k2=2 local2;k0=3 local3;k2=5 local5;k0=6 local6;k1=7 local7;"); /* and the new update is not among them */
  write_many(r, 8, 8);
  CHECK_INT(host.calls, 1);
  write_many(r, 9, 9);
  CHECK_INT(host.calls, 2);
  check_history(r, "k2=2 local2;k0=3 local3;k2=5 local5;k0=6 local6;k2=8 local8;k0=9 local9;");
  text_free(&host.doomed);
  scuttle_free(r);
}

TEST(trim_inside_on_compaction_by_age) {
  host_t host;
  scuttle_t *r = compacting(&host, 6);
  host.trim_below = 4;
  write_many(r, 1, 7);
  CHECK_INT(host.calls, 1);
  check_history(r, "k1=4 local4;k2=5 local5;k0=6 local6;k1=7 local7;");
  text_free(&host.doomed);
  scuttle_free(r);
}

TEST(a_trim_that_finds_nothing_drops_the_oldest) {
  host_t host;
  scuttle_t *r = compacting(&host, 3);
  host.trim_key = "nothing";
  write_many(r, 1, 5);
  CHECK_INT(host.calls, 2);
  check_history(r, "k0=3 local3;k1=4 local4;k2=5 local5;");
  text_free(&host.doomed);
  scuttle_free(r);
}

TEST(keep_up_to_a_number) {
  host_t host;
  scuttle_t *r = compacting(&host, 3);
  host.keep = 8;
  write_many(r, 1, 4);
  CHECK_INT(host.calls, 1);
  CHECK_CODE(host.keep_code, SCUTTLE_OK);
  CHECK_INT(host.counts[0], 1);
  CHECK_INT(length_of(r), 4); /* all are kept */
  host.keep = 0;
  write_many(r, 5, 8);
  CHECK_INT(host.calls, 1);
  CHECK_INT(length_of(r), 8);
  write_many(r, 9, 9); /* it holds 8 and needs one more */
  CHECK_INT(host.calls, 2);
  CHECK_INT(host.counts[1], 6); /* those over max_history, with the new one */
  CHECK_STR(host.doomed.data, "k1=1 local1;k2=2 local2;k0=3 local3;k1=4 local4;k2=5 local5;k0=6 local6;");
  check_history(r, "k1=7 local7;k2=8 local8;k0=9 local9;"); /* max_history counts again */
  write_many(r, 10, 10);
  CHECK_INT(host.calls, 3);
  CHECK_INT(host.counts[2], 1);
  check_history(r, "k2=8 local8;k0=9 local9;k1=10 local10;");
  check_news(r, "local", 8, "k0=9 local9;k1=10 local10;");
  text_free(&host.doomed);
  scuttle_free(r);
}

TEST(keep_again_at_that_number) {
  host_t host;
  scuttle_t *r = compacting(&host, 2);
  host.keep = 4;
  write_many(r, 1, 4);
  CHECK_INT(host.calls, 1);
  host.keep = 7;
  write_many(r, 5, 7);
  CHECK_INT(host.calls, 2);
  CHECK_INT(host.counts[1], 3);
  CHECK_INT(length_of(r), 7);
  host.keep = SIZE_MAX;
  write_many(r, 8, 300);
  CHECK_INT(host.calls, 3);
  CHECK_CODE(host.keep_code, SCUTTLE_OK);
  CHECK_INT(length_of(r), 300);
  text_free(&host.doomed);
  scuttle_free(r);
}

TEST(keep_needs_more_than_the_history_holds) {
  static const size_t counts[] = {1, 2, 3, 4};
  size_t i;
  for (i = 0; i < 4; i++) {
    host_t host;
    scuttle_t *r = compacting(&host, 3);
    host.keep = counts[i];
    write_many(r, 1, 4); /* it holds 3 */
    CHECK_INT(host.calls, 1);
    CHECK_CODE(host.keep_code, counts[i] > 3 ? SCUTTLE_OK : SCUTTLE_E_ARGUMENT);
    CHECK_INT(length_of(r), counts[i] > 3 ? 4 : 3);
    if (counts[i] <= 3) check_history(r, "k2=2 local2;k0=3 local3;k1=4 local4;");
    text_free(&host.doomed);
    scuttle_free(r);
  }
}

TEST(trim_and_keep_in_one_compaction) {
  host_t host;
  scuttle_t *r = compacting(&host, 4);
  host.trim_key = "k1";
  host.keep = 4; /* two are left after the trim */
  write_many(r, 1, 5);
  CHECK_CODE(host.keep_code, SCUTTLE_OK);
  check_history(r, "k2=2 local2;k0=3 local3;k2=5 local5;");
  host.keep = 0;
  host.trim_key = NULL;
  write_many(r, 6, 8);
  CHECK_INT(host.calls, 3);
  check_history(r, "k2=5 local5;k0=6 local6;k1=7 local7;k2=8 local8;");
  text_free(&host.doomed);
  scuttle_free(r);
}

TEST(keep_below_max_history_loses_nothing) {
  /* More than the history holds after the trim, so no error. From that number on max_history counts again. */
  size_t keep;
  for (keep = 1; keep <= 4; keep++) {
    host_t host;
    scuttle_t *r = compacting(&host, 4);
    host.trim_below = 100;
    host.keep = keep;
    write_many(r, 1, 5);
    CHECK_INT(host.calls, 1);
    CHECK_CODE(host.keep_code, SCUTTLE_OK);
    check_history(r, "k2=5 local5;");
    host.trim_below = 0;
    host.keep = 0;
    write_many(r, 6, 8);
    check_history(r, "k2=5 local5;k0=6 local6;k1=7 local7;k2=8 local8;");
    write_many(r, 9, 10);
    check_history(r, "k1=7 local7;k2=8 local8;k0=9 local9;k1=10 local10;");
    text_free(&host.doomed);
    scuttle_free(r);
  }
}

TEST(a_trim_outside_does_not_end_a_keep) {
  host_t host;
  scuttle_t *r = compacting(&host, 3);
  host.keep = 10;
  write_many(r, 1, 8);
  host.keep = 0;
  CHECK_INT(host.calls, 1);
  CHECK_INT(trim(r, NULL, NULL, 3), 2);
  CHECK_INT(length_of(r), 6); /* still over max_history: on_compaction decides */
  write_many(r, 9, 12);
  CHECK_INT(host.calls, 1);
  CHECK_INT(length_of(r), 10);
  write_many(r, 13, 13);
  CHECK_INT(host.calls, 2);
  check_history(r, "k2=11 local11;k0=12 local12;k1=13 local13;");
  text_free(&host.doomed);
  scuttle_free(r);
}

TEST(compaction_by_updates_of_peers_and_by_history_write) {
  host_t host;
  scuttle_t *r = compacting(&host, 2);
  scuttle_link_t *link = link_make(r);
  CHECK_CODE(feed_update(link, "a", "1", "A", 1), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "a", "2", "A", 2), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "b", "3", "B", 3), SCUTTLE_OK);
  CHECK_INT(host.calls, 1);
  CHECK_STR(host.doomed.data, "a=1 A1;");
  CHECK_CODE(write_history(r, "w", "4", "W", 1, 0), SCUTTLE_OK);
  CHECK_INT(host.calls, 2);
  CHECK_STR(host.doomed.data, "a=2 A2;");
  check_history(r, "w=4 W1;b=3 B3;");
  host.keep = 5;
  CHECK_CODE(write_history(r, "w", "5", "W", 2, 0), SCUTTLE_OK);
  CHECK_CODE(host.keep_code, SCUTTLE_OK);
  CHECK_INT(length_of(r), 3);
  text_free(&host.doomed);
  scuttle_free(r);
}

/* --- errors --- */

typedef struct {
  scuttle_t *replica;
  int calls;
} nest_t;

static int never_drop(void *context, const scuttle_update_t *update) {
  (void)context;
  (void)update;
  return 0;
}

static void calls_back(void *context, const scuttle_update_t *update) {
  nest_t *nest = (nest_t *)context;
  size_t removed;
  (void)update;
  if (!nest->replica) return;
  nest->calls++;
  CHECK_CODE(scuttle_history_trim(nest->replica, never_drop, NULL, &removed), SCUTTLE_E_BUSY);
  CHECK_CODE(scuttle_history_keep(nest->replica, 1000), SCUTTLE_E_BUSY);
  CHECK_CODE(write_history(nest->replica, "k", "1", "A", 1, 0), SCUTTLE_E_BUSY);
}

static int visit_calls_back(void *context, const scuttle_update_t *update) {
  calls_back(context, update);
  return 0;
}

TEST(busy_in_other_callbacks) {
  scuttle_config_t config = config_exact();
  nest_t nest = {NULL, 0};
  config.on_update = calls_back;
  config.context = &nest;
  nest.replica = replica_with("local", &config);
  CHECK_CODE(set(nest.replica, "k", "1"), SCUTTLE_OK);
  CHECK_INT(nest.calls, 1);
  CHECK_CODE(scuttle_history(nest.replica, visit_calls_back, &nest), SCUTTLE_OK);
  CHECK_CODE(scuttle_history_trim(nest.replica, visit_calls_back, &nest, NULL), SCUTTLE_OK);
  CHECK_INT(nest.calls, 3);
  CHECK_INT(length_of(nest.replica), 1);
  scuttle_free(nest.replica);
}

static void compact_calls_back(void *context, const scuttle_update_t *const *updates, size_t count) {
  nest_t *nest = (nest_t *)context;
  (void)updates;
  (void)count;
  nest->calls++;
  CHECK_CODE(write_history(nest->replica, "k", "1", "A", 1, 0), SCUTTLE_E_BUSY);
  CHECK_CODE(set(nest->replica, "k", "1"), SCUTTLE_E_BUSY);
  CHECK_CODE(scuttle_history_trim(nest->replica, NULL, NULL, NULL), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_history_keep(nest->replica, 0), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_history_trim(nest->replica, visit_calls_back, nest, NULL), SCUTTLE_OK); /* its visitor is a callback of its own */
  CHECK_CODE(scuttle_history_keep(nest->replica, 50), SCUTTLE_OK);
}

TEST(errors_in_on_compaction_end_nothing) {
  scuttle_config_t config = config_exact();
  nest_t nest = {NULL, 0};
  config.max_history = 2;
  config.on_compaction = compact_calls_back;
  config.context = &nest;
  nest.replica = replica_with("local", &config);
  write_many(nest.replica, 1, 3);
  CHECK_INT(length_of(nest.replica), 3);
  CHECK_INT(nest.calls, 3); /* and two in the trim */
  scuttle_free(nest.replica);
}

TEST(arguments) {
  scuttle_t *r = mixed(100);
  scuttle_update_t update;
  size_t removed = 9;
  char *before = snapshot(r), *after;
  text_t large = {NULL, 0, 0};
  int i;
  CHECK_CODE(scuttle_history(NULL, never_drop, NULL), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_history(r, NULL, NULL), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_history_trim(NULL, never_drop, NULL, &removed), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_history_trim(r, NULL, NULL, &removed), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_history_keep(NULL, 5), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_history_keep(r, 1000), SCUTTLE_E_BUSY);
  CHECK_CODE(scuttle_history_keep(r, 0), SCUTTLE_E_BUSY);
  CHECK_CODE(scuttle_history_write(NULL, &update), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_history_write(r, NULL), SCUTTLE_E_ARGUMENT);
  memset(&update, 0, sizeof update);
  CHECK_CODE(scuttle_history_write(r, &update), SCUTTLE_E_ARGUMENT); /* NULL texts */
  CHECK_CODE(write_history(r, "", "1", "A", 9, 0), SCUTTLE_E_KEY);
  CHECK_CODE(write_history(r, "\xff", "1", "A", 9, 0), SCUTTLE_E_UTF8);
  CHECK_CODE(write_history(r, "k", "", "A", 9, 0), SCUTTLE_E_JSON);
  CHECK_CODE(write_history(r, "k", "nonsense", "A", 9, 0), SCUTTLE_E_JSON);
  CHECK_CODE(write_history(r, "k", "{\"a\":1,\"a\":2}", "A", 9, 0), SCUTTLE_E_DUPLICATE);
  CHECK_CODE(write_history(r, "k", "1e400", "A", 9, 0), SCUTTLE_E_NUMBER);
  CHECK_CODE(write_history(r, "k", "\"\xff\"", "A", 9, 0), SCUTTLE_E_UTF8);
  CHECK_CODE(write_history(r, "k", "1", "", 9, 0), SCUTTLE_E_ID);
  CHECK_CODE(write_history(r, "k", "1", "\xff", 9, 0), SCUTTLE_E_UTF8);
  CHECK_CODE(write_history(r, "k", "1", "A", 0, 0), SCUTTLE_E_VERSION);
  CHECK_CODE(write_history(r, "k", "1", "A", UINT64_C(1) << 53, 0), SCUTTLE_E_VERSION);
  CHECK_CODE(write_history(r, "k", "1", "A", UINT64_MAX, 0), SCUTTLE_E_VERSION);
  update.key = "a\0b", update.key_len = 3;
  update.value = "1", update.value_len = 1;
  update.source = "A", update.source_len = 1;
  update.version = 9;
  CHECK_CODE(scuttle_history_write(r, &update), SCUTTLE_E_NUL);
  update.key_len = (size_t)PTRDIFF_MAX + 1;
  CHECK_CODE(scuttle_history_write(r, &update), SCUTTLE_E_ARGUMENT);
  for (i = 0; i < 65537; i++) text_str(&large, "k");
  CHECK_CODE(write_history(r, large.data, "1", "A", 9, 0), SCUTTLE_E_KEY_SIZE);
  large.data[256] = 0;
  CHECK_CODE(write_history(r, "k", "1", large.data, 9, 0), SCUTTLE_E_ID);
  text_free(&large);
  text_str(&large, "\"");
  for (i = 0; i < 1048576; i++) text_str(&large, "v");
  text_str(&large, "\"");
  CHECK_CODE(write_history(r, "k", large.data, "A", 9, 0), SCUTTLE_E_VALUE_SIZE);
  text_free(&large);
  for (i = 0; i < 65; i++) text_str(&large, "[");
  for (i = 0; i < 65; i++) text_str(&large, "]");
  CHECK_CODE(write_history(r, "k", large.data, "A", 9, 0), SCUTTLE_E_DEPTH);
  text_free(&large);
  after = snapshot(r);
  CHECK_STR(after, before);
  free(before);
  free(after);
  scuttle_free(r);
}

TEST(no_more_sources_than_max_sources) {
  scuttle_config_t config = config_exact();
  scuttle_t *r;
  config.max_sources = 2;
  r = replica_with("local", &config);
  CHECK_CODE(write_history(r, "k", "1", "A", 9, 0), SCUTTLE_OK);
  CHECK_CODE(write_history(r, "k", "1", "B", 9, 0), SCUTTLE_E_SOURCES);
  CHECK_CODE(write_history(r, "k", "1", "A", 10, 0), SCUTTLE_OK);
  check_history(r, "k=1 A9;k=1 A10;");
  scuttle_free(r);
}

/* --- written updates --- */

static void count_update(void *context, const scuttle_update_t *update) {
  (void)update;
  ++*(int *)context;
}

TEST(a_written_update_is_in_the_history_and_nowhere_else) {
  scuttle_config_t config = config_exact();
  scuttle_t *r;
  char *clock, *state, *after;
  uint64_t fingerprint;
  int updates = 0;
  config.on_update = count_update;
  config.context = &updates;
  r = replica_with("local", &config);
  set(r, "a", "1");
  clock = clock_text(r);
  state = state_text(r);
  fingerprint = fingerprint_of(r);
  CHECK_CODE(write_history(r, "a", " [ 7 , 8 ] ", "W", 70, 0), SCUTTLE_OK);
  CHECK_CODE(write_history(r, "b", "null", "W", 60, SCUTTLE_UPDATE_DELETED | SCUTTLE_UPDATE_LOCAL), SCUTTLE_OK);
  check_history(r, "a=1 local1;b=null W60 deleted;a=[7,8] W70;");
  check_news(r, "W", 0, "b=null W60 deleted;a=[7,8] W70;");
  check_news(r, "W", 60, "a=[7,8] W70;");
  check_news(r, "local", 0, "a=1 local1;");
  CHECK_INT(updates, 1);
  CHECK_STR(value_of(r, "a"), "1");
  CHECK(value_of(r, "b") == NULL);
  CHECK_U64(version_of(r), 1);
  CHECK_U64(fingerprint_of(r), fingerprint);
  after = clock_text(r);
  CHECK_STR(after, clock);
  free(after);
  after = state_text(r);
  CHECK_STR(after, state);
  free(after);
  CHECK_CODE(set(r, "c", "2"), SCUTTLE_OK);
  CHECK_U64(version_of(r), 2);
  CHECK_INT(trim(r, NULL, "W", 0), 2);
  check_history(r, "a=1 local1;c=2 local2;");
  free(clock);
  free(state);
  scuttle_free(r);
}

TEST(a_written_update_does_not_replace_the_real_one) {
  /* It covers nothing, so the peer's own write enters the history when it arrives. */
  scuttle_t *r = with_history("local", 100);
  scuttle_link_t *link = link_make(r);
  CHECK_CODE(write_history(r, "a", "1", "A", 5, 0), SCUTTLE_OK);
  CHECK_CODE(feed_update(link, "a", "2", "A", 5), SCUTTLE_OK);
  CHECK_STR(value_of(r, "a"), "2");
  CHECK_U64(clock_of(r, "A"), 5);
  CHECK_INT(length_of(r), 2);
  scuttle_free(r);
}

TEST(a_written_update_goes_to_no_extended_peer) {
  uint32_t flags[] = {0, SCUTTLE_LINK_LIVE, SCUTTLE_LINK_ANY | SCUTTLE_LINK_HISTORY, SCUTTLE_LINK_DATAGRAM};
  size_t i;
  for (i = 0; i < 4; i++) {
    scuttle_t *r = with_history("local", 100), *peer = with_history("peer", 100);
    scuttle_link_t *link = link_with(r, flags[i]), *to = link_with(peer, flags[i]);
    set(r, "a", "1");
    CHECK_CODE(write_history(r, "w", "1", "W", 70, 0), SCUTTLE_OK);
    talk_links(link, to, 1 << 20);
    CHECK_CODE(write_history(r, "w", "2", "W", 80, 0), SCUTTLE_OK);
    CHECK_CODE(write_history(r, "w", "2", "local", 1, 0), SCUTTLE_OK);
    set(r, "b", "2");
    talk_links(link, to, 1 << 20);
    check_same(r, peer);
    CHECK(value_of(peer, "w") == NULL);
    CHECK_INT(count_of(peer), 2);
    check_news(peer, "W", 0, "");
    scuttle_free(r);
    scuttle_free(peer);
  }
}

TEST(a_written_update_goes_to_classic_peers_that_request_its_source) {
  scuttle_t *r = with_history("local", 100);
  scuttle_link_t *link = link_with(r, SCUTTLE_LINK_CLASSIC | SCUTTLE_LINK_HISTORY), *plain = link_with(r, SCUTTLE_LINK_CLASSIC);
  set(r, "a", "1");
  CHECK_CODE(write_history(r, "w", "1", "W", 5, 0), SCUTTLE_OK);
  CHECK_CODE(write_history(r, "w", "null", "W", 7, SCUTTLE_UPDATE_DELETED), SCUTTLE_OK);
  feed(link, DONE);
  check_output(link, "{\"key\":\"a\",\"value\":1,\"source_id\":\"local\",\"version\":1}\n{\"key\":\"w\",\"value\":1,\"source_id\":\"W\",\"version\":5}\n"
                     "{\"key\":\"w\",\"value\":null,\"source_id\":\"W\",\"version\":7,\"deleted\":true}\n");
  feed(link, "{\"digest\":true,\"source_id\":\"W\",\"version\":5}\n");
  check_output(link, "{\"key\":\"w\",\"value\":null,\"source_id\":\"W\",\"version\":7,\"deleted\":true}\n");
  feed(link, "{\"digest\":true,\"source_id\":\"W\",\"version\":7}\n");
  check_output(link, "");
  feed(plain, DONE); /* without the flag: entries alone */
  check_output(plain, "{\"key\":\"a\",\"value\":1,\"source_id\":\"local\",\"version\":1}\n");
  feed(plain, "{\"digest\":true,\"source_id\":\"W\",\"version\":0}\n");
  check_output(plain, "");
  scuttle_free(r);
}

/* --- SCUTTLE_LINK_HISTORY --- */

TEST(deltas_with_superseded_updates_by_version_and_source) {
  scuttle_t *r = mixed(100);
  scuttle_link_t *link = link_with(r, SCUTTLE_LINK_CLASSIC | SCUTTLE_LINK_HISTORY);
  feed(link, DONE);
  check_output(link, "{\"key\":\"a\",\"value\":1,\"source_id\":\"local\",\"version\":1}\n{\"key\":\"b\",\"value\":2,\"source_id\":\"A\",\"version\":2}\n"
                     "{\"key\":\"a\",\"value\":3,\"source_id\":\"local\",\"version\":3}\n{\"key\":\"a\",\"value\":4,\"source_id\":\"A\",\"version\":4}\n"
                     "{\"key\":\"b\",\"value\":null,\"source_id\":\"local\",\"version\":5,\"deleted\":true}\n"
                     "{\"key\":\"c\",\"value\":6,\"source_id\":\"local\",\"version\":6}\n");
  CHECK_INT(trim(r, NULL, NULL, 4), 3); /* entries do not need the history */
  feed(link, DONE);
  check_output(link, "{\"key\":\"a\",\"value\":4,\"source_id\":\"A\",\"version\":4}\n"
                     "{\"key\":\"b\",\"value\":null,\"source_id\":\"local\",\"version\":5,\"deleted\":true}\n"
                     "{\"key\":\"c\",\"value\":6,\"source_id\":\"local\",\"version\":6}\n");
  scuttle_free(r);
}

static int sources_backwards(void *context, const scuttle_update_t *a, const scuttle_update_t *b) {
  int order = (b->source_len < a->source_len) - (b->source_len > a->source_len);
  (void)context;
  return order ? -order : a->version < b->version ? -1 : a->version > b->version;
}

static int no_matter(void *context, const scuttle_update_t *a, const scuttle_update_t *b) {
  (void)context;
  (void)a;
  (void)b;
  return 0;
}

static scuttle_t *sorted(int (*sort)(void *, const scuttle_update_t *, const scuttle_update_t *)) {
  scuttle_config_t config = config_exact();
  scuttle_t *r;
  scuttle_link_t *link;
  config.sort = sort;
  config.max_history = 100;
  r = replica_with("local", &config);
  link = link_make(r);
  set(r, "a", "1");
  feed_update(link, "a", "2", "A", 2);
  set(r, "a", "3");
  feed_update(link, "b", "4", "A", 4);
  scuttle_link_close(link);
  return r;
}

TEST(deltas_in_the_order_of_sort) {
  /* Superseded updates included. "local" is the longer id. */
  scuttle_t *r = sorted(sources_backwards);
  scuttle_link_t *link = link_with(r, SCUTTLE_LINK_CLASSIC | SCUTTLE_LINK_HISTORY);
  check_history(r, "a=1 local1;a=3 local3;a=2 A2;b=4 A4;");
  feed(link, DONE);
  check_output(link, "{\"key\":\"a\",\"value\":1,\"source_id\":\"local\",\"version\":1}\n{\"key\":\"a\",\"value\":3,\"source_id\":\"local\",\"version\":3}\n"
                     "{\"key\":\"a\",\"value\":2,\"source_id\":\"A\",\"version\":2}\n{\"key\":\"b\",\"value\":4,\"source_id\":\"A\",\"version\":4}\n");
  scuttle_free(r);
}

TEST(versions_of_a_source_ascend_among_equals_of_sort) {
  scuttle_t *r = sorted(no_matter);
  scuttle_link_t *link = link_with(r, SCUTTLE_LINK_CLASSIC | SCUTTLE_LINK_HISTORY);
  text_t out = {NULL, 0, 0};
  const char *line;
  uint64_t last[2] = {0, 0};
  feed(link, DONE);
  read_all(link, 0, &out);
  CHECK_INT(text_count(&out, "\n"), 4);
  for (line = said_in_update_at(out.data); line; line = said_in_update_at(line + 1)) {
    int is_local = strstr(line, "\"source_id\":\"local\"") != NULL && strstr(line, "\"source_id\":\"local\"") < strchr(line, '\n');
    uint64_t version = strtoull(strstr(line, "\"version\":") + 10, NULL, 10);
    if (version < last[is_local]) CHECK_SAY("version %d behind %d of one source:\n%s", (int)version, (int)last[is_local], out.data);
    last[is_local] = version;
  }
  text_free(&out);
  scuttle_free(r);
}

/* --- a model of the history --- */

typedef struct {
  char key[16], value[16], source[16];
  uint64_t version;
  int deleted, order;
} line_t;

enum { MOST = 4000 };

typedef struct {
  scuttle_t *replica;
  line_t lines[MOST]; /* in order of arrival */
  size_t count, room, capacity;
  uint64_t random;
  int calls, in_trim;
} model_t;

static int model_order(const void *a, const void *b) {
  const line_t *x = (const line_t *)a, *y = (const line_t *)b;
  int order;
  if (x->version != y->version) return x->version < y->version ? -1 : 1;
  order = strcmp(x->source, y->source);
  return order ? order : x->order - y->order;
}

static void show_lines(const line_t *lines, size_t count, text_t *text) {
  line_t *copy = (line_t *)malloc((count + 1) * sizeof *copy);
  size_t i;
  if (!copy) exit(3);
  if (count) memcpy(copy, lines, count * sizeof *copy);
  for (i = 0; i < count; i++) copy[i].order = (int)i;
  qsort(copy, count, sizeof *copy, model_order);
  text_add(text, "", 0);
  for (i = 0; i < count; i++)
    text_format(text, "%s=%s %s%" PRIu64 "%s;", copy[i].key, copy[i].value, copy[i].source, copy[i].version, copy[i].deleted ? " deleted" : "");
  free(copy);
}

static int is_dropped(const line_t *line, uint64_t salt) { return (line->version * 31 + (uint64_t)line->key[1] * 7 + salt) % 5 < salt % 5; }

typedef struct {
  uint64_t salt;
} salt_t;

static int drop_by_salt(void *context, const scuttle_update_t *update) {
  line_t line;
  line.version = update->version;
  line.key[1] = update->key[1];
  return is_dropped(&line, ((salt_t *)context)->salt);
}

static size_t model_trim(model_t *model, uint64_t salt) {
  size_t i, left = 0, before = model->count;
  for (i = 0; i < model->count; i++)
    if (!is_dropped(&model->lines[i], salt)) model->lines[left++] = model->lines[i];
  model->count = left;
  return before - left;
}

static void both_trim(model_t *model) {
  salt_t salt;
  size_t removed = 0;
  salt.salt = random_next(&model->random) % 1000;
  CHECK_CODE(scuttle_history_trim(model->replica, drop_by_salt, &salt, &removed), SCUTTLE_OK);
  CHECK_INT(removed, model_trim(model, salt.salt));
}

static void check_model(model_t *model) {
  static const char *const sources[] = {"local", "A", "B", "W"};
  text_t expected = {NULL, 0, 0};
  size_t s, i;
  show_lines(model->lines, model->count, &expected);
  check_history(model->replica, expected.data);
  text_free(&expected);
  for (s = 0; s < 4; s++) {
    uint64_t above = random_below(&model->random, 2) ? 0 : random_below(&model->random, 60);
    line_t *some = (line_t *)malloc((model->count + 1) * sizeof *some);
    size_t count = 0;
    for (i = 0; i < model->count; i++)
      if (strcmp(model->lines[i].source, sources[s]) == 0 && model->lines[i].version > above) some[count++] = model->lines[i];
    show_lines(some, count, &expected);
    check_news(model->replica, sources[s], above, expected.data);
    text_free(&expected);
    free(some);
  }
}

static void model_compact(void *context, const scuttle_update_t *const *updates, size_t count) {
  model_t *model = (model_t *)context;
  size_t i, doomed = model->count - model->capacity + 1;
  model->calls++;
  CHECK_INT(model->count, model->room); /* called at that count */
  CHECK_INT(count, doomed);
  for (i = 0; i < count && i < model->count; i++) {
    CHECK_U64(updates[i]->version, model->lines[i].version);
    CHECK_BYTES(updates[i]->key, updates[i]->key_len, model->lines[i].key, strlen(model->lines[i].key));
    CHECK_BYTES(updates[i]->value, updates[i]->value_len, model->lines[i].value, strlen(model->lines[i].value));
  }
  check_model(model);
  model->room = model->capacity;
  if (random_below(&model->random, 2)) both_trim(model);
  if (random_below(&model->random, 2)) {
    size_t least = model->count < model->capacity ? model->capacity : model->count + 1;
    size_t keep = least + random_below(&model->random, 20);
    CHECK_CODE(scuttle_history_keep(model->replica, keep), SCUTTLE_OK);
    model->room = keep;
    if (random_below(&model->random, 3) == 0) both_trim(model);
    return;
  }
  CHECK_CODE(scuttle_history_keep(model->replica, model->count), SCUTTLE_E_ARGUMENT);
}

/* Adds one more update to the model. Called after the compaction, if there was one. */
static void model_add(model_t *model, const char *key, const char *value, const char *source, uint64_t version, int deleted) {
  line_t *line;
  size_t surplus = model->count >= model->room ? model->count - model->capacity + 1 : 0;
  memmove(model->lines, model->lines + surplus, (model->count - surplus) * sizeof *model->lines);
  model->count -= surplus;
  line = &model->lines[model->count++];
  snprintf(line->key, sizeof line->key, "%s", key);
  snprintf(line->value, sizeof line->value, "%s", value);
  snprintf(line->source, sizeof line->source, "%s", source);
  line->version = version;
  line->deleted = deleted;
}

static void run_model(uint64_t seed, size_t capacity) {
  static model_t model;
  scuttle_config_t config = config_exact();
  scuttle_link_t *link;
  int i;
  memset(&model, 0, sizeof model);
  model.random = seed;
  model.capacity = model.room = capacity;
  config.max_history = capacity;
  config.on_compaction = model_compact;
  config.context = &model;
  model.replica = replica_with("local", &config);
  link = link_make(model.replica);
  for (i = 1; i <= 150 && !check_failures; i++) {
    char key[16], value[16];
    uint64_t version = version_of(model.replica) + 1;
    snprintf(key, sizeof key, "k%d", (int)random_below(&model.random, 6));
    snprintf(value, sizeof value, "%d", i);
    switch (random_below(&model.random, 8)) {
    case 0:
      CHECK_CODE(unset(model.replica, key), SCUTTLE_OK);
      model_add(&model, key, "null", "local", version, 1);
      break;
    case 1:
      CHECK_CODE(feed_update(link, key, value, "A", version), SCUTTLE_OK);
      model_add(&model, key, value, "A", version, 0);
      break;
    case 2:
      CHECK_CODE(feed_update(link, key, value, "B", version), SCUTTLE_OK);
      model_add(&model, key, value, "B", version, 0);
      break;
    case 3:
      version = 1000 + (uint64_t)i;
      CHECK_CODE(write_history(model.replica, key, value, "W", version, 0), SCUTTLE_OK);
      model_add(&model, key, value, "W", version, 0);
      break;
    case 4: both_trim(&model); break;
    default:
      CHECK_CODE(set(model.replica, key, value), SCUTTLE_OK);
      model_add(&model, key, value, "local", version, 0);
      break;
    }
    check_model(&model);
  }
  if (check_failures) printf("  seed %d, max_history %zu\n", (int)seed, capacity);
  scuttle_free(model.replica);
}

TEST(trims_and_keeps_at_random_as_on_a_list) {
  static const size_t capacities[] = {1, 2, 3, 10, 1000};
  uint64_t seed;
  printf("  seeds 1 to 200\n");
  for (seed = 1; seed <= 200 && !check_failures; seed++) run_model(seed, capacities[seed % 5]);
}

/* --- peers --- */

static void maybe_keep(void *context, const scuttle_update_t *const *updates, size_t count) {
  model_t *model = (model_t *)context;
  salt_t salt;
  (void)updates;
  (void)count;
  salt.salt = random_next(&model->random) % 1000;
  if (!model->replica) return;
  if (random_below(&model->random, 2)) CHECK_CODE(scuttle_history_trim(model->replica, drop_by_salt, &salt, NULL), SCUTTLE_OK);
  if (random_below(&model->random, 3) == 0) scuttle_history_keep(model->replica, 5 + random_below(&model->random, 2000));
}

static void run_pair(uint64_t seed, size_t max_history, uint32_t flags) {
  static model_t models[2];
  scuttle_t *replicas[2];
  scuttle_link_t *links[2];
  uint64_t random = seed;
  int i, n;
  for (n = 0; n < 2; n++) {
    scuttle_config_t config = config_make();
    memset(&models[n], 0, sizeof models[n]);
    config.seed = seed * 2 + (uint64_t)n + 1;
    config.max_history = max_history;
    config.on_compaction = maybe_keep;
    config.context = &models[n];
    config.mtu = 1 + seed % 12;
    models[n].random = seed * 3 + (uint64_t)n;
    models[n].replica = replicas[n] = replica_with(n ? "b" : "a", &config);
    links[n] = link_with(replicas[n], flags);
  }
  for (i = 0; i < 400; i++) {
    char key[16], value[16], part[700];
    size_t len = 0, most = flags & SCUTTLE_LINK_DATAGRAM ? sizeof part : 1 + random_below(&random, sizeof part);
    salt_t salt;
    n = (int)random_below(&random, 2);
    snprintf(key, sizeof key, "k%d", (int)random_below(&random, 9));
    snprintf(value, sizeof value, "%d", i);
    salt.salt = random_next(&random) % 1000;
    switch (random_below(&random, 10)) {
    case 0: CHECK(unset(replicas[n], key) >= 0); break;
    case 1: CHECK(scuttle_gossip(replicas[n]) >= 0); break;
    case 2:
    case 3: CHECK_CODE(scuttle_history_trim(replicas[n], drop_by_salt, &salt, NULL), SCUTTLE_OK); break;
    case 4:
      if (seed % 2) CHECK_CODE(write_history(replicas[n], key, value, "W", (uint64_t)i + 1, 0), SCUTTLE_OK);
      break;
    case 5:
    case 6: CHECK(set(replicas[n], key, value) >= 0); break;
    default: {
      int code = scuttle_link_read(links[n], part, most, &len);
      CHECK(code >= 0);
      if (len) code = scuttle_link_write(links[1 - n], part, len);
      if (code < 0) CHECK_SAY("step %d: %s: %s", i, code_name(code), scuttle_errmsg(replicas[1 - n]));
    }
    }
  }
  for (i = 0; i < 4; i++) {
    talk_t end = talk_links(links[0], links[1], 1 << 22);
    if (end.code < 0 || end.endless) CHECK_SAY("%s after %zu bytes", code_name(end.code), end.bytes);
  }
  if (flags & SCUTTLE_LINK_LIVE) { /* and further updates go live */
    CHECK(set(replicas[0], "live", "1") >= 0);
    while (carry(links[0], links[1])) continue;
  } else {
    CHECK(set(replicas[0], "live", "1") >= 0);
    talk_links(links[0], links[1], 1 << 22);
    talk_links(links[0], links[1], 1 << 22);
  }
  CHECK_STR(value_of(replicas[1], "live"), "1");
  check_same(replicas[0], replicas[1]);
  if (check_failures) printf("  seed %d, max_history %zu, flags %u\n", (int)seed, max_history, flags);
  scuttle_free(replicas[0]);
  scuttle_free(replicas[1]);
}

static void run_pairs(uint32_t flags) {
  static const size_t histories[] = {1, 10, 1000};
  uint64_t seed;
  size_t h;
  printf("  seeds 1 to 100\n");
  for (h = 0; h < 3; h++)
    for (seed = 1; seed <= 100 && !check_failures; seed++) run_pair(seed, histories[h], flags);
}

TEST(two_replicas_converge) { run_pairs(0); }
TEST(two_replicas_converge_live) { run_pairs(SCUTTLE_LINK_LIVE); }
TEST(two_replicas_converge_by_datagrams) { run_pairs(SCUTTLE_LINK_DATAGRAM); }
TEST(two_replicas_converge_by_live_datagrams) { run_pairs(SCUTTLE_LINK_LIVE | SCUTTLE_LINK_DATAGRAM); }
TEST(two_replicas_converge_in_the_classic_dialect) { run_pairs(SCUTTLE_LINK_CLASSIC); }

TEST(a_peer_that_lacks_trimmed_updates_gets_entries) {
  static const uint32_t flags[] = {0, SCUTTLE_LINK_LIVE};
  size_t i;
  for (i = 0; i < 2; i++) {
    scuttle_t *r = with_history("local", 1000), *peer = with_history("peer", 1000);
    scuttle_link_t *link = link_with(r, flags[i]), *to = link_with(peer, flags[i]);
    text_t out = {NULL, 0, 0};
    write_many(r, 1, 3);
    sync_links(link, to);
    check_same(r, peer);
    write_many(r, 4, 30);
    CHECK_INT(trim(r, "k1", NULL, 20), 7); /* 1, 4 … 19 */
    CHECK(scuttle_link_gossip(to) >= 0);
    CHECK(move_all(to, link, NULL) >= 0);
    CHECK(move_all(link, to, &out) >= 0);
    carry(link, to);
    check_same(r, peer);
    CHECK_INT(text_count(&out, "\"value\":4,"), 0);
    CHECK(text_count(&out, "\"value\":28,") <= 1);
    text_free(&out);
    scuttle_free(r);
    scuttle_free(peer);
  }
}

CHECK_MAIN
