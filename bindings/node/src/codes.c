/* The numbers of the header, by name: codes, flags, resolvers, events. */
#include "addon.h"

static const struct {
  const char *name;
  int value;
} numbers[] = {
    {"SCUTTLE_OK", (int)SCUTTLE_OK},
    {"SCUTTLE_FULL", (int)SCUTTLE_FULL},
    {"SCUTTLE_NOT_FOUND", (int)SCUTTLE_NOT_FOUND},
    {"SCUTTLE_TORN", (int)SCUTTLE_TORN},
    {"SCUTTLE_GAP", (int)SCUTTLE_GAP},
    {"SCUTTLE_MORE", (int)SCUTTLE_MORE},
    {"SCUTTLE_CONFLICT", (int)SCUTTLE_CONFLICT},
    {"SCUTTLE_E_ARGUMENT", (int)SCUTTLE_E_ARGUMENT},
    {"SCUTTLE_E_MEMORY", (int)SCUTTLE_E_MEMORY},
    {"SCUTTLE_E_BUSY", (int)SCUTTLE_E_BUSY},
    {"SCUTTLE_E_UNSUPPORTED", (int)SCUTTLE_E_UNSUPPORTED},
    {"SCUTTLE_E_STRUCT_SIZE", (int)SCUTTLE_E_STRUCT_SIZE},
    {"SCUTTLE_E_SPACE", (int)SCUTTLE_E_SPACE},
    {"SCUTTLE_E_ID", (int)SCUTTLE_E_ID},
    {"SCUTTLE_E_KEY", (int)SCUTTLE_E_KEY},
    {"SCUTTLE_E_NUL", (int)SCUTTLE_E_NUL},
    {"SCUTTLE_E_UTF8", (int)SCUTTLE_E_UTF8},
    {"SCUTTLE_E_JSON", (int)SCUTTLE_E_JSON},
    {"SCUTTLE_E_DUPLICATE", (int)SCUTTLE_E_DUPLICATE},
    {"SCUTTLE_E_NUMBER", (int)SCUTTLE_E_NUMBER},
    {"SCUTTLE_E_DEPTH", (int)SCUTTLE_E_DEPTH},
    {"SCUTTLE_E_MESSAGE", (int)SCUTTLE_E_MESSAGE},
    {"SCUTTLE_E_VERSION", (int)SCUTTLE_E_VERSION},
    {"SCUTTLE_E_VERSION_JUMP", (int)SCUTTLE_E_VERSION_JUMP},
    {"SCUTTLE_E_IDENTITY", (int)SCUTTLE_E_IDENTITY},
    {"SCUTTLE_E_READ_ONLY", (int)SCUTTLE_E_READ_ONLY},
    {"SCUTTLE_E_MESSAGE_SIZE", (int)SCUTTLE_E_MESSAGE_SIZE},
    {"SCUTTLE_E_KEY_SIZE", (int)SCUTTLE_E_KEY_SIZE},
    {"SCUTTLE_E_VALUE_SIZE", (int)SCUTTLE_E_VALUE_SIZE},
    {"SCUTTLE_E_SOURCES", (int)SCUTTLE_E_SOURCES},
    {"SCUTTLE_E_LINKS", (int)SCUTTLE_E_LINKS},
    {"SCUTTLE_E_EXHAUSTED", (int)SCUTTLE_E_EXHAUSTED},
    {"SCUTTLE_E_CLUSTER", (int)SCUTTLE_E_CLUSTER},
    {"SCUTTLE_E_PROTOCOL", (int)SCUTTLE_E_PROTOCOL},
    {"SCUTTLE_E_REJECTED", (int)SCUTTLE_E_REJECTED},
    {"SCUTTLE_E_DATAGRAM", (int)SCUTTLE_E_DATAGRAM},
    {"SCUTTLE_E_CORRUPT", (int)SCUTTLE_E_CORRUPT},
    {"SCUTTLE_E_RESOLVER", (int)SCUTTLE_E_RESOLVER},
    {"SCUTTLE_E_UNASKED", (int)SCUTTLE_E_UNASKED},
    {"SCUTTLE_E_REFUSED", (int)SCUTTLE_E_REFUSED},
    {"SCUTTLE_E_KEYS", (int)SCUTTLE_E_KEYS},
    {"SCUTTLE_E_BYTES", (int)SCUTTLE_E_BYTES},
    {"SCUTTLE_E_STORE", (int)SCUTTLE_E_STORE},
    {"SCUTTLE_E_FORKED", (int)SCUTTLE_E_FORKED},
    {"SCUTTLE_E_TTL", (int)SCUTTLE_E_TTL},
    {"SCUTTLE_UPDATE_DELETED", (int)SCUTTLE_UPDATE_DELETED},
    {"SCUTTLE_UPDATE_LOCAL", (int)SCUTTLE_UPDATE_LOCAL},
    {"SCUTTLE_UPDATE_EXPIRED", (int)SCUTTLE_UPDATE_EXPIRED},
    {"SCUTTLE_UPDATE_RESET", (int)SCUTTLE_UPDATE_RESET},
    {"SCUTTLE_LWW_VS_CLOCK", (int)SCUTTLE_LWW_VS_CLOCK},
    {"SCUTTLE_LWW_VS_CURRENT_VERS", (int)SCUTTLE_LWW_VS_CURRENT_VERS},
    {"SCUTTLE_STRICTLY_ORDER_VALUES", (int)SCUTTLE_STRICTLY_ORDER_VALUES},
    {"SCUTTLE_KEEP_TOMBSTONES", (int)SCUTTLE_KEEP_TOMBSTONES},
    {"SCUTTLE_EXACT_ID", (int)SCUTTLE_EXACT_ID},
    {"SCUTTLE_EVENT_HELLO", (int)SCUTTLE_EVENT_HELLO},
    {"SCUTTLE_EVENT_IN_STEP", (int)SCUTTLE_EVENT_IN_STEP},
    {"SCUTTLE_EVENT_ENDED", (int)SCUTTLE_EVENT_ENDED},
    {"SCUTTLE_EVENT_DIVERGED", (int)SCUTTLE_EVENT_DIVERGED},
    {"SCUTTLE_EVENT_REFUSED", (int)SCUTTLE_EVENT_REFUSED},
    {"SCUTTLE_EVENT_TWIN", (int)SCUTTLE_EVENT_TWIN},
    {"SCUTTLE_LINK_LIVE", (int)SCUTTLE_LINK_LIVE},
    {"SCUTTLE_LINK_DATAGRAM", (int)SCUTTLE_LINK_DATAGRAM},
    {"SCUTTLE_LINK_READ_ONLY", (int)SCUTTLE_LINK_READ_ONLY},
    {"SCUTTLE_LINK_CLASSIC", (int)SCUTTLE_LINK_CLASSIC},
    {"SCUTTLE_LINK_ANY", (int)SCUTTLE_LINK_ANY},
    {"SCUTTLE_LINK_HISTORY", (int)SCUTTLE_LINK_HISTORY},
    {"SCUTTLE_DIALECT_UNKNOWN", (int)SCUTTLE_DIALECT_UNKNOWN},
    {"SCUTTLE_DIALECT_CLASSIC", (int)SCUTTLE_DIALECT_CLASSIC},
    {"SCUTTLE_DIALECT_EXTENDED", (int)SCUTTLE_DIALECT_EXTENDED},
};

/* strerror(code) */
static napi_value sentence(napi_env env, napi_callback_info info) {
  napi_value values[1];
  int32_t code = 0;
  if (!arguments(env, info, 1, values)) return NULL;
  if (napi_get_value_int32(env, values[0], &code) != napi_ok) return wrong(env, "a code is a number");
  return string(env, scuttle_strerror(code), NAPI_AUTO_LENGTH);
}

static napi_value library_version(napi_env env, napi_callback_info info) {
  (void)info;
  return string(env, scuttle_library_version(), NAPI_AUTO_LENGTH);
}

napi_status export_codes(napi_env env, napi_value exports) {
  napi_value codes;
  napi_status made_codes = napi_create_object(env, &codes);
  for (size_t i = 0; made_codes == napi_ok && i < sizeof numbers / sizeof numbers[0]; i++)
    made_codes = napi_set_named_property(env, codes, numbers[i].name, number(env, numbers[i].value));
  if (made_codes == napi_ok) made_codes = napi_set_named_property(env, exports, "codes", codes);
  if (made_codes != napi_ok) return made_codes;
  EXPORT(exports, "strerror", sentence);
  EXPORT(exports, "libraryVersion", library_version);
  return napi_ok;
}
