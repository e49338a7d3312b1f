/* A network that loses, repeats and delays datagrams, the same ones for the same seed. */
#ifndef NETWORK_H
#define NETWORK_H

#include "replicas.h"

typedef struct {
  char *bytes;
  size_t len, to; /* the end that it goes to: 0 or 1 */
} datagram_t;

enum { MOST_ON_THE_WAY = 4096 };

typedef struct {
  const options_t *options;
  uint64_t seed;
  size_t datagrams, bytes; /* that were sent, lost ones included */
  datagram_t way[MOST_ON_THE_WAY];
  size_t count;
} network_t;

void network_begin(network_t *network, const options_t *options, uint64_t seed);

/* Carries datagrams in both directions until both ends are silent and none is on its way. Returns the number of sent datagrams. */
size_t network_talk(network_t *network, pair_t *pair);

#endif
