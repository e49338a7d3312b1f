#include "scenarios.h"

#include "trying.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int has_seen_code;

void wrong(const char *call, const char *what) {
  printf("%s: %s\n", call, what);
  fflush(stdout);
  _exit(1);
}

char *look(scuttle_t *replica) {
  text_t text = {NULL, 0, 0};
  if (replica) export_all(replica, &text);
  else text_str(&text, "none");
  return text.data;
}

void result(text_t *out, scuttle_t *replica) {
  char *state = state_text(replica);
  text_str(out, state);
  text_str(out, "--\n");
  free(state);
}

static char *filled(size_t length, const char *start, const char *end) {
  char *text = (char *)malloc(length + 1);
  memset(text, 'v', length);
  text[length] = 0;
  memcpy(text, start, strlen(start));
  memcpy(text + length - strlen(end), end, strlen(end));
  return text;
}

/* --- one replica ---------------------------------------------------------------------------------------------------- */

static int stop_never(void *context, const scuttle_update_t *update) {
  *(size_t *)context += update->key_len;
  return 0;
}

int add_line(void *context, const char *line, size_t length) {
  int armed = failing_arm(0);
  text_add((text_t *)context, line, length);
  failing_arm(armed);
  return 0;
}

static int count_clock(void *context, const char *source, size_t source_len, uint64_t version) {
  (void)source, (void)version;
  *(size_t *)context += source_len;
  return 0;
}

void fill(scuttle_t *replica, int from, int to) {
  char key[24], value[24];
  int i;
  for (i = from; i < to; i++) {
    snprintf(key, sizeof key, "key-%d", i);
    snprintf(value, sizeof value, "%d", i * 7);
    TRY(NULL, scuttle_set(replica, key, SCUTTLE_NTS, value, SCUTTLE_NTS));
  }
}

static void local(text_t *out) {
  text_t state = {NULL, 0, 0}, lines = {NULL, 0, 0};
  scuttle_config_t config = config_make();
  scuttle_t *first, *replica = NULL, *copy = NULL;
  scuttle_entry_t entry;
  char buffer[200];
  size_t seen = 0, needed;
  uint64_t number;
  first = replica_exact("A");
  set(first, "saved", "[1,2,3]");
  set(first, "gone", "1");
  unset(first, "gone");
  export_all(first, &state);
  scuttle_free(first);

  config.state = state.data;
  config.state_len = state.len;
  TRY(NULL, scuttle_new("local", &config, &replica));
  fill(replica, 0, 700);
  TRY(replica, scuttle_set(replica, "spaced", SCUTTLE_NTS, "{ \"a\" : [ 1, 2 ] }", SCUTTLE_NTS));
  TRY(replica, scuttle_set_ttl(replica, "short", SCUTTLE_NTS, "1", SCUTTLE_NTS, 1000));
  TRY(replica, scuttle_delete(replica, "key-9", SCUTTLE_NTS));
  TRY(replica, scuttle_get(replica, "spaced", SCUTTLE_NTS, &entry));
  text_str(out, entry.value);
  TRY(replica, scuttle_get_copy(replica, "spaced", SCUTTLE_NTS, buffer, sizeof buffer, &needed, &entry));
  text_str(out, buffer);
  TRY(NULL, scuttle_tick(replica, 1000));
  TRY(NULL, scuttle_tick(replica, 9000));
  TRY(replica, scuttle_state(replica, "key", SCUTTLE_NTS, stop_never, &seen));
  TRY(replica, scuttle_history(replica, stop_never, &seen));
  TRY(replica, scuttle_clock(replica, count_clock, &seen));
  TRY(replica, scuttle_fingerprint(replica, &number));
  TRY(replica, scuttle_export(replica, add_line, &lines));
  text_format(out, "%zu %llu\n", seen, (unsigned long long)number);
  config.state = NULL;
  TRY(NULL, scuttle_new("copy", &config, &copy));
  TRY(copy, scuttle_import(copy, lines.data, lines.len));
  TRY(NULL, scuttle_purge(replica, &seen));
  fill(copy, 680, 900);
  result(out, replica);
  result(out, copy);
  (void)CALL((scuttle_free(replica), scuttle_free(copy), 0));
  text_free(&state);
  text_free(&lines);
}

