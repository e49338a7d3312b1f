/* Many keys in one call, and sets with a condition. */
#include "addon.h"

/* Strings of an array, one behind the other. An array may have getters, which run JavaScript: each element is read once, and before the
   replica is. */
typedef struct {
  char *data;
  size_t len, capacity;
  struct span {
    size_t start, len; /* in `data`; a start of NOTHING: not a string but undefined */
  } * spans;
  size_t count, room;
} strings;

#define NOTHING SIZE_MAX

static void drop_strings(strings *all) {
  free(all->data);
  free(all->spans);
}

/* Makes room for another span, and for `len` bytes and the NUL that N-API writes. */
static bool make_room(strings *all, size_t len) {
  if (all->count == all->room) {
    size_t room = 2 * all->room + 16;
    struct span *spans = realloc(all->spans, room * sizeof *spans);
    if (spans == NULL) return false;
    all->spans = spans;
    all->room = room;
  }
  if (len >= all->capacity - all->len) {
    size_t capacity = 2 * (all->len + len) + 1024;
    char *data = realloc(all->data, capacity);
    if (data == NULL) return false;
    all->data = data;
    all->capacity = capacity;
  }
  return true;
}

static bool no_memory(napi_env env) {
  return napi_throw_error(env, "SCUTTLE_E_MEMORY", "no memory for strings"), false;
}

/* Copies one element; undefined is NOTHING if `optional`. */
static bool take_string(napi_env env, napi_value value, bool optional, strings *all) {
  napi_valuetype type;
  size_t len = 0;
  if (napi_typeof(env, value, &type) != napi_ok) return false;
  if (type == napi_undefined && optional) {
    if (!make_room(all, 0)) return no_memory(env);
    all->spans[all->count++] = (struct span){NOTHING, 0};
    return true;
  }
  if (type != napi_string || napi_get_value_string_utf8(env, value, NULL, 0, &len) != napi_ok)
    return wrong(env, "an array of strings is expected"), false;
  if (!make_room(all, len)) return no_memory(env);
  if (napi_get_value_string_utf8(env, value, all->data + all->len, len + 1, &len) != napi_ok)
    return wrong(env, "an array of strings is expected"), false;
  all->spans[all->count++] = (struct span){all->len, len};
  all->len += len;
  return true;
}

/* Copies an array whose elements are strings, every other one also undefined if `pairs`. After true, the caller drops the strings. */
static bool take_strings(napi_env env, napi_value array, bool pairs, strings *all) {
  uint32_t count = 0;
  bool is = false;
  memset(all, 0, sizeof *all);
  if (napi_is_array(env, array, &is) != napi_ok || !is || napi_get_array_length(env, array, &count) != napi_ok ||
      (pairs && count % 2 != 0))
    return wrong(env, "an array of strings is expected"), false;
  for (uint32_t i = 0; i < count; i++) {
    napi_handle_scope scope;
    napi_value value;
    bool taken = false;
    if (napi_open_handle_scope(env, &scope) == napi_ok) {
      taken = napi_get_element(env, array, i, &value) == napi_ok && take_string(env, value, pairs && i % 2 == 1, all);
      napi_close_handle_scope(env, scope);
    }
    if (!taken) return drop_strings(all), wrong(env, "an array of strings is expected"), false;
  }
  return true;
}

static const char *string_at(const strings *all, size_t index) {
  return all->spans[index].start == NOTHING ? NULL : all->data + all->spans[index].start;
}

/* setMany(replica, [key, JSON text or undefined, …], milliseconds or undefined, renew): undefined deletes the key; a code */
static napi_value set_many(napi_env env, napi_callback_info info) {
  napi_value values[4];
  napi_valuetype type;
  strings all;
  uint64_t ttl = 0;
  bool renew = false;
  if (!arguments(env, info, 4, values) || napi_typeof(env, values[2], &type) != napi_ok) return NULL;
  if (napi_get_value_bool(env, values[3], &renew) != napi_ok) return wrong(env, "a boolean is expected");
  if (type != napi_undefined && !take_version(env, values[2], &ttl)) return NULL;
  if (type != napi_undefined && ttl == 0 && !renew) ttl = 1; /* in a batch 0 means none, and here the next tick */
  if (renew) ttl |= SCUTTLE_TTL_RENEW;
  if (!take_strings(env, values[1], true, &all)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL) return drop_strings(&all), NULL;
  size_t count = all.count / 2;
  scuttle_write_t *writes = calloc(count + 1, sizeof *writes);
  int code = SCUTTLE_E_MEMORY;
  if (writes != NULL) {
    for (size_t i = 0; i < count; i++)
      writes[i] = (scuttle_write_t){string_at(&all, 2 * i), all.spans[2 * i].len, string_at(&all, 2 * i + 1),
                                    all.spans[2 * i + 1].len, ttl};
    frame frame = enter(env, values[0], self);
    code = scuttle_set_many(self->handle, writes, count);
    leave(frame);
  }
  free(writes);
  drop_strings(&all);
  return number(env, code);
}

