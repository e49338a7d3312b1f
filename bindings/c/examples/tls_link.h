/*
 * A scuttle link over TLS, for programs with a poll() loop. Made to be copied: one file, POSIX.1-2008 and OpenSSL 3.
 *
 *   SSL_CTX *tls = tls_context("ca.pem", "ada.pem", "ada.key", why, sizeof why);     once
 *   tls_link_t peer = tls_link_on(tls, replica, "lamps", fd, TLS_LINK_DIALLED);      or TLS_LINK_ACCEPTED; it owns fd from now on
 *   each turn of the loop:
 *     fds[i].fd = peer.fd;                                   -1 without a connection: poll() passes over it
 *     fds[i].events = tls_link_events(&peer);
 *     poll(…)
 *     if (!tls_link_serve(&peer, fds[i].revents)) tls_link_close(&peer);             peer.why says why
 *
 * Both sides send a certificate of the CA, and a peer may only claim a name that its certificate has as a DNS entry of
 * subjectAltName. The replica reads nothing of a peer before that is clear: neither a write nor a version nor a name. Whoever accepts a
 * connection sends nothing before, either: gossip only on links whose `name` is set. A node of the Python package is such a peer.
 *
 * OpenSSL does no I/O either: two buffers in memory stand between it and the socket. The program encrypts 16 KiB of the link's output when
 * the socket has accepted all bytes before, so a slow peer has no queue.
 */
#ifndef TLS_LINK_H
#define TLS_LINK_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <scuttle.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TLS_LINK_ACCEPTED = 0, TLS_LINK_DIALLED = 1, TLS_LINK_MAX_HELLO = 8 << 10, TLS_LINK_MAX_LINE = 16 << 20 };

typedef struct {
  int fd; /* -1: no connection */
  scuttle_t *replica;
  const char *cluster; /* that of the replica; NULL: none. A hello of another cluster has no name for it */
  int side;            /* TLS_LINK_… */
  SSL *ssl;
  scuttle_link_t *link; /* NULL until both certificates are verified */
  char *line;           /* the beginning of a line whose end has not arrived */
  size_t line_len, line_capacity;
  char name[256]; /* the name that the peer has claimed and proved; "" before */
  char why[256];  /* why tls_link_serve returned false */
} tls_link_t;

static inline const char *tls_reason(void) {
  unsigned long error = ERR_peek_error();
  const char *reason = ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error)) : ERR_reason_error_string(error);
  ERR_clear_error();
  return reason != NULL ? reason : "it cannot be used";
}

/* Returns the settings of all connections: TLS 1.3, a certificate of `ca` from each peer, no resumption, because a resumed session proves an
   older certificate. NULL with a reason. Free it by SSL_CTX_free. */
static inline SSL_CTX *tls_context(const char *ca, const char *certificate, const char *key, char *why, size_t capacity) {
  SSL_CTX *tls = SSL_CTX_new(TLS_method());
  const char *file = ca;
  bool is_set = tls != NULL && SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) == 1 &&
                SSL_CTX_load_verify_locations(tls, ca, NULL) == 1 && (file = certificate) != NULL &&
                SSL_CTX_use_certificate_chain_file(tls, certificate) == 1 && (file = key) != NULL &&
                SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) == 1 && SSL_CTX_check_private_key(tls) == 1;
  if (!is_set) {
    snprintf(why, capacity, "%s: %s", file, tls_reason());
    SSL_CTX_free(tls);
    return NULL;
  }
  SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(tls, 0);
  return tls;
}

static inline void tls_link_close(tls_link_t *c) {
  scuttle_link_close(c->link);
  SSL_free(c->ssl); /* and its buffers */
  free(c->line);
  if (c->fd >= 0) close(c->fd);
  c->fd = -1;
  c->link = NULL;
  c->ssl = NULL;
  c->line = NULL;
  c->line_len = c->line_capacity = 0;
  c->name[0] = '\0';
}

