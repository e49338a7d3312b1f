/* struct_size: hosts with an older or a newer header. */
#include "check.h"
#include "support.h"

TEST(older_config_structs) {
  /* Every size that ends after a field, with an unreadable page behind it. */
  static const size_t sizes[] = {offsetof(scuttle_config_t, mtu),
                                 offsetof(scuttle_config_t, max_history),
                                 offsetof(scuttle_config_t, seed),
                                 offsetof(scuttle_config_t, context),
                                 offsetof(scuttle_config_t, resolve),
                                 offsetof(scuttle_config_t, sort),
                                 offsetof(scuttle_config_t, on_update),
                                 offsetof(scuttle_config_t, on_compaction),
                                 offsetof(scuttle_config_t, on_drain),
                                 offsetof(scuttle_config_t, state),
                                 offsetof(scuttle_config_t, state_len),
                                 offsetof(scuttle_config_t, max_message_bytes),
                                 offsetof(scuttle_config_t, max_key_bytes),
                                 offsetof(scuttle_config_t, max_value_bytes),
                                 offsetof(scuttle_config_t, max_depth),
                                 offsetof(scuttle_config_t, max_sources),
                                 offsetof(scuttle_config_t, max_links),
                                 offsetof(scuttle_config_t, max_version_jump),
                                 offsetof(scuttle_config_t, cluster),
                                 offsetof(scuttle_config_t, max_tombstones),
                                 offsetof(scuttle_config_t, protocol_min),
                                 offsetof(scuttle_config_t, protocol_max),
                                 offsetof(scuttle_config_t, on_event),
                                 offsetof(scuttle_config_t, max_retired),
                                 offsetof(scuttle_config_t, retire_after_ms),
                                 offsetof(scuttle_config_t, accept),
                                 offsetof(scuttle_config_t, max_refused),
                                 offsetof(scuttle_config_t, state_store),
                                 offsetof(scuttle_config_t, max_keys),
                                 offsetof(scuttle_config_t, max_bytes),
                                 sizeof(scuttle_config_t)};
  size_t i;
  for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    scuttle_config_t whole = config_make();
    guarded_t memory;
    scuttle_t *r = NULL;
    whole.struct_size = sizes[i];
    memory = guarded_copy(&whole, sizes[i]);
    CHECK_CODE(scuttle_new("local", (const scuttle_config_t *)(const void *)memory.data, &r), SCUTTLE_OK);
    guarded_free(&memory);
    if (r) {
      char *large = (char *)malloc(1 << 20);
      REQUIRE(large);
      memset(large, '1', 1 << 20);
      CHECK_CODE(set(r, "k", "1"), SCUTTLE_OK);
      CHECK_CODE(scuttle_set(r, "k", 1, large, 1 << 18), SCUTTLE_E_NUMBER); /* the limits have their defaults */
      large[0] = large[(1 << 20) - 1] = '"';
      CHECK_CODE(scuttle_set(r, "k", 1, large, 1 << 20), SCUTTLE_OK);
      free(large);
    }
    scuttle_free(r);
  }
}

/* The config of 0.1.0, as in a program that was built with its header. */
typedef struct {
  size_t struct_size;
  uint32_t flags;
  uint32_t resolver;
  size_t mtu;
  size_t max_history;
  uint64_t seed;
  void *context;
  int (*resolve)(void *context, const scuttle_update_t *update, const scuttle_update_t *current);
  int (*sort)(void *context, const scuttle_update_t *a, const scuttle_update_t *b);
  void (*on_update)(void *context, const scuttle_update_t *update);
  void (*on_compaction)(void *context, const scuttle_update_t *const *updates, size_t count);
  void (*on_drain)(void *context);
  const char *state;
  size_t state_len;
  size_t max_message_bytes;
  size_t max_key_bytes;
  size_t max_value_bytes;
  size_t max_depth;
  size_t max_sources;
  size_t max_links;
  uint64_t max_version_jump;
} config_0_1_0_t;

