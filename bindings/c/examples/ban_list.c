/*
 * A ban list that servers share. Each server runs this daemon: what one of them bans is banned at all of them, for a time that each counts
 * by itself. A daemon may be killed at any moment, and there is no code for restarts: each start is a new incarnation of the name, the file
 * has the bans and the rest of their times, and peers send what has changed meanwhile.
 *
 *   cc -std=c99 ban_list.c $(pkg-config --cflags --libs scuttle-store) -o ban_list
 *   ./ban_list ada bans 127.0.0.1:7001                        a name, a folder, the address to listen on
 *   ./ban_list bob bans 127.0.0.1:7002 127.0.0.1:7001         and those of peers
 *   echo 'ban 203.0.113.9 600' | nc -N -U bans/ada.socket     or `unban ADDRESS`, or `list`
 *
 * After "ok" a kill does not undo a command. Standard output is for a firewall: "flush" removes all addresses, "+ADDRESS" adds one,
 * "-ADDRESS" removes one. Nothing is encrypted: between machines let WireGuard carry it.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <scuttle_store.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MAX = 64 /* connections */, LISTENER = MAX, COMMANDS, COUNT, GOSSIP_EVERY = 1000, MAX_SILENCE = 10000 /* milliseconds */ };

static scuttle_store_t *store;
static scuttle_t *replica;
static struct pollfd fds[COUNT];    /* a connection each, or -1. This daemon dials the first ones */
static scuttle_link_t *links[MAX];  /* the link of each connection with a peer; NULL: commands come from there */
static uint64_t last_receipts[MAX]; /* when its last bytes arrived */

static void fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(EXIT_FAILURE);
}

static uint64_t now(void) { /* milliseconds since the machine's start: they go on over restarts of the daemon, and nobody sets them */
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* Writes an IP address in its usual form. Returns 0 if the text is none. */
static int normalize(const char *text, char address[INET6_ADDRSTRLEN]) {
  unsigned char bytes[sizeof(struct in6_addr)];
  int family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
  return inet_pton(family, text, bytes) == 1 && inet_ntop(family, bytes, address, INET6_ADDRSTRLEN) != NULL;
}

static int print_change(void *output, const scuttle_update_t *update) {
  char text[64], address[INET6_ADDRSTRLEN];
  snprintf(text, sizeof text, "%.*s", (int)update->key_len - 4, update->key + 4);
  if (normalize(text, address) && strcmp(text, address) == 0) /* a peer may write any key: the firewall gets addresses alone */
    fprintf(output, "%c%s\n", update->flags & SCUTTLE_UPDATE_DELETED ? '-' : '+', address);
  return 0;
}

/* Prints what has changed since the last call. At first, and after SCUTTLE_GAP, that is everything. */
static void print_changes(void) {
  static scuttle_cursor_t cursor;
  if (cursor.incarnation == 0 || scuttle_changes(replica, "ban/", SCUTTLE_NTS, &cursor, print_change, stdout) == SCUTTLE_GAP) {
    cursor = (scuttle_cursor_t){0, 0};
    printf("flush\n");
    scuttle_changes(replica, "ban/", SCUTTLE_NTS, &cursor, print_change, stdout);
  }
  if (fflush(stdout) != 0) fail("the firewall", strerror(errno));
}

static int print_ban(void *fd, const scuttle_update_t *update) {
  return dprintf(*(int *)fd, "%.*s for %.*s s by %.*s\n", (int)update->key_len - 4, update->key + 4, (int)update->value_len,
                 update->value, (int)update->source_len, update->source) < 0;
}

static void obey(int fd, const char *command) {
  char text[64], seconds[10], key[4 + INET6_ADDRSTRLEN] = "ban/";
  int code = SCUTTLE_E_ARGUMENT;
  if (sscanf(command, "ban %63s %9[0-9]", text, seconds) == 2 && normalize(text, key + 4))
    code = scuttle_set_ttl(replica, key, SCUTTLE_NTS, seconds, SCUTTLE_NTS, strtoull(seconds, NULL, 10) * 1000);
  else if (sscanf(command, "unban %63s", text) == 1 && normalize(text, key + 4))
    code = scuttle_delete(replica, key, SCUTTLE_NTS);
  else if (strcmp(command, "list") == 0)
    code = scuttle_state(replica, "ban/", SCUTTLE_NTS, print_ban, &fd);
  const char *no = code == SCUTTLE_E_ARGUMENT ? "ban ADDRESS SECONDS, unban ADDRESS, or list" : scuttle_strerror(code);
  dprintf(fd, "%s\n", code < 0 ? no : scuttle_store_save(store) < 0 ? scuttle_store_errmsg(store) : "ok");
}

static void close_connection(int i) {
  scuttle_link_close(links[i]);
  links[i] = NULL;
  close(fds[i].fd);
  fds[i].fd = -1;
}

static void open_connection(int i, int fd, int is_peer) { /* at the first free index from `i` on */
  scuttle_link_config_t live = {.struct_size = sizeof live, .flags = SCUTTLE_LINK_LIVE};
  struct timeval second = {1, 0}; /* is how long a command waits for somebody who does not read */
  while (i < MAX && fds[i].fd >= 0) i++;
  if (i == MAX) close(fd);
  if (i == MAX || fd < 0) return;
  fds[i].fd = fd;
  last_receipts[i] = now();
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
  if (is_peer && (scuttle_link_open(replica, &live, &links[i]) < 0 || scuttle_link_gossip(links[i]) < 0)) close_connection(i);
}

/* Sends what the socket accepts. Returns the events to wait for. */
static short send_output(int i) {
  scuttle_span_t span;
  size_t count = 0;
  while (links[i] != NULL && scuttle_link_peek(links[i], &span, 1, &count) >= 0 && count > 0) {
    ssize_t sent = send(fds[i].fd, span.data, span.len, MSG_DONTWAIT);
    if (sent < 0) return POLLIN | POLLOUT; /* the rest later. recv() tells of an error */
    scuttle_link_consume(links[i], (size_t)sent);
  }
  return POLLIN;
}

static void receive(int i) {
  char bytes[16384], *line = bytes;
  ssize_t len = recv(fds[i].fd, bytes, sizeof bytes - 1, MSG_DONTWAIT);
  if (len < 0 && (errno == EAGAIN || errno == EINTR)) return;
  last_receipts[i] = now();
  bytes[len > 0 ? len : 0] = '\0';
  if (len <= 0)
    close_connection(i);
  else if (links[i] == NULL) /* a short line arrives in one piece */
    for (line = strtok(bytes, "\r\n"); line != NULL; line = strtok(NULL, "\r\n")) obey(fds[i].fd, line);
  else if (scuttle_link_write(links[i], bytes, (size_t)len) < 0) { /* a malformed line, say */
    fprintf(stderr, "a connection ends: %s\n", scuttle_errmsg(replica));
    send_output(i); /* tells the peer why */
    close_connection(i);
  }
}

static int listen_at(void *address, socklen_t size, int family) {
  int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, address, size) != 0 || listen(fd, 16) != 0 || getsockname(fd, address, &size) != 0) fail("no listener", strerror(errno));
  return fd;
}

