/* A replica: its start and end, its writes and its reads. */
#include "addon.h"

static const napi_type_tag replica_tag = {0x5c0771e0b1a94f10, 0x9d2f6a3e8c41b705};

/* Marks an object as a handle and ties `data` to it. An object is a handle once only. */
bool tag_handle(napi_env env, napi_value object, const napi_type_tag *tag, void *data, napi_finalize finalize) {
  return napi_type_tag_object(env, object, tag) == napi_ok &&
         napi_wrap(env, object, data, finalize, NULL, NULL) == napi_ok;
}

/* Returns the open replica of a handle; NULL and an exception if it is none or is closed. */
replica *open_replica(napi_env env, napi_value value) {
  bool is = false;
  void *data = NULL;
  if (napi_check_object_type_tag(env, value, &replica_tag, &is) != napi_ok || !is ||
      napi_unwrap(env, value, &data) != napi_ok)
    return wrong(env, "a replica is expected"), NULL;
  replica *found = data;
  if (found->handle == NULL) return napi_throw_error(env, "SCUTTLE_E_CLOSED", "the replica is closed"), NULL;
  return found;
}

/* Begins a call: callbacks of the library run JavaScript between `enter` and `leave` only. */
frame enter(napi_env env, napi_value self, replica *replica) {
  frame before = {replica, replica->env, replica->self};
  replica->env = env;
  replica->self = self;
  replica->depth += 1;
  return before;
}

void leave(frame frame) {
  replica *self = frame.replica;
  self->env = frame.env;
  self->self = frame.self;
  self->depth -= 1;
  while (self->depth == 0 && self->closing != NULL) {
    link *link = self->closing;
    self->closing = link->next_closing;
    close_link(link);
  }
}

/* Gives up one share in a replica; the last one frees it. */
void disown(replica *replica) {
  replica->owners -= 1;
  if (replica->owners > 0) return;
  scuttle_free(replica->handle);
  free(replica);
}

static void collected(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  disown(data);
}

/* Copies a string member of the options, which is kept until the replica is made. */
static const char *take_option(napi_env env, napi_value options, const char *name, text *out) {
  napi_value value;
  napi_valuetype type;
  out->data = out->small;
  if (napi_get_named_property(env, options, name, &value) != napi_ok || napi_typeof(env, value, &type) != napi_ok ||
      type != napi_string || !take_text(env, value, out))
    return NULL;
  return out->data;
}

static void take_limits(napi_env env, napi_value options, scuttle_config_t *config) {
  config->flags = (uint32_t)take_size(env, options, "flags");
  config->resolver = (uint32_t)take_size(env, options, "resolver");
  config->mtu = take_size(env, options, "mtu");
  config->max_history = take_size(env, options, "maxHistory");
  config->seed = take_size(env, options, "seed");
  config->max_message_bytes = take_size(env, options, "maxMessageBytes");
  config->max_key_bytes = take_size(env, options, "maxKeyBytes");
  config->max_value_bytes = take_size(env, options, "maxValueBytes");
  config->max_depth = take_size(env, options, "maxDepth");
  config->max_sources = take_size(env, options, "maxSources");
  config->max_links = take_size(env, options, "maxLinks");
  config->max_version_jump = take_size(env, options, "maxVersionJump");
  config->max_tombstones = take_size(env, options, "maxTombstones");
  config->max_keys = take_size(env, options, "maxKeys");
  config->max_bytes = take_size(env, options, "maxBytes");
}

/* create(handle, name, options): makes the handle a replica. */
static napi_value create(napi_env env, napi_callback_info info) {
  napi_value values[3];
  text name, cluster, state;
  if (!arguments(env, info, 3, values) || !take_text(env, values[1], &name)) return NULL;
  scuttle_config_t config;
  memset(&config, 0, sizeof config);
  config.struct_size = sizeof config;
  take_limits(env, values[2], &config);
  config.cluster = take_option(env, values[2], "cluster", &cluster);
  config.state = take_option(env, values[2], "state", &state);
  if (config.state != NULL) config.state_len = state.len;
  replica *made = calloc(1, sizeof *made);
  int code = made == NULL ? SCUTTLE_E_MEMORY : SCUTTLE_OK;
  if (code == SCUTTLE_OK && memchr(name.data, 0, name.len) != NULL) code = SCUTTLE_E_NUL;
  if (code == SCUTTLE_OK) {
    made->owners = 1;
    install_callbacks(env, values[0], &config, made);
    frame frame = enter(env, values[0], made);
    code = scuttle_new(name.data, &config, &made->handle);
    leave(frame);
  }
  drop_text(&name);
  drop_text(&cluster);
  drop_text(&state);
  if (code < 0) {
    free(made);
    return number(env, code);
  }
  if (!tag_handle(env, values[0], &replica_tag, made, collected)) {
    disown(made);
    return wrong(env, "an object that is no handle yet is expected");
  }
  return number(env, code);
}

