/*
 * libscuttle: a key-value map that peers keep in step with the scuttlebutt protocol.
 *
 * You feed a link the bytes that came from a peer, and send the bytes that it hands out. The library opens no
 * socket, starts no thread and reads no clock. What is not in this file is not a published interface.
 *
 * Read it from the top: codes and small types; a replica (make, set, get, look around); links (the conversation with
 * a peer); configuration and callbacks. A whole program is in bindings/c/examples; the promises of this interface
 * are in docs/reference/abi.md, the messages in docs/reference/protocol.md.
 *
 * For every function, unless it says otherwise:
 *   Returns     SCUTTLE_OK (0); a positive code for news; a negative SCUTTLE_E_… code for an error, after which the
 *               replica is as it was before the call. scuttle_errmsg() has the particulars.
 *   NULL        A NULL handle or a NULL required pointer is SCUTTLE_E_ARGUMENT.
 *   Text        UTF-8 with a length in bytes. SCUTTLE_NTS as a length says "NUL-terminated, measure it".
 *   Ownership   What you pass in is read during the call only and stays yours. What is handed out is borrowed: it
 *               stays valid until the next call on the same replica or one of its links, from any thread.
 *   Threads     A replica and its links may be used from any thread: one lock inside serialises the calls. Hosts that
 *               share a replica between threads use the copying forms, since another thread's call ends a borrow.
 *   Fork        In the child of a fork, a replica that was made before and its links are SCUTTLE_E_FORKED to every call, which waits
 *               for nothing; scuttle_free and scuttle_link_close do nothing. Make a replica of the child's own.
 *   Re-entrancy Callbacks run during a call and under that lock. They may read what they are given, and call the functions that
 *               say "readable in callbacks" on the same replica. Any other call is SCUTTLE_E_BUSY, never a deadlock.
 *               They may call other replicas. If callbacks of two replicas call each other, in two threads, both wait for ever:
 *               let them call in one direction only, or note what is to be done and do it after the call. See docs/reference/abi.md.
 *   Since       0.1.0.
 */
#ifndef SCUTTLE_H
#define SCUTTLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------ codes -- */

#define SCUTTLE_VERSION_MAJOR 0
#define SCUTTLE_VERSION_MINOR 2
#define SCUTTLE_VERSION_PATCH 0
#define SCUTTLE_VERSION_STRING "0.2.0"

/* News: the call did what it says. */
#define SCUTTLE_OK 0
#define SCUTTLE_FULL 1      /* done, and a link is over its high-water mark: a peer is behind, on_drain will follow. See `mtu` */
#define SCUTTLE_NOT_FOUND 2 /* there is no such key */
#define SCUTTLE_TORN 3      /* done, but the text was truncated: its last line is cut, or the end of an export is missing */
#define SCUTTLE_MORE 5      /* done so far, and more is due: call again, until it is another code. Since 0.2.0. See scuttle_tick */

/* Errors: nothing has changed. A number, once given a meaning, keeps it for ever. */
#define SCUTTLE_E_ARGUMENT (-1)      /* a NULL pointer, an unknown flag, a length that no object can have */
#define SCUTTLE_E_MEMORY (-2)        /* the system gave no memory or randomness, or no more keys can be named. Calls return it for memory if
                                        they need a large block (64 kB and more, for a value, its copy or a line), a JSON text
                                        cannot be parsed, or a replica or link is to be made. Any other allocation that
                                        fails aborts the process, with "libscuttle: out of memory: N bytes" on stderr. After
                                        scuttle_link_write the line is lost, and the next gossip asks for it again */
#define SCUTTLE_E_BUSY (-3)          /* called from a callback of the same replica */
#define SCUTTLE_E_UNSUPPORTED (-4)   /* this replica or link cannot do that, by the way that it was made */
#define SCUTTLE_E_STRUCT_SIZE (-5)   /* struct_size is too small, or a newer field that is not known here is set */
#define SCUTTLE_E_SPACE (-6)         /* the buffer is too small; the size needed has been reported */
#define SCUTTLE_E_ID (-7)            /* a name or a source is empty or too long, or a name ends as an incarnation does */
#define SCUTTLE_E_KEY (-8)           /* a key is empty */
#define SCUTTLE_E_NUL (-9)           /* a key, an id or a name inside a value contains the character U+0000 */
#define SCUTTLE_E_UTF8 (-10)         /* text is not valid UTF-8 */
#define SCUTTLE_E_JSON (-11)         /* not JSON (which has no NaN, Infinity, comments or trailing commas) */
#define SCUTTLE_E_DUPLICATE (-12)    /* a JSON object has two members of one name */
#define SCUTTLE_E_NUMBER (-13)       /* a JSON number that no double can hold */
#define SCUTTLE_E_DEPTH (-14)        /* JSON nested deeper than max_depth */
#define SCUTTLE_E_MESSAGE (-15)      /* JSON, but not a message: a field is missing or of the wrong type */
#define SCUTTLE_E_VERSION (-16)      /* a version that is not an integer from 1 to 2^53-1; in a digest 0, null, a negative number
                                        or none mean 0 */
#define SCUTTLE_E_VERSION_JUMP (-17) /* a version further ahead of this replica than max_version_jump */
#define SCUTTLE_E_IDENTITY (-18)     /* a peer has this replica's own source, or a version of it that was never issued here. Only
                                        SCUTTLE_EXACT_ID or a fixed seed gives two starts one source. Ends an extended link */
#define SCUTTLE_E_READ_ONLY (-19)    /* an update, delta, cover or commit came in on a SCUTTLE_LINK_READ_ONLY link */
#define SCUTTLE_E_MESSAGE_SIZE (-20) /* a line longer than max_message_bytes */
#define SCUTTLE_E_KEY_SIZE (-21)     /* a key longer than max_key_bytes */
#define SCUTTLE_E_VALUE_SIZE (-22)   /* a value longer than max_value_bytes */
#define SCUTTLE_E_SOURCES (-23)      /* more sources than max_sources */
#define SCUTTLE_E_LINKS (-24)        /* more links than max_links */
#define SCUTTLE_E_EXHAUSTED (-25)    /* version numbers have reached 2^53-1: no local write is possible any more */
#define SCUTTLE_E_CLUSTER (-26)      /* the peer belongs to another cluster; the link is of no use any more */
#define SCUTTLE_E_PROTOCOL (-27)     /* the peer speaks no protocol version that this replica does, or the classic dialect on a link
                                        that does not let it in; likewise */
