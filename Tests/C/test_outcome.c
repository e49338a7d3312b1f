/* The write that stands in the end: small random histories through the public interface, with deletes, forced purges, strangers
   and starts from saves. If the greatest write of a key is a value, it stands. */
#include "check.h"
#include "support.h"

#define MOST ((size_t)1 << 22)

static const uint32_t kinds[] = {0, SCUTTLE_LINK_LIVE, SCUTTLE_LINK_DATAGRAM, SCUTTLE_LINK_DATAGRAM | SCUTTLE_LINK_LIVE};
#define KINDS (sizeof kinds / sizeof *kinds)

static talk_t check_talk(scuttle_t *a, scuttle_t *b, uint32_t flags) {
  talk_t said = talk(a, b, flags, MOST);
  CHECK_CODE(said.code, SCUTTLE_OK);
  CHECK(!said.endless);
  return said;
}

static void check_same(scuttle_t *a, scuttle_t *b) {
  char *of_a = state_text(a), *of_b = state_text(b);
  CHECK_STR(of_a, of_b);
  CHECK_U64(fingerprint_of(a), fingerprint_of(b));
  free(of_a);
  free(of_b);
}

/* --- a newcomer with defaults --- */

static void newcomer(uint32_t flags, int is_forced, int has_hub) {
  scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0), *n = replica_start("n", NULL, 0),
            *hub = replica_start("hub", NULL, 0);
  scuttle_entry_t before, after;
  char source[300];
  size_t purged;
  int i;
  for (i = 1; i <= 59; i++) {
    char value[16];
    snprintf(value, sizeof value, "%d", i);
    set(a, "limit", value);
  }
  set(a, "other", "1");
  check_talk(a, b, flags);
  unset(a, "other");
  for (i = 0; i < 4; i++) check_talk(a, b, flags);
  if (is_forced) {
    CHECK_CODE(scuttle_purge(a, &purged), SCUTTLE_OK);
    CHECK_CODE(scuttle_purge(b, &purged), SCUTTLE_OK);
  }
  CHECK_CODE(scuttle_get(a, "limit", SCUTTLE_NTS, &before), SCUTTLE_OK);
  snprintf(source, sizeof source, "%s", before.source);
  set(n, "limit", "\"default\"");
  set(n, "mine", "1");
  set(n, "other", "\"default\"");
  if (has_hub) {
    check_talk(n, hub, flags);
    check_talk(hub, a, flags);
    check_talk(hub, n, flags);
    check_talk(hub, b, flags);
  }
  check_talk(n, a, flags);
  check_talk(n, b, flags);
  check_talk(a, b, flags);
  check_talk(n, a, flags);
  CHECK_STR(value_of(n, "limit"), "59");
  CHECK_STR(value_of(a, "limit"), "59");
  CHECK_STR(value_of(b, "mine"), "1");
  CHECK_CODE(scuttle_get(n, "limit", SCUTTLE_NTS, &after), SCUTTLE_OK);
  CHECK_U64(after.version, 59);
  CHECK_STR(after.source, source);
  check_same(a, b);
  check_same(a, n);
  scuttle_free(a);
  scuttle_free(b);
  scuttle_free(n);
  scuttle_free(hub);
}

TEST(a_newcomer_with_defaults_overwrites_nothing) {
  size_t kind;
  for (kind = 0; kind < KINDS * 4; kind++) newcomer(kinds[kind % KINDS], (int)(kind / KINDS) % 2, (int)(kind / KINDS) / 2);
}

TEST(many_newcomers_at_once) {
  /* Pods of one image that start before the network is up. */
  scuttle_t *a = replica_start("a", NULL, 0), *n[8];
  size_t purged;
  int i, round;
  for (i = 0; i < 30; i++) set(a, "limit", "30");
  unset(a, "x");
  CHECK_CODE(scuttle_purge(a, &purged), SCUTTLE_OK);
  for (i = 0; i < 8; i++) {
    char name[16];
    snprintf(name, sizeof name, "n%d", i);
    n[i] = replica_start(name, NULL, 0);
    set(n[i], "limit", "0");
    set(n[i], name, "1");
  }
  for (i = 0; i < 7; i++) check_talk(n[i], n[i + 1], 0);
  for (round = 0; round < 3; round++)
    for (i = 0; i < 8; i++) check_talk(n[i], a, kinds[(size_t)i % KINDS]);
  for (i = 0; i < 8; i++) {
    check_same(n[i], a);
    CHECK_STR(value_of(n[i], "limit"), "30");
    CHECK_INT(count_of(n[i]), 9);
    scuttle_free(n[i]);
  }
  scuttle_free(a);
}

/* --- random histories --- */

#define KEYS 4
#define REPLICAS 5

typedef struct {
  uint64_t version;
  char source[64];
  char value[24]; /* empty: a delete */
} write_t;

