/*
 * libscuttle: a last-writer-wins map CRDT that peers keep in step by anti-entropy gossip, the scuttlebutt protocol.
 *
 * The library is sans-I/O: the host feeds a link the bytes that came from a peer, and sends the bytes that the link hands out.
 * The library opens no socket, starts no thread and reads no clock. What is not in this file is not a published interface.
 *
 * A replica from start to end, over a connection `fd`:
 *
 *     scuttle_t *replica;
 *     scuttle_link_t *link;
 *     char bytes[4096];
 *     size_t out;
 *     ssize_t in;
 *     scuttle_new("kitchen", NULL, &replica);                          // makes a replica
 *     scuttle_set(replica, "lamp", SCUTTLE_NTS, "true", SCUTTLE_NTS);  // sets a key to a JSON value
 *     scuttle_link_open(replica, NULL, &link);                         // opens a link to the peer behind `fd`
 *     scuttle_link_gossip(link);                                       // compares with the peer, in both directions
 *     do {
 *       while (scuttle_link_read(link, bytes, sizeof bytes, &out) == SCUTTLE_OK && out > 0) send(fd, bytes, out, 0);
 *       in = recv(fd, bytes, sizeof bytes, 0);
 *     } while (in > 0 && scuttle_link_write(link, bytes, (size_t)in) >= 0);
 *     scuttle_free(replica);                                           // closes the link, too
 *
 * The header is a staircase. Section 1 is all that a first program needs; each later section stands for itself. Programs to read
 * are in bindings/c/examples. docs/reference/abi.md says what stays the same between versions of this interface,
 * docs/reference/protocol.md specifies the messages.
 *
 *    1 the simple interface            8 callbacks and resolvers
 *    2 codes                           9 history
 *    3 updates, and visits            10 deletes and tombstones
 *    4 state store                    11 times to live
 *    5 configuration                  12 flow control
 *    6 reading a replica              13 twins, refusals and limits
 *    7 state and export               14 links, dialects and datagrams
 *                                     15 diagnostics
 *                                     16 batches, and writes with a condition
 *
 * For every function, unless it says otherwise:
 *   Returns     SCUTTLE_OK (0); a positive code if the call has done its work and there is more to say; a negative SCUTTLE_E_… code
 *               for an error, after which the replica is as it was before the call. scuttle_errmsg() has the particulars.
 *   NULL        A NULL handle or a NULL required pointer is SCUTTLE_E_ARGUMENT.
 *   Text        UTF-8 with a length in bytes. SCUTTLE_NTS as a length means "NUL-terminated, measure it".
 *   Ownership   The library reads arguments during the call only; they stay the host's. Output is borrowed: it is valid until the next
 *               call on the same replica or one of its links, from any thread.
 *   Threads     Any thread may use a replica and its links: one lock inside serialises the calls. Hosts that share a replica between
 *               threads use the copying functions, because a call of another thread ends a borrow.
 *   Store       With `state_store` any call may also return SCUTTLE_E_STORE: see section 4.
 *   Fork        In the child of a fork, each call on a replica that was made before it, or on one of its links, returns
 *               SCUTTLE_E_FORKED at once; scuttle_free and scuttle_link_close do nothing. Make a replica of the child's own.
 *   Re-entrancy Callbacks run during a call and under the lock. They may read their arguments, and call the functions that
 *               say "Readable in callbacks" on the same replica. Any other call returns SCUTTLE_E_BUSY; it never deadlocks.
 *               They may call other replicas. If callbacks of two replicas call each other, in two threads, both wait for ever: let
 *               them call in one direction only, or note the work and do it after the call. See docs/reference/abi.md.
 *   Since       0.1.0.
 */
#ifndef SCUTTLE_H
#define SCUTTLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SCUTTLE_VERSION_MAJOR 0
#define SCUTTLE_VERSION_MINOR 2
#define SCUTTLE_VERSION_PATCH 0
#define SCUTTLE_VERSION_STRING "0.2.0"

/* ---------------------------------------------------------------------------- 1. the simple interface -- */

/* A replica is a map from keys to JSON values. A link is its conversation with one peer. Two replicas that exchange the bytes of their
   links come to hold the same. C wants a type before its use, so scuttle_new, which reads a configuration, is declared in section 5. */

typedef struct scuttle scuttle_t;           /* a replica: a map that its peers keep in step */
typedef struct scuttle_link scuttle_link_t; /* a link: a replica's conversation with one peer */

/* As a length: the text is NUL-terminated, and the library measures it. Not for scuttle_write and scuttle_link_write, which read
   bytes. */
#define SCUTTLE_NTS ((size_t)-1)

#define SCUTTLE_OK 0        /* done */
#define SCUTTLE_FULL 1      /* done, and a link is full: it signals backpressure, and on_drain follows. See section 12 */
#define SCUTTLE_NOT_FOUND 2 /* the key holds no value, or the name or update does not exist */
#define SCUTTLE_TORN 3      /* done, but the text was truncated: its last line is cut, or the end of an export is missing */
#define SCUTTLE_GAP 4       /* done, but the cursor could not be followed: see scuttle_changes and scuttle_save. Since 0.2.0 */
#define SCUTTLE_MORE 5      /* a part is done: call again until another code comes. See scuttle_tick and scuttle_save. Since 0.2.0 */
#define SCUTTLE_CONFLICT 6  /* not done: the key has another entry than expected. See scuttle_set_if. Since 0.2.0 */

/* The entry of a key: its value and the write that set it. Borrowed. */
typedef struct {
  const char *value; /* JSON text without insignificant white space, otherwise as it was written; NUL-terminated */
  size_t value_len;
  const char *source; /* the source of the write: its writer's name and incarnation; NUL-terminated */
  size_t source_len;
  uint64_t version; /* the Lamport number of the write, 1 … 2^53-1; 0 means "before all versions" */
} scuttle_entry_t;

/* Sets a key to a JSON value. This is a local write, whose version is one above the highest that the replica has seen.
     The resolver decides whether the write becomes the entry; the default resolver always says yes. Peers and the history get the
   write either way. Insignificant white space is dropped; the rest of the text is kept as it is.
   Returns  SCUTTLE_OK; or SCUTTLE_FULL: the key is set, and a link is full, by this write or since before. See section 12.
   Errors   SCUTTLE_E_ARGUMENT, _BUSY, _KEY, _KEY_SIZE, _NUL, _UTF8, _VALUE_SIZE, _DEPTH, _JSON, _DUPLICATE, _NUMBER,
            _EXHAUSTED, _MEMORY, _KEYS, _BYTES; _UNSUPPORTED once the replica has retired its own name.
   Cost     O(length of key and value), whatever the number of keys, links, sources or updates in the history. A live link that
            the host does not read adds O(log l) for l links, once for `mtu` updates at most, and nothing once it is full. */
int scuttle_set(scuttle_t *replica, const char *key, size_t key_len, const char *json, size_t json_len);

/* Returns the entry of a key. Readable in callbacks.
   out      receives the entry. Borrowed; scuttle_get_copy copies instead. For a key that is absent or deleted it receives the value
            `null`, no source and version 0.
   Returns  SCUTTLE_OK; or SCUTTLE_NOT_FOUND: the key holds no value.
   Errors   SCUTTLE_E_ARGUMENT, _KEY, _KEY_SIZE, _NUL, _UTF8, _MEMORY.
   Cost     O(length of key and value), for a copy that ends with a NUL. */
int scuttle_get(scuttle_t *replica, const char *key, size_t key_len, scuttle_entry_t *out);

/* Deletes a key: a local write whose entry is a tombstone, so that peers learn of the delete. Deleting an absent key writes a
   tombstone, too. A key that holds a value can be deleted at any limit. A classic peer receives the value null. Section 10
   says when the tombstone is purged.
   Returns and errors as scuttle_set. */
int scuttle_delete(scuttle_t *replica, const char *key, size_t key_len);

/* Options of a link. Zero the struct and set struct_size; NULL in its place means the defaults. */
typedef struct {
  size_t struct_size; /* sizeof(scuttle_link_config_t) */
  uint32_t flags;     /* SCUTTLE_LINK_…, see section 14; default 0 */
  uint32_t reserved;  /* 0 */
} scuttle_link_config_t;

#define SCUTTLE_LINK_LIVE 1u /* send new updates at once after the first reconciliation, without waiting for a gossip */

/* Opens a link to one peer, over one ordered stream of bytes, such as a TCP connection, or over datagrams. Each new connection
   needs a new link. An idle link costs less than 1 kB.
   config   or NULL for the defaults.
   out      receives the link, to be closed with scuttle_link_close, or by scuttle_free of its replica.
   Errors   SCUTTLE_E_ARGUMENT, also for SCUTTLE_LINK_HISTORY without SCUTTLE_LINK_CLASSIC and SCUTTLE_LINK_ANY; _BUSY,
            _STRUCT_SIZE, _LINKS, _CLUSTER, _MEMORY. */
int scuttle_link_open(scuttle_t *replica, const scuttle_link_config_t *config, scuttle_link_t **out);

/* Closes a link and drops its pending output; the next gossip over another link requests it again. NULL is fine. No other
   thread may be using the link. From a callback of its replica, and in the child of a fork, it does nothing. May call on_drain. */
