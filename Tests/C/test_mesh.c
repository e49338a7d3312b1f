/* Three replicas in a mesh, lines cut and calls interleaved by a seed, connections that break: they converge. */
#include "check.h"
#include "support.h"

enum { NODES = 3 };

typedef struct {
  scuttle_t *nodes[NODES];
  scuttle_link_t *links[NODES][NODES]; /* [from][to], NULL on the diagonal */
  uint64_t seed, random;
  uint32_t flags; /* that links may have, at random */
} mesh_t;

static int smaller_text(void *context, const scuttle_update_t *update, const scuttle_update_t *current) {
  size_t len;
  int order;
  (void)context;
  if (!current) return 1;
  len = update->value_len < current->value_len ? update->value_len : current->value_len;
  order = memcmp(update->value, current->value, len);
  if (order) return order < 0;
  if (update->value_len != current->value_len) return update->value_len < current->value_len;
  if ((update->flags ^ current->flags) & SCUTTLE_UPDATE_DELETED) return (update->flags & SCUTTLE_UPDATE_DELETED) != 0;
  if (update->version != current->version) return update->version > current->version;
  len = update->source_len < current->source_len ? update->source_len : current->source_len;
  order = memcmp(update->source, current->source, len);
  return order ? order > 0 : update->source_len > current->source_len;
}

static void join(mesh_t *mesh, int a, int b) {
  /* Pairs keep the classic dialect for good: a replica that has purged cannot reset a classic peer. */
  uint32_t classic = (mesh->seed >> (a + b)) & 1 ? SCUTTLE_LINK_CLASSIC & mesh->flags : 0;
  uint32_t live = SCUTTLE_LINK_LIVE & mesh->flags;
  if (mesh->links[a][b]) {
    scuttle_link_close(mesh->links[a][b]);
    scuttle_link_close(mesh->links[b][a]);
  }
  mesh->links[a][b] = link_with(mesh->nodes[a], classic | ((uint32_t)random_next(&mesh->random) & live));
  mesh->links[b][a] = link_with(mesh->nodes[b], classic | ((uint32_t)random_next(&mesh->random) & live));
}

static void transfer(mesh_t *mesh, int from, int to, size_t most) {
  char buffer[2048];
  size_t len = 0;
  if (random_below(&mesh->random, 2)) {
    CHECK_CODE(scuttle_link_read(mesh->links[from][to], buffer, most, &len), SCUTTLE_OK);
  } else { /* by peek and consume */
    scuttle_span_t spans[4];
    size_t count = 0, i;
    CHECK_CODE(scuttle_link_peek(mesh->links[from][to], spans, 1 + random_below(&mesh->random, 4), &count), SCUTTLE_OK);
    for (i = 0; i < count && len < most; i++) {
      size_t part = spans[i].len < most - len ? spans[i].len : most - len;
      memcpy(buffer + len, spans[i].data, part);
      len += part;
    }
    CHECK_CODE(scuttle_link_consume(mesh->links[from][to], len), SCUTTLE_OK);
  }
  if (len) {
    int code = scuttle_link_write(mesh->links[to][from], buffer, len);
    if (code < 0) CHECK_SAY("seed %d: %d rejects output of %d: %s: %.*s", (int)mesh->seed, to, from, code_name(code), (int)len, buffer);
  }
}

static void step(mesh_t *mesh, int may_break) {
  int a = (int)random_below(&mesh->random, NODES), b = (a + 1 + (int)random_below(&mesh->random, NODES - 1)) % NODES;
  char key[24], value[32];
  switch (random_below(&mesh->random, 20)) {
  case 0:
  case 1:
  case 2:
  case 3:
    snprintf(key, sizeof key, "k%d", (int)random_below(&mesh->random, 40));
    snprintf(value, sizeof value, random_below(&mesh->random, 2) ? "%d" : "[%d]", (int)random_below(&mesh->random, 30));
    CHECK(set(mesh->nodes[a], key, value) >= 0);
    break;
  case 4:
    snprintf(key, sizeof key, "k%d", (int)random_below(&mesh->random, 40));
    CHECK(scuttle_delete(mesh->nodes[a], key, SCUTTLE_NTS) >= 0);
    break;
  case 5: CHECK(scuttle_gossip(mesh->nodes[a]) >= 0); break;
  case 6: CHECK(scuttle_link_gossip(mesh->links[a][b]) >= 0); break;
  case 7:
    if (may_break && random_below(&mesh->random, 10) == 0) join(mesh, a, b); /* bytes on their way are lost */
    break;
  default: transfer(mesh, a, b, 1 + random_below(&mesh->random, random_below(&mesh->random, 4) ? 60 : 2000)); break;
  }
}

