/* An error changes nothing: for every code of the header, an export before the call equals one after it. */
#include "check.h"
#include "support.h"

#include <sys/wait.h>
#include <unistd.h>

typedef struct {
  scuttle_t *replica;
  scuttle_link_t *link;
  text_t before; /* the export before the call */
  int code;
} scene_t;

/* The scene, for callbacks. */
static scene_t *scene;

/* A case that ends with an error. */
typedef struct {
  int code;
  const char *name;
  void (*configure)(scuttle_config_t *); /* or NULL */
  uint32_t flags;                        /* of the link */
  int (*act)(scene_t *);
} case_t;

static int sets(scene_t *s, const char *key, const char *json) { return scuttle_set(s->replica, key, SCUTTLE_NTS, json, SCUTTLE_NTS); }

static void any_resolver(scuttle_config_t *config);
static int yes(void *context, const scuttle_update_t *update, const scuttle_update_t *current) {
  (void)context;
  return !current || update->version > current->version;
}
static void any_resolver(scuttle_config_t *config) { config->resolve = yes; }
static int no(void *context, const scuttle_update_t *update, const scuttle_update_t *current) {
  (void)context;
  (void)update;
  (void)current;
  return 0;
}

static int set_in_callback(void *context, const scuttle_update_t *entry) {
  (void)context;
  (void)entry;
  scene->code = sets(scene, "other", "1");
  return 1;
}

static int busy(scene_t *s) {
  scene = s;
  return scuttle_state(s->replica, NULL, 0, set_in_callback, NULL) == SCUTTLE_OK ? s->code : 1;
}

static int argument(scene_t *s) { return scuttle_set(s->replica, NULL, 3, "1", 1); }
static int unsupported(scene_t *s) {
  size_t purged;
  return scuttle_purge(s->replica, &purged);
}
static int struct_size(scene_t *s) {
  scuttle_link_config_t config = {1, 0, 0};
  scuttle_link_t *link;
  return scuttle_link_open(s->replica, &config, &link);
}
static int space(scene_t *s) {
  scuttle_entry_t entry;
  size_t needed;
  return scuttle_get_copy(s->replica, "k", 1, NULL, 0, &needed, &entry);
}
static int datagram_space(scene_t *s) {
  char buffer[10];
  size_t len;
  scuttle_link_gossip(s->link);
  return scuttle_link_read(s->link, buffer, sizeof buffer, &len);
}
static int empty_key(scene_t *s) { return sets(s, "", "1"); }
static int nul(scene_t *s) { return scuttle_set(s->replica, "a\0b", 3, "1", 1); }
static int utf8(scene_t *s) { return sets(s, "\xff", "1"); }
static int json(scene_t *s) { return sets(s, "x", "{\"a\":1,}"); }
static int duplicate(scene_t *s) { return sets(s, "x", "{\"a\":1,\"a\":2}"); }
static int number(scene_t *s) { return sets(s, "x", "1e999"); }
static int depth(scene_t *s) { return sets(s, "x", "[[[[1]]]]"); }
static void shallow(scuttle_config_t *config) { config->max_depth = 3; }
static int key_size(scene_t *s) { return sets(s, "longer than eight", "1"); }
static int value_size(scene_t *s) { return sets(s, "x", "\"longer than eight\""); }
static void small(scuttle_config_t *config) { config->max_key_bytes = config->max_value_bytes = 8; }
static int links(scene_t *s) {
  scuttle_link_t *link;
  return scuttle_link_open(s->replica, NULL, &link);
}
static void one_link(scuttle_config_t *config) { config->max_links = 1; }
static int resolver(scene_t *s) {
  scuttle_config_t config = config_make();
  scuttle_update_t updates[2];
  scuttle_flaw_t flaw;
  size_t i;
  (void)s;
  config.resolve = no;
  memset(updates, 0, sizeof updates);
  for (i = 0; i < 2; i++) {
    updates[i].key = updates[i].source = i ? "b" : "a";
    updates[i].key_len = updates[i].source_len = 1;
    updates[i].value = i ? "1" : "2";
    updates[i].value_len = 1;
    updates[i].version = i + 1;
  }
  return scuttle_check_resolver(&config, updates, 2, &flaw);
}

