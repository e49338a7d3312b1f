/* Times to live, and the ticks that end them. */
#include "replicas.h"
#include "workloads.h"

enum { TTL = 1000 };

static scuttle_t *expirer_make(const options_t *options) {
  scuttle_t *replica = replica_keeping("expirer", options->history);
  done(scuttle_tick(replica, 0));
  return replica;
}

/* Sets n keys with times to live between one and two seconds. */
void workload_set_ttl(const options_t *options, sample_t *sample) {
  scuttle_t *replica = expirer_make(options);
  watch_t watch = {0, 0};
  write_leases(replica, options, TTL, &watch);
  *sample = (sample_t){.ns = watch.ns, .ops = options->n, .check = fingerprint(replica)};
  scuttle_free(replica);
}

/* Sets each of n keys again before its time is over, which removes the old write's time. */
void workload_renew(const options_t *options, sample_t *sample) {
  scuttle_t *replica = expirer_make(options);
  watch_t unused = {0, 0}, watch = {0, 0};
  write_leases(replica, options, TTL, &unused);
  for (size_t round = 0; round < options->rounds; round++) {
    done(scuttle_tick(replica, (round + 1) * (TTL / 2)));
    write_leases(replica, options, TTL, &watch);
  }
  require(count_keys(replica) == options->n, "renew: a key is gone");
  *sample = (sample_t){.ns = watch.ns, .ops = options->n * options->rounds, .check = fingerprint(replica)};
  scuttle_free(replica);
}

/* Ticks at which no key is due, with n keys that have a time to live. */
void workload_tick(const options_t *options, sample_t *sample) {
  enum { TICKS = 100000 };
  scuttle_t *replica = expirer_make(options);
  watch_t unused = {0, 0}, watch = {0, 0};
  write_leases(replica, options, (uint64_t)1 << 40, &unused);
  watch_start(&watch);
  for (uint64_t now = 1; now <= TICKS; now++) done(scuttle_tick(replica, now));
  watch_stop(&watch);
  require(count_keys(replica) == options->n, "tick: a key is gone");
  *sample = (sample_t){.ns = watch.ns, .ops = TICKS, .check = fingerprint(replica)};
  scuttle_free(replica);
}

/* Ticks of one time at which n keys are due; each expires as many as one call may. An operation is one of the keys. */
void workload_expire(const options_t *options, sample_t *sample) {
  scuttle_t *replica = expirer_make(options);
  watch_t unused = {0, 0}, watch = {0, 0};
  write_leases(replica, options, TTL, &unused);
  watch_start(&watch);
  int code;
  do {
    code = scuttle_tick(replica, 2 * TTL);
  } while (code == SCUTTLE_MORE);
  done(code);
  watch_stop(&watch);
  require(count_keys(replica) == 0, "expire: a key is left");
  *sample = (sample_t){.ns = watch.ns, .ops = options->n, .check = fingerprint(replica)};
  scuttle_free(replica);
}
