/* The scenarios under RLIMIT_AS. */
#ifndef LIMITED_H
#define LIMITED_H

typedef struct {
  const char *name;
  int (*run)(void); /* returns 0 if each code was right */
  int aborts;       /* the process must end */
} limited_t;

extern const limited_t limiteds[];
extern const unsigned long limited_count;

#endif
