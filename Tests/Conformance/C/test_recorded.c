/* Replays the recorded sessions of a real simple-scuttle: see ../Vectors/recorded/README.md.

   For each recorded node N a replica "observer" stands in N's place: it is fed N's own writes and all that N received,
   in the recorded order. Its state, clock and answers are compared with what the recording makes necessary. */
#include "check.h"
#include "support.h"

#include <jansson.h>

enum { MOST = 1000, NODES = 8 };

typedef struct {
  char *key, *value, *source; /* value as compact text */
  uint64_t version;
} update_t;

typedef struct {
  json_t *lines[MOST];
  size_t count;
  json_t *meta, *final;
  update_t updates[MOST]; /* every update that exists in the recording, once */
  size_t update_count;
} session_t;

/* --- the recording --- */

static char *compact(const json_t *value) {
  char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
  if (!text) exit(3);
  return text;
}

static char *copy(const char *text) {
  char *result = (char *)malloc(strlen(text) + 1);
  if (!result) exit(3);
  return strcpy(result, text);
}

static const char *string_of(json_t *object, const char *name) { return json_string_value(json_object_get(object, name)); }

static uint64_t version_in(json_t *object) { return (uint64_t)json_integer_value(json_object_get(object, "version")); }

static void note(session_t *session, const char *key, json_t *value, const char *source, uint64_t version) {
  size_t i;
  char *text = compact(value);
  for (i = 0; i < session->update_count; i++) {
    update_t *u = &session->updates[i];
    if (strcmp(u->source, source) == 0 && u->version == version) {
      CHECK_STR(key, u->key); /* the recording agrees with itself */
      CHECK_STR(text, u->value);
      free(text);
      return;
    }
  }
  if (session->update_count == MOST) exit(3);
  session->updates[session->update_count].key = copy(key);
  session->updates[session->update_count].value = text;
  session->updates[session->update_count].source = copy(source);
  session->updates[session->update_count].version = version;
  session->update_count++;
}

static int is_update(json_t *message) { return !json_is_true(json_object_get(message, "digest")); }

static int session_load(session_t *session, const char *name) {
  text_t text = {NULL, 0, 0};
  char path[1024], *at, *end;
  size_t i;
  memset(session, 0, sizeof *session);
  snprintf(path, sizeof path, "%s/recorded/%s.ndjson", check_folder, name);
  if (!text_file(&text, path)) return 0;
  for (at = text.data; (end = strchr(at, '\n')) != NULL; at = end + 1) {
    json_t *line;
    *end = 0;
    line = json_loads(at, 0, NULL);
    if (!line || session->count == MOST) return 0;
    session->lines[session->count++] = line;
  }
  text_free(&text);
  session->meta = json_object_get(session->lines[0], "meta");
  session->final = json_object_get(session->lines[session->count - 1], "final");
  for (i = 0; i < session->count; i++) {
    json_t *line = session->lines[i], *set_ = json_object_get(line, "set"), *message = json_object_get(line, "msg");
    if (set_) note(session, string_of(set_, "key"), json_object_get(set_, "value"), string_of(line, "node"), version_in(line));
    if (message && is_update(message))
      note(session, string_of(message, "key"), json_object_get(message, "value"), string_of(message, "source_id"), version_in(message));
  }
  return session->meta && session->final;
}

static void session_free(session_t *session) {
  size_t i;
  for (i = 0; i < session->count; i++) json_decref(session->lines[i]);
  for (i = 0; i < session->update_count; i++) {
    free(session->updates[i].key);
    free(session->updates[i].value);
    free(session->updates[i].source);
  }
}

static const update_t *find_update(const session_t *session, const char *source, uint64_t version) {
  size_t i;
  for (i = 0; i < session->update_count; i++)
    if (strcmp(session->updates[i].source, source) == 0 && session->updates[i].version == version) return &session->updates[i];
  return NULL;
}

/* --- what must come out, worked out here from the recording alone --- */

typedef struct {
  const update_t *entries[MOST]; /* the greatest (version, source) of each key */
  size_t count;
} model_t;

