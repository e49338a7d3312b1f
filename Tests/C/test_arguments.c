/* NULL and impossible lengths, in all functions. */
#include "check.h"
#include "support.h"

static int visit(void *context, const scuttle_update_t *update) {
  (void)context;
  (void)update;
  return 0;
}

static int visit_clock(void *context, const char *source, size_t source_len, uint64_t version) {
  (void)context;
  (void)source;
  (void)source_len;
  (void)version;
  return 0;
}

static int take_line(void *context, const char *line, size_t line_len) {
  (void)context;
  (void)line;
  (void)line_len;
  return 0;
}

#define BAD(CALL) CHECK_CODE(CALL, SCUTTLE_E_ARGUMENT)

TEST(null_handles) {
  scuttle_entry_t entry;
  scuttle_link_t *link = (scuttle_link_t *)(void *)&entry;
  scuttle_span_t span;
  const char *id;
  size_t n;
  uint64_t u;
  char buffer[16];
  BAD(scuttle_id(NULL, &id, &n));
  BAD(scuttle_name(NULL, &id, &n));
  BAD(scuttle_set(NULL, "k", 1, "1", 1));
  BAD(scuttle_delete(NULL, "k", 1));
  BAD(scuttle_get(NULL, "k", 1, &entry));
  BAD(scuttle_get_copy(NULL, "k", 1, buffer, sizeof buffer, &n, &entry));
  BAD(scuttle_count(NULL, &n));
  BAD(scuttle_state(NULL, NULL, 0, visit, NULL));
  BAD(scuttle_news(NULL, "A", 1, 0, visit, NULL));
  BAD(scuttle_version(NULL, &u));
  BAD(scuttle_clock(NULL, visit_clock, NULL));
  BAD(scuttle_fingerprint(NULL, &u));
  BAD(scuttle_export(NULL, take_line, NULL));
  BAD(scuttle_gossip(NULL));
  BAD(scuttle_purge(NULL, &n));
  BAD(scuttle_forget(NULL, "A", 1));
  BAD(scuttle_errmsg_copy(NULL, buffer, sizeof buffer));
  BAD(scuttle_link_open(NULL, NULL, &link));
  CHECK(link == NULL);
  BAD(scuttle_link_gossip(NULL));
  BAD(scuttle_link_write(NULL, "x", 1));
  BAD(scuttle_link_read(NULL, buffer, sizeof buffer, &n));
  BAD(scuttle_link_peek(NULL, &span, 1, &n));
  BAD(scuttle_link_consume(NULL, 0));
  BAD(scuttle_write(NULL, "x", 1));
  BAD(scuttle_read(NULL, buffer, sizeof buffer, &n));
  CHECK(scuttle_errmsg(NULL) != NULL);
  scuttle_free(NULL);
  scuttle_link_close(NULL);
}

TEST(null_for_new) {
  scuttle_t *r = (scuttle_t *)(void *)&r;
  scuttle_config_t config = config_make();
  BAD(scuttle_new(NULL, NULL, &r));
  CHECK(r == NULL);
  r = (scuttle_t *)(void *)&r;
  BAD(scuttle_new(NULL, &config, &r));
  CHECK(r == NULL);
  BAD(scuttle_new("local", NULL, NULL));
  BAD(scuttle_new(NULL, NULL, NULL));
}

