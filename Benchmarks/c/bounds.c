/* Lower bounds of a sync, measured without the library: the time that memory and a loop need for the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "replicas.h"
#include "workloads.h"

/* The bytes of a full sync of n keys, as one replica sends them to another. */
typedef struct {
  char *bytes;
  size_t len;
} stream_t;

static stream_t stream_make(const options_t *options) {
  watch_t unused = {0, 0};
  stream_t stream = {malloc(options->n * (options->value + 160) + 65536), 0};
  require(stream.bytes != NULL, "no memory for a stream");
  memset(stream.bytes, 1, options->n * (options->value + 160) + 65536); /* otherwise the loop would measure page faults */
  scuttle_t *from = replica_make("from", options->history), *to = replica_make("to", options->history);
  write_keys(from, options, 0, options->n, options->n, 0, &unused);
  pair_t pair = pair_open(from, 0, to, 0);
  done(scuttle_link_gossip(pair.b));
  size_t len, last;
  do {
    last = stream.len;
    carry(pair.b, pair.a, options);
    do {
      done(scuttle_link_read(pair.a, stream.bytes + stream.len, BUFFER, &len));
      done(scuttle_link_write(pair.b, stream.bytes + stream.len, len));
      stream.len += len;
    } while (len > 0);
  } while (stream.len > last);
  require_same(from, to);
  scuttle_free(from);
  scuttle_free(to);
  return stream;
}

static uint64_t sum(const char *bytes, size_t len) {
  uint64_t all = 0;
  for (size_t i = 0; i < len; i++) all = all * 31 + (unsigned char)bytes[i];
  return all;
}

/* Copying the bytes of a full sync. An operation is one update's share. */
void workload_bound_memcpy(const options_t *options, sample_t *sample) {
  stream_t stream = stream_make(options);
  char *copy = malloc(stream.len);
  require(copy != NULL, "no memory for a copy");
  memset(copy, 1, stream.len);
  watch_t watch = {0, 0};
  watch_start(&watch);
  memcpy(copy, stream.bytes, stream.len);
  watch_stop(&watch);
  require(sum(copy, stream.len) == sum(stream.bytes, stream.len), "memcpy: the copy is another");
  *sample = (sample_t){.ns = watch.ns, .ops = options->n};
  sample_figure(sample, "bytes_per_update", (double)stream.len / (double)options->n);
  free(copy);
  free(stream.bytes);
}

/* Finding the newlines in the bytes of a full sync. An operation is one update's share. */
void workload_bound_scan(const options_t *options, sample_t *sample) {
  stream_t stream = stream_make(options);
  watch_t watch = {0, 0};
  size_t lines = 0;
  watch_start(&watch);
  for (const char *at = stream.bytes, *end = at + stream.len; at < end; lines++) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    if (newline == NULL) break;
    at = newline + 1;
  }
  watch_stop(&watch);
  require(lines >= options->n, "scan: there are fewer lines than updates");
  *sample = (sample_t){.ns = watch.ns, .ops = options->n};
  free(stream.bytes);
}
