/* An update for JavaScript: UPDATE_FIELDS values in a row. The JavaScript side makes an object of them. */
#include "addon.h"

/* key, value (JSON text), source, version, flags, source and version of the dot (undefined if that is the timestamp) */
void update_fields(napi_env env, const scuttle_update_t *update, napi_value *fields) {
  bool same = update->dot_version == update->version && update->dot_source_len == update->source_len &&
              memcmp(update->dot_source, update->source, update->source_len) == 0;
  fields[0] = string(env, update->key, update->key_len);
  fields[1] = string(env, update->value, update->value_len);
  fields[2] = string(env, update->source, update->source_len);
  fields[3] = number(env, (double)update->version);
  fields[4] = number(env, update->flags);
  fields[5] = same ? undefined(env) : string(env, update->dot_source, update->dot_source_len);
  fields[6] = same ? undefined(env) : number(env, (double)update->dot_version);
}
