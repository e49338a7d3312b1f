/* Attacks of a peer on a replica, each at two sizes. The cost of a byte that is received or requested must not grow with the
   size: ./run compares. `n` is the size of what the attack builds up, or of the victim's state. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "replicas.h"

enum { FEW = 50 };

typedef unsigned long long number_t;

static void free_victim(peer_t *peer) { scuttle_free(peer->victim); }

static char *text_of(size_t capacity) {
  char *text = malloc(capacity);
  require(text != NULL, "no memory for an attack");
  return text;
}

/* --- versions of one source, in any order --- */

enum order { RISING, FALLING, MIXED };

static void versions(size_t n, enum order order) {
  peer_t peer = peer_meet(victim_make(NULL), "evil~aaaaaaaa", 9, 0);
  put_head(&peer, "state");
  for (size_t i = 0; i < n; i++) {
    /* 7919 has no divisor in common with the sizes. */
    size_t version = order == RISING ? i : order == FALLING ? n - 1 - i : i * 7919 % n;
    put_update(&peer, "{\"key\":\"k%07zu\",\"value\":1,\"source_id\":\"evil~aaaaaaaa\",\"version\":%zu}", i, version + 2);
  }
  peer_attack(&peer);
  require(count_keys(peer.victim) == n, "all versions should have been applied");
  free_victim(&peer);
}

static void rising(size_t n) { versions(n, RISING); }
static void falling(size_t n) { versions(n, FALLING); }
static void mixed(size_t n) { versions(n, MIXED); }

/* --- tombstones --- */

static void set_and_delete(scuttle_t *replica, size_t n) {
  char key[16];
  for (size_t i = 0; i < n; i++) {
    int length = snprintf(key, sizeof key, "d%zu", i);
    done(scuttle_set(replica, key, (size_t)length, "1", 1));
    done(scuttle_delete(replica, key, (size_t)length));
  }
}

/* Many small calls on a link, after each tombstone was examined. */
static void few_calls(scuttle_t *victim) {
  peer_t other = peer_open(victim, 0);
  for (size_t i = 0; i < FEW; i++) {
    put(&other, "{\"digest\":true,\"twin\":true}");
    peer_send(&other);
  }
  for (size_t i = 0; i < FEW; i++) {
    put(&other, "{\"digest\":true,\"twin\":true}");
    peer_attack(&other);
  }
}

/* A peer sends a hello and its vector, and never reads: the delta that it requested holds `n` stable tombstones back. */
static peer_t peer_that_never_reads(size_t n) {
  scuttle_t *victim = victim_make(NULL);
  done(scuttle_set(victim, "k", 1, "1", 1));
  peer_t peer = peer_meet(victim, "evil~aaaaaaaa", 9, 0);
  put(&peer, "{\"digest\":true,\"vector\":{\"incarnation\":9,\"epoch\":0,\"nonce\":13,\"lamport\":1,\"since\":0,\"until\":1,"
             "\"sources\":{},\"from\":0,\"to\":0,\"last\":true}}");
  peer_send(&peer);
  set_and_delete(victim, n);
  return peer;
}

/* Makes calls meanwhile. */
static void tombstones_unread(size_t n) {
  peer_t peer = peer_that_never_reads(n);
  few_calls(peer.victim);
  free_victim(&peer);
}

/* Tombstones of an ended incarnation, which no vector covers: they cannot be purged. */
static void tombstones_ahead(size_t n) {
  peer_t peer = peer_meet(victim_make(NULL), "evil~bbbbbbbb", 9, 0);
  put_head(&peer, "log");
  put_update(&peer, "{\"key\":\"k\",\"value\":1,\"source_id\":\"evil~bbbbbbbb\",\"version\":9000000}");
  put_cover(&peer, "\"evil~bbbbbbbb\":[0,9000000]");
  put_head(&peer, "state");
  for (size_t i = 0; i < n; i++) {
    put_update(&peer, "{\"key\":\"k%07zu\",\"value\":null,\"source_id\":\"evil~aaaaaaaa\",\"version\":%zu,\"deleted\":true}", i, i + 2);
  }
  peer_send(&peer);
  few_calls(peer.victim);
  free_victim(&peer);
}

