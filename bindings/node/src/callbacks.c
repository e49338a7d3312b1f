/* The callbacks of a replica. They are properties of the handle object and not references, so that a replica and the objects of its
   callbacks can be collected together. The JavaScript side catches their exceptions; one that it has missed is cleared. */
#include "addon.h"

/* Calls a property of the handle; returns NULL if that has thrown. */
napi_value call_back(replica *replica, const char *name, size_t count, const napi_value *values) {
  napi_env env = replica->env;
  napi_value function, result = NULL;
  if (env == NULL) return NULL;
  if (napi_get_named_property(env, replica->self, name, &function) != napi_ok ||
      napi_call_function(env, replica->self, function, count, values, &result) != napi_ok) {
    bool pending = false;
    napi_value thrown;
    if (napi_is_exception_pending(env, &pending) == napi_ok && pending) napi_get_and_clear_last_exception(env, &thrown);
    return NULL;
  }
  return result;
}

/* Returns whether an update is the local write that runs now, whose key and value JavaScript has. */
static bool is_own(const replica *self, const scuttle_update_t *update) {
  const text *key = self->writing;
  return key != NULL && (update->flags & ~SCUTTLE_UPDATE_DELETED) == SCUTTLE_UPDATE_LOCAL &&
         update->key_len == key->len && memcmp(update->key, key->data, key->len) == 0;
}

/* Calls onLocal(version, flags), or onUpdate with all fields. */
static void updated(void *context, const scuttle_update_t *update) {
  replica *self = context;
  napi_handle_scope scope;
  if (self->env == NULL || napi_open_handle_scope(self->env, &scope) != napi_ok) return;
  napi_value fields[UPDATE_FIELDS];
  if (is_own(self, update)) {
    fields[0] = number(self->env, (double)update->version);
    fields[1] = number(self->env, update->flags);
    call_back(self, "onLocal", 2, fields);
  } else {
    update_fields(self->env, update, fields);
    call_back(self, "onUpdate", UPDATE_FIELDS, fields);
  }
  napi_close_handle_scope(self->env, scope);
}

static void drained(void *context) {
  replica *self = context;
  napi_handle_scope scope;
  if (self->env == NULL || napi_open_handle_scope(self->env, &scope) != napi_ok) return;
  call_back(self, "onDrain", 0, NULL);
  napi_close_handle_scope(self->env, scope);
}

static void happened(void *context, scuttle_link_t *link, int event, int code) {
  replica *self = context;
  napi_handle_scope scope;
  (void)link;
  if (self->env == NULL || napi_open_handle_scope(self->env, &scope) != napi_ok) return;
  napi_value fields[2] = {number(self->env, event), number(self->env, code)};
  call_back(self, "onEvent", 2, fields);
  napi_close_handle_scope(self->env, scope);
}

/* Lets JavaScript decide on two updates; `second` may be NULL. Returns 0 if it has thrown or decided nothing. */
static int32_t decide(replica *self, const char *name, const scuttle_update_t *first, const scuttle_update_t *second) {
  napi_handle_scope scope;
  int32_t answer = 0;
  if (self->env == NULL || napi_open_handle_scope(self->env, &scope) != napi_ok) return 0;
  napi_value fields[2 * UPDATE_FIELDS];
  update_fields(self->env, first, fields);
  if (second != NULL) update_fields(self->env, second, fields + UPDATE_FIELDS);
  napi_value result = call_back(self, name, second == NULL ? UPDATE_FIELDS : 2 * UPDATE_FIELDS, fields);
  if (result == NULL || napi_get_value_int32(self->env, result, &answer) != napi_ok) answer = 0;
  napi_close_handle_scope(self->env, scope);
  return answer;
}

static int resolved(void *context, const scuttle_update_t *update, const scuttle_update_t *current) {
  return decide(context, "onResolve", update, current);
}

static int sorted(void *context, const scuttle_update_t *a, const scuttle_update_t *b) {
  return decide(context, "onSort", a, b);
}

static bool has_function(napi_env env, napi_value self, const char *name) {
  napi_value value;
  napi_valuetype type;
  return napi_get_named_property(env, self, name, &value) == napi_ok && napi_typeof(env, value, &type) == napi_ok &&
         type == napi_function;
}

/* Sets the callbacks for which the handle object has a function. */
void install_callbacks(napi_env env, napi_value self, scuttle_config_t *config, replica *replica) {
  config->context = replica;
  if (has_function(env, self, "onUpdate")) config->on_update = updated;
  if (has_function(env, self, "onDrain")) config->on_drain = drained;
  if (has_function(env, self, "onEvent")) config->on_event = happened;
  if (has_function(env, self, "onResolve")) config->resolve = resolved;
  if (has_function(env, self, "onSort")) config->sort = sorted;
}
