/* The counted operations: each part warms up, so that the growth of tables is over or in proportion, and is then measured. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meter.h"
#include "replicas.h"

enum { COUNT = 4000, HALF = COUNT / 2, VALUE = 32, BURST = 100, LINKS = 10, CAPACITY = 1 << 20 };

static char keys[COUNT][KEY_LEN], values[COUNT][VALUE + 2], buffer[CAPACITY + 1];
static const options_t defaults = {.value = VALUE};

static void make_inputs(void) {
  for (size_t i = 0; i < COUNT; i++) {
    make_key(keys[i], i);
    make_value(values[i], VALUE, i, 0);
  }
}

/* Sets the keys from..to, modulo `modulus`. */
static void set(scuttle_t *replica, size_t from, size_t to, size_t modulus) {
  for (size_t i = from; i < to; i++) done(scuttle_set(replica, keys[i % modulus], KEY_LEN, values[i], VALUE + 2));
}

static int add_length(void *context, size_t index, const scuttle_entry_t *entry) {
  require(entry != NULL && index < HALF, "get-many: a key is not there");
  *(size_t *)context += entry->value_len;
  return 0;
}

/* Local writes and reads. */
static void local(void) {
  static scuttle_key_t wanted[HALF];
  size_t read = 0;
  scuttle_t *replica = replica_make("a", 1000);
  set(replica, 0, HALF, COUNT);
  meter_open();
  set(replica, HALF, COUNT, COUNT);
  meter_close();
  meter_print("set", HALF);

  meter_open();
  set(replica, 0, HALF, 1000);
  meter_close();
  meter_print("overwrite", HALF);

  meter_open();
  for (size_t i = 0; i < HALF; i++) {
    scuttle_entry_t entry;
    done(scuttle_get(replica, keys[i], KEY_LEN, &entry));
  }
  meter_close();
  meter_print("get", HALF);

  for (size_t i = 0; i < HALF; i++) wanted[i] = (scuttle_key_t){keys[i], KEY_LEN};
  meter_open();
  done(scuttle_get_many(replica, wanted, HALF, add_length, &read));
  meter_close();
  meter_print("get-many", HALF);
  require(read == HALF * (VALUE + 2), "get-many: not all values were visited");

  scuttle_free(replica);
}

static size_t read_all(scuttle_link_t *link) {
  size_t len = 0, more;
  do {
    done(scuttle_link_read(link, buffer + len, CAPACITY - len, &more));
    len += more;
  } while (more > 0);
  return len;
}

static int accept_all(void *context, scuttle_link_t *from, const scuttle_update_t *update) {
  (void)context, (void)from;
  return update->key_len == KEY_LEN;
}

/* Live updates in bursts, as a relay receives them: the cost to apply them, with `accept` or without, and separately the cost
   to pass them on. */
static void relayed(int onward, int accepts) {
  scuttle_config_t config = {.struct_size = sizeof config, .seed = 1, .max_history = 1000, .accept = accepts ? accept_all : NULL};
  scuttle_t *from = replica_make("from", 1000), *middle, *peer = replica_make("peer", 1000);
  done(scuttle_new("middle", &config, &middle));
  pair_t pair = pair_open(from, SCUTTLE_LINK_LIVE, middle, 0), links[LINKS];
  reconcile(&pair, &defaults);
  pairs_open(links, LINKS, middle, SCUTTLE_LINK_LIVE, peer, &defaults);
  size_t received = 0, passed_on = 0;
  for (size_t at = 0; at < COUNT; at += BURST) {
    int counts = at >= HALF; /* the first half warms up */
    set(from, at, at + BURST, COUNT);
    size_t len = read_all(pair.a);
    if (counts && !onward) meter_open();
    done(scuttle_link_write(pair.b, buffer, len));
    if (counts && !onward) meter_close();
    if (counts && onward) meter_open();
    for (size_t i = 0; i < LINKS; i++) {
      size_t bytes = drop(links[i].a);
      if (counts) passed_on += bytes;
    }
    if (counts && onward) meter_close();
    if (counts) received += len;
  }
  require_same(from, middle);
  meter_print(onward ? "relayed-update-per-link" : accepts ? "accepted-update" : "received-update", onward ? HALF * LINKS : HALF);
  if (onward) meter_bytes("live-update-in-bursts-of-100", received, HALF);
  if (onward) meter_bytes("relayed-update-per-link", passed_on, HALF * LINKS);
  scuttle_free(from);
  scuttle_free(middle);
  scuttle_free(peer);
}