/* Stable tombstones that become free at once: one call purges a bounded count. */
static void tombstones_freed(size_t n) {
  peer_t peer = peer_that_never_reads(n);
  scuttle_link_close(peer.link);
  peer_t other = peer_open(peer.victim, 0);
  put(&other, "{\"digest\":true,\"twin\":true}");
  peer_attack(&other);
  free_victim(&peer);
}

/* --- comparing --- */

static void against(size_t n, const char *large, size_t part, const char *open, const char *close, const char *small) {
  scuttle_config_t config = {.resolver = SCUTTLE_STRICTLY_ORDER_VALUES};
  scuttle_t *victim = victim_make(&config);
  char *value = text_of(n * (part + 8) + 64);
  size_t len = (size_t)sprintf(value, "%s", open);
  for (size_t i = 0; i < n; i++) len += (size_t)sprintf(value + len, large, i);
  len -= value[len - 1] == ',';
  len += (size_t)sprintf(value + len, "%s", close);
  done(scuttle_set(victim, "k", 1, value, len));
  free(value);
  peer_t peer = peer_meet(victim, "evil~aaaaaaaa", 9, 0);
  put_head(&peer, "state");
  for (size_t i = 0; i < FEW; i++) {
    put_update(&peer, "{\"key\":\"k\",\"value\":%s,\"source_id\":\"evil~aaaaaaaa\",\"version\":%zu}", small, i + 100);
  }
  peer_attack(&peer);
  free_victim(&peer);
}

static void compare_kinds(size_t n) { against(n, "%zu,", 8, "[", "]", "1"); }
static void compare_arrays(size_t n) { against(n, "9%zu,", 9, "[", "]", "[1,2]"); }
static void compare_strings(size_t n) { against(n, "x%zu", 9, "\"", "\"", "\"a\""); }

/* --- the history of the classic dialect --- */

/* Republished updates of many sources go to a classic peer. */
static void restated(size_t n) {
  peer_t peer = peer_meet(victim_make(NULL), "evil~aaaaaaaa", 9, 0);
  char *claims = text_of(n * 32 + 32);
  size_t len = 0;
  put_head(&peer, "log");
  for (size_t i = 0; i < n; i++) {
    put_update(&peer, "{\"key\":\"k%07zu\",\"value\":1,\"source_id\":\"s%07zu\",\"version\":9,\"written\":[\"w\",3]}", i, i);
    len += (size_t)sprintf(claims + len, "%s\"s%07zu\":[0,9]", i ? "," : "", i);
  }
  put_cover(&peer, claims);
  peer_send(&peer);
  peer_t classic = peer_open(peer.victim, SCUTTLE_LINK_CLASSIC);
  put(&classic, "{\"digest\":true,\"done\":true}");
  peer_attack(&classic);
  peer_hear_attacked(&classic, 1 << 20);
  require(attack_bytes > n * 50, "all should have been sent");
  free(claims);
  free_victim(&peer);
}

/* --- datagrams --- */

/* Values that fit no datagram, of many sources. */
static void withheld(size_t n) {
  static char value[1200];
  memset(value, 'x', sizeof value - 1);
  peer_t peer = peer_meet(victim_make(NULL), "evil~aaaaaaaa", 9, 0);
  put_head(&peer, "state");
  for (size_t i = 0; i < n; i++) {
    put_update(&peer, "{\"key\":\"k%07zu\",\"value\":\"%s\",\"source_id\":\"s%07zu\",\"version\":9}", i, value, i);
  }
  peer_send(&peer);
  peer_t reader = peer_meet(peer.victim, "reader~aaaaaaa", 10, SCUTTLE_LINK_DATAGRAM);
  put(&reader, "{\"digest\":true,\"vector\":{\"incarnation\":10,\"epoch\":0,\"nonce\":13,\"lamport\":1,\"since\":0,\"until\":1,"
               "\"sources\":{},\"from\":0,\"to\":0,\"last\":true}}");
  peer_attack(&reader);
  static char read[1000];
  for (;;) {
    size_t got = 0;
    attack_begin();
    int code = scuttle_link_read(reader.link, read, sizeof read, &got);
    attack_end();
    if (code == 0 && got == 0) break;
    /* Withheld updates were requested, too. */
    attack_bytes += got + (code < 0 ? sizeof value : 0);
  }
  free_victim(&peer);
}