/* setIf(replica, key, JSON text or undefined, source, version of the expected entry or 0): undefined deletes the key; a code */
static napi_value set_if(napi_env env, napi_callback_info info) {
  napi_value values[5];
  napi_valuetype type;
  text key = {.data = NULL}, json = {.data = NULL}, source = {.data = NULL};
  scuttle_entry_t expected;
  memset(&expected, 0, sizeof expected);
  if (!arguments(env, info, 5, values) || napi_typeof(env, values[2], &type) != napi_ok) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL || !take_version(env, values[4], &expected.version)) return NULL;
  int code = SCUTTLE_E_ARGUMENT;
  bool taken = take_text(env, values[1], &key) && (type == napi_undefined || take_text(env, values[2], &json)) &&
               take_text(env, values[3], &source);
  if (taken) {
    expected.source = source.data, expected.source_len = source.len;
    frame frame = enter(env, values[0], self);
    code = scuttle_set_if(self->handle, key.data, key.len, json.data, json.data == NULL ? 0 : json.len, &expected);
    leave(frame);
  }
  if (key.data != NULL) drop_text(&key);
  if (json.data != NULL) drop_text(&json);
  if (source.data != NULL) drop_text(&source);
  return taken ? number(env, code) : NULL;
}

static int collect_entry(void *context, size_t index, const scuttle_entry_t *entry) {
  collection *into = context;
  napi_handle_scope scope;
  (void)index;
  if (into->failed || napi_open_handle_scope(into->env, &scope) != napi_ok) return into->failed = true;
  napi_env env = into->env;
  bool is = entry != NULL;
  if (append(into, is ? string(env, entry->value, entry->value_len) : undefined(env)) &&
      append(into, is ? string(env, entry->source, entry->source_len) : undefined(env)))
    append(into, is ? number(env, (double)entry->version) : undefined(env));
  napi_close_handle_scope(env, scope);
  return into->failed;
}

#define ENTRY_FIELDS 3

static bool is_no_key(int code) {
  return code == SCUTTLE_E_KEY || code == SCUTTLE_E_KEY_SIZE || code == SCUTTLE_E_NUL;
}

/* Visits the entries of all keys. The library ends the call at a string that can be no key: it is an absent one, and the next call goes
   on behind it. No other call runs between them. */
static int visit_entries(replica *self, const scuttle_key_t *keys, size_t count, collection *into) {
  for (size_t done = 0;; done++) {
    int code = scuttle_get_many(self->handle, keys + done, count - done, collect_entry, into);
    done = into->count / ENTRY_FIELDS;
    if (!is_no_key(code) || into->failed || done >= count) return code;
    collect_entry(into, done, NULL);
  }
}

/* getMany(replica, [key, …]): [JSON text, source, version, …], undefined for absent keys; or a code */
static napi_value get_many(napi_env env, napi_callback_info info) {
  napi_value values[2];
  strings all;
  if (!arguments(env, info, 2, values) || !take_strings(env, values[1], false, &all)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL) return drop_strings(&all), NULL;
  scuttle_key_t *keys = calloc(all.count + 1, sizeof *keys);
  collection into = make_collection(env);
  int code = SCUTTLE_E_MEMORY;
  if (keys != NULL && !into.failed) {
    for (size_t i = 0; i < all.count; i++) keys[i] = (scuttle_key_t){string_at(&all, i), all.spans[i].len};
    frame frame = enter(env, values[0], self);
    code = visit_entries(self, keys, all.count, &into);
    leave(frame);
  }
  free(keys);
  drop_strings(&all);
  return collected_array(&into, code);
}

napi_status export_batches(napi_env env, napi_value exports) {
  EXPORT(exports, "setMany", set_many);
  EXPORT(exports, "setIf", set_if);
  EXPORT(exports, "getMany", get_many);
  return napi_ok;
}