static int greater(const update_t *a, const update_t *b) {
  return a->version != b->version ? a->version > b->version : strcmp(a->source, b->source) > 0;
}

static void model_take(model_t *model, const update_t *update) {
  size_t i;
  for (i = 0; i < model->count; i++)
    if (strcmp(model->entries[i]->key, update->key) == 0) {
      if (greater(update, model->entries[i])) model->entries[i] = update;
      return;
    }
  model->entries[model->count++] = update;
}

static int by_version(const void *a, const void *b) {
  const update_t *x = *(const update_t *const *)a, *y = *(const update_t *const *)b;
  return greater(x, y) ? 1 : greater(y, x) ? -1 : 0;
}

/* Whether two JSON texts say the same. */
static int same_value(const char *a, size_t a_len, const char *b) {
  json_t *x = json_loadb(a, a_len, JSON_DECODE_ANY, NULL), *y = json_loads(b, JSON_DECODE_ANY, NULL);
  int same = x && y && json_equal(x, y);
  json_decref(x);
  json_decref(y);
  return same;
}

/* --- the observer --- */

typedef struct {
  const session_t *session;
  const char *node;
  int as_source_id; /* rewrite the neighbours' digests to the other spelling */
  scuttle_t *replica;
  scuttle_link_t *own;
  const char *names[NODES]; /* of the neighbours, with a link each and the round that each is in */
  scuttle_link_t *links[NODES];
  struct {
    char source[64];
    uint64_t version;
  } rounds[NODES][NODES];
  size_t round_counts[NODES];
  size_t neighbours;
  model_t model;
  int rounds_checked, answers;
} observer_t;

static size_t neighbour(observer_t *o, const char *name) {
  size_t i;
  for (i = 0; i < o->neighbours; i++)
    if (strcmp(o->names[i], name) == 0) return i;
  o->names[i] = name;
  o->links[i] = link_make(o->replica);
  return o->neighbours++;
}

static void write_update(scuttle_link_t *link, json_t *message) {
  char *text = json_dumps(message, JSON_COMPACT | JSON_REAL_PRECISION(17));
  text_t line = {NULL, 0, 0};
  text_format(&line, "%s\n", text);
  CHECK_CODE(scuttle_link_write(link, line.data, line.len), SCUTTLE_OK);
  text_free(&line);
  free(text);
}

static uint64_t round_version(observer_t *o, size_t n, const char *source) {
  size_t i;
  uint64_t version = 0;
  for (i = 0; i < o->round_counts[n]; i++)
    if (strcmp(o->rounds[n][i].source, source) == 0) version = o->rounds[n][i].version;
  return version;
}

