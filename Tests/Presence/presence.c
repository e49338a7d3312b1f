/* Presence in a simulated network: each of N replicas renews one key with a time to live and gossips with a few peers over datagrams
   that are lost and late; some of them crash. Counts how long the others hold the key of one that has crashed, how often they lose
   the key of one that is there, and the bytes that each sends. Simulated time; the same seed gives the same counts.

     presence [name=number …]     times in milliseconds; the names and their defaults are in `settings` below

   The last line is a row of the table in docs/how-to/presence.md. The status is 1 if a check has failed. */
#include <scuttle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_MTU = 60000, MAX_LINKS = 64 };

typedef struct {
  const char *name;
  uint64_t value;
} setting_t;

static setting_t settings[] = {
    {"seed", 1},         {"nodes", 1000},     {"ttl", 30000},  {"interval", 1000}, {"links", 6},  {"fanout", 1},
    {"loss", 30},        {"delay", 50},       {"crashes", 50}, {"warmup", 40000},  {"run", 60000}, {"live", 0},  {"stream", 0},
    {"max_detection", 0}, {"max_alarms", UINT64_MAX}, {"verbose", 0},
    {"mtu", 1200}, {"lossless", 0}, /* until that time a network without loss, with the largest datagrams: a quick warm-up of many nodes */
};

static uint64_t setting(const char *name) {
  size_t i;
  for (i = 0; i < sizeof settings / sizeof *settings; i++) {
    if (!strcmp(settings[i].name, name)) return settings[i].value;
  }
  abort();
}

static void set_setting(const char *text) {
  const char *equals = strchr(text, '=');
  size_t i;
  for (i = 0; equals && i < sizeof settings / sizeof *settings; i++) {
    if (strlen(settings[i].name) == (size_t)(equals - text) && !strncmp(settings[i].name, text, (size_t)(equals - text))) {
      settings[i].value = strtoull(equals + 1, NULL, 10);
      return;
    }
  }
  fprintf(stderr, "presence: no setting in %s\n", text);
  exit(2);
}

/* --- random numbers --- */

static uint64_t chance;

