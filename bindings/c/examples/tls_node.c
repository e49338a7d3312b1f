/*
 * A node with TLS and a store. It listens, dials its peers, again and again with growing pauses, and keeps everything in a file. It speaks
 * to nodes of the Python package and of the command line, too.
 *
 *   cc -std=c99 tls_node.c $(pkg-config --cflags --libs scuttle-store openssl) -o tls_node
 *   ./tls_node ada 127.0.0.1:7001                      ca.pem, ada.pem and ada.key are here; the file ada.scuttle comes into being
 *   ./tls_node bob 127.0.0.1:7002 127.0.0.1:7001       and the addresses of peers
 *
 * Standard input has commands: `set KEY JSON`, `del KEY`, `get KEY`. After "ok" neither a kill nor a loss of power undoes a command.
 * Standard output has the replies, and what peers change; standard error has connections.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <scuttle_store.h>
#include <signal.h>
#include <time.h>

#include "tls_link.h"

enum { MAX = 64 /* connections */, LISTENER = MAX, INPUT, COUNT };
enum { GOSSIP_EVERY = 500, MAX_SILENCE = 10000, MAX_GREETING = 5000, FIRST_PAUSE = 500, LONGEST_PAUSE = 30000 /* milliseconds */ };

#define CLUSTER NULL /* yours, such as "lamps": nodes of one cluster only exchange anything */

static scuttle_store_t *store;
static scuttle_t *replica;
static SSL_CTX *tls;
static tls_link_t links[MAX]; /* the node dials the first ones, a peer each */
static uint64_t opened_at[MAX], received_at[MAX];

static struct {
  const char *address;
  char source[300];       /* who was there last */
  uint64_t dial_at, pause; /* the next try, and how long to pause behind it */
} peers[MAX];
static int peer_count;

static void fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(EXIT_FAILURE);
}

static uint64_t now(void) { /* milliseconds */
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
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

static int listen_at(const char *text) {
  struct sockaddr_in address = to_address(text);
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 16) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &size) != 0)
    fail(text, strerror(errno));
  fprintf(stderr, "listens on port %u\n", (unsigned)ntohs(address.sin_port));
  return fd;
}

static int dial(const char *text) { /* poll() tells when the connection stands or has failed */
  struct sockaddr_in address = to_address(text);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) return fd;
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 || errno == EINPROGRESS) return fd;
  close(fd);
  return -1;
}

static void open_link(int i, int fd, int side) {
  links[i] = tls_link_on(tls, replica, CLUSTER, fd, side);
  opened_at[i] = received_at[i] = now();
}

static void close_link(int i) {
  static char latest[MAX][sizeof links[0].why]; /* a peer that is dialled again and again for one reason is one line */
  if (i >= peer_count || strcmp(latest[i], links[i].why) != 0 || links[i].name[0])
    fprintf(stderr, "the connection %s %s is over: %s\n", links[i].name[0] ? "with" : i < peer_count ? "to" : "from",
            links[i].name[0] ? links[i].name : i < peer_count ? peers[i].address : "a stranger", links[i].why);
  memcpy(latest[i], links[i].why, sizeof latest[i]);
  tls_link_close(&links[i]);
}

static const char *source_of(int i) { /* who writes at the other end; NULL before the hello */
  scuttle_link_info_t info = {.struct_size = sizeof info};
  return links[i].link != NULL && scuttle_link_info(links[i].link, &info) >= 0 ? info.peer_source : NULL;
}

/* Returns the link to a source, other than link `but`; -1 if there is none. */
static int find_link(const char *source, int but) {
  for (int i = 0; i < MAX && source[0] != '\0'; i++)
    if (i != but && source_of(i) != NULL && strcmp(source_of(i), source) == 0) return i;
  return -1;
}

/* Link `i` has received the first hello. Of two connections between the same two incarnations the one stays that the lesser source has
   dialled: both sides know the rule. */
static void greet(int i) {
  const char *own, *source = source_of(i);
  size_t len;
  if (source == NULL) return;
  fprintf(stderr, "connected to %s\n", links[i].name);
  if (i < peer_count) snprintf(peers[i].source, sizeof peers[i].source, "%s", source);
  int other = find_link(source, i);
  if (other < 0 || scuttle_id(replica, &own, &len) < 0 || (i >= peer_count && other >= peer_count)) return;
  bool is_dialled = i < peer_count, is_dialled_kept = strcmp(own, source) < 0;
  int lesser = (is_dialled && other < peer_count) || is_dialled != is_dialled_kept ? i : other;
  tls_link_over(&links[lesser], "", "it is the second one");
  close_link(lesser);
}

/* Closes connections that have been silent for too long, as a cut cable is, and dials the peers that are missing. Returns the time of the
   next call. */
static uint64_t keep_links(uint64_t time) {
  for (int i = 0; i < MAX; i++) {
    if (links[i].fd < 0) continue;
    bool is_stranger = links[i].name[0] == '\0';
    if (time > received_at[i] + MAX_SILENCE || (is_stranger && time > opened_at[i] + MAX_GREETING)) {
      tls_link_over(&links[i], "", is_stranger ? "no hello in time" : "silence");
      close_link(i);
    } else if (!is_stranger) {
      scuttle_link_gossip(links[i].link);
    }
  }
  for (int i = 0; i < peer_count; i++) {
    if (links[i].name[0] != '\0' && time > opened_at[i] + 4 * peers[i].pause) peers[i].pause = FIRST_PAUSE; /* it has lasted */
    if (links[i].fd >= 0 || time < peers[i].dial_at || find_link(peers[i].source, -1) >= 0) continue;
    open_link(i, dial(peers[i].address), TLS_LINK_DIALLED);
    peers[i].dial_at = time + peers[i].pause / 2 + (uint64_t)rand() % (peers[i].pause / 2); /* nodes that start together do not dial together */
    if ((peers[i].pause *= 2) > LONGEST_PAUSE) peers[i].pause = LONGEST_PAUSE;
  }
  return time + GOSSIP_EVERY;
}

