/* A replica in the child of a fork: each call returns an error, whatever the parent's threads were doing, and the parent is not
   harmed. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "check.h"
#include "support.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 60, WORKERS = 3, ADVICE_WIPE_ON_FORK = 18 };

extern char **environ;

/* Forks, and runs `child` in the child. Returns its result; -1: it crashed or was still running after 30 seconds. */
static int in_child(int (*child)(void *), void *argument) {
  int status = 0;
  pid_t pid = fork();
  if (pid == 0) {
    alarm(30);
    _exit(child(argument));
  }
  if (pid < 0 || waitpid(pid, &status, 0) != pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* In a child: the first check that failed. */
static int first_wrong, check_number;
#define HOLDS(CONDITION)                                                         \
  do {                                                                           \
    check_number++;                                                              \
    if (!(CONDITION) && !first_wrong) {                                          \
      first_wrong = check_number < 250 ? check_number : 250;                     \
      fprintf(stderr, "  in the child, %s:%d: not so: %s\n", __FILE__, __LINE__, #CONDITION); \
    }                                                                            \
  } while (0)
#define FORKED(CALL) HOLDS((CALL) == SCUTTLE_E_FORKED)

static int no_entry(void *context, size_t index, const scuttle_entry_t *entry) {
  (void)context, (void)index, (void)entry;
  return 1;
}

static int no_update(void *context, const scuttle_update_t *update) {
  (void)context;
  (void)update;
  return 1;
}

static int no_line(void *context, const char *line, size_t len) {
  (void)context;
  (void)line;
  (void)len;
  return 1;
}

static int no_source(void *context, const char *source, size_t len, uint64_t version) {
  (void)context;
  (void)source;
  (void)len;
  (void)version;
  return 1;
}

typedef struct {
  scuttle_t *replica;
  scuttle_link_t *link;
} pair_t;

/* Calls every function of the header that has a replica or a link. */
static void all_forked(scuttle_t *replica, scuttle_link_t *link) {
  char buffer[64];
  const char *text;
  size_t size = 0;
  uint64_t number = 0;
  scuttle_entry_t entry;
  scuttle_key_t key = {"k", 1};
  scuttle_span_t span;
  scuttle_link_t *opened = NULL;
  const scuttle_update_t *update = NULL;
  scuttle_update_t written;
  memset(&written, 0, sizeof written);
  FORKED(scuttle_set(replica, "k", 1, "1", 1));
  FORKED(scuttle_set_ttl(replica, "k", 1, "1", 1, 1));
  FORKED(scuttle_delete(replica, "k", 1));
  FORKED(scuttle_tick(replica, 1));
  FORKED(scuttle_get(replica, "k", 1, &entry));
  FORKED(scuttle_get_copy(replica, "k", 1, buffer, sizeof buffer, &size, &entry));
  FORKED(scuttle_get_many(replica, &key, 1, no_entry, NULL));
  FORKED(scuttle_count(replica, &size));
  FORKED(scuttle_state(replica, NULL, 0, no_update, NULL));
  FORKED(scuttle_news(replica, "a", 1, 0, no_update, NULL));
  FORKED(scuttle_history(replica, no_update, NULL));
  FORKED(scuttle_history_write(replica, &written));
  FORKED(scuttle_history_trim(replica, no_update, NULL, &size));
  FORKED(scuttle_history_keep(replica, 1000));
  FORKED(scuttle_version(replica, &number));
  FORKED(scuttle_export(replica, no_line, NULL));
  FORKED(scuttle_import(replica, "", 0));
  FORKED(scuttle_clock(replica, no_source, NULL));
  FORKED(scuttle_fingerprint(replica, &number));
  FORKED(scuttle_gossip(replica));
  FORKED(scuttle_purge(replica, &size));
  FORKED(scuttle_accept_again(replica));
  FORKED(scuttle_forget(replica, "b", 1));
  FORKED(scuttle_id(replica, &text, &size));
  FORKED(scuttle_name(replica, &text, &size));
  FORKED(scuttle_write(replica, "", 0));
  FORKED(scuttle_read(replica, buffer, sizeof buffer, &size));
  FORKED(scuttle_link_open(replica, NULL, &opened));
  HOLDS(!opened);
  FORKED(scuttle_link_gossip(link));
  FORKED(scuttle_link_write(link, "\n", 1));
  FORKED(scuttle_link_read(link, buffer, sizeof buffer, &size));
  FORKED(scuttle_link_peek(link, &span, 1, &size));
  FORKED(scuttle_link_consume(link, 0));
  FORKED(scuttle_event_update(link, &update));
  HOLDS(strcmp(scuttle_errmsg(replica), scuttle_strerror(SCUTTLE_E_FORKED)) == 0);
  HOLDS(scuttle_errmsg_copy(replica, buffer, sizeof buffer) == SCUTTLE_OK);
  HOLDS(strncmp(buffer, scuttle_strerror(SCUTTLE_E_FORKED), sizeof buffer - 1) == 0);
  HOLDS(scuttle_errmsg_copy(replica, NULL, 8) == SCUTTLE_E_ARGUMENT);
  scuttle_link_close(link);
  scuttle_link_close(link); /* it has done nothing, so a second call does nothing either */
  scuttle_free(replica);
  scuttle_free(replica);
  FORKED(scuttle_count(replica, &size));
}

/* Checks that a replica of the child works, with all functions. */
static void own_works(void) {
  scuttle_t *own = replica_make("own"), *peer = replica_make("peer");
  scuttle_link_t *here, *there;
  HOLDS(own && peer);
  if (!own || !peer) return;
  here = link_make(own);
  there = link_make(peer);
  HOLDS(set(own, "k", " { \"b\" : 1, \"a\" : 2 } ") == SCUTTLE_OK); /* through jansson */
  sync_links(here, there);
  HOLDS(count_of(peer) == 1);
  scuttle_free(own);
  scuttle_free(peer);
}

static int child_of_all(void *argument) {
  pair_t *pair = (pair_t *)argument;
  all_forked(pair->replica, pair->link);
  own_works();
  all_forked(pair->replica, pair->link); /* a new replica does not make the parent's usable */
  return first_wrong;
}

static int grandchild(void *argument) {
  pair_t *pair = (pair_t *)argument;
  scuttle_t *own = replica_make("child");
  pair_t mine = {own, link_make(own)};
  all_forked(pair->replica, pair->link);
  HOLDS(set(own, "k", "1") == SCUTTLE_OK);
  HOLDS(in_child(child_of_all, pair) == 0);
  HOLDS(in_child(child_of_all, &mine) == 0);
  HOLDS(set(own, "k", "2") == SCUTTLE_OK);
  scuttle_free(own);
  return first_wrong;
}

TEST(every_call_of_a_child_is_an_error) {
  pair_t pair = {replica_make("a"), NULL};
  pair.link = link_make(pair.replica);
  CHECK_CODE(set(pair.replica, "k", "1"), SCUTTLE_OK);
  CHECK_INT(in_child(child_of_all, &pair), 0);
  CHECK_INT(in_child(grandchild, &pair), 0);
  CHECK_CODE(set(pair.replica, "k", "2"), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_gossip(pair.link), SCUTTLE_OK);
  scuttle_free(pair.replica);
}

/* --- threads that are inside calls ----------------------------------------------------------------------------------- */

typedef struct {
  pair_t pair;
  scuttle_link_t *theirs;
  volatile int stop, problems;
} busy_t;

static void *stay_busy(void *argument) {
  busy_t *busy = (busy_t *)argument;
  char key[32], buffer[512];
  size_t len;
  int i;
  for (i = 0; !busy->stop; i++) {
    uint64_t fingerprint;
    snprintf(key, sizeof key, "key %d", i % 100);
    if (set(busy->pair.replica, key, " [ 1, 2 ] ") < 0) busy->problems++;
    if (scuttle_fingerprint(busy->pair.replica, &fingerprint) < 0) busy->problems++;
    if (scuttle_link_gossip(busy->pair.link) < 0) busy->problems++;
    len = 0;
    if (scuttle_link_read(busy->pair.link, buffer, sizeof buffer, &len) < 0) busy->problems++;
  }
  return NULL;
}

/* In a child, the allocator of AddressSanitizer deadlocks if a thread of the parent was inside of it. */
#ifdef __SANITIZE_ADDRESS__
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

static int child_of_busy(void *argument) {
  pair_t *pair = (pair_t *)argument;
  all_forked(pair->replica, pair->link);
  if (!IS_SANITIZED) own_works();
  all_forked(pair->replica, pair->link);
  return first_wrong;
}

TEST(forks_while_threads_are_in_calls) {
  busy_t busy;
  pthread_t threads[WORKERS];
  int i, wrong = 0;
  memset(&busy, 0, sizeof busy);
  busy.pair.replica = replica_make("a");
  busy.pair.link = link_make(busy.pair.replica);
  for (i = 0; i < WORKERS; i++) CHECK_INT(pthread_create(&threads[i], NULL, stay_busy, &busy), 0);
  for (i = 0; i < ROUNDS; i++) wrong += in_child(child_of_busy, &busy.pair) != 0;
  busy.stop = 1;
  for (i = 0; i < WORKERS; i++) pthread_join(threads[i], NULL);
  CHECK_INT(wrong, 0);
  CHECK_INT(busy.problems, 0);
  CHECK_INT(count_of(busy.pair.replica), 100);
  scuttle_free(busy.pair.replica);
}

static int first_replicas(void *argument) {
  (void)argument;
  own_works();
  return first_wrong;
}

static void *make_one(void *argument) {
  scuttle_t *one = replica_make("one");
  (void)argument;
  if (!one) return NULL;
  if (set(one, "k", "1") == SCUTTLE_OK) {
    scuttle_free(one);
    return argument;
  }
  return NULL;
}

static int threads_begin(void *argument) {
  pthread_t threads[WORKERS];
  int i;
  for (i = 0; i < WORKERS; i++) HOLDS(pthread_create(&threads[i], NULL, make_one, argument) == 0);
  for (i = 0; i < WORKERS; i++) {
    void *result = NULL;
    pthread_join(threads[i], &result);
    HOLDS(result == argument);
  }
  return first_wrong;
}

TEST(threads_of_a_child_make_their_first_replicas_at_once) {
  pair_t pair = {replica_make("a"), NULL};
  int i, wrong = 0;
  for (i = 0; i < ROUNDS; i++) wrong += in_child(threads_begin, &pair) != 0;
  CHECK_INT(wrong, 0);
  CHECK_INT(in_child(first_replicas, NULL), 0);
  scuttle_free(pair.replica);
}

/* --- a fork in a callback, and no fork at all ------------------------------------------------------------------------ */

typedef struct {
  scuttle_t *replica;
  pid_t child;
} forking_t;

static void fork_now(void *context, const scuttle_update_t *update) {
  forking_t *forking = (forking_t *)context;
  (void)update;
  if (forking->child) return;
  forking->child = fork();
  if (forking->child == 0) {
    uint64_t version;
    alarm(30);
    FORKED(scuttle_version(forking->replica, &version)); /* readable in callbacks, in the parent */
    scuttle_free(forking->replica);
    own_works();
    _exit(first_wrong);
  }
}

TEST(a_fork_in_a_callback) {
  forking_t forking = {NULL, 0};
  scuttle_config_t config = config_make();
  int status = -1;
  config.on_update = fork_now;
  config.context = &forking;
  CHECK_CODE(scuttle_new("a", &config, &forking.replica), SCUTTLE_OK);
  CHECK_CODE(set(forking.replica, "k", "1"), SCUTTLE_OK);
  CHECK_INT(waitpid(forking.child, &status, 0), forking.child);
  CHECK_INT(status, 0);
  CHECK_CODE(set(forking.replica, "k", "2"), SCUTTLE_OK);
  scuttle_free(forking.replica);
}

TEST(a_program_that_is_started_is_no_fork) {
  scuttle_t *replica = replica_make("a");
  char name[] = "true";
  char *arguments[] = {name, NULL};
  int i;
  for (i = 0; i < 3; i++) {
    pid_t pid = 0;
    int status = -1;
    CHECK_INT(posix_spawnp(&pid, "true", NULL, NULL, arguments, environ), 0);
    CHECK_CODE(set(replica, "k", "1"), SCUTTLE_OK);
    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK_CODE(set(replica, "k", "2"), SCUTTLE_OK);
    pid = vfork();
    if (pid == 0) _exit(0);
    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK_CODE(set(replica, "k", "3"), SCUTTLE_OK);
  }
  scuttle_free(replica);
}

CHECK_MAIN