/* --- covers --- */

/* A cover of many sources behind as many waiting updates. */
static void cover_of_many(size_t n) {
  peer_t peer = peer_meet(victim_make(NULL), "evil~aaaaaaaa", 9, 0);
  char *claims = text_of(n * 32 + 32);
  size_t len = 0;
  put_head(&peer, "log");
  for (size_t i = 0; i < n; i++) {
    put_update(&peer, "{\"key\":\"k%07zu\",\"value\":1,\"source_id\":\"s%07zu\",\"version\":9}", i, i);
    len += (size_t)sprintf(claims + len, "%s\"s%07zu\":[0,9]", i ? "," : "", i);
  }
  put_cover(&peer, claims);
  peer_attack(&peer);
  free(claims);
  free_victim(&peer);
}

/* Covers without updates, behind many waiting ones. */
static void covers_again(size_t n) {
  peer_t peer = peer_meet(victim_make(NULL), "evil~aaaaaaaa", 9, 0);
  put_head(&peer, "log");
  for (size_t i = 0; i < n; i++) {
    put_update(&peer, "{\"key\":\"k%07zu\",\"value\":1,\"source_id\":\"evil~aaaaaaaa\",\"version\":%zu}", i, i + 2);
  }
  put_cover(&peer, "\"evil~aaaaaaaa\":[0,9000000]");
  peer_send(&peer);
  for (size_t i = 0; i < FEW; i++) put_cover(&peer, "\"evil~aaaaaaaa\":[0,9000000]");
  peer_attack(&peer);
  free_victim(&peer);
}

/* --- refusals --- */

static int refuse(void *context, scuttle_link_t *from, const scuttle_update_t *update) {
  (void)context, (void)from;
  return update->value_len < 3;
}

static peer_t refusing(size_t n) {
  scuttle_config_t config = {.accept = refuse, .max_refused = 2 * n};
  return peer_meet(victim_make(&config), "evil~aaaaaaaa", 9, 0);
}

/* Covers that pass one refused update each. */
static void refused_passed(size_t n) {
  peer_t peer = refusing(n);
  put_head(&peer, "state");
  for (size_t i = 0; i < n; i++) {
    put_update(&peer, "{\"key\":\"k%07zu\",\"value\":\"no\",\"source_id\":\"evil~aaaaaaaa\",\"version\":%zu}", i, i + 2);
  }
  put_head(&peer, "log");
  char claim[64];
  for (size_t i = 0; i < n; i++) {
    snprintf(claim, sizeof claim, "\"evil~aaaaaaaa\":[0,%zu]", i + 2);
    put_cover(&peer, claim);
  }
  peer_attack(&peer);
  free_victim(&peer);
}

/* Covers of sources that have no exception, while others have many. */
static void refused_beside(size_t n) {
  peer_t peer = refusing(n);
  put_head(&peer, "state");
  for (size_t i = 0; i < n; i++) {
    put_update(&peer, "{\"key\":\"k%07zu\",\"value\":\"no\",\"source_id\":\"evil~aaaaaaaa\",\"version\":%zu}", i, i + 9000);
  }
  peer_send(&peer);
  put_head(&peer, "log");
  char claim[64];
  for (size_t i = 0; i < 2 * FEW; i++) {
    snprintf(claim, sizeof claim, "\"other~aaaaaaaa\":[0,%zu]", i + 2);
    put_cover(&peer, claim);
  }
  peer_attack(&peer);
  free_victim(&peer);
}

/* More refused and uncovered updates than max_refused. */
static void refused_evicted(size_t n) {
  scuttle_config_t config = {.accept = refuse, .max_refused = n};
  peer_t peer = peer_meet(victim_make(&config), "evil~aaaaaaaa", 9, 0);
  /* Half of them are covered, and so have to stay. */
  put_head(&peer, "state");
  for (size_t i = 0; i < n; i++) {
    put_update(&peer, "{\"key\":\"k%07zu\",\"value\":\"no\",\"source_id\":\"%s~aaaaaaaa\",\"version\":%zu}", i,
               i < n / 2 ? "evil" : "other", i + 2);
  }
  put_head(&peer, "log");
  put_cover(&peer, "\"evil~aaaaaaaa\":[0,900000]");
  peer_send(&peer);
  for (size_t i = 0; i < 2 * FEW; i++) {
    put_head(&peer, "state");
    put_update(&peer, "{\"key\":\"k%07zu\",\"value\":\"no\",\"source_id\":\"other~aaaaaaaa\",\"version\":%zu}", n + i, n + i + 2);
  }
  peer_attack(&peer);
  free_victim(&peer);
}

