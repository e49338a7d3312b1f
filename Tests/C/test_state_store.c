/* A replica whose state store fails: at each call of each function, during each call that changes the replica. Afterwards
   memory and store agree, and once the store works again all replicas converge. */
#include "check.h"
#include "support.h"

#define MOST ((size_t)1 << 20) /* bytes of one conversation of a test */

/* --- a store in memory -------------------------------------------------------------------------------------------------- */

typedef struct {
  uint32_t kind;
  text_t id, line;
} row_t;

typedef struct {
  row_t *rows;
  size_t count;
} table_t;

enum { LOAD, BEGIN, PUT, REMOVE, COMMIT, FUNCTIONS };

typedef struct {
  table_t committed, pending;
  int is_open;           /* between begin and its end */
  int calls[FUNCTIONS];  /* since the store was armed */
  int failing[FUNCTIONS]; /* which call fails, the first is 1; 0: none */
  int lasting[FUNCTIONS]; /* how many calls in a row fail then */
  int failures, rollbacks, commits;
  scuttle_state_store_t functions;
} store_t;

static void table_free(table_t *table) {
  size_t i;
  for (i = 0; i < table->count; i++) {
    text_free(&table->rows[i].id);
    text_free(&table->rows[i].line);
  }
  free(table->rows);
  table->rows = NULL;
  table->count = 0;
}

static row_t *table_find(table_t *table, uint32_t kind, const void *id, size_t id_len) {
  size_t i;
  for (i = 0; i < table->count; i++) {
    row_t *row = &table->rows[i];
    if (row->kind == kind && row->id.len == id_len && (id_len == 0 || memcmp(row->id.data, id, id_len) == 0)) return row;
  }
  return NULL;
}

static void table_put(table_t *table, uint32_t kind, const void *id, size_t id_len, const void *line, size_t line_len) {
  row_t *row = table_find(table, kind, id, id_len);
  if (!row) {
    table->rows = (row_t *)realloc(table->rows, (table->count + 1) * sizeof *row);
    row = &table->rows[table->count++];
    memset(row, 0, sizeof *row);
    row->kind = kind;
    text_add(&row->id, id, id_len);
  }
  text_free(&row->line);
  text_add(&row->line, line, line_len);
}

static void table_copy(table_t *to, const table_t *from) {
  size_t i;
  table_free(to);
  for (i = 0; i < from->count; i++) {
    const row_t *row = &from->rows[i];
    table_put(to, row->kind, row->id.data, row->id.len, row->line.data, row->line.len);
  }
}

/* Returns whether this call of a function fails. */
static int store_fails(store_t *store, int function) {
  int first = store->failing[function], call = ++store->calls[function];
  int fails = first && call >= first && call < first + (store->lasting[function] ? store->lasting[function] : 1);
  store->failures += fails;
  return fails;
}

static int store_load(void *context, scuttle_line_fn take, void *take_context) {
  store_t *store = (store_t *)context;
  size_t i;
  CHECK(!store->is_open);
  for (i = 0; i < store->committed.count; i++) {
    if (i == store->committed.count / 2 && store_fails(store, LOAD)) return 5; /* in the middle of the rows */
    if (take(take_context, store->committed.rows[i].line.data, store->committed.rows[i].line.len)) return 0;
  }
  return store->committed.count == 0 && store_fails(store, LOAD) ? 5 : 0;
}

static int store_begin(void *context) {
  store_t *store = (store_t *)context;
  CHECK(!store->is_open);
  if (store_fails(store, BEGIN)) return -7;
  store->is_open = 1;
  table_copy(&store->pending, &store->committed);
  return 0;
}

static void check_row(const scuttle_row_t *row) {
  CHECK(row->kind >= SCUTTLE_ROW_ENTRY && row->kind <= SCUTTLE_ROW_REPLICA);
  CHECK_INT(row->reserved, 0);
  CHECK(row->id != NULL);
}

static int store_put(void *context, const scuttle_row_t *row) {
  store_t *store = (store_t *)context;
  CHECK(store->is_open);
  check_row(row);
  CHECK(row->line_len == 0 || row->line[row->line_len - 1] == '\n');
  CHECK((row->update != NULL) == (row->kind == SCUTTLE_ROW_ENTRY));
  if (row->update) CHECK_BYTES(row->update->key, row->update->key_len, row->id, row->id_len);
  if (store_fails(store, PUT)) return 1;
  table_put(&store->pending, row->kind, row->id, row->id_len, row->line, row->line_len);
  return 0;
}