/* Sends one update at a time to many links. */
static void fan_out(void) {
  enum { MANY = 50, ROUNDS = 40 };
  static pair_t links[MANY];
  scuttle_t *from = replica_make("from", 1000), *peer = replica_make("peer", 1000);
  pairs_open(links, MANY, from, SCUTTLE_LINK_LIVE, peer, &defaults);
  size_t bytes = 0;
  for (size_t round = 0; round < 2 * ROUNDS; round++) {
    int counts = round >= ROUNDS;
    set(from, round, round + 1, COUNT);
    if (counts) meter_open();
    for (size_t i = 0; i < MANY; i++) {
      size_t len = drop(links[i].a);
      if (counts) bytes += len;
    }
    if (counts) meter_close();
  }
  meter_print("single-update-per-live-link", ROUNDS * MANY);
  meter_bytes("single-update-per-live-link", bytes, ROUNDS * MANY);
  scuttle_free(from);
  scuttle_free(peer);
}

/* Local writes that no live link has read yet: a write examines a link only when that fills up. */
static void unread(void) {
  enum { MANY = 1000, FEW = 20 };
  static pair_t links[MANY];
  scuttle_t *replica = replica_make("a", 1000), *peer = replica_make("peer", 1000);
  pairs_open(links, MANY, replica, SCUTTLE_LINK_LIVE, peer, &defaults);
  set(replica, 0, HALF - FEW, COUNT);
  for (size_t i = 0; i < MANY; i++) talk(&links[i], &defaults);
  meter_open();
  set(replica, HALF - FEW, HALF, COUNT);
  meter_close();
  meter_print("live-link-that-fills-up-by-20-sets", MANY);
  meter_open();
  set(replica, HALF, COUNT, COUNT);
  meter_close();
  meter_print("set-with-1000-live-links-unread", HALF);
  scuttle_free(replica);
  scuttle_free(peer);
}

/* A full synchronisation of HALF keys: both sides, with encoding, parsing and applying. */
static void full_sync(const char *name, size_t history, size_t datagram) {
  options_t options = defaults;
  uint32_t flags = datagram ? SCUTTLE_LINK_DATAGRAM : 0;
  options.datagram = datagram;
  scuttle_t *from = replica_make("from", history), *to = replica_make("to", history);
  set(from, 0, HALF, COUNT);
  pair_t pair = pair_open(from, flags, to, flags);
  size_t bytes = 0;
  meter_open();
  do {
    done(scuttle_link_gossip(pair.b));
    bytes += talk(&pair, &options);
  } while (count_keys(to) < HALF);
  meter_close();
  require_same(from, to);
  meter_print(name, HALF);
  meter_bytes(name, bytes, HALF);
  scuttle_free(from);
  scuttle_free(to);
}

/* Rounds of a few sets and the reconciliation that follows, with a history that is shorter than a round. */
static void incremental(const char *name, size_t history) {
  scuttle_t *from = replica_make("from", history), *to = replica_make("to", history);
  pair_t pair = pair_open(from, 0, to, 0);
  for (size_t at = 0; at < COUNT; at += BURST) {
    if (at == HALF) meter_open();
    set(from, at, at + BURST, 1000);
    done(scuttle_link_gossip(pair.b));
    talk(&pair, &defaults);
  }
  meter_close();
  require_same(from, to);
  meter_print(name, HALF);
  scuttle_free(from);
  scuttle_free(to);
}

/* Gossip of equal replicas with many sources; on the same link, and on a new one each time. */
static void idle(const char *name, size_t sources, int fresh) {
  enum { ROUNDS = 20 };
  scuttle_t *a = replica_make("a", 1000), *b = replica_make("b", 1000);
  add_sources(a, sources);
  pair_t pair = pair_open(a, 0, b, 0);
  for (int i = 0; i < 3; i++) reconcile(&pair, &defaults);
  size_t bytes = 0;
  for (size_t round = 0; round < 2 * ROUNDS; round++) {
    int counts = round >= ROUNDS;
    if (counts) meter_open();
    if (fresh) {
      pair_close(&pair);
      pair = pair_open(a, 0, b, 0);
    }
    done(scuttle_link_gossip(pair.b));
    size_t said = talk(&pair, &defaults);
    if (counts) meter_close();
    if (counts) bytes += said;
  }
  meter_print(name, ROUNDS);
  meter_bytes(name, bytes, ROUNDS);
  scuttle_free(a);
  scuttle_free(b);
}

/* --- short messages of a peer, to a replica that covers many sources and holds nothing of them ---------------------- */

typedef struct {
  uint64_t incarnation, epoch, revision;
  const char *hash;
} hello_t;

static void add_covered_sources(scuttle_t *replica, size_t count) {
  char *lines = malloc(count * 80 + 1);
  size_t len = 0;
  require(lines != NULL, "no memory for sources");
  for (size_t i = 0; i < count; i++)
    len += (size_t)sprintf(lines + len, "{\"digest\":true,\"source_id\":\"ghost-%06zu\",\"version\":%zu}\n", i, i + 1);
  done(scuttle_import(replica, lines, len));
  free(lines);
}