static void hear_refusal(void *context, scuttle_link_t *link, int event, int code) {
  (void)context, (void)link, (void)event, (void)code;
}

/* A peer names updates of the victim that it has refused. */
static void refusals_named(size_t n) {
  scuttle_config_t config = {.on_event = hear_refusal, .max_refused = n};
  scuttle_t *victim = victim_make(&config);
  char key[16];
  for (size_t i = 0; i < n; i++) done(scuttle_set(victim, key, (size_t)snprintf(key, sizeof key, "k%zu", i), "1", 1));
  peer_t peer = peer_meet(victim, "evil~aaaaaaaa", 9, 0);
  size_t len;
  const char *id;
  done(scuttle_id(victim, &id, &len));
  for (size_t i = 0; i < n; i++) put(&peer, "{\"digest\":true,\"refused\":[[\"%.*s\",%zu,22]]}", (int)len, id, i + 1);
  peer_attack(&peer);
  free_victim(&peer);
}

/* --- parsing --- */

/* One byte a call. */
static void byte_by_byte(size_t n) {
  peer_t peer = peer_meet(victim_make(NULL), "evil~aaaaaaaa", 9, 0);
  char *value = text_of(n + 1);
  memset(value, 'x', n);
  value[n] = 0;
  put_head(&peer, "state");
  put_update(&peer, "{\"key\":\"k\",\"value\":\"%s\",\"source_id\":\"evil~aaaaaaaa\",\"version\":2}", value);
  peer_attack_in_pieces(&peer, 1);
  free(value);
  free_victim(&peer);
}

static void one_value(size_t n, const char *part, const char *open, const char *close) {
  peer_t peer = peer_meet(victim_make(NULL), "evil~aaaaaaaa", 9, 0);
  char *value = text_of(n * 24 + 64);
  size_t len = (size_t)sprintf(value, "%s", open);
  for (size_t i = 0; i < n; i++) len += (size_t)sprintf(value + len, part, i);
  len -= value[len - 1] == ',';
  sprintf(value + len, "%s", close);
  put_head(&peer, "state");
  put_update(&peer, "{\"key\":\"k\",\"value\":%s,\"source_id\":\"evil~aaaaaaaa\",\"version\":2}", value);
  peer_attack(&peer);
  free(value);
  free_victim(&peer);
}

static void nesting(size_t n) { one_value(n, "[", "", ""); }
static void members(size_t n) { one_value(n, "\"m%zu\":1,", "{", "}"); }
static void repeated_member(size_t n) { one_value(n, "\"m\":1,", "{", "}"); }
static void escapes(size_t n) { one_value(n, "\\u00e9", "\"", "\""); }

/* --- requests and deltas, again and again --- */

static scuttle_t *holding(size_t n) {
  scuttle_t *victim = victim_make(NULL);
  char key[16];
  for (size_t i = 0; i < n; i++) done(scuttle_set(victim, key, (size_t)snprintf(key, sizeof key, "k%zu", i), "1", 1));
  return victim;
}

static void requests(size_t n) {
  peer_t peer = peer_meet(holding(n), "evil~aaaaaaaa", 9, 0);
  for (size_t i = 0; i < FEW; i++) put(&peer, "{\"digest\":true,\"request\":{\"revision\":0,\"from\":0}}");
  peer_attack(&peer);
  free_victim(&peer);
}

static void contents_requests(size_t n) {
  peer_t peer = peer_meet(holding(n), "evil~aaaaaaaa", 9, 0);
  for (size_t i = 0; i < FEW; i++) {
    put(&peer, "{\"digest\":true,\"vector\":{\"incarnation\":9,\"epoch\":0,\"nonce\":%zu,\"lamport\":1,\"since\":0,\"until\":1,"
               "\"contents\":true,\"sources\":{},\"from\":0,\"to\":0,\"last\":true}}", i + 20);
  }
  peer_attack(&peer);
  free_victim(&peer);
}

