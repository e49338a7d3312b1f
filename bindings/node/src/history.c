/* The history of a replica: reads, writes and trims. */
#include "addon.h"

/* historyWrite(replica, key, JSON text, source, version) */
static napi_value history_write(napi_env env, napi_callback_info info) {
  napi_value values[5];
  text key = {.data = NULL}, json = {.data = NULL}, source = {.data = NULL};
  scuttle_update_t update;
  memset(&update, 0, sizeof update);
  if (!arguments(env, info, 5, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL || !take_version(env, values[4], &update.version)) return NULL;
  int code = SCUTTLE_E_ARGUMENT;
  bool taken = take_text(env, values[1], &key) && take_text(env, values[2], &json) && take_text(env, values[3], &source);
  if (taken) {
    update.key = key.data, update.key_len = key.len;
    update.value = json.data, update.value_len = json.len;
    update.source = source.data, update.source_len = source.len;
    frame frame = enter(env, values[0], self);
    code = scuttle_history_write(self->handle, &update);
    leave(frame);
  }
  if (key.data != NULL) drop_text(&key);
  if (json.data != NULL) drop_text(&json);
  if (source.data != NULL) drop_text(&source);
  return taken ? number(env, code) : NULL;
}

typedef struct {
  const text *source;
  uint64_t version;
  bool found;
} sought;

static int is_first(void *context, const scuttle_update_t *update) {
  sought *wanted = context;
  wanted->found = update->dot_version == wanted->version;
  return wanted->found;
}

/* remembers(replica, source, version): returns whether the history has this update */
static napi_value remembers(napi_env env, napi_callback_info info) {
  napi_value values[3], made = NULL;
  text source;
  sought wanted = {&source, 0, false};
  if (!arguments(env, info, 3, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL || !take_version(env, values[2], &wanted.version) || !take_text(env, values[1], &source)) return NULL;
  frame frame = enter(env, values[0], self);
  if (wanted.version > 0) scuttle_news(self->handle, source.data, source.len, wanted.version - 1, is_first, &wanted);
  leave(frame);
  drop_text(&source);
  return napi_get_boolean(env, wanted.found, &made) == napi_ok ? made : NULL;
}

static int drop(void *context, const scuttle_update_t *update) {
  replica *self = context;
  napi_handle_scope scope;
  bool answer = false;
  if (napi_open_handle_scope(self->env, &scope) != napi_ok) return 0;
  napi_value fields[2] = {string(self->env, update->dot_source, update->dot_source_len),
                          number(self->env, (double)update->dot_version)};
  napi_value result = call_back(self, "onTrim", 2, fields);
  if (result != NULL) napi_get_value_bool(self->env, result, &answer);
  napi_close_handle_scope(self->env, scope);
  return answer;
}

/* historyTrim(replica): removes the updates for whose (source, version) the handle's onTrim returns true */
static napi_value history_trim(napi_env env, napi_callback_info info) {
  napi_value values[1];
  size_t removed = 0;
  if (!arguments(env, info, 1, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL) return NULL;
  frame frame = enter(env, values[0], self);
  int code = scuttle_history_trim(self->handle, drop, self, &removed);
  leave(frame);
  return number(env, code < 0 ? code : (double)removed);
}

static int collect(void *context, const scuttle_update_t *update) {
  replica *self = context;
  napi_handle_scope scope;
  if (napi_open_handle_scope(self->env, &scope) != napi_ok) return 1;
  napi_value fields[UPDATE_FIELDS];
  update_fields(self->env, update, fields);
  call_back(self, "onHistory", UPDATE_FIELDS, fields);
  napi_close_handle_scope(self->env, scope);
  return 0;
}

/* history(replica): calls the handle's onHistory with each update */
static napi_value history(napi_env env, napi_callback_info info) {
  napi_value values[1];
  if (!arguments(env, info, 1, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL) return NULL;
  frame frame = enter(env, values[0], self);
  int code = scuttle_history(self->handle, collect, self);
  leave(frame);
  return number(env, code);
}

napi_status export_history(napi_env env, napi_value exports) {
  EXPORT(exports, "historyWrite", history_write);
  EXPORT(exports, "historyTrim", history_trim);
  EXPORT(exports, "history", history);
  EXPORT(exports, "remembers", remembers);
  return napi_ok;
}
