/*
 * A mesh over UDP: each peer has a link for each address that it knows, datagrams get lost, and all peers come to hold the same. Option
 * -l drops so many per cent of the datagrams that it sends, on purpose.
 *
 *   cc -std=c99 udp_mesh.c $(pkg-config --cflags --libs scuttle) -o udp_mesh
 *   ./udp_mesh -l 30 ada 7001 'seats/1="taken"'
 *   ./udp_mesh -l 30 bob 7002 7001 'seats/2="free"'
 *   ./udp_mesh -l 30 cyn 7003 7001 7002
 *
 * The gossip interval (-g, milliseconds) is how late an update may be after a loss. The links are live, so an update goes out at once,
 * and once: a link repeats nothing by itself. The next gossip compares version vectors and requests what was lost, unless the loss
 * hits that exchange, too. One update needs 1 gossip at 5 % loss (at most 2 in the tables of docs/benchmarks.md), 3 at 30 % (11), 8
 * at 50 % (35). Two things follow:
 *
 *   short enough   the interval is the delay that you accept, divided by the number of gossips: 1 s for a delay of 3 s at 30 % loss
 *   long enough    a link in step costs some 600 bytes a gossip: 8 links and 1 s are 5 kB a second. A peer needs no link to each other:
 *                  3 or 4 are enough, because peers pass updates on. And the network must have carried the last exchange before the
 *                  next one starts, so the interval is longer than a few round trips
 *
 * A stream (tcp_peer.c) loses nothing, so there a gossip only compares, every 10 seconds or more.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <inttypes.h>
#include <poll.h>
#include <scuttle.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PEERS = 64, CAPACITY = 1200 /* bytes that a network carries in one piece */ };

typedef struct {
  uint16_t port;
  scuttle_link_t *link;
} peer_t;

static peer_t peers[MAX_PEERS];
static size_t peer_count;
static int fd, loss; /* the socket; per cent of the sent datagrams to drop */
static unsigned long sent, dropped;
static volatile sig_atomic_t ending;

static void end(int number) {
  (void)number;
  ending = 1;
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static struct sockaddr_in loopback(uint16_t port) {
  struct sockaddr_in address = {0};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static void print_update(void *context, const scuttle_update_t *update) {
  (void)context;
  printf("%.*s = %.*s (%.*s, version %" PRIu64 ")\n", (int)update->key_len, update->key, (int)update->value_len,
         update->value, (int)update->source_len, update->source, update->version);
  fflush(stdout);
}

/* Returns the link to an address, a new one if it is unknown; NULL if there are too many. It stays open for as long as the process
   runs: silence of a peer is no reason for a new link. */
static scuttle_link_t *link_to(scuttle_t *replica, uint16_t port) {
  scuttle_link_config_t config = {.struct_size = sizeof config, .flags = SCUTTLE_LINK_DATAGRAM | SCUTTLE_LINK_LIVE};
  for (size_t i = 0; i < peer_count; i++)
    if (peers[i].port == port) return peers[i].link;
  if (peer_count == MAX_PEERS || scuttle_link_open(replica, &config, &peers[peer_count].link) < 0) return NULL;
  peers[peer_count].port = port;
  return peers[peer_count++].link;
}

/* Sends all pending output. One read makes one datagram. */
static void send_all(scuttle_t *replica) {
  char datagram[CAPACITY];
  for (size_t i = 0; i < peer_count; i++)
    for (;;) {
      size_t len;
      int code = scuttle_link_read(peers[i].link, datagram, sizeof datagram, &len);
      if (code < 0) fprintf(stderr, "%s\n", scuttle_errmsg(replica));
      if (code == SCUTTLE_E_DATAGRAM) continue; /* an update that fits no datagram is left out, the others follow */
      if (code < 0 || len == 0) break;
      sent++;
      if (rand() % 100 < loss) { /* the network */
        dropped++;
        continue;
      }
      struct sockaddr_in address = loopback(peers[i].port);
      sendto(fd, datagram, len, MSG_DONTWAIT, (struct sockaddr *)&address, sizeof address); /* an error is a loss */
    }
}

/* Reads all datagrams that have arrived, each into the link of its sender. */
static void receive_all(scuttle_t *replica) {
  char datagram[65536];
  struct sockaddr_in sender;
  socklen_t size = sizeof sender;
  ssize_t len;
  while ((len = recvfrom(fd, datagram, sizeof datagram, MSG_DONTWAIT, (struct sockaddr *)&sender, &size)) >= 0) {
    scuttle_link_t *link = link_to(replica, ntohs(sender.sin_port));
    if (link != NULL && scuttle_link_write(link, datagram, (size_t)len) < 0) fprintf(stderr, "%s\n", scuttle_errmsg(replica));
    size = sizeof sender;
  }
}

int main(int count, char **words) {
  scuttle_config_t config = {.struct_size = sizeof config, .on_update = print_update};
  scuttle_t *replica;
  int interval = 1000, option;
  while ((option = getopt(count, words, "l:g:s:")) != -1) {
    if (option == 'l') loss = atoi(optarg);
    else if (option == 'g') interval = atoi(optarg);
    else if (option == 's') srand((unsigned)atoi(optarg));
    else return 2;
  }
  if (count - optind < 2 || interval < 1 || scuttle_new(words[optind], &config, &replica) < 0) {
    fprintf(stderr, "usage: %s [-l PER-CENT] [-g MILLISECONDS] [-s SEED] NAME PORT [PEER'S-PORT | KEY=JSON]...\n", words[0]);
    return 2;
  }
  struct sigaction action = {0};
  action.sa_handler = end;
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);

  struct sockaddr_in address = loopback((uint16_t)atoi(words[optind + 1]));
  socklen_t size = sizeof address;
  fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (bind(fd, (struct sockaddr *)&address, size) != 0 || getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
    perror("no socket");
    return EXIT_FAILURE;
  }
  printf("%s listens on port %u\n", words[optind], (unsigned)ntohs(address.sin_port));
  fflush(stdout);
  for (int i = optind + 2; i < count; i++) {
    char *equals = strchr(words[i], '=');
    if (equals == NULL)
      link_to(replica, (uint16_t)atoi(words[i]));
    else if (scuttle_set(replica, words[i], (size_t)(equals - words[i]), equals + 1, SCUTTLE_NTS) < 0)
      fprintf(stderr, "%s: %s\n", words[i], scuttle_errmsg(replica));
  }

  for (int64_t due = now(); !ending;) {
    if (now() >= due) {
      scuttle_gossip(replica);
      due = now() + interval;
    }
    send_all(replica);
    struct pollfd readable = {fd, POLLIN, 0};
    int64_t left = due - now();
    if (poll(&readable, 1, left < 0 ? 0 : (int)left) > 0) receive_all(replica);
  }
  printf("%lu datagrams sent, %lu dropped\n", sent, dropped);
  close(fd);
  scuttle_free(replica); /* closes the links, too */
  return EXIT_SUCCESS;
}
