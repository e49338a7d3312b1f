/* A test harness in one header: TEST(name) { … } adds a test to its file, CHECK… compares, CHECK_MAIN runs the list. */
#ifndef CHECK_H
#define CHECK_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct check_test {
  const char *name;
  void (*run)(void);
  struct check_test *next;
} check_test_t;

static check_test_t *check_first, *check_last, *check_now;
static int check_failures; /* of the test that runs now */

static void check_add(check_test_t *test) {
  if (check_last) check_last->next = test;
  else check_first = test;
  check_last = test;
}

#define TEST(NAME)                                                               \
  static void NAME(void);                                                        \
  static check_test_t check_test_##NAME = {#NAME, NAME, NULL};                   \
  __attribute__((constructor)) static void check_add_##NAME(void) {              \
    check_add(&check_test_##NAME);                                               \
  }                                                                              \
  static void NAME(void)

/* Reports a failure, at most twenty times a test. */
#define CHECK_SAY(...)                                                           \
  do {                                                                           \
    if (++check_failures <= 20) {                                                \
      printf("  %s:%d: ", __FILE__, __LINE__);                                   \
      printf(__VA_ARGS__);                                                       \
      printf("\n");                                                              \
    }                                                                            \
  } while (0)

#define CHECK(CONDITION)                                                         \
  do {                                                                           \
    if (!(CONDITION)) CHECK_SAY("not so: %s", #CONDITION);                       \
  } while (0)

/* Leaves the test if it cannot continue. */
#define REQUIRE(CONDITION)                                                       \
  do {                                                                           \
    if (!(CONDITION)) {                                                          \
      CHECK_SAY("not so, test abandoned: %s", #CONDITION);                       \
      return;                                                                    \
    }                                                                            \
  } while (0)

#define CHECK_INT(ACTUAL, EXPECTED)                                              \
  do {                                                                           \
    long long check_a = (long long)(ACTUAL), check_e = (long long)(EXPECTED);    \
    if (check_a != check_e) CHECK_SAY("%s is %lld, not %lld", #ACTUAL, check_a, check_e); \
  } while (0)

#define CHECK_U64(ACTUAL, EXPECTED)                                              \
  do {                                                                           \
    uint64_t check_a = (ACTUAL), check_e = (EXPECTED);                           \
    if (check_a != check_e)                                                      \
      CHECK_SAY("%s is %" PRIu64 ", not %" PRIu64, #ACTUAL, check_a, check_e);   \
  } while (0)

#define CHECK_STR(ACTUAL, EXPECTED)                                              \
  do {                                                                           \
    const char *check_a = (ACTUAL), *check_e = (EXPECTED);                       \
    if (!check_a || !check_e || strcmp(check_a, check_e) != 0)                   \
      CHECK_SAY("%s is\n    [%s]\n  not\n    [%s]", #ACTUAL, check_a ? check_a : "(NULL)", \
                check_e ? check_e : "(NULL)");                                   \
  } while (0)

#define CHECK_BYTES(ACTUAL, ACTUAL_LEN, EXPECTED, EXPECTED_LEN)                  \
  do {                                                                           \
    size_t check_al = (ACTUAL_LEN), check_el = (EXPECTED_LEN);                   \
    const char *check_a = (const char *)(ACTUAL), *check_e = (const char *)(EXPECTED); \
    if (check_al != check_el || (check_al && memcmp(check_a, check_e, check_al) != 0)) \
      CHECK_SAY("%s is %zu bytes\n    [%.*s]\n  not %zu bytes\n    [%.*s]", #ACTUAL, check_al, \
                (int)(check_al > 2000 ? 2000 : check_al), check_a ? check_a : "", check_el, \
                (int)(check_el > 2000 ? 2000 : check_el), check_e ? check_e : ""); \
  } while (0)

/* Compares result codes, and reports them by name (code_name is in support.h). */
#define CHECK_CODE(ACTUAL, EXPECTED)                                             \
  do {                                                                           \
    int check_a = (ACTUAL), check_e = (EXPECTED);                                \
    if (check_a != check_e)                                                      \
      CHECK_SAY("%s is %s, not %s", #ACTUAL, code_name(check_a), code_name(check_e)); \
  } while (0)

static int check_run(const char *only) {
  int passed = 0, failed = 0;
  check_test_t *test;
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (test = check_first; test; test = test->next) {
    if (only && strcmp(only, test->name) != 0) continue;
    check_failures = 0;
    check_now = test;
    test->run();
    if (check_failures) {
      failed++;
      printf("FAIL %s (%d checks)\n", test->name, check_failures);
    } else {
      passed++;
      printf("ok %s\n", test->name);
    }
  }
  printf("%d passed, %d failed\n", passed, failed);
  return failed ? 1 : 0;
}

/* `program [folder of the vectors [name of the one test to run]]`; the folder is $SCUTTLE_VECTORS otherwise. */
static const char *check_folder = ".";

#define CHECK_MAIN                                                               \
  int main(int argc, char **argv) {                                              \
    const char *folder = argc > 1 ? argv[1] : getenv("SCUTTLE_VECTORS");           \
    if (folder) check_folder = folder;                                           \
    return check_run(argc > 2 ? argv[2] : NULL);                                 \
  }

#endif