/* Returns a connection on a socket, which may still be connecting; fd -1 stays -1. `cluster` is that of the replica's configuration. */
static inline tls_link_t tls_link_on(SSL_CTX *tls, scuttle_t *replica, const char *cluster, int fd, int side) {
  tls_link_t c = {.fd = fd, .replica = replica, .cluster = cluster, .side = side};
  int on = 1;
  if (fd < 0) return c;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* the messages are small, and somebody waits for them */
  BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
  c.ssl = SSL_new(tls);
  if (c.ssl == NULL || in == NULL || out == NULL || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
    BIO_free(in);
    BIO_free(out);
    tls_link_close(&c);
    return c;
  }
  SSL_set_bio(c.ssl, in, out); /* which owns them from now on */
  if (side == TLS_LINK_DIALLED) {
    SSL_set_connect_state(c.ssl);
    SSL_do_handshake(c.ssl); /* its first message waits in the buffer until the socket is connected */
  } else {
    SSL_set_accept_state(c.ssl);
  }
  return c;
}

/* Notes why the connection is over: the first reason stands. Returns false. */
static inline bool tls_link_over(tls_link_t *c, const char *what, const char *reason) {
  if (c->why[0] == '\0') snprintf(c->why, sizeof c->why, "%s%s", what, reason);
  return false;
}

/* Returns the text of an error of the socket. A peer that closes with unread bytes resets, so both are one reason. */
static inline const char *tls_link_fault(int error) {
  return error == ECONNRESET || error == EPIPE ? "closed by the peer" : strerror(error);
}

/* Returns whether a certificate has this DNS entry, byte by byte: a wildcard proves no name. */
static inline bool tls_proves(const X509 *certificate, const char *name) {
  GENERAL_NAMES *entries = certificate ? X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL) : NULL;
  bool is_proven = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(entries) && !is_proven; i++) { /* of NULL there are -1 */
    int kind = 0;
    const ASN1_STRING *entry = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(entries, i), &kind);
    is_proven = kind == GEN_DNS && (size_t)ASN1_STRING_length(entry) == strlen(name) &&
                memcmp(ASN1_STRING_get0_data(entry), name, strlen(name)) == 0;
  }
  GENERAL_NAMES_free(entries);
  return is_proven;
}

/* Returns whether the link may read a line. A hello claims a name, and teaches a replica at once. So a replica that is thrown away reads
   each line that may be a hello before. */
static inline bool tls_link_admits(tls_link_t *c, const char *line, size_t len) {
  static const char hello[] = "\"hello\"";
  bool may_be_hello = false;
  for (size_t i = 0; i + 2 < len && !may_be_hello; i++)
    may_be_hello = (line[i] == '\\' && line[i + 1] == 'u') || (i + 7 <= len && memcmp(line + i, hello, 7) == 0);
  if (!may_be_hello) return true;

  scuttle_t *reader;
  scuttle_link_t *link;
  scuttle_config_t config = {.struct_size = sizeof config, .cluster = c->cluster};
  scuttle_link_info_t info = {.struct_size = sizeof info};
  if (scuttle_new("reader", &config, &reader) < 0) return tls_link_over(c, "", "no memory");
  bool is_read = scuttle_link_open(reader, NULL, &link) >= 0 && scuttle_link_write(link, line, len) != SCUTTLE_E_MEMORY &&
                 scuttle_link_info(link, &info) >= 0;
  bool is_proven = is_read && (info.peer_name == NULL || tls_proves(SSL_get0_peer_certificate(c->ssl), info.peer_name));
  if (is_proven && info.peer_name != NULL) snprintf(c->name, sizeof c->name, "%s", info.peer_name);
  if (!is_proven) tls_link_over(c, "the peer's certificate does not prove the name ", info.peer_name ? info.peer_name : "of its hello");
  scuttle_free(reader);
  return is_proven;
}

/* Passes whole lines to the link, and keeps the beginning of the next one. */
static inline bool tls_link_receive(tls_link_t *c, const char *bytes, size_t len) {
  while (len > 0) {
    const char *end = memchr(bytes, '\n', len);
    size_t part = end != NULL ? (size_t)(end - bytes) + 1 : len;
    if (c->line_len + part > (c->name[0] != '\0' ? TLS_LINK_MAX_LINE : TLS_LINK_MAX_HELLO)) /* strangers get little memory */
      return tls_link_over(c, "", "a line is too long");
    if (c->line_len + part > c->line_capacity) {
      size_t capacity = 2 * (c->line_len + part);
      char *line = realloc(c->line, capacity);
      if (line == NULL) return tls_link_over(c, "", "no memory");
      c->line = line;
      c->line_capacity = capacity;
    }
    memcpy(c->line + c->line_len, bytes, part);
    c->line_len += part;
    bytes += part;
    len -= part;
    if (end == NULL) return true;
    if (!tls_link_admits(c, c->line, c->line_len)) return false;
    if (scuttle_link_write(c->link, c->line, c->line_len) < 0) return tls_link_over(c, "", scuttle_errmsg(c->replica));
    c->line_len = 0;
  }
  return true;
}

