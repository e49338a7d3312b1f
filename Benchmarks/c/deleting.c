/* Deletes and purges. */
#include "replicas.h"
#include "workloads.h"

static scuttle_t *filled(const options_t *options) {
  watch_t unused = {0, 0};
  scuttle_t *replica = replica_keeping("deleter", options->history);
  write_keys(replica, options, 0, options->n, options->n, 0, &unused);
  return replica;
}

static void delete_all(scuttle_t *replica, const options_t *options, watch_t *watch) {
  block_t block = block_make(options->value);
  for (size_t at = 0; at < options->n; at += block.count) {
    block_fill(&block, at, options->n - at, options->n, 0);
    watch_start(watch);
    for (size_t i = 0; i < block.count; i++) done(scuttle_delete(replica, block_key(&block, i), KEY_LEN));
    watch_stop(watch);
  }
  block_free(&block);
  require(count_keys(replica) == 0, "delete: a key is left");
}

/* Deletes n keys that hold a value; their tombstones are kept. */
void workload_delete(const options_t *options, sample_t *sample) {
  scuttle_t *replica = filled(options);
  watch_t watch = {0, 0};
  delete_all(replica, options, &watch);
  *sample = (sample_t){.ns = watch.ns, .ops = options->n, .check = fingerprint(replica)};
  scuttle_free(replica);
}

/* Purges n tombstones at once. */
void workload_purge(const options_t *options, sample_t *sample) {
  scuttle_t *replica = filled(options);
  watch_t making = {0, 0}, watch = {0, 0};
  delete_all(replica, options, &making);
  size_t purged;
  watch_start(&watch);
  done(scuttle_purge(replica, &purged));
  watch_stop(&watch);
  require(purged == options->n, "purge: not all tombstones were forgotten");
  *sample = (sample_t){.ns = watch.ns, .ops = options->n, .check = fingerprint(replica)};
  scuttle_free(replica);
}
