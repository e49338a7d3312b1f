#include "peer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/callgrind.h>

#include "meter.h"
#include "replicas.h"

enum { CAPACITY = 64 << 20, READ = 1 << 20 };

static char text[CAPACITY];
static size_t len;
size_t attack_bytes;

/* Counting is slow, so the first attack builds up its state uncounted. */
void attack_begin(void) {
  CALLGRIND_START_INSTRUMENTATION;
  meter_open();
}

void attack_end(void) { meter_close(); }

void attack_over(const char *name) {
  meter_print(name, attack_bytes);
  attack_bytes = 0;
}

/* The hashes of docs/reference/protocol.md. */
static const uint64_t K0 = 0xB7E151628AED2A6B, K1 = 0x243F6A8885A308D3, K2 = 0x9E3779B97F4A7C15;

static uint64_t fold(uint64_t a, uint64_t b) {
  __extension__ typedef unsigned __int128 wide;
  wide product = (wide)a * b;
  return (uint64_t)(product >> 64) ^ (uint64_t)product;
}

static uint64_t fold_hash(const char *data, size_t size) {
  uint64_t one = K0, two = K2;
  for (size_t at = 0; at < size; at += 32) {
    uint64_t words[4] = {0, 0, 0, 0};
    memcpy(words, data + at, size - at < 32 ? size - at : 32);
    one = fold(words[0] ^ K1, words[1] ^ one);
    two = fold(words[2] ^ K1, words[3] ^ two);
  }
  return fold(fold(one ^ K2, two ^ K1), size ^ K0);
}

static void add(peer_t *peer, uint64_t number) { peer->state = fold(peer->state ^ K1, number ^ K2); }

static void put_all(const char *format, va_list arguments) {
  int added = vsnprintf(text + len, CAPACITY - len, format, arguments);
  require(added > 0 && (size_t)added + 1 < CAPACITY - len, "too many lines for this program");
  len += (size_t)added;
  text[len++] = '\n';
}

void put(peer_t *peer, const char *format, ...) {
  (void)peer;
  va_list arguments;
  va_start(arguments, format);
  put_all(format, arguments);
  va_end(arguments);
}

void put_update(peer_t *peer, const char *format, ...) {
  size_t before = len;
  va_list arguments;
  va_start(arguments, format);
  put_all(format, arguments);
  va_end(arguments);
  add(peer, fold_hash(text + before, len - before - 1));
  peer->count++;
}

static void begin_check(peer_t *peer) { peer->state = peer->count = 0; }

void put_head(peer_t *peer, const char *mode) {
  const char *span = strcmp(mode, "log") && strcmp(mode, "early") ? ",\"epoch\":0,\"span\":[0,0]" : "";
  put(peer, "{\"digest\":true,\"delta\":{\"mode\":\"%s\",\"request\":[%llu,%llu,%llu]%s}}", mode,
      (unsigned long long)peer->incarnation, (unsigned long long)peer->epoch, (unsigned long long)peer->nonce, span);
  begin_check(peer);
}

/* Seals the lines of a mark or a commit. */
static void seal(peer_t *peer, uint64_t sequence) {
  add(peer, 0);
  add(peer, sequence);
}

void put_mark(peer_t *peer, uint64_t sequence) {
  seal(peer, sequence);
  put(peer, "{\"digest\":true,\"mark\":{\"sequence\":%llu,\"lines\":[%llu,\"%08x\"]}}", (unsigned long long)sequence,
      (unsigned long long)peer->count, (unsigned)peer->state);
  begin_check(peer);
}

void put_cover(peer_t *peer, const char *claims) {
  put(peer, "{\"digest\":true,\"cover\":{%s},\"lines\":[%llu,\"%08x\"]}", claims, (unsigned long long)peer->count,
      (unsigned)peer->state);
  begin_check(peer);
}

void put_commit(peer_t *peer, uint64_t sequence, const char *claims, const char *rest) {
  seal(peer, sequence);
  put(peer,
      "{\"digest\":true,\"commit\":{\"sequence\":%llu,\"lines\":[%llu,\"%08x\"],\"sources\":{%s}%s,\"from\":0,\"to\":1,"
      "\"last\":true}}",
      (unsigned long long)sequence, (unsigned long long)peer->count, (unsigned)peer->state, claims, rest);
  begin_check(peer);
}