/* What the link now gives is exactly the live entries above the digests of the round, ascending within each source. */
static void check_answer(observer_t *o, size_t n) {
  const update_t *due[MOST], *had[MOST];
  size_t due_count = 0, had_count = 0, i, got = 0;
  text_t out = {NULL, 0, 0}, start = {NULL, 0, 0};
  char *at, *end;
  struct {
    char source[64];
    uint64_t version;
  } last[NODES];
  size_t sources = 0;
  scuttle_t *fresh;
  scuttle_link_t *link;
  for (i = 0; i < o->model.count; i++) {
    const update_t *u = o->model.entries[i];
    if (u->version > round_version(o, n, u->source)) due[due_count++] = u;
    else had[had_count++] = u;
  }
  qsort(due, due_count, sizeof *due, by_version);
  qsort(had, had_count, sizeof *had, by_version);
  read_all(o->links[n], 100, &out);
  {
    text_t copy_ = {NULL, 0, 0};
    text_add(&copy_, out.data, out.len);
    for (at = copy_.data; (end = strchr(at, '\n')) != NULL; at = end + 1) {
      json_t *message;
      const update_t *u;
      const char *source;
      char *value;
      *end = 0;
      message = json_loads(at, 0, NULL);
      if (!message || !is_update(message)) {
        CHECK_SAY("%s answers %s", o->node, at);
        json_decref(message);
        continue;
      }
      source = string_of(message, "source_id");
      u = find_update(o->session, source, version_in(message));
      value = compact(json_object_get(message, "value"));
      if (!u) CHECK_SAY("%s answers what was never written: %s", o->node, at);
      else {
        CHECK_STR(string_of(message, "key"), u->key);
        CHECK(same_value(value, strlen(value), u->value));
        for (i = 0; i < due_count && due[i] != u; i++) {
        }
        if (i == due_count) CHECK_SAY("%s answers what was not asked for or is superseded: %s", o->node, at);
        else due[i] = NULL;
      }
      for (i = 0; i < sources && strcmp(last[i].source, source) != 0; i++) {
      }
      if (i == sources) {
        snprintf(last[sources].source, sizeof last[sources].source, "%s", source);
        last[sources++].version = 0;
      }
      if (version_in(message) <= last[i].version) CHECK_SAY("%s answers out of order: %s", o->node, at);
      last[i].version = version_in(message);
      got++;
      free(value);
      json_decref(message);
    }
    text_free(&copy_);
  }
  CHECK_INT(got, due_count);
  for (i = 0; i < due_count; i++)
    if (due[i]) CHECK_SAY("%s does not answer %s from %s %d", o->node, due[i]->key, due[i]->source, (int)due[i]->version);
  /* A fresh replica that has what the peer said it has, and this answer, holds all that the observer holds. */
  fresh = replica_make("fresh");
  link = link_make(fresh);
  for (i = 0; i < had_count; i++) text_update(&start, had[i]->key, had[i]->value, had[i]->source, had[i]->version);
  CHECK_CODE(scuttle_link_write(link, start.data ? start.data : "", start.len), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_write(link, out.data, out.len), SCUTTLE_OK);
  CHECK_U64(fingerprint_of(fresh), fingerprint_of(o->replica));
  scuttle_free(fresh);
  o->rounds_checked++;
  o->answers += (int)got;
  text_free(&out);
  text_free(&start);
}

static void take_digest(observer_t *o, size_t n, json_t *message) {
  text_t line = {NULL, 0, 0};
  int code;
  if (json_is_true(json_object_get(message, "done"))) {
    CHECK(feed(o->links[n], "{\"digest\":true,\"done\":true}\n") >= 0);
    check_answer(o, n);
    o->round_counts[n] = 0;
    return;
  }
  text_format(&line, "{\"%s\":\"%s\",\"version\":%d,\"digest\":true}\n", o->as_source_id ? "source_id" : "id", string_of(message, "id"), (int)version_in(message));
  code = scuttle_link_write(o->links[n], line.data, line.len);
  CHECK(code == SCUTTLE_OK || code == SCUTTLE_FULL);
  text_free(&line);
  if (o->round_counts[n] == NODES) exit(3);
  snprintf(o->rounds[n][o->round_counts[n]].source, 64, "%s", string_of(message, "id"));
  o->rounds[n][o->round_counts[n]++].version = version_in(message);
}

static const update_t *find_entry(const model_t *model, const char *key, size_t key_len) {
  size_t i;
  for (i = 0; i < model->count; i++)
    if (strlen(model->entries[i]->key) == key_len && memcmp(model->entries[i]->key, key, key_len) == 0) return model->entries[i];
  return NULL;
}

static int check_entry(void *context, const scuttle_update_t *update) {
  const update_t *u = find_entry((const model_t *)context, update->key, update->key_len);
  if (!u) CHECK_SAY("holds %.*s, which nobody wrote", (int)update->key_len, update->key);
  else {
    CHECK_U64(update->version, u->version);
    CHECK_BYTES(update->source, update->source_len, u->source, strlen(u->source));
    CHECK(same_value(update->value, update->value_len, u->value));
  }
  return 0;
}

static void check_clock(observer_t *o, uint64_t last_own) {
  json_t *recorded = json_object_get(json_object_get(json_object_get(o->session->lines[o->session->count - 1], "final"), o->node), "clock"), *version;
  const char *source;
  json_object_foreach(recorded, source, version) {
    /* A node's own entry counts its gossips as well: see README.md. */
    uint64_t expected = strcmp(source, o->node) == 0 ? last_own : (uint64_t)json_integer_value(version);
    if (clock_of(o->replica, source) != expected)
      CHECK_SAY("clock of %s for %s is %d, not %d", o->node, source, (int)clock_of(o->replica, source), (int)expected);
  }
}

