#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const uint8_t *bytes, size_t len, uint64_t offset) {
  while (len > 0) {
    ssize_t written = pwrite(fd, bytes, len, (off_t)offset);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      if (written == 0) errno = EIO;
      return -1;
    }
    bytes += written;
    offset += (uint64_t)written;
    len -= (size_t)written;
  }
  return 0;
}

/* Cuts off what the last call has written. If that fails, too, the next one overwrites it. */
static void cut(log_t *log) {
  int error = errno;
  while (ftruncate(log->fd, (off_t)log->at) != 0 && errno == EINTR) continue;
  errno = error;
}

/* ------------------------------------------------------------------------------------------------ a save as frames -- */

/* A save, or a part of one, on its way to the file. */
typedef struct {
  scuttle_store_t *store;
  log_t *log;
  uint64_t limit; /* bytes of a call; 0: none */
  uint64_t at;    /* the offset of the next frame */
  size_t fill;    /* bytes of its payload in the buffer */
  int has_failed;
} writing_t;

static int write_frame(writing_t *writing, uint32_t flags) {
  scuttle_store_t *store = writing->store;
  log_t *log = writing->log;
  uint8_t *payload = store->buffer + FRAME_BYTES;
  frame_t frame;
  frame.len = (uint32_t)writing->fill;
  frame.flags = flags | (writing->at == log->end ? FRAME_FIRST : 0);
  frame.number = log->number;
  frame.synced = log->synced;
  frame.crc = crc32_of(&store->crc, 0, payload, writing->fill);
  frame_write(&store->crc, log->salt, writing->at, &frame, store->buffer);
  if (write_all(log->fd, store->buffer, FRAME_BYTES + writing->fill, writing->at) != 0) {
    writing->has_failed = 1;
    return -1;
  }
  writing->at += FRAME_BYTES + writing->fill;
  writing->fill = 0;
  return 0;
}

static int take_line(void *context, const char *line, size_t line_len) {
  writing_t *writing = (writing_t *)context;
  while (line_len > 0) {
    size_t len = PAYLOAD_BYTES - writing->fill;
    if (len == 0) {
      if (write_frame(writing, 0) != 0) return -1;
      continue;
    }
    if (len > line_len) len = line_len;
    memcpy(writing->store->buffer + FRAME_BYTES + writing->fill, line, len);
    writing->fill += len;
    line += len;
    line_len -= len;
  }
  return writing->limit > 0 && writing->at + writing->fill - writing->log->at >= writing->limit ? SCUTTLE_MORE : 0;
}

int log_append(scuttle_store_t *store, log_t *log, const char *file, uint64_t limit) {
  writing_t writing = {store, log, limit, log->at, 0, 0};
  scuttle_cursor_t cursor = log->cursor;
  int code;
  /* Also if the last try has failed, so that nothing of it counts as a part of this one. */
  if (log->at == log->end) log->number++;
  code = scuttle_save(store->replica, &cursor, take_line, &writing);
  if (code < 0 && !writing.has_failed) {
    cut(log);
    return fault_of_replica(store, code);
  }
  if (!writing.has_failed && (writing.fill > 0 || writing.at > log->at))
    write_frame(&writing, code == SCUTTLE_MORE ? 0 : FRAME_LAST | (code == SCUTTLE_GAP ? FRAME_WHOLE : 0));
  if (writing.has_failed) {
    cut(log);
    return fault_io(store, "write", file);
  }
  log->cursor = cursor;
  log->at = writing.at;
  if (code == SCUTTLE_MORE) return code;
  if (code == SCUTTLE_GAP) log->whole = log->at - log->end;
  log->end = log->at;
  return code;
}

/* -------------------------------------------------------------------------------------------------------- the file -- */

int log_make(scuttle_store_t *store, log_t *log, const char *file) {
  uint8_t bytes[HEAD_MOST];
  head_t head;
  memset(log, 0, sizeof *log);
  log->fd = openat(store->directory, file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (log->fd < 0) return fault_io(store, "make", file);
  if (getentropy(&log->salt, sizeof log->salt) != 0) return fault_io(store, "get random numbers for", file);
  head.salt = log->salt;
  head.name = store->name;
  head.name_len = strlen(store->name);
  log->end = log->at = head_write(&store->crc, &head, bytes);
  if (write_all(log->fd, bytes, (size_t)log->end, 0) != 0) return fault_io(store, "write", file);
  return SCUTTLE_OK;
}

int log_sync(scuttle_store_t *store, log_t *log, const char *file) {
  if (log->synced == log->end) return SCUTTLE_OK;
  if (fdatasync(log->fd) != 0) return fault_io(store, "synchronise", file);
  log->synced = log->end;
  return SCUTTLE_OK;
}

void log_close(log_t *log) {
  if (log->fd >= 0) close(log->fd);
  log->fd = -1;
}

int log_check(scuttle_store_t *store) {
  struct stat now;
  if (fstat(store->log.fd, &now) != 0) return fault_io(store, "look at", store->file);
  if (now.st_nlink == 0)
    return fault_of(store, SCUTTLE_STORE_E_REPLACED, "%s/%s was removed or replaced", store->path, store->file);
  /* It may be longer, if a write that has failed could not be cut off. */
  if ((uint64_t)now.st_size < store->log.end)
    return fault_of(store, SCUTTLE_STORE_E_REPLACED, "%s/%s is %llu bytes long; %llu were written", store->path, store->file,
                    (unsigned long long)now.st_size, (unsigned long long)store->log.end);
  return SCUTTLE_OK;
}

int directory_sync(scuttle_store_t *store) {
  store->is_renamed = fsync(store->directory) != 0;
  return store->is_renamed ? fault_io(store, "synchronise", "") : SCUTTLE_OK;
}