/* Messages of the peer. */
#define HELLO "{\"digest\":true,\"hello\":{\"protocol\":[%d,%d],\"source\":\"%s\",\"incarnation\":8,\"cluster\":\"%s\",\"lamport\":0,\"epoch\":0,\"revision\":0,\"hash\":\"0000000000000000\",\"nonce\":4,\"reply\":true}}\n"
#define UPDATE "{\"key\":\"%s\",\"value\":1,\"source_id\":\"%s\",\"version\":%s}\n"

static int says(scene_t *s, const char *text) { return feed(s->link, text); }
static int says_update(scene_t *s, const char *key, const char *source, const char *version) {
  char line[300];
  snprintf(line, sizeof line, UPDATE, key, source, version);
  return says(s, line);
}
static int says_hello(scene_t *s, int lowest, const char *source, const char *cluster) {
  char line[400];
  snprintf(line, sizeof line, HELLO, lowest, lowest, source, cluster);
  return says(s, line);
}

static int id(scene_t *s) { return says_update(s, "x", "", "9"); }
static int message(scene_t *s) { return says(s, "{\"digest\":true,\"hello\":5}\n"); }
static int version(scene_t *s) { return says_update(s, "x", "peer", "\"9\""); }
static int version_jump(scene_t *s) { return says_update(s, "x", "peer", "99"); }
static void small_jump(scuttle_config_t *config) { config->max_version_jump = 10; }
static int identity(scene_t *s) { return says_update(s, "x", "self", "9"); }
static int identity_of_hello(scene_t *s) { return says_hello(s, 1, "self", ""); }
static int read_only(scene_t *s) { return says_update(s, "x", "peer", "9"); }
static int message_size(scene_t *s) { return says(s, "{\"a\":\"longer than the limit, which is small here, very small, and no message is so long as this\"}\n"); }
static void short_lines(scuttle_config_t *config) { config->max_message_bytes = 80; }
static int sources(scene_t *s) { return says_update(s, "x", "peer", "9"); }
static void one_source(scuttle_config_t *config) { config->max_sources = 1; }
static int cluster(scene_t *s) { return says_hello(s, 1, "peer", "other"); }
static int protocol(scene_t *s) { return says_hello(s, 7, "peer", ""); }
static int classic_is_not_let_in(scene_t *s) { return says(s, "{\"digest\":true,\"done\":true}\n"); }
static int rejected(scene_t *s) { return says(s, "{\"digest\":true,\"reject\":{\"reason\":\"cluster\"}}\n"); }
static int corrupt(scene_t *s) { return says(s, "{\"key\":\"k\",\"value\":\"longer than what stands\",\"source_id\":\"self\",\"version\":1}\n"); }
static int unasked(scene_t *s) {
  int code = says_hello(s, 1, "peer", "");
  return code < 0 ? code : says(s, "{\"digest\":true,\"delta\":{\"mode\":\"log\",\"request\":[7,0,5]}}\n");
}
static int time_to_live(scene_t *s) { return says(s, "{\"key\":\"x\",\"value\":1,\"source_id\":\"peer\",\"version\":9,\"ttl\":-1}\n"); }

static int datagram(scene_t *s) {
  /* An update that fits no datagram, sent to a peer. */
  scuttle_t *peer = replica_make("peer");
  scuttle_link_t *link = link_with(peer, SCUTTLE_LINK_DATAGRAM);
  char buffer[700];
  size_t len;
  int i, code = SCUTTLE_OK;
  CHECK_CODE(scuttle_link_gossip(link), SCUTTLE_OK);
  for (i = 0; i < 20 && code >= 0; i++) {
    CHECK_CODE(scuttle_link_read(link, buffer, sizeof buffer, &len), SCUTTLE_OK);
    if (len > 0) CHECK_CODE(scuttle_link_write(s->link, buffer, len), SCUTTLE_OK);
    /* Changes by the exchange itself, such as a low-water mark, are made before. */
    text_free(&s->before);
    export_all(s->replica, &s->before);
    code = scuttle_link_read(s->link, buffer, sizeof buffer, &len);
    if (code >= 0 && len > 0) CHECK_CODE(scuttle_link_write(link, buffer, len), SCUTTLE_OK);
  }
  scuttle_free(peer);
  return code;
}

