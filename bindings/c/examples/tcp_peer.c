/*
 * A peer over TCP: it listens, dials other peers until they accept, receives their updates at once over live links, and prints
 * every update. Once a second it dials the peers that are missing, and gossips. Start some of them in terminals of their own, end
 * one and start it again:
 *
 *   cc -std=c99 tcp_peer.c $(pkg-config --cflags --libs scuttle) -o tcp_peer
 *   ./tcp_peer ada 7001 seats/1='"taken"'
 *   ./tcp_peer bob 7002 7001 seats/2='"free"'
 *   ./tcp_peer cyn 7003 7001 7002
 *
 * After the name and the port to listen on (0: any) come the ports of peers, and keys to set. Ctrl-C ends it.
 */
#define _POSIX_C_SOURCE 200809L

#include "connection.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MOST = 64, GOSSIP_EVERY = 1000 /* milliseconds */ };

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

static void print_update(void *context, const scuttle_update_t *update) {
  (void)context;
  printf("%.*s = %.*s (%.*s, version %" PRIu64 ")\n", (int)update->key_len, update->key, (int)update->value_len,
         update->value, (int)update->source_len, update->source, update->version);
  fflush(stdout);
}

/* Makes the replica. Each start is an incarnation: the source of an update is a name, "~" and 8 characters. */
static scuttle_t *make_replica(const char *name) {
  scuttle_config_t config = {0};
  config.struct_size = sizeof config;
  config.on_update = print_update;
  scuttle_t *replica;
  int code = scuttle_new(name, &config, &replica);
  if (code == SCUTTLE_OK) return replica;
  fprintf(stderr, "%s: %s\n", name, scuttle_strerror(code));
  exit(EXIT_FAILURE);
}

static int64_t gossip(scuttle_t *replica, connection_t *dialled, const uint16_t *ports, size_t peers) {
  for (size_t i = 0; i < peers; i++)
    if (dialled[i].fd < 0) dialled[i] = connection_dial(replica, ports[i]);
  scuttle_gossip(replica);
  return now() + GOSSIP_EVERY;
}

/* Runs one turn of the loop: waits for events, at most until `due`, and handles them. */
static void serve(scuttle_t *replica, int listener, connection_t *connections, int64_t due) {
  struct pollfd fds[MOST + 1];
  for (size_t i = 0; i < MOST; i++) {
    fds[i].fd = connections[i].fd;
    fds[i].events = connection_events(&connections[i]);
  }
  fds[MOST].fd = listener;
  fds[MOST].events = POLLIN;
  int64_t left = due - now();
  if (poll(fds, MOST + 1, left < 0 ? 0 : (int)left) <= 0) return; /* time for gossip, or a signal */

  for (size_t i = 0; i < MOST; i++) {
    if (fds[i].fd < 0 || connection_serve(&connections[i], fds[i].revents)) continue;
    fprintf(stderr, "a connection is over: %s\n", connections[i].why);
    connection_close(&connections[i]);
  }
  if (fds[MOST].revents == 0) return;
  connection_t arrival = connection_accept(replica, listener);
  for (size_t i = MOST; i-- > 0;) { /* from the end: the first ones belong to the peers that are dialled */
    if (connections[i].fd >= 0) continue;
    connections[i] = arrival;
    return;
  }
  connection_close(&arrival); /* no room */
}

int main(int count, char **words) {
  if (count < 3 || count - 3 > MOST / 2) {
    fprintf(stderr, "usage: %s NAME PORT [PEER'S-PORT | KEY=JSON]...\n", words[0]);
    return 2;
  }
  struct sigaction action = {0};
  action.sa_handler = end;
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);

  uint16_t port = (uint16_t)atoi(words[2]), ports[MOST];
  int listener = connection_listen(&port);
  if (listener < 0) {
    perror("cannot listen");
    return EXIT_FAILURE;
  }
  printf("%s listens on port %u\n", words[1], (unsigned)port);
  fflush(stdout);

  scuttle_t *replica = make_replica(words[1]);
  size_t peers = 0;
  for (int i = 3; i < count; i++) {
    char *equals = strchr(words[i], '=');
    if (equals == NULL)
      ports[peers++] = (uint16_t)atoi(words[i]);
    else if (scuttle_set(replica, words[i], (size_t)(equals - words[i]), equals + 1, SCUTTLE_NTS) < 0)
      fprintf(stderr, "%s: %s\n", words[i], scuttle_errmsg(replica));
  }

  connection_t connections[MOST];
  for (size_t i = 0; i < MOST; i++) connections[i] = connection_on(replica, -1);
  for (int64_t due = now(); !ending;) {
    if (now() >= due) due = gossip(replica, connections, ports, peers);
    serve(replica, listener, connections, due);
  }

  for (size_t i = 0; i < MOST; i++) connection_close(&connections[i]);
  close(listener);
  scuttle_free(replica);
  return EXIT_SUCCESS;
}