#define SCUTTLE_E_REJECTED (-28)     /* the peer has rejected this replica, for a reason that scuttle_errmsg() has; likewise */
#define SCUTTLE_E_DATAGRAM (-29)     /* an update fits no datagram of this capacity: it has been left out */
#define SCUTTLE_E_CORRUPT (-30)      /* equivocation: a peer has another content for a write that is known here, and this replica's
                                        content stands. Where the peer's stands: SCUTTLE_EVENT_DIVERGED with this code */
#define SCUTTLE_E_RESOLVER (-31)     /* the outcome of a resolver depends on order, repetition or grouping */
#define SCUTTLE_E_UNASKED (-32)      /* a delta, update, cover or commit answers no open request of this link; nothing has changed.
                                        Datagram links drop it without an error */
#define SCUTTLE_E_REFUSED (-33)      /* `accept` has refused an update; or a peer sent more updates that are refused than
                                        max_refused: that ends the link */
#define SCUTTLE_E_KEYS (-34)         /* another key than the max_keys that hold a value */
#define SCUTTLE_E_BYTES (-35)        /* a write, a source or a line would need more memory than max_bytes allows */
#define SCUTTLE_E_STORE (-37)        /* a callback of `state_store` has failed: the call is undone, here and in the store */
#define SCUTTLE_E_FORKED (-38)       /* the replica was made before a fork, in the parent of this process: make another one after it */
#define SCUTTLE_E_TTL (-36)          /* a time to live, or its age, in an update is not an integer from 0 to 2^53-1 */

/* "NUL-terminated": a length to be measured. Not for scuttle_write and scuttle_link_write, which take bytes. */
#define SCUTTLE_NTS ((size_t)-1)

/* A short English sentence for a code, for ever valid. Never NULL, also for codes that do not exist. Any thread. */
const char *scuttle_strerror(int code);

/* The version of the library that is loaded, such as "0.2.0", for ever valid; SCUTTLE_VERSION_STRING is the one that
   was compiled against. Any thread. */
const char *scuttle_library_version(void);

/* -------------------------------------------------------------------------------------------- small types -- */

typedef struct scuttle scuttle_t;           /* a replica */
typedef struct scuttle_link scuttle_link_t; /* its conversation with one peer */

/* What a key holds. Borrowed. */
typedef struct {
  const char *value; /* JSON text without insignificant white space, otherwise as it was written; NUL-terminated */
  size_t value_len;
  const char *source; /* of the write: the writer's name and incarnation; NUL-terminated */
  size_t source_len;
  uint64_t version; /* 1 … 2^53-1; 0 stands for "before all versions" */
} scuttle_entry_t;

/* One write by one replica. Borrowed; only the library makes these, and later versions may append fields. No text in
   it is NUL-terminated.
     `version` and `source` are the timestamp: the write's own, for ever; it decides which of two writes of a key stands.
   `dot_version` and `dot_source` are the dot, under which the update travels and the version vector counts it. The dot is
   the timestamp until a replica republishes the update. */
typedef struct {
  const char *key;
  size_t key_len;
  const char *value; /* JSON text; "null" where it is a delete */
  size_t value_len;
  const char *source;
  size_t source_len;
  uint64_t version;
  uint32_t flags; /* SCUTTLE_UPDATE_… */
  uint32_t reserved;

  /* Since 0.2.0. */
  const char *dot_source;
  size_t dot_source_len;
  uint64_t dot_version;
} scuttle_update_t;

#define SCUTTLE_UPDATE_DELETED 1u /* the key was deleted */
#define SCUTTLE_UPDATE_LOCAL 2u   /* written by this replica */
#define SCUTTLE_UPDATE_EXPIRED 4u /* the delete of a key whose time to live was over; DELETED is set too. Version and source are
                                     those of the write that it ends, the dot is the deleter's; LOCAL: this
                                     replica wrote what it ends */
#define SCUTTLE_UPDATE_RESET 8u   /* no write: a reset has taken this entry away, since its delete has been forgotten
                                     where the reset came from. DELETED is set too; source and version are the entry's */

/* A piece of borrowed output, laid out like struct iovec, so that an array of them can go to writev(). */
typedef struct {
  const void *data;
  size_t len;
} scuttle_span_t;

/* Called with one update after the other; return 0 to go on, anything else to stop. `update` is borrowed for the call. */
typedef int (*scuttle_visit_fn)(void *context, const scuttle_update_t *update);

/* Called with one line after the other, its newline included; return 0 to go on, anything else to stop. */
typedef int (*scuttle_line_fn)(void *context, const char *line, size_t line_len);

/* Called with one source after the other and the version up to which its updates are accounted for here. */
typedef int (*scuttle_clock_fn)(void *context, const char *source, size_t source_len, uint64_t version);

/* ------------------------------------------------------------------------------------------ configuration -- */

/* Which of two updates of one key stands. All are total orders, so that replicas agree whatever order updates arrive in. */
#define SCUTTLE_LWW_VS_CLOCK 0u          /* default: what the clock has not covered is news; of two, the greater (version,
                                            source id) stands */
#define SCUTTLE_LWW_VS_CURRENT_VERS 1u   /* the greater (version, source id) stands: the same outcome, by the seed's other name */
#define SCUTTLE_STRICTLY_ORDER_VALUES 2u /* the greater value stands: null < false < true < numbers < strings < arrays <
                                            objects; equal values by (version, source id) */

/* Flags of a replica. */
#define SCUTTLE_UNIQUE_ID 1u       /* accepted, and does nothing: every start is an incarnation of its own */
#define SCUTTLE_KEEP_TOMBSTONES 2u /* forget no tombstone until scuttle_purge or max_tombstones says so */
#define SCUTTLE_EXACT_ID 4u        /* the name itself is the source, without an incarnation: for tests, and for hosts that make sure
                                      themselves that no two starts write under one source, unless the later one starts from
                                      all that the earlier one wrote. Since 0.2.0 */

/* What happens on a link: the `event` of on_event. Since 0.2.0. */
#define SCUTTLE_EVENT_HELLO 1    /* the hello of the peer was accepted */
#define SCUTTLE_EVENT_IN_STEP 2  /* both version vectors were found equal; once, until they differ again */
#define SCUTTLE_EVENT_ENDED 3    /* the link has ended; `code` says why */
#define SCUTTLE_EVENT_DIVERGED 4 /* `code` SCUTTLE_OK: the version vectors are equal, and the contents are not; both replicas
                                    exchange all entries. SCUTTLE_E_CORRUPT: another content has replaced one of the same write */
