#include "network.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST = 65507, LONGEST_DELAY = 16 };

void network_begin(network_t *network, const options_t *options, uint64_t seed) {
  require(options->datagram > 0 && options->datagram <= LARGEST, "a datagram is larger than this driver's buffer");
  *network = (network_t){.options = options, .seed = mix(seed)};
}

static uint64_t draw(network_t *network) {
  network->seed += 0x9E3779B97F4A7C15u;
  return mix(network->seed);
}

static int happens(network_t *network, size_t percent) { return draw(network) % 100 < percent; }

static void insert(network_t *network, size_t at, size_t to, const char *bytes, size_t len) {
  require(network->count < MOST_ON_THE_WAY, "too many datagrams are on their way");
  memmove(network->way + at + 1, network->way + at, (network->count - at) * sizeof *network->way);
  network->count++;
  network->way[at] = (datagram_t){malloc(len), len, to};
  require(network->way[at].bytes != NULL, "no memory for a datagram");
  memcpy(network->way[at].bytes, bytes, len);
}

static void post(network_t *network, size_t to, const char *bytes, size_t len) {
  network->datagrams++;
  network->bytes += len;
  if (happens(network, network->options->loss)) return;
  size_t copies = 1 + (size_t)happens(network, network->options->copies);
  for (size_t i = 0; i < copies; i++) {
    /* The datagram overtakes some of those before it. */
    size_t ahead = happens(network, network->options->late) ? draw(network) % LONGEST_DELAY : 0;
    insert(network, network->count - (ahead < network->count ? ahead : network->count), to, bytes, len);
  }
}

/* Sends all pending output of one end. */
static size_t send_all(network_t *network, pair_t *pair, size_t side) {
  static char buffer[LARGEST];
  size_t count = 0, len;
  for (;; count++) {
    done(scuttle_link_read(side ? pair->b : pair->a, buffer, network->options->datagram, &len));
    if (len == 0) return count;
    post(network, !side, buffer, len);
  }
}

/* Delivers the next datagram, and with eager=1 sends the output that it has caused. */
static size_t arrive_next(network_t *network, pair_t *pair) {
  datagram_t next = network->way[0];
  memmove(network->way, network->way + 1, --network->count * sizeof *network->way);
  done(scuttle_link_write(next.to ? pair->b : pair->a, next.bytes, next.len));
  free(next.bytes);
  return network->options->eager ? send_all(network, pair, next.to) : 0;
}

size_t network_talk(network_t *network, pair_t *pair) {
  for (size_t all = 0, sent;;) {
    sent = send_all(network, pair, 0) + send_all(network, pair, 1);
    all += sent;
    if (sent == 0) return all;
    while (network->count > 0) all += arrive_next(network, pair);
  }
}
