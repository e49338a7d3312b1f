/* A hostile peer: it writes lines by hand, and counts what the replica that it talks to does with them. */
#ifndef PEER_H
#define PEER_H

#include <scuttle.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  scuttle_t *victim;
  scuttle_link_t *link;
  uint64_t incarnation, epoch, nonce; /* of the victim, and of its latest request */
  uint64_t state, count;              /* of the line check */
  uint64_t token;                     /* of the link, in datagrams; 0: not heard */
} peer_t;

/* A replica to be attacked. NULL: defaults. */
scuttle_t *victim_make(const scuttle_config_t *config);

/* Opens a link, says hello under a source and an incarnation of its own, and learns the nonce of the victim's hello. */
peer_t peer_meet(scuttle_t *victim, const char *source, uint64_t incarnation, uint32_t flags);

/* A link without a word. */
peer_t peer_open(scuttle_t *victim, uint32_t flags);

/* Adds a line to those that go out next; `put_update` counts it in the line check, too. */
void put(peer_t *peer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void put_update(peer_t *peer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The head of a delta for the latest request, and what ends it. `claims` are the members of `sources`. */
void put_head(peer_t *peer, const char *mode);
void put_mark(peer_t *peer, uint64_t sequence);
void put_cover(peer_t *peer, const char *claims);
void put_commit(peer_t *peer, uint64_t sequence, const char *claims, const char *rest);

/* Writes the lines to the victim, which is not counted. */
void peer_send(peer_t *peer);

/* The same, counted: `attack_bytes` grows by their bytes. */
void peer_attack(peer_t *peer);

/* The same in pieces of so many bytes. */
void peer_attack_in_pieces(peer_t *peer, size_t piece);

/* Reads all that the victim has to say, and learns its latest nonce. Returns the bytes. */
size_t peer_hear(peer_t *peer);

/* The same, counted: `attack_bytes` grows by the bytes that are read. */
void peer_hear_attacked(peer_t *peer, size_t buffer);

/* Bytes that have come in or were asked for in the part that is counted. */
extern size_t attack_bytes;

void attack_begin(void);
void attack_end(void);

/* Names what has been counted, and begins anew. */
void attack_over(const char *name);

#endif
