/* A link, which reads and writes bytes or lines. */
#include "addon.h"

static const napi_type_tag link_tag = {0x5c0771e0b1a94f10, 0x2b7c5d9e1f60a834};

/* Closes a link and gives up its share in the replica. */
void close_link(link *self) {
  replica *owner = self->owner;
  if (self->handle != NULL && owner->handle != NULL) scuttle_link_close(self->handle); /* on_drain finds no env */
  free(self->line);
  free(self);
  disown(owner);
}

/* Closes a collected link. The collector may run in a callback, in which no link of the same replica can close: that waits for the end
   of the call. */
static void collected(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  link *self = data;
  if (self->owner->depth == 0) {
    close_link(self);
  } else {
    self->next_closing = self->owner->closing;
    self->owner->closing = self;
  }
}

/* linkOpen(replica, handle, flags): makes the handle a link of the replica. */
static napi_value link_open(napi_env env, napi_callback_info info) {
  napi_value values[3];
  uint32_t flags = 0;
  if (!arguments(env, info, 3, values)) return NULL;
  replica *owner = open_replica(env, values[0]);
  if (owner == NULL) return NULL;
  if (napi_get_value_uint32(env, values[2], &flags) != napi_ok) return wrong(env, "flags are a number");
  link *made = calloc(1, sizeof *made);
  if (made == NULL) return number(env, SCUTTLE_E_MEMORY);
  scuttle_link_config_t config;
  memset(&config, 0, sizeof config);
  config.struct_size = sizeof config;
  config.flags = flags;
  frame frame = enter(env, values[0], owner);
  int code = scuttle_link_open(owner->handle, &config, &made->handle);
  leave(frame);
  if (code < 0) {
    free(made);
    return number(env, code);
  }
  made->owner = owner;
  owner->owners += 1;
  if (!tag_handle(env, values[1], &link_tag, made, collected)) {
    close_link(made);
    return wrong(env, "an object that is no handle yet is expected");
  }
  return number(env, code);
}

/* Returns the open link of (replica, link, …); NULL and an exception if there is none. */
link *open_link(napi_env env, const napi_value *values) {
  bool is = false;
  void *data = NULL;
  replica *owner = open_replica(env, values[0]);
  if (owner == NULL) return NULL;
  if (napi_check_object_type_tag(env, values[1], &link_tag, &is) != napi_ok || !is ||
      napi_unwrap(env, values[1], &data) != napi_ok)
    return wrong(env, "a link is expected"), NULL;
  link *found = data;
  if (found->owner != owner) return wrong(env, "a link of this replica is expected"), NULL;
  if (found->handle == NULL) return napi_throw_error(env, "SCUTTLE_E_CLOSED", "the link is closed"), NULL;
  return found;
}

static napi_value link_close(napi_env env, napi_callback_info info) {
  napi_value values[2];
  if (!arguments(env, info, 2, values)) return NULL;
  link *self = open_link(env, values);
  if (self == NULL) return NULL;
  if (self->owner->depth > 0) return number(env, SCUTTLE_E_BUSY);
  frame frame = enter(env, values[0], self->owner);
  scuttle_link_close(self->handle);
  self->handle = NULL;
  leave(frame);
  return number(env, SCUTTLE_OK);
}

static napi_value link_gossip(napi_env env, napi_callback_info info) {
  napi_value values[2];
  if (!arguments(env, info, 2, values)) return NULL;
  link *self = open_link(env, values);
  if (self == NULL) return NULL;
  frame frame = enter(env, values[0], self->owner);
  int code = scuttle_link_gossip(self->handle);
  leave(frame);
  return number(env, code);
}

/* linkWrite(replica, link, bytes) */
static napi_value link_write(napi_env env, napi_callback_info info) {
  napi_value values[3];
  const void *bytes;
  size_t len;
  if (!arguments(env, info, 3, values)) return NULL;
  link *self = open_link(env, values);
  if (self == NULL || !take_bytes(env, values[2], &bytes, &len)) return NULL;
  /* A callback may detach or change the buffer, so the library reads a copy. */
  char *copy = malloc(len + 1);
  if (copy == NULL) return number(env, SCUTTLE_E_MEMORY);
  memcpy(copy, bytes, len);
  frame frame = enter(env, values[0], self->owner);
  int code = scuttle_link_write(self->handle, copy, len);
  leave(frame);
  free(copy);
  return number(env, code);
}

