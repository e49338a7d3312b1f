/* Runs one workload against the library, and prints one line of JSON.
 *
 *   driver WORKLOAD [NAME=NUMBER ...]     names as in options.h
 *   driver --list                         the workloads
 *   driver --inputs FROM COUNT MODULUS SALT VALUE      keys and values, a pair a line: for the driver in Python
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inputs.h"
#include "options.h"
#include "sample.h"
#include "workloads.h"

typedef struct {
  const char *name;
  workload_t *run;
} named_t;

#define NAMED(name, suffix) {name, workload_##suffix},
static const named_t workloads[] = {WORKLOADS(NAMED)};
enum { COUNT = sizeof workloads / sizeof *workloads, MOST_REPETITIONS = 128, LEAST_REPETITIONS = 3 };

static const named_t *find(const char *name) {
  for (size_t i = 0; i < COUNT; i++) {
    if (strcmp(workloads[i].name, name) == 0) return &workloads[i];
  }
  return NULL;
}

static void print_inputs(char **numbers) {
  uint64_t at = strtoull(numbers[0], NULL, 10), end = at + strtoull(numbers[1], NULL, 10);
  uint64_t modulus = strtoull(numbers[2], NULL, 10), salt = strtoull(numbers[3], NULL, 10);
  block_t block = block_make(strtoull(numbers[4], NULL, 10));
  for (; at < end; at += block.count) {
    block_fill(&block, at, end - at, modulus, salt);
    for (size_t i = 0; i < block.count; i++) {
      printf("%.*s %.*s\n", KEY_LEN, block_key(&block, i), (int)block.value_len - 2, block_value(&block, i) + 1);
    }
  }
  block_free(&block);
}

int main(int argc, char **argv) {
  if (argc == 7 && strcmp(argv[1], "--inputs") == 0) {
    print_inputs(argv + 2);
    return 0;
  }
  if (argc == 2 && strcmp(argv[1], "--list") == 0) {
    for (size_t i = 0; i < COUNT; i++) puts(workloads[i].name);
    return 0;
  }
  const named_t *workload = argc > 1 ? find(argv[1]) : NULL;
  if (workload == NULL) {
    fprintf(stderr, "usage: driver WORKLOAD [NAME=NUMBER ...], or driver --list\n");
    return 2;
  }
  options_t options = {.n = 1000, .history = 1000, .value = 32, .rounds = 1, .burst = 100, .replicas = 2,
                       .repeat = 5, .budget = 10};
  options_read(&options, argv + 2, argc - 2);
  static sample_t samples[MOST_REPETITIONS];
  size_t count = 0;
  uint64_t begin = cpu_ns();
  while (count < options.repeat && count < MOST_REPETITIONS &&
         (count < LEAST_REPETITIONS || cpu_ns() - begin < (uint64_t)options.budget * 1000000000u)) {
    workload->run(&options, &samples[count++]);
  }
  require(count > 0, "repeat=0 repeats nothing");
  samples_print(workload->name, samples, count, argv + 2, argc - 2);
  return 0;
}
