/* Refusals: a refused update crosses once, its sender is notified once, and all others arrive. */
#include "check.h"
#include "support.h"

typedef struct {
  int count, code, has_update;
  char keys[64][16];
  const char *refuses; /* a key; NULL: none */
  int asked, resets;
} host_t;

static void on_event(void *context, scuttle_link_t *link, int event, int code) {
  host_t *host = (host_t *)context;
  const scuttle_update_t *update = NULL;
  if (event != SCUTTLE_EVENT_REFUSED) {
    CHECK_CODE(scuttle_event_update(link, &update), SCUTTLE_NOT_FOUND);
    CHECK(update == NULL);
    return;
  }
  REQUIRE(host->count < 64);
  CHECK_CODE(scuttle_event_update(link, &update), SCUTTLE_OK);
  REQUIRE(update != NULL && update->key_len < 16);
  memcpy(host->keys[host->count], update->key, update->key_len);
  host->keys[host->count][update->key_len] = 0;
  host->count++;
  host->code = code;
}

static int accept_update(void *context, scuttle_link_t *from, const scuttle_update_t *update) {
  host_t *host = (host_t *)context;
  CHECK(from != NULL);
  host->asked++;
  if (update->flags & SCUTTLE_UPDATE_RESET) host->resets++;
  return !host->refuses || strlen(host->refuses) != update->key_len || memcmp(host->refuses, update->key, update->key_len) != 0;
}

static scuttle_t *host_make(const char *name, host_t *host, size_t max_value, int accepts) {
  scuttle_config_t config = config_make();
  scuttle_t *r = NULL;
  memset(host, 0, sizeof *host);
  config.context = host;
  config.on_event = on_event;
  config.max_value_bytes = max_value;
  if (accepts) config.accept = accept_update;
  CHECK_CODE(scuttle_new(name, &config, &r), SCUTTLE_OK);
  if (!r) exit(3);
  return r;
}

/* Gossips on both, and carries bytes until there is nothing to send; returns their count. */
static size_t converse(scuttle_link_t *a, scuttle_link_t *b, size_t capacity) {
  static char buffer[65536];
  size_t total = 0, len;
  int round, side;
  CHECK(scuttle_link_gossip(a) >= 0);
  CHECK(scuttle_link_gossip(b) >= 0);
  for (round = 0; round < 100000; round++) {
    size_t moved = 0;
    for (side = 0; side < 2; side++) {
      int code = scuttle_link_read(side ? b : a, buffer, capacity, &len);
      if (code == SCUTTLE_E_DATAGRAM) {
        moved++;
        continue;
      }
      CHECK_CODE(code, SCUTTLE_OK);
      if (len) scuttle_link_write(side ? a : b, buffer, len);
      moved += len;
    }
    if (!moved) return total;
    total += moved;
  }
  CHECK(!"endless");
  return total;
}

static void set_long(scuttle_t *r, const char *key, size_t len) {
  char *json = (char *)malloc(len + 1);
  if (!json) exit(3);
  memset(json, 'x', len);
  json[0] = json[len - 1] = '"';
  CHECK(scuttle_set(r, key, SCUTTLE_NTS, json, len) >= 0);
  free(json);
}