/* --- links ---------------------------------------------------------------------------------------------------------- */

/* Writes the lines one by one, or a datagram whole. A line for which there was no memory has changed nothing, and is lost. */
static void deliver(scuttle_t *replica, scuttle_link_t *link, char *bytes, size_t length, int is_whole) {
  while (length) {
    char *end = (char *)memchr(bytes, '\n', length), *before = NULL, *after;
    size_t piece = is_whole || !end ? length : (size_t)(end - bytes) + 1;
    int code;
    if (!is_whole) before = look(replica);
    code = CALL(scuttle_link_write(link, bytes, piece));
    if (code == SCUTTLE_E_MEMORY) {
      has_seen_code = 1;
      failing_stop();
      if (before) {
        after = look(replica);
        if (strcmp(before, after) != 0) wrong("scuttle_link_write", "changed something");
        free(after);
      }
    } else if (code < 0 && !has_seen_code) wrong("scuttle_link_write", code_name(code));
    free(before);
    bytes += piece;
    length -= piece;
  }
}

static size_t pass(scuttle_link_t *from, scuttle_t *to, scuttle_link_t *link, int is_datagram) {
  static char buffer[1200];
  size_t length = 0, all = 0;
  do {
    int code = CALL(scuttle_link_read(from, buffer, sizeof buffer, &length));
    if (code == SCUTTLE_E_MEMORY) wrong("scuttle_link_read", "returns SCUTTLE_E_MEMORY");
    if (code < 0 && !has_seen_code) wrong("scuttle_link_read", code_name(code));
    deliver(to, link, buffer, length, is_datagram);
    all += length;
  } while (length);
  return all;
}

static void talk_until_equal(scuttle_t *a, scuttle_link_t *x, scuttle_t *b, scuttle_link_t *y, int is_datagram) {
  int round;
  for (round = 0; round < 40; round++) {
    TRY(NULL, scuttle_link_gossip(x));
    TRY(NULL, scuttle_link_gossip(y));
    while (pass(x, b, y, is_datagram) + pass(y, a, x, is_datagram)) {}
    if (round > 1 && fingerprint_of(a) == fingerprint_of(b)) return;
  }
  wrong("a conversation", "does not end with equal replicas");
}

static void converse(text_t *out, uint32_t flags) {
  scuttle_config_t config = config_exact();
  scuttle_link_config_t link = {sizeof link, flags, 0};
  scuttle_t *a = NULL, *b = NULL;
  scuttle_link_t *x = NULL, *y = NULL;
  int is_datagram = (flags & SCUTTLE_LINK_DATAGRAM) != 0, i;
  char key[24];
  TRY(NULL, scuttle_new("A", &config, &a));
  config.seed = 2;
  config.max_history = 40; /* so that states cross, too */
  TRY(NULL, scuttle_new("B", &config, &b));
  fill(a, 0, 60);
  fill(b, 40, 100);
  TRY(a, scuttle_link_open(a, &link, &x));
  TRY(b, scuttle_link_open(b, &link, &y));
  talk_until_equal(a, x, b, y, is_datagram);
  for (i = 0; i < 5; i++) {
    snprintf(key, sizeof key, "key-%d", i);
    TRY(a, scuttle_delete(a, key, SCUTTLE_NTS));
    TRY(b, scuttle_set_ttl(b, "lease", SCUTTLE_NTS, "\"for \\u0061 while\"", SCUTTLE_NTS, 100000));
  }
  talk_until_equal(a, x, b, y, is_datagram);
  result(out, a);
  (void)CALL((scuttle_link_close(x), scuttle_free(a), scuttle_free(b), 0));
}