/* A peer that lacks only the first entry, again and again: the read skips a bounded count of entries. */
static void sparse_walks(size_t n) {
  scuttle_t *victim = victim_make(NULL);
  peer_t writer = peer_meet(victim, "evil~aaaaaaaa", 9, 0);
  put_head(&writer, "state");
  put_update(&writer, "{\"key\":\"first\",\"value\":1,\"source_id\":\"evil~aaaaaaaa\",\"version\":2}");
  peer_send(&writer);
  char key[16];
  for (size_t i = 0; i < n; i++) done(scuttle_set(victim, key, (size_t)snprintf(key, sizeof key, "k%zu", i), "1", 1));
  size_t len;
  const char *id;
  done(scuttle_id(victim, &id, &len));
  peer_t peer = peer_meet(victim, "reader~aaaaaaa", 10, 0);
  for (size_t i = 0; i < 4; i++) {
    put(&peer, "{\"digest\":true,\"vector\":{\"incarnation\":10,\"epoch\":0,\"nonce\":%zu,\"lamport\":1,\"since\":0,\"until\":1,"
               "\"sources\":{\"%.*s\":%zu},\"from\":0,\"to\":0,\"last\":true}}", i + 20, (int)len, id, n + 1);
    peer_attack(&peer);
    attack_begin();
    static char read[4096];
    size_t got;
    do {
      done(scuttle_link_read(peer.link, read, sizeof read, &got));
      attack_bytes += got;
    } while (got > 0);
    attack_end();
  }
  free_victim(&peer);
}

/* A commit in many parts. */
static void commit_parts(size_t n) {
  peer_t peer = peer_meet(victim_make(NULL), "evil~aaaaaaaa", 9, 0);
  put_head(&peer, "state");
  for (size_t i = 0; i < n; i++) {
    put(&peer, "{\"digest\":true,\"commit\":{\"sequence\":0,\"lines\":[0,\"00000000\"],\"sources\":{\"s%07zu\":[0,2]},\"from\":%zu,"
               "\"to\":%zu,\"last\":false}}", i, i, i + 1);
  }
  peer_attack(&peer);
  free_victim(&peer);
}

/* Empty resets, one after the other, one for each request of the victim. */
static void resets(size_t n) {
  peer_t peer = peer_meet(holding(n), "evil~aaaaaaaa", 9, 0);
  for (size_t i = 0; i < 2 * FEW; i++) {
    put(&peer, "{\"digest\":true,\"vector\":{\"incarnation\":9,\"epoch\":%zu,\"nonce\":%zu,\"lamport\":1,\"since\":0,\"until\":1,"
               "\"sources\":{\"gone~aaaaaaaa\":[%zu,%zu]},\"from\":0,\"to\":0,\"last\":true}}", i, i + 20, n + 9 + 2 * i, n + 9 + 2 * i);
    peer_attack(&peer);
    peer_hear(&peer);
    put(&peer, "{\"digest\":true,\"request\":{\"revision\":0,\"from\":0}}");
    peer_attack(&peer);
    peer_hear(&peer);
    put_head(&peer, "reset");
    put_commit(&peer, 0, "\"gone~aaaaaaaa\":[0,1,1]", "");
    peer_attack(&peer);
    peer_hear(&peer);
  }
  free_victim(&peer);
}

/* A peer that is ahead and behind raises its GC version again and again: entries are republished. */
static void republishing(size_t n) {
  scuttle_t *victim = holding(n);
  done(scuttle_delete(victim, "k0", 2));
  size_t purged;
  done(scuttle_purge(victim, &purged));
  peer_t peer = peer_meet(victim, "evil~aaaaaaaa", 9, 0);
  for (size_t i = 0; i < 2 * FEW; i++) {
    put(&peer, "{\"digest\":true,\"vector\":{\"incarnation\":9,\"epoch\":%zu,\"nonce\":%zu,\"lamport\":1,\"since\":0,\"until\":1,"
               "\"sources\":{\"gone~aaaaaaaa\":[%zu,%zu]},\"from\":0,\"to\":0,\"last\":true}}", i, i + 20, (i + 2) * (2 * n + 99),
        (i + 2) * (2 * n + 99));
  }
  peer_attack(&peer);
  free_victim(&peer);
}

