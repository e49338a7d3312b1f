/* scuttle_check_resolver: whether a resolver is commutative, idempotent and associative. */
#include "check.h"
#include "support.h"

static scuttle_update_t make(const char *value, const char *source, uint64_t version) {
  scuttle_update_t update;
  memset(&update, 0, sizeof update);
  update.key = "k";
  update.key_len = 1;
  update.value = value;
  update.value_len = strlen(value);
  update.source = source;
  update.source_len = strlen(source);
  update.version = version;
  return update;
}

typedef struct {
  scuttle_update_t list[64];
  size_t count;
} samples_t;

static samples_t samples(void) {
  static const char *const values[] = {"1", "2", "\"a\"", "null", "[1]", "{\"a\":true}"};
  static const char *const sources[] = {"A", "B", "C"};
  samples_t all;
  size_t i, j;
  all.count = 0;
  for (i = 0; i < sizeof values / sizeof *values; i++)
    for (j = 0; j < sizeof sources / sizeof *sources; j++) {
      all.list[all.count] = make(values[i], sources[j], 1 + (i * 7 + j * 3) % 5 + (i / 5) * 10);
      if ((i + j) % 5 == 4) {
        all.list[all.count].value = "null";
        all.list[all.count].value_len = 4;
        all.list[all.count].flags = SCUTTLE_UPDATE_DELETED;
      }
      all.count++;
    }
  return all;
}

TEST(resolvers_of_the_library_keep_all_laws) {
  samples_t all = samples();
  uint32_t resolver;
  for (resolver = 0; resolver < 3; resolver++) {
    scuttle_config_t config = config_make();
    scuttle_flaw_t flaw;
    memset(&flaw, 0xff, sizeof flaw);
    config.resolver = resolver;
    CHECK_CODE(scuttle_check_resolver(&config, all.list, all.count, &flaw), SCUTTLE_OK);
    CHECK_INT(flaw.kind, 0);
    CHECK_CODE(scuttle_check_resolver(&config, all.list, all.count, NULL), SCUTTLE_OK);
  }
  CHECK_CODE(scuttle_check_resolver(NULL, all.list, all.count, NULL), SCUTTLE_OK); /* the default */
}

static int greater_version(void *context, const scuttle_update_t *update, const scuttle_update_t *current) {
  size_t len;
  int order;
  (void)context;
  if (!current) return 1;
  if (update->version != current->version) return update->version > current->version;
  len = update->source_len < current->source_len ? update->source_len : current->source_len;
  order = memcmp(update->source, current->source, len);
  return order ? order > 0 : update->source_len > current->source_len;
}

static int always(void *context, const scuttle_update_t *update, const scuttle_update_t *current) {
  (void)context;
  (void)update;
  (void)current;
  return 1;
}

static int never(void *context, const scuttle_update_t *update, const scuttle_update_t *current) {
  (void)context;
  (void)update;
  return !current;
}

/* Rock, paper, scissors: each of two hands has a winner, and three have none. Equal hands compare by version. */
static int beats(void *context, const scuttle_update_t *update, const scuttle_update_t *current) {
  (void)context;
  if (!current) return 1;
  if (update->value[0] == current->value[0]) return greater_version(context, update, current);
  return (update->value[0] - current->value[0] + 3) % 3 == 1;
}

static int check(int (*resolve)(void *, const scuttle_update_t *, const scuttle_update_t *), const scuttle_update_t *updates, size_t count,
                 scuttle_flaw_t *flaw) {
  scuttle_config_t config = config_make();
  config.resolve = resolve;
  return scuttle_check_resolver(&config, updates, count, flaw);
}

TEST(a_valid_resolver_of_the_host) {
  samples_t all = samples();
  scuttle_flaw_t flaw;
  CHECK_CODE(check(greater_version, all.list, all.count, &flaw), SCUTTLE_OK);
  CHECK_INT(flaw.kind, 0);
}

TEST(not_commutative) {
  /* The first one stays: what stands depends on which came first. */
  samples_t all = samples();
  scuttle_flaw_t flaw;
  CHECK_CODE(check(never, all.list, all.count, &flaw), SCUTTLE_E_RESOLVER);
  CHECK_INT(flaw.kind, SCUTTLE_FLAW_ORDER);
  CHECK_INT(flaw.count, 2);
  CHECK(flaw.a < all.count && flaw.b < all.count && flaw.a != flaw.b);
  CHECK_CODE(check(never, all.list, all.count, NULL), SCUTTLE_E_RESOLVER);
}

TEST(not_idempotent) {
  /* The last one stays, also when it comes a second time. */
  samples_t all = samples();
  scuttle_flaw_t flaw;
  CHECK_CODE(check(always, all.list, all.count, &flaw), SCUTTLE_E_RESOLVER);
  CHECK_INT(flaw.kind, SCUTTLE_FLAW_REPETITION);
  CHECK_INT(flaw.count, 2);
  CHECK(flaw.a < all.count && flaw.b < all.count && flaw.a != flaw.b);
}

