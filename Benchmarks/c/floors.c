/* Floors of the map, measured without the library: the least that a hash table of the same keys and values needs. */
#include <stdlib.h>
#include <string.h>

#include "replicas.h"
#include "workloads.h"

/* The least that a map can be: slots of a hash and an offset in an arena, linear probing, doubled when half full. */
typedef struct {
  uint32_t hash, place; /* place 0: free */
} slot_t;

typedef struct {
  slot_t *slots;
  size_t capacity, count;
  char *arena;
  size_t record;
} table_t;

static uint32_t hash_of(const char *key) {
  uint64_t halves[2];
  memcpy(halves, key, KEY_LEN);
  return (uint32_t)(mix(halves[0] ^ mix(halves[1])) >> 32);
}

static table_t table_make(const options_t *options) {
  table_t table = {NULL, 0, 0, NULL, KEY_LEN + options->value + 2};
  table.arena = malloc((options->n + 1) * table.record);
  require(table.arena != NULL, "no memory for an arena");
  return table;
}

static void table_free(table_t *table) {
  free(table->slots);
  free(table->arena);
}

static void table_grow(table_t *table) {
  table_t larger = *table;
  larger.capacity = table->capacity ? 2 * table->capacity : 16;
  larger.slots = calloc(larger.capacity, sizeof *larger.slots);
  require(larger.slots != NULL, "no memory for a table");
  for (size_t i = 0; i < table->capacity; i++) {
    if (table->slots[i].place == 0) continue;
    size_t at = table->slots[i].hash & (larger.capacity - 1);
    while (larger.slots[at].place) at = (at + 1) & (larger.capacity - 1);
    larger.slots[at] = table->slots[i];
  }
  free(table->slots);
  *table = larger;
}

/* Returns the slot of a key, or the free one in which it belongs. */
static slot_t *table_find(const table_t *table, const char *key, uint32_t hash) {
  size_t at = hash & (table->capacity - 1);
  for (; table->slots[at].place; at = (at + 1) & (table->capacity - 1)) {
    if (table->slots[at].hash != hash) continue;
    if (memcmp(table->arena + table->slots[at].place * table->record, key, KEY_LEN) == 0) break;
  }
  return &table->slots[at];
}

static void table_insert(table_t *table, const char *key, const char *value, size_t value_len) {
  if (2 * table->count >= table->capacity) table_grow(table);
  uint32_t hash = hash_of(key);
  slot_t *slot = table_find(table, key, hash);
  if (slot->place) return;
  *slot = (slot_t){hash, (uint32_t)++table->count};
  char *record = table->arena + table->count * table->record;
  memcpy(record, key, KEY_LEN);
  memcpy(record + KEY_LEN, value, value_len);
}

/* Inserts all keys of the options. */
static void table_fill(table_t *table, const options_t *options, watch_t *watch) {
  block_t block = block_make(options->value);
  for (size_t at = 0; at < options->n; at += block.count) {
    block_fill(&block, at, options->n - at, options->n, 0);
    watch_start(watch);
    for (size_t i = 0; i < block.count; i++) {
      table_insert(table, block_key(&block, i), block_value(&block, i), block.value_len);
    }
    watch_stop(watch);
  }
  block_free(&block);
  require(table->count == options->n, "floor: not all keys are there");
}

/* Inserts n keys and values. The arena is untouched before, as a library's memory is. */
void workload_bound_insert(const options_t *options, sample_t *sample) {
  table_t table = table_make(options);
  watch_t watch = {0, 0};
  table_fill(&table, options, &watch);
  *sample = (sample_t){.ns = watch.ns, .ops = options->n};
  table_free(&table);
}

/* `rounds` lookups of n keys in no order, each of which copies the value. */
void workload_bound_get(const options_t *options, sample_t *sample) {
  enum { BLOCK = 1000 };
  static char keys[BLOCK * KEY_LEN];
  watch_t unused = {0, 0}, watch = {0, 0};
  table_t table = table_make(options);
  table_fill(&table, options, &unused);
  size_t value_len = options->value + 2, read = 0;
  char *value = malloc(value_len);
  require(value != NULL, "no memory for a value");
  for (size_t at = 0; at < options->rounds; at += BLOCK) {
    size_t count = options->rounds - at < BLOCK ? options->rounds - at : BLOCK;
    for (size_t i = 0; i < count; i++) make_key(keys + i * KEY_LEN, mix(at + i + 1) % options->n);
    watch_start(&watch);
    for (size_t i = 0; i < count; i++) {
      const char *key = keys + i * KEY_LEN;
      const slot_t *slot = table_find(&table, key, hash_of(key));
      if (slot->place == 0) continue;
      memcpy(value, table.arena + slot->place * table.record + KEY_LEN, value_len);
      __asm__ volatile("" : : "r"(value) : "memory"); /* the copy is in memory before the next lookup */
      read += value_len;
    }
    watch_stop(&watch);
  }
  require(read == options->rounds * value_len, "floor: a key is not there");
  *sample = (sample_t){.ns = watch.ns, .ops = options->rounds};
  free(value);
  table_free(&table);
}
