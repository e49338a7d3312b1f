#include "format.h"

#include <string.h>

/* As in PNG's signature: no text, and damaged by a change of line ends. */
static const uint8_t magic[8] = {0x89, 's', 'c', 'u', 't', '\r', '\n', 0x1a};

static void put(uint8_t *out, uint64_t value, int bytes) {
  int i;
  for (i = 0; i < bytes; i++) out[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t number_at(const uint8_t *at, int bytes) {
  uint64_t value = 0;
  int i;
  for (i = 0; i < bytes; i++) value |= (uint64_t)at[i] << 8 * i;
  return value;
}

static uint32_t u32_at(const uint8_t *at) { return (uint32_t)number_at(at, 4); }

/* The checksum of a head: all bytes but those of the checksum itself. */
static uint32_t head_crc(const crc32_t *table, const uint8_t *head, size_t name_len) {
  return crc32_of(table, crc32_of(table, 0, head, HEAD_BYTES - 4), head + HEAD_BYTES, name_len);
}

size_t head_write(const crc32_t *table, const head_t *head, uint8_t *out) {
  memset(out, 0, HEAD_BYTES);
  memcpy(out, magic, sizeof magic);
  put(out + 8, FORMAT_VERSION, 4);
  put(out + 12, head->name_len, 4);
  put(out + 16, head->salt, 8);
  memcpy(out + HEAD_BYTES, head->name, head->name_len);
  put(out + HEAD_BYTES - 4, head_crc(table, out, head->name_len), 4);
  return HEAD_BYTES + head->name_len;
}

head_kind_t head_read(const crc32_t *table, const uint8_t *bytes, uint64_t len, head_t *head) {
  if (len < HEAD_BYTES || memcmp(bytes, magic, sizeof magic) != 0) return HEAD_ALIEN;
  if (u32_at(bytes + 8) > FORMAT_VERSION) return HEAD_LATER;
  head->name_len = u32_at(bytes + 12);
  if (head->name_len > HEAD_MOST - HEAD_BYTES || len < HEAD_BYTES + head->name_len) return HEAD_ALIEN;
  if (head_crc(table, bytes, head->name_len) != u32_at(bytes + HEAD_BYTES - 4)) return HEAD_ALIEN;
  head->salt = number_at(bytes + 16, 8);
  head->name = (const char *)bytes + HEAD_BYTES;
  return HEAD_GOOD;
}

/* The checksum of a frame's first 28 bytes. Salt and offset are in it, so that neither a block of an earlier file nor a frame
   in a payload counts as a frame of this one. */
static uint32_t frame_crc(const crc32_t *table, uint64_t salt, uint64_t offset, const uint8_t *frame) {
  uint8_t place[16];
  put(place, salt, 8);
  put(place + 8, offset, 8);
  return crc32_of(table, crc32_of(table, 0, place, sizeof place), frame, FRAME_BYTES - 4);
}

void frame_write(const crc32_t *table, uint64_t salt, uint64_t offset, const frame_t *frame, uint8_t *out) {
  put(out, frame->len, 4);
  put(out + 4, frame->flags, 4);
  put(out + 8, frame->number, 8);
  put(out + 16, frame->synced, 8);
  put(out + 24, frame->crc, 4);
  put(out + 28, frame_crc(table, salt, offset, out), 4);
}

int frame_read(const crc32_t *table, uint64_t salt, const uint8_t *file, uint64_t len, uint64_t offset, frame_t *frame) {
  const uint8_t *at = file + offset;
  if (len < offset || len - offset < FRAME_BYTES) return 0;
  frame->flags = u32_at(at + 4);
  if (frame->flags > (FRAME_FIRST | FRAME_LAST | FRAME_WHOLE)) return 0;
  frame->len = u32_at(at);
  if (len - offset - FRAME_BYTES < frame->len) return 0;
  if (frame_crc(table, salt, offset, at) != u32_at(at + 28)) return 0;
  frame->number = number_at(at + 8, 8);
  frame->synced = number_at(at + 16, 8);
  frame->crc = u32_at(at + 24);
  return crc32_of(table, 0, at + FRAME_BYTES, frame->len) == frame->crc;
}
