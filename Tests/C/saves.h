/* Files of pieces, as hosts of scuttle_save keep them. To be included behind check.h. */
#ifndef SAVES_H
#define SAVES_H

#include "support.h"

#define SHARED __attribute__((unused)) static

SHARED int add_line(void *context, const char *line, size_t len) {
  text_add((text_t *)context, line, len);
  return 0;
}

/* Appends a piece to a file. */
SHARED int save(scuttle_t *replica, scuttle_cursor_t *cursor, text_t *file) {
  return scuttle_save(replica, cursor, add_line, file);
}

/* Starts a replica from some of a file's bytes. */
SHARED scuttle_t *load(const char *name, const text_t *file, size_t len, int code) {
  scuttle_config_t config = config_start();
  scuttle_t *replica = replica_with(name, &config);
  CHECK_CODE(scuttle_import(replica, file->data ? file->data : "", len), code);
  return replica;
}

/* Checks that a start from the file has the replica's entries and version vector. */
SHARED void check_same(scuttle_t *replica, const text_t *file, int code) {
  scuttle_t *loaded = load("A", file, file->len, code);
  char *before = state_text(replica), *after = state_text(loaded);
  CHECK_STR(after, before);
  CHECK_U64(fingerprint_of(loaded), fingerprint_of(replica));
  free(before);
  free(after);
  scuttle_free(loaded);
}

SHARED size_t lines_of(const text_t *text, size_t from) {
  size_t count = 0;
  for (size_t i = from; i < text->len; i++) count += text->data[i] == '\n';
  return count;
}

#endif
