/* Lines of a stream that are lost, repeated or swapped, as by a host that ignores short writes: their delta is void and is
   requested again, and later gossips repair everything. */
#include "check.h"
#include "support.h"

#define MOST ((size_t)1 << 22)

static const uint32_t kinds[] = {0, SCUTTLE_LINK_LIVE};

enum { LOSE, REPEAT, SWAP, CUT, FAULTS };

typedef struct {
  int fault;
  size_t line, seen; /* the disturbed line, and the count of lines so far */
  text_t held;       /* a line that the next one overtakes */
} wire_t;

static int put(scuttle_link_t *to, const char *line, size_t len) { return scuttle_link_write(to, line, len); }

/* Carries the output of `from`, line by line. Calls may return errors. */
static size_t pass_lines(scuttle_link_t *from, scuttle_link_t *to, wire_t *wire) {
  text_t out = {NULL, 0, 0};
  const char *line, *end;
  size_t len;
  read_all(from, 0, &out);
  len = out.len;
  for (line = out.data; *line; line = end) {
    size_t length;
    end = strchr(line, '\n') + 1;
    length = (size_t)(end - line);
    if (wire && wire->seen++ == wire->line) {
      switch (wire->fault) {
      case LOSE: continue;
      case REPEAT: put(to, line, length); break;
      case SWAP: text_add(&wire->held, line, length); continue;
      default: put(to, line, length / 2); continue; /* the next one continues in its middle */
      }
    }
    put(to, line, length);
    if (wire && wire->held.len) {
      put(to, wire->held.data, wire->held.len);
      text_free(&wire->held);
    }
  }
  text_free(&out);
  return len;
}

static size_t converse(scuttle_link_t *a, scuttle_link_t *b, wire_t *wire) {
  size_t total = 0, moved;
  do {
    moved = pass_lines(a, b, wire);
    moved += pass_lines(b, a, NULL);
    total += moved;
    if (total > MOST) CHECK_SAY("endless messages");
  } while (moved && total <= MOST);
  return total;
}

static scuttle_t *watched(const char *name, told_t *events, size_t history) {
  scuttle_config_t config = config_start();
  memset(events, 0, sizeof *events);
  config.max_history = history;
  config.on_event = note_event;
  config.context = events;
  return replica_with(name, &config);
}

static int differs(scuttle_t *a, scuttle_t *b) {
  char *of_a = state_text(a), *of_b = state_text(b);
  int is = strcmp(of_a, of_b) != 0;
  free(of_a);
  free(of_b);
  return is;
}

/* Makes one fault in the output of a; then undisturbed gossips. */
static void check_fault(int fault, size_t line, uint32_t flags, size_t history) {
  told_t of_a, of_b;
  scuttle_t *a = watched("a", &of_a, history), *b = watched("b", &of_b, history), *c;
  scuttle_link_t *to_b = link_with(a, flags), *to_a = link_with(b, flags);
  wire_t wire = {fault, line, 0, {NULL, 0, 0}};
  int i, round;
  set(b, "k0", "\"of b\"");
  for (i = 0; i < 6; i++) {
    char key[16];
    snprintf(key, sizeof key, "k%d", i);
    set(a, key, "\"of a\"");
  }
  unset(a, "k3");
  scuttle_link_gossip(to_b);
  scuttle_link_gossip(to_a);
  converse(to_b, to_a, &wire);
  set(a, "k1", "\"later\"");
  set(a, "k6", "\"later\"");
  converse(to_b, to_a, &wire);
  text_free(&wire.held);
  c = replica_start("c", NULL, 0); /* an empty third, which receives from b */
  for (round = 0; round < 4; round++) {
    scuttle_link_gossip(to_b);
    scuttle_link_gossip(to_a);
    converse(to_b, to_a, NULL);
    if (talk(b, c, flags, MOST).endless) CHECK_SAY("line %zu, fault %d: endless with a third", line, fault);
  }
  if (differs(a, b)) CHECK_SAY("line %zu, fault %d, flags %u, history %zu: a and b differ", line, fault, flags, history);
  talk(b, c, flags, MOST);
  if (differs(a, c)) CHECK_SAY("line %zu, fault %d, flags %u, history %zu: a and c differ", line, fault, flags, history);
  if (of_a.count[SCUTTLE_EVENT_ENDED] + of_b.count[SCUTTLE_EVENT_ENDED]) CHECK_SAY("line %zu, fault %d: a link has ended", line, fault);
  if (!of_b.count[SCUTTLE_EVENT_IN_STEP]) CHECK_SAY("line %zu, fault %d: never in step", line, fault);
  scuttle_link_gossip(to_b);
  if (converse(to_b, to_a, NULL) > 2000) CHECK_SAY("line %zu, fault %d: not quiet", line, fault);
  scuttle_free(a);
  scuttle_free(b);
  scuttle_free(c);
}

TEST(one_fault_anywhere_is_healed) {
  size_t histories[] = {1, 10, 1000}, line, i, k;
  int fault;
  for (fault = 0; fault < FAULTS; fault++)
    for (k = 0; k < 2; k++)
      for (i = 0; i < 3; i++)
        for (line = 0; line < 24; line++) check_fault(fault, line, kinds[k], histories[i]);
}

