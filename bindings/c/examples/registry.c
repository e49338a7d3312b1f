/*
 * A registry of workers, without a server: each worker announces itself in one call, and has the list of all that run. A worker that dies
 * vanishes from the lists of the others, one to two times to live later (-t, milliseconds).
 *
 *   cc -std=c99 registry.c $(pkg-config --cflags --libs scuttle) -o registry
 *   ./registry ada 127.0.0.1:7001                    a name, and the address of this worker
 *   ./registry bob 127.0.0.1:7002 127.0.0.1:7001     and addresses of others, of which one has to be there
 *   ./registry cyn 127.0.0.1:7003 127.0.0.1:7001
 *
 * It prints joins as "+ID ADDRESS" and leaves as "-ID". Ctrl-C is a leave, which the others see after a gossip or two; kill -9 is a death.
 *
 * The list is the keys "workers/ID", whose values are addresses. An id is a name, "~" and 8 characters of the start: so each process has a
 * key of its own, and a worker that starts again does not write the key of its last process, which ends by itself.
 *
 * The list says with whom to gossip, too: at each interval (-g, milliseconds) each worker gossips with a few random ones. The interval is a
 * fifteenth of the time to live at most, because a renewal passes several workers on its way: see docs/how-to/presence.md, and udp_mesh.c
 * for more about datagrams. Nothing is encrypted: between machines let WireGuard carry it.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <scuttle.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_WORKERS = 256, MAX_LINKS = 512, FANOUT = 3, LINK_IDLE = 30000 /* milliseconds */, CAPACITY = 1200 /* bytes of a datagram */ };

typedef struct {
  char id[64], address[24];
  int is_visited;
} worker_t;

typedef struct {
  struct sockaddr_in address;
  scuttle_link_t *link;
  uint64_t last_use;
} peer_t;

static scuttle_t *replica;
static worker_t workers[MAX_WORKERS]; /* the list, this worker included */
static peer_t peers[MAX_LINKS];       /* the open links, one for each address */
static int worker_count, peer_count, fd;
static volatile sig_atomic_t ending;

static void end(int number) {
  (void)number;
  ending = 1;
}

static void fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(EXIT_FAILURE);
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static int to_address(const char *text, struct sockaddr_in *address) {
  char host[16];
  unsigned short port;
  memset(address, 0, sizeof *address);
  if (sscanf(text, "%15[0-9.]:%hu", host, &port) != 2 || inet_pton(AF_INET, host, &address->sin_addr) != 1) return 0;
  address->sin_family = AF_INET;
  address->sin_port = htons(port);
  return 1;
}

/* ---- the list ---- */

static void leave(int i) {
  printf("-%s\n", workers[i].id);
  workers[i] = workers[--worker_count];
}

/* Applies a change of a key to the list. */
static int apply(void *context, const scuttle_update_t *update) {
  worker_t worker = {"", "", 1};
  int i = 0;
  (void)context;
  if (update->key_len - 8 >= sizeof worker.id) return 0;
  memcpy(worker.id, update->key + 8, update->key_len - 8);
  while (i < worker_count && strcmp(workers[i].id, worker.id) != 0) i++;
  if (update->flags & SCUTTLE_UPDATE_DELETED) {
    if (i < worker_count) leave(i);
  } else if (i < worker_count) {
    workers[i].is_visited = 1; /* a renewal */
  } else if (i < MAX_WORKERS && update->value_len >= 2 && update->value_len < sizeof worker.address + 2) {
    memcpy(worker.address, update->value + 1, update->value_len - 2); /* a string, without its quotes */
    printf("+%s %s\n", worker.id, worker.address);
    workers[worker_count++] = worker;
  }
  return 0;
}

static void look(void) {
  static scuttle_cursor_t cursor;
  for (int i = 0; i < worker_count; i++) workers[i].is_visited = 0;
  if (scuttle_changes(replica, "workers/", SCUTTLE_NTS, &cursor, apply, NULL) == SCUTTLE_GAP) /* who was not visited is gone */
    for (int i = worker_count; i-- > 0;)
      if (!workers[i].is_visited) leave(i);
  fflush(stdout);
}

/* ---- datagrams ---- */

static int is_same(const struct sockaddr_in *a, const struct sockaddr_in *b) {
  return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
}

/* Returns the link to an address, a new one if it is unknown; NULL if there are too many. */
static scuttle_link_t *link_to(const struct sockaddr_in *address) {
  scuttle_link_config_t config = {.struct_size = sizeof config, .flags = SCUTTLE_LINK_DATAGRAM};
  int i = 0;
  while (i < peer_count && !is_same(&peers[i].address, address)) i++;
  if (i == MAX_LINKS || (i == peer_count && scuttle_link_open(replica, &config, &peers[i].link) < 0)) return NULL;
  if (i == peer_count) peers[peer_count++].address = *address;
  peers[i].last_use = now();
  return peers[i].link;
}

