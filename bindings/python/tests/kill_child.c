/*
 * A replica in a SQLite database or a file that writes, deletes and applies the updates of a peer until it is killed: see kill_rounds.py.
 *
 *   kill_child KIND FILE SEED SYNCHRONOUS TOMBSTONES OUT
 *
 * KIND: "sqlite" or "file". TOMBSTONES: "keep" keeps all, "collect" purges stable ones, "purge" purges all now and then.
 * Descriptor 0 has the bytes of the peer, descriptor OUT gets the bytes for the peer. After each call has returned, a
 * block of lines on descriptor 1 confirms its effect, fields with a tab between them:
 *   R source                             the process has started, and writes under this source
 *   U key source version deleted value   an update has become the entry of its key
 *   V source version                     an entry of the version vector
 *   .                                    the end of a block
 *   E text                               a call has failed, and the process ends
 */
#define _POSIX_C_SOURCE 200809L

#include "scuttle_store.h"
#include "sqlite_store.h"

#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
  char *data;
  size_t len, capacity;
} block;

static void say(const char *format, ...) {
  for (;;) {
    va_list arguments;
    int len;
    va_start(arguments, format);
    len = vsnprintf(block.data + block.len, block.capacity - block.len, format, arguments);
    va_end(arguments);
    if (block.len + (size_t)len < block.capacity) {
      block.len += (size_t)len;
      return;
    }
    block.capacity = 2 * block.capacity + (size_t)len + 4096;
    block.data = (char *)realloc(block.data, block.capacity);
    if (!block.data) exit(4);
  }
}

static void write_all(int fd, const char *bytes, size_t len) {
  while (len > 0) {
    ssize_t sent = write(fd, bytes, len);
    if (sent <= 0) exit(0); /* nobody reads them any more */
    bytes += sent;
    len -= (size_t)sent;
  }
}

static uint64_t state;