static uint64_t random_next(void) {
  uint64_t z = chance += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static size_t random_below(size_t limit) { return (size_t)(random_next() % limit); }

/* --- events, the earliest first --- */

typedef struct {
  uint64_t time, order;
  size_t node, link; /* a datagram for this link; or, without bytes, the node's turn */
  char *bytes;
  size_t len;
} event_t;

static event_t *events;
static size_t event_count, event_capacity;
static uint64_t event_order;

static int is_before(const event_t *a, const event_t *b) {
  return a->time != b->time ? a->time < b->time : a->order < b->order;
}

static void add_event(event_t event) {
  size_t i;
  if (event_count == event_capacity) {
    event_capacity = event_capacity ? 2 * event_capacity : 1024;
    events = (event_t *)realloc(events, event_capacity * sizeof *events);
    if (!events) abort();
  }
  event.order = ++event_order;
  for (i = event_count++; i > 0 && is_before(&event, &events[(i - 1) / 2]); i = (i - 1) / 2) events[i] = events[(i - 1) / 2];
  events[i] = event;
}

static event_t next_event(void) {
  event_t first = events[0], last = events[--event_count];
  size_t i = 0, child;
  while ((child = 2 * i + 1) < event_count) {
    if (child + 1 < event_count && is_before(&events[child + 1], &events[child])) child++;
    if (!is_before(&events[child], &last)) break;
    events[i] = events[child];
    i = child;
  }
  events[i] = last;
  return first;
}

/* --- the replicas --- */

typedef struct {
  scuttle_link_t *link;
  size_t peer, peer_link;
  size_t kind; /* of the line that is cut; above all kinds: none is */
} link_t;

typedef struct {
  scuttle_t *replica; /* NULL: crashed */
  link_t links[MAX_LINKS];
  size_t link_count;
  unsigned char *has; /* of each member, whether its key holds a value here */
  uint64_t crashed_at, dropped_at;
  size_t holders; /* of its key, among the replicas that are there */
  uint64_t bytes;
} node_t;

static node_t *nodes;
static size_t node_count;
static uint64_t now, bytes_sent, datagrams_sent, alarms, errors;
static int counts; /* 0: warm-up, 1: quiet time, 2: crashes */

static void on_update(void *context, const scuttle_update_t *update) {
  node_t *node = (node_t *)context;
  size_t member = strtoul(update->key + strlen("members/n"), NULL, 10);
  int has = !(update->flags & SCUTTLE_UPDATE_DELETED);
  node_t *other = &nodes[member];
  if (node->has[member] == has) return;
  node->has[member] = (unsigned char)has;
  if (has) {
    other->holders++;
    return;
  }
  other->holders--;
  if (!other->crashed_at) {
    alarms += counts > 0;
    if (setting("verbose")) fprintf(stderr, "%llu: a false alarm of n%zu at n%zu\n", (unsigned long long)now, member, (size_t)(node - nodes));
  } else if (other->holders == 0) {
    other->dropped_at = now;
  }
}

static void check(int code) {
  if (code < 0) errors++;
}

/* What the bytes are: the kinds of lines. A line that is cut counts as its beginning. */
static const char *const kinds[] = {"{\"key\"", "{\"digest\":true,\"hello\"", "{\"digest\":true,\"vector\"", "{\"digest\":true,\"commit\"",
                                    "{\"digest\":true,\"cover\""};
enum { KINDS = sizeof kinds / sizeof *kinds };
static uint64_t kind_bytes[KINDS + 1];

static void count_kinds(const char *bytes, size_t len, size_t *kind) {
  size_t start = 0, end, i;
  while (start < len) {
    const char *newline = (const char *)memchr(bytes + start, '\n', len - start);
    end = newline ? (size_t)(newline - bytes) + 1 : len;
    if (*kind > KINDS) {
      for (i = 0; i < KINDS; i++) {
        if (end - start >= strlen(kinds[i]) && !memcmp(bytes + start, kinds[i], strlen(kinds[i]))) break;
      }
      *kind = i;
    }
    kind_bytes[*kind] += end - start;
    if (newline) *kind = KINDS + 1;
    start = end;
  }
}

static void send_all(node_t *node, size_t index) {
  link_t *link = &node->links[index];
  char bytes[MAX_MTU];
  size_t len, mtu = now < setting("lossless") ? MAX_MTU : (size_t)setting("mtu");
  for (;;) {
    event_t event = {0, 0, 0, 0, NULL, 0};
    int code = scuttle_link_read(link->link, bytes, mtu, &len);
    check(code);
    if (code < 0 || len == 0) return;
    if (counts == 1) {
      bytes_sent += len;
      count_kinds(bytes, len, &link->kind);
      datagrams_sent++;
      node->bytes += len;
    }
    if (setting("stream")) {
      event.time = now + (setting("delay") + 1) / 2; /* the order of events is the order of the stream */
    } else {
      if (now >= setting("lossless") && random_below(100) < setting("loss")) continue;
      event.time = now + 1 + random_below((size_t)setting("delay"));
    }
    event.node = link->peer;
    event.link = link->peer_link;
    event.len = len;
    event.bytes = (char *)malloc(len);
    if (!event.bytes) abort();
    memcpy(event.bytes, bytes, len);
    add_event(event);
  }
}

static void take_turn(size_t index) {
  node_t *node = &nodes[index];
  event_t again = {0, 0, 0, 0, NULL, 0};
  size_t i, interval = (size_t)setting("interval");
  int code;
  do check(code = scuttle_tick(node->replica, now));
  while (code == SCUTTLE_MORE);
  for (i = 0; i < setting("fanout"); i++) {
    size_t link = random_below(node->link_count);
    check(scuttle_link_gossip(node->links[link].link));
    send_all(node, link);
  }
  if (setting("live")) {
    for (i = 0; i < node->link_count; i++) send_all(node, i);
  }
  again.time = now + interval * 9 / 10 + random_below(interval / 5 + 1);
  again.node = index;
  add_event(again);
}

static void deliver(event_t event) {
  node_t *node = &nodes[event.node];
  size_t i;
  if (node->replica) {
    check(scuttle_link_write(node->links[event.link].link, event.bytes, event.len));
    if (setting("live")) {
      for (i = 0; i < node->link_count; i++) send_all(node, i);
    } else {
      send_all(node, event.link);
    }
  }
  free(event.bytes);
}

static void connect_nodes(size_t a, size_t b) {
  scuttle_link_config_t config;
  node_t *ends[2];
  size_t i;
  if (a == b || nodes[a].link_count == MAX_LINKS || nodes[b].link_count == MAX_LINKS) return;
  for (i = 0; i < nodes[a].link_count; i++) {
    if (nodes[a].links[i].peer == b) return;
  }
  memset(&config, 0, sizeof config);
  config.struct_size = sizeof config;
  config.flags = (setting("stream") ? 0 : SCUTTLE_LINK_DATAGRAM) | (setting("live") ? SCUTTLE_LINK_LIVE : 0);
  ends[0] = &nodes[a];
  ends[1] = &nodes[b];
  for (i = 0; i < 2; i++) {
    link_t *link = &ends[i]->links[ends[i]->link_count];
    link->kind = KINDS + 1;
    link->peer = i ? a : b;
    link->peer_link = ends[1 - i]->link_count;
    check(scuttle_link_open(ends[i]->replica, &config, &link->link));
  }
  ends[0]->link_count++;
  ends[1]->link_count++;
}

static void make_node(size_t index) {
  char name[24], key[40], value[40];
  scuttle_config_t config;
  node_t *node = &nodes[index];
  event_t first = {0, 0, 0, 0, NULL, 0};
  memset(&config, 0, sizeof config);
  config.struct_size = sizeof config;
  config.seed = random_next() | 1;
  config.context = node;
  config.on_update = on_update;
  config.max_history = (size_t)setting("nodes");
  node->has = (unsigned char *)calloc(node_count, 1);
  if (!node->has) abort();
  snprintf(name, sizeof name, "n%zu", index);
  snprintf(key, sizeof key, "members/%s", name);
  snprintf(value, sizeof value, "\"10.0.%zu.%zu:7000\"", index / 250, index % 250);
  check(scuttle_new(name, &config, &node->replica));
  check(scuttle_tick(node->replica, now));
  check(scuttle_set_ttl(node->replica, key, SCUTTLE_NTS, value, SCUTTLE_NTS, setting("ttl") | SCUTTLE_TTL_RENEW));
  first.time = random_below((size_t)setting("interval") + 1);
  first.node = index;
  add_event(first);
}

static void crash(size_t index) {
  node_t *node = &nodes[index];
  size_t i;
  for (i = 0; i < node_count; i++) nodes[i].holders -= node->has[i];
  scuttle_free(node->replica);
  node->replica = NULL;
  node->crashed_at = now;
}

/* Runs until a time. */
static void run_until(uint64_t end) {
  while (event_count && events[0].time <= end) {
    event_t event = next_event();
    now = event.time;
    if (event.bytes) deliver(event);
    else if (nodes[event.node].replica) take_turn(event.node);
  }
  now = end;
}

static int compare(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
  size_t i, j, crashed = 0, dropped = 0, missing = 0, peak = 0;
  uint64_t *times, start, seconds;
  int failed = 0;
  for (i = 1; i < (size_t)argc; i++) set_setting(argv[i]);
  if (setting("mtu") > MAX_MTU) {
    fprintf(stderr, "presence: mtu is at most %d\n", MAX_MTU);
    return 2;
  }
  chance = setting("seed");
  node_count = (size_t)setting("nodes");
  nodes = (node_t *)calloc(node_count, sizeof *nodes);
  times = (uint64_t *)calloc(node_count, sizeof *times);
  if (!nodes || !times) abort();
  for (i = 0; i < node_count; i++) make_node(i);
  for (i = 0; i < node_count; i++) {
    for (j = 0; j < setting("links"); j++) connect_nodes(i, random_below(node_count));
  }
  run_until(setting("warmup"));
  for (i = 0; i < node_count; i++) missing += node_count - nodes[i].holders;
  counts = 1;
  start = now;
  /* First the bytes of a quiet time, in which nothing happens but renewals; then the crashes, one after the other. */
  run_until(start + setting("run"));
  seconds = setting("run") / 1000;
  for (i = 0; i < node_count; i++) {
    if (nodes[i].bytes > nodes[peak].bytes) peak = i;
  }
  printf("%zu nodes, seed %llu: %zu absent after the warm-up; %.0f bytes a second a node, %.0f at most, %.1f datagrams; %llu errors\n",
         node_count, (unsigned long long)setting("seed"), missing, (double)bytes_sent / (double)seconds / (double)node_count,
         (double)nodes[peak].bytes / (double)seconds, (double)datagrams_sent / (double)seconds / (double)node_count,
         (unsigned long long)errors);
  for (i = 0, start = 0; i <= KINDS; i++) start += kind_bytes[i];
  printf("of these: updates %.0f %%, hellos %.0f %%, vectors %.0f %%, commits %.0f %%, covers %.0f %%, other %.0f %%\n", 100.0 * (double)kind_bytes[0] / (double)start,
         100.0 * (double)kind_bytes[1] / (double)start, 100.0 * (double)kind_bytes[2] / (double)start, 100.0 * (double)kind_bytes[3] / (double)start,
         100.0 * (double)kind_bytes[4] / (double)start, 100.0 * (double)kind_bytes[5] / (double)start);
  fflush(stdout);
  counts = 2;
  start = now;
  {
    double bytes = (double)bytes_sent / (double)seconds / (double)node_count;
    uint64_t alarms_before = alarms;
    while (crashed < setting("crashes") && crashed < node_count / 2) {
      size_t victim = random_below(node_count);
      run_until(now + setting("ttl") / 4 / (setting("crashes") + 1));
      if (!nodes[victim].replica) continue;
      crash(victim);
      crashed++;
    }
    /* Until all have dropped all that have crashed, and a little longer. */
    for (i = 0; i < 8 * crashed; i++) {
      for (j = 0; j < node_count && (nodes[j].replica || !nodes[j].holders); j++) continue;
      if (j == node_count) break;
      run_until(now + setting("ttl") / crashed);
    }
    run_until(now + 5 * setting("interval"));
    for (i = 0; i < node_count; i++) {
      if (nodes[i].replica || nodes[i].holders || !nodes[i].dropped_at) continue;
      times[dropped++] = nodes[i].dropped_at - nodes[i].crashed_at;
    }
    qsort(times, dropped, sizeof *times, compare);
    printf("%zu of %zu crashed members dropped; %llu false alarms before, %llu while members crashed, in %llu seconds\n", dropped, crashed,
           (unsigned long long)alarms_before, (unsigned long long)(alarms - alarms_before), (unsigned long long)((now - start) / 1000));
    if (dropped != crashed || missing || errors) failed = 1;
    if (alarms > setting("max_alarms")) failed = 1;
    if (dropped && setting("max_detection") && times[dropped - 1] > setting("max_detection")) failed = 1;
    if (dropped) {
      printf("| %zu | %llu s | %.1f s | %llu | %llu | %.1f s | %.1f s | %.1f s | %llu | %.1f kB/s |\n", node_count, (unsigned long long)(setting("ttl") / 1000),
             (double)setting("interval") / 1000, (unsigned long long)setting("fanout"), 2 * (unsigned long long)setting("links"),
             (double)times[(dropped - 1) / 2] / 1000, (double)times[(dropped * 99 + 99) / 100 - 1] / 1000,
             (double)times[dropped - 1] / 1000, (unsigned long long)alarms, bytes / 1000);
    }
  }
  while (event_count) free(events[--event_count].bytes);
  for (i = 0; i < node_count; i++) {
    if (nodes[i].replica) scuttle_free(nodes[i].replica);
    free(nodes[i].has);
  }
  free(events);
  free(nodes);
  free(times);
  return failed;
}
