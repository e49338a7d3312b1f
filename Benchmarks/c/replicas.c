#include "replicas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPANS = 256 };

void done(int code) {
  if (code < 0) require(0, scuttle_strerror(code));
}

scuttle_t *replica_make(const char *name, size_t history) { return replica_seeded(name, history, 1); }

static scuttle_t *replica_of(const char *name, scuttle_config_t config) {
  scuttle_t *replica;
  done(scuttle_new(name, &config, &replica));
  return replica;
}

scuttle_t *replica_seeded(const char *name, size_t history, uint64_t seed) {
  return replica_of(name, (scuttle_config_t){.struct_size = sizeof(scuttle_config_t), .seed = seed, .max_history = history});
}

scuttle_t *replica_keeping(const char *name, size_t history) {
  return replica_of(name, (scuttle_config_t){.struct_size = sizeof(scuttle_config_t), .seed = 1, .max_history = history,
                                             .flags = SCUTTLE_KEEP_TOMBSTONES, .max_tombstones = SIZE_MAX});
}

typedef struct {
  char *bytes;
  size_t len, capacity;
} save_t;

static int add_line(void *context, const char *line, size_t len) {
  save_t *save = context;
  if (save->len + len > save->capacity) {
    save->capacity = 2 * (save->len + len);
    save->bytes = realloc(save->bytes, save->capacity);
    require(save->bytes != NULL, "no memory for a save");
  }
  memcpy(save->bytes + save->len, line, len);
  save->len += len;
  return 0;
}

scuttle_t *replica_restart(scuttle_t *replica, const char *name, size_t history, uint64_t seed) {
  save_t save = {NULL, 0, 0};
  done(scuttle_export(replica, add_line, &save));
  scuttle_free(replica);
  replica = replica_seeded(name, history, seed);
  done(scuttle_import(replica, save.bytes, save.len));
  free(save.bytes);
  return replica;
}

void write_keys(scuttle_t *replica, const options_t *options, uint64_t from, size_t count, uint64_t modulus, uint64_t salt,
                watch_t *watch) {
  block_t block = block_make(options->value);
  for (size_t at = 0; at < count; at += block.count) {
    block_fill(&block, from + at, count - at, modulus, salt);
    int worst = 0;
    watch_start(watch);
    for (size_t i = 0; i < block.count; i++) {
      int code = scuttle_set(replica, block_key(&block, i), KEY_LEN, block_value(&block, i), block.value_len);
      if (code < worst) worst = code;
    }
    watch_stop(watch);
    done(worst);
  }
  block_free(&block);
}

void write_leases(scuttle_t *replica, const options_t *options, uint64_t ttl, watch_t *watch) {
  block_t block = block_make(options->value);
  for (size_t at = 0; at < options->n; at += block.count) {
    block_fill(&block, at, options->n - at, options->n, 0);
    watch_start(watch);
    for (size_t i = 0; i < block.count; i++) {
      uint64_t own = ttl + (at + i) * 7919 % ttl;
      done(scuttle_set_ttl(replica, block_key(&block, i), KEY_LEN, block_value(&block, i), block.value_len, own));
    }
    watch_stop(watch);
  }
  block_free(&block);
}

void add_sources(scuttle_t *replica, size_t count) {
  char *lines = malloc(count * 96 + 1);
  require(lines != NULL, "no memory for sources");
  size_t len = 0;
  for (size_t i = 0; i < count; i++) {
    const char *line = "{\"key\":\"seen\",\"value\":1,\"source_id\":\"source-%06zu\",\"version\":%zu}\n";
    len += (size_t)sprintf(lines + len, line, i, i + 1);
  }
  done(scuttle_import(replica, lines, len));
  free(lines);
}

uint64_t fingerprint(scuttle_t *replica) {
  uint64_t number;
  done(scuttle_fingerprint(replica, &number));
  return number;
}

size_t count_keys(scuttle_t *replica) {
  size_t count;
  done(scuttle_count(replica, &count));
  return count;
}

void require_same(scuttle_t *a, scuttle_t *b) {
  require(fingerprint(a) == fingerprint(b), "two replicas should be the same, and are not");
}

static scuttle_link_t *link_open(scuttle_t *replica, uint32_t flags) {
  scuttle_link_config_t config = {.struct_size = sizeof config, .flags = flags};
  scuttle_link_t *link;
  done(scuttle_link_open(replica, &config, &link));
  return link;
}

pair_t pair_open(scuttle_t *a, uint32_t flags_a, scuttle_t *b, uint32_t flags_b) {
  return (pair_t){link_open(a, flags_a), link_open(b, flags_b)};
}

void pair_close(pair_t *pair) {
  scuttle_link_close(pair->a);
  scuttle_link_close(pair->b);
}

static size_t carry_spans(scuttle_link_t *from, scuttle_link_t *to) {
  scuttle_span_t spans[SPANS];
  size_t count, all = 0;
  for (;;) {
    done(scuttle_link_peek(from, spans, SPANS, &count));
    if (count == 0) return all;
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
      done(scuttle_link_write(to, spans[i].data, spans[i].len));
      len += spans[i].len;
    }
    done(scuttle_link_consume(from, len));
    all += len;
  }
}

size_t carry(scuttle_link_t *from, scuttle_link_t *to, const options_t *options) {
  static char buffer[BUFFER];
  size_t capacity = options->datagram ? options->datagram : BUFFER;
  require(capacity <= BUFFER, "a datagram is larger than this driver's buffer");
  if (options->peek) return carry_spans(from, to);
  size_t len, all = 0;
  for (;;) {
    done(scuttle_link_read(from, buffer, capacity, &len));
    if (len == 0) return all;
    done(scuttle_link_write(to, buffer, len));
    all += len;
  }
}

size_t talk(pair_t *pair, const options_t *options) {
  size_t all = 0, last;
  do {
    last = carry(pair->a, pair->b, options) + carry(pair->b, pair->a, options);
    all += last;
  } while (last > 0);
  return all;
}

size_t reconcile(pair_t *pair, const options_t *options) {
  done(scuttle_link_gossip(pair->a));
  size_t all = talk(pair, options);
  done(scuttle_link_gossip(pair->b));
  return all + talk(pair, options);
}

void pairs_open(pair_t *pairs, size_t count, scuttle_t *a, uint32_t flags_a, scuttle_t *b, const options_t *options) {
  for (size_t i = 0; i < count; i++) {
    pairs[i] = pair_open(a, flags_a, b, 0);
    reconcile(&pairs[i], options);
  }
}

size_t drop(scuttle_link_t *link) {
  scuttle_span_t spans[SPANS];
  size_t count, all = 0;
  for (;;) {
    done(scuttle_link_peek(link, spans, SPANS, &count));
    if (count == 0) return all;
    size_t len = 0;
    for (size_t i = 0; i < count; i++) len += spans[i].len;
    done(scuttle_link_consume(link, len));
    all += len;
  }
}