void scuttle_link_close(scuttle_link_t *link);

/* Starts a gossip on every open link: the replica and its peers compare what they have.
     In the extended dialect each link sends a hello, and both replicas receive what they lack. In the classic dialect the link sends
   digests, in random order, and "done"; only this replica receives what it lacks. The first classic gossip of a link is
   "done" alone, which requests all entries. A gossip that is still pending on a link is not repeated.
     Call it when a link is new, and every so often: it requests lost messages again, and renews this replica's low-water mark, which
   lets peers purge tombstones (section 10). README.md says how often.
   Returns  SCUTTLE_OK; or SCUTTLE_FULL: the gossip waits behind the updates of a full link. Nothing is dropped.
   Errors   SCUTTLE_E_ARGUMENT, _BUSY. */
int scuttle_gossip(scuttle_t *replica);

/* Starts a gossip on one link. Returns and errors as scuttle_gossip. */
int scuttle_link_gossip(scuttle_link_t *link);

/* Reads bytes that the peer has sent: any number of lines, cut anywhere. The rest of a line waits for the next call.
     Each whole line is a message of its own. A malformed line is rejected and changes nothing, the lines beside it are applied, and the
   call returns the code of the first rejected one. A line over max_message_bytes is dropped up to its newline. Blank lines are ignored.
   The call may run resolve, accept, on_update, on_compaction and on_event.
     On a datagram link the bytes are one datagram, whose end ends its last line. A datagram that was truncated, even between two
   lines, counts as far as it is whole, and the link requests the rest again.
     SCUTTLE_E_CLUSTER, _PROTOCOL, _REJECTED, an _IDENTITY of the extended dialect, and a _REFUSED that names max_refused end the
   link, and on_event gets SCUTTLE_EVENT_ENDED. The link returns the same code for all later lines. Its last output tells the peer the
   reason, unless the peer has ended the link itself.
   Returns  SCUTTLE_OK; or SCUTTLE_FULL: the bytes are applied, and this link is full. If the bytes have filled another link, the next
            call on the replica says so.
   Errors   SCUTTLE_E_ARGUMENT, _BUSY, and those of a message: _KEY, _KEY_SIZE, _ID, _NUL, _UTF8, _JSON, _DUPLICATE,
            _NUMBER, _DEPTH, _MESSAGE, _MESSAGE_SIZE, _VALUE_SIZE, _VERSION, _VERSION_JUMP, _IDENTITY, _MEMORY, _READ_ONLY,
            _SOURCES, _CORRUPT, _CLUSTER, _PROTOCOL, _REJECTED, _UNASKED, _TTL, _REFUSED, _KEYS, _BYTES. A refused update is an
            error when it first arrives; the link goes on. */
int scuttle_link_write(scuttle_link_t *link, const void *bytes, size_t len);

/* Fills a buffer with the next bytes to send to the peer. On a stream the cut may fall inside a message. Bytes that were read count
   as sent.
     On a datagram link one read makes one datagram of at most `capacity` bytes; read until there is none.
     May call on_drain. On a classic link it may call on_update, too: a null of an incarnation becomes a delete when the link sends it,
   because a peer behind a relay cannot tell them apart.
   len      receives the number of bytes; 0: nothing to send now.
   Errors   SCUTTLE_E_ARGUMENT, _BUSY. On a datagram link also SCUTTLE_E_SPACE: no message fits so small a datagram; and
            SCUTTLE_E_DATAGRAM: one update fits no datagram of this capacity. The link skips that update and does not count it as
            known to the peer; scuttle_errmsg() names its key, and on_event has reported it. Each such update is an error once.
            Read on for the rest.
   Cost     O(bytes read), and O(log n) a call. */
int scuttle_link_read(scuttle_link_t *link, void *buffer, size_t capacity, size_t *len);

/* Frees a replica and closes all its links; their handles are invalid then, too. NULL is fine. No other thread may be using the
   replica. From one of its own callbacks, and in the child of a fork, it does nothing. */
void scuttle_free(scuttle_t *replica);

/* Returns the particulars of the last error on this replica or its links: English, one line, never NULL. Borrowed. In the child of a
   fork it returns the sentence of SCUTTLE_E_FORKED. */
const char *scuttle_errmsg(scuttle_t *replica);

/* Returns a short English sentence for a code. It is valid for ever, and never NULL, also for numbers that are no code. Any thread. */
const char *scuttle_strerror(int code);

/* ------------------------------------------------------------------------------------------- 2. codes -- */

/* An error has changed nothing. A number that has a meaning keeps it for ever. */

#define SCUTTLE_E_ARGUMENT (-1)      /* a required pointer is NULL, a flag is unknown, or a length is beyond any object */
#define SCUTTLE_E_MEMORY (-2)        /* the system gave no memory or randomness, or the key table is full. A call returns it for
                                        memory if it needs a large block (64 kB and more, for a value, its copy or a line), if a JSON text
                                        cannot be parsed, or if it makes a replica or link. Any other allocation that fails aborts
                                        the process, with "libscuttle: out of memory: N bytes" on stderr. After
                                        scuttle_link_write the line is lost, and the next gossip requests it again */
#define SCUTTLE_E_BUSY (-3)          /* the call came from a callback of the same replica */
#define SCUTTLE_E_UNSUPPORTED (-4)   /* this replica or link was made in a way that excludes the call */
#define SCUTTLE_E_STRUCT_SIZE (-5)   /* struct_size is too small, or a field of a later version is set */
#define SCUTTLE_E_SPACE (-6)         /* the buffer is too small; the call has reported the size that it needs */
#define SCUTTLE_E_ID (-7)            /* a name or a source is empty or too long, or a name ends as an incarnation does */
#define SCUTTLE_E_KEY (-8)           /* a key is empty */
#define SCUTTLE_E_NUL (-9)           /* a key, a source or a name inside a value contains the character U+0000 */
#define SCUTTLE_E_UTF8 (-10)         /* text is not valid UTF-8 */
#define SCUTTLE_E_JSON (-11)         /* text is not JSON (which has no NaN, Infinity, comments or trailing commas) */
#define SCUTTLE_E_DUPLICATE (-12)    /* a JSON object has two members of one name */
#define SCUTTLE_E_NUMBER (-13)       /* no double can hold a JSON number */
#define SCUTTLE_E_DEPTH (-14)        /* JSON is nested deeper than max_depth */
#define SCUTTLE_E_MESSAGE (-15)      /* JSON is not a message: a field is missing or of the wrong type */
#define SCUTTLE_E_VERSION (-16)      /* a version is not an integer from 1 to 2^53-1. In a digest 0, null, a negative number or no
                                        version means 0 */
#define SCUTTLE_E_VERSION_JUMP (-17) /* a version is further ahead of this replica than max_version_jump */
#define SCUTTLE_E_IDENTITY (-18)     /* a peer has this replica's own source, or a version of it that was never issued here. Only
                                        SCUTTLE_EXACT_ID or a fixed seed gives two starts one source. Ends an extended link */
#define SCUTTLE_E_READ_ONLY (-19)    /* an update, delta, cover or commit arrived on a SCUTTLE_LINK_READ_ONLY link */
#define SCUTTLE_E_MESSAGE_SIZE (-20) /* a line is longer than max_message_bytes */
#define SCUTTLE_E_KEY_SIZE (-21)     /* a key is longer than max_key_bytes */
#define SCUTTLE_E_VALUE_SIZE (-22)   /* a value is longer than max_value_bytes */
#define SCUTTLE_E_SOURCES (-23)      /* the replica would know more sources than max_sources */
#define SCUTTLE_E_LINKS (-24)        /* the replica would have more links than max_links */
#define SCUTTLE_E_EXHAUSTED (-25)    /* versions have reached 2^53-1: no local write is possible any more */
#define SCUTTLE_E_CLUSTER (-26)      /* the peer belongs to another cluster. Ends the link */
#define SCUTTLE_E_PROTOCOL (-27)     /* the peer speaks no protocol version that this replica speaks, or the classic dialect on a link
                                        that excludes it. Ends the link */
#define SCUTTLE_E_REJECTED (-28)     /* the peer has rejected this replica; scuttle_errmsg() has the reason. Ends the link */
#define SCUTTLE_E_DATAGRAM (-29)     /* an update fits no datagram of this capacity, and the link has skipped it */
#define SCUTTLE_E_CORRUPT (-30)      /* equivocation: a peer has another content under a timestamp that is known here, and this replica's
                                        content stands. If the peer's stands: SCUTTLE_EVENT_DIVERGED with this code */
#define SCUTTLE_E_RESOLVER (-31)     /* a resolver is not commutative, not idempotent or not associative */
#define SCUTTLE_E_UNASKED (-32)      /* a delta, update, cover or commit belongs to no open request of this link. It changes nothing.
                                        Datagram links drop it without an error */
#define SCUTTLE_E_REFUSED (-33)      /* `accept` has refused an update; or a peer has sent more refused updates than max_refused,
                                        which ends the link */
