/* The scenarios in which allocations fail. */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include <support.h>

typedef struct {
  const char *name;
  void (*run)(text_t *result); /* adds the outcome, which a failed allocation must not change */
  int has_codes;               /* some of its calls return SCUTTLE_E_MEMORY */
} scenario_t;

extern const scenario_t scenarios[];
extern const unsigned long scenario_count;

/* The scenarios of batches.c. */
void batch(text_t *out);
void condition(text_t *out);
void pieces(text_t *out);

/* Whether a call has returned SCUTTLE_E_MEMORY. */
extern int has_seen_code;

#endif