static void stream(text_t *out) { converse(out, 0); }
static void live(text_t *out) { converse(out, SCUTTLE_LINK_LIVE); }
static void datagrams(text_t *out) { converse(out, SCUTTLE_LINK_DATAGRAM); }
static void classic(text_t *out) { converse(out, SCUTTLE_LINK_CLASSIC); }

/* --- history --------------------------------------------------------------------------------------------------------- */

static scuttle_t *compacting;

static int is_odd(void *context, const scuttle_update_t *update) {
  (void)context;
  return update->version % 2 == 1;
}

static void compact(void *context, const scuttle_update_t *const *updates, size_t count) {
  (void)context, (void)updates, (void)count;
  if (compacting) scuttle_history_trim(compacting, is_odd, NULL, NULL);
}

static void compaction(text_t *out) {
  scuttle_config_t config = config_exact();
  config.max_history = 24;
  config.on_compaction = compact;
  compacting = NULL;
  TRY(NULL, scuttle_new("A", &config, &compacting));
  fill(compacting, 0, 120);
  result(out, compacting);
  (void)CALL((scuttle_free(compacting), 0));
}

/* --- a store of the host's --------------------------------------------------------------------------------------------- */

typedef struct {
  uint32_t kind;
  char id[80], line[400];
  size_t id_len, line_len;
} row_t;
static row_t rows[400], rows_before[400];
static size_t row_count, row_count_before;

static int row_begin(void *context) {
  (void)context;
  memcpy(rows_before, rows, sizeof rows);
  row_count_before = row_count;
  return 0;
}
static size_t row_place(const scuttle_row_t *row) {
  size_t i;
  for (i = 0; i < row_count; i++) {
    if (rows[i].kind == row->kind && rows[i].id_len == row->id_len && memcmp(rows[i].id, row->id, row->id_len) == 0) return i;
  }
  return i;
}
static int row_put(void *context, const scuttle_row_t *row) {
  size_t i = row_place(row);
  (void)context;
  if (row->id_len > sizeof rows[i].id || row->line_len > sizeof rows[i].line || i == 400) return 1;
  if (i == row_count) row_count++;
  rows[i].kind = row->kind;
  memcpy(rows[i].id, row->id, rows[i].id_len = row->id_len);
  memcpy(rows[i].line, row->line, rows[i].line_len = row->line_len);
  return 0;
}
static int row_remove(void *context, const scuttle_row_t *row) {
  size_t i = row_place(row);
  (void)context;
  if (i < row_count) rows[i] = rows[--row_count];
  return 0;
}
static int row_commit(void *context) {
  (void)context;
  return 0;
}
static void row_rollback(void *context) {
  (void)context;
  memcpy(rows, rows_before, sizeof rows);
  row_count = row_count_before;
}
static int row_load(void *context, scuttle_line_fn take, void *take_context) {
  size_t i;
  (void)context;
  for (i = 0; i < row_count; i++) {
    if (take(take_context, rows[i].line, rows[i].line_len) != 0) return 1;
  }
  return 0;
}

static void store(text_t *out) {
  scuttle_config_t config = config_make();
  scuttle_state_store_t host;
  scuttle_t *replica = NULL;
  memset(&host, 0, sizeof host);
  host.struct_size = sizeof host;
  host.load = row_load, host.begin = row_begin, host.put = row_put;
  host.remove = row_remove, host.commit = row_commit, host.rollback = row_rollback;
  row_count = 0;
  config.state_store = &host;
  TRY(NULL, scuttle_new("A", &config, &replica));
  fill(replica, 0, 40);
  TRY(replica, scuttle_delete(replica, "key-3", SCUTTLE_NTS));
  TRY(replica, scuttle_set_ttl(replica, "lease", SCUTTLE_NTS, "[ 1 ]", SCUTTLE_NTS, 50));
  write_at_once(replica);
  TRY(NULL, scuttle_tick(replica, 10));
  TRY(NULL, scuttle_tick(replica, 10000));
  result(out, replica);
  (void)CALL((scuttle_free(replica), 0));
  config.seed = 2;
  TRY(NULL, scuttle_new("A", &config, &replica));
  fill(replica, 30, 50);
  result(out, replica);
  (void)CALL((scuttle_free(replica), 0));
}