#define SCUTTLE_E_KEYS (-34)         /* more keys than max_keys would hold a value */
#define SCUTTLE_E_BYTES (-35)        /* a write, a source or a line would need more memory than max_bytes allows */
#define SCUTTLE_E_STORE (-37)        /* a function of `state_store` has failed: the call is undone, here and in the store */
#define SCUTTLE_E_FORKED (-38)       /* the replica was made before a fork, in the parent of this process: make another one after it */
#define SCUTTLE_E_TTL (-36)          /* a time to live, or its age, in an update is not an integer from 0 to 2^53-1 */

/* ------------------------------------------------------------------------------ 3. updates, and visits -- */

/* An update is one write by one replica. Callbacks and visits show updates, borrowed for the call. */

/* One update. Only the library makes these, but for scuttle_history_write and scuttle_check_resolver; later versions may append
   fields. No text in it is NUL-terminated.
     `version` and `source` are the timestamp: it belongs to the write for ever, and decides which of two writes of a key stands.
   `dot_version` and `dot_source` are the dot: the update travels under it, and the version vector accounts for it. The dot is the
   timestamp until a replica republishes the update. */
typedef struct {
  const char *key;
  size_t key_len;
  const char *value; /* JSON text; "null" for a delete */
  size_t value_len;
  const char *source;
  size_t source_len;
  uint64_t version; /* 1 … 2^53-1 */
  uint32_t flags;   /* SCUTTLE_UPDATE_… */
  uint32_t reserved;

  /* Since 0.2.0. */
  const char *dot_source;
  size_t dot_source_len;
  uint64_t dot_version;
} scuttle_update_t;

#define SCUTTLE_UPDATE_DELETED 1u /* a delete */
#define SCUTTLE_UPDATE_LOCAL 2u   /* this replica wrote it */
#define SCUTTLE_UPDATE_EXPIRED 4u /* an expiry: the delete of a key whose time to live is over; DELETED is set, too. The timestamp is
                                     that of the write that it ends, the dot is the deleter's. LOCAL: this replica wrote
                                     the write that it ends */
#define SCUTTLE_UPDATE_RESET 8u   /* no write: a reset removes this entry, because the sender of the reset has purged its delete.
                                     DELETED is set, too; the timestamp is that of the entry */

/* Called with one update after the other. Returns 0 to go on, anything else to stop. `update` is borrowed for the call. */
typedef int (*scuttle_visit_fn)(void *context, const scuttle_update_t *update);

/* Called with one line after the other, its newline included. Returns 0 to go on, anything else to stop; for scuttle_save see there. */
typedef int (*scuttle_line_fn)(void *context, const char *line, size_t line_len);

/* Called with one source after the other and its entry in the version vector (vector clock, as the seed calls it): the version up to which
   its dots are accounted for here. Returns 0 to go on, anything else to stop. */
typedef int (*scuttle_clock_fn)(void *context, const char *source, size_t source_len, uint64_t version);

/* -------------------------------------------------------------------------------------- 4. state store -- */

/* A replica is held in memory, and a restart begins with an export or with nothing (section 7). With a state store it is held in a
   database of the host's as well: each call that changes the replica is one transaction, and a host that is killed loses
   nothing that a call has confirmed. This is the seed's `state`, "perhaps backed by a database". */

/* A row of a state store: the host keeps one line for each (kind, id). Borrowed for the call. */
typedef struct {
  uint32_t kind;                  /* SCUTTLE_ROW_… */
  uint32_t reserved;              /* 0 */
  const char *id;                 /* with `kind` it is the row's primary key; any bytes, not NUL-terminated */
  size_t id_len;
  const char *line;               /* the content: lines of scuttle_export, each with its newline. NULL in `remove` */
  size_t line_len;
  const scuttle_update_t *update; /* in `put` of SCUTTLE_ROW_ENTRY: the entry as an update, for columns of the host's own; otherwise NULL */
} scuttle_row_t;

#define SCUTTLE_ROW_ENTRY 1u   /* an entry, tombstones included; `id` is the key */
#define SCUTTLE_ROW_SOURCE 2u  /* a source's entry in the version vector; `id` is the source */
#define SCUTTLE_ROW_REPLICA 3u /* everything else of the replica; `id` names the part */

/* The functions of a state store. Zero the struct, set struct_size and all six functions. They return 0, or anything else for a
   failure, and run under the lock, as all callbacks do.
     Each call on the replica or its links that changes rows makes one transaction: `begin`, then `put` and `remove` in any order, then
   `commit`. `commit` has succeeded before such a call returns SCUTTLE_OK or another positive code. A call with many updates, such
   as a scuttle_link_write, is one transaction, too. scuttle_set, scuttle_delete, scuttle_set_ttl, and with the resolvers of the last
   writer scuttle_set_many and scuttle_set_if, put their rows before anything changes and before on_update.
     If a function fails, `rollback` follows, and the call returns SCUTTLE_E_STORE. A local write has changed nothing then. Any other
   call is undone as a whole: the replica becomes what `load` returns, and its links restart their conversations over the same
   streams; on_update may have shown updates that are undone. While `load` fails, too, each call returns SCUTTLE_E_STORE and
   tries it again.
   Cost     O(rows that have changed); O(all rows) to load. Since 0.2.0. */
typedef struct {
  size_t struct_size; /* sizeof(scuttle_state_store_t) */
  void *context;      /* the first argument of the functions */
  /* Passes all rows to `take`, in any order, and stops if `take` does not return 0. scuttle_new calls it; no row means a new replica. */
  int (*load)(void *context, scuttle_line_fn take, void *take_context);
  int (*begin)(void *context);
  int (*put)(void *context, const scuttle_row_t *row);    /* inserts or replaces the row */
  int (*remove)(void *context, const scuttle_row_t *row); /* removes the row, if it exists */
  int (*commit)(void *context);
  void (*rollback)(void *context);
} scuttle_state_store_t;

/* ------------------------------------------------------------------------------------ 5. configuration -- */

/* A replica is made from a name and a configuration. Zero the struct, set struct_size, and set the fields you need: a zero or NULL
   field means its default. Fields that belong to a topic refer to the section that explains it. */

/* Resolvers: which of two updates of one key stands. Each is a total order, so replicas agree whatever the order of arrival. */
#define SCUTTLE_LWW_VS_CLOCK 0u          /* the default: the last writer wins. The update with the greater timestamp (version, then source)
                                            stands; a covered dot changes nothing */
#define SCUTTLE_LWW_VS_CURRENT_VERS 1u   /* the seed's other name for the same outcome */
#define SCUTTLE_STRICTLY_ORDER_VALUES 2u /* the greater value stands: null < false < true < numbers < strings < arrays <
                                            objects; equal values by timestamp */

/* Flags of a replica. */
#define SCUTTLE_UNIQUE_ID 1u       /* accepted without effect: every start is an incarnation of its own */
#define SCUTTLE_KEEP_TOMBSTONES 2u /* purge no stable tombstone; scuttle_purge and max_tombstones still purge */
#define SCUTTLE_EXACT_ID 4u        /* the name itself is the source, without an incarnation. For tests, and for hosts that let no two
                                      starts write under one source, unless the later start begins with everything that the
                                      earlier one wrote. Since 0.2.0 */

/* The versions of the extended dialect that this library speaks. */
#define SCUTTLE_PROTOCOL_LOWEST 1u
#define SCUTTLE_PROTOCOL_HIGHEST 1u

