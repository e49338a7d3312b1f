/* Names that will not return, and ended incarnations: their cost, and that no update is lost with them. */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "check.h"
#include "support.h"

#include <malloc.h>

#define MOST ((size_t)1 << 24)

static const uint32_t kinds[] = {0, SCUTTLE_LINK_LIVE, SCUTTLE_LINK_DATAGRAM, SCUTTLE_LINK_DATAGRAM | SCUTTLE_LINK_LIVE};
#define KINDS (sizeof kinds / sizeof *kinds)

static void check_same(scuttle_t *a, scuttle_t *b) {
  char *of_a = state_text(a), *of_b = state_text(b);
  CHECK_STR(of_a, of_b);
  CHECK_U64(fingerprint_of(a), fingerprint_of(b));
  free(of_a);
  free(of_b);
}

static talk_t check_talk(scuttle_t *a, scuttle_t *b, uint32_t flags) {
  talk_t said = talk(a, b, flags, MOST);
  CHECK_CODE(said.code, SCUTTLE_OK);
  CHECK(!said.endless);
  return said;
}

static text_t saved(scuttle_t *replica) {
  text_t text = {NULL, 0, 0};
  export_all(replica, &text);
  return text;
}

/* Returns how often a text occurs in a replica's export. */
static size_t says(scuttle_t *replica, const char *what) {
  text_t save = saved(replica);
  size_t count = text_count(&save, what);
  text_free(&save);
  return count;
}

static size_t sources_of(scuttle_t *replica) {
  text_t vector = {NULL, 0, 0};
  char *text = clock_text(replica);
  size_t count;
  text_str(&vector, text);
  count = text_count(&vector, "\n");
  free(text);
  text_free(&vector);
  return count;
}

static size_t tombstones_of(scuttle_t *replica) { return says(replica, "\"deleted\":true"); }

static int forget(scuttle_t *replica, const char *name) { return scuttle_forget(replica, name, SCUTTLE_NTS); }

/* Makes a pod join under `name`, set a key, delete it, and leave. */
static void run_pod(scuttle_t *hub, const char *name, uint32_t flags) {
  scuttle_t *pod = replica_start(name, NULL, 0);
  set(pod, name, "\"here\"");
  check_talk(pod, hub, flags);
  if (value_of(hub, name) == NULL) CHECK_SAY("the key of %s is not at the hub", name);
  unset(pod, name);
  check_talk(pod, hub, flags);
  scuttle_free(pod);
}

/* --- pods --- */

#define PODS 1000 /* each learns of all earlier ones */

TEST(pods_of_many_names_that_are_retired) {
  scuttle_config_t config = config_start();
  scuttle_t *hub, *other, *late;
  char name[32];
  int i;
  config.max_sources = 20;
  hub = replica_with("hub", &config);
  other = replica_start("other", NULL, 0);
  for (i = 0; i < PODS; i++) {
    snprintf(name, sizeof name, "pod-%d", i);
    run_pod(hub, name, kinds[(size_t)i % KINDS]);
    CHECK_CODE(forget(hub, name), SCUTTLE_OK);
    if (i % 5 == 0) check_talk(hub, other, kinds[(size_t)i % KINDS]);
    if (check_failures > 20) break;
  }
  for (i = 0; i < 4; i++) check_talk(hub, other, 0);
  printf("  %d pods: %zu sources, %zu tombstones at the hub; %zu and %zu at its peer\n", PODS, sources_of(hub), tombstones_of(hub),
         sources_of(other), tombstones_of(other));
  CHECK(sources_of(hub) <= 20);
  CHECK(tombstones_of(hub) <= 20);
  CHECK(tombstones_of(other) <= 20);
  CHECK_INT(count_of(hub), 0);
  check_same(hub, other);
  late = replica_start("late", NULL, 0); /* max_sources rejects no peer */
  set(late, "late", "1");
  check_talk(late, hub, 0);
  CHECK_STR(value_of(hub, "late"), "1");
  scuttle_free(hub);
  scuttle_free(other);
  scuttle_free(late);
}

/* --- the cost of an ended incarnation --- */

#define ENDED 10000
#define MARK_BYTES 32 /* bytes, once on a new link */