static void print_update(void *context, const scuttle_update_t *update) {
  (void)context;
  if (update->flags & SCUTTLE_UPDATE_LOCAL) return;
  if (update->key_len > 9 && memcmp(update->key, "~scuttle/", 9) == 0) return; /* what nodes of the Python package write about themselves */
  if (update->flags & SCUTTLE_UPDATE_DELETED)
    printf("%.*s is deleted\n", (int)update->key_len, update->key);
  else
    printf("%.*s = %.*s\n", (int)update->key_len, update->key, (int)update->value_len, update->value);
}

static void obey(char *line) {
  scuttle_entry_t entry;
  const char *verb = strtok(line, " \n"), *key = strtok(NULL, " \n"), *value = strtok(NULL, "\n");
  int code;
  if (verb == NULL) return;
  if (key != NULL && strcmp(verb, "get") == 0) {
    code = scuttle_get(replica, key, SCUTTLE_NTS, &entry);
    if (code >= 0) puts(code == SCUTTLE_OK ? entry.value : "nothing");
  } else if (key != NULL && value != NULL && strcmp(verb, "set") == 0) {
    code = scuttle_set(replica, key, SCUTTLE_NTS, value, SCUTTLE_NTS);
  } else if (key != NULL && strcmp(verb, "del") == 0) {
    code = scuttle_delete(replica, key, SCUTTLE_NTS);
  } else {
    puts("set KEY JSON, del KEY, or get KEY");
    return;
  }
  if (code < 0)
    puts(scuttle_errmsg(replica));
  else if (strcmp(verb, "get") != 0)
    puts(scuttle_store_sync(store) < 0 ? scuttle_store_errmsg(store) : "ok");
}

static void accept_link(int listener) {
  int fd = accept(listener, NULL, NULL), i = peer_count;
  while (i < MAX && links[i].fd >= 0) i++;
  if (fd >= 0 && i < MAX)
    open_link(i, fd, TLS_LINK_ACCEPTED);
  else if (fd >= 0)
    close(fd);
}

int main(int count, char **words) {
  char why[512] = "", certificate[300], key[300], line[4096];
  scuttle_config_t config = {.struct_size = sizeof config, .cluster = CLUSTER, .on_update = print_update};
  scuttle_store_config_t in_file = {.struct_size = sizeof in_file, .replica = &config, .sync_ms = 1000, .message = why, .message_capacity = sizeof why};
  struct pollfd fds[COUNT];
  peer_count = count - 3;
  if (peer_count < 0 || peer_count > MAX / 2) fail("usage", "tls_node NAME ADDRESS:PORT [PEER'S-ADDRESS:PORT]...");
  signal(SIGPIPE, SIG_IGN);
  setvbuf(stdin, NULL, _IONBF, 0); /* so that poll() sees each line */
  setvbuf(stdout, NULL, _IOLBF, 0);
  snprintf(certificate, sizeof certificate, "%s.pem", words[1]);
  snprintf(key, sizeof key, "%s.key", words[1]);
  if ((tls = tls_context("ca.pem", certificate, key, why, sizeof why)) == NULL) fail("no TLS", why);
  if (!tls_proves(SSL_CTX_get0_certificate(tls), words[1]))
    fprintf(stderr, "%s does not prove the name %s, so peers will refuse this node\n", certificate, words[1]);
  if (scuttle_store_open(".", words[1], &in_file, &store) < 0) fail(words[1], why);
  replica = scuttle_store_replica(store);
  for (int i = 0; i < MAX; i++) links[i].fd = -1;
  for (int i = 0; i < peer_count; i++) {
    to_address(words[i + 3]); /* or the end */
    peers[i].address = words[i + 3];
    peers[i].pause = FIRST_PAUSE;
  }
  srand((unsigned)now() ^ (unsigned)getpid());
  fds[LISTENER] = (struct pollfd){listen_at(words[2]), POLLIN, 0};
  fds[INPUT] = (struct pollfd){STDIN_FILENO, POLLIN, 0};

  for (uint64_t keep_at = 0, time = now();; time = now()) {
    if (time >= keep_at) keep_at = keep_links(time);
    while (scuttle_tick(replica, time) == SCUTTLE_MORE) {}
    if (scuttle_store_save(store) < 0) fprintf(stderr, "%s\n", scuttle_store_errmsg(store)); /* the next turn tries again */
    for (int i = 0; i < MAX; i++) fds[i] = (struct pollfd){links[i].fd, tls_link_events(&links[i]), 0};
    if (poll(fds, COUNT, (int)(keep_at - time)) <= 0) continue;
    for (int i = 0; i < MAX; i++) {
      bool is_stranger = links[i].name[0] == '\0';
      if (fds[i].revents & POLLIN) received_at[i] = now();
      bool goes_on = tls_link_serve(&links[i], fds[i].revents);
      if (is_stranger && links[i].name[0] != '\0') greet(i); /* also if it is over: who is there must not be dialled again */
      if (!goes_on && links[i].fd >= 0) close_link(i);
    }
    if (fds[LISTENER].revents) accept_link(fds[LISTENER].fd);
    if (fds[INPUT].revents) {
      if (fgets(line, sizeof line, stdin) == NULL) break; /* the end of the commands is the end of the node */
      obey(line);
    }
  }
  for (int i = 0; i < MAX; i++) tls_link_close(&links[i]);
  SSL_CTX_free(tls);
  if (scuttle_store_close(store) < 0) fail(words[1], "the last changes are not on the disk");
  return EXIT_SUCCESS;
}
