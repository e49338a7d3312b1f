/*
 * A replica in a process of its own: it exchanges messages with peers over TCP on the loopback address, and obeys the commands on
 * its standard input, one a line. The first line of its output is "listening PORT".
 *
 *   set KEY JSON      silent
 *   delete KEY        silent
 *   get KEY           value SOURCE VERSION JSON
 *   connect PORT      silent
 *   cut               cut CONNECTIONS          closes all of them
 *   status            status KEYS FINGERPRINT SOURCE:VERSION...
 *   quit, or the end of the input
 *
 * An error prints "error TEXT"; a connection that ends without `cut` prints "closed REASON".
 */
#define _POSIX_C_SOURCE 200809L

#include "../bindings/c/examples/connection.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CONNECTIONS = 16, LISTENER = CONNECTIONS, INPUT, DESCRIPTORS, GOSSIP_EVERY = 100 /* milliseconds */ };

typedef struct {
  scuttle_t *replica;
  int listener;
  connection_t connections[CONNECTIONS];
  char input[65536]; /* commands; the last one may be incomplete */
  size_t input_len;
} peer_t;

static int64_t milliseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* ---- connections ---- */

static void keep(peer_t *peer, connection_t connection) {
  for (size_t i = 0; i < CONNECTIONS; i++) {
    if (peer->connections[i].fd >= 0) continue;
    peer->connections[i] = connection;
    return;
  }
  connection_close(&connection);
  printf("error no room for another connection\n");
}

static int cut(peer_t *peer) {
  int count = 0;
  for (size_t i = 0; i < CONNECTIONS; i++) {
    if (peer->connections[i].fd < 0) continue;
    connection_close(&peer->connections[i]);
    count++;
  }
  return count;
}

/* ---- commands ---- */

static void print_value(peer_t *peer, const char *key) {
  scuttle_entry_t entry;
  int code = scuttle_get(peer->replica, key, SCUTTLE_NTS, &entry);
  if (code < 0)
    printf("error get %s: %s\n", key, scuttle_errmsg(peer->replica));
  else
    printf("value %s %" PRIu64 " %s\n", code == SCUTTLE_OK ? entry.source : "-", entry.version, entry.value);
}

static int print_clock(void *context, const char *source, size_t source_len, uint64_t version) {
  (void)context;
  printf(" %.*s:%" PRIu64, (int)source_len, source, version);
  return 0;
}

static void print_status(peer_t *peer) {
  size_t keys = 0;
  uint64_t fingerprint = 0;
  if (scuttle_count(peer->replica, &keys) < 0 || scuttle_fingerprint(peer->replica, &fingerprint) < 0)
    printf("error status: %s\n", scuttle_errmsg(peer->replica));
  printf("status %zu %016" PRIx64, keys, fingerprint);
  scuttle_clock(peer->replica, print_clock, NULL);
  printf("\n");
}

/* Cuts the first word off `text`, and returns the rest. */
static char *rest_after_word(char *text) {
  text += strcspn(text, " ");
  if (*text == ' ') *text++ = '\0';
  return text;
}

/* Runs a command. Returns false for `quit`. */
static bool obey(peer_t *peer, char *verb) {
  char *key = rest_after_word(verb), *json = rest_after_word(key);
  int code = SCUTTLE_OK;
  if (strcmp(verb, "set") == 0)
    code = scuttle_set(peer->replica, key, SCUTTLE_NTS, json, SCUTTLE_NTS);
  else if (strcmp(verb, "delete") == 0)
    code = scuttle_delete(peer->replica, key, SCUTTLE_NTS);
  else if (strcmp(verb, "get") == 0)
    print_value(peer, key);
  else if (strcmp(verb, "connect") == 0)
    keep(peer, connection_dial(peer->replica, (uint16_t)atoi(key)));
  else if (strcmp(verb, "cut") == 0)
    printf("cut %d\n", cut(peer));
  else if (strcmp(verb, "status") == 0)
    print_status(peer);
  else if (strcmp(verb, "quit") == 0)
    return false;
  else
    printf("error no such command: %s\n", verb);
  if (code < 0) printf("error %s %s: %s\n", verb, key, scuttle_errmsg(peer->replica));
  return true;
}

/* Reads standard input and runs the commands of complete lines. Returns false at its end and after `quit`. */
static bool read_commands(peer_t *peer) {
  size_t room = sizeof peer->input - peer->input_len;
  ssize_t len = read(STDIN_FILENO, peer->input + peer->input_len, room);
  if (len < 0) return errno == EINTR || errno == EAGAIN;
  if (len == 0) return false; /* the end, or a line that is longer than the buffer */
  peer->input_len += (size_t)len;

  char *line = peer->input, *limit = peer->input + peer->input_len, *newline;
  while ((newline = memchr(line, '\n', (size_t)(limit - line))) != NULL) {
    *newline = '\0';
    if (!obey(peer, line)) return false;
    line = newline + 1;
  }
  peer->input_len = (size_t)(limit - line);
  memmove(peer->input, line, peer->input_len);
  return true;
}

/* ---- the loop ---- */

/* Waits for events, at most `wait` milliseconds, and handles them. Returns false after `quit`. */
static bool turn(peer_t *peer, int wait) {
  struct pollfd fds[DESCRIPTORS];
  for (size_t i = 0; i < CONNECTIONS; i++) {
    fds[i].fd = peer->connections[i].fd;
    fds[i].events = connection_events(&peer->connections[i]);
  }
  fds[LISTENER].fd = peer->listener;
  fds[INPUT].fd = STDIN_FILENO;
  fds[LISTENER].events = fds[INPUT].events = POLLIN;
  if (poll(fds, DESCRIPTORS, wait) < 0) return errno == EINTR;

  for (size_t i = 0; i < CONNECTIONS; i++) {
    connection_t *connection = &peer->connections[i];
    if (fds[i].fd < 0 || connection_serve(connection, fds[i].revents)) continue;
    printf("closed %s\n", connection->why);
    connection_close(connection);
  }
  if (fds[LISTENER].revents != 0) keep(peer, connection_accept(peer->replica, peer->listener));
  return fds[INPUT].revents == 0 || read_commands(peer);
}

int main(int count, char **words) {
  static peer_t peer;
  uint16_t port = 0;
  if (count != 2) {
    fprintf(stderr, "usage: %s ID\n", words[0]);
    return 2;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  int code = scuttle_new(words[1], NULL, &peer.replica);
  if (code < 0) {
    printf("error %s\n", scuttle_strerror(code));
    return EXIT_FAILURE;
  }
  peer.listener = connection_listen(&port);
  if (peer.listener < 0) {
    printf("error cannot listen: %s\n", strerror(errno));
    return EXIT_FAILURE;
  }
  for (size_t i = 0; i < CONNECTIONS; i++) peer.connections[i] = connection_on(peer.replica, -1);
  printf("listening %u\n", (unsigned)port);

  int64_t due = milliseconds();
  for (;;) {
    int64_t left = due - milliseconds();
    if (left <= 0) {
      scuttle_gossip(peer.replica);
      due = milliseconds() + (left = GOSSIP_EVERY);
    }
    if (!turn(&peer, (int)left)) break;
  }

  cut(&peer);
  close(peer.listener);
  scuttle_free(peer.replica);
  return EXIT_SUCCESS;
}