/* Gossips with a few random workers. The addresses of the command line count, too: by them groups that were apart meet again. */
static void gossip(const struct sockaddr_in *own, char **seeds, int seed_count) {
  struct sockaddr_in address;
  for (int i = 0; i < FANOUT && worker_count + seed_count > 0; i++) {
    int pick = rand() % (worker_count + seed_count);
    const char *text = pick < worker_count ? workers[pick].address : seeds[pick - worker_count];
    if (to_address(text, &address) && !is_same(&address, own)) scuttle_link_gossip(link_to(&address)); /* NULL is an error, and no harm */
  }
  for (int i = peer_count; i-- > 0;) {
    if (now() < peers[i].last_use + LINK_IDLE) continue;
    scuttle_link_close(peers[i].link);
    peers[i] = peers[--peer_count];
  }
}

static void send_all(void) {
  char datagram[CAPACITY];
  for (int i = 0; i < peer_count; i++)
    for (size_t len;;) {
      int code = scuttle_link_read(peers[i].link, datagram, sizeof datagram, &len);
      if (code == SCUTTLE_E_DATAGRAM) continue; /* an update that fits no datagram is left out, the others follow */
      if (code < 0 || len == 0) break;
      sendto(fd, datagram, len, MSG_DONTWAIT, (struct sockaddr *)&peers[i].address, sizeof peers[i].address); /* an error is a loss */
    }
}

static void receive_all(void) {
  char datagram[65536];
  struct sockaddr_in sender;
  socklen_t size = sizeof sender;
  ssize_t len;
  while ((len = recvfrom(fd, datagram, sizeof datagram, MSG_DONTWAIT, (struct sockaddr *)&sender, &size)) >= 0) {
    scuttle_link_t *link = link_to(&sender);
    if (link != NULL && scuttle_link_write(link, datagram, (size_t)len) < 0) fprintf(stderr, "%s\n", scuttle_errmsg(replica));
    size = sizeof sender;
  }
}

int main(int count, char **words) {
  scuttle_config_t config = {.struct_size = sizeof config, .cluster = "workers", .retire_after_ms = 6 * 3600 * 1000};
  struct sockaddr_in own;
  socklen_t size = sizeof own;
  struct sigaction action = {.sa_handler = end};
  uint64_t ttl = 10000, interval = 500;
  char host[INET_ADDRSTRLEN], key[80], value[40];
  const char *id;
  size_t id_len;
  for (int option; (option = getopt(count, words, "t:g:")) != -1;) {
    if (option == 't') ttl = strtoull(optarg, NULL, 10);
    else if (option == 'g') interval = strtoull(optarg, NULL, 10);
    else return 2;
  }
  words += optind, count -= optind;
  if (count < 2 || strlen(words[0]) > 50 || !to_address(words[1], &own))
    fail("usage", "registry [-t MILLISECONDS] [-g MILLISECONDS] NAME ADDRESS:PORT [ADDRESS:PORT]...");
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  srand((unsigned)now() ^ (unsigned)getpid());

  fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (bind(fd, (struct sockaddr *)&own, size) != 0 || getsockname(fd, (struct sockaddr *)&own, &size) != 0) fail(words[1], strerror(errno));
  inet_ntop(AF_INET, &own.sin_addr, host, sizeof host);
  printf("%s listens on port %u\n", words[0], (unsigned)ntohs(own.sin_port));

  int code = scuttle_new(words[0], &config, &replica);
  if (code < 0) fail(words[0], scuttle_strerror(code));
  scuttle_id(replica, &id, &id_len);
  snprintf(key, sizeof key, "workers/%s", id);
  snprintf(value, sizeof value, "\"%s:%u\"", host, (unsigned)ntohs(own.sin_port));
  code = scuttle_set_ttl(replica, key, SCUTTLE_NTS, value, SCUTTLE_NTS, ttl | SCUTTLE_TTL_RENEW); /* the one call */
  if (code < 0) fail(words[0], scuttle_errmsg(replica));

  for (uint64_t gossip_at = 0, end_at = UINT64_MAX; now() < end_at;) {
    if (ending && end_at == UINT64_MAX) {
      scuttle_delete(replica, key, SCUTTLE_NTS);
      gossip_at = 0;
      end_at = now() + 2 * interval; /* the gossip needs that time */
    }
    while (scuttle_tick(replica, now()) == SCUTTLE_MORE) {}
    if (now() >= gossip_at) {
      gossip(&own, words + 2, count - 2);
      gossip_at = now() + interval;
    }
    look();
    send_all();
    struct pollfd readable = {fd, POLLIN, 0};
    int64_t left = (int64_t)(gossip_at - now());
    if (poll(&readable, 1, left < 0 ? 0 : (int)left) > 0) receive_all();
  }
  close(fd);
  scuttle_free(replica); /* closes the links, too */
  return EXIT_SUCCESS;
}
