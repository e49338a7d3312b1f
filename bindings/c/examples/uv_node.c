/*
 * A node of libuv's event loop: a replica beside whatever else the loop runs. It listens, dials other nodes until they accept, and prints
 * every update.
 *
 *   cc -std=c99 uv_node.c $(pkg-config --cflags --libs scuttle libuv) -o uv_node
 *   ./uv_node ada 7001 'seats/1="taken"'
 *   ./uv_node bob 7002 7001 'seats/2="free"'
 *
 * After the name and the port to listen on (0: any) come the ports of nodes, and keys to set. Ctrl-C ends it.
 *
 * Three rules make a link fit a loop:
 *   - A prepare handle runs before each wait for events, and sends the output of every link. So no callback sends anything: whatever
 *     has set a key or read from a peer, the updates go out with the same turn of the loop.
 *   - A connection has one write at a time. While it is under way the link is not read, and nothing is queued for a slow peer.
 *   - A timer gossips, and dials the nodes that are missing.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <inttypes.h>
#include <scuttle.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { MAX_NODES = 64, GOSSIP_EVERY = 1000 /* milliseconds */ };

typedef struct connection {
  uv_tcp_t tcp; /* first: the handle is the connection */
  uv_connect_t dialling;
  uv_write_t write;
  scuttle_link_t *link; /* NULL until it is connected */
  struct connection *next;
  size_t node; /* the index of the node that it dials; MAX_NODES: it was accepted */
  bool is_writing;
  char output[16384], input[65536];
} connection_t;

static uv_loop_t *loop;
static scuttle_t *replica;
static connection_t *connections; /* all that are not closed */
static int nodes[MAX_NODES];      /* the ports to dial */
static bool is_dialled[MAX_NODES];
static size_t node_count;
static uv_tcp_t listener;
static uv_timer_t timer;
static uv_prepare_t prepare;
static uv_signal_t signals[2];

static void print_update(void *context, const scuttle_update_t *update) {
  (void)context;
  printf("%.*s = %.*s (%.*s, version %" PRIu64 ")\n", (int)update->key_len, update->key, (int)update->value_len,
         update->value, (int)update->source_len, update->source, update->version);
  fflush(stdout);
}

static void free_connection(uv_handle_t *handle) { free(handle); }

static void close_connection(connection_t *c, const char *why) {
  if (uv_is_closing((uv_handle_t *)&c->tcp)) return;
  if (c->link != NULL) fprintf(stderr, "a connection is over: %s\n", why);
  scuttle_link_close(c->link); /* a new connection gets a new link */
  c->link = NULL;
  if (c->node < MAX_NODES) is_dialled[c->node] = false;
  connection_t **at = &connections;
  while (*at != c) at = &(*at)->next;
  *at = c->next;
  uv_close((uv_handle_t *)&c->tcp, free_connection);
}

static void written(uv_write_t *write, int status) {
  connection_t *c = write->data;
  c->is_writing = false;
  if (status < 0) close_connection(c, uv_strerror(status));
}

/* Sends the output of every link that has no write under way. */
static void send_all(uv_prepare_t *handle) {
  (void)handle;
  for (connection_t *c = connections, *next; c != NULL; c = next) {
    size_t len = 0;
    next = c->next;
    if (c->link == NULL || c->is_writing) continue;
    if (scuttle_link_read(c->link, c->output, sizeof c->output, &len) < 0)
      close_connection(c, scuttle_errmsg(replica));
    else if (len > 0) {
      uv_buf_t buffer = uv_buf_init(c->output, (unsigned)len);
      c->write.data = c;
      c->is_writing = uv_write(&c->write, (uv_stream_t *)&c->tcp, &buffer, 1, written) == 0;
      if (!c->is_writing) close_connection(c, "no write");
    }
  }
}

static void provide_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  connection_t *c = (connection_t *)handle;
  (void)suggested;
  *buffer = uv_buf_init(c->input, sizeof c->input);
}

static void received(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer) {
  connection_t *c = (connection_t *)stream;
  if (len < 0)
    close_connection(c, uv_strerror((int)len));
  else if (len > 0 && scuttle_link_write(c->link, buffer->base, (size_t)len) < 0) {
    size_t last = 0; /* the link's last output tells the peer why */
    char why[200];
    snprintf(why, sizeof why, "%s", scuttle_errmsg(replica));
    if (!c->is_writing) scuttle_link_read(c->link, c->output, sizeof c->output, &last);
    uv_buf_t rest = uv_buf_init(c->output, (unsigned)last);
    if (last > 0) uv_try_write(stream, &rest, 1);
    close_connection(c, why);
  }
}