typedef struct {
  scuttle_t *replicas[REPLICAS];
  text_t saves[REPLICAS];
  size_t count;
  write_t greatest[KEYS];
  int next;
} world_t;

static const char *names[] = {"A", "B", "C", "D", "E"};

static void note_write(world_t *world, size_t who, size_t key, const char *value) {
  const char *id = "";
  size_t len = 0;
  uint64_t version = version_of(world->replicas[who]);
  write_t *write = &world->greatest[key];
  int order;
  scuttle_id(world->replicas[who], &id, &len);
  order = strcmp(id, write->source);
  if (version < write->version || (version == write->version && order < 0)) return;
  write->version = version;
  snprintf(write->source, sizeof write->source, "%s", id);
  snprintf(write->value, sizeof write->value, "%s", value);
}

static void step(world_t *world, uint64_t *random) {
  size_t who = random_below(random, world->count), other = random_below(random, world->count), key = random_below(random, KEYS);
  scuttle_t *replica = world->replicas[who];
  char name[16], value[24];
  size_t purged;
  snprintf(name, sizeof name, "k%zu", key);
  switch (random_below(random, 12)) {
  case 0: case 1: case 2: case 3:
    snprintf(value, sizeof value, "%d", ++world->next);
    if (set(replica, name, value) >= 0) note_write(world, who, key, value);
    break;
  case 4: case 5:
    if (unset(replica, name) >= 0) note_write(world, who, key, "");
    break;
  case 6: scuttle_purge(replica, &purged); break;
  case 7:
    if (world->count < REPLICAS) { /* a stranger */
      world->replicas[world->count] = replica_start(names[world->count], NULL, 0);
      world->count++;
    }
    break;
  case 8:
    text_free(&world->saves[who]);
    export_all(replica, &world->saves[who]);
    break;
  case 9:
    if (random_below(random, 3) == 0) { /* it has sent its writes; then it starts from its last save */
      talk(replica, world->replicas[other == who ? (who + 1) % world->count : other], 0, MOST);
      scuttle_free(replica);
      world->replicas[who] = replica_start(names[who], world->saves[who].data, world->saves[who].len);
    }
    break;
  default:
    if (who != other) {
      uint32_t kind = kinds[random_below(random, KINDS)];
      size_t most = random_below(random, 3) ? MOST : random_below(random, 2000); /* a connection may break */
      CHECK_CODE(talk(replica, world->replicas[other], kind, most).code, SCUTTLE_OK);
    }
  }
}

static void check_world(uint64_t seed, size_t steps) {
  uint64_t random = seed;
  world_t world;
  size_t i, j;
  int round;
  memset(&world, 0, sizeof world);
  world.count = 2;
  for (i = 0; i < 2; i++) world.replicas[i] = replica_start(names[i], NULL, 0);
  for (i = 0; i < steps; i++) step(&world, &random);
  for (round = 0; round < 6; round++)
    for (i = 0; i < world.count; i++)
      for (j = i + 1; j < world.count; j++) check_talk(world.replicas[i], world.replicas[j], kinds[(i + j) % KINDS]);
  for (i = 1; i < world.count; i++) check_same(world.replicas[0], world.replicas[i]);
  for (i = 0; i < KEYS; i++) {
    char name[16];
    scuttle_entry_t entry;
    if (!world.greatest[i].version || !*world.greatest[i].value) continue; /* a delete: it may be purged */
    snprintf(name, sizeof name, "k%zu", i);
    memset(&entry, 0, sizeof entry);
    scuttle_get(world.replicas[0], name, SCUTTLE_NTS, &entry);
    if (strcmp(entry.value, world.greatest[i].value) != 0 || entry.version != world.greatest[i].version ||
        strcmp(entry.source, world.greatest[i].source) != 0)
      CHECK_SAY("seed %llu: %s holds %s of version %llu by %s, not %s of %llu by %s", (unsigned long long)seed, name, entry.value,
                (unsigned long long)entry.version, entry.source ? entry.source : "", world.greatest[i].value,
                (unsigned long long)world.greatest[i].version, world.greatest[i].source);
  }
  if (check_talk(world.replicas[0], world.replicas[1], 0).bytes > 2500) CHECK_SAY("seed %llu: not quiet", (unsigned long long)seed);
  for (i = 0; i < world.count; i++) scuttle_free(world.replicas[i]);
  for (i = 0; i < REPLICAS; i++) text_free(&world.saves[i]);
}

TEST(the_greatest_value_stands_in_short_histories) {
  uint64_t seed;
  for (seed = 1; seed <= 1500 && check_failures < 10; seed++) check_world(seed, 12);
}

TEST(the_greatest_value_stands_in_longer_histories) {
  uint64_t seed;
  for (seed = 100001; seed <= 100300 && check_failures < 10; seed++) check_world(seed, 80);
}

CHECK_MAIN