#define SCUTTLE_EVENT_REFUSED 5  /* the peer has not taken an update that this replica sent, and does not get it again; `code` is the
                                    peer's reason: SCUTTLE_E_VALUE_SIZE, _KEY_SIZE, _DEPTH, _KEYS, _BYTES or _REFUSED. SCUTTLE_E_DATAGRAM:
                                    it fits no datagram of this link. Once for each update and name of a peer,
                                    unless 4,096 others have followed.
                                    scuttle_event_update() has the update, scuttle_errmsg() names its key */
#define SCUTTLE_EVENT_TWIN 6     /* two live incarnations of one name were heard: two processes run under it. Raised on a link to one
                                    of them, and at each of them: then the name is this replica's own */

/* The versions of the extended dialect that this library speaks. */
#define SCUTTLE_PROTOCOL_LOWEST 1u
#define SCUTTLE_PROTOCOL_HIGHEST 1u

/* A row of a state store: the host keeps one line for each (kind, id). Borrowed for the call. */
typedef struct {
  uint32_t kind;                  /* SCUTTLE_ROW_… */
  uint32_t reserved;              /* 0 */
  const char *id;                 /* with `kind` it is the row's primary key; any bytes, no NUL behind them */
  size_t id_len;
  const char *line;               /* what to keep: lines of scuttle_export, each with its newline. NULL in `remove` */
  size_t line_len;
  const scuttle_update_t *update; /* of SCUTTLE_ROW_ENTRY in `put`: the same as an update, for columns of the host's own; otherwise NULL */
} scuttle_row_t;

#define SCUTTLE_ROW_ENTRY 1u   /* what stands for a key, its delete too; `id` is the key */
#define SCUTTLE_ROW_SOURCE 2u  /* a source's entry in the version vector; `id` is the source */
#define SCUTTLE_ROW_REPLICA 3u /* what else there is to know of the replica; `id` says what */

/* The seed's `state`, "perhaps backed by a database": a replica that a host keeps elsewhere. Zero it, set struct_size and all six
   functions. They return 0, or anything else if they have failed.
     Each call on the replica or its links that changes rows makes one transaction: `begin`, then `put` and `remove` in any order, then
   `commit`. Once the call has returned SCUTTLE_OK or another positive code, `commit` has succeeded. A call with many updates, such
   as a scuttle_link_write, is one transaction, too. scuttle_set, scuttle_delete and scuttle_set_ttl put their row before
   anything changes and before on_update.
     If a function fails, `rollback` follows, and the call returns SCUTTLE_E_STORE. A local write has changed nothing then. Any other
   call is undone as a whole: the replica becomes what `load` says, and its links begin their conversations anew, over the same
   streams; on_update may have told of updates that are undone. While `load` fails too, each call is SCUTTLE_E_STORE and tries it again.
     They run under the lock, as all callbacks do.
   Cost     O(rows that have changed); O(all rows) to load. */
typedef struct {
  size_t struct_size; /* sizeof(scuttle_state_store_t) */
  void *context;      /* handed to the functions */
  /* Hands all rows to `take`, in any order, and stops if `take` does not return 0. Called by scuttle_new, where no row is the start. */
  int (*load)(void *context, scuttle_line_fn take, void *take_context);
  int (*begin)(void *context);
  int (*put)(void *context, const scuttle_row_t *row);    /* inserts or replaces the row */
  int (*remove)(void *context, const scuttle_row_t *row); /* removes the row, if it is there */
  int (*commit)(void *context);
  void (*rollback)(void *context);
} scuttle_state_store_t;

/* Zero it, set struct_size, set what you need: a zero or NULL field takes its default. Later versions append fields;
   a smaller struct_size from an older header keeps working. */