/* --- resolvers -------------------------------------------------------------------------------------------------------- */

static void resolvers(text_t *out) {
  static const char *const values[] = {"{\"b\":[1,2.5],\"a\":\"a text that is longer than sixteen bytes\"}", "[1,{\"z\":null}]", "12345678901234567.5",
                                       "\"another text that is rather long, with \\u00e9\"", "{\"a\":\"a text that is longer than sixteen bytes, again\"}"};
  scuttle_update_t updates[5];
  scuttle_config_t config = config_exact();
  scuttle_flaw_t flaw;
  scuttle_t *replica = NULL;
  scuttle_link_t *link = NULL;
  int i;
  memset(updates, 0, sizeof updates);
  for (i = 0; i < 5; i++) {
    updates[i].key = "k", updates[i].key_len = 1;
    updates[i].value = values[i], updates[i].value_len = strlen(values[i]);
    updates[i].source = "S", updates[i].source_len = 1;
    updates[i].version = (uint64_t)i + 1;
  }
  config.resolver = SCUTTLE_STRICTLY_ORDER_VALUES;
  TRY(NULL, scuttle_check_resolver(&config, updates, 5, &flaw));
  TRY(NULL, scuttle_new("A", &config, &replica));
  for (i = 0; i < 5; i++) {
    TRY(replica, scuttle_set(replica, "k", 1, values[i], SCUTTLE_NTS));
    TRY(replica, scuttle_set(replica, "k", 1, values[4 - i], SCUTTLE_NTS));
  }
  TRY(replica, scuttle_link_open(replica, NULL, &link));
  result(out, replica);
  (void)CALL((scuttle_free(replica), 0));
}

/* --- jansson ----------------------------------------------------------------------------------------------------------- */

static void judged(text_t *out) {
  static const char *const values[] = {
      "{ \"a name of more than sixteen bytes\" : [ 12345678901234567, 1.25e-100, \"\\u00e9t\\u00e9, and some more text than that\" ] }",
      " [ 123456789012345678901234567890, -0.000000000000000000000001234567890123456789 ]",
      "{\"one\":{\"two\":{\"three\":{\"four\":[\"\\ud83d\\ude00 a long string that has to grow a buffer more than once, or twice, or even thrice\"]}}}}"};
  static const char *const bad[] = {"{\"a name of more than sixteen bytes\":1,\"a name of more than sixteen bytes\":2}", "[12345678901234567890123e]",
                                    "\"a long string that ends with a bad escape \\q\"", "[1e999]"};
  static const int codes[] = {SCUTTLE_E_DUPLICATE, SCUTTLE_E_JSON, SCUTTLE_E_JSON, SCUTTLE_E_NUMBER};
  static const char line[] =
      "{ \"version\":%d, \"key\":\"a k\\u00e9y of more than sixteen bytes, number %d\", \"value\": [ {\"a\":\"\\u00e9 and then some\"}, 12345678901234567890 ], "
      "\"source_id\":\"a source of more than sixteen bytes\", \"x\":[{}] }\n";
  scuttle_config_t config = config_exact();
  scuttle_link_config_t options = {sizeof options, SCUTTLE_LINK_CLASSIC, 0};
  scuttle_t *replica = NULL;
  scuttle_link_t *link = NULL;
  char text[500];
  int i;
  TRY(NULL, scuttle_new("A", &config, &replica));
  TRY(replica, scuttle_link_open(replica, &options, &link));
  for (i = 0; i < 3; i++) {
    snprintf(text, sizeof text, "k%d", i);
    TRY(replica, scuttle_set(replica, text, SCUTTLE_NTS, values[i], SCUTTLE_NTS));
  }
  for (i = 0; i < 4; i++) TRY_CODE(replica, scuttle_set(replica, "bad", 3, bad[i], SCUTTLE_NTS), codes[i]);
  for (i = 1; i < 4; i++) {
    snprintf(text, sizeof text, line, i, i);
    TRY(replica, scuttle_link_write(link, text, strlen(text)));
  }
  result(out, replica);
  (void)CALL((scuttle_free(replica), 0));
}

