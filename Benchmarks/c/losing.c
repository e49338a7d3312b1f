/* Reconciliation over datagrams, some of which are lost: counts rounds of gossip and bytes until the replicas hold the same. Each
   repetition has a network of another seed. */
#include "network.h"
#include "workloads.h"

enum { MOST_ROUNDS = 2000 };

static network_t network;

/* Returns another seed for each repetition. */
static uint64_t next_seed(void) {
  static uint64_t seed = 0;
  return ++seed;
}

/* n keys from one replica to an empty one. In a round both gossip, and datagrams are carried until both are silent. */
void workload_loss(const options_t *options, sample_t *sample) {
  watch_t making = {0, 0}, watch = {0, 0};
  scuttle_t *from = replica_make("from", options->history), *to = replica_seeded("to", options->history, 2);
  write_keys(from, options, 0, options->n, options->n, 0, &making);
  pair_t pair = pair_open(from, SCUTTLE_LINK_DATAGRAM, to, SCUTTLE_LINK_DATAGRAM);
  network_begin(&network, options, next_seed());
  size_t rounds = 0;
  watch_start(&watch);
  do {
    done(scuttle_link_gossip(pair.a));
    done(scuttle_link_gossip(pair.b));
    network_talk(&network, &pair);
    rounds++;
  } while (rounds < MOST_ROUNDS && (count_keys(to) < options->n || fingerprint(to) != fingerprint(from)));
  watch_stop(&watch);
  require_same(from, to);
  *sample = (sample_t){.ns = watch.ns, .ops = options->n, .check = fingerprint(to)};
  sample_figure(sample, "rounds", (double)rounds);
  sample_figure(sample, "datagrams", (double)network.datagrams);
  sample_figure(sample, "bytes", (double)network.bytes);
  pair_close(&pair);
  scuttle_free(from);
  scuttle_free(to);
}

/* `burst` updates at once, by `replicas` of three that are in step, each linked with each. With live=1 the updates spread at
   once, and the gossips bring the lost ones. In a round all gossip, and datagrams are carried until all are silent. */
void workload_bursts(const options_t *options, sample_t *sample) {
  enum { REPLICAS = 3 };
  static const char *const names[REPLICAS] = {"a", "b", "c"};
  watch_t making = {0, 0}, watch = {0, 0};
  uint32_t flags = SCUTTLE_LINK_DATAGRAM | (options->live ? SCUTTLE_LINK_LIVE : 0);
  scuttle_t *replicas[REPLICAS];
  pair_t pairs[REPLICAS];
  options_t calm = *options;
  calm.loss = calm.copies = calm.late = 0;
  network_begin(&network, &calm, next_seed());
  for (size_t i = 0; i < REPLICAS; i++) replicas[i] = replica_seeded(names[i], options->history, 1 + i);
  write_keys(replicas[0], options, 0, options->n, options->n, 0, &making);
  for (size_t i = 0; i < REPLICAS; i++) {
    pairs[i] = pair_open(replicas[i], flags, replicas[(i + 1) % REPLICAS], flags);
    for (int twice = 0; twice < 2; twice++) {
      done(scuttle_link_gossip(pairs[i].a));
      done(scuttle_link_gossip(pairs[i].b));
      network_talk(&network, &pairs[i]);
    }
  }
  network.options = options;
  network.datagrams = network.bytes = 0;
  size_t share = options->burst / options->replicas;
  require(options->replicas <= REPLICAS, "there are three replicas");
  for (size_t i = 0; i < options->replicas; i++) {
    write_keys(replicas[i], options, options->n + i * share, share, SIZE_MAX, 1, &making);
  }
  size_t rounds = 0;
  watch_start(&watch);
  for (;;) {
    size_t sent;
    do {
      sent = 0;
      for (size_t i = 0; i < REPLICAS; i++) sent += network_talk(&network, &pairs[i]);
    } while (sent > 0);
    uint64_t first = fingerprint(replicas[0]);
    if (fingerprint(replicas[1]) == first && fingerprint(replicas[2]) == first) break;
    require(rounds < MOST_ROUNDS, "the burst is never over");
    for (size_t i = 0; i < REPLICAS; i++) done(scuttle_gossip(replicas[i]));
    rounds++;
  }
  watch_stop(&watch);
  *sample = (sample_t){.ns = watch.ns, .ops = options->burst, .check = fingerprint(replicas[0])};
  sample_figure(sample, "rounds", (double)rounds);
  sample_figure(sample, "datagrams", (double)network.datagrams);
  sample_figure(sample, "bytes", (double)network.bytes);
  for (size_t i = 0; i < REPLICAS; i++) pair_close(&pairs[i]);
  for (size_t i = 0; i < REPLICAS; i++) scuttle_free(replicas[i]);
}
