/* Reconciliation over connections that break too early: counts connections and bytes until both replicas hold the same. */
#include <stdio.h>
#include <string.h>

#include "replicas.h"
#include "workloads.h"

enum { MOST_CONNECTIONS = 50000, FORGETS = 3 };
enum { FORGETS_SENDER = 1, FORGETS_RECEIVER = 2 };

typedef struct {
  scuttle_t *from, *to;
} couple_t;

static void delete_keys(scuttle_t *replica, size_t first, size_t count) {
  char key[KEY_LEN];
  for (size_t i = first; i < first + count; i++) {
    make_key(key, i);
    done(scuttle_delete(replica, key, KEY_LEN));
  }
  size_t purged;
  done(scuttle_purge(replica, &purged));
}

/* Carries at most `limit` bytes of both directions together. Returns the number of carried bytes. */
static size_t connect_for(couple_t *couple, size_t limit) {
  static char buffer[BUFFER];
  pair_t pair = pair_open(couple->from, 0, couple->to, 0);
  done(scuttle_link_gossip(pair.a));
  done(scuttle_link_gossip(pair.b));
  size_t left = limit;
  for (int silent = 0, side = 0; silent < 2 && left > 0; side = !side) {
    size_t len;
    done(scuttle_link_read(side ? pair.b : pair.a, buffer, left < BUFFER ? left : BUFFER, &len));
    silent = len == 0 ? silent + 1 : 0;
    if (len > 0) done(scuttle_link_write(side ? pair.a : pair.b, buffer, len));
    left -= len;
  }
  pair_close(&pair);
  return limit - left;
}

/* Makes sources known that have each written a key of their own. */
static void meet_sources(scuttle_t *replica, const options_t *options) {
  for (size_t i = 0; i < options->sources; i++) {
    char name[32];
    sprintf(name, "source-%06zu", i);
    couple_t couple = {replica_seeded(name, options->history, 2 + i), replica};
    done(scuttle_set(couple.from, name, strlen(name), "1", 1));
    connect_for(&couple, SIZE_MAX);
    scuttle_free(couple.from);
  }
}

/* Makes two replicas. One has n keys, and `sources` others have written to it. With deletes, the other one has had all keys
   before; half of them have changed since, and `deletes` of them are deleted and purged: it lags, and gets a reset. */
static couple_t couple_make(const options_t *options) {
  watch_t making = {0, 0};
  couple_t couple = {replica_make("from", options->history), replica_seeded("to", options->history, 1000000)};
  meet_sources(couple.from, options);
  write_keys(couple.from, options, 0, options->n, options->n, 0, &making);
  if (options->deletes > 0) {
    connect_for(&couple, SIZE_MAX);
    write_keys(couple.from, options, 0, options->n / 2, options->n, 1, &making);
    delete_keys(couple.from, options->n / 2, options->deletes);
  }
  return couple;
}

static void couple_free(couple_t *couple) {
  scuttle_free(couple->from);
  scuttle_free(couple->to);
}

/* Deletes keys after the first connections, and purges their tombstones. */
static void purge_more(couple_t *couple, size_t connections, const options_t *options) {
  size_t behind = options->n / 2 + options->deletes + 4 * connections;
  if (connections > FORGETS || behind + 4 > options->n) return;
  if (options->forgets & FORGETS_SENDER) delete_keys(couple->from, behind, 3);
  if (options->forgets & FORGETS_RECEIVER) delete_keys(couple->to, behind + 3, 1);
}

/* Returns the bytes of a connection that lasts. */
static size_t bytes_without_breaks(const options_t *options) {
  couple_t couple = couple_make(options);
  for (size_t i = 1; i <= FORGETS; i++) purge_more(&couple, i, options);
  size_t bytes = 0;
  for (size_t i = 0; fingerprint(couple.from) != fingerprint(couple.to); i++) {
    require(i < 10, "breaks: connections that last do not make both the same");
    bytes += connect_for(&couple, SIZE_MAX);
  }
  couple_free(&couple);
  return bytes;
}

void workload_breaks(const options_t *options, sample_t *sample) {
  size_t whole = bytes_without_breaks(options), bytes = 0, connections = 0;
  couple_t couple = couple_make(options);
  watch_t watch = {0, 0};
  watch_start(&watch);
  while (fingerprint(couple.from) != fingerprint(couple.to)) {
    require(connections < MOST_CONNECTIONS, "breaks: it never ends");
    bytes += connect_for(&couple, options->breaks);
    connections++;
    purge_more(&couple, connections, options);
    if (options->restarts) couple.to = replica_restart(couple.to, "to", options->history, 1000000 + connections);
  }
  watch_stop(&watch);
  *sample = (sample_t){.ns = watch.ns, .ops = options->n, .check = fingerprint(couple.to)};
  sample_figure(sample, "connections", (double)connections);
  sample_figure(sample, "bytes", (double)bytes);
  sample_figure(sample, "bytes_whole", (double)whole);
  sample_figure(sample, "times_whole", (double)bytes / (double)whole);
  couple_free(&couple);
}