static napi_value close_replica(napi_env env, napi_callback_info info) {
  napi_value values[1];
  if (!arguments(env, info, 1, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL) return NULL;
  if (self->depth > 0) return number(env, SCUTTLE_E_BUSY);
  scuttle_t *handle = self->handle;
  self->handle = NULL; /* its links do not touch their own handles any more */
  scuttle_free(handle);
  return number(env, SCUTTLE_OK);
}

/* set(handle, key, JSON text): calls onLocal and not onUpdate. */
static napi_value set(napi_env env, napi_callback_info info) {
  napi_value values[3];
  text key, json;
  if (!arguments(env, info, 3, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL || !take_text(env, values[1], &key)) return NULL;
  if (!take_text(env, values[2], &json)) return drop_text(&key), NULL;
  frame frame = enter(env, values[0], self);
  const text *before = self->writing;
  self->writing = &key;
  int code = scuttle_set(self->handle, key.data, key.len, json.data, json.len);
  self->writing = before;
  leave(frame);
  drop_text(&key);
  drop_text(&json);
  return number(env, code);
}

/* setTtl(handle, key, JSON text, milliseconds, renew) */
static napi_value set_ttl(napi_env env, napi_callback_info info) {
  napi_value values[5];
  text key, json;
  uint64_t ttl;
  bool renew = false;
  if (!arguments(env, info, 5, values)) return NULL;
  if (napi_get_value_bool(env, values[4], &renew) != napi_ok) return wrong(env, "a boolean is expected");
  replica *self = open_replica(env, values[0]);
  if (self == NULL || !take_version(env, values[3], &ttl) || !take_text(env, values[1], &key)) return NULL;
  if (!take_text(env, values[2], &json)) return drop_text(&key), NULL;
  frame frame = enter(env, values[0], self);
  int code = scuttle_set_ttl(self->handle, key.data, key.len, json.data, json.len, renew ? ttl | SCUTTLE_TTL_RENEW : ttl);
  leave(frame);
  drop_text(&key);
  drop_text(&json);
  return number(env, code);
}

/* Calls a function of the library with a text; returns its code. */
static napi_value with_text(napi_env env, napi_callback_info info, int (*call)(scuttle_t *, const char *, size_t)) {
  napi_value values[2];
  text key;
  if (!arguments(env, info, 2, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL || !take_text(env, values[1], &key)) return NULL;
  frame frame = enter(env, values[0], self);
  int code = call(self->handle, key.data, key.len);
  leave(frame);
  drop_text(&key);
  return number(env, code);
}

static napi_value delete_key(napi_env env, napi_callback_info info) { return with_text(env, info, scuttle_delete); }
static napi_value forget(napi_env env, napi_callback_info info) { return with_text(env, info, scuttle_forget); }

/* get(handle, key): [JSON text, source, version], or a code. */
static napi_value get(napi_env env, napi_callback_info info) {
  napi_value values[2], found;
  text key;
  scuttle_entry_t entry;
  if (!arguments(env, info, 2, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL || !take_text(env, values[1], &key)) return NULL;
  frame frame = enter(env, values[0], self);
  int code = scuttle_get(self->handle, key.data, key.len, &entry);
  found = NULL;
  if (code == SCUTTLE_OK && napi_create_array_with_length(env, 3, &found) == napi_ok) {
    napi_set_element(env, found, 0, string(env, entry.value, entry.value_len));
    napi_set_element(env, found, 1, string(env, entry.source, entry.source_len));
    napi_set_element(env, found, 2, number(env, (double)entry.version));
  }
  leave(frame);
  drop_text(&key);
  return found != NULL ? found : number(env, code);
}

static napi_value import(napi_env env, napi_callback_info info) {
  napi_value values[2];
  const void *bytes;
  size_t len;
  if (!arguments(env, info, 2, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL || !take_bytes(env, values[1], &bytes, &len)) return NULL;
  frame frame = enter(env, values[0], self);
  int code = scuttle_import(self->handle, bytes, len);
  leave(frame);
  return number(env, code);
}

static napi_value tick(napi_env env, napi_callback_info info) {
  napi_value values[2];
  uint64_t now;
  if (!arguments(env, info, 2, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL || !take_version(env, values[1], &now)) return NULL;
  frame frame = enter(env, values[0], self);
  int code;
  do code = scuttle_tick(self->handle, now);
  while (code == SCUTTLE_MORE);
  leave(frame);
  return number(env, code);
}

static int count_keys(scuttle_t *handle, double *out) {
  size_t count = 0;
  int code = scuttle_count(handle, &count);
  *out = (double)count;
  return code;
}

static int highest_version(scuttle_t *handle, double *out) {
  uint64_t version = 0;
  int code = scuttle_version(handle, &version);
  *out = (double)version;
  return code;
}

static int purge_tombstones(scuttle_t *handle, double *out) {
  size_t purged = 0;
  int code = scuttle_purge(handle, &purged);
  *out = (double)purged;
  return code;
}

static int gossip_all(scuttle_t *handle, double *out) {
  int code = scuttle_gossip(handle);
  *out = code;
  return code;
}

/* Calls a function of the library that reports a number; returns the number, or the code of an error. */
static napi_value for_number(napi_env env, napi_callback_info info, int (*call)(scuttle_t *, double *)) {
  napi_value values[1];
  double out = 0;
  if (!arguments(env, info, 1, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL) return NULL;
  frame frame = enter(env, values[0], self);
  int code = call(self->handle, &out);
  leave(frame);
  return number(env, code < 0 ? code : out);
}

static napi_value count(napi_env env, napi_callback_info info) { return for_number(env, info, count_keys); }
static napi_value version(napi_env env, napi_callback_info info) { return for_number(env, info, highest_version); }
static napi_value purge(napi_env env, napi_callback_info info) { return for_number(env, info, purge_tombstones); }
static napi_value gossip(napi_env env, napi_callback_info info) { return for_number(env, info, gossip_all); }

/* id(handle): the source; message(handle): of the last error; fingerprint(handle): as 16 digits. */
static napi_value id(napi_env env, napi_callback_info info) {
  napi_value values[1];
  const char *found;
  size_t len;
  if (!arguments(env, info, 1, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL) return NULL;
  int code = scuttle_id(self->handle, &found, &len);
  return code == SCUTTLE_OK ? string(env, found, len) : number(env, code);
}

static napi_value message(napi_env env, napi_callback_info info) {
  napi_value values[1];
  char found[1000] = "";
  if (!arguments(env, info, 1, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL) return NULL;
  scuttle_errmsg_copy(self->handle, found, sizeof found);
  return string(env, found, strlen(found));
}

static napi_value fingerprint(napi_env env, napi_callback_info info) {
  napi_value values[1];
  uint64_t found = 0;
  if (!arguments(env, info, 1, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL) return NULL;
  int code = scuttle_fingerprint(self->handle, &found);
  if (code != SCUTTLE_OK) return number(env, code);
  return large(env, found);
}

napi_status export_replica(napi_env env, napi_value exports) {
  EXPORT(exports, "create", create);
  EXPORT(exports, "close", close_replica);
  EXPORT(exports, "set", set);
  EXPORT(exports, "setTtl", set_ttl);
  EXPORT(exports, "delete", delete_key);
  EXPORT(exports, "forget", forget);
  EXPORT(exports, "get", get);
  EXPORT(exports, "import", import);
  EXPORT(exports, "tick", tick);
  EXPORT(exports, "count", count);
  EXPORT(exports, "version", version);
  EXPORT(exports, "purge", purge);
  EXPORT(exports, "gossip", gossip);
  EXPORT(exports, "id", id);
  EXPORT(exports, "message", message);
  EXPORT(exports, "fingerprint", fingerprint);
  return napi_ok;
}