TEST(a_value_over_the_limit_among_10000_keys) {
  host_t at_a, at_b;
  scuttle_t *a = host_make("a", &at_a, 0, 0), *b = host_make("b", &at_b, 10000, 0);
  scuttle_link_t *ab = link_make(a), *ba = link_make(b);
  size_t count = 0;
  char key[16];
  int i;
  for (i = 0; i < 10000; i++) {
    snprintf(key, sizeof key, "k%d", i);
    if (i == 5000) set_long(a, key, 20000);
    else CHECK(set(a, key, "1") >= 0);
  }
  CHECK(converse(ab, ba, 65536) > 400000);
  CHECK_CODE(scuttle_count(b, &count), SCUTTLE_OK);
  CHECK_INT(count, 9999);
  CHECK_INT(at_a.count, 1);
  CHECK_INT(at_a.code, SCUTTLE_E_VALUE_SIZE);
  CHECK_STR(at_a.keys[0], "k5000");
  CHECK(strstr(scuttle_errmsg(a), "k5000") != NULL);
  converse(ab, ba, 65536);
  for (i = 0; i < 5; i++) CHECK(converse(ab, ba, 65536) < 1000);
  CHECK(set(a, "new", "1") >= 0);
  CHECK(converse(ab, ba, 65536) < 3000);
  CHECK_CODE(scuttle_count(b, &count), SCUTTLE_OK);
  CHECK_INT(count, 10000);
  CHECK_INT(at_a.count, 1);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(every_update_that_fits_no_datagram_is_reported_once) {
  host_t at_a, at_b;
  scuttle_link_config_t options = {sizeof options, SCUTTLE_LINK_DATAGRAM, 0};
  scuttle_t *a = host_make("a", &at_a, 0, 0), *b = host_make("b", &at_b, 0, 0);
  scuttle_link_t *ab = NULL, *ba = NULL;
  size_t count = 0;
  char key[16];
  int i, k;
  CHECK_CODE(scuttle_link_open(a, &options, &ab), SCUTTLE_OK);
  CHECK_CODE(scuttle_link_open(b, &options, &ba), SCUTTLE_OK);
  for (i = 0; i < 30; i++) {
    snprintf(key, sizeof key, "k%d", i);
    if (i % 3) set_long(a, key, 2000);
    else CHECK(set(a, key, "1") >= 0);
  }
  for (i = 0; i < 5; i++) converse(ab, ba, 1200);
  CHECK_INT(at_a.count, 20);
  CHECK_INT(at_a.code, SCUTTLE_E_DATAGRAM);
  for (i = 0; i < 30; i++) {
    int told = 0;
    snprintf(key, sizeof key, "k%d", i);
    for (k = 0; k < at_a.count; k++) told += strcmp(at_a.keys[k], key) == 0;
    CHECK_INT(told, i % 3 ? 1 : 0);
  }
  CHECK_CODE(scuttle_count(b, &count), SCUTTLE_OK);
  CHECK_INT(count, 10);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(a_host_that_refuses_a_key_and_accepts_it_later) {
  host_t at_a, at_b;
  scuttle_t *a = host_make("a", &at_a, 0, 0), *b = host_make("b", &at_b, 0, 1);
  scuttle_link_t *ab = link_make(a), *ba = link_make(b);
  int i;
  at_b.refuses = "secret";
  CHECK(set(a, "secret", "1") >= 0);
  CHECK(set(a, "open", "1") >= 0);
  for (i = 0; i < 3; i++) converse(ab, ba, 65536);
  CHECK_STR(value_of(b, "open"), "1");
  CHECK(value_of(b, "secret") == NULL);
  CHECK_INT(at_b.asked, 2);
  CHECK_INT(at_a.count, 1);
  CHECK_INT(at_a.code, SCUTTLE_E_REFUSED);
  CHECK_STR(at_a.keys[0], "secret");
  at_b.refuses = NULL;
  CHECK_CODE(scuttle_accept_again(b), SCUTTLE_OK);
  CHECK_CODE(scuttle_accept_again(NULL), SCUTTLE_E_ARGUMENT);
  converse(ab, ba, 65536);
  CHECK_STR(value_of(b, "secret"), "1");
  CHECK_CODE(scuttle_event_update(NULL, NULL), SCUTTLE_E_ARGUMENT);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(too_many_refusals_end_the_link) {
  host_t at_a, at_b;
  scuttle_config_t config = config_make();
  scuttle_t *a = host_make("a", &at_a, 0, 0), *b = NULL;
  scuttle_link_t *ab = link_make(a), *ba;
  char key[16];
  int i;
  (void)at_b;
  config.max_value_bytes = 100;
  config.max_refused = 3;
  CHECK_CODE(scuttle_new("b", &config, &b), SCUTTLE_OK);
  ba = link_make(b);
  for (i = 0; i < 5; i++) {
    snprintf(key, sizeof key, "k%d", i);
    set_long(a, key, 200);
  }
  converse(ab, ba, 65536);
  CHECK_CODE(scuttle_link_write(ba, "{}\n", 3), SCUTTLE_E_MESSAGE);
  CHECK_CODE(scuttle_link_write(ba, "{\"digest\":true,\"twin\":true}\n", 28), SCUTTLE_E_REFUSED);
  CHECK_CODE(scuttle_link_write(ab, "{\"digest\":true,\"twin\":true}\n", 28), SCUTTLE_E_REJECTED);
  scuttle_free(a);
  scuttle_free(b);
}

CHECK_MAIN
