#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads the whole file. */
static int read_file(scuttle_store_t *store, int fd, recovered_t *out) {
  struct stat now;
  uint64_t at = 0;
  if (fstat(fd, &now) != 0) return fault_io(store, "look at", store->file);
  if (!S_ISREG(now.st_mode))
    return fault_of(store, SCUTTLE_STORE_E_ALIEN, "%s/%s is no regular file", store->path, store->file);
  out->bytes_len = (uint64_t)now.st_size;
  out->bytes = out->bytes_len < SIZE_MAX ? (uint8_t *)malloc((size_t)out->bytes_len + 1) : NULL;
  if (out->bytes == NULL)
    return fault_of(store, SCUTTLE_E_MEMORY, "no memory for the %llu bytes of %s/%s", (unsigned long long)out->bytes_len,
                    store->path, store->file);
  while (at < out->bytes_len) {
    ssize_t len = pread(fd, out->bytes + at, (size_t)(out->bytes_len - at), (off_t)at);
    if (len < 0 && errno == EINTR) continue;
    if (len < 0) return fault_io(store, "read", store->file);
    if (len == 0) break; /* it has become shorter meanwhile */
    at += (uint64_t)len;
  }
  out->bytes_len = at;
  return SCUTTLE_OK;
}

static int read_head(scuttle_store_t *store, recovered_t *out) {
  head_t head;
  switch (head_read(&store->crc, out->bytes, out->bytes_len, &head)) {
  case HEAD_ALIEN:
    return fault_of(store, SCUTTLE_STORE_E_ALIEN, "%s/%s was not made by a file store, or its head is damaged", store->path,
                    store->file);
  case HEAD_LATER:
    return fault_of(store, SCUTTLE_STORE_E_FORMAT, "%s/%s has a later format than %u", store->path, store->file, FORMAT_VERSION);
  case HEAD_GOOD: break;
  }
  if (head.name_len != strlen(store->name) || memcmp(head.name, store->name, head.name_len) != 0)
    return fault_of(store, SCUTTLE_STORE_E_NAME, "%s/%s holds the replica \"%.*s\", not \"%s\"", store->path, store->file,
                    (int)head.name_len, head.name, store->name);
  out->salt = head.salt;
  out->end = HEAD_BYTES + head.name_len;
  return SCUTTLE_OK;
}

/* Returns whether a frame goes on with a save of which some frames are read, or begins one. */
static int follows(const frame_t *frame, int is_inside, uint64_t number) {
  int is_first = (frame->flags & FRAME_FIRST) != 0;
  return is_inside ? !is_first && frame->number == number : is_first && frame->number > number;
}

/* Reads saves until the first frame that is not whole, and moves their payloads together. Returns the offset of that frame. */
static uint64_t read_saves(scuttle_store_t *store, recovered_t *out) {
  uint64_t at = out->end, begin = out->end, number = 0;
  size_t state = (size_t)out->end; /* the first of the lines; they end at `done`, and those of an unfinished save at `used` */
  size_t done = state, used = state;
  int is_inside = 0;
  frame_t frame;
  while (frame_read(&store->crc, out->salt, out->bytes, out->bytes_len, at, &frame) && follows(&frame, is_inside, number)) {
    number = frame.number;
    memmove(out->bytes + used, out->bytes + at + FRAME_BYTES, frame.len);
    used += frame.len;
    at += FRAME_BYTES + frame.len;
    is_inside = !(frame.flags & FRAME_LAST);
    if (is_inside) continue;
    if (frame.flags & FRAME_WHOLE) {
      state = done;
      out->whole = at - begin;
    }
    done = used;
    begin = out->end = at;
    out->number = number;
  }
  out->state = (const char *)out->bytes + state;
  out->state_len = done - state;
  return at;
}

/* Returns whether a frame behind `at` says that the bytes at `at` were on the disk. Without one, they are the truncated end. */
static int is_damage(scuttle_store_t *store, const recovered_t *file, uint64_t at) {
  frame_t frame;
  uint64_t behind;
  for (behind = at + 1; behind + FRAME_BYTES <= file->bytes_len; behind++)
    if (frame_read(&store->crc, file->salt, file->bytes, file->bytes_len, behind, &frame) && frame.synced > at) return 1;
  return 0;
}

int recovery_read(scuttle_store_t *store, int fd, recovered_t *out) {
  uint64_t at;
  int code = read_file(store, fd, out);
  if (code >= 0) code = read_head(store, out);
  if (code < 0) return code;
  at = read_saves(store, out);
  if (at < out->bytes_len && is_damage(store, out, at)) out->damaged_at = at;
  return SCUTTLE_OK;
}
