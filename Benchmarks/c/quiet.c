/* Gossips of replicas in step: two replicas find that neither lacks an update. */
#include "replicas.h"
#include "workloads.h"

/* `rounds` gossips between two replicas that know `sources` sources and hold the same; `fresh` opens a new connection for
   each. An operation is one gossip and all messages that it causes. */
void workload_quiet(const options_t *options, sample_t *sample) {
  scuttle_t *a = replica_make("a", options->history), *b = replica_make("b", options->history);
  add_sources(a, options->sources);
  pair_t pair = pair_open(a, 0, b, 0);
  size_t first = reconcile(&pair, options);
  reconcile(&pair, options);
  watch_t watch = {0, 0};
  size_t bytes = 0, largest = 0;
  watch_start(&watch);
  for (size_t round = 0; round < options->rounds; round++) {
    if (options->fresh) {
      pair_close(&pair);
      pair = pair_open(a, 0, b, 0);
    }
    done(scuttle_link_gossip(pair.b));
    size_t said = talk(&pair, options);
    bytes += said;
    if (said > largest) largest = said;
  }
  watch_stop(&watch);
  require_same(a, b);
  require(bytes > 0, "quiet: nobody has said anything");
  *sample = (sample_t){.ns = watch.ns, .ops = options->rounds, .check = fingerprint(a)};
  sample_figure(sample, "bytes", (double)bytes / (double)options->rounds);
  sample_figure(sample, "largest", (double)largest);
  sample_figure(sample, "first_bytes", (double)first);
  scuttle_free(a);
  scuttle_free(b);
}