/* Adds a save with `count` incarnations of a name: all but one of them have ended, and hold nothing. */
static void add_save(text_t *save, const char *source, const char *name, int count) {
  int i;
  text_format(save, "{\"digest\":true,\"export\":{\"source\":\"%s\",\"lamport\":%d,\"incarnation\":7}}\n", source, 2 * count + 9);
  for (i = 0; i < count; i++) {
    text_format(save, "{\"digest\":true,\"vector\":{\"incarnation\":7,\"epoch\":0,\"nonce\":0,\"lamport\":3,\"since\":0,\"until\":3,");
    text_format(save, "\"sources\":{\"%s~%08d\":[%d,%d]},\"from\":0,\"to\":0,\"last\":false}}\n", name, i, 2 * i + 2, 2 * i + 1);
  }
  text_format(save, "{\"digest\":true,\"end\":%d}\n", count + 1);
}

static scuttle_t *start_ended(const char *own, const char *name, int count, size_t max_retired, told_t *events) {
  scuttle_config_t config = config_start();
  text_t save = {NULL, 0, 0};
  scuttle_t *replica;
  add_save(&save, own, name, count);
  config.state = save.data;
  config.state_len = save.len;
  config.max_retired = max_retired;
  if (events) {
    config.on_event = note_event;
    config.context = events;
  }
  replica = replica_with(own, &config);
  CHECK(scuttle_gossip(replica) >= 0);
  text_free(&save);
  return replica;
}

/* Returns the memory of the process: of malloc, and resident. */
static size_t memory(size_t *resident) {
  long pages = 0, ours = 0;
  FILE *file;
  malloc_trim(0);
  file = fopen("/proc/self/statm", "r");
  if (!file || fscanf(file, "%ld %ld", &pages, &ours) != 2) printf("  no /proc/self/statm\n");
  if (file) fclose(file);
  *resident = (size_t)ours * 4096;
  return mallinfo2().uordblks + mallinfo2().hblkhd;
}

TEST(pods_of_one_name) {
  /* No retired source is dropped: of the incarnations of one name only the furthest counts. Then the 4,000th. */
  scuttle_config_t config = config_start();
  text_t save = {NULL, 0, 0};
  scuttle_t *hub, *late;
  int i, started;
  for (started = 0; started <= 4000; started += 4000) {
    config.max_sources = started ? 5000 : 20; /* a start has all for a moment */
    text_free(&save);
    add_save(&save, "hub", "pod", started);
    config.state = started ? save.data : NULL;
    config.state_len = started ? save.len : 0;
    hub = replica_with("hub", &config);
    for (i = 0; i < (started ? 40 : 400) && check_failures < 20; i++) run_pod(hub, "pod", kinds[(size_t)i % KINDS]);
    printf("  %d incarnations of one name: %zu sources, %zu tombstones\n", started + i, sources_of(hub), tombstones_of(hub));
    CHECK(sources_of(hub) <= 20);
    CHECK(tombstones_of(hub) <= 20);
    late = replica_start("late", NULL, 0);
    set(late, "late", "1");
    check_talk(late, hub, 0);
    CHECK_STR(value_of(hub, "late"), "1");
    scuttle_free(hub);
    scuttle_free(late);
  }
  text_free(&save);
}

TEST(memory_of_ended_incarnations) {
  /* At a replica that learns of them from a peer, so that they have used no other memory before. */
  int count;
  for (count = ENDED; count <= 6 * ENDED; count *= 6) {
    size_t before, after, resident_before, resident_after;
    scuttle_t *a = start_ended("a", "pod", count, 0, NULL), *b = replica_start("b", NULL, 0);
    text_t save;
    before = memory(&resident_before);
    check_talk(a, b, 0);
    after = memory(&resident_after);
    printf("  %d ended incarnations: %.1f bytes each of malloc's, %.1f more resident\n", count, ((double)after - (double)before) / count,
           ((double)resident_after - (double)resident_before) / count);
    CHECK(after - before <= 32 * (size_t)count + 16384);
    CHECK(sources_of(a) < 10);
    CHECK(sources_of(b) < 10);
    save = saved(b);
    printf("  its save: %.1f bytes each\n", (double)save.len / count);
    CHECK(save.len < 40 * (size_t)count);
    text_free(&save);
    scuttle_free(a);
    scuttle_free(b);
  }
}