static int exhausted(scene_t *s) {
  static const char line[] = "{\"key\":\"far\",\"value\":1,\"source_id\":\"peer\",\"version\":9007199254740991}\n";
  scuttle_free(s->replica);
  s->replica = replica_exact("self");
  CHECK_CODE(scuttle_import(s->replica, line, sizeof line - 1), SCUTTLE_OK);
  text_free(&s->before);
  export_all(s->replica, &s->before);
  return sets(s, "x", "1");
}

/* A store that fails on demand. */
static int store_fails;
static int store_load(void *context, scuttle_line_fn take, void *take_context) {
  (void)context;
  (void)take;
  (void)take_context;
  return 0;
}
static int store_begin(void *context) {
  (void)context;
  return store_fails;
}
static int store_row(void *context, const scuttle_row_t *row) {
  (void)context;
  (void)row;
  return 0;
}
static int store_commit(void *context) {
  (void)context;
  return 0;
}
static void store_rollback(void *context) { (void)context; }
static scuttle_state_store_t store;
static void failing_store(scuttle_config_t *config) {
  memset(&store, 0, sizeof store);
  store.struct_size = sizeof store;
  store.load = store_load;
  store.begin = store_begin;
  store.put = store.remove = store_row;
  store.commit = store_commit;
  store.rollback = store_rollback;
  config->state_store = &store;
}
static int failing(scene_t *s) {
  int code;
  store_fails = 1;
  code = sets(s, "x", "1");
  store_fails = 0;
  return code;
}

static int forked(scene_t *s) {
  int status = 0;
  pid_t child = fork();
  if (child == 0) _exit(sets(s, "x", "1") == SCUTTLE_E_FORKED ? 7 : 1);
  if (child < 0 || waitpid(child, &status, 0) != child) return 1;
  return WIFEXITED(status) && WEXITSTATUS(status) == 7 ? SCUTTLE_E_FORKED : 1;
}

