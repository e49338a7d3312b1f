/* One replica and its links, used from several threads at once. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "check.h"
#include "support.h"

#include <pthread.h>
#include <time.h>

enum { THREADS = 4, ROUNDS = 4000 };

typedef struct {
  scuttle_t *replica;
  scuttle_link_t *mine, *theirs; /* the two ends of a connection */
  int number;
  int problems;
} worker_t;

static void expect(worker_t *worker, int so) { worker->problems += !so; }

static void move_some(worker_t *worker, scuttle_link_t *from, scuttle_link_t *to, size_t most) {
  char buffer[512];
  size_t len = 0;
  expect(worker, scuttle_link_read(from, buffer, most < sizeof buffer ? most : sizeof buffer, &len) == SCUTTLE_OK);
  if (len) expect(worker, scuttle_link_write(to, buffer, len) >= 0);
}

static int count_visit(void *context, const scuttle_update_t *update) {
  *(size_t *)context += update->key_len > 0;
  return 0;
}

static void *work(void *argument) {
  worker_t *worker = (worker_t *)argument;
  uint64_t random = (uint64_t)worker->number + 1;
  int i;
  for (i = 0; i < ROUNDS; i++) {
    char key[32], value[64], buffer[256];
    size_t needed = 0, n = 0;
    scuttle_entry_t entry;
    uint64_t fingerprint;
    int code;
    snprintf(key, sizeof key, "key %d", (int)random_below(&random, 50));
    switch (random_below(&random, 10)) {
    case 0:
    case 1:
    case 2:
      snprintf(value, sizeof value, "{\"thread\":%d,\"round\":%d}", worker->number, i);
      expect(worker, set(worker->replica, key, value) >= 0);
      break;
    case 3: expect(worker, scuttle_delete(worker->replica, key, SCUTTLE_NTS) >= 0); break;
    case 4:
    case 5:
      code = scuttle_get_copy(worker->replica, key, SCUTTLE_NTS, buffer, sizeof buffer, &needed, &entry);
      expect(worker, code == SCUTTLE_OK || code == SCUTTLE_NOT_FOUND);
      if (code == SCUTTLE_OK) /* whole, whoever wrote it */
        expect(worker, entry.value_len > 20 && entry.value[0] == '{' && entry.value[entry.value_len - 1] == '}');
      break;
    case 6: expect(worker, scuttle_link_gossip(random_below(&random, 2) ? worker->mine : worker->theirs) >= 0); break;
    case 7:
      expect(worker, scuttle_state(worker->replica, "key 1", SCUTTLE_NTS, count_visit, &n) == SCUTTLE_OK);
      expect(worker, scuttle_fingerprint(worker->replica, &fingerprint) == SCUTTLE_OK);
      break;
    case 8:
      code = scuttle_set(worker->replica, key, SCUTTLE_NTS, "nonsense", 8);
      expect(worker, code == SCUTTLE_E_JSON);
      expect(worker, scuttle_errmsg_copy(worker->replica, buffer, sizeof buffer) == SCUTTLE_OK);
      break;
    default: {
      scuttle_link_t *link = link_make(worker->replica);
      expect(worker, scuttle_link_write(link, "{\"digest\":true,\"done\":true}\n", 28) >= 0);
      expect(worker, scuttle_link_read(link, buffer, sizeof buffer, &needed) == SCUTTLE_OK);
      scuttle_link_close(link);
    }
    }
    move_some(worker, worker->mine, worker->theirs, 1 + random_below(&random, 400));
    move_some(worker, worker->theirs, worker->mine, 1 + random_below(&random, 400));
  }
  return NULL;
}