/* linkWriteLine(replica, link, line): the line includes its newline. */
static napi_value link_write_line(napi_env env, napi_callback_info info) {
  napi_value values[3];
  text line;
  if (!arguments(env, info, 3, values)) return NULL;
  link *self = open_link(env, values);
  if (self == NULL || !take_text(env, values[2], &line)) return NULL;
  frame frame = enter(env, values[0], self->owner);
  int code = scuttle_link_write(self->handle, line.data, line.len);
  leave(frame);
  drop_text(&line);
  return number(env, code);
}

/* linkRead(replica, link, capacity): a Buffer, undefined if there is nothing, or a code. */
static napi_value link_read(napi_env env, napi_callback_info info) {
  napi_value values[3], made = NULL;
  uint32_t capacity = 0;
  size_t len = 0;
  if (!arguments(env, info, 3, values)) return NULL;
  link *self = open_link(env, values);
  if (self == NULL) return NULL;
  if (napi_get_value_uint32(env, values[2], &capacity) != napi_ok) return wrong(env, "a capacity is a number");
  char *bytes = malloc((size_t)capacity + 1);
  if (bytes == NULL) return number(env, SCUTTLE_E_MEMORY);
  frame frame = enter(env, values[0], self->owner);
  int code = scuttle_link_read(self->handle, bytes, capacity, &len);
  leave(frame);
  if (code < 0) made = number(env, code);
  else if (len == 0) made = undefined(env);
  else if (napi_create_buffer_copy(env, len, bytes, NULL, &made) != napi_ok) made = NULL;
  free(bytes);
  return made;
}

static bool keep(link *self, const void *data, size_t len) {
  char *grown = realloc(self->line, self->line_len + len + 1);
  if (grown == NULL) return false;
  memcpy(grown + self->line_len, data, len);
  self->line = grown;
  self->line_len += len;
  return true;
}

/* Consumes one line of the link's output. Only that counts as sent; the rest waits in the library. */
static int take_line(link *self, bool *whole) {
  scuttle_span_t spans[8];
  size_t count = 0;
  *whole = false;
  for (;;) {
    int code = scuttle_link_peek(self->handle, spans, 8, &count);
    if (code < 0 || count == 0) return code;
    size_t taken = 0;
    for (size_t i = 0; i < count && !*whole; i++) {
      const char *end = memchr(spans[i].data, '\n', spans[i].len);
      size_t len = end == NULL ? spans[i].len : (size_t)(end - (const char *)spans[i].data) + 1;
      if (!keep(self, spans[i].data, len)) return SCUTTLE_E_MEMORY;
      taken += len;
      *whole = end != NULL;
    }
    code = scuttle_link_consume(self->handle, taken);
    if (code < 0 || *whole) return code;
  }
}

/* linkReadLine(replica, link): a line without its newline, undefined if there is none, or a code. */
static napi_value link_read_line(napi_env env, napi_callback_info info) {
  napi_value values[2], made;
  bool whole = false;
  if (!arguments(env, info, 2, values)) return NULL;
  link *self = open_link(env, values);
  if (self == NULL) return NULL;
  frame frame = enter(env, values[0], self->owner);
  int code = take_line(self, &whole);
  leave(frame);
  if (code < 0) return number(env, code);
  if (!whole) return undefined(env);
  made = string(env, self->line, self->line_len - 1);
  self->line_len = 0;
  return made;
}

napi_status export_link(napi_env env, napi_value exports) {
  EXPORT(exports, "linkOpen", link_open);
  EXPORT(exports, "linkClose", link_close);
  EXPORT(exports, "linkGossip", link_gossip);
  EXPORT(exports, "linkWrite", link_write);
  EXPORT(exports, "linkWriteLine", link_write_line);
  EXPORT(exports, "linkRead", link_read);
  EXPORT(exports, "linkReadLine", link_read_line);
  return napi_ok;
}
