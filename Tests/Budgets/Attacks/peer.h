/* A hostile peer: it writes lines by hand, and counts the work of the replica that reads them. */
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
  uint64_t token;                     /* of the link, in datagrams; 0: unknown */
} peer_t;

/* Creates a replica to be attacked. NULL: defaults. */
scuttle_t *victim_make(const scuttle_config_t *config);

/* Opens a link, sends a hello with a source and an incarnation of its own, and reads the nonce of the victim's hello. */
peer_t peer_meet(scuttle_t *victim, const char *source, uint64_t incarnation, uint32_t flags);

/* Opens a link and sends nothing. */
peer_t peer_open(scuttle_t *victim, uint32_t flags);

/* Adds a line to those that are sent next; `put_update` adds it to the line check, too. */
void put(peer_t *peer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void put_update(peer_t *peer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes the head of a delta for the latest request, or its end. `claims` are the members of `sources`. */
void put_head(peer_t *peer, const char *mode);
void put_mark(peer_t *peer, uint64_t sequence);
void put_cover(peer_t *peer, const char *claims);
void put_commit(peer_t *peer, uint64_t sequence, const char *claims, const char *rest);

/* Writes the lines to the victim, uncounted. */
void peer_send(peer_t *peer);

/* Writes the lines to the victim, counted: `attack_bytes` grows by their bytes. */
void peer_attack(peer_t *peer);

/* Writes the lines in pieces, counted. */
void peer_attack_in_pieces(peer_t *peer, size_t piece);

/* Reads all output of the victim, uncounted, and its latest nonce. Returns the count of bytes. */
size_t peer_hear(peer_t *peer);

/* Reads all output of the victim, counted: `attack_bytes` grows by the bytes. */
void peer_hear_attacked(peer_t *peer, size_t buffer);

/* The bytes that were received or requested in the counted part. */
extern size_t attack_bytes;

void attack_begin(void);
void attack_end(void);

/* Prints the count under a name, and starts the next one. */
void attack_over(const char *name);

#endif