static struct sockaddr_in to_address(const char *text) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  char host[16];
  unsigned short port;
  if (sscanf(text, "%15[0-9.]:%hu", host, &port) != 2 || inet_pton(AF_INET, host, &address.sin_addr) != 1)
    fail(text, "not an address such as 127.0.0.1:7001");
  address.sin_port = htons(port);
  return address;
}

int main(int count, char **words) {
  char why[512] = "";
  scuttle_config_t config = {.struct_size = sizeof config, .cluster = "ban-list", .retire_after_ms = UINT64_C(30) * 24 * 3600 * 1000};
  scuttle_store_config_t in_file = {sizeof in_file, &config, 0, 1000 /* synchronise each second */, 0, why, sizeof why};
  struct sockaddr_un path = {.sun_family = AF_UNIX};
  const int peers = count - 4;
  if (peers < 0 || peers > MAX / 2) fail("usage", "ban_list NAME FOLDER ADDRESS:PORT [PEER'S-ADDRESS:PORT]...");
  struct sockaddr_in address = to_address(words[3]);
  signal(SIGPIPE, SIG_IGN);
  if (scuttle_store_open(words[2], words[1], &in_file, &store) < 0) fail(words[1], why);
  replica = scuttle_store_replica(store);
  for (int i = 0; i < COUNT; i++) fds[i] = (struct pollfd){-1, POLLIN, 0};
  if (snprintf(path.sun_path, sizeof path.sun_path, "%s/%s.socket", words[2], words[1]) > 100) fail(words[2], "too long for a socket");
  unlink(path.sun_path); /* of a daemon that has ended: the store has one process only */
  fds[COMMANDS].fd = listen_at(&path, sizeof path, AF_UNIX);
  fds[LISTENER].fd = listen_at(&address, sizeof address, AF_INET);
  fprintf(stderr, "%s listens on port %u\n", words[1], (unsigned)ntohs(address.sin_port));

  for (uint64_t gossip_at = 0, time = now();; time = now()) {
    if (time >= gossip_at) {
      for (int i = 0; i < MAX; i++) {
        if (fds[i].fd >= 0 && time > last_receipts[i] + MAX_SILENCE) close_connection(i);
        if (fds[i].fd >= 0 || i >= peers) continue;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        address = to_address(words[i + 4]);
        connect(fd, (struct sockaddr *)&address, sizeof address); /* poll() tells when it is done or has failed */
        open_connection(i, fd, 1);
      }
      scuttle_gossip(replica);
      gossip_at = time + GOSSIP_EVERY;
    }
    while (scuttle_tick(replica, time) == SCUTTLE_MORE) {}
    if (scuttle_store_save(store) < 0) fprintf(stderr, "%s\n", scuttle_store_errmsg(store)); /* the next turn tries again */
    print_changes();
    for (int i = 0; i < MAX; i++) fds[i].events = send_output(i);
    if (poll(fds, COUNT, (int)(gossip_at - time)) <= 0) continue;
    for (int i = 0; i < MAX; i++)
      if (fds[i].revents & (POLLIN | POLLERR | POLLHUP)) receive(i);
    if (fds[LISTENER].revents) open_connection(peers, accept(fds[LISTENER].fd, NULL, NULL), 1);
    if (fds[COMMANDS].revents) open_connection(peers, accept(fds[COMMANDS].fd, NULL, NULL), 0);
  }
}