typedef struct {
  size_t struct_size; /* sizeof(scuttle_config_t) */
  uint32_t flags;     /* SCUTTLE_KEEP_TOMBSTONES, SCUTTLE_EXACT_ID, SCUTTLE_UNIQUE_ID */
  uint32_t resolver;  /* SCUTTLE_LWW_VS_CLOCK …; ignored where `resolve` is set */
  size_t mtu;         /* messages, not bytes: how many go into one batch, at most 64, and the high-water mark of a link. A link
                         is over its mark from the moment that this many messages wait until none does. Default 10,
                         SIZE_MAX for no mark.
                           An update that the host has not read yet counts as one message, a digest too. The lines that
                         frame a delta (its head, covers and commit) count once they are in the batch; hello, request and
                         vector do not count. What a peer requests counts when it is requested. On a live link an update counts
                         when it is written here, or enters the history from another peer. On a datagram link updates
                         count, not datagrams; a delta that pauses until the peer answers counts nothing.
                           While a link is over its mark, scuttle_set, scuttle_delete, scuttle_set_ttl, scuttle_tick and
                         scuttle_gossip return SCUTTLE_FULL; scuttle_link_write and scuttle_link_gossip do so if it is
                         their link. Once a call has returned it, on_drain is called when no link is over its mark any more.
                           SCUTTLE_FULL is advice. A host may ignore it: nothing is dropped, and what waits takes no memory,
                         because a link has a cursor and no queue. A peer that is behind misses updates that are superseded
                         before it reads, and gets the entries of that moment. A host that wants its peers to see
                         each update waits, and so does one that writes faster than they read. */
  size_t max_history; /* updates that the history remembers; default 10, SIZE_MAX for all */
  uint64_t seed;      /* of the random order of digests, hashing and incarnations; 0: from the system. A fixed seed makes
                         a replica's output reproducible, and gives up its defence against chosen keys. The incarnation then
                         follows from seed, name and `state`: two starts with the same three write under one source */

  void *context; /* handed to every callback below */

  /* Whether `update` should replace `current` (NULL: the key is new). Non-zero: yes. It decides alone, for local and for
     received updates alike, so the outcome must not depend on the order in which updates arrive: let it say yes for
     exactly one of (a, b) and (b, a), and follow a total order of updates. */
  int (*resolve)(void *context, const scuttle_update_t *update, const scuttle_update_t *current);

  /* Order of updates: <0 if a comes before b, >0 if after, 0 if it does not matter. Default: by version, then source id.
       In scuttle_news(), in scuttle_history() and on links with SCUTTLE_LINK_HISTORY it decides about all updates. In what other
     peers get it decides between sources, because the updates of one source go out in order of version, as the protocol
     needs. It decides
       - in the answers of the classic dialect;
       - in the extended dialect, on streams, in the delta that answers a request. A replica with `sort` makes it from its
         entries and not from its history. It counts only as a whole, so one that breaks off starts over.
     It does not decide
       - about updates that arrive during such a delta: they follow at its end, in order of arrival;
       - about the updates that a live link sends after its delta: they go in the order in which they were covered here,
         because one text serves all live links;
       - on datagram links: there a peer says up to which place in the order of arrival it has a delta. */
  int (*sort)(void *context, const scuttle_update_t *a, const scuttle_update_t *b);

  /* An update became the entry of its key, here or from a peer. */
  void (*on_update)(void *context, const scuttle_update_t *update);

  /* The history holds max_history updates and is to take one more: it is about to forget these `count` updates, oldest first. Called
     before anything is removed. The host may do something else with the history: scuttle_history_trim removes what it likes, by
     key, by source or by age; scuttle_history_keep keeps all for now. What is over max_history after that goes, oldest first. */
  void (*on_compaction)(void *context, const scuttle_update_t *const *updates, size_t count);

  /* SCUTTLE_FULL was returned, and now no link is over its high-water mark any more: each has been read empty, has been closed
     or has ended. Once for any number of SCUTTLE_FULL. */
  void (*on_drain)(void *context);

  /* What to start from, as scuttle_import takes it. Read during scuttle_new only. */
  const char *state;
  size_t state_len; /* may be SCUTTLE_NTS */

  /* Limits: what exceeds one is an error with a code of its own. */
  size_t max_message_bytes;  /* a line, without its newline; default: what the largest key and value can need */
  size_t max_key_bytes;      /* default 64 KiB, at most 256 MiB */
  size_t max_value_bytes;    /* default 1 MiB, at most 256 MiB */
  size_t max_depth;          /* nesting of arrays and objects in a value; default 64, at most 1,024 */
  size_t max_sources;        /* this replica included; default 65,536 */
  size_t max_links;          /* default 65,536 */
  uint64_t max_version_jump; /* how far the version of an update, cover or commit may be ahead of the highest seen here; default
                                2^48. A hello, and each part of a vector, raises the highest by this much at most, so a replica
                                that is further behind catches up in steps. It slows a hostile peer down, and does not stop one */

  /* Since 0.2.0. */
  const char *cluster;   /* NUL-terminated UTF-8 of up to 255 bytes, or NULL for "": links join replicas of one cluster only.
                            Read during scuttle_new only. A link in the classic dialect cannot check it */
  size_t max_tombstones; /* more are forgotten, lowest version first, whether they are stable or not; default 2^20,
                            SIZE_MAX for no limit. No effect where `resolve` is set */
  uint32_t protocol_min; /* versions of the extended dialect to speak, within SCUTTLE_PROTOCOL_LOWEST … HIGHEST, which are the */
  uint32_t protocol_max; /* defaults */

  /* Something has happened on a link.
     event   SCUTTLE_EVENT_…; ignore a number that you do not know: later versions add some.
     code    SCUTTLE_OK, or the SCUTTLE_E_… that the event speaks of.
     Runs during a call and under the lock, as every callback does: `link` tells which link it is, and no call on it, such as
     scuttle_link_close, has an effect before the callback has returned. */
  void (*on_event)(void *context, scuttle_link_t *link, int event, int code);

  size_t max_retired;       /* retired sources that are kept, some 30 bytes each; default 2^20, SIZE_MAX for no limit. Beyond it the
                               lowest versions are dropped, here and at peers: an old write of such a source that somebody still
                               holds may then come back over a delete that is forgotten */
  uint64_t retire_after_ms; /* retire a name of which this replica has heard nothing new for so long, by the time of scuttle_tick; a
                               tick counts for an eighth of it at most. Set it at all replicas: one that has it renews its own
                               promise with its ticks, to be heard. 0: never */

  /* Whether an update that `from` has sent may be taken: 0 refuses it. For authority, quotas, schemas. It is asked about
     updates that are news, once each, before the resolver; also about the end of a time to live, which the peer's host may have
     counted. What is refused is remembered, whoever sends it next, and the peer's host is told (SCUTTLE_EVENT_REFUSED), unless it
     is a classic one: see scuttle_accept_again. An update with SCUTTLE_UPDATE_RESET is an entry
     that a reset is to take away; refusing that keeps the entry, and writes it again.
       The answer must be the same for an update, until scuttle_accept_again is called. */
  int (*accept)(void *context, scuttle_link_t *from, const scuttle_update_t *update);
  size_t max_refused; /* updates that a limit or `accept` has refused, or that are known to be missing, and that are remembered,
                         some 100 bytes each, and as many of each peer; default 1,024, SIZE_MAX for no limit. One more ends its
                         link (SCUTTLE_E_REFUSED), again after a reconnect: raise the limit, or accept more */

  const scuttle_state_store_t *state_store; /* keeps the replica in a database of the host's; NULL: nowhere. Copied by
                                               scuttle_new. Not together with `state` */

  /* Limits on what a replica holds; 0 or SIZE_MAX: none. Each is this replica's own: peers may have others. A local write over a limit
     is an error. An update of a peer over it is refused, as one over max_value_bytes is: see scuttle_accept_again. A replica that may
     have no room for what honest peers hold needs a max_refused as high as the number of updates that it refuses. What was
     saved is loaded whatever the limits are. */
  size_t max_keys;  /* keys that hold a value, as scuttle_count counts them. Overwrites and deletes always pass. Tombstones do not
                       count: see max_tombstones and max_bytes */
  size_t max_bytes; /* memory for entries, tombstones, history, sources, retired sources, refusals, and updates that wait for a cover, with
                       all overhead: some 95 bytes an entry beside key and value, 30 more for a tombstone, 1 KiB a source.
                         Updates that add a key or lengthen a value pass while seven eighths are in use at most. The last eighth is for
                       shorter values, sources, and deletes of keys that are not here. Deletes of keys that hold a value always
                       pass. Before the replica refuses something, it forgets history; on_compaction is told, and cannot keep it.
                         Lines that wait for their ends take an eighth more at most, or twice max_message_bytes if that is more, and 2 KiB
                       a link. A line over that is dropped, with SCUTTLE_E_BYTES. So is a JSON text whose reading needs more than a
                       quarter of max_bytes. max_retired is at most max_bytes / 256, max_refused at most max_bytes / 1024.
                       docs/reference/limits.md has all figures */
} scuttle_config_t;

/* ----------------------------------------------------------------------------------------------- replicas -- */

