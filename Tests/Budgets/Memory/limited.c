#define _GNU_SOURCE
#include "limited.h"

#include <scuttle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define WANT(CONDITION)                                        \
  do {                                                         \
    if (!(CONDITION)) {                                        \
      printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #CONDITION); \
      return 1;                                                \
    }                                                          \
  } while (0)

/* Limits the process to `more` bytes above its present size. */
static int limit_to(size_t more) {
  unsigned long pages = 0;
  struct rlimit limit;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file || fscanf(file, "%lu", &pages) != 1) return 0;
  fclose(file);
  limit.rlim_cur = limit.rlim_max = pages * 4096 + more;
  return setrlimit(RLIMIT_AS, &limit) == 0;
}

static scuttle_t *make(void) {
  scuttle_config_t config;
  scuttle_t *replica = NULL;
  memset(&config, 0, sizeof config);
  config.struct_size = sizeof config;
  config.seed = 1;
  config.max_history = 1;
  config.max_value_bytes = 256 << 20;
  return scuttle_new("A", &config, &replica) == SCUTTLE_OK ? replica : NULL;
}

static char *string(size_t length) {
  char *text = (char *)malloc(length + 1);
  memset(text, 'v', length);
  text[0] = text[length - 1] = '"';
  text[length] = 0;
  return text;
}

/* A map of small values grows until there is no memory. */
static int small(void) {
  scuttle_t *replica = make();
  char key[40];
  int i;
  WANT(replica && limit_to(24 << 20));
  for (i = 0;; i++) {
    snprintf(key, sizeof key, "a key of some length %d", i);
    WANT(scuttle_set(replica, key, SCUTTLE_NTS, "[true,false]", SCUTTLE_NTS) >= 0);
  }
}

/* A map of values grows until a call returns SCUTTLE_E_MEMORY; then a key is deleted, and the map grows again. */
static int grow(size_t length, size_t more) {
  scuttle_t *replica = make();
  char *value = string(length), key[24];
  scuttle_entry_t entry;
  size_t count = 0, seen;
  int code, i, round;
  WANT(replica && limit_to(more));
  for (round = 0; round < 5; round++) {
    for (i = 0; i < 100000; i++) {
      snprintf(key, sizeof key, "key-%d-%d", round, i);
      code = scuttle_set(replica, key, SCUTTLE_NTS, value, length);
      if (code < 0) break;
      count++;
    }
    WANT(code == SCUTTLE_E_MEMORY);
    WANT(strlen(scuttle_errmsg(replica)) > 0);
    WANT(scuttle_count(replica, &seen) == SCUTTLE_OK && seen == count);
    WANT(scuttle_get(replica, key, SCUTTLE_NTS, &entry) == SCUTTLE_NOT_FOUND);
    for (i = 4 * round; i < 4 * round + 4; i++) {
      snprintf(key, sizeof key, "key-0-%d", i);
      WANT(scuttle_delete(replica, key, SCUTTLE_NTS) >= 0);
      count--;
    }
  }
  scuttle_free(replica);
  free(value);
  return 0;
}

static int large(void) { return grow(1 << 20, 40 << 20); }

/* A value that is always too large for memory; a copy of a stored one; and a text that jansson has no memory to parse. */
static int huge(void) {
  enum { length = 64 << 20 };
  scuttle_t *replica = make();
  char *value = string(length);
  scuttle_entry_t entry;
  WANT(replica);
  WANT(scuttle_set(replica, "kept", 4, value, length) >= 0);
  WANT(limit_to(length / 2));
  WANT(scuttle_set(replica, "new", 3, value, length) == SCUTTLE_E_MEMORY);
  WANT(scuttle_get(replica, "kept", 4, &entry) == SCUTTLE_E_MEMORY);
  WANT(scuttle_get(replica, "new", 3, &entry) == SCUTTLE_NOT_FOUND);
  memcpy(value + length / 2, "\\u00e9", 6); /* no canonical form */
  WANT(scuttle_set(replica, "kept", 4, value, length) == SCUTTLE_E_MEMORY);
  WANT(scuttle_set(replica, "kept", 4, "1", 1) >= 0);
  WANT(scuttle_get(replica, "kept", 4, &entry) == SCUTTLE_OK && strcmp(entry.value, "1") == 0);
  return 0;
}

/* A peer sends a line for which there is no memory, and then others. */
static int line(void) {
  enum { piece = 1 << 20 };
  static char bytes[piece];
  scuttle_t *replica = make();
  scuttle_link_config_t config = {sizeof config, SCUTTLE_LINK_CLASSIC, 0};
  scuttle_link_t *link = NULL;
  const char *next = "\n{\"key\":\"k\",\"value\":1,\"source_id\":\"B\",\"version\":1}\n";
  size_t count = 0;
  int i, code = SCUTTLE_OK, codes = 0;
  WANT(replica && scuttle_link_open(replica, &config, &link) == SCUTTLE_OK && limit_to(48 << 20));
  memset(bytes, 'v', sizeof bytes);
  for (i = 0; i < 100; i++) {
    code = scuttle_link_write(link, bytes, sizeof bytes);
    WANT(code >= 0 || code == SCUTTLE_E_MEMORY);
    codes += code < 0;
  }
  WANT(codes == 1);
  WANT(scuttle_link_write(link, next, strlen(next)) >= 0);
  WANT(scuttle_count(replica, &count) == SCUTTLE_OK && count == 1);
  return 0;
}

const limited_t limiteds[] = {{"small values", small, 1}, {"large values", large, 0}, {"a huge value", huge, 0}, {"a long line", line, 0}};
const unsigned long limited_count = sizeof limiteds / sizeof *limiteds;