/* Writes the front of a datagram. */
static void put_echo(peer_t *peer) {
  if (peer->token != 0) put(peer, "{\"digest\":true,\"echo\":%llu}", (unsigned long long)peer->token);
}

void peer_send(peer_t *peer) {
  /* Some attacks are errors: their cost is counted. */
  (void)scuttle_link_write(peer->link, text, len);
  len = 0;
}

void peer_attack(peer_t *peer) {
  size_t sent = len;
  attack_begin();
  peer_send(peer);
  attack_end();
  attack_bytes += sent;
}

void peer_attack_in_pieces(peer_t *peer, size_t piece) {
  attack_begin();
  for (size_t at = 0; at < len; at += piece) {
    (void)scuttle_link_write(peer->link, text + at, len - at < piece ? len - at : piece);
  }
  attack_end();
  attack_bytes += len;
  len = 0;
}

/* Returns the number behind the last `name` in a text that `next` follows; `known` if there is none. */
static uint64_t number_behind(const char *name, const char *next, const char *read, uint64_t known) {
  for (const char *at = read; (at = strstr(at, name)) != NULL; at++) {
    char *end;
    uint64_t number = strtoull(at + strlen(name), &end, 10);
    if (strncmp(end, next, strlen(next)) == 0) known = number;
  }
  return known;
}

static size_t hear(peer_t *peer, size_t buffer, int counts) {
  static char read[READ + 1];
  size_t all = 0, got;
  for (;;) {
    if (counts) attack_begin();
    int code = scuttle_link_read(peer->link, read, buffer, &got);
    if (counts) attack_end();
    if (code < 0 || got == 0) return all;
    all += got;
    read[got] = 0;
    if (peer->token == 0) peer->token = number_behind("\"challenge\":", "}", read, 0);
    if (peer->incarnation == 0) peer->incarnation = number_behind("\"incarnation\":", ",", read, 0);
    peer->nonce = number_behind("\"nonce\":", ",", read, peer->nonce);
    peer->epoch = number_behind("\"epoch\":", ",\"nonce\"", read, peer->epoch);
    peer->epoch = number_behind("\"epoch\":", ",\"revision\"", read, peer->epoch);
  }
}

size_t peer_hear(peer_t *peer) { return hear(peer, READ, 0); }

void peer_hear_attacked(peer_t *peer, size_t buffer) { attack_bytes += hear(peer, buffer, 1); }

scuttle_t *victim_make(const scuttle_config_t *config) {
  scuttle_config_t own = {.struct_size = sizeof own};
  if (config) own = *config;
  own.struct_size = sizeof own;
  own.seed = 1;
  scuttle_t *victim;
  done(scuttle_new("victim", &own, &victim));
  return victim;
}

peer_t peer_open(scuttle_t *victim, uint32_t flags) {
  scuttle_link_config_t config = {.struct_size = sizeof config, .flags = flags};
  peer_t peer = {.victim = victim};
  done(scuttle_link_open(victim, &config, &peer.link));
  return peer;
}

peer_t peer_meet(scuttle_t *victim, const char *source, uint64_t incarnation, uint32_t flags) {
  peer_t peer = peer_open(victim, flags);
  /* On datagram links the first hello is challenged. */
  for (int round = 0; round < (flags & SCUTTLE_LINK_DATAGRAM ? 2 : 1); round++) {
    put_echo(&peer);
    put(&peer,
        "{\"digest\":true,\"hello\":{\"protocol\":[1,1],\"source\":\"%s\",\"incarnation\":%llu,\"cluster\":\"\",\"lamport\":1,"
        "\"epoch\":0,\"revision\":1,\"hash\":\"0000000000000001\",\"nonce\":12,\"token\":7,\"reply\":false}}",
        source, (unsigned long long)incarnation);
    peer_send(&peer);
    peer_hear(&peer);
  }
  put_echo(&peer);
  return peer;
}
