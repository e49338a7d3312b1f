/* The result of one repetition of a workload: its time, its operations, and further figures. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stddef.h>
#include <stdint.h>

enum { FIGURES = 8 };

typedef struct {
  const char *name;
  double value;
} figure_t;

typedef struct {
  uint64_t ns;  /* processor time */
  size_t ops;   /* operations in that time; 0: the workload has figures only */
  uint64_t check; /* a number that depends on the final state: the same in each repetition and on each machine */
  figure_t figures[FIGURES];
  size_t figure_count;
} sample_t;

void sample_figure(sample_t *sample, const char *name, double value);

/* A stopwatch for this process's time on a processor, the system's work for it included. Other processes count as little as they can.
   The stopwatch stands still while inputs are made. Reading it is a system call. */
typedef struct {
  uint64_t ns, since;
} watch_t;

uint64_t cpu_ns(void);
void watch_start(watch_t *watch);
void watch_stop(watch_t *watch);

/* Ends the program with a sentence unless a condition holds: a benchmark with a wrong result measures nothing. */
void require(int condition, const char *what);

/* One line of JSON with all repetitions of a workload. */
void samples_print(const char *workload, const sample_t *samples, size_t count, char **arguments, int argument_count);

#endif