TEST(four_threads_and_a_peer_each) {
  /* Four threads write and read one replica, and each carries the bytes between it and a peer of its own. */
  scuttle_t *replica = replica_make("shared"), *peers[THREADS];
  worker_t workers[THREADS];
  pthread_t threads[THREADS];
  int i, round;
  for (i = 0; i < THREADS; i++) {
    char id[24];
    snprintf(id, sizeof id, "peer%d", i);
    peers[i] = replica_make(id);
    workers[i].replica = replica;
    workers[i].mine = link_make(replica);
    workers[i].theirs = link_make(peers[i]);
    workers[i].number = i;
    workers[i].problems = 0;
  }
  for (i = 0; i < THREADS; i++) CHECK_INT(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
  for (i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  for (i = 0; i < THREADS; i++) CHECK_INT(workers[i].problems, 0);
  for (round = 0; round < 2; round++)
    for (i = 0; i < THREADS; i++) sync_links(workers[i].mine, workers[i].theirs);
  for (i = 0; i < THREADS; i++) CHECK_U64(fingerprint_of(peers[i]), fingerprint_of(replica));
  scuttle_free(replica);
  for (i = 0; i < THREADS; i++) scuttle_free(peers[i]);
}

typedef struct {
  scuttle_t *replicas[2];
  scuttle_link_t *links[2];
  int number, problems;
} pair_t;

static void *pair_work(void *argument) {
  pair_t *pair = (pair_t *)argument;
  uint64_t random = 100 + (uint64_t)pair->number;
  int i;
  for (i = 0; i < ROUNDS; i++) {
    int side = (int)random_below(&random, 2);
    char key[32], value[32];
    snprintf(key, sizeof key, "%d-%d", pair->number, (int)random_below(&random, 20));
    snprintf(value, sizeof value, "%d", i);
    pair->problems += set(pair->replicas[side], key, value) < 0;
    if (random_below(&random, 20) == 0) pair->problems += scuttle_gossip(pair->replicas[1 - side]) < 0;
    /* One thread alone carries the bytes, because their order matters. */
    if (pair->number == 0) {
      char buffer[300];
      size_t len = 0;
      pair->problems += scuttle_link_read(pair->links[side], buffer, sizeof buffer, &len) != SCUTTLE_OK;
      if (len) pair->problems += scuttle_link_write(pair->links[1 - side], buffer, len) < 0;
    }
  }
  return NULL;
}

TEST(two_replicas_shared_by_four_threads) {
  pair_t pairs[THREADS];
  pthread_t threads[THREADS];
  int i;
  pairs[0].replicas[0] = replica_make("a");
  pairs[0].replicas[1] = replica_make("b");
  pairs[0].links[0] = link_make(pairs[0].replicas[0]);
  pairs[0].links[1] = link_make(pairs[0].replicas[1]);
  for (i = 0; i < THREADS; i++) {
    pairs[i] = pairs[0];
    pairs[i].number = i;
    pairs[i].problems = 0;
  }
  for (i = 0; i < THREADS; i++) CHECK_INT(pthread_create(&threads[i], NULL, pair_work, &pairs[i]), 0);
  for (i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  for (i = 0; i < THREADS; i++) CHECK_INT(pairs[i].problems, 0);
  sync_links(pairs[0].links[0], pairs[0].links[1]);
  CHECK_U64(fingerprint_of(pairs[0].replicas[0]), fingerprint_of(pairs[0].replicas[1]));
  CHECK(count_of(pairs[0].replicas[0]) > 40);
  scuttle_free(pairs[0].replicas[0]);
  scuttle_free(pairs[0].replicas[1]);
}

enum { NODES = 3 };

typedef struct {
  scuttle_t *nodes[NODES];
  scuttle_link_t *from, *to; /* the connection of this thread */
  int number, problems;
  uint64_t *now; /* the host's clock, under its lock */
  pthread_mutex_t *clock;
} live_t;

static int count_line(void *context, const char *line, size_t line_len) {
  *(size_t *)context += line_len > 0 && line[line_len - 1] == '\n';
  return 0;
}

static void *live_work(void *argument) {
  live_t *live = (live_t *)argument;
  uint64_t random = 500 + (uint64_t)live->number;
  int i;
  for (i = 0; i < ROUNDS / 2; i++) {
    scuttle_t *node = live->nodes[random_below(&random, NODES)];
    char key[32], buffer[1200];
    size_t len = 0, n = 0;
    uint64_t now;
    snprintf(key, sizeof key, "key %d", (int)random_below(&random, 40));
    switch (random_below(&random, 12)) {
    case 0:
    case 1:
    case 2: live->problems += set(node, key, "[1]") < 0; break;
    case 3:
    case 4: live->problems += unset(node, key) < 0; break;
    case 5: live->problems += scuttle_set_ttl(node, key, SCUTTLE_NTS, "2", 1, random_below(&random, 50)) < 0; break;
    case 6:
      pthread_mutex_lock(live->clock);
      now = ++*live->now;
      pthread_mutex_unlock(live->clock);
      live->problems += scuttle_tick(node, now) < 0;
      break;
    case 7:
      if (random_below(&random, 20) == 0) live->problems += scuttle_purge(node, &n) != SCUTTLE_OK;
      break;
    case 8:
      if (random_below(&random, 5) == 0) live->problems += scuttle_gossip(node) < 0;
      break;
    case 9:
      if (random_below(&random, 20) == 0) live->problems += scuttle_export(node, count_line, &n) != SCUTTLE_OK || n < 2;
      break;
    case 10:
      if (random_below(&random, 20) == 0) live->problems += scuttle_forget(node, "nobody", SCUTTLE_NTS) != SCUTTLE_NOT_FOUND;
      break;
    default: live->problems += scuttle_count(node, &n) != SCUTTLE_OK;
    }
    live->problems += scuttle_link_read(live->from, buffer, sizeof buffer, &len) != SCUTTLE_OK;
    if (len) live->problems += scuttle_link_write(live->to, buffer, len) < 0;
    live->problems += scuttle_link_read(live->to, buffer, sizeof buffer, &len) != SCUTTLE_OK;
    if (len) live->problems += scuttle_link_write(live->from, buffer, len) < 0;
  }
  return NULL;
}

TEST(live_links_between_replicas_that_threads_share) {
  /* Three replicas, all linked with one another, one connection with datagrams; each thread serves one connection, and calls
     all replicas. */
  scuttle_t *nodes[NODES];
  live_t lives[NODES];
  pthread_t threads[NODES];
  pthread_mutex_t clock;
  char *states[NODES];
  uint64_t now = 0;
  int i, round;
  pthread_mutex_init(&clock, NULL);
  for (i = 0; i < NODES; i++) {
    char id[24];
    snprintf(id, sizeof id, "node%d", i);
    nodes[i] = replica_make(id);
  }
  for (i = 0; i < NODES; i++) {
    uint32_t flags = SCUTTLE_LINK_LIVE | (i == 2 ? SCUTTLE_LINK_DATAGRAM : 0);
    memcpy(lives[i].nodes, nodes, sizeof nodes);
    lives[i].from = link_with(nodes[i], flags);
    lives[i].to = link_with(nodes[(i + 1) % NODES], flags);
    lives[i].number = i;
    lives[i].problems = 0;
    lives[i].now = &now;
    lives[i].clock = &clock;
  }
  for (i = 0; i < NODES; i++) CHECK(scuttle_gossip(nodes[i]) >= 0);
  for (i = 0; i < NODES; i++) CHECK_INT(pthread_create(&threads[i], NULL, live_work, &lives[i]), 0);
  for (i = 0; i < NODES; i++) pthread_join(threads[i], NULL);
  for (i = 0; i < NODES; i++) CHECK_INT(lives[i].problems, 0);
  for (round = 0; round < 4; round++)
    for (i = 0; i < NODES; i++) sync_links(lives[i].from, lives[i].to);
  for (i = 0; i < NODES; i++) states[i] = state_text(nodes[i]);
  for (i = 1; i < NODES; i++) CHECK_STR(states[i], states[0]);
  for (i = 0; i < NODES; i++) {
    free(states[i]);
    scuttle_free(nodes[i]);
  }
  pthread_mutex_destroy(&clock);
}

typedef struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int inside, other_done;
  scuttle_t *replica;
} meeting_t;

static void *knock(void *argument) {
  meeting_t *meeting = (meeting_t *)argument;
  size_t n = 0;
  int code;
  pthread_mutex_lock(&meeting->lock);
  while (!meeting->inside) pthread_cond_wait(&meeting->changed, &meeting->lock);
  pthread_mutex_unlock(&meeting->lock);
  code = scuttle_count(meeting->replica, &n); /* waits until the callback has ended: SCUTTLE_E_BUSY is for its own thread only */
  pthread_mutex_lock(&meeting->lock);
  meeting->other_done = code == SCUTTLE_OK ? 1 : -1;
  pthread_mutex_unlock(&meeting->lock);
  return NULL;
}

static int stay(void *context, const scuttle_update_t *update) {
  meeting_t *meeting = (meeting_t *)context;
  struct timespec pause = {0, 50000000};
  (void)update;
  pthread_mutex_lock(&meeting->lock);
  meeting->inside = 1;
  pthread_cond_signal(&meeting->changed);
  pthread_mutex_unlock(&meeting->lock);
  nanosleep(&pause, NULL);
  pthread_mutex_lock(&meeting->lock);
  CHECK_INT(meeting->other_done, 0);
  pthread_mutex_unlock(&meeting->lock);
  return 0;
}

/* Two replicas whose callbacks write to each other: docs/reference/abi.md describes a safe way. */
typedef struct {
  scuttle_t *own, *other;
  char noted[32]; /* the key to set in the other one */
  int is_direct, number, problems;
} mirror_t;

static void mirror_update(void *context, const scuttle_update_t *update) {
  mirror_t *mirror = (mirror_t *)context;
  if (update->value_len == 1) return; /* "0": written by the other one */
  snprintf(mirror->noted, sizeof mirror->noted, "%.*s", (int)update->key_len, update->key);
  if (mirror->is_direct && set(mirror->other, mirror->noted, "0") < 0) mirror->problems++;
}

static void *write_mirrored(void *argument) {
  mirror_t *mirror = (mirror_t *)argument;
  int i;
  for (i = 0; i < ROUNDS / 40; i++) {
    char key[32];
    snprintf(key, sizeof key, "key %d of %d", i, mirror->number);
    if (set(mirror->own, key, "\"new\"") < 0) mirror->problems++;
    if (!mirror->is_direct && mirror->other && set(mirror->other, mirror->noted, "0") < 0) mirror->problems++;
  }
  return NULL;
}

static void run_mirrors(mirror_t *first, mirror_t *second) {
  pthread_t threads[2];
  CHECK_INT(pthread_create(&threads[0], NULL, write_mirrored, first), 0);
  CHECK_INT(pthread_create(&threads[1], NULL, write_mirrored, second), 0);
  pthread_join(threads[0], NULL);
  pthread_join(threads[1], NULL);
  CHECK_INT(first->problems + second->problems, 0);
}

TEST(callbacks_of_two_replicas_call_in_one_direction) {
  mirror_t a, b;
  scuttle_config_t config = config_make();
  memset(&a, 0, sizeof a);
  memset(&b, 0, sizeof b);
  b.own = replica_make("b");
  config.on_update = mirror_update;
  config.context = &a;
  CHECK_CODE(scuttle_new("a", &config, &a.own), SCUTTLE_OK);
  a.other = b.own;
  a.is_direct = 1;
  b.number = 1;
  run_mirrors(&a, &b);
  CHECK_INT(count_of(a.own), ROUNDS / 40);
  CHECK_INT(count_of(b.own), ROUNDS / 20);
  scuttle_free(a.own);
  scuttle_free(b.own);
}

TEST(callbacks_of_two_replicas_note_what_is_done_after_the_call) {
  mirror_t a, b;
  scuttle_config_t config = config_make();
  memset(&a, 0, sizeof a);
  memset(&b, 0, sizeof b);
  config.on_update = mirror_update;
  config.context = &a;
  CHECK_CODE(scuttle_new("a", &config, &a.own), SCUTTLE_OK);
  config.context = &b;
  CHECK_CODE(scuttle_new("b", &config, &b.own), SCUTTLE_OK);
  a.other = b.own;
  b.other = a.own;
  b.number = 1;
  run_mirrors(&a, &b);
  CHECK_INT(count_of(a.own), ROUNDS / 20);
  CHECK_INT(count_of(b.own), ROUNDS / 20);
  scuttle_free(a.own);
  scuttle_free(b.own);
}

TEST(another_thread_waits_for_the_callback) {
  meeting_t meeting;
  pthread_t thread;
  memset(&meeting, 0, sizeof meeting);
  pthread_mutex_init(&meeting.lock, NULL);
  pthread_cond_init(&meeting.changed, NULL);
  meeting.replica = replica_make("local");
  set(meeting.replica, "k", "1");
  CHECK_INT(pthread_create(&thread, NULL, knock, &meeting), 0);
  CHECK_CODE(scuttle_state(meeting.replica, NULL, 0, stay, &meeting), SCUTTLE_OK);
  pthread_join(thread, NULL);
  CHECK_INT(meeting.other_done, 1);
  scuttle_free(meeting.replica);
  pthread_mutex_destroy(&meeting.lock);
  pthread_cond_destroy(&meeting.changed);
}

static void *live_alone(void *argument) {
  int i;
  (void)argument;
  for (i = 0; i < 300; i++) {
    scuttle_t *a = replica_make("a"), *b = replica_make("b");
    scuttle_link_t *la = link_make(a), *lb = link_make(b);
    set(a, "k", "1");
    set(b, "l", "[1e400]");
    sync_links(la, lb);
    CHECK_U64(fingerprint_of(a), fingerprint_of(b));
    CHECK(scuttle_strerror(-i) != NULL);
    scuttle_free(a);
    scuttle_free(b);
  }
  return NULL;
}

TEST(replicas_of_their_own_in_each_thread) {
  pthread_t threads[THREADS];
  int i;
  for (i = 0; i < THREADS; i++) CHECK_INT(pthread_create(&threads[i], NULL, live_alone, NULL), 0);
  for (i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
}

CHECK_MAIN
