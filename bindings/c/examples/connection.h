/*
 * A scuttle link on a TCP socket, for programs with a poll() loop. Made to be copied: one file, POSIX.1-2008.
 *
 *   connection_t peer = connection_dial(replica, 7001);      or  connection_accept(replica, listener)
 *   each turn of the loop:
 *     fds[i].fd = peer.fd;                                   -1 without a connection: poll() passes over it
 *     fds[i].events = connection_events(&peer);
 *     poll(…)
 *     if (!connection_serve(&peer, fds[i].revents)) connection_close(&peer);     peer.why says why
 *
 * Its links are live: a local write goes out with the next turn of the loop, and so does the update of one peer to the
 * others. A scuttle_gossip every so often renews low-water marks and compares contents.
 *
 * It listens on and dials the loopback address alone. The protocol neither authenticates nor encrypts: between machines
 * let TLS, SSH or WireGuard carry it.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <scuttle.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

typedef struct {
  int fd; /* -1: no connection */
  scuttle_t *replica;
  scuttle_link_t *link;
  bool dialling; /* connect() has begun and is not done */
  char why[200]; /* why connection_serve returned false */
} connection_t;

static inline struct sockaddr_in loopback(uint16_t port) {
  struct sockaddr_in address = {0};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/* Returns a listening socket, or -1 with errno. Port 0 lets the system choose; *port receives the choice. */
static inline int connection_listen(uint16_t *port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  if (fd < 0) return -1;
  struct sockaddr_in address = loopback(*port);
  socklen_t size = sizeof address;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 16) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &size) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
    int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  *port = ntohs(address.sin_port);
  return fd;
}

static inline void connection_close(connection_t *c) {
  scuttle_link_close(c->link); /* a new connection gets a new link, which has no truncated line of this one */
  c->link = NULL;
  if (c->fd >= 0) close(c->fd);
  c->fd = -1;
}

/* Returns a connection with a new link for `fd`, which it owns from now on; fd -1 stays -1. */
static inline connection_t connection_on(scuttle_t *replica, int fd) {
  connection_t c = {fd, replica, NULL, false, ""};
  scuttle_link_config_t config = {sizeof config, SCUTTLE_LINK_LIVE, 0};
  int on = 1;
  if (fd < 0) return c;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* the messages are small, and somebody waits for them */
  if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || scuttle_link_open(replica, &config, &c.link) < 0 ||
      scuttle_link_gossip(c.link) < 0) /* begin by comparing what both sides have */
    connection_close(&c);
  return c;
}

/* Returns the next connection that waits at `listener`. */
static inline connection_t connection_accept(scuttle_t *replica, int listener) {
  return connection_on(replica, accept(listener, NULL, NULL));
}

/* Begins to connect. poll() reports a writable socket once the peer has accepted or the connection has failed. */
static inline connection_t connection_dial(scuttle_t *replica, uint16_t port) {
  struct sockaddr_in address = loopback(port);
  connection_t c = connection_on(replica, socket(AF_INET, SOCK_STREAM, 0));
  if (c.fd < 0 || connect(c.fd, (struct sockaddr *)&address, sizeof address) == 0) return c;
  if (errno == EINPROGRESS || errno == EINTR) /* an interrupted connect() goes on by itself */
    c.dialling = true;
  else
    connection_close(&c);
  return c;
}

/* Returns the events for poll(): always bytes from the peer, and room in the socket if the link has output. A full link does not
   stop the reading: two peers that did so would wait for each other. */
static inline short connection_events(const connection_t *c) {
  scuttle_span_t span;
  size_t count = 0;
  if (c->fd < 0 || c->dialling) return POLLOUT;
  scuttle_link_peek(c->link, &span, 1, &count);
  return count > 0 ? POLLIN | POLLOUT : POLLIN;
}

/* Notes why the connection is over: the first reason stands. Returns false. */
static inline bool connection_over(connection_t *c, const char *why) {
  if (c->why[0] == '\0') snprintf(c->why, sizeof c->why, "%s", why);
  return false;
}

static inline bool connection_receive(connection_t *c) {
  char bytes[16384];
  ssize_t len = recv(c->fd, bytes, sizeof bytes, 0);
  if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return true; /* poll() says when to try again */
  if (len < 0) return connection_over(c, strerror(errno));
  if (len == 0) return connection_over(c, "closed by the peer");
  if (scuttle_link_write(c->link, bytes, (size_t)len) < 0) /* a malformed line, or a peer of another cluster */
    return connection_over(c, scuttle_errmsg(c->replica));
  return true;
}

/* Sends until the link has no more output or the socket has no more room. A part of the shown bytes may go out: scuttle_link_peek shows
   the rest again. */
static inline bool connection_send(connection_t *c) {
  for (;;) {
    scuttle_span_t spans[16];
    size_t count = 0;
    if (scuttle_link_peek(c->link, spans, 16, &count) < 0) return connection_over(c, scuttle_errmsg(c->replica));
    if (count == 0) return true;
    struct msghdr message = {0};
    message.msg_iov = (struct iovec *)spans; /* a span is laid out like one */
    message.msg_iovlen = count;
    ssize_t sent = sendmsg(c->fd, &message, MSG_NOSIGNAL); /* a peer that has left is an error, not a SIGPIPE */
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
    if (sent < 0) return connection_over(c, strerror(errno));
    scuttle_link_consume(c->link, (size_t)sent);
  }
}

/* Handles the events of poll(). Returns false if the connection is over; `why` is the reason. */
static inline bool connection_serve(connection_t *c, short revents) {
  if (c->fd < 0 || revents == 0) return true;
  if (c->dialling) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return connection_over(c, strerror(error));
    c->dialling = false;
  }
  if ((revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !connection_receive(c)) {
    connection_send(c); /* the peer may have to be told why */
    return false;
  }
  return connection_send(c);
}

#endif
