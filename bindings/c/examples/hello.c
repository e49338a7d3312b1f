/*
 * Two replicas in one process: each has the writes of the other after their links have exchanged bytes.
 *
 *   cc hello.c $(pkg-config --cflags --libs scuttle) -o hello && ./hello
 */
#include <scuttle.h>
#include <stdio.h>
#include <stdlib.h>

static void check(int code, scuttle_t *replica) {
  if (code >= 0) return; /* SCUTTLE_OK, or another positive code such as SCUTTLE_FULL */
  fprintf(stderr, "%s\n", scuttle_errmsg(replica));
  exit(EXIT_FAILURE);
}

/* Sends all pending output of a link to the other side: every host has this loop in some form. Here the network is a buffer;
   it may cut the output anywhere. */
static size_t carry(scuttle_link_t *from, scuttle_t *sender, scuttle_link_t *to, scuttle_t *receiver) {
  char bytes[1024];
  size_t len, total = 0;
  for (;;) {
    check(scuttle_link_read(from, bytes, sizeof bytes, &len), sender);
    if (len == 0) return total;
    check(scuttle_link_write(to, bytes, len), receiver);
    total += len;
  }
}

/* The length of the incarnation in a source: "~" and 8 characters, after the name. */
enum { INCARNATION = 9 };

static void show(const char *name, scuttle_t *replica, const char *key) {
  scuttle_entry_t entry; /* borrowed: it is valid until the next call on this replica */
  int code = scuttle_get(replica, key, SCUTTLE_NTS, &entry);
  check(code, replica);
  if (code == SCUTTLE_NOT_FOUND)
    printf("%s: %s is not there\n", name, key);
  else
    printf("%s: %s is %s, written by %.*s\n", name, key, entry.value, (int)entry.source_len - INCARNATION, entry.source);
}

int main(void) {
  scuttle_t *ada = NULL, *bob = NULL;
  scuttle_link_t *ada_to_bob = NULL, *bob_to_ada = NULL;
  if (scuttle_new("ada", NULL, &ada) < 0 || scuttle_new("bob", NULL, &bob) < 0) {
    fprintf(stderr, "no replica\n");
    return EXIT_FAILURE;
  }
  check(scuttle_link_open(ada, NULL, &ada_to_bob), ada);
  check(scuttle_link_open(bob, NULL, &bob_to_ada), bob);

  check(scuttle_set(ada, "motd", SCUTTLE_NTS, "\"hello\"", SCUTTLE_NTS), ada);
  check(scuttle_set(bob, "limits/login", SCUTTLE_NTS, "{\"per_minute\": 10}", SCUTTLE_NTS), bob);
  show("bob", bob, "motd");

  /* Each side starts a gossip, and both exchange bytes until they are silent. */
  check(scuttle_gossip(ada), ada);
  check(scuttle_gossip(bob), bob);
  while (carry(ada_to_bob, ada, bob_to_ada, bob) + carry(bob_to_ada, bob, ada_to_bob, ada) > 0) {
  }
  show("bob", bob, "motd");
  show("ada", ada, "limits/login");

  uint64_t ours, theirs;
  check(scuttle_fingerprint(ada, &ours), ada);
  check(scuttle_fingerprint(bob, &theirs), bob);
  printf("the replicas %s\n", ours == theirs ? "agree" : "differ");

  scuttle_free(ada); /* closes its links too */
  scuttle_free(bob);
  return ours == theirs ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* prints:
bob: motd is not there
bob: motd is "hello", written by ada
ada: limits/login is {"per_minute":10}, written by bob
the replicas agree
*/
