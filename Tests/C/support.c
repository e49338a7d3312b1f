#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "support.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void give_up(const char *what) {
  printf("test support: %s\n", what);
  fflush(stdout);
  exit(3);
}

/* --- text ---------------------------------------------------------------------------------------------------------- */

void text_add(text_t *text, const void *bytes, size_t len) {
  if (text->len + len + 1 > text->capacity) {
    size_t capacity = text->capacity ? text->capacity * 2 : 256;
    while (capacity < text->len + len + 1) capacity *= 2;
    text->data = (char *)realloc(text->data, capacity);
    if (!text->data) give_up("no memory");
    text->capacity = capacity;
  }
  if (len) memcpy(text->data + text->len, bytes, len);
  text->len += len;
  text->data[text->len] = 0;
}

void text_str(text_t *text, const char *string) { text_add(text, string, strlen(string)); }

void text_format(text_t *text, const char *format, ...) {
  va_list arguments;
  char *line = NULL;
  int len;
  va_start(arguments, format);
  len = vasprintf(&line, format, arguments);
  va_end(arguments);
  if (len < 0) give_up("vasprintf");
  text_add(text, line, (size_t)len);
  free(line);
}

void text_free(text_t *text) {
  free(text->data);
  memset(text, 0, sizeof *text);
}

int text_file(text_t *text, const char *path) {
  char part[8192];
  size_t got;
  FILE *file = fopen(path, "rb");
  if (!file) return 0;
  text_add(text, "", 0);
  while ((got = fread(part, 1, sizeof part, file)) > 0) text_add(text, part, got);
  fclose(file);
  return 1;
}

void text_escaped(text_t *text, const char *string, size_t len) {
  size_t i;
  for (i = 0; i < len; i++) {
    unsigned char c = (unsigned char)string[i];
    switch (c) {
    case '"': text_str(text, "\\\""); break;
    case '\\': text_str(text, "\\\\"); break;
    case '\b': text_str(text, "\\b"); break;
    case '\f': text_str(text, "\\f"); break;
    case '\n': text_str(text, "\\n"); break;
    case '\r': text_str(text, "\\r"); break;
    case '\t': text_str(text, "\\t"); break;
    default:
      if (c < 0x20) text_format(text, "\\u%04x", c);
      else text_add(text, &string[i], 1);
    }
  }
}

void text_update(text_t *text, const char *key, const char *value, const char *source, uint64_t version) {
  text_str(text, "{\"key\":\"");
  text_escaped(text, key, strlen(key));
  text_str(text, "\",\"value\":");
  text_str(text, value);
  text_str(text, ",\"source_id\":\"");
  text_escaped(text, source, strlen(source));
  text_format(text, "\",\"version\":%" PRIu64 "}\n", version);
}

size_t text_count(const text_t *text, const char *needle) {
  size_t count = 0, len = strlen(needle);
  const char *at = text->data, *end = at ? at + text->len : at;
  while (at && (at = (const char *)memchr(at, needle[0], (size_t)(end - at))) != NULL) {
    if ((size_t)(end - at) >= len && memcmp(at, needle, len) == 0) {
      count++;
      at += len;
    } else {
      at++;
    }
  }
  return count;
}

/* --- random -------------------------------------------------------------------------------------------------------- */

