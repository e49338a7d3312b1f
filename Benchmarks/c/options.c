#include "options.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const char *name;
  size_t offset;
} option_t;

#define OPTION(name) {#name, offsetof(options_t, name)}

static const option_t known[] = {
    OPTION(n),     OPTION(history), OPTION(sources),  OPTION(links),  OPTION(value),    OPTION(rounds),
    OPTION(burst), OPTION(replicas), OPTION(live),    OPTION(datagram), OPTION(peek),   OPTION(fresh),
    OPTION(loss),  OPTION(copies),  OPTION(late),     OPTION(eager),  OPTION(breaks),   OPTION(deletes),
    OPTION(forgets), OPTION(restarts), OPTION(repeat), OPTION(budget),
};

static size_t *find(options_t *options, const char *name, size_t len) {
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    int same = strlen(known[i].name) == len && memcmp(known[i].name, name, len) == 0;
    if (same) return (size_t *)((char *)options + known[i].offset);
  }
  return NULL;
}

void options_read(options_t *options, char **arguments, int count) {
  for (int i = 0; i < count; i++) {
    const char *equals = strchr(arguments[i], '=');
    size_t *place = equals ? find(options, arguments[i], (size_t)(equals - arguments[i])) : NULL;
    char *end = NULL;
    unsigned long long number = place ? strtoull(equals + 1, &end, 10) : 0;
    if (!place || end == equals + 1 || *end) {
      fprintf(stderr, "driver: no such option: %s\n", arguments[i]);
      exit(2);
    }
    *place = (size_t)number;
  }
}

/* Returns whether an argument is an input. The time limits are none: they do not make two files incomparable. */
static int is_input(const char *argument) {
  return strncmp(argument, "repeat=", 7) != 0 && strncmp(argument, "budget=", 7) != 0;
}

void options_print(char **arguments, int count) {
  const char *comma = "";
  for (int i = 0; i < count; i++) {
    if (!is_input(arguments[i])) continue;
    const char *equals = strchr(arguments[i], '=');
    printf("%s\"%.*s\": %s", comma, (int)(equals - arguments[i]), arguments[i], equals + 1);
    comma = ", ";
  }
}
