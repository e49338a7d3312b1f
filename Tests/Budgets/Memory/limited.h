/* What is done under RLIMIT_AS. */
#ifndef LIMITED_H
#define LIMITED_H

typedef struct {
  const char *name;
  int (*run)(void); /* 0: each code was right */
  int aborts;       /* the process is to end */
} limited_t;

extern const limited_t limiteds[];
extern const unsigned long limited_count;

#endif