uint64_t random_next(uint64_t *state) { /* splitmix64 */
  uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

size_t random_below(uint64_t *state, size_t limit) { return (size_t)(random_next(state) % limit); }

/* --- guarded memory -------------------------------------------------------------------------------------------------- */

guarded_t guarded_make(size_t len) {
  guarded_t memory;
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t usable = (len + page - 1) / page * page;
  char *base = (char *)mmap(NULL, usable + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == (char *)MAP_FAILED || mprotect(base + usable, page, PROT_NONE) != 0) give_up("mmap");
  memory.base = base;
  memory.size = usable + page;
  memory.data = base + usable - len;
  memory.len = len;
  return memory;
}

guarded_t guarded_copy(const void *bytes, size_t len) {
  guarded_t memory = guarded_make(len);
  if (len) memcpy(memory.data, bytes, len);
  return memory;
}

void guarded_free(guarded_t *memory) {
  munmap(memory->base, memory->size);
  memset(memory, 0, sizeof *memory);
}

/* --- replicas -------------------------------------------------------------------------------------------------------- */

const char *code_name(int code) {
  static const struct {
    int code;
    const char *name;
  } names[] = {
#define CODE(NAME) {NAME, #NAME}
      CODE(SCUTTLE_OK), CODE(SCUTTLE_FULL), CODE(SCUTTLE_NOT_FOUND), CODE(SCUTTLE_TORN), CODE(SCUTTLE_MORE), CODE(SCUTTLE_E_ARGUMENT),
      CODE(SCUTTLE_E_MEMORY), CODE(SCUTTLE_E_BUSY), CODE(SCUTTLE_E_UNSUPPORTED), CODE(SCUTTLE_E_STRUCT_SIZE), CODE(SCUTTLE_E_SPACE),
      CODE(SCUTTLE_E_ID), CODE(SCUTTLE_E_KEY), CODE(SCUTTLE_E_NUL), CODE(SCUTTLE_E_UTF8), CODE(SCUTTLE_E_JSON),
      CODE(SCUTTLE_E_DUPLICATE), CODE(SCUTTLE_E_NUMBER), CODE(SCUTTLE_E_DEPTH), CODE(SCUTTLE_E_MESSAGE),
      CODE(SCUTTLE_E_VERSION), CODE(SCUTTLE_E_VERSION_JUMP), CODE(SCUTTLE_E_IDENTITY), CODE(SCUTTLE_E_READ_ONLY),
      CODE(SCUTTLE_E_MESSAGE_SIZE), CODE(SCUTTLE_E_KEY_SIZE), CODE(SCUTTLE_E_VALUE_SIZE), CODE(SCUTTLE_E_SOURCES),
      CODE(SCUTTLE_E_LINKS), CODE(SCUTTLE_E_EXHAUSTED), CODE(SCUTTLE_E_CLUSTER), CODE(SCUTTLE_E_PROTOCOL),
      CODE(SCUTTLE_E_REJECTED), CODE(SCUTTLE_E_DATAGRAM), CODE(SCUTTLE_E_CORRUPT), CODE(SCUTTLE_E_RESOLVER),
      CODE(SCUTTLE_E_UNASKED), CODE(SCUTTLE_E_REFUSED), CODE(SCUTTLE_E_TTL), CODE(SCUTTLE_E_STORE),
      CODE(SCUTTLE_E_FORKED)
#undef CODE
  };
  static char other[4][32];
  static unsigned turn;
  size_t i;
  for (i = 0; i < sizeof names / sizeof *names; i++)
    if (names[i].code == code) return names[i].name;
  turn = (turn + 1) % 4;
  snprintf(other[turn], sizeof other[turn], "code %d", code);
  return other[turn];
}

scuttle_config_t config_make(void) {
  scuttle_config_t config;
  memset(&config, 0, sizeof config);
  config.struct_size = sizeof config;
  config.seed = 1;
  return config;
}

scuttle_config_t config_exact(void) {
  scuttle_config_t config = config_make();
  config.flags = SCUTTLE_EXACT_ID;
  return config;
}

scuttle_t *replica_with(const char *name, const scuttle_config_t *config) {
  scuttle_t *replica = NULL;
  int code = scuttle_new(name, config, &replica);
  if (code != SCUTTLE_OK || !replica) {
    printf("test support: scuttle_new returned %s\n", code_name(code));
    exit(3);
  }
  return replica;
}

scuttle_t *replica_make(const char *name) {
  scuttle_config_t config = config_make();
  return replica_with(name, &config);
}

scuttle_t *replica_exact(const char *source) {
  scuttle_config_t config = config_exact();
  return replica_with(source, &config);
}

scuttle_link_t *link_make(scuttle_t *replica) { return link_with(replica, SCUTTLE_LINK_ANY); }

scuttle_link_t *link_with(scuttle_t *replica, uint32_t flags) {
  scuttle_link_config_t config;
  scuttle_link_t *link = NULL;
  int code;
  memset(&config, 0, sizeof config);
  config.struct_size = sizeof config;
  config.flags = flags;
  code = scuttle_link_open(replica, &config, &link);
  if (code != SCUTTLE_OK || !link) {
    printf("test support: scuttle_link_open returned %s\n", code_name(code));
    exit(3);
  }
  return link;
}

static int show_update(void *context, const scuttle_update_t *update) {
  text_t *text = (text_t *)context;
  text_add(text, update->key, update->key_len);
  text_str(text, "\t");
  text_add(text, update->value, update->value_len);
  text_str(text, "\t");
  text_add(text, update->source, update->source_len);
  text_format(text, "\t%" PRIu64 "%s\n", update->version, update->flags & SCUTTLE_UPDATE_DELETED ? "\tdeleted" : "");
  return 0;
}

typedef struct {
  char source[1024];
  size_t source_len;
} source_t;

typedef struct {
  text_t text;
  source_t *sources;
  size_t count;
} clock_t_;

static int show_clock(void *context, const char *source, size_t source_len, uint64_t version) {
  clock_t_ *clock = (clock_t_ *)context;
  source_t *slot;
  text_add(&clock->text, source, source_len);
  text_format(&clock->text, " %" PRIu64 "\n", version);
  clock->sources = (source_t *)realloc(clock->sources, (clock->count + 1) * sizeof *clock->sources);
  if (!clock->sources || source_len > sizeof slot->source) give_up("clock");
  slot = &clock->sources[clock->count++];
  memcpy(slot->source, source, source_len);
  slot->source_len = source_len;
  return 0;
}

char *snapshot(scuttle_t *replica) {
  clock_t_ clock;
  text_t text;
  const char *id = "";
  size_t id_len = 0, i;
  memset(&clock, 0, sizeof clock);
  memset(&text, 0, sizeof text);
  if (scuttle_id(replica, &id, &id_len) != SCUTTLE_OK) give_up("scuttle_id");
  text_str(&text, "id ");
  text_add(&text, id, id_len);
  text_format(&text, "\nversion %" PRIu64 "\ncount %zu\nfingerprint %016" PRIx64 "\nclock\n", version_of(replica),
              count_of(replica), fingerprint_of(replica));
  if (scuttle_clock(replica, show_clock, &clock) != SCUTTLE_OK) give_up("scuttle_clock");
  if (clock.text.len) text_add(&text, clock.text.data, clock.text.len);
  text_str(&text, "state\n");
  if (scuttle_state(replica, NULL, 0, show_update, &text) != SCUTTLE_OK) give_up("scuttle_state");
  for (i = 0; i < clock.count; i++) {
    text_str(&text, "news ");
    text_add(&text, clock.sources[i].source, clock.sources[i].source_len);
    text_str(&text, "\n");
    if (scuttle_news(replica, clock.sources[i].source, clock.sources[i].source_len, 0, show_update, &text) != SCUTTLE_OK)
      give_up("scuttle_news");
  }
  text_free(&clock.text);
  free(clock.sources);
  return text.data;
}

char *state_text(scuttle_t *replica) {
  text_t text;
  memset(&text, 0, sizeof text);
  text_add(&text, "", 0);
  if (scuttle_state(replica, NULL, 0, show_update, &text) != SCUTTLE_OK) give_up("scuttle_state");
  return text.data;
}

char *clock_text(scuttle_t *replica) {
  clock_t_ clock;
  memset(&clock, 0, sizeof clock);
  text_add(&clock.text, "", 0);
  if (scuttle_clock(replica, show_clock, &clock) != SCUTTLE_OK) give_up("scuttle_clock");
  free(clock.sources);
  return clock.text.data;
}

char *news_text(scuttle_t *replica, const char *source, uint64_t version) {
  text_t text;
  memset(&text, 0, sizeof text);
  text_add(&text, "", 0);
  if (scuttle_news(replica, source, strlen(source), version, show_update, &text) != SCUTTLE_OK) give_up("scuttle_news");
  return text.data;
}

uint64_t version_of(scuttle_t *replica) {
  uint64_t version = 0;
  if (scuttle_version(replica, &version) != SCUTTLE_OK) give_up("scuttle_version");
  return version;
}

uint64_t fingerprint_of(scuttle_t *replica) {
  uint64_t fingerprint = 0;
  if (scuttle_fingerprint(replica, &fingerprint) != SCUTTLE_OK) give_up("scuttle_fingerprint");
  return fingerprint;
}

size_t count_of(scuttle_t *replica) {
  size_t count = 0;
  if (scuttle_count(replica, &count) != SCUTTLE_OK) give_up("scuttle_count");
  return count;
}

typedef struct {
  const char *source;
  uint64_t version;
} wanted_t;

static int find_source(void *context, const char *source, size_t source_len, uint64_t version) {
  wanted_t *wanted = (wanted_t *)context;
  if (source_len != strlen(wanted->source) || memcmp(source, wanted->source, source_len) != 0) return 0;
  wanted->version = version;
  return 1;
}

uint64_t clock_of(scuttle_t *replica, const char *source) {
  wanted_t wanted;
  wanted.source = source;
  wanted.version = 0;
  if (scuttle_clock(replica, find_source, &wanted) != SCUTTLE_OK) give_up("scuttle_clock");
  return wanted.version;
}

const char *value_of(scuttle_t *replica, const char *key) {
  static char values[4][4096];
  static unsigned turn;
  scuttle_entry_t entry;
  size_t needed = 0;
  turn = (turn + 1) % 4;
  memset(&entry, 0, sizeof entry);
  if (scuttle_get_copy(replica, key, SCUTTLE_NTS, values[turn], sizeof values[turn], &needed, &entry) != SCUTTLE_OK)
    return NULL;
  return entry.value;
}

int set(scuttle_t *replica, const char *key, const char *json) {
  return scuttle_set(replica, key, SCUTTLE_NTS, json, SCUTTLE_NTS);
}

int unset(scuttle_t *replica, const char *key) { return scuttle_delete(replica, key, SCUTTLE_NTS); }

int feed(scuttle_link_t *link, const char *lines) { return scuttle_link_write(link, lines, strlen(lines)); }

int feed_update(scuttle_link_t *link, const char *key, const char *value, const char *source, uint64_t version) {
  text_t line;
  int code;
  memset(&line, 0, sizeof line);
  text_update(&line, key, value, source, version);
  code = scuttle_link_write(link, line.data, line.len);
  text_free(&line);
  return code;
}

/* --- moving bytes ------------------------------------------------------------------------------------------------------ */

void read_all(scuttle_link_t *link, size_t capacity, text_t *out) {
  char *buffer;
  size_t len;
  if (!capacity) capacity = 4096;
  buffer = (char *)malloc(capacity);
  if (!buffer) give_up("no memory");
  text_add(out, "", 0);
  for (;;) {
    len = 0;
    if (scuttle_link_read(link, buffer, capacity, &len) != SCUTTLE_OK) give_up("scuttle_link_read");
    if (len > capacity) give_up("scuttle_link_read returned more than the capacity");
    if (!len) break;
    text_add(out, buffer, len);
    if (out->len > ((size_t)1 << 30)) give_up("endless output");
  }
  free(buffer);
}

void peek_all(scuttle_link_t *link, size_t max, size_t bytes, text_t *out) {
  scuttle_span_t *spans = (scuttle_span_t *)malloc(max * sizeof *spans);
  if (!spans) give_up("no memory");
  text_add(out, "", 0);
  for (;;) {
    size_t count = 0, total = 0, take, i;
    if (scuttle_link_peek(link, spans, max, &count) != SCUTTLE_OK) give_up("scuttle_link_peek");
    if (count > max) give_up("scuttle_link_peek returned more spans than requested");
    if (!count) break;
    for (i = 0; i < count; i++) total += spans[i].len;
    if (!total) give_up("scuttle_link_peek returned empty spans");
    take = bytes && bytes < total ? bytes : total;
    for (i = 0, total = take; i < count && total; i++) {
      size_t part = spans[i].len < total ? spans[i].len : total;
      text_add(out, spans[i].data, part);
      total -= part;
    }
    if (scuttle_link_consume(link, take) != SCUTTLE_OK) give_up("scuttle_link_consume");
    if (out->len > ((size_t)1 << 30)) give_up("endless output");
  }
  free(spans);
}

static size_t carry_one(scuttle_link_t *from, scuttle_link_t *to) {
  char buffer[4096];
  size_t len = 0;
  int code;
  if (scuttle_link_read(from, buffer, sizeof buffer, &len) != SCUTTLE_OK) give_up("scuttle_link_read");
  if (!len) return 0;
  code = scuttle_link_write(to, buffer, len);
  if (code != SCUTTLE_OK && code != SCUTTLE_FULL) {
    printf("test support: a peer rejected output of the library: %s: %.*s\n", code_name(code),
           (int)(len > 500 ? 500 : len), buffer);
    exit(3);
  }
  return len;
}

size_t carry(scuttle_link_t *a, scuttle_link_t *b) {
  size_t total = 0, moved;
  do {
    moved = carry_one(a, b);
    moved += carry_one(b, a);
    total += moved;
    if (total > ((size_t)1 << 30)) give_up("endless messages between two links");
  } while (moved);
  return total;
}

int move_all(scuttle_link_t *from, scuttle_link_t *to, text_t *out) {
  text_t bytes;
  int code = SCUTTLE_OK;
  memset(&bytes, 0, sizeof bytes);
  read_all(from, 0, &bytes);
  if (bytes.len) code = scuttle_link_write(to, bytes.data, bytes.len);
  if (out) text_add(out, bytes.data, bytes.len);
  text_free(&bytes);
  return code;
}

void sync_links(scuttle_link_t *a, scuttle_link_t *b) {
  int round;
  for (round = 0; round < 2; round++) {
    int code = scuttle_link_gossip(a);
    if (code != SCUTTLE_OK && code != SCUTTLE_FULL) give_up("scuttle_link_gossip");
    code = scuttle_link_gossip(b);
    if (code != SCUTTLE_OK && code != SCUTTLE_FULL) give_up("scuttle_link_gossip");
    carry(a, b);
  }
}

/* --- export ------------------------------------------------------------------------------------------------------------ */

static int take_line(void *context, const char *line, size_t line_len) {
  if (!line_len || line[line_len - 1] != '\n') give_up("scuttle_export visited a text that is not a line");
  text_add((text_t *)context, line, line_len);
  return 0;
}

void export_all(scuttle_t *replica, text_t *out) {
  text_add(out, "", 0);
  if (scuttle_export(replica, take_line, out) != SCUTTLE_OK) give_up("scuttle_export");
}

char *lines_with(const text_t *text, const char *start) {
  text_t out;
  const char *line = text->data, *end;
  memset(&out, 0, sizeof out);
  text_add(&out, "", 0);
  for (; *line; line = end) {
    end = strchr(line, '\n');
    end = end ? end + 1 : line + strlen(line);
    if (strncmp(line, start, strlen(start)) == 0) text_add(&out, line, (size_t)(end - line));
  }
  return out.data;
}

/* --- whole conversations ----------------------------------------------------------------------------------------------- */

scuttle_config_t config_start(void) {
  static uint64_t starts;
  scuttle_config_t config = config_make();
  config.seed = 1000 + ++starts;
  return config;
}

scuttle_t *replica_start(const char *name, const char *save, size_t len) {
  scuttle_config_t config = config_start();
  scuttle_t *replica = NULL;
  int code;
  config.state = save;
  config.state_len = len;
  code = scuttle_new(name, &config, &replica);
  if ((code != SCUTTLE_OK && code != SCUTTLE_TORN) || !replica) {
    printf("test support: a start of %s returned %s\n", name, code_name(code));
    exit(3);
  }
  return replica;
}

/* Writes one read to the other side. */
static size_t pass(scuttle_link_t *from, scuttle_link_t *to, talk_t *talk) {
  char buffer[1200];
  size_t len = 0;
  int code = scuttle_link_read(from, buffer, sizeof buffer, &len);
  if (code < 0 && talk->code >= 0) talk->code = code;
  if (!len) return code < 0; /* a read may report a withheld update instead */
  code = scuttle_link_write(to, buffer, len);
  if (code < 0 && talk->code >= 0) talk->code = code;
  talk->bytes += len;
  return len;
}

talk_t talk_links(scuttle_link_t *a, scuttle_link_t *b, size_t most) {
  talk_t talk = {0, SCUTTLE_OK, 0};
  size_t moved;
  scuttle_link_gossip(a);
  scuttle_link_gossip(b);
  do {
    moved = pass(a, b, &talk);
    moved += pass(b, a, &talk);
    if (moved && talk.bytes > most) talk.endless = 1;
  } while (moved && !talk.endless);
  return talk;
}

talk_t talk(scuttle_t *a, scuttle_t *b, uint32_t flags, size_t most) {
  scuttle_link_t *of_a = link_with(a, flags), *of_b = link_with(b, flags);
  talk_t result = talk_links(of_a, of_b, most);
  scuttle_link_close(of_a);
  scuttle_link_close(of_b);
  return result;
}

void note_event(void *context, scuttle_link_t *link, int event, int code) {
  told_t *events = (told_t *)context;
  if (event < 0 || event > 7) return;
  events->count[event]++;
  events->code[event] = code;
  events->link[event] = link;
}

/* --- the extended dialect ---------------------------------------------------------------------------------------------- */

void text_hello(text_t *text, const char *id, const char *cluster, unsigned lowest, unsigned highest, uint64_t lamport) {
  text_format(text, "{\"digest\":true,\"hello\":{\"protocol\":[%u,%u],\"source\":\"", lowest, highest);
  text_escaped(text, id, strlen(id));
  text_str(text, "\",\"incarnation\":77,\"cluster\":\"");
  text_escaped(text, cluster, strlen(cluster));
  text_format(text, "\",\"lamport\":%" PRIu64 ",\"epoch\":0,\"revision\":1,\"hash\":\"0123456789abcdef\",\"nonce\":0,"
                    "\"reply\":false}}\n", lamport);
}

/* Returns the number behind the last `"name":` in a text. */
static uint64_t number_in(const text_t *text, const char *name) {
  char member[32];
  const char *at, *found = NULL;
  snprintf(member, sizeof member, "\"%s\":", name);
  for (at = text->data ? text->data : ""; (at = strstr(at, member)) != NULL; at++) found = at;
  if (!found) give_up("no such member");
  return strtoull(found + strlen(member), NULL, 10);
}

void text_head(text_t *text, scuttle_link_t *link, const char *mode) {
  text_t out;
  memset(&out, 0, sizeof out);
  if (feed(link, "{\"digest\":true,\"request\":{\"revision\":0,\"from\":0}}\n") < 0) give_up("a request is refused");
  read_all(link, 0, &out);
  text_format(text, "{\"digest\":true,\"delta\":{\"mode\":\"%s\",\"request\":[%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]%s}}\n", mode,
              number_in(&out, "incarnation"), number_in(&out, "epoch"), number_in(&out, "nonce"),
              strcmp(mode, "log") == 0 || strcmp(mode, "early") == 0 ? "" : ",\"epoch\":0,\"span\":[0,0]");
  text_free(&out);
}