/* Makes a replica.
   name     what the host calls the replica: NUL-terminated UTF-8 of 1 to 246 bytes, unique among the replicas that run at one
            time. Each start is an incarnation and writes under a source of its own: the name, "~" and 8 characters out of
            A-Z a-z 0-9 - _ that encode 48 random bits. So no version of a source is ever issued twice, whatever save a host
            starts from. A name must not end so itself. With SCUTTLE_EXACT_ID the name, of up to 255 bytes, is the source.
   config   or NULL for the defaults. Callbacks and `context` must stay valid until scuttle_free.
   out      receives the replica, to be freed with scuttle_free; NULL after an error. It is set before `state` is read, so that
            `resolve` and the other callbacks may read the replica by it.
   Returns  SCUTTLE_OK, or SCUTTLE_TORN: made, and `state` ends in the middle of a line.
   Errors   SCUTTLE_E_ARGUMENT, _STRUCT_SIZE, _ID, _NUL, _UTF8, _MEMORY; with `state` also those of scuttle_import; with `state_store` also
            SCUTTLE_E_STORE, and for a row that was altered those of scuttle_import. */
int scuttle_new(const char *name, const scuttle_config_t *config, scuttle_t **out);

/* Frees a replica and closes all its links, whose handles are then invalid too. NULL is fine. No other thread may be
   using it. From one of its own callbacks, and in the child of a fork, it does nothing. */
void scuttle_free(scuttle_t *replica);

/* The particulars of the last error on this replica or its links: English, one line, never NULL. Borrowed. In the child of a
   fork, the sentence of SCUTTLE_E_FORKED. */
const char *scuttle_errmsg(scuttle_t *replica);

/* Copies that message, cut to fit, with a NUL, into `buffer`: for hosts with several threads.
   Readable in callbacks.   Errors   SCUTTLE_E_ARGUMENT, which leaves the message as it is. */
int scuttle_errmsg_copy(scuttle_t *replica, char *buffer, size_t capacity);

/* Returns the source that this replica writes under: its name and its incarnation. Valid until scuttle_free;
   NUL-terminated. Readable in callbacks.   Errors   SCUTTLE_E_ARGUMENT. */
int scuttle_id(scuttle_t *replica, const char **id, size_t *id_len);

/* Returns the name that scuttle_new was given. Valid until scuttle_free; NUL-terminated.
   Readable in callbacks.   Errors   SCUTTLE_E_ARGUMENT. Since 0.2.0. */
int scuttle_name(scuttle_t *replica, const char **name, size_t *len);

/* Sets a key to a JSON value: a local write, with a version one above the highest seen anywhere.
   The resolver decides whether it becomes the entry (the default one always says yes); the write is news to peers and
   history either way. Insignificant white space is dropped, all else of the text is kept as it is.
   Returns  SCUTTLE_OK, or SCUTTLE_FULL: set, and a link is over its high-water mark, by this update or before. See `mtu`.
   Errors   SCUTTLE_E_ARGUMENT, _BUSY, _KEY, _KEY_SIZE, _NUL, _UTF8, _VALUE_SIZE, _DEPTH, _JSON, _DUPLICATE, _NUMBER,
            _EXHAUSTED, _MEMORY, _KEYS, _BYTES; _UNSUPPORTED once the replica has forgotten its own name.
   Cost     O(length of key and value), whatever the number of keys, links, sources or remembered updates. A live link that is
            not read adds O(log l) for l links, once for `mtu` updates at most, and nothing once it is over its mark. */
int scuttle_set(scuttle_t *replica, const char *key, size_t key_len, const char *json, size_t json_len);

/* Deletes a key: a local write whose entry is a tombstone, so that peers learn of it. Deleting what is not there is
   fine, and is written all the same. A key that holds a value can be deleted at any limit. Returns and errors as scuttle_set. A classic peer sees the value null. The tombstone
   is forgotten once it is stable: when every name that is known here has promised to write nothing at or below its
   version any more. Of a name only the incarnation that is furthest ahead counts. */
int scuttle_delete(scuttle_t *replica, const char *key, size_t key_len);

/* Sets a key with a time to live, which travels with the update. Each replica counts it by its own ticks, from the latest tick
   on, or from the first one if there was none. This name deletes the key with the first scuttle_tick at which it is over. The
   others do so after half as long again and a random part of up to as much, in case that this replica is gone. The delete has
   SCUTTLE_UPDATE_EXPIRED, and the timestamp of the write that it ends, so it beats that write and no later one: a renewal is
   another call of this function. If several replicas delete at once, that is one delete, and on_update sees it once.
   ttl_ms   0: the next tick deletes. Above 2^53-1: for ever, as scuttle_set.
   Returns and errors as scuttle_set; also SCUTTLE_E_UNSUPPORTED with `resolve` or SCUTTLE_STRICTLY_ORDER_VALUES, under which a
   value may beat a later delete. Such a replica keeps and sends on the times to live of others, and does not count them.
   Cost     as scuttle_set, and O(log t) for t keys with a time to live; 16 bytes a record and 24 to 48 a key. Since 0.2.0. */
int scuttle_set_ttl(scuttle_t *replica, const char *key, size_t key_len, const char *json, size_t json_len, uint64_t ttl_ms);

/* Tells the replica what time it is, in milliseconds by any clock of the host's that does not go back (a smaller number
   than before counts as the one before), and deletes the keys whose time to live is over, each with on_update.
   It matters for times to live and retire_after_ms only. Only the differences between ticks count, so replicas may tick by
   different clocks. scuttle_export says what is left of each time to live, and the latest tick. A start from it under the same
   name goes on from that tick, so the time in between counts, unless the first tick is lower: then the clock has started anew.
     A call deletes 4,096 keys at most, so that many times to live that are over at once do not hold up the host.
   Returns  SCUTTLE_OK; SCUTTLE_FULL; or SCUTTLE_MORE: more keys are due. They are deleted by further calls with the same time or
            a later one, and the call that deletes the last of them says whether a link is full.
   Errors   SCUTTLE_E_ARGUMENT, _BUSY, _EXHAUSTED.
   Cost     O(log t) for each key that expires, O(1) where none does. Since 0.2.0. */
int scuttle_tick(scuttle_t *replica, uint64_t now_ms);

/* What a key holds. For a key that is absent or deleted: SCUTTLE_NOT_FOUND, and *out is the value `null`, no source,
   version 0. Cost: O(length of key and value), for the copy with a NUL behind it. Readable in callbacks.
   Errors   SCUTTLE_E_ARGUMENT, _KEY, _KEY_SIZE, _NUL, _UTF8, _MEMORY. */