TEST(bytes_of_ten_thousand_ended_incarnations) {
  scuttle_t *a = start_ended("a", "pod", ENDED, 0, NULL), *b = replica_start("b", NULL, 0), *none = replica_start("none", NULL, 0);
  scuttle_t *different = start_ended("different", "dop", ENDED, 0, NULL);
  scuttle_link_t *to_b, *to_a;
  size_t bytes;
  int i;
  set(a, "x", "1");
  bytes = check_talk(a, b, 0).bytes;
  printf("  a peer that knows none: %.1f bytes each, once\n", (double)bytes / ENDED);
  CHECK(bytes <= MARK_BYTES * (size_t)ENDED + 4096);
  bytes = check_talk(a, b, 0).bytes;
  printf("  a new link between two that know the same: %zu bytes\n", bytes);
  CHECK(bytes <= 4096);
  bytes = check_talk(a, b, 0).bytes;
  CHECK(bytes <= 1024);

  to_b = link_make(a);
  to_a = link_make(b);
  talk_links(to_b, to_a, MOST);
  bytes = talk_links(to_b, to_a, MOST).bytes;
  printf("  a quiet gossip of both: %zu bytes\n", bytes);
  CHECK(bytes <= 1024);
  set(a, "x", "2");
  bytes = talk_links(to_b, to_a, MOST).bytes;
  printf("  a gossip with one new update: %zu bytes\n", bytes);
  CHECK(bytes <= 3000);
  check_same(a, b);
  scuttle_link_close(to_b);
  scuttle_link_close(to_a);
  set(b, "x", "3");
  bytes = check_talk(a, b, 0).bytes;
  printf("  a new link with one new update: %zu bytes\n", bytes);
  CHECK(bytes <= 3000);

  bytes = check_talk(none, a, SCUTTLE_LINK_LIVE).bytes;
  printf("  a newcomer, live: %.1f bytes each\n", (double)bytes / ENDED);
  CHECK(bytes <= MARK_BYTES * (size_t)ENDED + 4096);
  check_same(none, a);
  bytes = check_talk(none, b, 0).bytes; /* has them from a */
  CHECK(bytes <= 4096);

  bytes = check_talk(different, a, 0).bytes;
  printf("  a peer that knows as many others: %.1f bytes each\n", (double)bytes / (2 * ENDED));
  CHECK(bytes <= MARK_BYTES * (size_t)(2 * ENDED) + 4096);
  for (i = 0; i < 3; i++) bytes = check_talk(different, a, 0).bytes;
  printf("  and then: %zu bytes\n", bytes);
  CHECK(bytes <= 1024);
  check_same(different, a);
  scuttle_free(a);
  scuttle_free(b);
  scuttle_free(none);
  scuttle_free(different);
}

TEST(ended_incarnations_cross_datagrams_once) {
  scuttle_t *a = start_ended("a", "pod", 2000, 0, NULL), *b = replica_start("b", NULL, 0);
  size_t bytes;
  int i;
  set(b, "of b", "1");
  bytes = check_talk(a, b, SCUTTLE_LINK_DATAGRAM).bytes;
  printf("  datagrams: %.1f bytes for each of 2,000\n", (double)bytes / 2000);
  CHECK(bytes <= 2 * MARK_BYTES * 2000 + 16384 /* datagrams: once in a vector and once in a commit */);
  for (i = 0; i < 3; i++) bytes = check_talk(a, b, SCUTTLE_LINK_DATAGRAM).bytes;
  printf("  and then: %zu bytes\n", bytes);
  CHECK(bytes <= 1200);
  check_same(a, b);
  scuttle_free(a);
  scuttle_free(b);
}

/* --- a small max_retired --- */

TEST(the_lowest_are_dropped_over_max_retired) {
  size_t kind;
  for (kind = 0; kind < KINDS; kind++) {
    told_t events;
    scuttle_t *a, *b, *c = replica_start("c", NULL, 0);
    int i;
    memset(&events, 0, sizeof events);
    a = start_ended("a", "pod", 300, 50, &events);
    b = start_ended("b", "dop", 300, 0, NULL);
    CHECK(says(a, "\"dropped\":") >= 1);
    check_talk(c, b, kinds[kind]);
    set(a, "x", "1");
    set(b, "y", "2");
    for (i = 0; i < 4; i++) check_talk(a, b, kinds[kind]);
    check_same(a, b);
    memset(&events, 0, sizeof events);
    CHECK(check_talk(a, b, kinds[kind]).bytes <= 1200);
    CHECK_INT(events.count[SCUTTLE_EVENT_IN_STEP], 1); /* the same vectors, although b may keep more */
    for (i = 0; i < 3; i++) check_talk(c, b, kinds[kind]);
    check_same(c, b);
    memset(&events, 0, sizeof events);
    for (i = 0; i < 3; i++) check_talk(c, a, kinds[kind]);
    CHECK(events.count[SCUTTLE_EVENT_IN_STEP] >= 1);
    CHECK_INT(events.count[SCUTTLE_EVENT_DIVERGED], 0);
    check_same(c, a);
    scuttle_free(a);
    scuttle_free(b);
    scuttle_free(c);
  }
}