static size_t hello_line(char *line, const hello_t *hello) {
  const char *format = "{\"digest\":true,\"hello\":{\"protocol\":[1,1],\"source\":\"peer~AAAAAAAA\",\"incarnation\":%llu,\"cluster\":\"\","
                       "\"lamport\":1,\"epoch\":%llu,\"revision\":%llu,\"hash\":\"%s\",\"nonce\":4,\"reply\":false}}\n";
  return (size_t)sprintf(line, format, (unsigned long long)hello->incarnation, (unsigned long long)hello->epoch, (unsigned long long)hello->revision,
                         hello->hash);
}

/* Writes a message of the peer, and reads the reply into the buffer. */
static void say(scuttle_link_t *link, const char *line, size_t len) {
  done(scuttle_link_write(link, line, len));
  buffer[read_all(link)] = 0;
}

enum { MESSAGES = 20 };
typedef enum { IN_STEP, NEW_EPOCH, NEW_INCARNATION, NEW_AND_UNEQUAL, REQUEST, VECTOR, DONE } message_t;

static void asked(message_t message, const char *name, size_t sources) {
  static const char *const unequal = "0000000000000063";
  char line[512], hash[17] = "", label[80];
  scuttle_t *replica = replica_make("a", 1000), *peer = replica_make("peer", 10);
  add_covered_sources(replica, sources);
  done(scuttle_set(replica, "k", 1, "1", 1));
  pair_t pair = pair_open(replica, message == DONE ? SCUTTLE_LINK_CLASSIC : 0, peer, 0);
  hello_t hello = {5, 0, 1, unequal};
  unsigned long long revision = 0;
  if (message != DONE) {
    say(pair.a, line, hello_line(line, &hello)); /* renews its low-water mark */
    const char *found = strstr(buffer, "\"hash\":\""), *at = strstr(buffer, "\"revision\":");
    require(found != NULL && at != NULL, "no hello");
    memcpy(hash, found + 8, 16);
    revision = strtoull(at + 11, NULL, 10);
    hello.hash = hash;
    say(pair.a, line, hello_line(line, &hello));
  }
  for (size_t round = 0; round < 2 * MESSAGES; round++) {
    size_t len = 0;
    if (message == NEW_EPOCH) hello.epoch++;
    if (message == NEW_INCARNATION || message == NEW_AND_UNEQUAL) hello.incarnation++;
    if (message == NEW_AND_UNEQUAL) hello.hash = unequal;
    if (message <= NEW_AND_UNEQUAL) len = hello_line(line, &hello);
    if (message == REQUEST)
      len = (size_t)sprintf(line, "{\"digest\":true,\"request\":{\"revision\":%llu,\"from\":0,\"retired\":[0,\"0000000000000000\"]}}\n", revision);
    if (message == VECTOR)
      len = (size_t)sprintf(line,
                            "{\"digest\":true,\"vector\":{\"incarnation\":5,\"epoch\":0,\"nonce\":%zu,\"lamport\":1,\"since\":1,"
                            "\"until\":1,\"sources\":{},\"from\":0,\"to\":1,\"last\":true}}\n",
                            round + 8);
    if (message == DONE) len = (size_t)sprintf(line, "{\"digest\":true,\"done\":true}\n");
    if (round >= MESSAGES) meter_open();
    say(pair.a, line, len);
    if (round >= MESSAGES) meter_close();
  }
  sprintf(label, "%s-%zu-sources", name, sources);
  meter_print(label, MESSAGES);
  meter_bytes(label, strlen(buffer), 1);
  scuttle_free(replica);
  scuttle_free(peer);
}

static void asked_all(size_t sources) {
  asked(IN_STEP, "hello-in-step", sources);
  asked(NEW_EPOCH, "hello-of-a-new-epoch", sources);
  asked(NEW_INCARNATION, "hello-of-a-new-incarnation", sources);
  asked(NEW_AND_UNEQUAL, "hello-of-a-stranger", sources);
  asked(REQUEST, "request", sources);
  asked(VECTOR, "vector-without-news", sources);
  asked(DONE, "classic-done", sources);
}

int main(void) {
  make_inputs();
  setvbuf(stdout, NULL, _IOLBF, 0); /* allocates the buffer now, before the count starts */
  printf("gates\n");
  uint64_t before = meter_blocks();
  local();
  relayed(0, 0);
  relayed(0, 1);
  relayed(1, 0);
  fan_out();
  unread();
  full_sync("update-of-full-sync-from-state", 10, 0);
  full_sync("update-of-full-sync-from-history", SIZE_MAX, 0);
  full_sync("update-of-full-sync-in-datagrams", 10, 1472);
  incremental("incremental-update-from-state", 10);
  incremental("incremental-update-from-history", 1000);
  idle("idle-exchange-1000-sources", 1000, 0);
  idle("idle-exchange-10000-sources", 10000, 0);
  idle("idle-exchange-1000-sources-new-link", 1000, 1);
  asked_all(100);
  asked_all(65000);
  printf("allocations blocks-left-at-the-end %llu 1\n", (unsigned long long)(meter_blocks() - before));
  return 0;
}