TEST(not_associative) {
  scuttle_update_t hands[5];
  scuttle_flaw_t flaw;
  hands[0] = make("0", "A", 1);
  hands[1] = make("0", "A", 2);
  hands[2] = make("1", "B", 3);
  hands[3] = make("0", "C", 4);
  hands[4] = make("2", "D", 5);
  CHECK_CODE(check(beats, hands, 4, &flaw), SCUTTLE_OK); /* two kinds of hands have no counterexample */
  CHECK_CODE(check(beats, hands, 5, &flaw), SCUTTLE_E_RESOLVER);
  CHECK_INT(flaw.kind, SCUTTLE_FLAW_GROUPING);
  CHECK_INT(flaw.count, 3);
  CHECK(flaw.a == 4 || flaw.b == 4 || flaw.c == 4);
  CHECK(flaw.a == 2 || flaw.b == 2 || flaw.c == 2);
  CHECK(flaw.a < 5 && flaw.b < 5 && flaw.c < 5);
}

TEST(one_update_counts_once) {
  /* Two updates of one source and version: the resolver is called for the first only. */
  scuttle_update_t twice[3];
  scuttle_flaw_t flaw;
  twice[0] = make("1", "A", 1);
  twice[1] = make("2", "A", 1);
  twice[2] = make("3", "A", 2);
  CHECK_CODE(check(never, twice, 2, &flaw), SCUTTLE_OK);
  CHECK_CODE(check(never, twice, 3, &flaw), SCUTTLE_E_RESOLVER);
  CHECK_INT(flaw.a + flaw.b, 2); /* indices in the given array */
}

TEST(few_updates) {
  scuttle_update_t one = make("1", "A", 1);
  scuttle_flaw_t flaw;
  CHECK_CODE(check(always, NULL, 0, &flaw), SCUTTLE_OK);
  CHECK_CODE(check(always, &one, 0, &flaw), SCUTTLE_OK);
  CHECK_CODE(check(always, &one, 1, &flaw), SCUTTLE_OK);
  CHECK_INT(flaw.kind, 0);
}

TEST(the_resolver_may_call_a_replica) {
  /* It uses no replica, so a resolver may call one; the other callbacks of config are not called. */
  samples_t all = samples();
  scuttle_config_t config = config_make();
  scuttle_t *r = replica_make("local");
  set(r, "k", "1");
  config.resolve = greater_version;
  config.context = r;
  CHECK_CODE(scuttle_check_resolver(&config, all.list, all.count, NULL), SCUTTLE_OK);
  scuttle_free(r);
}

TEST(wrong_arguments) {
  scuttle_config_t config = config_make();
  samples_t all = samples();
  scuttle_update_t one;
  scuttle_flaw_t flaw;
  CHECK_CODE(scuttle_check_resolver(&config, NULL, 2, &flaw), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_check_resolver(&config, all.list, 1001, &flaw), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_check_resolver(&config, all.list, SIZE_MAX, &flaw), SCUTTLE_E_ARGUMENT);
  config.resolver = 9;
  CHECK_CODE(scuttle_check_resolver(&config, all.list, 2, &flaw), SCUTTLE_E_ARGUMENT);
  config = config_make();
  config.struct_size = 3;
  CHECK_CODE(scuttle_check_resolver(&config, all.list, 2, &flaw), SCUTTLE_E_STRUCT_SIZE);
  config = config_make();
  config.struct_size = offsetof(scuttle_config_t, cluster); /* of 0.1.0 */
  CHECK_CODE(scuttle_check_resolver(&config, all.list, 2, &flaw), SCUTTLE_OK);
  config = config_make();
  one = make("nonsense", "A", 1);
  CHECK_CODE(scuttle_check_resolver(&config, &one, 1, &flaw), SCUTTLE_E_JSON);
  one = make("[1e999]", "A", 1);
  CHECK_CODE(scuttle_check_resolver(&config, &one, 1, &flaw), SCUTTLE_E_NUMBER);
  one = make("\"\xff\"", "A", 1);
  CHECK_CODE(scuttle_check_resolver(&config, &one, 1, &flaw), SCUTTLE_E_UTF8);
  one = make("1", "", 1);
  CHECK_CODE(scuttle_check_resolver(&config, &one, 1, &flaw), SCUTTLE_E_ID);
  one = make("1", "A", 0);
  CHECK_CODE(scuttle_check_resolver(&config, &one, 1, &flaw), SCUTTLE_E_VERSION);
  one = make("1", "A", UINT64_MAX);
  CHECK_CODE(scuttle_check_resolver(&config, &one, 1, &flaw), SCUTTLE_E_VERSION);
  one = make("1", "A", 1);
  one.value = NULL;
  CHECK_CODE(scuttle_check_resolver(&config, &one, 1, &flaw), SCUTTLE_E_ARGUMENT);
  one = make("1", "A", 1);
  one.value_len = SIZE_MAX - 1;
  CHECK(scuttle_check_resolver(&config, &one, 1, &flaw) < 0);
  one = make("1", "A", 1);
  one.key = NULL; /* keys are ignored */
  one.key_len = 0;
  CHECK_CODE(scuttle_check_resolver(&config, &one, 1, &flaw), SCUTTLE_OK);
}

TEST(many_updates) {
  /* No three of these disagree. */
  static scuttle_update_t many[200];
  static char values[200][16];
  size_t i;
  for (i = 0; i < 200; i++) {
    snprintf(values[i], sizeof values[i], "%d", (int)(i * 37 % 100));
    many[i] = make(values[i], i % 2 ? "A" : "B", i / 2 + 1);
  }
  CHECK_CODE(check(greater_version, many, 200, NULL), SCUTTLE_OK);
}

CHECK_MAIN
