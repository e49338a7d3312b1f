#include "inputs.h"

#include <stdlib.h>
#include <string.h>

#include "sample.h"

uint64_t mix(uint64_t number) {
  uint64_t z = number + 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static void digits(char *text, uint64_t number) {
  static const char hexadecimal[] = "0123456789abcdef";
  for (int i = 15; i >= 0; i--, number >>= 4) text[i] = hexadecimal[number & 15];
}

void make_key(char *key, uint64_t number) { digits(key, mix(number)); }

void make_value(char *value, size_t len, uint64_t number, uint64_t salt) {
  uint64_t state = mix(number ^ mix(salt));
  *value++ = '"';
  for (; len >= 16; len -= 16, value += 16) digits(value, state = mix(state));
  if (len > 0) {
    char rest[16];
    digits(rest, mix(state));
    memcpy(value, rest, len);
    value += len;
  }
  *value = '"';
}

block_t block_make(size_t value) {
  size_t fits = 65536 / (value + 2 + KEY_LEN);
  size_t capacity = fits > 1000 ? 1000 : fits > 4 ? fits : 4;
  block_t block = {capacity, 0, value + 2, malloc(capacity * KEY_LEN), malloc(capacity * (value + 2))};
  require(block.keys && block.values, "no memory for inputs");
  return block;
}

void block_fill(block_t *block, uint64_t from, size_t count, uint64_t modulus, uint64_t salt) {
  block->count = count < block->capacity ? count : block->capacity;
  for (size_t i = 0; i < block->count; i++) {
    make_key(block->keys + i * KEY_LEN, (from + i) % modulus);
    make_value(block->values + i * block->value_len, block->value_len - 2, from + i, salt);
  }
}

const char *block_key(const block_t *block, size_t index) { return block->keys + index * KEY_LEN; }
const char *block_value(const block_t *block, size_t index) { return block->values + index * block->value_len; }

void block_free(block_t *block) {
  free(block->keys);
  free(block->values);
}
