/* System calls of the store that fail, write too little, or end the process: `run` links with --wrap. */
#ifndef FAULTS_H
#define FAULTS_H

/* What happens at a call. */
typedef enum {
  FAULT_NONE,
  FAULT_ERRNO, /* it does nothing and fails */
  FAULT_SHORT, /* a write writes half of its bytes */
  FAULT_KILL,  /* SIGKILL before the call; a write has written half of its bytes */
} fault_kind_t;

/* The next fault: at the `at`-th call from now, 1 for the next one, among those whose name is in `calls` ("pwrite fdatasync"; NULL: all).
   With `forever` each later call fails, too. */
void fault_set(fault_kind_t kind, const char *calls, int at, int error, int forever);
void fault_clear(void);

/* Returns how many calls among those of fault_set, or of fault_count, there were since then. */
int fault_calls(void);
void fault_count(const char *calls);

#endif
