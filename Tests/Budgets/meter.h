/* Counts between two points of a program: allocations if allocations.c is preloaded, instructions under callgrind. */
#ifndef METER_H
#define METER_H

#include <stddef.h>
#include <stdint.h>

/* Opens and closes the measured part. It may be opened again before it is printed. */
void meter_open(void);
void meter_close(void);

/* Prints "allocations NAME COUNT OPERATIONS", or makes callgrind write a dump "NAME OPERATIONS", and resets the count. */
void meter_print(const char *name, size_t operations);

/* Prints "bytes NAME COUNT OPERATIONS", but not under callgrind. */
void meter_bytes(const char *name, size_t bytes, size_t operations);

/* Returns the count of allocated blocks; 0 without allocations.c. */
uint64_t meter_blocks(void);

#endif
