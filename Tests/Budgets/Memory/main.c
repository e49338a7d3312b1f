/* Fails each allocation of each scenario in turn, in a process of its own. There are two valid outcomes: a call returns
   SCUTTLE_E_MEMORY, has changed nothing, and the scenario ends as it does with enough memory; or the process aborts with a
   message that memory has run out. */
#define _GNU_SOURCE
#include "failing.h"
#include "limited.h"
#include "scenarios.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { most_runs = 600, all_well = 0, said_so = 10 };

static int message_file; /* stderr of the child */
static unsigned long seed;

static void read_message(char *text, size_t capacity) {
  ssize_t length = pread(message_file, text, capacity - 1, 0);
  text[length > 0 ? length : 0] = 0;
}

static int says_so(const char *message) {
  unsigned long bytes;
  int end = 0;
  return sscanf(message, "libscuttle: out of memory: %lu bytes\n%n", &bytes, &end) == 1 && message[end] == 0 && end > 0;
}

/* Runs `body` in a process. Returns the exit status; -1 for an abort with the message; a text in `problem` for anything else.
   */
static int run_apart(int (*body)(void *), void *context, char *problem, size_t capacity) {
  int status = 0;
  char message[400];
  pid_t child;
  fflush(stdout);
  if (ftruncate(message_file, 0) != 0 || lseek(message_file, 0, SEEK_SET) != 0) exit(3);
  child = fork();
  if (child == 0) {
    dup2(message_file, STDERR_FILENO);
    alarm(600); /* a deadlock */
    _exit(body(context));
  }
  if (child < 0 || waitpid(child, &status, 0) != child) exit(3);
  *problem = 0;
  read_message(message, sizeof message);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && says_so(message)) return -1;
  if (WIFSIGNALED(status)) snprintf(problem, capacity, "%s, stderr: %s", strsignal(WTERMSIG(status)), message);
  else if (*message) snprintf(problem, capacity, "status %d, stderr: %s", WEXITSTATUS(status), message);
  return WIFSIGNALED(status) ? -2 : WEXITSTATUS(status);
}

/* --- every allocation in turn ------------------------------------------------------------------------------------------ */

typedef struct {
  const scenario_t *scenario;
  unsigned long n;
  enum failing_mode mode;
  struct {
    unsigned long count;
    size_t length;
    char text[8 << 20];
  } *well; /* shared: the outcome with enough memory */
} attempt_t;

static int attempt(void *context) {
  attempt_t *attempt = (attempt_t *)context;
  text_t result = {NULL, 0, 0};
  failing_begin(attempt->n, attempt->mode);
  attempt->scenario->run(&result);
  failing_stop();
  if (attempt->n == 0) {
    if (result.len > sizeof attempt->well->text) return 3;
    attempt->well->count = failing_count();
    attempt->well->length = result.len;
    memcpy(attempt->well->text, result.data, result.len);
    return all_well;
  }
  if (result.len != attempt->well->length || memcmp(result.data, attempt->well->text, result.len) != 0) {
    printf("another result:\n%.2000s", result.data);
    fflush(stdout);
    return 1;
  }
  return has_seen_code ? said_so : all_well;
}

/* Returns 1 if all is as it should be. */
static int check_scenario(const scenario_t *scenario, enum failing_mode mode) {
  attempt_t this;
  unsigned long step, first, codes = 0, aborts = 0, unnoticed = 0, problems = 0;
  char problem[600];
  int status;
  this.scenario = scenario, this.n = 0, this.mode = mode;
  this.well = mmap(NULL, sizeof *this.well, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (this.well == MAP_FAILED) exit(3);
  status = run_apart(attempt, &this, problem, sizeof problem);
  if (status != all_well || this.well->count == 0) {
    printf("FAIL %s: with enough memory: status %d %s\n", scenario->name, status, problem);
    return 0;
  }
  step = this.well->count / most_runs + 1;
  first = 1 + seed % step;
  for (this.n = 1; this.n <= this.well->count; this.n = this.n < first ? first : this.n + step) { /* the first always */
    status = run_apart(attempt, &this, problem, sizeof problem);
    if (status == -1) aborts++;
    else if (status == said_so && !*problem) codes++;
    else if (status == all_well && !*problem) unnoticed++; /* the allocation was replaced by another */
    else if (++problems <= 5) printf("  %s: allocation %lu: status %d %s\n", scenario->name, this.n, status, problem);
  }
  if (codes == 0 && mode == FAIL_FROM_THEN_ON && scenario->has_codes) {
    printf("  %s: no call has said SCUTTLE_E_MEMORY\n", scenario->name);
    problems++;
  }
  if (aborts == 0) printf("  %s: no process has ended\n", scenario->name), problems++;
  printf("%s %s, %s: %lu allocations, each %lu from %lu on: %lu codes, %lu aborts, %lu without effect\n",
         problems ? "FAIL" : "ok", scenario->name, mode == FAIL_ONCE ? "one fails" : "all fail from then on", this.well->count,
         step, first, codes, aborts, unnoticed);
  munmap(this.well, sizeof *this.well);
  return problems == 0;
}

/* --- a limit of the system's -------------------------------------------------------------------------------------------- */

static int limited_run(void *context) { return ((const limited_t *)context)->run() ? 1 : 0; }

static int check_limited(const limited_t *limited) {
  char problem[600];
  limited_t copy = *limited;
  int status = run_apart(limited_run, &copy, problem, sizeof problem);
  int is_right = limited->aborts ? status == -1 : status == 0;
  printf("%s %s, with a limit of the system's: %s %s\n", is_right && !*problem ? "ok" : "FAIL", limited->name,
         status == -1 ? "an abort with its message" : status == 0 ? "a code" : "neither", problem);
  return is_right && !*problem;
}

int main(int argc, char **argv) {
  struct rlimit none = {0, 0};
  unsigned long i, passed = 0, all = 0;
  FILE *file = tmpfile();
  const char *only = argc > 1 ? argv[1] : NULL;
  seed = argc > 2 ? strtoul(argv[2], NULL, 10) : (unsigned long)time(NULL) % 1000;
  setvbuf(stdout, NULL, _IOLBF, 0);
  setrlimit(RLIMIT_CORE, &none);
  if (!file) return 3;
  message_file = fileno(file);
  printf("seed %lu\n", seed);
  for (i = 0; i < scenario_count; i++) {
    if (only && strcmp(only, scenarios[i].name) != 0) continue;
    passed += (unsigned long)check_scenario(&scenarios[i], FAIL_ONCE);
    passed += (unsigned long)check_scenario(&scenarios[i], FAIL_FROM_THEN_ON);
    all += 2;
  }
  for (i = 0; i < limited_count; i++) {
    if (only && strcmp(only, limiteds[i].name) != 0) continue;
    passed += (unsigned long)check_limited(&limiteds[i]);
    all++;
  }
  printf("%lu passed, %lu failed\n", passed, all - passed);
  return passed == all ? 0 : 1;
}
