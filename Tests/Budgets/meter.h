/* Counts between two points of a program: allocations where allocations.c is preloaded, instructions under callgrind. */
#ifndef METER_H
#define METER_H

#include <stddef.h>
#include <stdint.h>

/* Opens and closes the part that is measured. It may be opened again before it is printed. */
void meter_open(void);
void meter_close(void);

/* Prints "allocations NAME COUNT OPERATIONS", or has callgrind write a dump called "NAME OPERATIONS", and begins anew. */
void meter_print(const char *name, size_t operations);

/* Prints "bytes NAME COUNT OPERATIONS", not under callgrind. */
void meter_bytes(const char *name, size_t bytes, size_t operations);

/* Blocks that are allocated now; 0 where nobody counts. */
uint64_t meter_blocks(void);

#endif