int scuttle_get(scuttle_t *replica, const char *key, size_t key_len, scuttle_entry_t *out);

/* The copying form: value, a NUL, source and a NUL go into `buffer`, and *out points there.
   needed   receives the bytes that takes, also where the capacity is less: then SCUTTLE_E_SPACE. 0 for an absent key,
            whose value `null` does not stand in the buffer.
   Returns and errors otherwise as scuttle_get. `buffer` may be NULL where `capacity` is 0. */
int scuttle_get_copy(scuttle_t *replica, const char *key, size_t key_len, void *buffer, size_t capacity, size_t *needed,
                     scuttle_entry_t *out);

/* The number of keys that hold a value. Readable in callbacks. */
int scuttle_count(scuttle_t *replica, size_t *count);

/* Visits the keys that hold a value and begin with `prefix` (NULL with 0: all), in their byte order. Deleted keys are left
   out; to save a replica, see scuttle_export.
   `visit` runs under the lock: it sees one consistent state, and the same rules hold as for callbacks. Readable in callbacks.
   Cost     O(log n + entries and tombstones passed), and before that, once, O(k log k + n) where k keys are new since the last visit. */
int scuttle_state(scuttle_t *replica, const char *prefix, size_t prefix_len, scuttle_visit_fn visit, void *context);

/* Hands out all that the replica is, in lines: its source, its clock, its entries with their tombstones and times to live.
   A replica that starts from them holds what this one does, and goes on as another incarnation. With SCUTTLE_EXACT_ID and
   the same name it goes on under the same source, so this one must write no more. `take` runs under the lock. Stopping early
   is fine; the lines handed out are then a truncated export.
   Cost     O(bytes held). */
int scuttle_export(scuttle_t *replica, scuttle_line_fn take, void *context);

/* Starts from what was saved: the lines of scuttle_export, or lines of updates, each ended by a newline (the last may lack
   it). Only for a replica with which nothing has been done yet. It enters neither the history nor on_update, and
   max_version_jump does not apply.
     A name starts from any save, however old or truncated: each start writes under a source of its own. With SCUTTLE_EXACT_ID
   or a fixed seed the source may be that of an earlier start; then start from all that the earlier one wrote.
     Lines of scuttle_export are the whole replica. If they are truncated, their entries are taken and the clock stays empty,
   so that peers send again what is missing.
     Lines of updates alone, such as a host writes from on_update, may be in any order. They claim nothing: the clock stays
   empty, and peers send again what may be missing.
   Returns  SCUTTLE_OK, or SCUTTLE_TORN: the last line lacks its newline and cannot be read, or an export ends too soon;
            the rest is in place.
   Errors   SCUTTLE_E_ARGUMENT if the replica is not new, _BUSY, and for a bad line that ends in a newline those of
            scuttle_link_write: nothing is taken then. Since 0.2.0. */
int scuttle_import(scuttle_t *replica, const void *bytes, size_t len);

/* Visits the updates of `source` above `version` that the history still has, in the order of `sort`.
   An unknown source has none. Readable in callbacks. Cost: O(updates found), or O(history) after scuttle_history_write. */
int scuttle_news(scuttle_t *replica, const char *source, size_t source_len, uint64_t version, scuttle_visit_fn visit,
                 void *context);

/* Visits all updates that the history has, in the order of `sort`; without `sort`, by version and source id. Readable in callbacks.
   Cost     O(h log h) for h updates.   Errors   SCUTTLE_E_ARGUMENT. Since 0.2.0. */
int scuttle_history(scuttle_t *replica, scuttle_visit_fn visit, void *context);

/* Records an update in the history, and nowhere else: the seed's history.write. It becomes no entry, moves no vector, and calls no
   on_update; on_compaction may be called. scuttle_history and scuttle_news show it. Peers get it on classic links with
   SCUTTLE_LINK_HISTORY that ask for its source.
   update   key, value, source and version are recorded, and SCUTTLE_UPDATE_DELETED; other fields are ignored.
   Errors   SCUTTLE_E_ARGUMENT, _BUSY, and those of scuttle_set for key and value but _KEYS, _ID, _VERSION, _SOURCES; _IDENTITY for a version
            of this replica's own source that was never issued. Since 0.2.0. */
int scuttle_history_write(scuttle_t *replica, const scuttle_update_t *update);

/* Removes the updates from the history for which `drop` returns anything but 0: the host's own compaction. Entries stay. A peer that
   lacks what is removed gets the entries of that moment in place of the updates. Callable in on_compaction, too.
   removed  receives their number; may be NULL.
   Errors   SCUTTLE_E_ARGUMENT; SCUTTLE_E_BUSY in a callback other than on_compaction.   Cost   O(history). Since 0.2.0. */
int scuttle_history_trim(scuttle_t *replica, scuttle_visit_fn drop, void *context, size_t *removed);

/* In on_compaction: keeps all updates for now. The history goes on to `count` updates, on_compaction is called again when it holds
   that many, and max_history counts again from then on. A count below max_history changes nothing.
   Errors   SCUTTLE_E_ARGUMENT if `count` is no more than the history holds; SCUTTLE_E_BUSY anywhere else. Since 0.2.0. */
int scuttle_history_keep(scuttle_t *replica, size_t count);

/* The highest version seen anywhere, here or from peers; 0 before the first. Readable in callbacks. */
int scuttle_version(scuttle_t *replica, uint64_t *version);

/* Visits the clock: every known source with the version up to which its updates are accounted for here, in the byte
   order of sources. Replicas that hold the same entries may differ here: a replica's own entry runs ahead when it renews
   its promise, and of an update that was beaten before it was sent no peer learns. Readable in callbacks. Cost: O(s log s) for
   s sources. */
int scuttle_clock(scuttle_t *replica, scuttle_clock_fn visit, void *context);

/* A number that two replicas share exactly where they hold the same: keys, values, sources, versions. Tombstones do not count,
   since replicas that agree forget them at different times. For tests and for showing convergence; not cryptographic.
   Cost: O(bytes of the keys and values that have arrived since the last call or content check). */
int scuttle_fingerprint(scuttle_t *replica, uint64_t *fingerprint);

