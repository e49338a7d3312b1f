/* Prints every struct, field and constant of the header: the numbers that no later version may change. */
#include <scuttle.h> /* first: it needs no other header */

#include <inttypes.h>
#include <stdio.h>

#define STRUCT(TYPE) printf("struct " #TYPE " size %zu\n", sizeof(TYPE))
#define FIELD(TYPE, NAME) \
  printf("field " #TYPE " " #NAME " offset %zu size %zu\n", offsetof(TYPE, NAME), sizeof(((TYPE *)0)->NAME))
#define CONSTANT(NAME) printf("constant " #NAME " %" PRId64 "\n", (int64_t)(NAME))
#define UNSIGNED(NAME) printf("constant " #NAME " %" PRIu64 "\n", (uint64_t)(NAME))
#define TEXT(NAME) printf("constant " #NAME " \"%s\"\n", NAME)

int main(void) {
  STRUCT(scuttle_entry_t);
  FIELD(scuttle_entry_t, value);
  FIELD(scuttle_entry_t, value_len);
  FIELD(scuttle_entry_t, source);
  FIELD(scuttle_entry_t, source_len);
  FIELD(scuttle_entry_t, version);
  STRUCT(scuttle_update_t);
  FIELD(scuttle_update_t, key);
  FIELD(scuttle_update_t, key_len);
  FIELD(scuttle_update_t, value);
  FIELD(scuttle_update_t, value_len);
  FIELD(scuttle_update_t, source);
  FIELD(scuttle_update_t, source_len);
  FIELD(scuttle_update_t, version);
  FIELD(scuttle_update_t, flags);
  FIELD(scuttle_update_t, reserved);
  FIELD(scuttle_update_t, dot_source);
  FIELD(scuttle_update_t, dot_source_len);
  FIELD(scuttle_update_t, dot_version);
  STRUCT(scuttle_span_t);
  FIELD(scuttle_span_t, data);
  FIELD(scuttle_span_t, len);
  STRUCT(scuttle_config_t);
  FIELD(scuttle_config_t, struct_size);
  FIELD(scuttle_config_t, flags);
  FIELD(scuttle_config_t, resolver);
  FIELD(scuttle_config_t, mtu);
  FIELD(scuttle_config_t, max_history);
  FIELD(scuttle_config_t, seed);
  FIELD(scuttle_config_t, context);
  FIELD(scuttle_config_t, resolve);
  FIELD(scuttle_config_t, sort);
  FIELD(scuttle_config_t, on_update);
  FIELD(scuttle_config_t, on_compaction);
  FIELD(scuttle_config_t, on_drain);
  FIELD(scuttle_config_t, state);
  FIELD(scuttle_config_t, state_len);
  FIELD(scuttle_config_t, max_message_bytes);
  FIELD(scuttle_config_t, max_key_bytes);
  FIELD(scuttle_config_t, max_value_bytes);
  FIELD(scuttle_config_t, max_depth);
  FIELD(scuttle_config_t, max_sources);
  FIELD(scuttle_config_t, max_links);
  FIELD(scuttle_config_t, max_version_jump);
  FIELD(scuttle_config_t, cluster);
  FIELD(scuttle_config_t, max_tombstones);
  FIELD(scuttle_config_t, protocol_min);
  FIELD(scuttle_config_t, protocol_max);
  FIELD(scuttle_config_t, on_event);
  FIELD(scuttle_config_t, max_retired);
  FIELD(scuttle_config_t, retire_after_ms);
  FIELD(scuttle_config_t, accept);
  FIELD(scuttle_config_t, max_refused);
  STRUCT(scuttle_flaw_t);
  FIELD(scuttle_flaw_t, kind);
  FIELD(scuttle_flaw_t, count);
  FIELD(scuttle_flaw_t, a);
  FIELD(scuttle_flaw_t, b);
  FIELD(scuttle_flaw_t, c);
  STRUCT(scuttle_link_config_t);
  FIELD(scuttle_link_config_t, struct_size);
  FIELD(scuttle_link_config_t, flags);
  FIELD(scuttle_link_config_t, reserved);
  CONSTANT(SCUTTLE_VERSION_MAJOR);
  CONSTANT(SCUTTLE_VERSION_MINOR);
  CONSTANT(SCUTTLE_VERSION_PATCH);
  TEXT(SCUTTLE_VERSION_STRING);
  UNSIGNED(SCUTTLE_NTS);
  CONSTANT(SCUTTLE_OK);
  CONSTANT(SCUTTLE_FULL);
  CONSTANT(SCUTTLE_NOT_FOUND);
  CONSTANT(SCUTTLE_TORN);
  CONSTANT(SCUTTLE_E_ARGUMENT);
  CONSTANT(SCUTTLE_E_MEMORY);
  CONSTANT(SCUTTLE_E_BUSY);
  CONSTANT(SCUTTLE_E_UNSUPPORTED);
  CONSTANT(SCUTTLE_E_STRUCT_SIZE);
  CONSTANT(SCUTTLE_E_SPACE);
  CONSTANT(SCUTTLE_E_ID);
  CONSTANT(SCUTTLE_E_KEY);
  CONSTANT(SCUTTLE_E_NUL);
  CONSTANT(SCUTTLE_E_UTF8);
  CONSTANT(SCUTTLE_E_JSON);
  CONSTANT(SCUTTLE_E_DUPLICATE);
  CONSTANT(SCUTTLE_E_NUMBER);
  CONSTANT(SCUTTLE_E_DEPTH);
  CONSTANT(SCUTTLE_E_MESSAGE);
  CONSTANT(SCUTTLE_E_VERSION);
  CONSTANT(SCUTTLE_E_VERSION_JUMP);
  CONSTANT(SCUTTLE_E_IDENTITY);
  CONSTANT(SCUTTLE_E_READ_ONLY);
  CONSTANT(SCUTTLE_E_MESSAGE_SIZE);
  CONSTANT(SCUTTLE_E_KEY_SIZE);
  CONSTANT(SCUTTLE_E_VALUE_SIZE);
  CONSTANT(SCUTTLE_E_SOURCES);
  CONSTANT(SCUTTLE_E_LINKS);
  CONSTANT(SCUTTLE_E_EXHAUSTED);
  CONSTANT(SCUTTLE_E_CLUSTER);
  CONSTANT(SCUTTLE_E_PROTOCOL);
  CONSTANT(SCUTTLE_E_REJECTED);
  CONSTANT(SCUTTLE_E_DATAGRAM);
  CONSTANT(SCUTTLE_E_CORRUPT);
  CONSTANT(SCUTTLE_E_RESOLVER);
  CONSTANT(SCUTTLE_E_UNASKED);
  CONSTANT(SCUTTLE_E_REFUSED);
  CONSTANT(SCUTTLE_E_TTL);
  CONSTANT(SCUTTLE_UPDATE_DELETED);
  CONSTANT(SCUTTLE_UPDATE_LOCAL);
  CONSTANT(SCUTTLE_UPDATE_EXPIRED);
  CONSTANT(SCUTTLE_UPDATE_RESET);
  CONSTANT(SCUTTLE_LWW_VS_CLOCK);
  CONSTANT(SCUTTLE_LWW_VS_CURRENT_VERS);
  CONSTANT(SCUTTLE_STRICTLY_ORDER_VALUES);
  CONSTANT(SCUTTLE_UNIQUE_ID);
  CONSTANT(SCUTTLE_KEEP_TOMBSTONES);
  CONSTANT(SCUTTLE_EXACT_ID);
  CONSTANT(SCUTTLE_EVENT_HELLO);
  CONSTANT(SCUTTLE_EVENT_IN_STEP);
  CONSTANT(SCUTTLE_EVENT_ENDED);
  CONSTANT(SCUTTLE_EVENT_DIVERGED);
  CONSTANT(SCUTTLE_EVENT_REFUSED);
  CONSTANT(SCUTTLE_EVENT_TWIN);
  CONSTANT(SCUTTLE_PROTOCOL_LOWEST);
  CONSTANT(SCUTTLE_PROTOCOL_HIGHEST);
  CONSTANT(SCUTTLE_FLAW_ORDER);
  CONSTANT(SCUTTLE_FLAW_REPETITION);
  CONSTANT(SCUTTLE_FLAW_GROUPING);
  CONSTANT(SCUTTLE_LINK_LIVE);
  CONSTANT(SCUTTLE_LINK_DATAGRAM);
  CONSTANT(SCUTTLE_LINK_READ_ONLY);
  CONSTANT(SCUTTLE_LINK_CLASSIC);
  return 0;
}
