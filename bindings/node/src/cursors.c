/* Watchers and saves: what has changed since a cursor. JavaScript has the cursors, as two BigInts each. */
#include "addon.h"

/* Returns [code, incarnation, position, what was visited]. */
static napi_value moved(napi_env env, int code, const scuttle_cursor_t *cursor, napi_value visited) {
  collection parts = make_collection(env);
  if (!parts.failed && append(&parts, number(env, code)) && append(&parts, large(env, cursor->incarnation)) &&
      append(&parts, large(env, cursor->position)))
    append(&parts, visited);
  return collected_array(&parts, SCUTTLE_OK);
}

/* changes(replica, incarnation, position, prefix, limit of updates or 0): as `moved`, with the fields of updates; or a code */
static napi_value changes(napi_env env, napi_callback_info info) {
  napi_value values[5];
  scuttle_cursor_t cursor;
  text prefix;
  uint64_t limit;
  if (!arguments(env, info, 5, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL || !take_cursor(env, values[1], values[2], &cursor) || !take_version(env, values[4], &limit) ||
      !take_text(env, values[3], &prefix))
    return NULL;
  frame frame = enter(env, values[0], self);
  collection into = make_collection(env);
  if (limit <= UINT32_MAX / UPDATE_FIELDS) into.limit = (uint32_t)limit * UPDATE_FIELDS;
  int code = scuttle_changes(self->handle, prefix.data, prefix.len, &cursor, collect_update, &into);
  leave(frame);
  drop_text(&prefix);
  if (code < 0 || into.failed) return collected_array(&into, code);
  return moved(env, code, &cursor, into.array);
}

/* save(replica, incarnation, position): as `moved`, with a Buffer of lines; or a code */
static napi_value save(napi_env env, napi_callback_info info) {
  napi_value values[3];
  scuttle_cursor_t cursor;
  bytes into = {NULL, 0, 0, false};
  if (!arguments(env, info, 3, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL || !take_cursor(env, values[1], values[2], &cursor)) return NULL;
  frame frame = enter(env, values[0], self);
  int code = scuttle_save(self->handle, &cursor, collect_line, &into);
  leave(frame);
  bool failed = into.failed;
  napi_value lines = collected_bytes(env, &into);
  if (code < 0) return number(env, code);
  return failed || lines == NULL ? lines : moved(env, code, &cursor, lines);
}

/* saved(replica): [incarnation, position] of the pieces that it was imported from, 0 and 0 if it was from none; or a code */
static napi_value saved(napi_env env, napi_callback_info info) {
  napi_value values[1];
  scuttle_cursor_t cursor = {0, 0};
  if (!arguments(env, info, 1, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL) return NULL;
  frame frame = enter(env, values[0], self);
  int code = scuttle_save(self->handle, &cursor, NULL, NULL);
  leave(frame);
  collection parts = make_collection(env);
  if (!parts.failed && append(&parts, large(env, cursor.incarnation))) append(&parts, large(env, cursor.position));
  return collected_array(&parts, code);
}

napi_status export_cursors(napi_env env, napi_value exports) {
  EXPORT(exports, "changes", changes);
  EXPORT(exports, "save", save);
  EXPORT(exports, "saved", saved);
  return napi_ok;
}
