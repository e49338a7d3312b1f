/* Shared support of the tests: growing text, snapshots of a replica, guarded memory, moving bytes between links. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <scuttle.h>
#include <stddef.h>
#include <stdint.h>

/* --- growing text ------------------------------------------------------------------------------------------- */

typedef struct {
  char *data; /* NUL-terminated, unless empty */
  size_t len, capacity;
} text_t;

void text_add(text_t *text, const void *bytes, size_t len);
void text_str(text_t *text, const char *string);
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void text_format(text_t *text, const char *format, ...);
void text_free(text_t *text); /* frees it; it is then empty */

/* Adds a whole file; returns 0 if it does not exist. */
int text_file(text_t *text, const char *path);

/* Adds `string` as the inside of a JSON string in canonical form. */
void text_escaped(text_t *text, const char *string, size_t len);

/* Adds an update line in the canonical form. */
void text_update(text_t *text, const char *key, const char *value, const char *source, uint64_t version);

/* Returns how often `needle` is in the text. */
size_t text_count(const text_t *text, const char *needle);

/* --- random numbers from a seed -------------------------------------------------------------------------- */

uint64_t random_next(uint64_t *state);
size_t random_below(uint64_t *state, size_t limit);

/* --- memory that ends with a readable page, so that an access beyond it stops the program ------------- */

typedef struct {
  void *base;
  size_t size;
  char *data; /* `len` bytes that end at the wall */
  size_t len;
} guarded_t;

guarded_t guarded_make(size_t len);
guarded_t guarded_copy(const void *bytes, size_t len);
void guarded_free(guarded_t *memory);

/* --- replicas ---------------------------------------------------------------------------------------------------- */

const char *code_name(int code);

/* Returns a config with its size and seed 1; the second with SCUTTLE_EXACT_ID besides. */
scuttle_config_t config_make(void);
scuttle_config_t config_exact(void);

/* Creates a replica with seed 1 and defaults otherwise, under a name; the second under a source that is the name itself. */
scuttle_t *replica_make(const char *name);
scuttle_t *replica_exact(const char *source);
scuttle_t *replica_with(const char *name, const scuttle_config_t *config);
scuttle_link_t *link_make(scuttle_t *replica);
scuttle_link_t *link_with(scuttle_t *replica, uint32_t flags); /* SCUTTLE_LINK_… */

/* Returns the visible state of a replica in one string: id, version, count, vector, entries, history, fingerprint. Free it. */
char *snapshot(scuttle_t *replica);

/* Returns "key<TAB>value<TAB>source<TAB>version[<TAB>deleted]" for each entry. Free it. */
char *state_text(scuttle_t *replica);

/* Returns "source version" for each source of the vector. Free it. */
char *clock_text(scuttle_t *replica);

/* Returns each update in the history of `source` above `version`, as update lines. Free it. */
char *news_text(scuttle_t *replica, const char *source, uint64_t version);

uint64_t version_of(scuttle_t *replica);
uint64_t fingerprint_of(scuttle_t *replica);
size_t count_of(scuttle_t *replica);
uint64_t clock_of(scuttle_t *replica, const char *source); /* 0: unknown */

/* Returns the value of a key, copied into one of several static buffers; NULL if there is none. */
const char *value_of(scuttle_t *replica, const char *key);

int set(scuttle_t *replica, const char *key, const char *json); /* NUL-terminated */
int unset(scuttle_t *replica, const char *key);
int feed(scuttle_link_t *link, const char *lines); /* NUL-terminated */

/* Writes one update line of a peer. */
int feed_update(scuttle_link_t *link, const char *key, const char *value, const char *source, uint64_t version);

/* --- moving bytes -------------------------------------------------------------------------------------------------- */

/* Reads until there is nothing to send, by `capacity` bytes a read (0: 4096). */
void read_all(scuttle_link_t *link, size_t capacity, text_t *out);
void peek_all(scuttle_link_t *link, size_t spans, size_t bytes, text_t *out);

/* Carries bytes both ways until neither has anything to send. Returns their count. */
size_t carry(scuttle_link_t *a, scuttle_link_t *b);

/* Reads all output of `from`, and writes it to `to`; returns the code of that, or SCUTTLE_OK if there is no output. `out`,
   unless NULL, receives the bytes. */
int move_all(scuttle_link_t *from, scuttle_link_t *to, text_t *out);

/* Gossips on both and carries all bytes, twice. */
void sync_links(scuttle_link_t *a, scuttle_link_t *b);

/* Adds the hello of an invented peer. Its hash differs from those of the replicas in tests. */
void text_hello(text_t *text, const char *id, const char *cluster, unsigned lowest, unsigned highest, uint64_t lamport);

/* Adds the head of a delta: the peer, which has sent a hello, requests the replica's vector, and names the request that
   follows. A delta with a commit has the sequence 4. Reads the output of the link. */
void text_head(text_t *text, scuttle_link_t *link, const char *mode);

/* Adds all lines of scuttle_export. */
void export_all(scuttle_t *replica, text_t *out);

/* --- whole conversations ------------------------------------------------------------------------------------------- */

/* Returns a config with a seed that no other call returns, so that each start is an incarnation of its own and a run can be
   repeated. */
scuttle_config_t config_start(void);

/* Starts a replica from a save, which may be empty or truncated. Returns NULL, and fails a check, for an error. */
scuttle_t *replica_start(const char *name, const char *save, size_t len);

typedef struct {
  size_t bytes; /* carried both ways */
  int code;     /* the first error of a read or write */
  int endless;  /* more than `most` bytes were to be carried */
} talk_t;

/* Opens a link on each replica, gossips on both, carries bytes both ways until there is nothing to send or `most` were carried,
   and closes both. `flags` are those of both links; datagrams have 1,200 bytes. */
talk_t talk(scuttle_t *a, scuttle_t *b, uint32_t flags, size_t most);

/* Carries bytes likewise between open links. */
talk_t talk_links(scuttle_link_t *a, scuttle_link_t *b, size_t most);

/* Events of one replica: set `on_event` to note_event and `context` to one of these. */
typedef struct {
  int count[8]; /* by event */
  int code[8];  /* of the latest one of each */
  scuttle_link_t *link[8];
} told_t;

void note_event(void *context, scuttle_link_t *link, int event, int code);

/* Returns the lines of `text` that begin with `start`, one behind the other. Free it. */
char *lines_with(const text_t *text, const char *start);

#endif
