/* The bytes of the file: a head, and frames. docs/reference/file-store.md specifies them. */
#ifndef SCUTTLE_STORE_FORMAT_H
#define SCUTTLE_STORE_FORMAT_H

#include "crc32.h"

#define FORMAT_VERSION 1u
#define HEAD_BYTES 32u /* without the name behind it */
#define HEAD_MOST (HEAD_BYTES + 255u)
#define FRAME_BYTES 32u /* without the payload behind it */

/* The head: what the file is, and whose. */
typedef struct {
  uint64_t salt; /* a random number of the file, which is in the checksum of each frame */
  const char *name;
  size_t name_len;
} head_t;

/* Flags of a frame. A save is one or more frames. */
#define FRAME_FIRST 1u
#define FRAME_LAST 2u
#define FRAME_WHOLE 4u /* in the last frame: the save is the whole replica, and replaces those before it */

typedef struct {
  uint32_t len; /* bytes of the payload */
  uint32_t flags;
  uint64_t number; /* of the save: ascending in the file */
  uint64_t synced; /* bytes of the file that were on the disk when the frame was written */
  uint32_t crc;    /* of the payload */
} frame_t;

/* Writes a head with its name; returns its bytes, at most HEAD_MOST. */
size_t head_write(const crc32_t *table, const head_t *head, uint8_t *out);

typedef enum { HEAD_GOOD, HEAD_ALIEN, HEAD_LATER } head_kind_t;

/* Reads a head of `len` bytes or fewer. `name` is borrowed from the bytes. */
head_kind_t head_read(const crc32_t *table, const uint8_t *bytes, uint64_t len, head_t *head);

/* Writes the FRAME_BYTES in front of a payload that begins at offset + FRAME_BYTES of the file. */
void frame_write(const crc32_t *table, uint64_t salt, uint64_t offset, const frame_t *frame, uint8_t *out);

/* Reads a frame at an offset of a file of `len` bytes; returns whether it and its payload are whole. */
int frame_read(const crc32_t *table, uint64_t salt, const uint8_t *file, uint64_t len, uint64_t offset, frame_t *frame);

#endif
