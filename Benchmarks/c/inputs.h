/* Keys of 16 characters, and values that do not compress: the same in each run and, through ../python/inputs.py, in each
   language, so that results do not depend on the driver. */
#ifndef INPUTS_H
#define INPUTS_H

#include <stddef.h>
#include <stdint.h>

enum { KEY_LEN = 16 };

/* Mixes the bits of a number as SplitMix64 does, one-to-one: different numbers make different keys. */
uint64_t mix(uint64_t number);

/* Writes the hexadecimal digits of mix(number): keys come in no order. */
void make_key(char *key, uint64_t number);

/* Writes a JSON string of `len` characters: len + 2 bytes. `salt` makes another value for the same number. */
void make_value(char *value, size_t len, uint64_t number, uint64_t salt);

/* A block of keys and values, made outside of the measured time. It is small enough for the caches, so that a workload measures
   the library and not the reads of its inputs. */
typedef struct {
  size_t capacity, count, value_len; /* value_len with the quotes */
  char *keys, *values;
} block_t;

block_t block_make(size_t value);
/* Makes the keys of the numbers from..from+count, modulo `modulus`, as many as fit, and the values of the numbers themselves. */
void block_fill(block_t *block, uint64_t from, size_t count, uint64_t modulus, uint64_t salt);
const char *block_key(const block_t *block, size_t index);
const char *block_value(const block_t *block, size_t index);
void block_free(block_t *block);

#endif