static connection_t *new_connection(size_t node) {
  connection_t *c = calloc(1, sizeof *c);
  if (c == NULL) abort();
  uv_tcp_init(loop, &c->tcp);
  c->node = node;
  c->next = connections;
  return connections = c;
}

/* Opens a link on a connection that stands. */
static void begin(connection_t *c) {
  scuttle_link_config_t config = {.struct_size = sizeof config, .flags = SCUTTLE_LINK_LIVE};
  uv_tcp_nodelay(&c->tcp, 1);
  if (scuttle_link_open(replica, &config, &c->link) < 0 || scuttle_link_gossip(c->link) < 0 ||
      uv_read_start((uv_stream_t *)&c->tcp, provide_buffer, received) != 0)
    close_connection(c, "no link");
}

static void dialled(uv_connect_t *request, int status) {
  connection_t *c = request->data;
  if (status < 0)
    close_connection(c, uv_strerror(status));
  else
    begin(c);
}

static void arrived(uv_stream_t *stream, int status) {
  connection_t *c = new_connection(MAX_NODES);
  if (status == 0 && uv_accept(stream, (uv_stream_t *)&c->tcp) == 0)
    begin(c);
  else
    close_connection(c, "not accepted");
}

static void gossip(uv_timer_t *handle) {
  (void)handle;
  for (size_t i = 0; i < node_count; i++) {
    struct sockaddr_in address;
    if (is_dialled[i]) continue;
    connection_t *c = new_connection(i);
    is_dialled[i] = true;
    c->dialling.data = c;
    uv_ip4_addr("127.0.0.1", nodes[i], &address);
    if (uv_tcp_connect(&c->dialling, &c->tcp, (const struct sockaddr *)&address, dialled) != 0) close_connection(c, "");
  }
  scuttle_gossip(replica);
}

/* Closes all handles: uv_run returns once none is left. */
static void end(uv_signal_t *handle, int number) {
  (void)handle;
  (void)number;
  while (connections != NULL) close_connection(connections, "this node ends");
  uv_close((uv_handle_t *)&listener, NULL);
  uv_close((uv_handle_t *)&timer, NULL);
  uv_close((uv_handle_t *)&prepare, NULL);
  for (int i = 0; i < 2; i++) uv_close((uv_handle_t *)&signals[i], NULL);
}

int main(int count, char **words) {
  scuttle_config_t config = {.struct_size = sizeof config, .on_update = print_update};
  if (count < 3 || count - 3 > MAX_NODES || scuttle_new(words[1], &config, &replica) < 0) {
    fprintf(stderr, "usage: %s NAME PORT [NODE'S-PORT | KEY=JSON]...\n", words[0]);
    return 2;
  }
  for (int i = 3; i < count; i++) {
    char *equals = strchr(words[i], '=');
    if (equals == NULL)
      nodes[node_count++] = atoi(words[i]);
    else if (scuttle_set(replica, words[i], (size_t)(equals - words[i]), equals + 1, SCUTTLE_NTS) < 0)
      fprintf(stderr, "%s: %s\n", words[i], scuttle_errmsg(replica));
  }

  loop = uv_default_loop();
  struct sockaddr_in address;
  int size = sizeof address;
  uv_ip4_addr("127.0.0.1", atoi(words[2]), &address);
  uv_tcp_init(loop, &listener);
  uv_tcp_bind(&listener, (const struct sockaddr *)&address, 0);
  int code = uv_listen((uv_stream_t *)&listener, 16, arrived);
  if (code == 0) code = uv_tcp_getsockname(&listener, (struct sockaddr *)&address, &size);
  if (code != 0) {
    fprintf(stderr, "cannot listen: %s\n", uv_strerror(code));
    return EXIT_FAILURE;
  }
  printf("%s listens on port %u\n", words[1], (unsigned)ntohs(address.sin_port));
  fflush(stdout);

  const int numbers[2] = {SIGINT, SIGTERM};
  for (int i = 0; i < 2; i++) {
    uv_signal_init(loop, &signals[i]);
    uv_signal_start(&signals[i], end, numbers[i]);
  }
  uv_timer_init(loop, &timer);
  uv_timer_start(&timer, gossip, 0, GOSSIP_EVERY);
  uv_prepare_init(loop, &prepare);
  uv_prepare_start(&prepare, send_all);
  uv_run(loop, UV_RUN_DEFAULT);
  uv_loop_close(loop);
  scuttle_free(replica);
  return EXIT_SUCCESS;
}