TEST(null_pointers) {
  scuttle_t *r = replica_exact("local");
  scuttle_link_t *link = link_make(r);
  scuttle_entry_t entry;
  scuttle_span_t span;
  const char *id;
  size_t n;
  char buffer[64];
  char *before, *after;
  set(r, "k", "1");
  feed(link, "{\"digest\":true,\"done\":true}\n");
  before = snapshot(r);
  BAD(scuttle_id(r, NULL, &n));
  BAD(scuttle_name(r, NULL, &n));
  BAD(scuttle_name(r, &id, NULL));
  BAD(scuttle_id(r, &id, NULL));
  BAD(scuttle_set(r, NULL, 0, "1", 1));
  BAD(scuttle_set(r, NULL, 1, "1", 1));
  BAD(scuttle_set(r, NULL, SCUTTLE_NTS, "1", 1));
  BAD(scuttle_set(r, "k", 1, NULL, 0));
  BAD(scuttle_set(r, "k", 1, NULL, 1));
  BAD(scuttle_set(r, "k", 1, NULL, SCUTTLE_NTS));
  BAD(scuttle_delete(r, NULL, 0));
  BAD(scuttle_delete(r, NULL, 1));
  BAD(scuttle_delete(r, NULL, SCUTTLE_NTS));
  BAD(scuttle_get(r, NULL, 0, &entry));
  BAD(scuttle_get(r, NULL, SCUTTLE_NTS, &entry));
  BAD(scuttle_get(r, "k", 1, NULL));
  BAD(scuttle_get_copy(r, NULL, 0, buffer, sizeof buffer, &n, &entry));
  BAD(scuttle_get_copy(r, "k", 1, NULL, 1, &n, &entry));
  BAD(scuttle_get_copy(r, "k", 1, NULL, 64, &n, &entry));
  BAD(scuttle_get_copy(r, "k", 1, buffer, sizeof buffer, NULL, &entry));
  BAD(scuttle_get_copy(r, "k", 1, buffer, sizeof buffer, &n, NULL));
  BAD(scuttle_count(r, NULL));
  BAD(scuttle_state(r, NULL, 1, visit, NULL));
  BAD(scuttle_state(r, NULL, SCUTTLE_NTS, visit, NULL));
  BAD(scuttle_state(r, NULL, 0, NULL, NULL));
  BAD(scuttle_state(r, "k", 1, NULL, NULL));
  BAD(scuttle_news(r, NULL, 0, 0, visit, NULL));
  BAD(scuttle_news(r, NULL, SCUTTLE_NTS, 0, visit, NULL));
  BAD(scuttle_news(r, "A", 1, 0, NULL, NULL));
  BAD(scuttle_version(r, NULL));
  BAD(scuttle_clock(r, NULL, NULL));
  BAD(scuttle_fingerprint(r, NULL));
  BAD(scuttle_export(r, NULL, NULL));
  BAD(scuttle_purge(r, NULL));
  BAD(scuttle_forget(r, NULL, 1));
  BAD(scuttle_errmsg_copy(r, NULL, 5));
  BAD(scuttle_link_open(r, NULL, NULL));
  BAD(scuttle_link_write(link, NULL, 1));
  BAD(scuttle_link_read(link, NULL, 16, &n));
  BAD(scuttle_link_read(link, buffer, sizeof buffer, NULL));
  BAD(scuttle_link_peek(link, NULL, 4, &n));
  BAD(scuttle_link_peek(link, &span, 1, NULL));
  BAD(scuttle_write(r, NULL, 1));
  BAD(scuttle_read(r, NULL, 16, &n));
  BAD(scuttle_read(r, buffer, sizeof buffer, NULL));
  after = snapshot(r);
  CHECK_STR(after, before);
  free(before);
  free(after);
  { /* and no output was lost */
    text_t out = {NULL, 0, 0};
    read_all(link, 0, &out);
    CHECK_STR(out.data, "{\"key\":\"k\",\"value\":1,\"source_id\":\"local\",\"version\":1}\n");
    text_free(&out);
  }
  scuttle_free(r);
}

TEST(lengths_that_no_object_has) {
  static const size_t lengths[] = {SIZE_MAX - 1, SIZE_MAX - 2, SIZE_MAX - 100, (size_t)PTRDIFF_MAX + 1, (size_t)PTRDIFF_MAX + 2, SIZE_MAX / 4 * 3};
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  scuttle_entry_t entry;
  char buffer[64];
  char *before, *after;
  size_t i, n;
  set(r, "k", "1");
  feed(link, "{\"digest\":true,\"done\":true}\n");
  before = snapshot(r);
  for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    size_t len = lengths[i];
    BAD(scuttle_set(r, "k", len, "1", 1));
    BAD(scuttle_set(r, "k", 1, "1", len));
    BAD(scuttle_delete(r, "k", len));
    BAD(scuttle_get(r, "k", len, &entry));
    BAD(scuttle_get_copy(r, "k", len, buffer, sizeof buffer, &n, &entry));
    BAD(scuttle_state(r, "k", len, visit, NULL));
    BAD(scuttle_news(r, "A", len, 0, visit, NULL));
    BAD(scuttle_forget(r, "A", len));
    BAD(scuttle_link_write(link, "x", len));
    BAD(scuttle_write(r, "x", len));
    BAD(scuttle_link_consume(link, len));
  }
  /* Here SIZE_MAX is a length, and too long. */
  BAD(scuttle_link_write(link, "x", SIZE_MAX));
  BAD(scuttle_write(r, "x", SIZE_MAX));
  BAD(scuttle_link_consume(link, SIZE_MAX));
  after = snapshot(r);
  CHECK_STR(after, before);
  free(before);
  free(after);
  scuttle_free(r);
}

