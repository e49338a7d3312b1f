/* A program that links libscuttle.a and another static library in Embedded Swift, and uses both by turns. */
#include <scuttle.h>
#include <stdio.h>

intptr_t other_add(intptr_t number);
intptr_t other_count(const uint8_t *bytes, intptr_t count);

int main(void) {
  scuttle_t *ada, *bob;
  char bytes[700];
  intptr_t sum = 0, expected = 0, total = 0;
  if (scuttle_new("ada", NULL, &ada) < 0 || scuttle_new("bob", NULL, &bob) < 0) return 1;
  for (int i = 1; i <= 100; i++) {
    char key[16];
    int len = snprintf(key, sizeof key, "key/%d", i);
    if (scuttle_set(i % 2 ? ada : bob, key, (size_t)len, "[1, 2]", SCUTTLE_NTS) < 0) return 2;
    sum = other_add(i);
    total += i;
    expected += total;
    if (sum != expected) return 3;
  }
  scuttle_gossip(ada);
  scuttle_gossip(bob);
  scuttle_t *sides[2] = {ada, bob};
  for (int turn = 0, silent = 0; silent < 2; turn = !turn) {
    size_t len;
    if (scuttle_read(sides[turn], bytes, sizeof bytes, &len) < 0) return 4;
    if (len > 0 && scuttle_write(sides[!turn], bytes, len) < 0) return 5;
    if (len > 0 && other_count((const uint8_t *)bytes, (intptr_t)len) < 2) return 6;
    silent = len > 0 ? 0 : silent + 1;
  }
  size_t count_ada, count_bob;
  uint64_t print_ada, print_bob;
  if (scuttle_count(ada, &count_ada) < 0 || scuttle_count(bob, &count_bob) < 0) return 7;
  if (scuttle_fingerprint(ada, &print_ada) < 0 || scuttle_fingerprint(bob, &print_bob) < 0) return 8;
  printf("%zu and %zu keys, %s, sum %ld\n", count_ada, count_bob, print_ada == print_bob ? "the same" : "different", (long)sum);
  scuttle_free(ada);
  scuttle_free(bob);
  return 0;
}
