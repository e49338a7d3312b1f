/* Replicas, and the bytes between them, carried as a host carries them. Any error ends the program. */
#ifndef REPLICAS_H
#define REPLICAS_H

#include <scuttle.h>

#include "inputs.h"
#include "options.h"
#include "sample.h"

enum { BUFFER = 65536 }; /* the capacity of one read of a stream */

/* Makes a replica with a fixed seed, whose output is the same in each run. */
scuttle_t *replica_make(const char *name, size_t history);

/* Makes one of many replicas, each with a seed of its own: two with one seed and name would be one source. */
scuttle_t *replica_seeded(const char *name, size_t history, uint64_t seed);

/* Makes a replica that keeps all tombstones until they are purged. */
scuttle_t *replica_keeping(const char *name, size_t history);

/* Makes a replica that starts from the save of another one, under a source of its own. */
scuttle_t *replica_restart(scuttle_t *replica, const char *name, size_t history, uint64_t seed);

/* Ends the program if a code is an error. SCUTTLE_FULL is none: these hosts read all output anyway. */
void done(int code);

/* Sets the keys of `count` numbers from `from` on, modulo `modulus`. Only the calls of scuttle_set are timed. */
void write_keys(scuttle_t *replica, const options_t *options, uint64_t from, size_t count, uint64_t modulus, uint64_t salt,
                watch_t *watch);

/* Sets n keys with times to live from `ttl` to below twice that, in no order. Only the calls are timed. */
void write_leases(scuttle_t *replica, const options_t *options, uint64_t ttl, watch_t *watch);

/* Makes `count` sources known that have each written once, all the same key. */
void add_sources(scuttle_t *replica, size_t count);

uint64_t fingerprint(scuttle_t *replica);
size_t count_keys(scuttle_t *replica);
void require_same(scuttle_t *a, scuttle_t *b);

/* The two ends of one connection. */
typedef struct {
  scuttle_link_t *a, *b;
} pair_t;

pair_t pair_open(scuttle_t *a, uint32_t flags_a, scuttle_t *b, uint32_t flags_b);
void pair_close(pair_t *pair);

/* Carries all output of `from` as the options say. Returns the number of bytes. */
size_t carry(scuttle_link_t *from, scuttle_link_t *to, const options_t *options);

/* Carries bytes in both directions until both ends are silent. Returns their number. */
size_t talk(pair_t *pair, const options_t *options);

/* Starts a gossip at each end, and carries all that follows: then live links are live, and each end has the other's version vector. */
size_t reconcile(pair_t *pair, const options_t *options);

/* Opens `count` pairs between two replicas, and brings each into step. */
void pairs_open(pair_t *pairs, size_t count, scuttle_t *a, uint32_t flags_a, scuttle_t *b, const options_t *options);

/* Drops all output of a link, by peek and consume. Returns the number of bytes. */
size_t drop(scuttle_link_t *link);

#endif
