#include "store.h"

#include <stdio.h>
#include <string.h>

#define NAME_BYTES 200u /* of the encoded name; the suffixes need the rest of NAME_MAX */

static int is_plain(const char *name, size_t at) {
  char c = name[at];
  if (c == '.') return at > 0 && name[at + 1] != '\0';
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* FNV-1a, to tell long names apart. Two names of one hash are SCUTTLE_STORE_E_NAME, because the head has the name. */
static uint64_t hash_of(const char *name) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (; *name; name++) hash = (hash ^ (uint8_t)*name) * 0x100000001b3u;
  return hash;
}

void names_make(scuttle_store_t *store, const char *name) {
  char stem[NAME_BYTES + 32];
  size_t at, len = 0;
  for (at = 0; name[at] != '\0' && len <= NAME_BYTES; at++) {
    if (is_plain(name, at)) stem[len++] = name[at];
    else len += (size_t)sprintf(stem + len, "%%%02x", (uint8_t)name[at]);
  }
  stem[len] = '\0';
  if (len > NAME_BYTES) {
    for (len = NAME_BYTES - 32; stem[len - 1] == '%' || stem[len - 2] == '%'; len--) continue; /* no escape is cut */
    sprintf(stem + len, "%%-%016llx", (unsigned long long)hash_of(name));
  }
  snprintf(store->file, sizeof store->file, "%s.scuttle", stem);
  snprintf(store->file_next, sizeof store->file_next, "%s.scuttle.new", stem);
  snprintf(store->file_lock, sizeof store->file_lock, "%s.scuttle.lock", stem);
  snprintf(store->file_damaged, sizeof store->file_damaged, "%s.scuttle.damaged", stem);
}