static int store_remove(void *context, const scuttle_row_t *row) {
  store_t *store = (store_t *)context;
  row_t *found;
  CHECK(store->is_open);
  check_row(row);
  CHECK(row->line == NULL && row->update == NULL);
  if (store_fails(store, REMOVE)) return 1;
  found = table_find(&store->pending, row->kind, row->id, row->id_len);
  if (found) {
    text_free(&found->id);
    text_free(&found->line);
    *found = store->pending.rows[--store->pending.count];
  }
  return 0;
}

static int store_commit(void *context) {
  store_t *store = (store_t *)context;
  CHECK(store->is_open);
  if (store_fails(store, COMMIT)) return 1;
  table_copy(&store->committed, &store->pending);
  store->is_open = 0;
  store->commits++;
  return 0;
}

static void store_rollback(void *context) {
  store_t *store = (store_t *)context;
  store->is_open = 0;
  store->rollbacks++;
}

static void store_init(store_t *store) {
  memset(store, 0, sizeof *store);
  store->functions.struct_size = sizeof store->functions;
  store->functions.context = store;
  store->functions.load = store_load;
  store->functions.begin = store_begin;
  store->functions.put = store_put;
  store->functions.remove = store_remove;
  store->functions.commit = store_commit;
  store->functions.rollback = store_rollback;
}

static void store_disarm(store_t *store) {
  memset(store->calls, 0, sizeof store->calls);
  memset(store->failing, 0, sizeof store->failing);
  memset(store->lasting, 0, sizeof store->lasting);
  store->failures = store->rollbacks = store->commits = 0;
}

static void store_free(store_t *store) {
  table_free(&store->committed);
  table_free(&store->pending);
}

/* --- comparisons ---------------------------------------------------------------------------------------------------- */