/* --- scuttle_forget --- */

TEST(a_retirement_spreads_and_is_saved) {
  size_t kind;
  for (kind = 0; kind < KINDS; kind++) {
    scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0), *c = replica_start("c", NULL, 0),
              *gone = replica_start("gone", NULL, 0), *again;
    text_t save;
    int round;
    set(gone, "of gone", "1");
    set(a, "x", "1");
    check_talk(gone, a, kinds[kind]);
    scuttle_free(gone);
    for (round = 0; round < 2; round++) {
      check_talk(a, b, kinds[kind]);
      check_talk(b, c, kinds[kind]);
    }
    unset(c, "x");
    for (round = 0; round < 4; round++) {
      check_talk(a, b, kinds[kind]);
      check_talk(b, c, kinds[kind]);
    }
    CHECK_INT(tombstones_of(a), 1); /* held back by the replica that is gone */
    CHECK_CODE(forget(a, "gone"), SCUTTLE_OK);
    CHECK(says(a, "\"names\":{\"gone\":[") == 1);
    for (round = 0; round < 6; round++) {
      check_talk(a, b, kinds[kind]);
      check_talk(b, c, kinds[kind]);
    }
    CHECK(says(c, "\"names\":{\"gone\":[") == 1);
    CHECK_INT(tombstones_of(a), 0);
    CHECK_INT(tombstones_of(b), 0);
    CHECK_INT(tombstones_of(c), 0);
    CHECK_STR(value_of(c, "of gone"), "1"); /* its writes stay */
    check_same(a, c);
    check_same(b, c);
    save = saved(c);
    again = replica_start("c", save.data, save.len);
    CHECK(says(again, "\"names\":{\"gone\":[") == 1);
    scuttle_free(c);
    unset(again, "of gone");
    for (round = 0; round < 6; round++) {
      check_talk(a, b, kinds[kind]);
      check_talk(b, again, kinds[kind]);
    }
    CHECK_INT(tombstones_of(a), 0);
    CHECK_INT(tombstones_of(again), 0);
    text_free(&save);
    scuttle_free(a);
    scuttle_free(b);
    scuttle_free(again);
  }
}

TEST(a_retirement_ends_although_a_replica_restarts_meanwhile) {
  /* Each start of b sends anew what it covers of the retired sources. */
  size_t kind;
  for (kind = 0; kind < KINDS; kind++) {
    scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0), *c = replica_start("c", NULL, 0);
    text_t save;
    int round;
    set(a, "x", "1");
    set(b, "y", "1");
    set(c, "z", "1");
    check_talk(a, b, kinds[kind]);
    check_talk(a, c, kinds[kind]);
    check_talk(a, b, kinds[kind]);
    scuttle_free(c);
    CHECK_CODE(forget(a, "c"), SCUTTLE_OK);
    check_talk(a, b, kinds[kind]);
    save = saved(b);
    for (round = 0; round < 5; round++) {
      scuttle_free(b);
      b = replica_start("b", round % 2 ? NULL : save.data, round % 2 ? 0 : save.len);
      check_talk(a, b, kinds[kind]);
    }
    unset(a, "x");
    for (round = 0; round < 6; round++) check_talk(a, b, kinds[kind]);
    check_same(a, b);
    CHECK_INT(tombstones_of(a), 0);
    CHECK_INT(tombstones_of(b), 0);
    CHECK(check_talk(a, b, kinds[kind]).bytes <= 1200);
    text_free(&save);
    scuttle_free(a);
    scuttle_free(b);
  }
}

TEST(two_retire_each_other) {
  size_t kind;
  for (kind = 0; kind < KINDS; kind++) {
    scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0);
    int round;
    set(a, "x", "1");
    set(b, "y", "1");
    check_talk(a, b, kinds[kind]);
    CHECK_CODE(forget(a, "b"), SCUTTLE_OK);
    CHECK_CODE(forget(b, "a"), SCUTTLE_OK);
    for (round = 0; round < 4; round++) check_talk(a, b, kinds[kind]);
    check_same(a, b);
    CHECK(check_talk(a, b, kinds[kind]).bytes <= 1200);
    set(a, "x", "2");
    unset(b, "y");
    for (round = 0; round < 4; round++) check_talk(a, b, kinds[kind]);
    check_same(a, b);
    CHECK_INT(tombstones_of(a), 0);
    CHECK_INT(tombstones_of(b), 0);
    scuttle_free(a);
    scuttle_free(b);
  }
}

