/*
 * The smallest peer: one connection and one poll() loop, all in one file. The first of two processes waits at
 * the port, the second dials it. Each line `KEY JSON` on standard input sets a key, and each update of the other side is printed.
 *
 *   cc -std=c99 poll_peer.c $(pkg-config --cflags --libs scuttle) -o poll_peer
 *   ./poll_peer ada 7001                          in one terminal
 *   echo 'lamp "on"' | ./poll_peer bob 7001       in another one
 *
 * It ends with the connection. tcp_peer.c has many connections, dials again, and tells a peer why it ends a connection.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <scuttle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { GOSSIP_EVERY = 10 /* seconds */ };

/* Dials the port on this machine. If nobody accepts there, waits for a peer that dials it. Returns a socket, or -1. */
static int connect_or_accept(int port) {
  struct sockaddr_in address = {0};
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  address.sin_family = AF_INET;
  address.sin_port = htons((uint16_t)port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  close(fd); /* after an error it can neither dial again nor listen */
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1) != 0) return -1;
  fprintf(stderr, "waits for a peer at port %d\n", port);
  fd = accept(listener, NULL, NULL);
  close(listener);
  return fd;
}

static void print_update(void *context, const scuttle_update_t *update) {
  (void)context;
  printf("%.*s = %.*s\n", (int)update->key_len, update->key, (int)update->value_len, update->value);
}

int main(int count, char **words) {
  scuttle_config_t config = {.struct_size = sizeof config, .on_update = print_update};
  scuttle_link_config_t live = {.struct_size = sizeof live, .flags = SCUTTLE_LINK_LIVE};
  struct pollfd fds[2] = {{-1, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
  scuttle_t *replica;
  scuttle_link_t *link;
  char bytes[65536];

  if (count != 3 || scuttle_new(words[1], &config, &replica) < 0 || scuttle_link_open(replica, &live, &link) < 0) return 2;
  setvbuf(stdin, NULL, _IONBF, 0); /* poll() does not see what stdio has read already */
  setvbuf(stdout, NULL, _IOLBF, 0);
  if ((fds[0].fd = connect_or_accept(atoi(words[2]))) < 0) return perror(words[2]), 1;

  for (time_t gossip_at = 0;;) {
    if (time(NULL) >= gossip_at) {
      scuttle_link_gossip(link); /* compares: at first, and every so often */
      gossip_at = time(NULL) + GOSSIP_EVERY;
    }
    scuttle_span_t span;
    size_t spans = 0;
    while (scuttle_link_peek(link, &span, 1, &spans) >= 0 && spans > 0) {
      ssize_t sent = send(fds[0].fd, span.data, span.len, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent <= 0) break; /* the socket accepts no more now; recv() below tells of an error */
      scuttle_link_consume(link, (size_t)sent);
    }
    fds[0].events = spans > 0 ? POLLIN | POLLOUT : POLLIN;
    if (poll(fds, 2, GOSSIP_EVERY * 1000) < 0 && errno != EINTR) break;

    ssize_t len = recv(fds[0].fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR)) break; /* the connection is over */
    if (len > 0 && scuttle_link_write(link, bytes, (size_t)len) < 0) { /* a malformed line, say */
      fprintf(stderr, "%s\n", scuttle_errmsg(replica));
      break;
    }
    if (fds[1].revents != 0) {
      if (fgets(bytes, sizeof bytes, stdin) == NULL) fds[1].fd = -1; /* poll() passes over it from now on */
      char *space = fds[1].fd < 0 ? NULL : strchr(bytes, ' ');
      if (space && scuttle_set(replica, bytes, (size_t)(space - bytes), space + 1, SCUTTLE_NTS) < 0)
        fprintf(stderr, "%s\n", scuttle_errmsg(replica));
    }
  }
  close(fds[0].fd);
  scuttle_free(replica);
  return EXIT_SUCCESS;
}