/* The configuration of a replica. Later versions append fields; a smaller struct_size from an older header keeps working. */
typedef struct {
  size_t struct_size; /* sizeof(scuttle_config_t) */
  uint32_t flags;     /* SCUTTLE_KEEP_TOMBSTONES, SCUTTLE_EXACT_ID, SCUTTLE_UNIQUE_ID; default 0 */
  uint32_t resolver;  /* SCUTTLE_LWW_VS_CLOCK …; ignored if `resolve` is set */
  size_t mtu;         /* messages, not bytes: the size of the send buffer, 64 at most, and the number of pending messages at which a
                         link becomes full. Default 10; SIZE_MAX: a link never becomes full. See section 12 */
  size_t max_history; /* updates in the history. Default 10; SIZE_MAX: all. See section 9 */
  uint64_t seed;      /* seeds the random order of digests, the hashing and the incarnations. 0: from the system. A fixed seed makes
                         the output of a replica reproducible, and gives up its defence against chosen keys. The incarnation then
                         follows from seed, name and `state`: two starts with the same three write under one source */

  void *context; /* the first argument of every callback below */

  /* Decides whether `update` replaces `current` (NULL: the key is new). Non-zero: yes. NULL: `resolver` decides. It decides
     for local and for received updates alike, so it must follow a total order of updates: yes for exactly one of (a, b) and (b, a),
     whatever the order of arrival. See section 8. */
  int (*resolve)(void *context, const scuttle_update_t *update, const scuttle_update_t *current);

  /* Orders updates: <0 if a comes before b, >0 if after, 0 if either may come first. NULL: by version, then source.
       In scuttle_news(), in scuttle_history() and on links with SCUTTLE_LINK_HISTORY it orders all updates. In the deltas of other
     links it orders sources only, because the protocol needs the updates of one source in the order of their versions. There it applies
       - to the deltas of the classic dialect;
       - to the delta that a request causes in the extended dialect, on streams. A replica with `sort` makes that delta from its
         entries and not from its history; the delta counts only as a whole, so it starts over if its link breaks.
     It does not apply
       - to updates that arrive during such a delta: they follow at its end, in the order of arrival;
       - to the updates that a live link sends after its delta: they go in the order in which they were covered here, because all
         live links share one text;
       - to datagram links: there a peer acknowledges a delta by a sequence in the order of arrival. */
  int (*sort)(void *context, const scuttle_update_t *a, const scuttle_update_t *b);

  /* Called after an update, local or received, has become the entry of its key. */
  void (*on_update)(void *context, const scuttle_update_t *update);

  /* Called before the history drops updates, because it holds max_history of them and has to record one more. `updates` are the
     `count` oldest, oldest first. The host may trim or keep the history instead: see section 9. */
  void (*on_compaction)(void *context, const scuttle_update_t *const *updates, size_t count);

  /* Called once after SCUTTLE_FULL was returned, any number of times, and every link has drained, closed or ended. See section 12. */
  void (*on_drain)(void *context);

  /* The state to start from, as scuttle_import reads it. The library reads it during scuttle_new only. NULL: an empty map. */
  const char *state;
  size_t state_len; /* bytes; may be SCUTTLE_NTS */

  /* Limits on messages. An excess is an error with a code of its own. See section 13. */
  size_t max_message_bytes;  /* bytes of a line, without its newline. Default: enough for the largest key and value */
  size_t max_key_bytes;      /* bytes of a key. Default 64 KiB, at most 256 MiB */
  size_t max_value_bytes;    /* bytes of a value. Default 1 MiB, at most 256 MiB */
  size_t max_depth;          /* nesting of arrays and objects in a value. Default 64, at most 1,024 */
  size_t max_sources;        /* sources, this replica's own included. Default 65,536 */
  size_t max_links;          /* open links. Default 65,536 */
  uint64_t max_version_jump; /* the most by which the version of an update, cover or commit may exceed the highest version seen here.
                                Default 2^48. A hello, and each part of a vector, raises that highest version by this much at most, so
                                a replica that is further behind catches up in steps. It slows a hostile peer down, and does not stop it */

  /* Since 0.2.0. */
  const char *cluster;   /* NUL-terminated UTF-8 of up to 255 bytes; NULL means "". Links join replicas of one cluster only; a link in
                            the classic dialect cannot check it. The library reads it during scuttle_new only */
  size_t max_tombstones; /* tombstones. Beyond it the replica purges those with the lowest versions, stable or not. Default 2^20;
                            SIZE_MAX: no limit. No effect if `resolve` is set. See section 10 */
  uint32_t protocol_min; /* lowest version of the extended dialect to speak. Default SCUTTLE_PROTOCOL_LOWEST, which is the least */
  uint32_t protocol_max; /* highest version of the extended dialect to speak. Default SCUTTLE_PROTOCOL_HIGHEST, which is the most */

  /* Called with an event of a link.
     event   SCUTTLE_EVENT_…; ignore an unknown number, because later versions add some.
     code    SCUTTLE_OK, or the SCUTTLE_E_… of the event.
     `link` identifies the link. As in every callback, calls on it, such as scuttle_link_close, have no effect before the callback
     has returned. See section 8. */
  void (*on_event)(void *context, scuttle_link_t *link, int event, int code);

  size_t max_retired;       /* retired sources, some 30 bytes each. Default 2^20; SIZE_MAX: no limit. Beyond it the replica drops those
                               with the lowest versions, and so do its peers: an old write of such a source that some replica still
                               holds may then come back over a purged delete. See section 10 */
  uint64_t retire_after_ms; /* milliseconds by scuttle_tick after which the replica retires a silent name: one without new
                               updates or a new low-water mark. 0: never. A tick counts for an eighth of it at most. Set it at all
                               replicas, because a replica that has it renews its own low-water mark with its ticks. See section 10 */

  /* Decides whether the replica applies an update that the link `from` received: 0 refuses it. For authority, quotas and schemas. NULL: it
     applies all. The library calls it once for each update that it does not know yet, before the resolver; expiries are
     included, because the peer's host may have counted them. With SCUTTLE_UPDATE_RESET the update is an entry that a reset
     removes; 0 keeps that entry and republishes it.
       It must decide the same for one update until scuttle_accept_again is called. See section 13. */
  int (*accept)(void *context, scuttle_link_t *from, const scuttle_update_t *update);
  size_t max_refused; /* refused or missing updates that the replica remembers, some 100 bytes each, and as many of each peer. Default
                         1,024; SIZE_MAX: no limit. One more ends its link (SCUTTLE_E_REFUSED), again after a reconnect: raise the
                         limit, or accept more. See section 13 */

  const scuttle_state_store_t *state_store; /* keeps the replica in a database of the host's; NULL: in memory only. scuttle_new copies
                                               the struct. Not together with `state`. See section 4 */

  /* Limits on what a replica holds; 0 or SIZE_MAX: none. Each limits this replica alone: its peers may have others. See section 13. */
  size_t max_keys;  /* keys that hold a value, as scuttle_count counts them */
  size_t max_bytes; /* bytes of memory for entries, tombstones, history, sources, retired sources, refusals, and updates that wait for a
                       cover, with all overhead */
} scuttle_config_t;

/* Makes a replica.
   name     the host's name for the replica: NUL-terminated UTF-8 of 1 to 246 bytes, unique among the replicas that run at one
            time. Each start is an incarnation and writes under a source of its own: the name, "~" and 8 characters out of
            A-Z a-z 0-9 - _ that encode 48 random bits. So no start issues a version of another one's source, whatever save it
            begins with. A name must not end like that itself. With SCUTTLE_EXACT_ID the name, of up to 255 bytes, is the source.
   config   or NULL for the defaults. Callbacks and `context` must stay valid until scuttle_free.
   out      receives the replica, to be freed with scuttle_free; NULL after an error. It is set before `state` is read, so that
            `resolve` and the other callbacks may read the replica through it.
   Returns  SCUTTLE_OK; or SCUTTLE_TORN: the replica is made, and `state` was truncated.
   Errors   SCUTTLE_E_ARGUMENT, _STRUCT_SIZE, _ID, _NUL, _UTF8, _MEMORY; with `state` also those of scuttle_import; with `state_store`
            also SCUTTLE_E_STORE, and for a row that was altered those of scuttle_import. */
int scuttle_new(const char *name, const scuttle_config_t *config, scuttle_t **out);

/* -------------------------------------------------------------------------------- 6. reading a replica -- */

/* These functions change nothing, and callbacks may call them. Borrowed output ends with the next call from any thread, so hosts with
   several threads use scuttle_get_copy. */

/* Copies the entry of a key into a buffer: value, a NUL, source and a NUL; *out points there. The copying form of scuttle_get.
   Readable in callbacks.
   buffer   may be NULL if `capacity` is 0.
   needed   receives the size of the copy, also for SCUTTLE_E_SPACE, which means that the capacity is smaller. 0 for an absent key,
            whose value `null` is not in the buffer.
   Returns and errors otherwise as scuttle_get. */
int scuttle_get_copy(scuttle_t *replica, const char *key, size_t key_len, void *buffer, size_t capacity, size_t *needed,
                     scuttle_entry_t *out);

/* A key of scuttle_get_many. This struct stays as it is. Since 0.2.0. */
typedef struct {
  const char *key;
  size_t key_len; /* or SCUTTLE_NTS */
} scuttle_key_t;

/* Receives the entry of the key at `index`; NULL: the key is absent or deleted. Borrowed for the call. Returns 0 to go on. */
typedef int (*scuttle_entry_fn)(void *context, size_t index, const scuttle_entry_t *entry);

/* Visits the entries of many keys, in the order of the keys. In a large map this is several times faster than scuttle_get for each key,
   because the memory of some keys is fetched at a time. Readable in callbacks.
     `visit` runs under the lock: it sees one consistent state, and the rules of callbacks apply to it. It is called once for each key,
   the same key more than once if `keys` has it more than once, until it does not return 0.
   keys     may be NULL if `count` is 0.
   Returns  SCUTTLE_OK, also if `visit` has ended the call.
   Errors   SCUTTLE_E_ARGUMENT, _MEMORY; _KEY, _KEY_SIZE, _NUL, _UTF8 for the first invalid key. The keys before it were visited, and
            no others. A NULL key is SCUTTLE_E_ARGUMENT in the same way.
   Cost     O(length of keys and values). Since 0.2.0. */
int scuttle_get_many(scuttle_t *replica, const scuttle_key_t *keys, size_t count, scuttle_entry_fn visit, void *context);

/* Counts the keys that hold a value. Readable in callbacks.   Errors   SCUTTLE_E_ARGUMENT. */
int scuttle_count(scuttle_t *replica, size_t *count);

/* Visits the entries of the keys that hold a value and begin with a prefix, in the byte order of keys. Deleted keys are left out; to
   save a replica, see scuttle_export. Readable in callbacks.
     `visit` runs under the lock: it sees one consistent state, and the rules of callbacks apply to it.
   prefix   or NULL with length 0 for all keys.
   Errors   SCUTTLE_E_ARGUMENT.
   Cost     O(log n + entries and tombstones passed), and once before that O(k log k + n) if k keys are new since the last visit. */