TEST(an_unknown_name) {
  scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0);
  const char *id = NULL;
  size_t len = 0;
  text_t before, after;
  set(b, "x", "1");
  check_talk(a, b, 0);
  before = saved(a);
  CHECK_CODE(forget(a, "nobody"), SCUTTLE_NOT_FOUND);
  CHECK_CODE(forget(a, ""), SCUTTLE_NOT_FOUND);
  CHECK_CODE(forget(a, "B"), SCUTTLE_NOT_FOUND);
  CHECK_CODE(scuttle_forget(a, "b\0c", 3), SCUTTLE_NOT_FOUND);
  CHECK_CODE(scuttle_forget(a, "\xff", 1), SCUTTLE_NOT_FOUND);
  CHECK_CODE(scuttle_id(b, &id, &len), SCUTTLE_OK);
  CHECK_CODE(scuttle_forget(a, NULL, 0), SCUTTLE_E_ARGUMENT);
  after = saved(a);
  CHECK_STR(after.data, before.data);
  text_free(&before);
  text_free(&after);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(retiring_the_own_name_is_leaving) {
  size_t kind;
  for (kind = 0; kind < KINDS; kind++) {
    scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0), *c = replica_start("c", NULL, 0), *again;
    text_t before, after, save;
    size_t purged;
    int round;
    set(a, "x", "1");
    check_talk(a, b, kinds[kind]);
    check_talk(c, b, kinds[kind]);
    CHECK_CODE(forget(a, "a"), SCUTTLE_OK);
    before = saved(a);
    CHECK_CODE(set(a, "y", "2"), SCUTTLE_E_UNSUPPORTED);
    CHECK_CODE(unset(a, "x"), SCUTTLE_E_UNSUPPORTED);
    CHECK_CODE(scuttle_set_ttl(a, "y", SCUTTLE_NTS, "2", SCUTTLE_NTS, 5), SCUTTLE_E_UNSUPPORTED);
    after = saved(a);
    CHECK_STR(after.data, before.data);
    CHECK_CODE(scuttle_purge(a, &purged), SCUTTLE_OK);
    CHECK_CODE(scuttle_tick(a, 5), SCUTTLE_OK);
    for (round = 0; round < 3; round++) check_talk(a, b, kinds[kind]); /* it may still gossip, and claim so */
    check_same(a, b);
    CHECK_STR(value_of(b, "x"), "1");
    save = saved(a);
    scuttle_free(a);
    unset(b, "x");
    for (round = 0; round < 5; round++) check_talk(b, c, kinds[kind]);
    CHECK_INT(tombstones_of(b), 0); /* no replica waits for it */
    CHECK_INT(tombstones_of(c), 0);
    again = replica_start("a", save.data, save.len); /* another incarnation may write */
    CHECK(set(again, "back", "3") >= 0);
    for (round = 0; round < 3; round++) check_talk(again, b, kinds[kind]);
    CHECK_STR(value_of(b, "back"), "3");
    CHECK(value_of(again, "x") == NULL);
    check_same(again, b);
    text_free(&before);
    text_free(&after);
    text_free(&save);
    scuttle_free(again);
    scuttle_free(b);
    scuttle_free(c);
  }
}

TEST(a_retired_name_that_returns_counts_again) {
  size_t kind;
  for (kind = 0; kind < KINDS * 2; kind++) {
    uint32_t flags = kinds[kind / 2];
    scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0), *c = replica_start("c", NULL, 0);
    text_t save;
    int round;
    set(a, "x", "1");
    set(c, "of c", "1");
    set(a, "y", "1");
    for (round = 0; round < 2; round++) {
      check_talk(a, b, flags);
      check_talk(a, c, flags);
    }
    save = saved(c);
    CHECK_CODE(forget(a, "c"), SCUTTLE_OK);
    unset(a, "x");
    for (round = 0; round < 5; round++) check_talk(a, b, flags);
    CHECK_INT(tombstones_of(a), 0);
    if (kind % 2) { /* it was never away, or starts again */
      scuttle_free(c);
      c = replica_start("c", save.data, save.len);
    }
    for (round = 0; round < 3; round++) {
      check_talk(c, b, flags);
      check_talk(a, b, flags);
    }
    CHECK(value_of(c, "x") == NULL);
    check_same(a, c);
    CHECK(set(c, "of c", "2") >= 0);
    for (round = 0; round < 2; round++) {
      check_talk(c, b, flags);
      check_talk(a, b, flags);
    }
    CHECK_STR(value_of(a, "of c"), "2");
    unset(a, "y"); /* c is away: the tombstone waits for c */
    for (round = 0; round < 5; round++) check_talk(a, b, flags);
    CHECK_INT(tombstones_of(a), 1);
    for (round = 0; round < 3; round++) {
      check_talk(c, b, flags);
      check_talk(a, b, flags);
    }
    CHECK_INT(tombstones_of(a), 0);
    CHECK(value_of(c, "y") == NULL);
    text_free(&save);
    scuttle_free(a);
    scuttle_free(b);
    scuttle_free(c);
  }
}

