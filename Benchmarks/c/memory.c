/* Resident memory, as the system counts it: each workload needs a process of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "replicas.h"
#include "workloads.h"

static double resident(void) {
  FILE *file = fopen("/proc/self/statm", "r");
  long all = 0, pages = 0;
  require(file && fscanf(file, "%ld %ld", &all, &pages) == 2, "memory: the system does not tell");
  fclose(file);
  return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void memory_of_keys(const options_t *options, sample_t *sample, int with_ttl) {
  watch_t unused = {0, 0};
  scuttle_t *replica = replica_make("writer", options->history);
  double before = resident();
  if (with_ttl) write_leases(replica, options, 1000, &unused);
  else write_keys(replica, options, 0, options->n, options->n, 0, &unused);
  double after = resident();
  require(count_keys(replica) == options->n, "memory: not all keys are there");
  *sample = (sample_t){.check = fingerprint(replica)};
  sample_figure(sample, "bytes_per_key", (after - before) / (double)options->n);
  scuttle_free(replica);
}

/* Bytes a key, of n keys; and of n keys with a time to live. */
void workload_memory(const options_t *options, sample_t *sample) { memory_of_keys(options, sample, 0); }
void workload_memory_ttl(const options_t *options, sample_t *sample) { memory_of_keys(options, sample, 1); }

/* Bytes a key, of n keys, between one overwrite of each and `rounds` overwrites of each. */
void workload_memory_overwrites(const options_t *options, sample_t *sample) {
  watch_t unused = {0, 0};
  scuttle_t *replica = replica_make("writer", options->history);
  write_keys(replica, options, 0, options->n * 2, options->n, 0, &unused);
  double once = resident();
  write_keys(replica, options, 0, options->n * (options->rounds - 1), options->n, 1, &unused);
  double often = resident();
  *sample = (sample_t){.check = fingerprint(replica)};
  sample_figure(sample, "growth_per_key", (often - once) / (double)options->n);
  scuttle_free(replica);
}

/* Bytes a link, of `links` pairs of links that are in step: both ends of a pair are in this process. */
void workload_memory_links(const options_t *options, sample_t *sample) {
  scuttle_t *a = replica_make("a", options->history), *b = replica_make("b", options->history);
  if (options->sources) add_sources(a, options->sources);
  pair_t pair = pair_open(a, 0, b, 0);
  reconcile(&pair, options);
  double before = resident();
  for (size_t i = 0; i < options->links; i++) {
    pair_t more = pair_open(a, options->live ? SCUTTLE_LINK_LIVE : 0, b, 0);
    reconcile(&more, options);
  }
  double after = resident();
  *sample = (sample_t){.check = fingerprint(b)};
  sample_figure(sample, "bytes_per_link", (after - before) / (double)(2 * options->links));
  scuttle_free(a);
  scuttle_free(b);
}
