/* What a visit shows, collected: JavaScript reads it after the call. */
#include "addon.h"

collection make_collection(napi_env env) {
  collection made = {env, NULL, 0, 0, false};
  if (napi_create_array(env, &made.array) != napi_ok) made.array = NULL, made.failed = true;
  return made;
}

/* Appends a value; false if it is NULL, because it could not be made. */
bool append(collection *into, napi_value value) {
  if (value == NULL || napi_set_element(into->env, into->array, into->count, value) != napi_ok) into->failed = true;
  else into->count += 1;
  return !into->failed;
}

/* Appends the UPDATE_FIELDS values of an update. */
int collect_update(void *context, const scuttle_update_t *update) {
  collection *into = context;
  napi_handle_scope scope;
  if (into->failed || napi_open_handle_scope(into->env, &scope) != napi_ok) return into->failed = true;
  napi_value fields[UPDATE_FIELDS];
  update_fields(into->env, update, fields);
  for (size_t i = 0; i < UPDATE_FIELDS && append(into, fields[i]); i++) continue;
  napi_close_handle_scope(into->env, scope);
  return into->failed || into->count == into->limit;
}

/* Returns the array, or the code of an error. */
napi_value collected_array(const collection *from, int code) {
  if (code < 0) return number(from->env, code);
  return from->failed ? number(from->env, SCUTTLE_E_MEMORY) : from->array;
}

int collect_line(void *context, const char *line, size_t line_len) {
  bytes *into = context;
  if (into->len + line_len > into->capacity) {
    size_t capacity = 2 * (into->len + line_len) + 1024;
    char *grown = realloc(into->data, capacity);
    if (grown == NULL) return into->failed = true;
    into->data = grown;
    into->capacity = capacity;
  }
  memcpy(into->data + into->len, line, line_len);
  into->len += line_len;
  return 0;
}

/* Copies the bytes into a Buffer, and frees them; SCUTTLE_E_MEMORY if some are missing. */
napi_value collected_bytes(napi_env env, bytes *from) {
  napi_value made = NULL;
  if (from->failed) made = number(env, SCUTTLE_E_MEMORY);
  else if (napi_create_buffer_copy(env, from->len, from->len == 0 ? "" : from->data, NULL, &made) != napi_ok) made = NULL;
  free(from->data);
  return made;
}