#define CASE(CODE, CONFIGURE, FLAGS, ACT) {CODE, #CODE ": " #ACT, CONFIGURE, FLAGS, ACT}
static const case_t cases[] = {
    CASE(SCUTTLE_E_ARGUMENT, NULL, 0, argument),
    CASE(SCUTTLE_E_BUSY, NULL, 0, busy),
    CASE(SCUTTLE_E_UNSUPPORTED, any_resolver, 0, unsupported),
    CASE(SCUTTLE_E_STRUCT_SIZE, NULL, 0, struct_size),
    CASE(SCUTTLE_E_SPACE, NULL, 0, space),
    CASE(SCUTTLE_E_SPACE, NULL, SCUTTLE_LINK_DATAGRAM, datagram_space),
    CASE(SCUTTLE_E_ID, NULL, SCUTTLE_LINK_ANY, id),
    CASE(SCUTTLE_E_KEY, NULL, 0, empty_key),
    CASE(SCUTTLE_E_NUL, NULL, 0, nul),
    CASE(SCUTTLE_E_UTF8, NULL, 0, utf8),
    CASE(SCUTTLE_E_JSON, NULL, 0, json),
    CASE(SCUTTLE_E_DUPLICATE, NULL, 0, duplicate),
    CASE(SCUTTLE_E_NUMBER, NULL, 0, number),
    CASE(SCUTTLE_E_DEPTH, shallow, 0, depth),
    CASE(SCUTTLE_E_MESSAGE, NULL, 0, message),
    CASE(SCUTTLE_E_VERSION, NULL, SCUTTLE_LINK_ANY, version),
    CASE(SCUTTLE_E_VERSION_JUMP, small_jump, SCUTTLE_LINK_ANY, version_jump),
    CASE(SCUTTLE_E_IDENTITY, NULL, SCUTTLE_LINK_ANY, identity),
    CASE(SCUTTLE_E_IDENTITY, NULL, 0, identity_of_hello),
    CASE(SCUTTLE_E_READ_ONLY, NULL, SCUTTLE_LINK_READ_ONLY | SCUTTLE_LINK_ANY, read_only),
    CASE(SCUTTLE_E_MESSAGE_SIZE, short_lines, 0, message_size),
    CASE(SCUTTLE_E_KEY_SIZE, small, 0, key_size),
    CASE(SCUTTLE_E_VALUE_SIZE, small, 0, value_size),
    CASE(SCUTTLE_E_SOURCES, one_source, SCUTTLE_LINK_ANY, sources),
    CASE(SCUTTLE_E_LINKS, one_link, 0, links),
    CASE(SCUTTLE_E_EXHAUSTED, NULL, 0, exhausted),
    CASE(SCUTTLE_E_CLUSTER, NULL, 0, cluster),
    CASE(SCUTTLE_E_PROTOCOL, NULL, 0, protocol),
    CASE(SCUTTLE_E_PROTOCOL, NULL, 0, classic_is_not_let_in),
    CASE(SCUTTLE_E_REJECTED, NULL, 0, rejected),
    CASE(SCUTTLE_E_DATAGRAM, NULL, SCUTTLE_LINK_DATAGRAM, datagram),
    CASE(SCUTTLE_E_CORRUPT, NULL, SCUTTLE_LINK_ANY, corrupt),
    CASE(SCUTTLE_E_RESOLVER, NULL, 0, resolver),
    CASE(SCUTTLE_E_UNASKED, NULL, 0, unasked),
    CASE(SCUTTLE_E_TTL, NULL, SCUTTLE_LINK_ANY, time_to_live),
    CASE(SCUTTLE_E_STORE, failing_store, 0, failing),
    CASE(SCUTTLE_E_FORKED, NULL, 0, forked),
};

/* A refused update is recorded, so that it crosses once: test_refusals and test_limits. Memory: the stage of that name. */
static const int elsewhere[] = {SCUTTLE_E_MEMORY, SCUTTLE_E_REFUSED};

TEST(an_error_changes_nothing) {
  static const char big[] =
      "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"";
  size_t i;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const case_t *c = &cases[i];
    scuttle_config_t config = config_exact();
    scene_t s;
    text_t after;
    int code;
    memset(&s, 0, sizeof s);
    memset(&after, 0, sizeof after);
    config.flags |= SCUTTLE_KEEP_TOMBSTONES; /* each call may purge */
    if (c->configure) c->configure(&config);
    s.replica = replica_with("self", &config);
    CHECK_CODE(set(s.replica, "k", "1"), SCUTTLE_OK);
    CHECK_CODE(unset(s.replica, "gone"), SCUTTLE_OK);
    if (c->act == datagram) CHECK_CODE(set(s.replica, "big", big), SCUTTLE_OK);
    s.link = link_with(s.replica, c->flags);
    export_all(s.replica, &s.before);
    code = c->act(&s);
    if (code != c->code) CHECK_SAY("%s: %s came", c->name, code_name(code));
    export_all(s.replica, &after);
    if (strcmp(s.before.data, after.data) != 0) CHECK_SAY("%s has changed\n%s\ninto\n%s", c->name, s.before.data, after.data);
    /* The replica still works. */
    if (c->code != SCUTTLE_E_EXHAUSTED) CHECK_CODE(set(s.replica, "k", "2"), SCUTTLE_OK);
    text_free(&s.before);
    text_free(&after);
    scuttle_free(s.replica);
  }
}

TEST(no_code_is_left_out) {
  int code;
  size_t i;
  for (code = -1; code > -100; code--) {
    int found = strncmp(code_name(code), "SCUTTLE_E_", 10) != 0; /* an unassigned number */
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) found |= cases[i].code == code;
    for (i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) found |= elsewhere[i] == code;
    if (!found) CHECK_SAY("no case ends with %s", code_name(code));
  }
}

CHECK_MAIN
