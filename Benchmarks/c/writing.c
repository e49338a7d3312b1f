/* Local writes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replicas.h"
#include "workloads.h"

/* A peer with `links` connections to the replica, all of them in step and idle. */
typedef struct {
  scuttle_t *peer;
  pair_t *pairs;
} crowd_t;

static crowd_t crowd_make(scuttle_t *replica, const options_t *options) {
  crowd_t crowd = {NULL, NULL};
  if (options->links == 0) return crowd;
  crowd.peer = replica_make("peer", options->history);
  crowd.pairs = malloc(options->links * sizeof *crowd.pairs);
  require(crowd.pairs != NULL, "no memory for links");
  pairs_open(crowd.pairs, options->links, replica, options->live ? SCUTTLE_LINK_LIVE : 0, crowd.peer, options);
  return crowd;
}

static void crowd_free(crowd_t *crowd) {
  scuttle_free(crowd->peer);
  free(crowd->pairs);
}

static scuttle_t *writer_make(const options_t *options) {
  scuttle_t *replica = replica_make("writer", options->history);
  if (options->sources) add_sources(replica, options->sources);
  return replica;
}

/* Sets n new keys in an empty replica. */
void workload_set(const options_t *options, sample_t *sample) {
  scuttle_t *replica = writer_make(options);
  size_t before = count_keys(replica);
  crowd_t crowd = crowd_make(replica, options);
  watch_t watch = {0, 0};
  write_keys(replica, options, 0, options->n, options->n, 0, &watch);
  require(count_keys(replica) - before == options->n, "set: not all keys are there");
  *sample = (sample_t){.ns = watch.ns, .ops = options->n, .check = fingerprint(replica)};
  scuttle_free(replica);
  crowd_free(&crowd);
}

/* Sets n keys that hold a value, `rounds` times. */
void workload_overwrite(const options_t *options, sample_t *sample) {
  scuttle_t *replica = writer_make(options);
  crowd_t crowd = crowd_make(replica, options);
  watch_t making = {0, 0}, watch = {0, 0};
  write_keys(replica, options, 0, options->n, options->n, 0, &making);
  size_t before = count_keys(replica);
  write_keys(replica, options, 0, options->n * options->rounds, options->n, 1, &watch);
  require(count_keys(replica) == before, "overwrite: there are other keys than before");
  *sample = (sample_t){.ns = watch.ns, .ops = options->n * options->rounds, .check = fingerprint(replica)};
  scuttle_free(replica);
  crowd_free(&crowd);
}

/* One of the peers of a mixed host, with its output of this round. */
typedef struct {
  scuttle_t *replica;
  pair_t pair;
  char *said;
  size_t len;
} speaker_t;

enum { SAID = 1 << 16 };

/* Writes `count` keys at a peer, and keeps its live link's bytes: the host reads them later, timed. */
static void speak(speaker_t *speaker, const options_t *options, uint64_t from, size_t count) {
  watch_t unused = {0, 0};
  size_t len;
  write_keys(speaker->replica, options, from, count, options->n, 2, &unused);
  speaker->len = 0;
  do {
    done(scuttle_link_read(speaker->pair.a, speaker->said + speaker->len, SAID - speaker->len, &len));
    speaker->len += len;
  } while (len > 0 && speaker->len < SAID);
  require(speaker->len < SAID, "mixed: a round is too large");
}

static void speaker_make(speaker_t *speaker, scuttle_t *host, size_t number, const options_t *options) {
  char id[32];
  snprintf(id, sizeof id, "speaker-%zu", number);
  speaker->replica = replica_make(id, options->history);
  speaker->pair = pair_open(speaker->replica, SCUTTLE_LINK_LIVE, host, 0);
  speaker->said = malloc(SAID);
  require(speaker->said != NULL, "no memory for a speaker");
  reconcile(&speaker->pair, options);
}

/* A host among `replicas` peers that write: of four operations on its n keys two are gets, one is a set, one is an update
   that a peer sent. An operation is any of these. */
void workload_mixed(const options_t *options, sample_t *sample) {
  size_t speaker_count = options->replicas;
  speaker_t *speakers = calloc(speaker_count, sizeof *speakers);
  require(speakers != NULL, "no memory for speakers");
  scuttle_t *host = replica_make("host", options->history);
  for (size_t i = 0; i < speaker_count; i++) speaker_make(&speakers[i], host, i, options);
  watch_t making = {0, 0}, watch = {0, 0};
  write_keys(host, options, 0, options->n, options->n, 0, &making);

  uint64_t at = 0;
  size_t read = 0, ops = 0;
  block_t block = block_make(options->value);
  for (size_t round = 0; round < options->rounds; round++) {
    for (size_t i = 0; i < speaker_count; i++, at += options->burst) speak(&speakers[i], options, mix(at), options->burst);
    for (size_t i = 0; i < speaker_count; i++) {
      block_fill(&block, mix(round * speaker_count + i), options->burst, options->n, 3);
      watch_start(&watch);
      done(scuttle_link_write(speakers[i].pair.b, speakers[i].said, speakers[i].len));
      for (size_t k = 0; k < block.count; k++) {
        scuttle_entry_t entry;
        done(scuttle_get(host, block_key(&block, k), KEY_LEN, &entry));
        read += entry.value_len;
        done(scuttle_set(host, block_key(&block, k), KEY_LEN, block_value(&block, k), block.value_len));
        done(scuttle_get(host, block_key(&block, block.count - 1 - k), KEY_LEN, &entry));
        read += entry.value_len;
      }
      watch_stop(&watch);
      ops += 4 * options->burst;
    }
  }
  require(read == ops / 2 * (options->value + 2), "mixed: a get found nothing");
  *sample = (sample_t){.ns = watch.ns, .ops = ops, .check = fingerprint(host)};
  block_free(&block);
  for (size_t i = 0; i < speaker_count; i++) {
    scuttle_free(speakers[i].replica);
    free(speakers[i].said);
  }
  free(speakers);
  scuttle_free(host);
}