int scuttle_state(scuttle_t *replica, const char *prefix, size_t prefix_len, scuttle_visit_fn visit, void *context);

/* A position in the changes of a replica. All zero: the beginning. The host keeps it; the replica keeps nothing for it, so there may be
   any number of cursors, and one that is never used again costs nothing. Since 0.2.0. */
typedef struct {
  uint64_t incarnation; /* the start of the replica that the position belongs to */
  uint64_t position;
} scuttle_cursor_t;

/* Watches the replica: visits the entries and deletes since a cursor whose key begins with a prefix, each key once, in order of
   arrival, and moves the cursor behind the last one. Readable in callbacks.
     An entry that has changed several times is visited once, as it is now. A delete is visited with SCUTTLE_UPDATE_DELETED. If its
   tombstone is purged by now, or a reset has removed the entry (SCUTTLE_UPDATE_RESET), `source` is empty and `version` is 0.
     `visit` may stop early; the cursor then stands behind that visit, and the next call goes on from there. A watcher may be as slow as
   it likes. To learn when to look, use on_update, or look after each scuttle_link_write.
   prefix   or NULL with length 0 for all keys.
   Returns  SCUTTLE_OK; or SCUTTLE_GAP: the cursor is of another incarnation, or more keys were removed since than the replica
            remembers (4,096, or max_history if that is more). The watch has begun anew: all entries were visited, tombstones
            included, and a key that was not visited is gone. If `visit` stopped, the rest follows with the next calls.
   Errors   SCUTTLE_E_ARGUMENT; the cursor has not moved then.
   Cost     O(entries and removals since the cursor). Since 0.2.0. */
int scuttle_changes(scuttle_t *replica, const char *prefix, size_t prefix_len, scuttle_cursor_t *cursor, scuttle_visit_fn visit,
                    void *context);

/* Returns the highest version that the replica has seen, in its own updates or in those of peers; 0 before the first. Readable in
   callbacks.   Errors   SCUTTLE_E_ARGUMENT. */
int scuttle_version(scuttle_t *replica, uint64_t *version);

/* Returns the source that the replica writes under: its name and its incarnation. Valid until scuttle_free; NUL-terminated. Readable in
   callbacks.   Errors   SCUTTLE_E_ARGUMENT. */
int scuttle_id(scuttle_t *replica, const char **id, size_t *id_len);

/* Returns the name that scuttle_new received. Valid until scuttle_free; NUL-terminated. Readable in callbacks.
   Errors   SCUTTLE_E_ARGUMENT. Since 0.2.0. */
int scuttle_name(scuttle_t *replica, const char **name, size_t *len);

/* -------------------------------------------------------------------------------- 7. state and export -- */

/* A save is the lines of scuttle_export, which a later start gets as `state`, or reads with scuttle_import. A name starts from any
   save, however old or truncated, or from nothing: each start writes under a source of its own, and peers send what the save lacks.
   With SCUTTLE_EXACT_ID or a fixed seed two starts may share a source; then the later one has to begin with everything that the earlier
   one wrote. */

/* Exports the whole replica as lines: its source, its version vector, its entries with their tombstones and times to live.
     A replica that starts from them holds the same, as another incarnation. With SCUTTLE_EXACT_ID and the same name it writes under the
   same source, so this replica must not write any more. `take` runs under the lock. It may stop early; its lines are then a
   truncated export.
   Errors   SCUTTLE_E_ARGUMENT, _BUSY.
   Cost     O(bytes held). */
int scuttle_export(scuttle_t *replica, scuttle_line_fn take, void *context);

/* Saves what has changed since a cursor: visits the lines of one piece, and moves the cursor behind it. A piece has new entries, removed
   keys, and what has changed of the version vector and of all else. If nothing has changed, it has no lines.
     scuttle_import reads any number of pieces in their order, each of which goes on from the piece before it; the last one may be
   truncated, and does not count then. So an append-only file of pieces is a whole save at every point.
   cursor   all zero: the piece is whole, an export. Behind scuttle_import the cursor that scuttle_save returns without a `take`: the
            pieces go on from those that were imported. A host keeps a cursor for each file.
   `take`   receives the lines. If it returns SCUTTLE_MORE for the line of an entry, that is the last line of this call, and the piece
            goes on with the next one; for other lines that is as 0. So a host writes a large piece in calls that it bounds, between which
            the replica may change. If it stops, the piece is incomplete, and the cursor does not move: the next call writes the same
            again. NULL: there are no lines, and the cursor moves to the end of the pieces that this replica was imported from; to all
            zero if it was not.
   Returns  SCUTTLE_OK; or SCUTTLE_GAP: the piece is whole and replaces those before it, because the cursor was all zero or of another
            incarnation, or more keys were removed since than the replica remembers (4,096, or max_history if that is more); or
            SCUTTLE_MORE: the piece goes on with the call that gets this cursor, and does not count before its end. It may be
            followed by other saves of this replica, but by fewer than 32; otherwise a whole piece begins.
   Errors   SCUTTLE_E_ARGUMENT, _BUSY.
   Cost     O(what has changed, and sources / 64); refusals are written whole if one has changed. A whole piece: O(bytes held); in
            several calls each one O(the lines that it writes), and the last one O(sources) besides.
            Since 0.2.0. */
int scuttle_save(scuttle_t *replica, scuttle_cursor_t *cursor, scuttle_line_fn take, void *context);

/* Imports a save into a new replica: the lines of scuttle_export, the pieces of scuttle_save, or lines of updates, each ended by a newline
   (the last may lack it). Imported entries enter neither the history nor on_update, and max_version_jump does not apply to them.
     Lines of scuttle_export are the whole replica. If they are truncated, their entries count and the version vector stays empty,
   so that peers send the rest.
     Pieces of scuttle_save are the replica behind the last complete one.
     Lines of updates alone, such as a host writes from on_update, may be in any order. They claim no completeness: the version vector
   stays empty, and peers send what may be missing.
   Returns  SCUTTLE_OK; or SCUTTLE_TORN: the last line lacks its newline and cannot be read, or the end of an export or of the last piece
            is missing; the rest is imported.
   Errors   SCUTTLE_E_ARGUMENT if the replica is not new, _BUSY, and for a malformed line that ends in a newline those of
            scuttle_link_write; nothing is imported then. Since 0.2.0. */
int scuttle_import(scuttle_t *replica, const void *bytes, size_t len);

/* ------------------------------------------------------------------------------ 8. callbacks and resolvers -- */

/* Callbacks are fields of scuttle_config_t. They run on the thread of the call that causes them, under the lock, and must return: no
   longjmp, no C++ exception. on_update reports changes of entries, on_event changes of a conversation, on_drain the end of
   backpressure; resolve, sort and accept decide. */

/* Events: the `event` of on_event. Since 0.2.0. */
#define SCUTTLE_EVENT_HELLO 1    /* the replica has accepted the peer's hello */
#define SCUTTLE_EVENT_IN_STEP 2  /* both version vectors are equal; once, until they differ again */
#define SCUTTLE_EVENT_ENDED 3    /* the link has ended; `code` is the reason */
#define SCUTTLE_EVENT_DIVERGED 4 /* SCUTTLE_OK: the version vectors are equal, and the contents are not; both replicas
                                    exchange all entries. SCUTTLE_E_CORRUPT: an equivocation, and the peer's content
                                    has replaced this replica's */
#define SCUTTLE_EVENT_REFUSED 5  /* the peer has refused an update that this replica sent, and does not receive it again. `code` is the
                                    peer's reason: SCUTTLE_E_VALUE_SIZE, _KEY_SIZE, _DEPTH, _KEYS, _BYTES or _REFUSED; or
                                    SCUTTLE_E_DATAGRAM: the update fits no datagram of this link. Once for each update and name of a
                                    peer, unless 4,096 others have followed. scuttle_event_update() returns the update,
                                    scuttle_errmsg() names its key */
#define SCUTTLE_EVENT_TWIN 6     /* twins: two processes run under one name, and both incarnations are live. Raised on a link to one
                                    of them, and at each of them: there the name is this replica's own */

/* Returns the update of an event, in on_event with SCUTTLE_EVENT_REFUSED. Borrowed for that callback; to be called from it alone, and
   never SCUTTLE_E_BUSY there.
   Returns  SCUTTLE_OK; or SCUTTLE_NOT_FOUND: the event has no update, and *update is NULL.
   Errors   SCUTTLE_E_ARGUMENT. Since 0.2.0. */
int scuttle_event_update(scuttle_link_t *link, const scuttle_update_t **update);

/* Flaws of a resolver: replicas that use it may end up different. */
#define SCUTTLE_FLAW_ORDER 1u      /* not commutative: a, then b, has another outcome than b, then a */
#define SCUTTLE_FLAW_REPETITION 2u /* not idempotent: a, b, and one of them once more, has another outcome than a, then b */
#define SCUTTLE_FLAW_GROUPING 3u   /* not associative: (a, b), then c, has another outcome than a, then (b, c) */

/* The smallest set of updates that shows a flaw. */
typedef struct {
  uint32_t kind;  /* SCUTTLE_FLAW_…; 0: none found */
  uint32_t count; /* how many of a, b, c show it: 2 or 3 */
  size_t a, b, c; /* indices into `updates` */
} scuttle_flaw_t;