TEST(capacities_that_no_object_has) {
  static const size_t capacities[] = {SIZE_MAX, SIZE_MAX - 1, (size_t)PTRDIFF_MAX + 1};
  scuttle_t *r = replica_exact("local");
  scuttle_link_t *link = link_make(r);
  scuttle_entry_t entry;
  char buffer[4096];
  size_t i, n = 0;
  set(r, "k", "1");
  feed(link, "{\"digest\":true,\"done\":true}\n");
  for (i = 0; i < sizeof capacities / sizeof *capacities; i++) {
    BAD(scuttle_link_read(link, buffer, capacities[i], &n));
    BAD(scuttle_read(r, buffer, capacities[i], &n));
    BAD(scuttle_get_copy(r, "k", 1, buffer, capacities[i], &n, &entry));
    BAD(scuttle_errmsg_copy(r, buffer, capacities[i]));
  }
  CHECK_CODE(scuttle_link_read(link, buffer, sizeof buffer, &n), SCUTTLE_OK);
  CHECK_INT(n, 54);
  scuttle_free(r);
}

TEST(lengths_just_too_long_are_not_read) {
  /* As long as an object can be, and far beyond every limit: rejected by size, without reading the bytes. */
  static const size_t lengths[] = {PTRDIFF_MAX, PTRDIFF_MAX - 1, (size_t)1 << 40, 65537};
  scuttle_t *r = replica_make("local");
  scuttle_entry_t entry;
  guarded_t key = guarded_copy("k", 1);
  size_t i;
  for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    CHECK_CODE(scuttle_set(r, key.data, lengths[i], "1", 1), SCUTTLE_E_KEY_SIZE);
    CHECK_CODE(scuttle_delete(r, key.data, lengths[i]), SCUTTLE_E_KEY_SIZE);
    CHECK_CODE(scuttle_get(r, key.data, lengths[i], &entry), SCUTTLE_E_KEY_SIZE);
    if (lengths[i] > 1 << 20) CHECK_CODE(scuttle_set(r, "k", 1, key.data, lengths[i]), SCUTTLE_E_VALUE_SIZE);
  }
  CHECK_U64(version_of(r), 0);
  guarded_free(&key);
  scuttle_free(r);
}

TEST(nothing_to_write) {
  scuttle_t *r = replica_make("local");
  scuttle_link_t *link = link_make(r);
  CHECK_CODE(scuttle_link_write(link, "", 0), SCUTTLE_OK);
  CHECK_CODE(scuttle_write(r, "", 0), SCUTTLE_OK);
  scuttle_free(r);
}

TEST(contexts_may_be_null) {
  scuttle_t *r = replica_make("local");
  set(r, "k", "1");
  CHECK_CODE(scuttle_state(r, NULL, 0, visit, NULL), SCUTTLE_OK);
  CHECK_CODE(scuttle_news(r, "local", SCUTTLE_NTS, 0, visit, NULL), SCUTTLE_OK);
  CHECK_CODE(scuttle_clock(r, visit_clock, NULL), SCUTTLE_OK);
  scuttle_free(r);
}

TEST(outputs_may_be_anywhere) {
  /* The last bytes of a page. */
  scuttle_t *r = replica_make("local");
  guarded_t memory = guarded_make(sizeof(scuttle_entry_t));
  scuttle_entry_t *entry = (scuttle_entry_t *)(void *)memory.data;
  set(r, "k", "1");
  CHECK_CODE(scuttle_get(r, "k", 1, entry), SCUTTLE_OK);
  CHECK_CODE(scuttle_get(r, "absent", 6, entry), SCUTTLE_NOT_FOUND);
  guarded_free(&memory);
  memory = guarded_make(sizeof(scuttle_config_t));
  {
    scuttle_config_t *config = (scuttle_config_t *)(void *)memory.data;
    scuttle_t *other = NULL;
    *config = config_make();
    CHECK_CODE(scuttle_new("other", config, &other), SCUTTLE_OK);
    scuttle_free(other);
  }
  guarded_free(&memory);
  scuttle_free(r);
}

TEST(absurd_lengths_in_reading_calls) {
  /* Longer than any source or key: the function returns "not found" without reading the bytes. */
  scuttle_t *r = replica_make("local");
  scuttle_entry_t entry;
  set(r, "x", "1");
  CHECK_CODE(scuttle_news(r, "x", SIZE_MAX / 2, 0, visit, NULL), SCUTTLE_OK);
  CHECK_CODE(scuttle_state(r, "x", SIZE_MAX / 2, visit, NULL), SCUTTLE_OK);
  CHECK_CODE(scuttle_get(r, "x", SIZE_MAX / 2, &entry), SCUTTLE_E_KEY_SIZE);
  scuttle_free(r);
}

CHECK_MAIN