/* Returns the fingerprint at the end. */
static uint64_t observe(const session_t *session, const char *node, int as_source_id) {
  static observer_t o;
  scuttle_config_t config = config_make();
  uint64_t last_own = 0, fingerprint;
  size_t i;
  memset(&o, 0, sizeof o);
  o.session = session;
  o.node = node;
  o.as_source_id = as_source_id;
  config.mtu = (size_t)json_integer_value(json_object_get(session->meta, "mtu"));
  config.max_history = (size_t)json_integer_value(json_object_get(session->meta, "max_history"));
  if (!config.max_history) config.max_history = 1000000; /* "unbounded" */
  o.replica = replica_with("observer", &config);
  o.own = link_make(o.replica);
  for (i = 0; i < session->count; i++) {
    json_t *line = session->lines[i], *set_ = json_object_get(line, "set"), *message = json_object_get(line, "msg");
    if (set_ && strcmp(string_of(line, "node"), node) == 0) {
      const update_t *u = find_update(session, node, version_in(line));
      CHECK_CODE(feed_update(o.own, u->key, u->value, node, u->version), SCUTTLE_OK);
      model_take(&o.model, u);
      last_own = u->version;
    } else if (message && strcmp(string_of(line, "to"), node) == 0) {
      size_t n = neighbour(&o, string_of(line, "from"));
      if (is_update(message)) {
        write_update(o.links[n], message);
        model_take(&o.model, find_update(session, string_of(message, "source_id"), version_in(message)));
      } else {
        take_digest(&o, n, message);
      }
    }
  }
  CHECK_INT(count_of(o.replica), o.model.count);
  CHECK_CODE(scuttle_state(o.replica, NULL, 0, check_entry, &o.model), SCUTTLE_OK);
  check_clock(&o, last_own);
  CHECK(o.rounds_checked > 5);
  CHECK(o.answers > 20);
  fingerprint = fingerprint_of(o.replica);
  scuttle_free(o.replica);
  return fingerprint;
}

static void replay(const char *name, const char *node) {
  static session_t session;
  uint64_t fingerprint;
  if (!session_load(&session, name)) {
    CHECK_SAY("no recording %s in %s", name, check_folder);
    return;
  }
  fingerprint = observe(&session, node, 0);
  CHECK_U64(observe(&session, node, 1), fingerprint); /* however a digest is spelled */
  session_free(&session);
}

TEST(mesh_lossless_A) { replay("t1-mesh-lossless", "A"); }
TEST(mesh_lossless_B) { replay("t1-mesh-lossless", "B"); }
TEST(mesh_lossless_C) { replay("t1-mesh-lossless", "C"); }
TEST(chain_default_config_A) { replay("t2-chain-default-config", "A"); }
TEST(chain_default_config_B) { replay("t2-chain-default-config", "B"); }
TEST(chain_default_config_C) { replay("t2-chain-default-config", "C"); }

TEST(every_recorded_message_is_taken) {
  /* By one replica over one link, whoever said it to whom. */
  static const char *const names[] = {"t1-mesh-lossless", "t2-chain-default-config"};
  static session_t session;
  size_t n, i;
  for (n = 0; n < 2; n++) {
    scuttle_t *r = replica_make("observer");
    scuttle_link_t *link = link_make(r);
    size_t messages = 0;
    REQUIRE(session_load(&session, names[n]));
    for (i = 0; i < session.count; i++) {
      json_t *message = json_object_get(session.lines[i], "msg");
      if (message) {
        char *text = json_dumps(message, JSON_COMPACT | JSON_REAL_PRECISION(17));
        CHECK(feed(link, text) >= 0);
        CHECK(feed(link, "\r\n") >= 0);
        free(text);
        messages++;
      }
    }
    CHECK(messages > 400);
    session_free(&session);
    scuttle_free(r);
  }
}

CHECK_MAIN
