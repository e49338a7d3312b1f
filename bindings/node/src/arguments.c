/* Values between JavaScript and C. A value of the wrong type throws a TypeError, and the caller returns NULL. */
#include "addon.h"

napi_value wrong(napi_env env, const char *what) {
  bool pending = false;
  if (napi_is_exception_pending(env, &pending) == napi_ok && !pending) napi_throw_type_error(env, NULL, what);
  return NULL;
}

/* Fills `values`; a missing argument is undefined. */
bool arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values) {
  size_t given = count;
  return napi_get_cb_info(env, info, &given, values, NULL, NULL) == napi_ok;
}

/* Copies a string. After true, the caller drops the text. */
bool take_text(napi_env env, napi_value value, text *out) {
  size_t len = 0;
  out->data = out->small;
  out->len = 0;
  if (napi_get_value_string_utf8(env, value, out->small, sizeof out->small, &len) != napi_ok)
    return wrong(env, "a string is expected"), false;
  if (len + 4 < sizeof out->small) { /* a character that does not fit is left out whole, and has up to 4 bytes */
    out->len = len;
    return true;
  }
  if (napi_get_value_string_utf8(env, value, NULL, 0, &len) != napi_ok) return wrong(env, "a string is expected"), false;
  char *data = malloc(len + 1);
  if (data == NULL) return napi_throw_error(env, "SCUTTLE_E_MEMORY", "no memory for a string"), false;
  if (napi_get_value_string_utf8(env, value, data, len + 1, &out->len) != napi_ok) {
    free(data);
    return wrong(env, "a string is expected"), false;
  }
  out->data = data;
  return true;
}

void drop_text(text *text) {
  if (text->data != text->small) free(text->data);
}

/* Borrows the bytes of a Buffer or another Uint8Array. */
bool take_bytes(napi_env env, napi_value value, const void **data, size_t *len) {
  napi_typedarray_type type;
  bool is = false;
  void *bytes = NULL;
  if (napi_is_typedarray(env, value, &is) != napi_ok || !is ||
      napi_get_typedarray_info(env, value, &type, len, &bytes, NULL, NULL) != napi_ok || type != napi_uint8_array)
    return wrong(env, "a Buffer or a Uint8Array is expected"), false;
  *data = bytes == NULL ? "" : bytes;
  return true;
}

/* Reads a version or a time in milliseconds: an integer from 0 to 2^53-1. */
bool take_version(napi_env env, napi_value value, uint64_t *version) {
  double given = -1;
  if (napi_get_value_double(env, value, &given) != napi_ok || !(given >= 0 && given <= 9007199254740991.0) ||
      (double)(uint64_t)given != given)
    return wrong(env, "an integer from 0 to 2^53-1 is expected"), false;
  *version = (uint64_t)given;
  return true;
}

/* Reads the two BigInts of a cursor. */
bool take_cursor(napi_env env, napi_value incarnation, napi_value position, scuttle_cursor_t *cursor) {
  bool first = false, second = false; /* whether 64 bits hold them */
  if (napi_get_value_bigint_uint64(env, incarnation, &cursor->incarnation, &first) != napi_ok || !first ||
      napi_get_value_bigint_uint64(env, position, &cursor->position, &second) != napi_ok || !second)
    return wrong(env, "a cursor has two BigInts, incarnation and position"), false;
  return true;
}

/* Returns a member of the options: 0 if there is none, SIZE_MAX for Infinity. */
size_t take_size(napi_env env, napi_value options, const char *name) {
  napi_value value;
  double given = 0;
  if (napi_get_named_property(env, options, name, &value) != napi_ok ||
      napi_get_value_double(env, value, &given) != napi_ok || !(given > 0))
    return 0;
  return given >= 9007199254740991.0 ? SIZE_MAX : (size_t)given;
}

bool take_flag(napi_env env, napi_value options, const char *name) {
  napi_value value;
  bool given = false;
  return napi_get_named_property(env, options, name, &value) == napi_ok &&
         napi_get_value_bool(env, value, &given) == napi_ok && given;
}

napi_value number(napi_env env, double value) {
  napi_value made = NULL;
  return napi_create_double(env, value, &made) == napi_ok ? made : NULL;
}

/* A BigInt: for numbers that use all 64 bits. */
napi_value large(napi_env env, uint64_t value) {
  napi_value made = NULL;
  return napi_create_bigint_uint64(env, value, &made) == napi_ok ? made : NULL;
}

napi_value boolean(napi_env env, bool value) {
  napi_value made = NULL;
  return napi_get_boolean(env, value, &made) == napi_ok ? made : NULL;
}

napi_value string(napi_env env, const char *data, size_t len) {
  napi_value made = NULL;
  return napi_create_string_utf8(env, data == NULL ? "" : data, len, &made) == napi_ok ? made : NULL;
}

napi_value undefined(napi_env env) {
  napi_value made = NULL;
  return napi_get_undefined(env, &made) == napi_ok ? made : NULL;
}
