/* Conflicts: many replicas write the same keys at the same time. */
#include <stdio.h>
#include <stdlib.h>

#include "replicas.h"
#include "workloads.h"

/* `replicas` replicas around a hub, which is the first of them: `rounds` times each writes n keys, and all reconcile until
   they hold the same. An operation is one write, with its way to all replicas. */
void workload_conflicts(const options_t *options, sample_t *sample) {
  size_t count = options->replicas;
  scuttle_t **replicas = malloc(count * sizeof *replicas);
  pair_t *pairs = malloc(count * sizeof *pairs);
  require(replicas && pairs && count >= 2, "conflicts: it takes two replicas at least");
  for (size_t i = 0; i < count; i++) {
    char id[32];
    snprintf(id, sizeof id, "replica-%zu", i);
    replicas[i] = replica_make(id, options->history);
    if (i > 0) pairs[i] = pair_open(replicas[0], 0, replicas[i], 0);
  }
  watch_t watch = {0, 0};
  size_t bytes = 0, writes = options->rounds * count * options->n;
  for (size_t round = 0; round < options->rounds; round++) {
    for (size_t i = 0; i < count; i++) write_keys(replicas[i], options, 0, options->n, options->n, round * count + i, &watch);
    watch_start(&watch);
    for (size_t i = 1; i < count; i++) bytes += reconcile(&pairs[i], options); /* the hub gets all writes … */
    for (size_t i = 1; i < count; i++) bytes += reconcile(&pairs[i], options); /* … and then all others do */
    watch_stop(&watch);
    for (size_t i = 1; i < count; i++) require_same(replicas[0], replicas[i]);
  }
  require(count_keys(replicas[0]) == options->n, "conflicts: a key is missing");
  *sample = (sample_t){.ns = watch.ns, .ops = writes, .check = fingerprint(replicas[0])};
  sample_figure(sample, "bytes_per_update", (double)bytes / (double)writes);
  for (size_t i = 0; i < count; i++) scuttle_free(replicas[i]);
  free(replicas);
  free(pairs);
}
