#define _GNU_SOURCE /* RTLD_DEFAULT */
#include "meter.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <valgrind/callgrind.h>

typedef uint64_t counter_t(void);

static uint64_t opened_at, counted;

static uint64_t read_counter(const char *name) {
  void *symbol = dlsym(RTLD_DEFAULT, name);
  counter_t *counter;
  *(void **)&counter = symbol; /* ISO C has no cast from an object pointer to a function pointer */
  return symbol ? counter() : 0;
}

void meter_open(void) {
  opened_at = read_counter("gate_allocated");
  CALLGRIND_TOGGLE_COLLECT;
}

void meter_close(void) {
  CALLGRIND_TOGGLE_COLLECT;
  counted += read_counter("gate_allocated") - opened_at;
}

void meter_print(const char *name, size_t operations) {
  if (RUNNING_ON_VALGRIND) {
    char label[128];
    snprintf(label, sizeof label, "%s %zu", name, operations);
    CALLGRIND_DUMP_STATS_AT(label);
  } else {
    printf("allocations %s %" PRIu64 " %zu\n", name, counted, operations);
  }
  counted = 0;
}

void meter_bytes(const char *name, size_t bytes, size_t operations) {
  if (!RUNNING_ON_VALGRIND) printf("bytes %s %zu %zu\n", name, bytes, operations);
}

uint64_t meter_blocks(void) { return read_counter("gate_allocated") - read_counter("gate_freed"); }
