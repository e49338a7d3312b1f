/* Local reads. */
#include <string.h>

#include "replicas.h"
#include "workloads.h"

static scuttle_t *filled(const options_t *options) {
  watch_t unused = {0, 0};
  scuttle_t *replica = replica_make("reader", options->history);
  write_keys(replica, options, 0, options->n, options->n, 0, &unused);
  return replica;
}

/* `rounds` gets of n keys, in no order. */
void workload_get(const options_t *options, sample_t *sample) {
  enum { BLOCK = 1000 };
  static char keys[BLOCK * KEY_LEN];
  scuttle_t *replica = filled(options);
  watch_t watch = {0, 0};
  size_t read = 0;
  for (size_t at = 0; at < options->rounds; at += BLOCK) {
    size_t count = options->rounds - at < BLOCK ? options->rounds - at : BLOCK;
    for (size_t i = 0; i < count; i++) make_key(keys + i * KEY_LEN, mix(at + i + 1) % options->n);
    watch_start(&watch);
    for (size_t i = 0; i < count; i++) {
      scuttle_entry_t entry;
      if (scuttle_get(replica, keys + i * KEY_LEN, KEY_LEN, &entry) == SCUTTLE_OK) read += entry.value_len;
    }
    watch_stop(&watch);
  }
  require(read == options->rounds * (options->value + 2), "get: a key is not there");
  *sample = (sample_t){.ns = watch.ns, .ops = options->rounds, .check = fingerprint(replica)};
  scuttle_free(replica);
}

static int add_length(void *context, size_t index, const scuttle_entry_t *entry) {
  (void)index;
  if (entry) *(size_t *)context += entry->value_len;
  return 0;
}

/* The same by scuttle_get_many, 1,000 keys at a time. */
void workload_get_many(const options_t *options, sample_t *sample) {
  enum { BLOCK = 1000 };
  static char keys[BLOCK * KEY_LEN];
  static scuttle_key_t wanted[BLOCK];
  scuttle_t *replica = filled(options);
  watch_t watch = {0, 0};
  size_t read = 0;
  for (size_t at = 0; at < options->rounds; at += BLOCK) {
    size_t count = options->rounds - at < BLOCK ? options->rounds - at : BLOCK;
    for (size_t i = 0; i < count; i++) {
      make_key(keys + i * KEY_LEN, mix(at + i + 1) % options->n);
      wanted[i] = (scuttle_key_t){keys + i * KEY_LEN, KEY_LEN};
    }
    watch_start(&watch);
    done(scuttle_get_many(replica, wanted, count, add_length, &read));
    watch_stop(&watch);
  }
  require(read == options->rounds * (options->value + 2), "get-many: a key is not there");
  *sample = (sample_t){.ns = watch.ns, .ops = options->rounds, .check = fingerprint(replica)};
  scuttle_free(replica);
}

static int visit(void *context, const scuttle_update_t *update) {
  *(size_t *)context += update->key_len == KEY_LEN;
  return 0;
}

/* Visits all keys by each of the 256 prefixes of two digits. */
static size_t scan(scuttle_t *replica) {
  static const char digits[] = "0123456789abcdef";
  size_t seen = 0;
  for (int i = 0; i < 256; i++) {
    char prefix[2] = {digits[i >> 4], digits[i & 15]};
    done(scuttle_state(replica, prefix, 2, visit, &seen));
  }
  return seen;
}

static void scan_timed(const options_t *options, sample_t *sample, size_t warm_up) {
  scuttle_t *replica = filled(options);
  watch_t watch = {0, 0};
  for (size_t i = 0; i < warm_up; i++) scan(replica);
  watch_start(&watch);
  size_t seen = 0;
  for (size_t i = 0; i < options->rounds; i++) seen += scan(replica);
  watch_stop(&watch);
  require(seen == options->n * options->rounds, "scan: it has not met each key once");
  *sample = (sample_t){.ns = watch.ns, .ops = seen, .check = fingerprint(replica)};
  scuttle_free(replica);
}

/* Visits all keys of a replica whose keys are in order already. An operation is one entry. */
void workload_scan(const options_t *options, sample_t *sample) { scan_timed(options, sample, 1); }

/* Visits all keys for the first time, which brings them into order. */
void workload_scan_first(const options_t *options, sample_t *sample) {
  options_t once = *options;
  once.rounds = 1;
  scan_timed(&once, sample, 0);
}

/* Reads the `burst` latest updates of a source `rounds` times, out of a history of n. */
void workload_news(const options_t *options, sample_t *sample) {
  options_t deep = *options;
  deep.history = options->n;
  scuttle_t *replica = filled(&deep);
  watch_t watch = {0, 0};
  size_t seen = 0;
  uint64_t version;
  const char *source;
  size_t source_len;
  done(scuttle_version(replica, &version));
  done(scuttle_id(replica, &source, &source_len));
  watch_start(&watch);
  for (size_t i = 0; i < options->rounds; i++) {
    done(scuttle_news(replica, source, source_len, version - options->burst, visit, &seen));
  }
  watch_stop(&watch);
  require(seen == options->rounds * options->burst, "news: not the updates that were asked for");
  *sample = (sample_t){.ns = watch.ns, .ops = seen, .check = fingerprint(replica)};
  scuttle_free(replica);
}