/* Contents differ again and again: entries are republished. */
static void contents_again(size_t n) {
  scuttle_t *victim = holding(n);
  peer_t peer = peer_meet(victim, "evil~aaaaaaaa", 9, 0);
  char hash[64] = "0000000000000001";
  static char read[1 << 16];
  for (size_t i = 0; i < 2 * FEW; i++) {
    /* The victim's own hash, from its hello. */
    for (int round = 0; round < 2; round++) {
      put(&peer, "{\"digest\":true,\"hello\":{\"protocol\":[1,1],\"source\":\"evil~aaaaaaaa\",\"incarnation\":9,\"cluster\":\"\","
                 "\"lamport\":1,\"epoch\":0,\"revision\":1,\"hash\":\"%s\",\"contents\":\"%032zu\",\"nonce\":%zu,\"reply\":false}}",
          hash, i, i + 20);
      peer_attack(&peer);
      size_t got;
      done(scuttle_link_read(peer.link, read, sizeof read - 1, &got));
      read[got] = 0;
      char *at = strstr(read, "\"hash\":\"");
      if (at) memcpy(hash, at + 8, 16);
      at = NULL;
      for (char *found = read; (found = strstr(found, "\"nonce\":")) != NULL; found++) at = found;
      if (at) peer.nonce = strtoull(at + 8, NULL, 10);
    }
    put_head(&peer, "contents");
    put_commit(&peer, 0, "", "");
    peer_attack(&peer);
    peer_hear(&peer);
  }
  free_victim(&peer);
}

/* Retired sources, and a floor that rises by one. */
static void retired_floor(size_t n) {
  peer_t peer = peer_meet(victim_make(NULL), "evil~aaaaaaaa", 9, 0);
  char *rest = text_of(n * 26 + 64);
  size_t len = (size_t)sprintf(rest, ",\"retired\":\"");
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (size_t i = 0; i < n; i++) {
    /* 128 bits of hash and 4 bits of marks: 22 digits; then a version of 4 digits. */
    for (size_t at = 0; at < 21; at++) rest[len++] = digits[(i * 7919 + at * 31 + (i >> at)) % 64];
    rest[len++] = 'B';
    size_t version = i + 1000;
    for (int shift = 18; shift >= 0; shift -= 6) rest[len++] = digits[version >> shift & 63];
  }
  sprintf(rest + len, "\"");
  put_head(&peer, "state");
  put_commit(&peer, 0, "\"s\":[0,900000]", rest);
  peer_send(&peer);
  for (size_t i = 0; i < 2 * FEW; i++) {
    put(&peer, "{\"digest\":true,\"vector\":{\"incarnation\":9,\"epoch\":0,\"nonce\":%zu,\"lamport\":1,\"since\":0,\"until\":1,"
               "\"dropped\":%zu,\"sources\":{},\"from\":0,\"to\":0,\"last\":true}}", i + 20, i + 2);
  }
  peer_attack(&peer);
  free(rest);
  free_victim(&peer);
}

/* --- sources: what these cost for each source is bounded by max_sources --- */

static peer_t knowing(size_t n) {
  peer_t peer = peer_meet(victim_make(NULL), "evil~aaaaaaaa", 9, 0);
  for (size_t at = 0; at < n; at += 1000) {
    char claims[1000 * 32];
    size_t len = 0;
    for (size_t i = at; i < n && i < at + 1000; i++) len += (size_t)sprintf(claims + len, "%s\"g%07zu\":[0,2]", i > at ? "," : "", i);
    put_head(&peer, "log");
    put_cover(&peer, claims);
  }
  peer_send(&peer);
  return peer;
}