static void settle(mesh_t *mesh) {
  int round, a, b;
  size_t moved;
  for (round = 0; round < 4; round++) {
    for (a = 0; a < NODES; a++) CHECK(scuttle_gossip(mesh->nodes[a]) >= 0);
    do {
      moved = 0;
      for (a = 0; a < NODES; a++)
        for (b = 0; b < a; b++)
          if (mesh->links[a][b]) moved += carry(mesh->links[a][b], mesh->links[b][a]);
    } while (moved);
  }
}

static void run(uint64_t seed, uint32_t resolver, int host, int may_break, size_t mtu, size_t history, uint32_t flags) {
  mesh_t mesh;
  char *states[NODES];
  int a, b, i;
  memset(&mesh, 0, sizeof mesh);
  mesh.seed = mesh.random = seed;
  mesh.flags = flags;
  for (a = 0; a < NODES; a++) {
    scuttle_config_t config = config_make();
    char id[24];
    config.seed = seed * 16 + (uint64_t)a + 1;
    config.resolver = resolver;
    config.mtu = mtu;
    config.max_history = history;
    if (host) config.resolve = smaller_text;
    snprintf(id, sizeof id, "node%d", a);
    mesh.nodes[a] = replica_with(id, &config);
  }
  for (a = 0; a < NODES; a++)
    for (b = 0; b < a; b++) join(&mesh, a, b);
  for (i = 0; i < 400; i++) step(&mesh, may_break);
  settle(&mesh);
  for (a = 0; a < NODES; a++) states[a] = state_text(mesh.nodes[a]);
  for (a = 1; a < NODES; a++) {
    if (fingerprint_of(mesh.nodes[a]) != fingerprint_of(mesh.nodes[0]) || strcmp(states[a], states[0]) != 0)
      CHECK_SAY("seed %d, resolver %d%s, mtu %d, history %d: node 0 holds\n%snode %d holds\n%s", (int)seed, (int)resolver, host ? " host" : "", (int)mtu,
                (int)history, states[0], a, states[a]);
    CHECK_INT(count_of(mesh.nodes[a]), count_of(mesh.nodes[0]));
  }
  for (a = 0; a < NODES; a++) {
    free(states[a]);
    scuttle_free(mesh.nodes[a]);
  }
}

/* SCUTTLE_SEED=n runs that seed alone, SCUTTLE_SEEDS=n the first n. */
static uint64_t number_from(const char *name, uint64_t otherwise) {
  const char *text = getenv(name);
  return text ? strtoull(text, NULL, 10) : otherwise;
}

static void run_seeds(uint32_t resolver, int host, int may_break, uint64_t count, uint32_t flags) {
  uint64_t seed = number_from("SCUTTLE_SEED", 1), last = number_from("SCUTTLE_SEED", number_from("SCUTTLE_SEEDS", count));
  printf("  seeds %d to %d\n", (int)seed, (int)last);
  for (; seed <= last; seed++) {
    run(seed, resolver, host, may_break, 1 + seed % 12, 1 + seed % 7 * 5, flags);
    if (check_failures) {
      printf("  first failure with seed %d\n", (int)seed);
      break;
    }
  }
}

TEST(converges_by_default) { run_seeds(SCUTTLE_LWW_VS_CLOCK, 0, 0, 300, 0); }
TEST(converges_by_current_version) { run_seeds(SCUTTLE_LWW_VS_CURRENT_VERS, 0, 0, 100, 0); }
TEST(converges_by_value) { run_seeds(SCUTTLE_STRICTLY_ORDER_VALUES, 0, 0, 300, 0); }
TEST(converges_by_the_host) { run_seeds(0, 1, 0, 300, 0); }
TEST(converges_when_connections_break) { run_seeds(SCUTTLE_LWW_VS_CLOCK, 0, 1, 300, 0); }
TEST(converges_by_value_when_connections_break) { run_seeds(SCUTTLE_STRICTLY_ORDER_VALUES, 0, 1, 300, 0); }
TEST(converges_by_the_host_when_connections_break) { run_seeds(0, 1, 1, 300, 0); }
TEST(converges_in_part_live) { run_seeds(SCUTTLE_LWW_VS_CLOCK, 0, 1, 300, SCUTTLE_LINK_LIVE); }
TEST(converges_by_value_in_part_live) { run_seeds(SCUTTLE_STRICTLY_ORDER_VALUES, 0, 1, 300, SCUTTLE_LINK_LIVE); }
TEST(converges_by_the_host_in_part_live) { run_seeds(0, 1, 1, 300, SCUTTLE_LINK_LIVE); }
TEST(converges_in_part_classic) { run_seeds(SCUTTLE_LWW_VS_CLOCK, 0, 1, 300, SCUTTLE_LINK_LIVE | SCUTTLE_LINK_CLASSIC); }

CHECK_MAIN
