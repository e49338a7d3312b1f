/* The entries, the updates and the version vector of a replica as arrays, and its export. */
#include "addon.h"

static int collect_clock(void *context, const char *source, size_t source_len, uint64_t version) {
  collection *into = context;
  napi_handle_scope scope;
  if (into->failed || napi_open_handle_scope(into->env, &scope) != napi_ok) return into->failed = true;
  if (append(into, string(into->env, source, source_len))) append(into, number(into->env, (double)version));
  napi_close_handle_scope(into->env, scope);
  return into->failed;
}

/* state(replica, prefix) */
static napi_value state(napi_env env, napi_callback_info info) {
  napi_value values[2];
  text prefix;
  if (!arguments(env, info, 2, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL || !take_text(env, values[1], &prefix)) return NULL;
  frame frame = enter(env, values[0], self);
  collection into = make_collection(env);
  int code = scuttle_state(self->handle, prefix.data, prefix.len, collect_update, &into);
  leave(frame);
  drop_text(&prefix);
  return collected_array(&into, code);
}

/* `news`(replica, source, version): returns the fields of updates */
static napi_value news(napi_env env, napi_callback_info info) {
  napi_value values[3];
  text source;
  uint64_t version;
  if (!arguments(env, info, 3, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL || !take_version(env, values[2], &version) || !take_text(env, values[1], &source)) return NULL;
  frame frame = enter(env, values[0], self);
  collection into = make_collection(env);
  int code = scuttle_news(self->handle, source.data, source.len, version, collect_update, &into);
  leave(frame);
  drop_text(&source);
  return collected_array(&into, code);
}

/* `clock`(replica): returns the version vector, source, version, source, version … */
static napi_value clock_of(napi_env env, napi_callback_info info) {
  napi_value values[1];
  if (!arguments(env, info, 1, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL) return NULL;
  frame frame = enter(env, values[0], self);
  collection into = make_collection(env);
  int code = scuttle_clock(self->handle, collect_clock, &into);
  leave(frame);
  return collected_array(&into, code);
}

typedef struct {
  const text *source;
  uint64_t version;
} sought;

static int find_source(void *context, const char *source, size_t source_len, uint64_t version) {
  sought *wanted = context;
  if (source_len != wanted->source->len || memcmp(source, wanted->source->data, source_len) != 0) return 0;
  wanted->version = version;
  return 1;
}

/* clockOf(replica, source): the version, 0 for an unknown source */
static napi_value clock_of_source(napi_env env, napi_callback_info info) {
  napi_value values[2];
  text source;
  if (!arguments(env, info, 2, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL || !take_text(env, values[1], &source)) return NULL;
  sought wanted = {&source, 0};
  frame frame = enter(env, values[0], self);
  int code = scuttle_clock(self->handle, find_source, &wanted);
  leave(frame);
  drop_text(&source);
  return number(env, code < 0 ? code : (double)wanted.version);
}

/* export(replica): a Buffer */
static napi_value export_lines(napi_env env, napi_callback_info info) {
  napi_value values[1];
  bytes into = {NULL, 0, 0, false};
  if (!arguments(env, info, 1, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL) return NULL;
  frame frame = enter(env, values[0], self);
  int code = scuttle_export(self->handle, collect_line, &into);
  leave(frame);
  napi_value made = collected_bytes(env, &into);
  return code < 0 ? number(env, code) : made;
}

napi_status export_visits(napi_env env, napi_value exports) {
  EXPORT(exports, "state", state);
  EXPORT(exports, "news", news);
  EXPORT(exports, "clock", clock_of);
  EXPORT(exports, "clockOf", clock_of_source);
  EXPORT(exports, "export", export_lines);
  return napi_ok;
}