/* Checks a resolver on updates of one key: `config->resolve` if it is set, `config->resolver` otherwise. It tries all pairs and
   then all triples of the updates, so the first flaw is a smallest one. Uses no replica; any thread.
   updates  their values are JSON texts, their keys do not matter. Up to 1,000. Of two with one timestamp only the first counts.
   flaw     receives the flaw; may be NULL.
   Returns  SCUTTLE_OK: these updates show no flaw.   Cost   O(count^3).
   Errors   SCUTTLE_E_RESOLVER: *flaw names the updates that show it; SCUTTLE_E_ARGUMENT, _STRUCT_SIZE, and for an update those of
            scuttle_set for its value, _ID, _VERSION. Since 0.2.0. */
int scuttle_check_resolver(const scuttle_config_t *config, const scuttle_update_t *updates, size_t count,
                           scuttle_flaw_t *flaw);

/* ------------------------------------------------------------------------------------------ 9. history -- */

/* The history holds the last max_history updates, superseded ones included. A peer that lacks a few updates gets a log delta from it; a
   peer that lacks more gets the entries of that moment instead, so a short history loses nothing. A host may compact it in its own
   way, as the seed's hosts do. In scuttle_config_t: max_history, sort, on_compaction. */

/* Visits all updates of the history, in the order of `sort`; without `sort`, by version and source. Readable in callbacks.
   Cost     O(h log h) for h updates.   Errors   SCUTTLE_E_ARGUMENT. Since 0.2.0. */
int scuttle_history(scuttle_t *replica, scuttle_visit_fn visit, void *context);

/* Visits the updates of one source above a version that the history holds, in the order of `sort`. An unknown source has none. Readable
   in callbacks.   Errors   SCUTTLE_E_ARGUMENT.
   Cost     O(updates found), or O(history) after scuttle_history_write. */
int scuttle_news(scuttle_t *replica, const char *source, size_t source_len, uint64_t version, scuttle_visit_fn visit,
                 void *context);

/* Records an update in the history, and nowhere else: the seed's history.write. It becomes no entry, moves no version vector, and does
   not call on_update; it may call on_compaction. scuttle_history and scuttle_news show it. Peers receive it on classic links with
   SCUTTLE_LINK_HISTORY that request its source.
   update   key, value, source and version are recorded, and SCUTTLE_UPDATE_DELETED; other fields are ignored.
   Errors   SCUTTLE_E_ARGUMENT, _BUSY, those of scuttle_set for key and value but _KEYS, and _ID, _VERSION, _SOURCES; _IDENTITY for a
            version of this replica's own source that was never issued. Since 0.2.0. */
int scuttle_history_write(scuttle_t *replica, const scuttle_update_t *update);

/* Removes the updates from the history for which `drop` does not return 0: a compaction of the host's own. Entries stay. A peer that
   lacks a removed update gets the entry of that moment instead. Callable in on_compaction, too.
   removed  receives their number; may be NULL.
   Errors   SCUTTLE_E_ARGUMENT; SCUTTLE_E_BUSY in a callback other than on_compaction.   Cost   O(history). Since 0.2.0. */
int scuttle_history_trim(scuttle_t *replica, scuttle_visit_fn drop, void *context, size_t *removed);

/* Keeps all updates for now, in on_compaction. The history grows to `count` updates before on_compaction is called again; from then
   on max_history counts again. A count below max_history changes nothing.
     After on_compaction the history drops whatever exceeds max_history or `count`, oldest first.
   Errors   SCUTTLE_E_ARGUMENT if `count` is no more than the history holds; SCUTTLE_E_BUSY anywhere else. Since 0.2.0. */
int scuttle_history_keep(scuttle_t *replica, size_t count);

/* --------------------------------------------------------------------------- 10. deletes and tombstones -- */

/* A delete leaves a tombstone, so that peers learn of it. Tombstone garbage collection needs no clock and no grace period. Each name has
   a low-water mark, which gossip renews: the version at or below which it will never write again. A tombstone is stable, and is
   purged, once the low-water mark of every known name is at or above its version. Of a name only the incarnation that is furthest ahead
   counts. A peer that was away and missed a purged delete gets a reset, which removes the entries that it should no longer have. A
   name that will not be back would hold tombstones up; scuttle_forget retires it.
     docs/explanation/guarantees.md lists the cases in which an old write may come back over a purged delete. In scuttle_config_t:
   max_tombstones, max_retired, retire_after_ms, SCUTTLE_KEEP_TOMBSTONES. */

/* Purges all tombstones whose dots are covered here, stable or not. Replicas stay the same as each other, except for classic
   peers, which cannot learn of a purged delete that they have missed. If a tombstone was not stable, a write that no replica which
   knew of the delete had seen may win over it.
   purged   receives the number of purged tombstones.
   Errors   SCUTTLE_E_ARGUMENT, _BUSY; SCUTTLE_E_UNSUPPORTED if `resolve` is set: only the host knows which writes its tombstones
            beat, so the replica keeps them.   Cost   O(tombstones), O(log n) each. */
int scuttle_purge(scuttle_t *replica, size_t *purged);

/* Retires a name, here and at every replica that learns of it: excludes a departed name from tombstone garbage collection, once all
   other names cover the same of it. Its entries stay.
     A replica of the name that returns after all writes on above the retirement, and counts again; the purges between count as
   those of scuttle_purge. To retire the replica's own name is to leave: later writes are SCUTTLE_E_UNSUPPORTED, and the replica
   does not delete keys at the end of a time to live.
   Returns  SCUTTLE_OK; or SCUTTLE_NOT_FOUND: the name is unknown.   Errors   SCUTTLE_E_ARGUMENT, _BUSY. */
int scuttle_forget(scuttle_t *replica, const char *name, size_t name_len);

/* ------------------------------------------------------------------------------------ 11. times to live -- */

/* A time to live travels with its update, and each replica counts it by its own ticks, so hosts' clocks may differ. The writer's name
   deletes the key first; its peers do so later, in case that the writer is gone. The delete is an expiry (SCUTTLE_UPDATE_EXPIRED): it
   has the timestamp of the write that it ends, so it beats that write and no later one. */

/* Sets a key with a time to live, in milliseconds. It counts from the latest tick on, or from the first one if there was none. A replica
   of this name deletes the key with the first scuttle_tick at which the time is over. Other replicas wait for half as long again, and
   a random part of up to as much. A renewal is another call of this function, or SCUTTLE_TTL_RENEW. If several replicas delete at once,
   that is one delete, and on_update sees it once.
   ttl_ms   0: the next tick deletes the key. Above 2^53-1: no time to live, as scuttle_set. With SCUTTLE_TTL_RENEW from 1 on.
   Returns and errors as scuttle_set; also SCUTTLE_E_UNSUPPORTED with `resolve` or SCUTTLE_STRICTLY_ORDER_VALUES, under which a value
   may beat a later delete. Such a replica stores and sends times to live of other writers, and does not count them.
   Cost     as scuttle_set, and O(log t) for t keys with a time to live; 16 bytes a record and 24 to 48 a key, with SCUTTLE_TTL_RENEW
            twice that a key. Since 0.2.0. */
int scuttle_set_ttl(scuttle_t *replica, const char *key, size_t key_len, const char *json, size_t json_len, uint64_t ttl_ms);

/* In `ttl_ms`: the replica renews the key. The first tick at which half of the time is over writes the same value again, as a new write
   with a new version, and so on while the replica is there and its host ticks. So a key such as "members/ada" stays while ada runs, and
   ends at all replicas after her process has died: docs/how-to/presence.md.
     The renewals of a key end with a later write of it: by this replica, or by another writer once that write is the entry; and with
   scuttle_forget of the replica's own name. They do not end with an expiry that a peer has counted, a reset that removes the value, or
   a write or delete of an earlier incarnation of the replica's name, because the replica is there: its next tick writes the value
   again. They are not saved: after a start the host calls again. Of two replicas that renew one key, the later write ends the
   other's renewals, so each renews a key of its own.
     A renewal passes max_keys and max_bytes, as an expiry does. */
#define SCUTTLE_TTL_RENEW (UINT64_C(1) << 63)

/* Tells the replica the time, in milliseconds; renews the keys with SCUTTLE_TTL_RENEW that are due, and deletes the keys whose time to
   live is over, each with on_update. Any clock of the host's serves that does not go back; a smaller number than before counts as the
   one before. Only times to live and retire_after_ms depend on it, and only the differences between ticks count.
     scuttle_export has the rest of each time to live, and the latest tick. A start from it under the same name continues from that tick,
   so the time between counts; if its first tick is lower, the clock has started anew, and the time between does not count.
     A call writes 4,096 keys at most, so that many times to live that end at once do not hold up the host.
   Returns  SCUTTLE_OK; SCUTTLE_FULL; or SCUTTLE_MORE: more keys are due. Call again with the same time or a later one; the call
            that writes the last of them reports whether a link is full.
   Errors   SCUTTLE_E_ARGUMENT, _BUSY, _EXHAUSTED; _MEMORY if there is none for a renewal. The rest of the tick is done, and the next
            tick tries the renewal again.
   Cost     O(log t) for each key that is renewed or expires, O(1) if none is. Since 0.2.0. */