/* Asks every peer for what is new. In the extended dialect each open link has a hello to send, and what differs crosses
   in both directions; in the classic one this replica's digests, in random order, then "done", and only the peer answers; the first time on a link a "done"
   alone, which asks for everything. A
   gossip that still waits is not asked twice. Call it when a link is new, and from time to time: what got lost is
   asked for again, and promises are renewed, which lets tombstones be forgotten. README.md says how often.
   Returns  SCUTTLE_OK, or SCUTTLE_FULL: it waits behind the high-water mark of a link; nothing is dropped. */
int scuttle_gossip(scuttle_t *replica);

/* Forgets all tombstones that are accounted for here, stable or not. It is safe: replicas stay the same, but for classic peers,
   which cannot be told of what was forgotten before they had it. Where tombstones are not stable, a write that none who knew of the delete had seen may win over it (docs/explanation/guarantees.md).
   purged   receives how many were forgotten.
   Errors   SCUTTLE_E_ARGUMENT, _BUSY; SCUTTLE_E_UNSUPPORTED where `resolve` is set: only the host knows what its
            tombstones beat, so they are kept.   Cost   O(tombstones), O(log n) each. */
int scuttle_purge(scuttle_t *replica, size_t *purged);

/* Retires a name: says that it will not be back, here and at every replica that hears of it. Once all other names cover the
   same of it, tombstone garbage collection no longer waits for it. Its entries stay. If a replica of the name is there after
   all, it writes on above what was retired, and counts again; what was purged meanwhile is as after scuttle_purge. Forgetting the
   replica's own name is leaving: later writes, and deletes at the end of a time to live, do not happen; writes are
   SCUTTLE_E_UNSUPPORTED.
   Returns  SCUTTLE_OK, or SCUTTLE_NOT_FOUND: the name is unknown.   Errors   SCUTTLE_E_ARGUMENT, _BUSY. */
int scuttle_forget(scuttle_t *replica, const char *name, size_t name_len);

/* Drops all refusals: with the next gossip, peers send again what a limit or `accept` has refused, and both decide anew. For a
   host whose `accept` has changed its mind, or that has made room by deletes. A replica that starts from a save, with other limits perhaps, has dropped them.
     An update that a limit (max_value_bytes, max_key_bytes, max_depth, max_keys, max_bytes) or `accept` refuses is an exception to the version vector:
   the rest of its source goes on, and the update is not sent again until then. One that loses to what is here by now is
   none any more.   Errors   SCUTTLE_E_ARGUMENT, _BUSY.   Cost   O(refusals + links). Since 0.2.0. */
int scuttle_accept_again(scuttle_t *replica);

/* How a resolver fails: see scuttle_check_resolver. */
#define SCUTTLE_FLAW_ORDER 1u      /* a, then b, has another outcome than b, then a */
#define SCUTTLE_FLAW_REPETITION 2u /* a, b, and one of them once more, has another outcome than a, then b */
#define SCUTTLE_FLAW_GROUPING 3u   /* (a, b), then c, has another outcome than a, then (b, c) */

typedef struct {
  uint32_t kind;  /* SCUTTLE_FLAW_… ; 0: none found */
  uint32_t count; /* how many of a, b, c matter: 2 or 3 */
  size_t a, b, c; /* places in `updates` */
} scuttle_flaw_t;

/* Tries a resolver on updates of one key: `config->resolve` where it is set, `config->resolver` otherwise. It is asked about
   all pairs and then all triples of them, so the first flaw is a smallest one. Updates are told apart by source and
   version; of two with the same ones only the first counts. Uses no replica; on any thread.
   updates  values are JSON texts; keys do not matter. Up to 1,000.
   flaw     receives what was found; may be NULL.
   Returns  SCUTTLE_OK: no flaw shows in these updates.   Cost   O(count^3).
   Errors   SCUTTLE_E_RESOLVER: *flaw says which updates show it; SCUTTLE_E_ARGUMENT, _STRUCT_SIZE, and for an update what
            scuttle_set says of its value, _ID, _VERSION. Since 0.2.0. */
int scuttle_check_resolver(const scuttle_config_t *config, const scuttle_update_t *updates, size_t count,
                           scuttle_flaw_t *flaw);

/* -------------------------------------------------------------------------------------------------- links -- */

#define SCUTTLE_LINK_LIVE 1u      /* after the first reconciliation send new updates without being asked */
#define SCUTTLE_LINK_DATAGRAM 2u  /* each read makes one datagram, each write takes one; they may be lost, repeated, late and
                                     in any order. The peer's link must be one too. Not with SCUTTLE_LINK_CLASSIC */
#define SCUTTLE_LINK_READ_ONLY 4u /* accept nothing from the peer: its updates are SCUTTLE_E_READ_ONLY; what it asks for
                                     is answered */
#define SCUTTLE_LINK_CLASSIC 8u   /* speak the classic dialect only, simple-scuttle's own: never say hello. SCUTTLE_E_CLUSTER for a
                                     replica with a cluster, which the classic dialect cannot check */
#define SCUTTLE_LINK_ANY 16u      /* speak the dialect of the peer: begin with a hello, and change to the classic dialect if the peer
                                     speaks that; a peer that has said nothing by the second gossip is asked in both. A
                                     replica with a cluster speaks the extended dialect only. With SCUTTLE_LINK_CLASSIC it
                                     says nothing more. Since 0.2.0 */
#define SCUTTLE_LINK_HISTORY 32u  /* with SCUTTLE_LINK_CLASSIC or SCUTTLE_LINK_ANY: answers to digests include what the history has
                                     of superseded updates, as those of simple-scuttle do. Since 0.2.0 */
/* Without SCUTTLE_LINK_CLASSIC and SCUTTLE_LINK_ANY a link speaks the extended dialect only: the first line of a classic peer is
   SCUTTLE_E_PROTOCOL, and ends the link. */

typedef struct {
  size_t struct_size; /* sizeof(scuttle_link_config_t) */
  uint32_t flags;     /* SCUTTLE_LINK_… */
  uint32_t reserved;  /* 0 */
} scuttle_link_config_t;

/* Opens a link: the conversation with one peer over one ordered stream of bytes, such as a TCP connection, or over
   datagrams. Open a new one when the connection is a new one. An idle link costs next to nothing.
   config   or NULL for the defaults.
   out      receives the link, to be closed with scuttle_link_close, or by scuttle_free of its replica.
   Errors   SCUTTLE_E_ARGUMENT, also for SCUTTLE_LINK_HISTORY without SCUTTLE_LINK_CLASSIC and SCUTTLE_LINK_ANY; _BUSY,
            _STRUCT_SIZE, _LINKS, _CLUSTER, _MEMORY. */