static void count_updates(void *context, const scuttle_update_t *update) {
  (void)update;
  ++*(int *)context;
}

TEST(the_config_of_0_1_0) {
  const char *state = "{\"key\":\"old\",\"value\":1,\"source_id\":\"A\",\"version\":5}\n";
  config_0_1_0_t old;
  guarded_t memory;
  scuttle_t *r = NULL, *peer = replica_make("peer");
  int updates = 0;
  CHECK_INT(sizeof old, offsetof(scuttle_config_t, cluster));
  CHECK_INT(offsetof(config_0_1_0_t, max_version_jump), offsetof(scuttle_config_t, max_version_jump));
  memset(&old, 0, sizeof old);
  old.struct_size = sizeof old;
  old.seed = 1;
  old.context = &updates;
  old.on_update = count_updates;
  old.state = state;
  old.state_len = SCUTTLE_NTS;
  old.max_sources = 3;
  old.max_version_jump = 100;
  memory = guarded_copy(&old, sizeof old); /* an unreadable page follows */
  CHECK_CODE(scuttle_new("local", (const scuttle_config_t *)(const void *)memory.data, &r), SCUTTLE_OK);
  guarded_free(&memory);
  REQUIRE(r);
  CHECK_CODE(feed_update(link_make(r), "k", "1", "A", 106), SCUTTLE_E_VERSION_JUMP); /* its last field counts */
  CHECK_CODE(set(r, "gone", "1"), SCUTTLE_OK);
  CHECK_CODE(unset(r, "gone"), SCUTTLE_OK); /* a tombstone within the default limit */
  CHECK_INT(updates, 2);
  sync_links(link_make(r), link_make(peer)); /* in the default cluster */
  CHECK_STR(value_of(peer, "old"), "1");
  CHECK_U64(fingerprint_of(peer), fingerprint_of(r));
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(the_new_fields) {
  scuttle_config_t config = config_make();
  scuttle_t *r = NULL;
  char cluster[257];
  guarded_t memory;
  memory = guarded_copy("a cluster", 10);
  config.cluster = memory.data;
  config.protocol_min = SCUTTLE_PROTOCOL_LOWEST;
  config.protocol_max = SCUTTLE_PROTOCOL_HIGHEST;
  config.max_tombstones = SIZE_MAX;
  CHECK_CODE(scuttle_new("local", &config, &r), SCUTTLE_OK);
  guarded_free(&memory); /* read during scuttle_new only */
  REQUIRE(r);
  CHECK_CODE(scuttle_gossip(r), SCUTTLE_OK);
  scuttle_free(r);
  memset(cluster, 'c', sizeof cluster);
  cluster[255] = 0;
  config.cluster = cluster;
  CHECK_CODE(scuttle_new("local", &config, &r), SCUTTLE_OK);
  scuttle_free(r);
  cluster[255] = 'c';
  cluster[256] = 0;
  CHECK(scuttle_new("local", &config, &r) < 0);
  CHECK(r == NULL);
  config.cluster = "\xff";
  CHECK_CODE(scuttle_new("local", &config, &r), SCUTTLE_E_UTF8);
  config.cluster = "";
  CHECK_CODE(scuttle_new("local", &config, &r), SCUTTLE_OK);
  scuttle_free(r);
  config.protocol_max = SCUTTLE_PROTOCOL_HIGHEST + 1;
  CHECK_CODE(scuttle_new("local", &config, &r), SCUTTLE_E_ARGUMENT);
  config.protocol_max = 0;
  config.protocol_min = SCUTTLE_PROTOCOL_HIGHEST + 1;
  CHECK_CODE(scuttle_new("local", &config, &r), SCUTTLE_E_ARGUMENT);
  CHECK(r == NULL);
}

typedef struct {
  scuttle_link_t *links[2];
  int calls, strangers;
} raised_t;

static void on_event(void *context, scuttle_link_t *link, int event, int code) {
  raised_t *events = (raised_t *)context;
  events->calls++;
  if (link != events->links[0] && link != events->links[1]) events->strangers++;
  CHECK(event >= SCUTTLE_EVENT_HELLO && event <= SCUTTLE_EVENT_TWIN);
  CHECK(code <= 0);
  scuttle_link_close(link); /* in a callback it does nothing */
}

TEST(a_callback_for_events) {
  scuttle_config_t config = config_make();
  scuttle_t *a, *b = replica_make("b");
  scuttle_link_t *to_b, *to_a;
  raised_t events;
  memset(&events, 0, sizeof events);
  config.context = &events;
  config.on_event = on_event;
  config.max_retired = SIZE_MAX;
  config.retire_after_ms = UINT64_MAX;
  a = replica_with("a", &config);
  events.links[0] = to_b = link_make(a);
  events.links[1] = link_make(a);
  to_a = link_make(b);
  CHECK_CODE(set(a, "k", "1"), SCUTTLE_OK);
  sync_links(to_b, to_a);
  CHECK_STR(value_of(b, "k"), "1");
  CHECK_INT(events.strangers, 0);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(a_callback_for_events_beyond_the_size_is_not_called) {
  scuttle_config_t config = config_make();
  scuttle_t *a, *b = replica_make("b");
  raised_t events;
  guarded_t memory;
  memset(&events, 0, sizeof events);
  config.context = &events;
  config.on_event = on_event;
  config.struct_size = offsetof(scuttle_config_t, on_event);
  memory = guarded_copy(&config, config.struct_size);
  a = replica_with("a", (const scuttle_config_t *)(const void *)memory.data);
  guarded_free(&memory);
  sync_links(link_make(a), link_make(b));
  CHECK_INT(events.calls, 0);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(fields_beyond_the_size_are_not_read) {
  scuttle_config_t config = config_make();
  scuttle_t *r = NULL;
  config.struct_size = offsetof(scuttle_config_t, context);
  memset(&config.context, 0xff, sizeof config - offsetof(scuttle_config_t, context)); /* invalid callbacks */
  config.max_history = 3;
  CHECK_CODE(scuttle_new("local", &config, &r), SCUTTLE_OK);
  REQUIRE(r);
  CHECK_CODE(set(r, "k", "1"), SCUTTLE_OK);
  CHECK_CODE(set(r, "k", "2"), SCUTTLE_OK);
  CHECK_STR(value_of(r, "k"), "2");
  scuttle_free(r);
}

TEST(fields_within_the_size_are_read) {
  scuttle_config_t config = config_exact();
  scuttle_t *r = NULL;
  char *news;
  config.max_history = 1;
  config.struct_size = offsetof(scuttle_config_t, seed); /* up to max_history, included */
  CHECK_CODE(scuttle_new("local", &config, &r), SCUTTLE_OK);
  REQUIRE(r);
  set(r, "k", "1");
  set(r, "k", "2");
  news = news_text(r, "local", 0);
  CHECK_STR(news, "k\t2\tlocal\t2\n");
  free(news);
  scuttle_free(r);
}

TEST(newer_config_structs) {
  size_t extra;
  for (extra = 1; extra <= 200; extra += extra < 20 ? 1 : 30) {
    scuttle_config_t config = config_make();
    guarded_t memory = guarded_make(sizeof config + extra);
    const scuttle_config_t *given = (const scuttle_config_t *)(const void *)memory.data;
    size_t at;
    scuttle_t *r = NULL;
    if ((uintptr_t)memory.data % sizeof(void *)) { /* a struct is aligned */
      guarded_free(&memory);
      continue;
    }
    memset(memory.data, 0, memory.len);
    config.struct_size = sizeof config + extra;
    memcpy(memory.data, &config, sizeof config);
    CHECK_CODE(scuttle_new("local", given, &r), SCUTTLE_OK);
    scuttle_free(r);
    for (at = 0; at < extra; at++) {
      r = (scuttle_t *)(void *)&memory;
      memory.data[sizeof config + at] = 1;
      CHECK_CODE(scuttle_new("local", given, &r), SCUTTLE_E_STRUCT_SIZE);
      CHECK(r == NULL);
      memory.data[sizeof config + at] = 0;
    }
    guarded_free(&memory);
  }
}

TEST(config_structs_that_are_too_small) {
  size_t size;
  for (size = 0; size < sizeof(size_t); size++) {
    scuttle_config_t config = config_make();
    scuttle_t *r = (scuttle_t *)(void *)&config;
    config.struct_size = size;
    CHECK_CODE(scuttle_new("local", &config, &r), SCUTTLE_E_STRUCT_SIZE);
    CHECK(r == NULL);
  }
}

TEST(config_structs_of_any_size) {
  /* Whatever the size, nothing beyond it is read. */
  size_t size;
  for (size = sizeof(size_t); size <= sizeof(scuttle_config_t); size++) {
    scuttle_config_t config = config_make();
    scuttle_t *r = NULL;
    unsigned char bytes[sizeof config];
    int code;
    config.struct_size = size;
    memset(bytes, 0xff, sizeof bytes);
    memcpy(bytes, &config, size);
    memcpy(&config, bytes, sizeof config);
    code = scuttle_new("local", &config, &r);
    CHECK(code == SCUTTLE_OK || code == SCUTTLE_E_STRUCT_SIZE);
    if (code == SCUTTLE_OK) {
      CHECK_CODE(set(r, "k", "1"), SCUTTLE_OK);
      CHECK_STR(value_of(r, "k"), "1");
    }
    scuttle_free(r);
  }
}

TEST(link_config_structs) {
  scuttle_t *r = replica_make("local");
  scuttle_link_config_t config;
  scuttle_link_t *link;
  guarded_t memory;
  size_t size;
  int code;
  memset(&config, 0, sizeof config);
  for (size = 0; size < sizeof(size_t); size++) {
    link = (scuttle_link_t *)(void *)&config;
    config.struct_size = size;
    CHECK_CODE(scuttle_link_open(r, &config, &link), SCUTTLE_E_STRUCT_SIZE);
    CHECK(link == NULL);
  }
  config.struct_size = sizeof config;
  memory = guarded_copy(&config, sizeof config);
  CHECK_CODE(scuttle_link_open(r, (const scuttle_link_config_t *)(const void *)memory.data, &link), SCUTTLE_OK);
  guarded_free(&memory);
  config.struct_size = offsetof(scuttle_link_config_t, reserved); /* only the first fields */
  config.flags = SCUTTLE_LINK_CLASSIC;
  config.reserved = 0xffffffffu;
  CHECK_CODE(scuttle_link_open(r, &config, &link), SCUTTLE_OK);
  for (size = 1; size <= 32; size++) {
    unsigned char bytes[sizeof config + 32];
    union {
      scuttle_link_config_t config;
      unsigned char bytes[sizeof(scuttle_link_config_t) + 32];
    } large;
    memset(bytes, 0, sizeof bytes);
    config.struct_size = sizeof config + size;
    config.flags = 0;
    config.reserved = 0;
    memcpy(bytes, &config, sizeof config);
    memcpy(&large, bytes, sizeof bytes);
    CHECK_CODE(scuttle_link_open(r, &large.config, &link), SCUTTLE_OK);
    large.bytes[sizeof config + size - 1] = 0x80;
    link = (scuttle_link_t *)(void *)&config;
    code = scuttle_link_open(r, &large.config, &link);
    CHECK_CODE(code, SCUTTLE_E_STRUCT_SIZE);
    CHECK(link == NULL);
  }
  scuttle_free(r);
}

CHECK_MAIN