int scuttle_tick(scuttle_t *replica, uint64_t now_ms);

/* ------------------------------------------------------------------------------------- 12. flow control -- */

/* Nothing is queued for a slow peer: a delta is a cursor that reads the entries when the host reads the link. A link becomes full at
   `mtu` pending messages and stays full until none remain. While a link is full, scuttle_set, scuttle_delete, scuttle_set_ttl,
   scuttle_tick and scuttle_gossip return SCUTTLE_FULL; scuttle_link_write and scuttle_link_gossip do so if it is their link. Afterwards
   on_drain fires once every link has drained.
     SCUTTLE_FULL is advice, and the call is done. A host may ignore it: nothing is dropped, and a slow peer takes no memory. A peer that
   is behind misses updates that are superseded before it reads, and gets the entries of that moment. A host waits if its peers have to
   see each update, or if it writes faster than they read.
     An update that the host has not read yet counts as one message; so does a digest. The lines around the updates of a delta (its head,
   covers and commit) count once they are in the send buffer; hello, request and vector do not count. The updates of a delta count from
   its request on. On a live link an update counts from its local write, or from its entry into the history if a peer sent it. On a
   datagram link updates count, not datagrams; a delta that pauses for the peer counts nothing. */

/* A piece of borrowed output, laid out like struct iovec, so that an array of them can go to writev(). */
typedef struct {
  const void *data;
  size_t len;
} scuttle_span_t;

/* Zero-copy variant of scuttle_link_read: shows up to `max` borrowed spans of output. Send them, then call scuttle_link_consume
   with the number of bytes that were sent. A peek before that shows the same bytes again. May call on_drain.
   count    receives the number of spans; 0: nothing to send now.
   Errors   SCUTTLE_E_ARGUMENT, _BUSY; SCUTTLE_E_UNSUPPORTED on a datagram link, because a datagram needs its capacity. */
int scuttle_link_peek(scuttle_link_t *link, scuttle_span_t *spans, size_t max, size_t *count);

/* Marks bytes that scuttle_link_peek has shown as sent. May call on_drain.
   Errors   SCUTTLE_E_ARGUMENT, also for more bytes than were shown; _BUSY. */
int scuttle_link_consume(scuttle_link_t *link, size_t bytes);

/* -------------------------------------------------------------------- 13. twins, refusals and limits -- */

/* Twins are two live incarnations of one name: two processes, perhaps by mistake. They lose nothing, and their hosts get
   SCUTTLE_EVENT_TWIN. Of two contents under one timestamp, an equivocation, the same one stands at all replicas
   (SCUTTLE_E_CORRUPT).
     A refusal is an exception to the version vector. A replica refuses a peer's update that exceeds max_value_bytes, max_key_bytes,
   max_depth, max_keys or max_bytes, or that `accept` declines. The rest of the source goes on, the replica remembers the refusal
   whoever sends the update next, and the peer sends it no more. Its host gets SCUTTLE_EVENT_REFUSED, unless it is a classic peer. A
   refusal ends once its update loses to a newer entry.
     A local write over a limit is an error. Overwrites and deletes always pass max_keys; deletes of keys that hold a value always pass
   max_bytes, too. A save is loaded whatever the limits are. A replica that may have no room for the entries of honest peers
   needs a max_refused as high as the number of updates that it refuses.
     max_keys does not count tombstones: see max_tombstones and max_bytes. max_bytes counts some 95 bytes an entry beside key and value, 30
   more for a tombstone, and 1 KiB a source. Updates that add a key or lengthen a value pass while at most seven eighths are in use; the
   last eighth is for shorter values, sources, and deletes of absent keys. Before the replica refuses an update, it drops history;
   on_compaction is called, and cannot keep it. Truncated lines that wait for their rest take an eighth more at most, or twice
   max_message_bytes if that is more, and 2 KiB a link. The replica drops a line over that, or a JSON text whose parsing
   needs more than a quarter of max_bytes, with SCUTTLE_E_BYTES. max_retired is at most max_bytes / 256, max_refused at most
   max_bytes / 1024. docs/reference/limits.md has all figures. */

/* Drops all refusals: with the next gossip, peers send the refused updates again, and the limits and `accept` decide anew. For a host whose
   `accept` would decide otherwise now, or that has made room by deletes. A start from a save drops them, too.
   Errors   SCUTTLE_E_ARGUMENT, _BUSY.   Cost   O(refusals + links). Since 0.2.0. */
int scuttle_accept_again(scuttle_t *replica);

/* --------------------------------------------------------------- 14. links, dialects and datagrams -- */

/* A link speaks the extended dialect, in which one gossip gets both sides in step. A simple-scuttle is a peer on a link that allows the
   classic dialect; on any other link its first line is SCUTTLE_E_PROTOCOL, and ends the link.
     With SCUTTLE_LINK_DATAGRAM a link needs no stream: each read makes one datagram and each write reads one, and they may be lost,
   repeated, reordered and late. The link repeats nothing by itself, so gossip often. */

/* Flags of a link, beside SCUTTLE_LINK_LIVE. */
#define SCUTTLE_LINK_DATAGRAM 2u  /* exchange datagrams. The peer's link must have the flag, too. Not with SCUTTLE_LINK_CLASSIC */
#define SCUTTLE_LINK_READ_ONLY 4u /* accept nothing from the peer: its updates are SCUTTLE_E_READ_ONLY. Its requests are served */
#define SCUTTLE_LINK_CLASSIC 8u   /* speak the classic dialect only, simple-scuttle's own: never send hello. SCUTTLE_E_CLUSTER for a
                                     replica with a cluster, which the classic dialect cannot check */
#define SCUTTLE_LINK_ANY 16u      /* speak the peer's dialect: begin with a hello, and change to the classic dialect if the peer speaks
                                     that. If the peer is silent until the second gossip, that gossip uses both. A replica with a
                                     cluster speaks the extended dialect only. No effect beside SCUTTLE_LINK_CLASSIC. Since 0.2.0 */
#define SCUTTLE_LINK_HISTORY 32u  /* with SCUTTLE_LINK_CLASSIC or SCUTTLE_LINK_ANY: classic deltas include the superseded updates of the
                                     history, as those of simple-scuttle do. Since 0.2.0 */

/* The dialect of a link's peer. Since 0.2.0. */
#define SCUTTLE_DIALECT_UNKNOWN 0u /* the peer has sent no valid message yet, or the link has ended */
#define SCUTTLE_DIALECT_CLASSIC 1u
#define SCUTTLE_DIALECT_EXTENDED 2u

/* The state of a link and its peer. Zero the struct and set struct_size: fields beyond that are not written. Since 0.2.0. */
typedef struct {
  size_t struct_size;      /* sizeof(scuttle_link_info_t) */
  const char *peer_name;   /* the name in the peer's hello, a claim that anybody can make: compare it with the name that the connection
                              proves. NUL-terminated, borrowed. NULL before the hello, and for classic peers, which have none */
  const char *peer_source; /* the source that the peer writes under: its name and incarnation. NUL-terminated, borrowed, or NULL likewise */
  uint32_t dialect;        /* SCUTTLE_DIALECT_… */
  uint32_t in_step;        /* 1: both version vectors were equal when last compared */
  uint32_t live;           /* 1: the link sends new updates at once: see SCUTTLE_LINK_LIVE */
  uint32_t ended;          /* 1: the link has ended: see scuttle_link_write */
  int32_t last_error;      /* the last SCUTTLE_E_… that a call on this link returned; once the link has ended, its reason; 0: none */
  uint32_t reserved;
  /* What the peer is known to have. Only its own statements count, its hellos, vectors, covers and commits: what was sent may be lost.
     The next gossip brings a statement. Before the hello, on classic links and after the end of a link nothing is known. */
  uint64_t lag_updates;       /* entries, tombstones included, under dots above the version vector that the peer has stated. Superseded
                                 updates do not count, except that above 1,024 some may. An update that the peer has refused does not
                                 count either */
  uint64_t confirmed_version; /* the version up to which the peer has the writes of this replica: of its own source, this incarnation;
                                 0: none is known. A write that the peer has refused ends it, as long as the refusal stands */
  /* What has crossed the link since it was opened. A message is a line. */
  uint64_t bytes_in;     /* bytes that scuttle_link_write has received, those of the running call included */
  uint64_t bytes_out;    /* bytes that scuttle_link_read and scuttle_link_consume have counted as sent */
  uint64_t messages_in;  /* whole lines among bytes_in, rejected ones included */
  uint64_t messages_out; /* whole lines among bytes_out */
} scuttle_link_info_t;

/* Describes a link and its peer. Readable in callbacks, `accept` included.
   Errors   SCUTTLE_E_ARGUMENT, _STRUCT_SIZE.
   Cost     O(length of the name); for lag_updates also O(log n) for each source of which the peer may have another version, and
            1,024 entries at most. With offsetof(scuttle_link_info_t, lag_updates) as struct_size, as `accept` may want it for
            each update, the name alone. Since 0.2.0. */
int scuttle_link_info(scuttle_link_t *link, scuttle_link_info_t *info);