TEST(a_lost_update_is_not_covered) {
  /* Before the next request, the vector claims no more than has arrived. */
  told_t of_a, of_b;
  scuttle_t *a = watched("a", &of_a, 100), *b = watched("b", &of_b, 100);
  scuttle_link_t *to_b = link_make(a), *to_a = link_make(b);
  text_t out = {NULL, 0, 0};
  const char *line, *end, *id = "";
  size_t id_len = 0;
  int n = 0;
  scuttle_id(a, &id, &id_len);
  set(a, "one", "1");
  set(a, "two", "2");
  set(a, "three", "3");
  scuttle_link_gossip(to_a);
  move_all(to_a, to_b, NULL); /* hello */
  move_all(to_b, to_a, NULL); /* hello, request */
  move_all(to_a, to_b, NULL); /* vector */
  read_all(to_b, 0, &out);
  CHECK_INT(text_count(&out, "\"key\""), 3);
  for (line = out.data; *line; line = end) {
    end = strchr(line, '\n') + 1;
    if (strncmp(line, "{\"key\"", 6) == 0 && n++ == 1) continue;
    CHECK(put(to_a, line, (size_t)(end - line)) >= 0);
  }
  CHECK_U64(clock_of(b, id), 0);
  CHECK_STR(value_of(b, "three"), "3");
  carry(to_a, to_b); /* it has requested by itself */
  CHECK_U64(clock_of(b, id), 3);
  CHECK_STR(value_of(b, "two"), "2");
  text_free(&out);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(an_altered_line_is_healed_and_reported) {
  /* The line check does not cover memory: a value that was altered between a and b, and is valid JSON. */
  told_t of_a, of_b;
  scuttle_t *a = watched("a", &of_a, 100), *b = watched("b", &of_b, 100);
  scuttle_link_t *to_b = link_make(a), *to_a = link_make(b);
  text_t out = {NULL, 0, 0};
  char *at;
  int round;
  set(a, "k", "\"true\"");
  scuttle_link_gossip(to_a);
  move_all(to_a, to_b, NULL);
  move_all(to_b, to_a, NULL);
  move_all(to_a, to_b, NULL);
  read_all(to_b, 0, &out);
  at = strstr(out.data, "\"true\"");
  REQUIRE(at != NULL);
  memcpy(at, "\"fals\"", 6);
  scuttle_link_write(to_a, out.data, out.len);
  for (round = 0; round < 4; round++) {
    scuttle_link_gossip(to_b);
    scuttle_link_gossip(to_a);
    converse(to_b, to_a, NULL);
  }
  CHECK(!differs(a, b));
  CHECK(of_a.count[SCUTTLE_EVENT_DIVERGED] + of_b.count[SCUTTLE_EVENT_DIVERGED] > 0);
  if (of_b.count[SCUTTLE_EVENT_DIVERGED]) CHECK(of_b.link[SCUTTLE_EVENT_DIVERGED] == to_a);
  text_free(&out);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(many_faults_with_a_third_converge) {
  /* Each line has a fault with a chance of one in five, for twenty gossips; then the wires are undisturbed. */
  uint64_t seed;
  for (seed = 1; seed <= 60; seed++) {
    uint64_t random = seed;
    told_t events[3];
    scuttle_t *r[3];
    scuttle_link_t *links[3][2];
    size_t i, total = 0;
    int round;
    const char *names[] = {"a", "b", "c"};
    for (i = 0; i < 3; i++) r[i] = watched(names[i], &events[i], 5);
    for (i = 0; i < 3; i++) {
      links[i][0] = link_with(r[i], kinds[seed % 2]);
      links[i][1] = link_with(r[(i + 1) % 3], kinds[seed % 2]);
    }
    for (round = 0; round < 26; round++) {
      size_t which = random_below(&random, 3);
      char key[16];
      snprintf(key, sizeof key, "k%zu", random_below(&random, 6));
      if (round < 20) {
        if (random_below(&random, 3)) set(r[which], key, "1");
        else unset(r[which], key);
      }
      for (i = 0; i < 3; i++) {
        wire_t wire = {(int)random_below(&random, FAULTS), random_below(&random, 15), 0, {NULL, 0, 0}};
        scuttle_link_gossip(links[i][0]);
        scuttle_link_gossip(links[i][1]);
        total += converse(links[i][0], links[i][1], round < 20 ? &wire : NULL);
        text_free(&wire.held);
      }
    }
    if (differs(r[0], r[1]) || differs(r[0], r[2])) CHECK_SAY("seed %zu: they differ", (size_t)seed);
    if (total > 2000000) CHECK_SAY("seed %zu: %zu bytes", (size_t)seed, total);
    for (i = 0; i < 3; i++) {
      if (events[i].count[SCUTTLE_EVENT_ENDED]) CHECK_SAY("seed %zu: a link has ended", (size_t)seed);
      scuttle_free(r[i]);
    }
  }
}

CHECK_MAIN
