/* Types and functions that the files of the addon share. The first argument of each exported function is a handle: a plain object that
   `create` or `linkOpen` has tagged. Functions return the code of the library, and throw only for arguments of the wrong type. */
#ifndef SCUTTLE_NODE_ADDON_H
#define SCUTTLE_NODE_ADDON_H

#define NAPI_VERSION 8
#include <node_api.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "scuttle.h"

/* A replica, freed with its last owner: its handle and each of its links own it. */
typedef struct replica {
  scuttle_t *handle; /* NULL once closed */
  size_t owners;
  size_t depth;    /* calls that run now; a callback may make one inside another */
  napi_env env;    /* of the innermost call; NULL while no JavaScript may run */
  napi_value self; /* its handle object, which has the callbacks as properties */
  struct link *closing; /* links that were collected during a call */
  const struct text *writing; /* the key of the local write that runs now */
} replica;

/* A link. Its replica may close before it. */
typedef struct link {
  scuttle_link_t *handle; /* NULL once closed */
  replica *owner;
  char *line; /* the beginning of a line that one read did not hold */
  size_t line_len;
  struct link *next_closing;
} link;

/* A string argument as UTF-8, in `small` if it fits there. */
typedef struct text {
  char *data;
  size_t len;
  char small[1000];
} text;

/* The state of the call around a call, restored at its end. */
typedef struct {
  replica *replica;
  napi_env env;
  napi_value self;
} frame;

/* arguments.c */
bool arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values);
bool take_text(napi_env env, napi_value value, text *out);
void drop_text(text *text);
bool take_bytes(napi_env env, napi_value value, const void **data, size_t *len);
bool take_version(napi_env env, napi_value value, uint64_t *version);
bool take_cursor(napi_env env, napi_value incarnation, napi_value position, scuttle_cursor_t *cursor);
size_t take_size(napi_env env, napi_value options, const char *name);
bool take_flag(napi_env env, napi_value options, const char *name);
napi_value number(napi_env env, double value);
napi_value large(napi_env env, uint64_t value);
napi_value boolean(napi_env env, bool value);
napi_value string(napi_env env, const char *data, size_t len);
napi_value undefined(napi_env env);
napi_value wrong(napi_env env, const char *what);

/* updates.c */
#define UPDATE_FIELDS 7
void update_fields(napi_env env, const scuttle_update_t *update, napi_value *fields);

/* collections.c */
/* An array that a visit fills. */
typedef struct {
  napi_env env;
  napi_value array; /* NULL: it could not be made */
  uint32_t count;   /* its elements */
  uint32_t limit;   /* elements at which the visit stops; 0: none */
  bool failed;      /* a value could not be made, so the visit has stopped */
} collection;

/* Bytes that a visit of lines fills. */
typedef struct {
  char *data;
  size_t len, capacity;
  bool failed; /* there was no memory, so the visit has stopped */
} bytes;

collection make_collection(napi_env env);
bool append(collection *into, napi_value value);
int collect_update(void *context, const scuttle_update_t *update);
int collect_line(void *context, const char *line, size_t line_len);
napi_value collected_array(const collection *from, int code);
napi_value collected_bytes(napi_env env, bytes *from);

/* replica.c */
bool tag_handle(napi_env env, napi_value object, const napi_type_tag *tag, void *data, napi_finalize finalize);
replica *open_replica(napi_env env, napi_value value);
frame enter(napi_env env, napi_value self, replica *replica);
void leave(frame frame);
void disown(replica *replica);
napi_status export_replica(napi_env env, napi_value exports);

/* callbacks.c */
void install_callbacks(napi_env env, napi_value self, scuttle_config_t *config, replica *replica);
napi_value call_back(replica *replica, const char *name, size_t count, const napi_value *values);

/* link.c */
void close_link(link *link);
link *open_link(napi_env env, const napi_value *values);
napi_status export_link(napi_env env, napi_value exports);

/* visits.c */
napi_status export_visits(napi_env env, napi_value exports);

/* cursors.c */
napi_status export_cursors(napi_env env, napi_value exports);

/* batches.c */
napi_status export_batches(napi_env env, napi_value exports);

/* figures.c */
napi_status export_figures(napi_env env, napi_value exports);

/* history.c */
napi_status export_history(napi_env env, napi_value exports);

/* codes.c */
napi_status export_codes(napi_env env, napi_value exports);

#define EXPORT(exports, name, function)                                                                                \
  do {                                                                                                                 \
    napi_value made;                                                                                                   \
    napi_status status = napi_create_function(env, name, NAPI_AUTO_LENGTH, function, NULL, &made);                    \
    if (status != napi_ok) return status;                                                                              \
    status = napi_set_named_property(env, exports, name, made);                                                       \
    if (status != napi_ok) return status;                                                                              \
  } while (0)

#endif