int scuttle_link_open(scuttle_t *replica, const scuttle_link_config_t *config, scuttle_link_t **out);

/* Closes a link; what it still had to send is dropped, and the next gossip over another will ask again. NULL is fine.
   No other thread may be using this link. From a callback of its replica, and in the child of a fork, it does nothing. May call
   on_drain. */
void scuttle_link_close(scuttle_link_t *link);

/* What the peer of a link speaks. Since 0.2.0. */
#define SCUTTLE_DIALECT_UNKNOWN 0u /* it has said nothing valid yet, or the link has ended */
#define SCUTTLE_DIALECT_CLASSIC 1u
#define SCUTTLE_DIALECT_EXTENDED 2u

/* What is known of a link. Zero it and set struct_size: fields beyond that are not written. Since 0.2.0. */
typedef struct {
  size_t struct_size;      /* sizeof(scuttle_link_info_t) */
  const char *peer_name;   /* as the peer's hello says, so anybody can claim it: compare it with what the connection proves. NUL-terminated,
                              borrowed. NULL before the hello, and for classic peers, which have none */
  const char *peer_source; /* the source that the peer writes under: its name and incarnation. Likewise */
  uint32_t dialect;        /* SCUTTLE_DIALECT_… */
  uint32_t in_step;        /* 1: both version vectors were found equal, and have not been found different since */
  uint32_t live;           /* 1: the peer gets new updates without asking: see SCUTTLE_LINK_LIVE */
  uint32_t ended;          /* 1: the link has ended: see scuttle_link_write */
  int32_t last_error;      /* the last SCUTTLE_E_… that a call on this link returned; 0: none */
  uint32_t reserved;
} scuttle_link_info_t;

/* Says who the peer of a link is, and how far the conversation is. Readable in callbacks, of `accept` among them.
   Errors   SCUTTLE_E_ARGUMENT, _STRUCT_SIZE.   Cost   O(length of the name). Since 0.2.0. */
int scuttle_link_info(scuttle_link_t *link, scuttle_link_info_t *info);

/* Asks this peer for what is new. See scuttle_gossip. */
int scuttle_link_gossip(scuttle_link_t *link);

/* Takes bytes that the peer sent: any number of lines, cut anywhere; the rest of a line waits for the next call.
   Each whole line is a message of its own: a bad one is refused and changes nothing, the others are taken all the same,
   and the call returns the code of the first bad one. A line over max_message_bytes is dropped up to its newline.
   Blank lines are ignored. Updates may call resolve, on_update, on_compaction.
   On a datagram link the bytes are one datagram, which ends its last line; one that was cut short, even between two lines,
   is taken as far as it goes, and the rest is asked for again.
   After SCUTTLE_E_CLUSTER, _PROTOCOL, _REJECTED, an _IDENTITY of the extended dialect, and a _REFUSED that says max_refused,
   the link has told its peer the reason, or was told it, and returns the same code for all later lines; on_event says
   SCUTTLE_EVENT_ENDED.
   Returns  SCUTTLE_OK, or SCUTTLE_FULL: taken, and this link is over its high-water mark. What the bytes add to other links
            the next call on the replica says.
   Errors   SCUTTLE_E_ARGUMENT, _BUSY and any that speaks of a message: _KEY, _KEY_SIZE, _ID, _NUL, _UTF8, _JSON,
            _DUPLICATE, _NUMBER, _DEPTH, _MESSAGE, _MESSAGE_SIZE, _VALUE_SIZE, _VERSION, _VERSION_JUMP, _IDENTITY, _MEMORY,
            _READ_ONLY, _SOURCES, _CORRUPT, _CLUSTER, _PROTOCOL, _REJECTED, _UNASKED, _TTL, _REFUSED, _KEYS, _BYTES. A
            refused update is an error here the first time that it comes; the link goes on. */
int scuttle_link_write(scuttle_link_t *link, const void *bytes, size_t len);

/* Fills `buffer` with what is to be sent to the peer, a stream to be cut anywhere: a message may begin in one read and
   end in the next. What has been read counts as sent.
   On a datagram link one read makes one datagram of at most `capacity` bytes; read until there is nothing.
   len      receives the number of bytes; 0: nothing now.
   May call on_drain; on a classic link on_update, too: a null of an incarnation becomes a delete when it goes out there, since
   nobody behind a relay can tell them apart. Cost: O(bytes read), plus O(log n) a call.
   Errors   SCUTTLE_E_ARGUMENT, _BUSY. On a datagram link also SCUTTLE_E_SPACE: no message fits so small a datagram; and
            SCUTTLE_E_DATAGRAM: an update fits none of this capacity, and is left out, but not counted as known to the peer;
            scuttle_errmsg() names its key, and on_event has told it. Each is told once. Read on: the rest comes. */
int scuttle_link_read(scuttle_link_t *link, void *buffer, size_t capacity, size_t *len);

/* The same without the copy: up to `max` borrowed spans. Send them, then scuttle_link_consume what went out. Peeking again
   before that shows the same bytes again. `count` receives 0 where there is nothing now. May call on_drain.
   Errors   SCUTTLE_E_ARGUMENT, _BUSY; SCUTTLE_E_UNSUPPORTED on a datagram link, where the capacity has to be known. */
int scuttle_link_peek(scuttle_link_t *link, scuttle_span_t *spans, size_t max, size_t *count);

/* Takes `bytes` off what scuttle_link_peek showed; more than it showed is SCUTTLE_E_ARGUMENT. May call on_drain. */
int scuttle_link_consume(scuttle_link_t *link, size_t bytes);

/* The update that an event speaks of: in on_event with SCUTTLE_EVENT_REFUSED. Borrowed for that callback; to be called from it
   alone, which is no SCUTTLE_E_BUSY.
   Returns  SCUTTLE_OK, or SCUTTLE_NOT_FOUND: the event speaks of none, and *update is NULL.
   Errors   SCUTTLE_E_ARGUMENT. Since 0.2.0. */
int scuttle_event_update(scuttle_link_t *link, const scuttle_update_t **update);

/* The short form for a replica with one peer: a link of its own, opened by the first of these calls, and asked to gossip
   by a scuttle_gossip that came before any link was open. Otherwise as scuttle_link_write and scuttle_link_read. */
int scuttle_write(scuttle_t *replica, const void *bytes, size_t len);
int scuttle_read(scuttle_t *replica, void *buffer, size_t capacity, size_t *len);

#ifdef __cplusplus
}
#endif
#endif