/* A hello with another incarnation each time. */
static void sources_met(size_t n) {
  peer_t peer = knowing(n);
  for (size_t i = 0; i < FEW; i++) {
    put(&peer, "{\"digest\":true,\"hello\":{\"protocol\":[1,1],\"source\":\"evil~aaaaaaaa\",\"incarnation\":%zu,\"cluster\":\"\","
               "\"lamport\":1,\"epoch\":0,\"revision\":1,\"hash\":\"0000000000000001\",\"nonce\":12,\"reply\":true}}", i + 100);
  }
  peer_attack(&peer);
  free_victim(&peer);
}

/* Vectors without claims. */
static void sources_asked(size_t n) {
  peer_t peer = knowing(n);
  for (size_t i = 0; i < FEW; i++) {
    put(&peer, "{\"digest\":true,\"vector\":{\"incarnation\":9,\"epoch\":%zu,\"nonce\":%zu,\"lamport\":1,\"since\":0,\"until\":1,"
               "\"sources\":{},\"from\":0,\"to\":0,\"last\":true}}", i, i + 20);
  }
  peer_attack(&peer);
  free_victim(&peer);
}

/* A classic peer that has sent digests of all sources, again and again. */
static void sources_done(size_t n) {
  peer_t peer = knowing(n);
  peer_t classic = peer_open(peer.victim, SCUTTLE_LINK_CLASSIC);
  for (size_t i = 0; i < FEW; i++) put(&classic, "{\"digest\":true,\"done\":true}");
  peer_attack(&classic);
  free_victim(&peer);
}

/* Tombstones whose stability each source in turn holds back. */
static void sources_blocking(size_t n) {
  peer_t peer = knowing(n);
  done(scuttle_set(peer.victim, "k", 1, "1", 1));
  done(scuttle_delete(peer.victim, "k", 1));
  for (size_t i = 0; i < 2 * FEW; i++) {
    char claim[64];
    snprintf(claim, sizeof claim, "\"g%07zu\":[0,900000]", i);
    put_head(&peer, "log");
    put_cover(&peer, claim);
    peer_attack(&peer);
  }
  free_victim(&peer);
}

typedef struct {
  const char *name;
  void (*play)(size_t n);
  size_t size;
} attack_t;

static const attack_t attacks[] = {
    {"versions-rising", rising, 4000},
    {"versions-falling", falling, 4000},
    {"versions-mixed", mixed, 4000},
    {"tombstones-unread", tombstones_unread, 2000},
    {"tombstones-ahead", tombstones_ahead, 2000},
    {"tombstones-freed", tombstones_freed, 6000},
    {"compare-kinds", compare_kinds, 5000},
    {"compare-arrays", compare_arrays, 5000},
    {"compare-strings", compare_strings, 5000},
    {"restated", restated, 1000},
    {"withheld", withheld, 500},
    {"cover-of-many", cover_of_many, 250},
    {"covers-again", covers_again, 250},
    {"refused-passed", refused_passed, 500},
    {"refused-beside", refused_beside, 500},
    {"refused-evicted", refused_evicted, 500},
    {"refusals-named", refusals_named, 1000},
    {"byte-by-byte", byte_by_byte, 2000},
    {"nesting", nesting, 5000},
    {"members", members, 5000},
    {"repeated-member", repeated_member, 5000},
    {"escapes", escapes, 5000},
    {"requests", requests, 2000},
    {"contents-requests", contents_requests, 2000},
    {"sparse-walks", sparse_walks, 10000},
    {"commit-parts", commit_parts, 1000},
    {"resets", resets, 1000},
    {"republishing", republishing, 1000},
    {"contents-again", contents_again, 1000},
    {"retired-floor", retired_floor, 1000},
    {"sources-met", sources_met, 1000},
    {"sources-asked", sources_asked, 1000},
    {"sources-done", sources_done, 1000},
    {"sources-blocking", sources_blocking, 1000},
};

/* Runs all attacks, or those that are named. */
int main(int count, char **names) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
    int isWanted = count < 2;
    for (int at = 1; at < count; at++) isWanted |= strcmp(names[at], attacks[i].name) == 0;
    if (!isWanted) continue;
    for (size_t times = 1; times <= 4; times += 3) {
      char name[64];
      snprintf(name, sizeof name, "%s/%zu", attacks[i].name, attacks[i].size * times);
      attacks[i].play(attacks[i].size * times);
      attack_over(name);
    }
  }
  return 0;
}