static int compare_lines(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Returns the vector, and the lines of the entries in byte order: an export without the lines that differ between starts. Free
   it. Without the own source, "a": after an undone call its low-water mark may be above the stored one. */
static char *shown(scuttle_t *replica) {
  text_t all = {NULL, 0, 0}, text = {NULL, 0, 0};
  char *lines[200], *line, *clock = clock_text(replica);
  size_t count = 0, i;
  export_all(replica, &all);
  for (line = strtok(all.data, "\n"); line; line = strtok(NULL, "\n"))
    if (strncmp(line, "{\"key\"", 6) == 0 && count < sizeof lines / sizeof *lines) lines[count++] = line;
  qsort(lines, count, sizeof *lines, compare_lines);
  text_str(&text, strncmp(clock, "a ", 2) == 0 ? strchr(clock, '\n') + 1 : clock);
  for (i = 0; i < count; i++) text_format(&text, "%s\n", lines[i]);
  free(clock);
  text_free(&all);
  return text.data;
}

/* Creates a replica in a store, under a source that is its name: a start from the same store shows the same. */
static scuttle_t *stored(const char *name, const store_t *store) {
  scuttle_config_t config = config_exact();
  scuttle_t *replica = NULL;
  config.state_store = &store->functions;
  CHECK_CODE(scuttle_new(name, &config, &replica), SCUTTLE_OK);
  return replica;
}

/* Checks that a fresh replica that starts from the store equals the replica. */
static void check_stored(scuttle_t *replica, const store_t *store, const char *place) {
  store_t copy;
  scuttle_t *fresh;
  store_init(&copy);
  table_copy(&copy.committed, &store->committed);
  fresh = stored("a", &copy);
  if (fresh) {
    char *is = shown(replica), *was = shown(fresh);
    if (strcmp(is, was) != 0) CHECK_SAY("%s: memory has\n%sand the store\n%s", place, is, was);
    /* A start of a name that has left counts again, above the version that was retired. */
    if (strncmp(place, "leave", 5) != 0 &&
        (clock_of(fresh, "a") > clock_of(replica, "a") || version_of(fresh) > version_of(replica)))
      CHECK_SAY("%s: the store has a later version than memory", place);
    free(is);
    free(was);
  }
  scuttle_free(fresh);
  store_free(&copy);
}

/* --- the world of failing calls ---------------------------------------------------------------------------------------- */

typedef struct {
  store_t store;
  scuttle_t *a, *b; /* a has the store */
  scuttle_link_t *ab, *ba;
} world_t;

static void world_talk(world_t *world) {
  talk_t said = talk_links(world->ab, world->ba, MOST);
  CHECK_CODE(said.code, SCUTTLE_OK);
  CHECK(!said.endless);
}

static int set_ttl(scuttle_t *replica, const char *key, uint64_t ttl) {
  return scuttle_set_ttl(replica, key, SCUTTLE_NTS, "1", 1, ttl);
}

static void world_make(world_t *world) {
  memset(world, 0, sizeof *world);
  store_init(&world->store);
  world->a = stored("a", &world->store);
  world->b = replica_exact("b");
  world->ab = link_with(world->a, 0);
  world->ba = link_with(world->b, 0);
  scuttle_tick(world->a, 1000);
  set(world->a, "k", "1");
  set(world->a, "l", "[2]");
  set(world->b, "m", "{\"x\":3}");
  set_ttl(world->a, "short", 50);
  set_ttl(world->a, "renewed", 400 | SCUTTLE_TTL_RENEW);
  world_talk(world);
  set(world->b, "n", "4");
  set(world->b, "k", "5");
  unset(world->b, "m");
  unset(world->a, "l"); /* a tombstone that b lacks */
  store_disarm(&world->store);
}

static void world_free(world_t *world) {
  scuttle_free(world->a);
  scuttle_free(world->b);
  store_free(&world->store);
}

/* Checks that a few gossips over the same links make both equal, once the store works. */
static void world_converges(world_t *world, const char *place) {
  char *of_a, *of_b;
  int round;
  store_disarm(&world->store);
  for (round = 0; round < 3; round++) world_talk(world);
  of_a = state_text(world->a), of_b = state_text(world->b);
  if (strcmp(of_a, of_b) != 0) CHECK_SAY("%s: a holds\n%sand b\n%s", place, of_a, of_b);
  CHECK_U64(fingerprint_of(world->a), fingerprint_of(world->b));
  free(of_a);
  free(of_b);
  check_stored(world->a, &world->store, place);
}

/* --- the calls ------------------------------------------------------------------------------------------------------------ */

typedef struct {
  const char *name;
  int is_local;                /* a failure changes nothing */
  int (*call)(world_t *world); /* returns the first error of its calls on a */
} use_t;

static int use_set(world_t *world) { return set(world->a, "k", "6"); }
static int use_set_new(world_t *world) { return set(world->a, "new", "6"); }
static int use_delete(world_t *world) { return unset(world->a, "k"); }
static int use_delete_absent(world_t *world) { return unset(world->a, "absent"); }
static int use_set_ttl(world_t *world) { return set_ttl(world->a, "k", 70); }
static int use_set_renewed(world_t *world) { return set_ttl(world->a, "k", 70 | SCUTTLE_TTL_RENEW); }
static int use_renew(world_t *world) { return scuttle_tick(world->a, 1200); }

static int use_set_many(world_t *world) {
  scuttle_write_t writes[5];
  size_t i;
  const char *keys[] = {"k", "new", "k", "l", "new"}, *values[] = {"6", "[7]", NULL, "8", "9"};
  memset(writes, 0, sizeof writes);
  for (i = 0; i < 5; i++) {
    writes[i].key = keys[i], writes[i].key_len = SCUTTLE_NTS;
    writes[i].json = values[i], writes[i].json_len = SCUTTLE_NTS;
  }
  writes[4].ttl_ms = 90;
  return scuttle_set_many(world->a, writes, 5);
}

static int use_set_if(world_t *world) {
  scuttle_entry_t entry;
  if (scuttle_get(world->a, "k", 1, &entry)) return -1000;
  return scuttle_set_if(world->a, "k", 1, "6", 1, &entry);
}
static int use_tick(world_t *world) { return scuttle_tick(world->a, 1010); }
static int use_expire(world_t *world) { return scuttle_tick(world->a, 2000); }
static int use_gossip(world_t *world) { return scuttle_gossip(world->a); }
static int use_link_gossip(world_t *world) { return scuttle_link_gossip(world->ab); }
static int use_forget(world_t *world) { return scuttle_forget(world->a, "b", 1); }
static int use_leave(world_t *world) { return scuttle_forget(world->a, "a", 1); }
static int use_accept_again(world_t *world) { return scuttle_accept_again(world->a); }

static int use_purge(world_t *world) {
  size_t purged;
  return scuttle_purge(world->a, &purged);
}

/* Carries bytes both ways until there is nothing to send or a call on `a` fails. */
static int use_talk(world_t *world) {
  int turn;
  scuttle_link_gossip(world->ba);
  for (turn = 0; turn < 100; turn++) {
    char bytes[512];
    size_t from_b, from_a;
    int code;
    scuttle_link_read(world->ba, bytes, sizeof bytes, &from_b);
    code = scuttle_link_write(world->ab, bytes, from_b);
    if (code < 0) return code;
    code = scuttle_link_read(world->ab, bytes, sizeof bytes, &from_a);
    if (code < 0) return code;
    scuttle_link_write(world->ba, bytes, from_a);
    if (!from_a && !from_b) break;
  }
  return SCUTTLE_OK;
}

static int use_open(world_t *world) {
  scuttle_link_t *link = NULL;
  int code = scuttle_link_open(world->a, NULL, &link);
  scuttle_link_close(link);
  return code;
}

static const use_t uses[] = {
    {"set", 1, use_set},           {"set of a new key", 1, use_set_new},   {"delete", 1, use_delete},
    {"delete of no key", 1, use_delete_absent}, {"set_ttl", 1, use_set_ttl}, {"tick", 0, use_tick},
    {"set_ttl of a renewed key", 1, use_set_renewed}, {"tick that renews", 0, use_renew}, {"set_many", 1, use_set_many},
    {"set_if", 1, use_set_if},
    {"tick that expires", 0, use_expire}, {"gossip", 0, use_gossip},       {"link_gossip", 0, use_link_gossip},
    {"purge", 0, use_purge},       {"forget", 0, use_forget},              {"leave", 0, use_leave},
    {"accept_again", 0, use_accept_again}, {"link_write and link_read", 0, use_talk}, {"link_open", 0, use_open},
};

#define USES (sizeof uses / sizeof *uses)

static const char *function_names[] = {"load", "begin", "put", "remove", "commit"};

/* --- tests ---------------------------------------------------------------------------------------------------------------- */

TEST(a_start_from_the_store) {
  store_t store;
  scuttle_t *a;
  char *before, *after;
  store_init(&store);
  a = stored("a", &store);
  REQUIRE(a);
  set(a, "k", "{\"x\": [1.50]}");
  set(a, "gone", "1");
  unset(a, "gone");
  before = shown(a);
  CHECK(table_find(&store.committed, SCUTTLE_ROW_ENTRY, "k", 1) != NULL);
  CHECK(table_find(&store.committed, SCUTTLE_ROW_ENTRY, "gone", 4) != NULL);
  CHECK(table_find(&store.committed, SCUTTLE_ROW_SOURCE, "a", 1) != NULL);
  scuttle_free(a);
  a = stored("a", &store);
  REQUIRE(a);
  after = shown(a);
  CHECK_STR(after, before);
  CHECK_STR(value_of(a, "k"), "{\"x\":[1.50]}");
  free(before);
  free(after);
  scuttle_free(a);
  store_free(&store);
}

TEST(each_call_is_a_transaction_or_none) {
  size_t i;
  for (i = 0; i < USES; i++) {
    world_t world;
    int code;
    world_make(&world);
    code = uses[i].call(&world);
    if (code < 0) CHECK_SAY("%s is %s", uses[i].name, code_name(code));
    CHECK(!world.store.is_open);
    CHECK_INT(world.store.rollbacks, 0);
    CHECK_INT(world.store.calls[BEGIN], world.store.commits);
    if (uses[i].is_local) CHECK_INT(world.store.commits, 1);
    check_stored(world.a, &world.store, uses[i].name);
    if (uses[i].call != use_leave) world_converges(&world, uses[i].name);
    world_free(&world);
  }
}

/* Makes one call of a function fail, and as many of `load` besides. */
static void fail_at(const use_t *use, int function, int number, int loads) {
  world_t world;
  char place[120], *before;
  uint64_t version;
  int code, i;
  snprintf(place, sizeof place, "%s, %s %d, %d of load", use->name, function_names[function], number, loads);
  world_make(&world);
  before = shown(world.a);
  version = version_of(world.a);
  world.store.failing[function] = number;
  if (loads) {
    world.store.failing[LOAD] = 1;
    world.store.lasting[LOAD] = loads;
  }
  code = use->call(&world);
  if (code != SCUTTLE_E_STORE) CHECK_SAY("%s: the code is %s", place, code_name(code));
  CHECK(scuttle_errmsg(world.a)[0] != 0);
  CHECK(!world.store.is_open);
  if (world.store.rollbacks != 1) CHECK_SAY("%s: %d rollbacks", place, world.store.rollbacks);
  if (!use->is_local) {
    for (i = 1; i < loads; i++) { /* the first one is part of the call */
      size_t count;
      code = i % 2 ? scuttle_count(world.a, &count) : set(world.a, "late", "1");
      if (code != SCUTTLE_E_STORE) CHECK_SAY("%s: try %d of load is %s", place, i, code_name(code));
    }
  }
  memset(world.store.failing, 0, sizeof world.store.failing);
  check_stored(world.a, &world.store, place);
  if (use->is_local) {
    char *after = shown(world.a);
    CHECK_U64(version_of(world.a), version);
    if (strcmp(before, after) != 0) CHECK_SAY("%s: before\n%safter\n%s", place, before, after);
    free(after);
  }
  free(before);
  world_converges(&world, place);
  world_free(&world);
}

static void fail_everywhere(int loads) {
  size_t i;
  for (i = 0; i < USES; i++) {
    world_t world;
    int calls[FUNCTIONS], function, number;
    world_make(&world);
    uses[i].call(&world);
    memcpy(calls, world.store.calls, sizeof calls);
    world_free(&world);
    for (function = BEGIN; function < FUNCTIONS; function++)
      for (number = 1; number <= calls[function]; number++) fail_at(&uses[i], function, number, loads);
  }
}

TEST(memory_and_store_agree_whatever_fails) { fail_everywhere(0); }

TEST(while_load_fails_too_each_call_tries_again) {
  fail_everywhere(1);
  fail_everywhere(4);
}

/* An undone call neither ends renewals nor begins some. */
TEST(renewals_go_on_after_an_undone_call) {
  int call;
  for (call = 0; call < 4; call++) {
    world_t world;
    uint64_t now;
    world_make(&world);
    if (call == 3) CHECK_CODE(set(world.a, "renewed", "2"), SCUTTLE_OK); /* ended before */
    world.store.failing[COMMIT] = world.store.calls[COMMIT] + 1;
    if (call == 0 || call == 3) CHECK_CODE(scuttle_tick(world.a, 1250), SCUTTLE_E_STORE);
    if (call == 1) CHECK_CODE(set(world.a, "renewed", "2"), SCUTTLE_E_STORE);
    if (call == 2) CHECK_CODE(use_talk(&world), SCUTTLE_E_STORE);
    store_disarm(&world.store);
    for (now = 1251; now < 9000; now += 100) CHECK_CODE(scuttle_tick(world.a, now), SCUTTLE_OK);
    CHECK_STR(value_of(world.a, "renewed"), call == 3 ? "2" : "1");
    CHECK(value_of(world.a, "short") == NULL);
    now = version_of(world.a);
    CHECK_CODE(scuttle_tick(world.a, 20000), SCUTTLE_OK);
    CHECK_U64(version_of(world.a), now + (call != 3));
    world_converges(&world, "renewals");
    world_free(&world);
  }
}

TEST(a_resolver_and_a_batch) {
  /* The batch has a key twice, and the resolver keeps its first write. */
  scuttle_config_t config = config_exact();
  store_t store;
  scuttle_t *a = NULL;
  scuttle_write_t writes[3];
  store_init(&store);
  config.state_store = &store.functions;
  config.resolver = SCUTTLE_STRICTLY_ORDER_VALUES;
  CHECK_CODE(scuttle_new("a", &config, &a), SCUTTLE_OK);
  REQUIRE(a);
  set(a, "l", "9");
  store_disarm(&store);
  memset(writes, 0, sizeof writes);
  writes[0].key = writes[1].key = "k", writes[2].key = "l", writes[0].key_len = writes[1].key_len = writes[2].key_len = 1;
  writes[0].json = "5", writes[1].json = writes[2].json = "3", writes[0].json_len = writes[1].json_len = writes[2].json_len = 1;
  CHECK_CODE(scuttle_set_many(a, writes, 3), SCUTTLE_OK);
  CHECK_INT(store.commits, 1);
  CHECK_STR(value_of(a, "k"), "5");
  check_stored(a, &store, "a resolver and a batch");
  store.failing[COMMIT] = 2;
  writes[0].key = "m";
  CHECK_CODE(scuttle_set_many(a, writes, 3), SCUTTLE_E_STORE);
  CHECK(value_of(a, "m") == NULL);
  CHECK_STR(value_of(a, "k"), "5");
  check_stored(a, &store, "a resolver and a failed batch");
  scuttle_free(a);
  store_free(&store);
}

TEST(a_start_whose_load_fails) {
  int filled;
  for (filled = 0; filled < 2; filled++) {
    scuttle_config_t config = config_exact();
    store_t store;
    scuttle_t *a = (scuttle_t *)(void *)&store;
    store_init(&store);
    if (filled) {
      a = stored("a", &store);
      set(a, "k", "1");
      set(a, "l", "1");
      scuttle_free(a);
      store_disarm(&store);
    }
    store.failing[LOAD] = 1;
    config.state_store = &store.functions;
    CHECK_CODE(scuttle_new("a", &config, &a), SCUTTLE_E_STORE);
    CHECK(a == NULL);
    CHECK_CODE(scuttle_new("a", &config, &a), SCUTTLE_OK);
    CHECK_INT(count_of(a), filled ? 2 : 0);
    scuttle_free(a);
    store_free(&store);
  }
}

TEST(a_store_lacks_no_function) {
  size_t i;
  for (i = 0; i < 7; i++) {
    scuttle_config_t config = config_exact();
    store_t store;
    scuttle_t *a = NULL;
    store_init(&store);
    if (i == 0) store.functions.load = NULL;
    if (i == 1) store.functions.begin = NULL;
    if (i == 2) store.functions.put = NULL;
    if (i == 3) store.functions.remove = NULL;
    if (i == 4) store.functions.commit = NULL;
    if (i == 5) store.functions.rollback = NULL;
    if (i == 6) config.state = "", config.state_len = 0;
    config.state_store = &store.functions;
    CHECK_CODE(scuttle_new("a", &config, &a), SCUTTLE_E_ARGUMENT);
    scuttle_free(a);
    store_free(&store);
  }
}

static scuttle_t *reading_replica;
static int readings;

static int put_that_reads(void *context, const scuttle_row_t *row) {
  if (reading_replica && row->kind == SCUTTLE_ROW_ENTRY) {
    scuttle_entry_t entry;
    size_t count;
    char buffer[64];
    readings++;
    CHECK_CODE(scuttle_get_copy(reading_replica, row->id, row->id_len, buffer, sizeof buffer, &count, &entry),
               SCUTTLE_NOT_FOUND); /* before anything changes */
    CHECK_CODE(scuttle_count(reading_replica, &count), SCUTTLE_OK);
    CHECK_INT(count, 0);
    CHECK_CODE(set(reading_replica, "other", "1"), SCUTTLE_E_BUSY);
    CHECK_CODE(scuttle_gossip(reading_replica), SCUTTLE_E_BUSY);
  }
  return store_put(context, row);
}

TEST(a_store_reads_the_replica) {
  store_t store;
  store_init(&store);
  store.functions.put = put_that_reads;
  reading_replica = NULL;
  reading_replica = stored("a", &store);
  REQUIRE(reading_replica);
  CHECK_CODE(set(reading_replica, "k", "1"), SCUTTLE_OK);
  CHECK_INT(readings, 1);
  scuttle_free(reading_replica);
  reading_replica = NULL;
  store_free(&store);
}

static int updates_seen;

static void count_update(void *context, const scuttle_update_t *update) {
  (void)context;
  (void)update;
  updates_seen++;
}

TEST(a_local_write_puts_before_on_update) {
  scuttle_config_t config = config_exact();
  store_t store;
  scuttle_t *a = NULL;
  store_init(&store);
  config.state_store = &store.functions;
  config.on_update = count_update;
  updates_seen = 0;
  CHECK_CODE(scuttle_new("a", &config, &a), SCUTTLE_OK);
  REQUIRE(a);
  store_disarm(&store);
  store.failing[PUT] = 1;
  CHECK_CODE(set(a, "k", "1"), SCUTTLE_E_STORE);
  CHECK_INT(updates_seen, 0);
  CHECK_CODE(set(a, "k", "1"), SCUTTLE_OK);
  CHECK_INT(updates_seen, 1);
  scuttle_free(a);
  store_free(&store);
}

static scuttle_stats_t stats_of(scuttle_t *replica) {
  scuttle_stats_t stats;
  memset(&stats, 0, sizeof stats);
  stats.struct_size = sizeof stats;
  CHECK_CODE(scuttle_stats(replica, &stats), SCUTTLE_OK);
  return stats;
}

TEST(an_undone_call_has_counted) {
  world_t world;
  scuttle_stats_t before, after;
  scuttle_link_info_t info;
  text_t out = {NULL, 0, 0};
  world_make(&world);
  /* A local write that fails has not written. */
  before = stats_of(world.a);
  CHECK_U64(before.sets, 4);
  CHECK_U64(before.deletes, 1);
  world.store.failing[PUT] = 1;
  CHECK_CODE(set(world.a, "k", "9"), SCUTTLE_E_STORE);
  after = stats_of(world.a);
  CHECK_U64(after.sets, before.sets);
  /* The bytes of the peer have crossed, and the counters of the replica and of its link go on from there. */
  store_disarm(&world.store);
  scuttle_link_gossip(world.ba);
  read_all(world.ba, 0, &out);
  world.store.failing[COMMIT] = 1;
  world.store.lasting[COMMIT] = 1;
  before = stats_of(world.a);
  CHECK(scuttle_link_write(world.ab, out.data, out.len) >= SCUTTLE_E_STORE);
  after = stats_of(world.a);
  CHECK_U64(after.bytes_in, before.bytes_in + out.len);
  CHECK_U64(after.links, 1);
  world_converges(&world, "figures");
  after = stats_of(world.a);
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  CHECK_CODE(scuttle_link_info(world.ab, &info), SCUTTLE_OK);
  CHECK_U64(after.bytes_in, info.bytes_in);
  CHECK_U64(after.bytes_out, info.bytes_out);
  CHECK_U64(after.bytes_in, stats_of(world.b).bytes_out);
  CHECK_U64(after.bytes_out, stats_of(world.b).bytes_in);
  CHECK(after.gossips >= before.gossips + 3);
  text_free(&out);
  world_free(&world);
}

TEST(each_failing_transaction_leaves_the_bytes_right) {
  /* A read whose transaction fails gives no bytes: they come again, and count once. */
  int fails;
  for (fails = 1; fails < 12; fails++) {
    world_t world;
    int turn, failed = 0;
    scuttle_stats_t of_a, of_b;
    world_make(&world);
    world.store.failing[COMMIT] = fails;
    scuttle_link_gossip(world.ba);
    scuttle_link_gossip(world.ab);
    for (turn = 0; turn < 100; turn++) {
      char bytes[100];
      size_t from_b = 0, from_a = 0;
      scuttle_link_read(world.ba, bytes, sizeof bytes, &from_b);
      failed += scuttle_link_write(world.ab, bytes, from_b) == SCUTTLE_E_STORE;
      if (scuttle_link_read(world.ab, bytes, sizeof bytes, &from_a) == SCUTTLE_E_STORE) failed++, from_a = 0;
      else scuttle_link_write(world.ba, bytes, from_a);
      if (!from_a && !from_b && turn > 20) break;
    }
    of_a = stats_of(world.a), of_b = stats_of(world.b);
    CHECK_U64(of_a.bytes_in, of_b.bytes_out);
    CHECK_U64(of_a.bytes_out, of_b.bytes_in);
    if (fails == 1) CHECK(failed > 0);
    world_free(&world);
  }
}

CHECK_MAIN
