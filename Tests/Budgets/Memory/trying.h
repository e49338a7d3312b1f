/* Calls that may run out of memory, and what a replica must be behind them. */
#ifndef TRYING_H
#define TRYING_H

#include "failing.h"
#include "scenarios.h"

#include <stdlib.h>
#include <string.h>

/* Ends the process because a call has done something wrong. */
void wrong(const char *call, const char *what);

/* Returns the state of a replica in one string. Its calls are no part of the scenario. */
char *look(scuttle_t *replica);

/* Adds the state of a replica to the outcome. */
void result(text_t *out, scuttle_t *replica);

/* Adds a line of an export or of a piece to a text_t. */
int add_line(void *context, const char *line, size_t length);

/* Sets the keys of some numbers. From 512 keys on records are in a pool. */
void fill(scuttle_t *replica, int from, int to);

/* Writes five keys by one call. */
void write_at_once(scuttle_t *replica);

/* Makes a call that may return SCUTTLE_E_MEMORY: then the replica is unchanged, and the call succeeds when there is memory
   again. */
#define TRY(REPLICA, EXPRESSION)                                                             \
  do {                                                                                       \
    char *try_before = look(REPLICA), *try_after;                                            \
    int try_code = CALL(EXPRESSION);                                                         \
    if (try_code == SCUTTLE_E_MEMORY) {                                                      \
      has_seen_code = 1;                                                                     \
      failing_stop();                                                                        \
      try_after = look(REPLICA);                                                             \
      if (strcmp(try_before, try_after) != 0) wrong(#EXPRESSION, "changed something");       \
      free(try_after);                                                                       \
      try_code = CALL(EXPRESSION);                                                           \
    }                                                                                        \
    if (try_code < 0) wrong(#EXPRESSION, code_name(try_code));                               \
    free(try_before);                                                                        \
  } while (0)

/* Makes a call that must fail with a code of its own, or return SCUTTLE_E_MEMORY. */
#define TRY_CODE(REPLICA, EXPRESSION, EXPECTED)                                              \
  do {                                                                                       \
    int code_got = CALL(EXPRESSION);                                                         \
    if (code_got == SCUTTLE_E_MEMORY) {                                                      \
      has_seen_code = 1;                                                                     \
      failing_stop();                                                                        \
      code_got = CALL(EXPRESSION);                                                           \
    }                                                                                        \
    if (code_got != (EXPECTED)) wrong(#EXPRESSION, code_name(code_got));                     \
  } while (0)

#endif
