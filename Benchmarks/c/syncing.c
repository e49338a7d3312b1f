/* Reconciliation: encoding, parsing and applying, with the bytes copied from one link to the other. */
#include "replicas.h"
#include "workloads.h"

static uint32_t kind(const options_t *options) { return options->datagram ? SCUTTLE_LINK_DATAGRAM : 0; }

/* n keys from one replica to an empty one. If the history reaches back to the first update, the delta is a log delta; otherwise it is a
   state delta. */
void workload_sync(const options_t *options, sample_t *sample) {
  watch_t making = {0, 0}, watch = {0, 0};
  scuttle_t *from = replica_make("from", options->history), *to = replica_make("to", options->history);
  write_keys(from, options, 0, options->n, options->n, 0, &making);
  pair_t pair = pair_open(from, kind(options), to, kind(options));
  size_t bytes = 0, gossips = 0;
  watch_start(&watch);
  do { /* more than once for datagrams only */
    done(scuttle_link_gossip(pair.b));
    bytes += talk(&pair, options);
    gossips++;
  } while (count_keys(to) < options->n && gossips < 1000);
  watch_stop(&watch);
  require(count_keys(to) == options->n, "sync: not all keys have arrived");
  require_same(from, to);
  *sample = (sample_t){.ns = watch.ns, .ops = options->n, .check = fingerprint(to)};
  sample_figure(sample, "bytes_per_update", (double)bytes / (double)options->n);
  sample_figure(sample, "gossips", (double)gossips);
  scuttle_free(from);
  scuttle_free(to);
}

/* Two replicas with n keys: `rounds` times `burst` sets on one of them and a reconciliation, all timed. */
void workload_incremental(const options_t *options, sample_t *sample) {
  watch_t making = {0, 0}, watch = {0, 0};
  scuttle_t *from = replica_make("from", options->history), *to = replica_make("to", options->history);
  write_keys(from, options, 0, options->n, options->n, 0, &making);
  pair_t pair = pair_open(from, 0, to, 0);
  reconcile(&pair, options);
  size_t bytes = 0;
  for (size_t round = 0; round < options->rounds; round++) {
    write_keys(from, options, round * options->burst, options->burst, options->n, 1, &watch);
    watch_start(&watch);
    done(scuttle_link_gossip(pair.b));
    bytes += talk(&pair, options);
    watch_stop(&watch);
  }
  require_same(from, to);
  *sample = (sample_t){.ns = watch.ns, .ops = options->rounds * options->burst, .check = fingerprint(to)};
  sample_figure(sample, "bytes_per_update", (double)bytes / (double)(options->rounds * options->burst));
  scuttle_free(from);
  scuttle_free(to);
}
