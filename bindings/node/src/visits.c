/* The entries, the updates and the version vector of a replica as arrays: a visit collects, and JavaScript reads them after the call. */
#include "addon.h"

typedef struct {
  napi_env env;
  napi_value array;
  uint32_t count;
} collection;

static int collect(void *context, const scuttle_update_t *update) {
  collection *into = context;
  napi_handle_scope scope;
  if (napi_open_handle_scope(into->env, &scope) != napi_ok) return 1;
  napi_value fields[UPDATE_FIELDS];
  update_fields(into->env, update, fields);
  int stop = 0;
  for (size_t i = 0; i < UPDATE_FIELDS && !stop; i++)
    stop = fields[i] == NULL || napi_set_element(into->env, into->array, into->count++, fields[i]) != napi_ok;
  napi_close_handle_scope(into->env, scope);
  return stop;
}

static int collect_clock(void *context, const char *source, size_t source_len, uint64_t version) {
  collection *into = context;
  napi_handle_scope scope;
  if (napi_open_handle_scope(into->env, &scope) != napi_ok) return 1;
  napi_set_element(into->env, into->array, into->count++, string(into->env, source, source_len));
  napi_set_element(into->env, into->array, into->count++, number(into->env, (double)version));
  napi_close_handle_scope(into->env, scope);
  return 0;
}

/* state(replica, prefix) */
static napi_value state(napi_env env, napi_callback_info info) {
  napi_value values[2];
  text prefix;
  collection into = {env, NULL, 0};
  if (!arguments(env, info, 2, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL || !take_text(env, values[1], &prefix)) return NULL;
  frame frame = enter(env, values[0], self);
  int code = SCUTTLE_E_MEMORY;
  if (napi_create_array(env, &into.array) == napi_ok)
    code = scuttle_state(self->handle, prefix.data, prefix.len, collect, &into);
  leave(frame);
  drop_text(&prefix);
  return code < 0 ? number(env, code) : into.array;
}

/* `news`(replica, source, version): returns the fields of updates */
static napi_value news(napi_env env, napi_callback_info info) {
  napi_value values[3];
  text source;
  uint64_t version;
  collection into = {env, NULL, 0};
  if (!arguments(env, info, 3, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL || !take_version(env, values[2], &version) || !take_text(env, values[1], &source)) return NULL;
  frame frame = enter(env, values[0], self);
  int code = SCUTTLE_E_MEMORY;
  if (napi_create_array(env, &into.array) == napi_ok)
    code = scuttle_news(self->handle, source.data, source.len, version, collect, &into);
  leave(frame);
  drop_text(&source);
  return code < 0 ? number(env, code) : into.array;
}

/* `clock`(replica): returns the version vector, source, version, source, version … */
static napi_value clock_of(napi_env env, napi_callback_info info) {
  napi_value values[1];
  collection into = {env, NULL, 0};
  if (!arguments(env, info, 1, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL) return NULL;
  frame frame = enter(env, values[0], self);
  int code = SCUTTLE_E_MEMORY;
  if (napi_create_array(env, &into.array) == napi_ok) code = scuttle_clock(self->handle, collect_clock, &into);
  leave(frame);
  return code < 0 ? number(env, code) : into.array;
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

typedef struct {
  char *data;
  size_t len, capacity;
} bytes;

static int collect_line(void *context, const char *line, size_t line_len) {
  bytes *into = context;
  if (into->len + line_len > into->capacity) {
    size_t capacity = 2 * (into->len + line_len) + 1024;
    char *grown = realloc(into->data, capacity);
    if (grown == NULL) return 1;
    into->data = grown;
    into->capacity = capacity;
  }
  memcpy(into->data + into->len, line, line_len);
  into->len += line_len;
  return 0;
}

/* export(replica): a Buffer */
static napi_value export_lines(napi_env env, napi_callback_info info) {
  napi_value values[1], made = NULL;
  bytes into = {NULL, 0, 0};
  if (!arguments(env, info, 1, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL) return NULL;
  frame frame = enter(env, values[0], self);
  int code = scuttle_export(self->handle, collect_line, &into);
  leave(frame);
  if (code < 0) made = number(env, code);
  else if (napi_create_buffer_copy(env, into.len, into.len == 0 ? "" : into.data, NULL, &made) != napi_ok) made = NULL;
  free(into.data);
  return made;
}

napi_status export_visits(napi_env env, napi_value exports) {
  EXPORT(exports, "state", state);
  EXPORT(exports, "news", news);
  EXPORT(exports, "clock", clock_of);
  EXPORT(exports, "clockOf", clock_of_source);
  EXPORT(exports, "export", export_lines);
  return napi_ok;
}