/* Decrypts what has arrived, and opens the link once both certificates are verified. */
static inline bool tls_link_decrypt(tls_link_t *c) {
  char bytes[16384];
  size_t len = 0;
  for (;;) {
    ERR_clear_error();
    int done = SSL_read_ex(c->ssl, bytes, sizeof bytes, &len); /* goes on with the handshake, too */
    if (c->link == NULL && SSL_is_init_finished(c->ssl)) {
      scuttle_link_config_t live = {.struct_size = sizeof live, .flags = SCUTTLE_LINK_LIVE};
      if (scuttle_link_open(c->replica, &live, &c->link) < 0 || (c->side == TLS_LINK_DIALLED && scuttle_link_gossip(c->link) < 0))
        return tls_link_over(c, "", scuttle_errmsg(c->replica));
    }
    if (done == 1) {
      if (!tls_link_receive(c, bytes, len)) return false;
      continue;
    }
    int error = SSL_get_error(c->ssl, done);
    if (error == SSL_ERROR_WANT_READ) return true;
    if (error == SSL_ERROR_ZERO_RETURN) return tls_link_over(c, "", "closed by the peer");
    long verified = SSL_get_verify_result(c->ssl);
    if (verified != X509_V_OK) return tls_link_over(c, "the peer's certificate: ", X509_verify_cert_error_string(verified));
    return tls_link_over(c, "TLS: ", tls_reason());
  }
}

/* Sends until the link has no more output or the socket accepts no more. */
static inline bool tls_link_send(tls_link_t *c) {
  BIO *out = SSL_get_wbio(c->ssl);
  for (;;) {
    char *encrypted, bytes[16384];
    size_t len = 0, written;
    long pending = BIO_get_mem_data(out, &encrypted);
    if (pending > 0) {
      ssize_t sent = send(c->fd, encrypted, (size_t)pending, MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
      if (sent < 0) return tls_link_over(c, "", tls_link_fault(errno));
      for (size_t left = (size_t)sent; left > 0; left -= len) { /* removes what was sent */
        len = left < sizeof bytes ? left : sizeof bytes;
        BIO_read(out, bytes, (int)len);
      }
      continue;
    }
    if (c->link == NULL) return true;
    if (scuttle_link_read(c->link, bytes, sizeof bytes, &len) < 0) return tls_link_over(c, "", scuttle_errmsg(c->replica));
    if (len == 0) return true;
    if (SSL_write_ex(c->ssl, bytes, len, &written) != 1) return tls_link_over(c, "TLS: ", tls_reason()); /* memory never blocks */
  }
}

/* Returns the events for poll(): always bytes from the peer, and room in the socket if there is output. */
static inline short tls_link_events(const tls_link_t *c) {
  scuttle_span_t span;
  size_t count = 0;
  if (c->fd < 0) return 0;
  if (c->link != NULL) scuttle_link_peek(c->link, &span, 1, &count);
  return count > 0 || BIO_pending(SSL_get_wbio(c->ssl)) > 0 ? POLLIN | POLLOUT : POLLIN;
}

/* Handles the events of poll(). Returns false if the connection is over; `why` is the reason. */
static inline bool tls_link_serve(tls_link_t *c, short revents) {
  if (c->fd < 0 || revents == 0) return true;
  bool goes_on = true;
  if ((revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
    char bytes[16384];
    ssize_t len = recv(c->fd, bytes, sizeof bytes, 0);
    if (len < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return tls_link_over(c, "", tls_link_fault(errno));
    if (len == 0) return tls_link_over(c, "", "closed by the peer");
    if (len > 0 && BIO_write(SSL_get_rbio(c->ssl), bytes, (int)len) != len) return tls_link_over(c, "", "no memory");
    goes_on = tls_link_decrypt(c);
  }
  bool is_sent = tls_link_send(c); /* also after an error: an alert or a reject tells the peer why */
  return goes_on && is_sent;
}

#endif
