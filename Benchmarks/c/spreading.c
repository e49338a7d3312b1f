/* Live links: the cost of sending to many, and of relaying. */
#include <stdlib.h>

#include "replicas.h"
#include "workloads.h"

enum { SPANS = 256, MOST_SPANS = 4096 };

/* The output of the links, in one round and in all. */
typedef struct {
  scuttle_span_t first[MOST_SPANS]; /* the spans of the first link in this round */
  size_t first_count;
  size_t bytes, shared; /* bytes in all; bytes at the same address as the first link's: neither encoded nor copied */
} lent_t;

/* Peeks at all output of a link, and consumes it. */
static void lend(scuttle_link_t *link, int is_first, lent_t *lent) {
  scuttle_span_t spans[SPANS];
  size_t count, at = 0;
  if (is_first) lent->first_count = 0;
  for (;; at += count) {
    size_t len = 0;
    done(scuttle_link_peek(link, spans, SPANS, &count));
    if (count == 0) return;
    for (size_t i = 0; i < count; i++) {
      const scuttle_span_t *same = at + i < lent->first_count ? &lent->first[at + i] : NULL;
      len += spans[i].len;
      if (is_first && at + i < MOST_SPANS) lent->first[lent->first_count++] = spans[i];
      if (is_first) lent->shared += spans[i].len; /* there has to be one text */
      if (same && same->data == spans[i].data && same->len == spans[i].len) lent->shared += spans[i].len;
    }
    lent->bytes += len;
    done(scuttle_link_consume(link, len));
  }
}

/* Sends `burst` updates to `links` live links `rounds` times, by peek and consume; the sets are timed, too. An operation is
   one update for one link. One update before the time starts brings each link the head of its live delta. */
void workload_fan_out(const options_t *options, sample_t *sample) {
  scuttle_t *from = replica_make("from", options->history), *peer = replica_make("peer", options->history);
  pair_t *pairs = malloc(options->links * sizeof *pairs);
  require(pairs != NULL, "no memory for links");
  pairs_open(pairs, options->links, from, SCUTTLE_LINK_LIVE, peer, options);
  watch_t watch = {0, 0};
  static lent_t lent;
  watch_t first = {0, 0};
  write_keys(from, options, options->n, 1, options->n + 1, 0, &first);
  for (size_t i = 0; i < options->links; i++) lend(pairs[i].a, i == 0, &lent);
  lent.bytes = lent.shared = 0;
  for (size_t round = 0; round < options->rounds; round++) {
    write_keys(from, options, round * options->burst, options->burst, options->n, 0, &watch);
    watch_start(&watch);
    for (size_t i = 0; i < options->links; i++) lend(pairs[i].a, i == 0, &lent);
    watch_stop(&watch);
  }
  size_t updates = options->rounds * options->burst * options->links;
  require(lent.bytes > updates * (KEY_LEN + options->value), "fan-out: not every link was told of every update");
  size_t bytes;
  for (size_t i = 0; i < options->links; i++) {
    scuttle_span_t span;
    done(scuttle_link_peek(pairs[i].a, &span, 1, &bytes));
    require(bytes == 0, "fan-out: a link has more to say");
  }
  *sample = (sample_t){.ns = watch.ns, .ops = updates, .check = fingerprint(from)};
  sample_figure(sample, "bytes_per_update", (double)lent.bytes / (double)updates);
  sample_figure(sample, "own_bytes_per_update", (double)(lent.bytes - lent.shared) / (double)updates);
  scuttle_free(from);
  scuttle_free(peer);
  free(pairs);
}

/* A replica receives n live updates of another in bursts, and relays them to `links` live links. Only the replica in the middle is
   timed. An operation is one received update. */
static void pass_on(const options_t *options, size_t links, sample_t *sample) {
  enum { CAPACITY = 1 << 20 };
  char *bytes = malloc(CAPACITY);
  pair_t *onward = malloc((links + 1) * sizeof *onward);
  require(bytes && onward, "no memory for links");
  scuttle_t *from = replica_make("from", options->history);
  scuttle_t *middle = replica_make("middle", options->history);
  scuttle_t *peer = replica_make("peer", options->history);
  pair_t pair = pair_open(from, SCUTTLE_LINK_LIVE, middle, 0);
  reconcile(&pair, options);
  pairs_open(onward, links, middle, SCUTTLE_LINK_LIVE, peer, options);
  watch_t making = {0, 0}, watch = {0, 0};
  size_t relayed = 0;
  for (size_t at = 0; at < options->n; at += options->burst) {
    size_t len = 0, more;
    write_keys(from, options, at, options->burst, options->n, 0, &making);
    do {
      done(scuttle_link_read(pair.a, bytes + len, CAPACITY - len, &more));
      len += more;
    } while (more > 0);
    watch_start(&watch);
    done(scuttle_link_write(pair.b, bytes, len));
    for (size_t i = 0; i < links; i++) relayed += drop(onward[i].a);
    watch_stop(&watch);
  }
  require_same(from, middle);
  require(relayed >= links * options->n * (KEY_LEN + options->value), "relay: not every update was passed on");
  *sample = (sample_t){.ns = watch.ns, .ops = options->n, .check = fingerprint(middle)};
  sample_figure(sample, "relayed_bytes_per_update", (double)relayed / (double)options->n);
  scuttle_free(from);
  scuttle_free(middle);
  scuttle_free(peer);
  free(onward);
  free(bytes);
}

void workload_receive(const options_t *options, sample_t *sample) { pass_on(options, 0, sample); }
void workload_relay(const options_t *options, sample_t *sample) { pass_on(options, options->links, sample); }
