/* The options of a workload: names with whole numbers, as on the command line and in the results. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stddef.h>

typedef struct {
  size_t n;        /* keys, or updates */
  size_t history;  /* updates that a replica remembers */
  size_t sources;  /* sources that the replicas know besides themselves */
  size_t links;    /* open links */
  size_t value;    /* characters in a value, which is a JSON string: two bytes more on the wire */
  size_t rounds;   /* repetitions within one measurement */
  size_t burst;    /* updates in one round */
  size_t replicas; /* replicas that write */
  size_t live;     /* 1: the open links are live */
  size_t datagram; /* bytes in a datagram; 0: stream links */
  size_t peek;     /* 1: spans are borrowed, by peek and consume, and not read */
  size_t fresh;    /* 1: each round opens new links */
  size_t loss;     /* datagrams that are lost, of a hundred */
  size_t copies;   /* datagrams that arrive twice, of a hundred */
  size_t late;     /* datagrams that others overtake, of a hundred */
  size_t eager;    /* 1: a host sends its output after each datagram; 0: once no datagram is on its way */
  size_t breaks;   /* bytes after which a connection breaks */
  size_t deletes;  /* keys that are deleted, and their tombstones purged */
  size_t forgets;  /* deletes and purges between connections: 1 at the sender, 2 at the receiver, 3 at both */
  size_t restarts; /* 1: the receiver starts anew from a save between connections */
  size_t repeat;   /* repetitions */
  size_t budget;   /* seconds of processor time after which no repetition beyond the third begins */
} options_t;

/* Reads "name=number" arguments; ends the program if one is malformed. `options` has the defaults. */
void options_read(options_t *options, char **arguments, int count);

/* Writes the given options as the members of a JSON object. */
void options_print(char **arguments, int count);

#endif