static unsigned below(unsigned limit) { /* splitmix64 */
  uint64_t z = (state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (unsigned)((z ^ (z >> 31)) % limit);
}

static scuttle_t *replica;
static scuttle_store_t *file; /* NULL: the replica is in a database */
static scuttle_link_t *link_to_peer;

static void on_update(void *context, const scuttle_update_t *update) {
  (void)context;
  say("U\t%.*s\t%.*s\t%" PRIu64 "\t%d\t%.*s\n", (int)update->key_len, update->key, (int)update->source_len, update->source,
      update->version, (update->flags & SCUTTLE_UPDATE_DELETED) != 0, (int)update->value_len, update->value);
}

static void on_event(void *context, scuttle_link_t *link, int event, int code) {
  (void)context;
  (void)link;
  if (event == SCUTTLE_EVENT_DIVERGED || event == SCUTTLE_EVENT_ENDED) {
    block.len = 0;
    say("E\tevent %d: %s\n", event, scuttle_strerror(code));
    write_all(1, block.data, block.len);
    exit(3);
  }
}

static int say_source(void *context, const char *source, size_t source_len, uint64_t version) {
  (void)context;
  say("V\t%.*s\t%" PRIu64 "\n", (int)source_len, source, version);
  return 0;
}

/* Confirms the effect of a call that has returned, and is saved. */
static void confirm(int code) {
  if (code >= 0 && file) code = scuttle_store_save(file);
  if (code < 0) {
    block.len = 0;
    say("E\t%d: %s\n", code, replica ? scuttle_errmsg(replica) : scuttle_strerror(code));
    if (file) say("E\t%s\n", scuttle_store_errmsg(file));
  } else if (scuttle_clock(replica, say_source, NULL) >= 0) {
    say(".\n");
  }
  write_all(1, block.data, block.len);
  block.len = 0;
  if (code < 0) exit(3);
}

static void hear(void) {
  char bytes[4096];
  struct pollfd fd = {0, POLLIN, 0};
  while (poll(&fd, 1, 0) == 1) {
    ssize_t len = read(0, bytes, 1 + below(sizeof bytes));
    if (len <= 0) exit(0);
    confirm(scuttle_link_write(link_to_peer, bytes, (size_t)len));
  }
}

static void speak(int out) {
  char bytes[1024];
  size_t len;
  do {
    int code = scuttle_link_read(link_to_peer, bytes, sizeof bytes, &len);
    if (code < 0) confirm(code);
    write_all(out, bytes, len);
  } while (len > 0);
}

static void act(uint64_t *now, int purges) {
  char key[16], value[64];
  unsigned choice = below(100);
  size_t purged;
  snprintf(key, sizeof key, "k%u", below(40));
  snprintf(value, sizeof value, "[%u,\"%.*s\"]", below(1000000), (int)below(40), "........................................");
  if (choice < 60) confirm(scuttle_set(replica, key, SCUTTLE_NTS, value, SCUTTLE_NTS));
  else if (choice < 75) confirm(scuttle_delete(replica, key, SCUTTLE_NTS));
  else if (choice < 80) confirm(scuttle_set_ttl(replica, key, SCUTTLE_NTS, value, SCUTTLE_NTS, below(50)));
  else if (choice < 85) confirm(scuttle_tick(replica, *now += below(20)));
  else if (choice < 87 && purges) confirm(scuttle_purge(replica, &purged));
  else confirm(scuttle_link_gossip(link_to_peer));
}

static int open_database(const char *path, const char *synchronous, scuttle_config_t *config) {
  static sqlite_store_t store;
  static scuttle_state_store_t functions;
  if (sqlite_store_open(&store, path, synchronous) != SQLITE_OK) {
    say("E\t%s\n", store.why);
    write_all(1, block.data, block.len);
    exit(3);
  }
  functions = sqlite_store_functions(&store);
  config->state_store = &functions;
  return scuttle_new("child", config, &replica);
}

static int open_file(const char *path, const char *synchronous, const scuttle_config_t *config) {
  scuttle_store_config_t store;
  char message[512];
  int code;
  memset(&store, 0, sizeof store);
  store.struct_size = sizeof store;
  store.replica = config;
  store.sync_ms = strcmp(synchronous, "FULL") == 0 ? 0 : strcmp(synchronous, "NORMAL") == 0 ? 5 : SCUTTLE_STORE_NEVER;
  store.compact_bytes = 4096;
  store.message = message;
  store.message_capacity = sizeof message;
  code = scuttle_store_open(path, "child", &store, &file);
  if (code < 0) {
    say("E\t%s\n", message);
    write_all(1, block.data, block.len);
    exit(3);
  }
  replica = scuttle_store_replica(file);
  return code;
}

int main(int argc, char **argv) {
  scuttle_config_t config;
  scuttle_link_config_t live = {sizeof live, 0, 0};
  const char *id;
  size_t id_len;
  uint64_t now = 1000;
  int out;
  if (argc != 7) return 2;
  state = strtoull(argv[3], NULL, 10);
  out = atoi(argv[6]);
  memset(&config, 0, sizeof config);
  config.struct_size = sizeof config;
  config.on_update = on_update;
  config.on_event = on_event;
  config.flags = strcmp(argv[5], "keep") == 0 ? SCUTTLE_KEEP_TOMBSTONES : 0;
  confirm(strcmp(argv[1], "file") == 0 ? open_file(argv[2], argv[4], &config) : open_database(argv[2], argv[4], &config));
  confirm(scuttle_id(replica, &id, &id_len));
  say("R\t%.*s\n", (int)id_len, id);
  live.flags = below(2) ? SCUTTLE_LINK_LIVE : 0;
  confirm(scuttle_link_open(replica, &live, &link_to_peer));
  confirm(scuttle_link_gossip(link_to_peer));
  for (;;) {
    speak(out);
    hear();
    act(&now, strcmp(argv[5], "purge") == 0);
  }
}
