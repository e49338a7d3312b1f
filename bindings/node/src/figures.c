/* The figures of a replica and of a link. */
#include "addon.h"

#include <stddef.h>

#define FIGURE(name, field) {name, offsetof(scuttle_stats_t, field)}

static const struct {
  const char *name;
  size_t offset;
} figures[] = {
    FIGURE("keys", keys),
    FIGURE("tombstones", tombstones),
    FIGURE("bytes", bytes),
    FIGURE("history", history),
    FIGURE("sources", sources),
    FIGURE("retired", retired),
    FIGURE("exceptions", exceptions),
    FIGURE("outOfOrder", out_of_order),
    FIGURE("links", links),
    FIGURE("linksInStep", links_in_step),
    FIGURE("linksFull", links_full),
    FIGURE("sets", sets),
    FIGURE("deletes", deletes),
    FIGURE("expired", expired),
    FIGURE("republished", republished),
    FIGURE("purged", purged),
    FIGURE("resets", resets),
    FIGURE("removed", removed),
    FIGURE("received", received),
    FIGURE("applied", applied),
    FIGURE("superseded", superseded),
    FIGURE("repeated", repeated),
    FIGURE("refused", refused),
    FIGURE("rejected", rejected),
    FIGURE("refusedByPeers", refused_by_peers),
    FIGURE("corrupt", corrupt),
    FIGURE("diverged", diverged),
    FIGURE("twins", twins),
    FIGURE("gossips", gossips),
    FIGURE("requests", requests),
    FIGURE("deltasLog", deltas_log),
    FIGURE("deltasState", deltas_state),
    FIGURE("deltasReset", deltas_reset),
    FIGURE("deltasEarly", deltas_early),
    FIGURE("deltasContents", deltas_contents),
    FIGURE("full", full),
    FIGURE("linksOpened", links_opened),
    FIGURE("linksEnded", links_ended),
    FIGURE("bytesIn", bytes_in),
    FIGURE("bytesOut", bytes_out),
    FIGURE("messagesIn", messages_in),
    FIGURE("messagesOut", messages_out),
};

/* stats(replica): an object of all figures, or a code */
static napi_value stats(napi_env env, napi_callback_info info) {
  napi_value values[1], made;
  scuttle_stats_t found;
  memset(&found, 0, sizeof found);
  found.struct_size = sizeof found;
  if (!arguments(env, info, 1, values)) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL) return NULL;
  int code = scuttle_stats(self->handle, &found);
  if (code < 0) return number(env, code);
  if (napi_create_object(env, &made) != napi_ok) return NULL;
  for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
    uint64_t value;
    memcpy(&value, (const char *)&found + figures[i].offset, sizeof value);
    if (napi_set_named_property(env, made, figures[i].name, number(env, (double)value)) != napi_ok) return NULL;
  }
  return made;
}

/* confirmed(replica, version or undefined): the number of peers; undefined: all writes so far */
static napi_value confirmed(napi_env env, napi_callback_info info) {
  napi_value values[2];
  napi_valuetype type;
  uint64_t version = UINT64_MAX;
  size_t links = 0;
  if (!arguments(env, info, 2, values) || napi_typeof(env, values[1], &type) != napi_ok) return NULL;
  replica *self = open_replica(env, values[0]);
  if (self == NULL || (type != napi_undefined && !take_version(env, values[1], &version))) return NULL;
  int code = scuttle_confirmed(self->handle, version, &links);
  return number(env, code < 0 ? code : (double)links);
}

static napi_value optional_string(napi_env env, const char *data) {
  return data == NULL ? undefined(env) : string(env, data, NAPI_AUTO_LENGTH);
}

/* linkInfo(replica, link): an object of the state of the link and its peer; `dialect` and `lastError` are numbers; or a code */
static napi_value link_info(napi_env env, napi_callback_info info) {
  napi_value values[2], made;
  scuttle_link_info_t found;
  memset(&found, 0, sizeof found);
  found.struct_size = sizeof found;
  if (!arguments(env, info, 2, values)) return NULL;
  link *self = open_link(env, values);
  if (self == NULL) return NULL;
  int code = scuttle_link_info(self->handle, &found);
  if (code < 0) return number(env, code);
  const struct {
    const char *name;
    napi_value value;
  } members[] = {
      {"peerName", optional_string(env, found.peer_name)},
      {"peerSource", optional_string(env, found.peer_source)},
      {"dialect", number(env, found.dialect)},
      {"inStep", boolean(env, found.in_step != 0)},
      {"live", boolean(env, found.live != 0)},
      {"ended", boolean(env, found.ended != 0)},
      {"lastError", number(env, found.last_error)},
      {"lag", number(env, (double)found.lag_updates)},
      {"confirmedVersion", number(env, (double)found.confirmed_version)},
      {"bytesIn", number(env, (double)found.bytes_in)},
      {"bytesOut", number(env, (double)found.bytes_out)},
      {"messagesIn", number(env, (double)found.messages_in)},
      {"messagesOut", number(env, (double)found.messages_out)},
  };
  if (napi_create_object(env, &made) != napi_ok) return NULL;
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
    if (napi_set_named_property(env, made, members[i].name, members[i].value) != napi_ok) return NULL;
  return made;
}

/* linkEnded(replica, link): the error that has ended the link, 0 if it has not ended. Unlike linkInfo it counts no entries, because a peer
   may cause a call for each line. */
static napi_value link_ended(napi_env env, napi_callback_info info) {
  napi_value values[2];
  scuttle_link_info_t found;
  memset(&found, 0, sizeof found);
  found.struct_size = offsetof(scuttle_link_info_t, lag_updates);
  if (!arguments(env, info, 2, values)) return NULL;
  link *self = open_link(env, values);
  if (self == NULL) return NULL;
  int code = scuttle_link_info(self->handle, &found);
  return number(env, code < 0 ? code : found.ended ? found.last_error : 0);
}

napi_status export_figures(napi_env env, napi_value exports) {
  EXPORT(exports, "stats", stats);
  EXPORT(exports, "confirmed", confirmed);
  EXPORT(exports, "linkInfo", link_info);
  EXPORT(exports, "linkEnded", link_ended);
  return napi_ok;
}