/* Counts the peers that are known to have this replica's writes up to a version: those with a confirmed_version at or above it, on open
   links. Two links to one name count once, because they lead to one peer, or to an earlier incarnation of it: close the links of
   connections that are gone. Names are claims. A classic peer confirms nothing. Readable in callbacks.
     A live link sends an update at once, and the peer does not reply to it. So gossip after the write, exchange what the links
   send, and call this: one exchange of hellos confirms all writes before it. A peer that confirms a write holds it in memory; whether
   it stores it is its host's affair.
   version  of a write, as scuttle_version returns it behind the write. UINT64_MAX: all writes so far, for which a
            renewed low-water mark counts as a write.
   links    receives the number of peers.
   Errors   SCUTTLE_E_ARGUMENT.
   Cost     O(links), and O(log e) for each write among the e updates that a peer has refused. Since 0.2.0. */
int scuttle_confirmed(scuttle_t *replica, uint64_t version, size_t *links);

/* Short form of scuttle_link_write and scuttle_link_read, for a replica with one peer. The first call opens a link, which inherits a
   scuttle_gossip that came before any link was open. Returns and errors as scuttle_link_write and scuttle_link_read. */
int scuttle_write(scuttle_t *replica, const void *bytes, size_t len);
int scuttle_read(scuttle_t *replica, void *buffer, size_t capacity, size_t *len);

/* -------------------------------------------------------------------------------------- 15. diagnostics -- */

/* Replicas in step have one fingerprint. Their version vectors may differ: a replica's own entry runs ahead when it renews its low-water
   mark, and peers do not learn of an update that was superseded before it was sent. */

/* Hashes the contents: two replicas have one fingerprint exactly if they hold the same keys, values, sources and versions. Tombstones
   do not count, because replicas in step purge them at different times. For tests and for showing convergence; not cryptographic.
   Errors   SCUTTLE_E_ARGUMENT, _BUSY.
   Cost     O(bytes of the keys and values that have arrived since the last call or content check). */
int scuttle_fingerprint(scuttle_t *replica, uint64_t *fingerprint);

/* The figures of a replica. Zero the struct and set struct_size: fields beyond that are not written. Gauges are of the moment of the
   call. Counters begin with 0 at scuttle_new, and grow; a call that state_store undoes has counted. Since 0.2.0. */
typedef struct {
  size_t struct_size; /* sizeof(scuttle_stats_t) */

  /* Gauges: what the replica holds, and its links. */
  uint64_t keys;          /* keys that hold a value, as scuttle_count counts them */
  uint64_t tombstones;    /* deleted keys whose tombstone is not purged */
  uint64_t bytes;         /* bytes of memory, as max_bytes counts them */
  uint64_t history;       /* updates in the history */
  uint64_t sources;       /* sources that are not retired, this replica's own included */
  uint64_t retired;       /* retired sources */
  uint64_t exceptions;    /* updates that are refused or missing here, as max_refused counts them */
  uint64_t out_of_order;  /* entries that the version vector does not cover, because updates before them are on their way */
  uint64_t links;         /* open links, with those that have ended and are not closed */
  uint64_t links_in_step; /* links with in_step */
  uint64_t links_full;    /* full links: see section 12 */

  /* Counters of writes. */
  uint64_t sets;        /* scuttle_set and scuttle_set_ttl that have written */
  uint64_t deletes;     /* scuttle_delete that have written */
  uint64_t expired;     /* keys that this replica has deleted at the end of a time to live */
  uint64_t republished; /* updates that this replica has republished */
  uint64_t purged;      /* tombstones that this replica has purged */
  uint64_t resets;      /* resets of peers that were applied */
  uint64_t removed;     /* entries that those resets have removed */

  /* Counters of the updates of peers. */
  uint64_t received;         /* readable updates: the sum of the next four */
  uint64_t applied;          /* updates that have become the entry of their key */
  uint64_t superseded;       /* updates that have lost to the entry of their key */
  uint64_t repeated;         /* updates that were known, as entries, in the version vector or as refused ones */
  uint64_t refused;          /* updates that a limit or `accept` has refused, each once */
  uint64_t rejected;         /* messages that were rejected with an error, refused updates included */
  uint64_t refused_by_peers; /* SCUTTLE_EVENT_REFUSED: updates that peers have refused, or that fit no datagram */
  uint64_t corrupt;          /* equivocations, whichever content stands */
  uint64_t diverged;         /* SCUTTLE_EVENT_DIVERGED with SCUTTLE_OK */
  uint64_t twins;            /* SCUTTLE_EVENT_TWIN */

  /* Counters of conversations, over all links. */
  uint64_t gossips;         /* gossips: scuttle_gossip counts one for each link */
  uint64_t requests;        /* version vectors that were sent as requests; classic gossips; requests for contents */
  uint64_t deltas_log;      /* log deltas that were begun for a request: updates of the history */
  uint64_t deltas_state;    /* state deltas likewise: entries that the peer lacks */
  uint64_t deltas_reset;    /* reset deltas: all entries, for a peer that may have missed a purged delete */
  uint64_t deltas_early;    /* early deltas: updates of a replica that needs a reset itself */
  uint64_t deltas_contents; /* contents deltas: all entries, because contents differ */
  uint64_t full;            /* times that a link has become full */
  uint64_t links_opened;    /* links that were opened */
  uint64_t links_ended;     /* SCUTTLE_EVENT_ENDED */
  uint64_t bytes_in;        /* as in scuttle_link_info_t, over all links, closed ones included */
  uint64_t bytes_out;
  uint64_t messages_in;
  uint64_t messages_out;
} scuttle_stats_t;

/* Reports the figures of a replica. Readable in callbacks.
   Errors   SCUTTLE_E_ARGUMENT, _STRUCT_SIZE.   Cost   O(links). Since 0.2.0. */
int scuttle_stats(scuttle_t *replica, scuttle_stats_t *stats);

/* Visits the version vector (vector clock, as the seed calls it): every known source with the version up to which its dots are
   accounted for here, in the byte order of sources. Readable in callbacks.
   Errors   SCUTTLE_E_ARGUMENT.   Cost   O(s log s) for s sources. */
int scuttle_clock(scuttle_t *replica, scuttle_clock_fn visit, void *context);

/* Copies the message of scuttle_errmsg into a buffer, cut to fit, with a NUL: for hosts with several threads. Readable in callbacks.
   Errors   SCUTTLE_E_ARGUMENT, which leaves the message as it is. */
int scuttle_errmsg_copy(scuttle_t *replica, char *buffer, size_t capacity);

/* Returns the version of the loaded library, such as "0.2.0", valid for ever; SCUTTLE_VERSION_STRING is the version of this header.
   Any thread. */
const char *scuttle_library_version(void);

/* ------------------------------------------------------- 16. batches, and writes with a condition -- */

/* Both are about this replica alone. A batch is no transaction between replicas: its writes travel as other updates do. A peer applies
   each as its line arrives, so its host may see a part of them. A link sends them in their order, without those that were superseded
   before the host reads it; on a datagram link some may arrive later than others. A relay sends a part on, too. A set with a
   condition compares with the entry of this replica. Two replicas may both succeed at the same time: then the later timestamp
   stands at all of them, and on_update shows it. A lock or a counter that all replicas share needs another program. */

/* One write of a batch. Zero it, and set the fields you need. Since 0.2.0. */
typedef struct {
  const char *key;
  size_t key_len;   /* bytes; may be SCUTTLE_NTS */
  const char *json; /* the value; NULL: a delete */
  size_t json_len;  /* bytes; may be SCUTTLE_NTS */
  uint64_t ttl_ms;  /* 0: no time to live; otherwise as in scuttle_set_ttl, with SCUTTLE_TTL_RENEW or not. No effect on a delete */
} scuttle_write_t;

/* Makes all writes of an array, or none of them: one lock, one transaction of `state_store`. All arguments and limits are checked, and
   keys and values are copied, before the first write is made; then on_update gets each write in order, and sees those before it. A key
   may come twice: both are writes.
     The batch needs room beside all that the replica holds before: under max_keys each set of a key that holds no value counts as
   one key more, and under max_bytes each value counts beside the present one.
   writes   may be NULL if `count` is 0.
   Returns and errors as scuttle_set and scuttle_set_ttl, of the first write that has one.
   Cost     the sum of the writes. Since 0.2.0. */
int scuttle_set_many(scuttle_t *replica, const scuttle_write_t *writes, size_t count);

/* Sets or deletes a key if its entry is still the expected write.
   json       NULL: a delete.
   expected   the entry that a scuttle_get has returned; its `version` and `source` count, and `source` may still be borrowed.
              Both count, because two replicas may issue one version. NULL, or version 0 as for an absent key: the key must hold no value.
   Returns    as scuttle_set; or SCUTTLE_CONFLICT: the key has another entry, and nothing has changed.
   Errors     as scuttle_set. They come before the comparison, but for limits and memory.   Cost   as scuttle_set. Since 0.2.0. */
int scuttle_set_if(scuttle_t *replica, const char *key, size_t key_len, const char *json, size_t json_len,
                   const scuttle_entry_t *expected);

#ifdef __cplusplus
}
#endif
#endif