/* --- by time --- */

static scuttle_t *impatient(const char *name) {
  scuttle_config_t config = config_start();
  config.retire_after_ms = 8000;
  return replica_with(name, &config);
}

TEST(silent_names_are_retired_and_live_ones_are_not) {
  size_t kind;
  for (kind = 0; kind < KINDS; kind++) {
    scuttle_t *a = impatient("a"), *b = impatient("b"), *reader = impatient("reader"), *gone = replica_start("gone", NULL, 0);
    uint64_t now = 1;
    int round;
    set(gone, "of gone", "1");
    check_talk(gone, a, kinds[kind]);
    scuttle_free(gone);
    set(a, "x", "1");
    check_talk(a, b, kinds[kind]);
    check_talk(a, reader, kinds[kind]);
    for (round = 0; round < 40; round++) {
      now += 500;
      CHECK_CODE(scuttle_tick(a, now), SCUTTLE_OK);
      CHECK_CODE(scuttle_tick(b, now), SCUTTLE_OK);
      CHECK_CODE(scuttle_tick(reader, now), SCUTTLE_OK);
      check_talk(a, b, kinds[kind]);
      check_talk(a, reader, kinds[kind]);
      if (round == 10) CHECK(says(a, "\"gone\":[") == 0); /* not too soon */
    }
    CHECK(says(a, "\"gone\":[") >= 1);
    CHECK(says(a, "\"names\":{\"b\":[") == 0);
    CHECK(says(b, "\"names\":{\"a\":[") == 0);
    CHECK(says(b, "\"names\":{\"reader\":[") == 0);
    unset(b, "x");
    for (round = 0; round < 5; round++) {
      check_talk(a, b, kinds[kind]);
      check_talk(a, reader, kinds[kind]);
    }
    CHECK_INT(tombstones_of(a), 0);
    CHECK_INT(tombstones_of(b), 0);
    CHECK_STR(value_of(reader, "of gone"), "1");
    scuttle_free(a);
    scuttle_free(b);
    scuttle_free(reader);
  }
}

TEST(one_giant_tick_retires_no_name) {
  uint64_t steps[] = {8000, 80000, UINT64_C(1) << 40, UINT64_MAX - 1};
  size_t i;
  for (i = 0; i < 4; i++) {
    scuttle_t *a = impatient("a"), *b = replica_start("b", NULL, 0);
    set(b, "x", "1");
    check_talk(a, b, 0);
    CHECK_CODE(scuttle_tick(a, 1), SCUTTLE_OK);
    CHECK_CODE(scuttle_tick(a, 1 + steps[i]), SCUTTLE_OK);
    CHECK(says(a, "\"names\":") == 0);
    CHECK_CODE(scuttle_tick(a, UINT64_MAX), SCUTTLE_OK);
    CHECK(says(a, "\"names\":") == 0);
    CHECK_CODE(scuttle_tick(a, 0), SCUTTLE_OK); /* nor does one that goes back */
    CHECK(says(a, "\"names\":") == 0);
    scuttle_free(a);
    scuttle_free(b);
  }
}

TEST(time_alone_writes_nothing_without_retire_after) {
  scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0);
  text_t before, after;
  uint64_t now;
  set(b, "x", "1");
  check_talk(a, b, 0);
  before = saved(a);
  for (now = 1; now < 1000000000; now += 10000000) CHECK_CODE(scuttle_tick(a, now), SCUTTLE_OK);
  after = saved(a);
  CHECK_STR(after.data, before.data);
  text_free(&before);
  text_free(&after);
  scuttle_free(a);
  scuttle_free(b);
}

CHECK_MAIN
