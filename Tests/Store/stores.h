/* Stores in the folders of files.h. To be included once in a program, behind check.h. */
#ifndef STORES_H
#define STORES_H

#include "files.h"
#include "scuttle_store.h"

#define SHARED __attribute__((unused)) static

/* With its size; it synchronises never, because most tests do not cut the power. */
SHARED scuttle_store_config_t store_config(void) {
  scuttle_store_config_t config;
  memset(&config, 0, sizeof config);
  config.struct_size = sizeof config;
  config.sync_ms = SCUTTLE_STORE_NEVER;
  return config;
}

/* Opens the store of "ada"; fails a check if the code is another. NULL after an error. */
SHARED scuttle_store_t *store_open_with(const char *folder, const scuttle_store_config_t *config, int expected) {
  scuttle_store_t *store = NULL;
  char message[1024] = "";
  scuttle_store_config_t copy = *config;
  copy.message = message;
  copy.message_capacity = sizeof message;
  int code = scuttle_store_open(folder, "ada", &copy, &store);
  if (code != expected) CHECK_SAY("scuttle_store_open is %d, not %d: %s", code, expected, message);
  if ((code < 0) != (store == NULL)) CHECK_SAY("code %d, store %p", code, (void *)store);
  if (code < 0 && message[0] == '\0') CHECK_SAY("code %d has no message", code);
  return store;
}

SHARED scuttle_store_t *store_open(const char *folder, int expected) {
  scuttle_store_config_t config = store_config();
  return store_open_with(folder, &config, expected);
}

SHARED int store_set(scuttle_store_t *store, const char *key, const char *json) {
  int code = scuttle_set(scuttle_store_replica(store), key, SCUTTLE_NTS, json, SCUTTLE_NTS);
  return code < 0 ? code : scuttle_store_save(store);
}

/* NULL: none. */
SHARED const char *store_value(scuttle_store_t *store, const char *key) { return value_of(scuttle_store_replica(store), key); }

SHARED scuttle_store_info_t store_info(scuttle_store_t *store) {
  scuttle_store_info_t info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  CHECK_INT(scuttle_store_info(store, &info), SCUTTLE_OK);
  return info;
}

/* Writes the keys k1 … k(count) with a save each; the file of "ada" in a new folder, closed. `ends` receives the length of the file
   before the first save and after each. */
SHARED char *store_with_saves(int count, uint32_t sync_ms, uint64_t *ends) {
  char *folder = folder_make(), key[16], value[16];
  scuttle_store_config_t config = store_config();
  config.sync_ms = sync_ms;
  scuttle_store_t *store = store_open_with(folder, &config, SCUTTLE_OK);
  ends[0] = store_info(store).file_bytes;
  for (int i = 1; i <= count; i++) {
    snprintf(key, sizeof key, "k%d", i);
    snprintf(value, sizeof value, "%d", i);
    CHECK_INT(store_set(store, key, value), SCUTTLE_OK);
    ends[i] = store_info(store).file_bytes;
  }
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  return folder;
}

/* Returns how many of k1, k2, … are there, or -1 if there is one behind a missing one, or one with another value. */
SHARED int store_count(scuttle_store_t *store) {
  char key[16];
  int count = 0;
  size_t all;
  for (;;) {
    snprintf(key, sizeof key, "k%d", count + 1);
    const char *value = store_value(store, key);
    if (value == NULL) break;
    if (atoi(value) != count + 1) return -1;
    count++;
  }
  return scuttle_count(scuttle_store_replica(store), &all) == SCUTTLE_OK && all == (size_t)count ? count : -1;
}

#endif