/* --- large values -------------------------------------------------------------------------------------------------------- */

static void large(text_t *out) {
  enum { length = 300000 };
  char *plain = filled(length, "\"", "\""), *spaced = filled(length, "[ \"", "\" ]");
  char *line = filled(length, "{\"key\":\"from afar\",\"value\":\"", "\",\"source_id\":\"B\",\"version\":1}\n");
  char *copy = (char *)malloc(length + 100);
  text_t lines = {NULL, 0, 0};
  scuttle_config_t config = config_exact();
  scuttle_link_config_t options = {sizeof options, SCUTTLE_LINK_CLASSIC, 0};
  scuttle_t *replica = NULL, *other = NULL;
  scuttle_link_t *link = NULL;
  scuttle_entry_t entry;
  size_t needed, at;
  TRY(NULL, scuttle_new("A", &config, &replica));
  TRY(replica, scuttle_link_open(replica, &options, &link));
  TRY(replica, scuttle_set(replica, "plain", SCUTTLE_NTS, plain, length));
  TRY(replica, scuttle_set(replica, "spaced", SCUTTLE_NTS, spaced, length));
  TRY(replica, scuttle_set_ttl(replica, "lease", SCUTTLE_NTS, plain, length, 1000));
  TRY(replica, scuttle_get(replica, "plain", SCUTTLE_NTS, &entry));
  if (entry.value_len != length || memcmp(entry.value, plain, length + 1) != 0) wrong("scuttle_get", "another value");
  TRY(replica, scuttle_get_copy(replica, "lease", SCUTTLE_NTS, copy, length + 100, &needed, &entry));
  if (entry.value_len != length || memcmp(copy, plain, length + 1) != 0) wrong("scuttle_get_copy", "another value");
  TRY(replica, scuttle_link_write(link, line, length));
  line[length - 3] = '2';
  for (at = 0; at < length; at += 70000) { /* the line is sent again if it was lost */
    char *before = look(replica), *after;
    size_t piece = length - at < 70000 ? length - at : 70000;
    int code = CALL(scuttle_link_write(link, line + at, piece));
    if (code == SCUTTLE_E_MEMORY) {
      has_seen_code = 1;
      failing_stop();
      after = look(replica);
      if (strcmp(before, after) != 0) wrong("scuttle_link_write", "changed something");
      free(after);
      CALL(scuttle_link_write(link, "\n", 1));
      TRY(replica, scuttle_link_write(link, line, length));
      at = length;
    } else if (code < 0) wrong("scuttle_link_write", code_name(code));
    free(before);
  }
  TRY(replica, scuttle_export(replica, add_line, &lines));
  TRY(NULL, scuttle_new("C", &config, &other));
  TRY(other, scuttle_import(other, lines.data, lines.len));
  result(out, replica);
  result(out, other);
  (void)CALL((scuttle_free(replica), scuttle_free(other), 0));
  free(plain), free(spaced), free(line), free(copy);
  text_free(&lines);
}

const scenario_t scenarios[] = {
    {"local", local, 1},         {"stream", stream, 1}, {"live", live, 1},           {"datagrams", datagrams, 1}, {"classic", classic, 1},
    {"compaction", compaction, 1}, {"store", store, 1},   {"resolvers", resolvers, 0}, {"judged", judged, 1},       {"large", large, 1},
    {"batch", batch, 1},         {"condition", condition, 1}, {"pieces", pieces, 1},
};
const unsigned long scenario_count = sizeof scenarios / sizeof *scenarios;
