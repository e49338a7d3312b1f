#include "sample.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "options.h"

void sample_figure(sample_t *sample, const char *name, double value) {
  require(sample->figure_count < FIGURES, "a sample has no room for another figure");
  sample->figures[sample->figure_count++] = (figure_t){name, value};
}

uint64_t cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void watch_start(watch_t *watch) { watch->since = cpu_ns(); }
void watch_stop(watch_t *watch) { watch->ns += cpu_ns() - watch->since; }

void require(int condition, const char *what) {
  if (condition) return;
  fprintf(stderr, "driver: %s\n", what);
  exit(1);
}

static void print_figure(const sample_t *samples, size_t count, size_t index) {
  printf("\"%s\": [", samples[0].figures[index].name);
  for (size_t i = 0; i < count; i++) printf("%s%.10g", i ? ", " : "", samples[i].figures[index].value);
  printf("]");
}

void samples_print(const char *workload, const sample_t *samples, size_t count, char **arguments, int argument_count) {
  for (size_t i = 1; i < count; i++) {
    require(samples[i].check == samples[0].check, "two repetitions have come to different states");
  }
  printf("{\"workload\": \"%s\", \"inputs\": {", workload);
  options_print(arguments, argument_count);
  printf("}, \"ops\": %zu, \"check\": \"%016" PRIx64 "\", \"ns\": [", samples[0].ops, samples[0].check);
  for (size_t i = 0; samples[0].ops && i < count; i++) {
    printf("%s%.6g", i ? ", " : "", (double)samples[i].ns / (double)samples[i].ops);
  }
  printf("], \"figures\": {");
  for (size_t i = 0; i < samples[0].figure_count; i++) {
    if (i) printf(", ");
    print_figure(samples, count, i);
  }
  printf("}}\n");
}
