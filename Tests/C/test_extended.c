/* The extended dialect on streams: its negotiation, the messages and bytes that cross, and the rejections. */
#include "check.h"
#include "support.h"

#define DONE "{\"digest\":true,\"done\":true}\n"

static scuttle_t *filled(const char *id, size_t count) {
  scuttle_t *r = replica_exact(id);
  char key[24];
  size_t i;
  for (i = 0; i < count; i++) {
    snprintf(key, sizeof key, "%s %zu", id, i);
    set(r, key, "1");
  }
  return r;
}

/* Adds one update of each of `count` sources, by a classic peer. */
static void add_sources(scuttle_t *r, int count) {
  scuttle_link_t *link = link_with(r, SCUTTLE_LINK_CLASSIC);
  char source[24];
  int i;
  for (i = 0; i < count; i++) {
    snprintf(source, sizeof source, "source %d", i);
    CHECK_CODE(feed_update(link, source, "1", source, (uint64_t)i + 1), SCUTTLE_OK);
  }
  scuttle_link_close(link);
}

static void check_same(scuttle_t *a, scuttle_t *b) {
  char *of_a = state_text(a), *of_b = state_text(b);
  CHECK_STR(of_a, of_b);
  CHECK_U64(fingerprint_of(a), fingerprint_of(b));
  free(of_a);
  free(of_b);
}

/* --- negotiation --- */

TEST(hello_is_the_first_line) {
  scuttle_config_t config = config_make();
  scuttle_t *r;
  scuttle_link_t *link;
  text_t out = {NULL, 0, 0};
  config.cluster = "a \"cluster\"";
  r = replica_with("local", &config);
  link = link_make(r);
  set(r, "k", "1");
  CHECK_CODE(scuttle_gossip(r), SCUTTLE_OK);
  CHECK_CODE(scuttle_gossip(r), SCUTTLE_OK); /* in both dialects, see below; the hello is not sent twice */
  read_all(link, 0, &out);
  CHECK(strncmp(out.data, "{\"digest\":true,\"hello\":{\"protocol\":[1,1],\"source\":\"local~", 55) == 0);
  CHECK_INT(text_count(&out, "\"hello\""), 1);
  CHECK_INT(text_count(&out, "\"cluster\":\"a \\\"cluster\\\"\""), 1);
  text_free(&out);
  scuttle_free(r);
}

TEST(one_gossip_brings_both_in_step) {
  scuttle_t *a = filled("a", 5), *b = filled("b", 7);
  scuttle_link_t *ab = link_make(a), *ba = link_make(b);
  text_t out = {NULL, 0, 0};
  CHECK_CODE(scuttle_link_gossip(ab), SCUTTLE_OK);
  CHECK_CODE(move_all(ab, ba, &out), SCUTTLE_OK);
  CHECK_INT(text_count(&out, "\n"), 1);
  CHECK_INT(text_count(&out, "\"reply\":false"), 1);
  text_free(&out);
  CHECK_CODE(move_all(ba, ab, &out), SCUTTLE_OK);
  CHECK_INT(text_count(&out, "\"reply\":true"), 1);
  CHECK_INT(text_count(&out, "\"request\""), 1);
  text_free(&out);
  carry(ab, ba);
  check_same(a, b);
  CHECK_INT(count_of(a), 12);
  CHECK_INT(carry(ab, ba), 0);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(both_request_at_once) {
  scuttle_t *a = filled("a", 40), *b = filled("b", 60);
  scuttle_link_t *ab = link_make(a), *ba = link_make(b);
  scuttle_gossip(a);
  scuttle_gossip(b);
  carry(ab, ba);
  check_same(a, b);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(empty_replicas) {
  scuttle_t *a = replica_make("a"), *b = replica_make("b");
  scuttle_link_t *ab = link_make(a), *ba = link_make(b);
  CHECK_CODE(scuttle_gossip(a), SCUTTLE_OK);
  CHECK(carry(ab, ba) < 512);
  set(b, "k", "1");
  CHECK_CODE(scuttle_gossip(a), SCUTTLE_OK);
  carry(ab, ba);
  check_same(a, b);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(a_peer_that_sends_digests_receives_digests) {
  /* The waiting request is repeated in the dialect of the peer. */
  scuttle_t *r = filled("local", 2);
  scuttle_link_t *link = link_make(r);
  text_t out = {NULL, 0, 0};
  CHECK_CODE(scuttle_gossip(r), SCUTTLE_OK);
  read_all(link, 0, &out);
  CHECK_INT(text_count(&out, "\"hello\""), 1);
  text_free(&out);
  CHECK_CODE(feed(link, DONE), SCUTTLE_OK);
  read_all(link, 0, &out);
  CHECK_INT(text_count(&out, "\"hello\""), 0);
  CHECK_INT(text_count(&out, "\"source_id\":\"local\",\"id\""), 0); /* the first gossip requests everything */
  CHECK_INT(text_count(&out, DONE), 1);
  CHECK_INT(text_count(&out, "\"key\""), 2);
  text_free(&out);
  CHECK_CODE(scuttle_gossip(r), SCUTTLE_OK); /* and no more later */
  read_all(link, 0, &out);
  CHECK_INT(text_count(&out, "\"hello\""), 0);
  CHECK_INT(text_count(&out, "{\"digest\":true,\"source_id\":\"local\",\"id\":\"local\",\"version\":2}\n"), 1);
  CHECK_INT(text_count(&out, DONE), 1);
  text_free(&out);
  scuttle_free(r);
}

TEST(a_peer_that_sends_an_update_receives_digests) {
  scuttle_t *r = filled("local", 2);
  scuttle_link_t *link = link_make(r);
  text_t out = {NULL, 0, 0};
  CHECK_CODE(scuttle_gossip(r), SCUTTLE_OK); /* its hello has not been read yet */
  CHECK_CODE(feed_update(link, "k", "1", "A", 9), SCUTTLE_OK);
  read_all(link, 0, &out);
  CHECK_INT(text_count(&out, "\"hello\""), 0);
  CHECK_INT(text_count(&out, DONE), 1);
  text_free(&out);
  scuttle_free(r);
}

TEST(a_peer_receives_no_request_without_a_gossip) {
  scuttle_t *r = filled("local", 2);
  scuttle_link_t *link = link_make(r);
  text_t out = {NULL, 0, 0};
  CHECK_CODE(feed_update(link, "k", "1", "A", 9), SCUTTLE_OK);
  read_all(link, 0, &out);
  CHECK_STR(out.data, "");
  text_free(&out);
  scuttle_free(r);
}

TEST(a_silent_peer_receives_requests_in_both_dialects) {
  scuttle_t *r = filled("local", 2);
  scuttle_link_t *link = link_make(r);
  text_t out = {NULL, 0, 0};
  CHECK_CODE(scuttle_gossip(r), SCUTTLE_OK);
  read_all(link, 0, &out);
  CHECK_INT(text_count(&out, DONE), 0);
  text_free(&out);
  CHECK_CODE(scuttle_gossip(r), SCUTTLE_OK);
  read_all(link, 0, &out);
  CHECK_INT(text_count(&out, "\"hello\""), 1);
  CHECK_INT(text_count(&out, DONE), 1);
  text_free(&out);
  scuttle_free(r);
}

TEST(a_classic_link_sends_no_hello_and_accepts_none) {
  scuttle_t *a = filled("a", 20), *b = filled("b", 30);
  scuttle_link_t *ab = link_with(a, SCUTTLE_LINK_CLASSIC), *ba = link_make(b);
  text_t out = {NULL, 0, 0};
  scuttle_gossip(a);
  scuttle_gossip(b);
  CHECK_CODE(move_all(ba, ab, NULL), SCUTTLE_OK); /* the hello */
  read_all(ab, 0, &out);
  CHECK_INT(text_count(&out, "\"hello\""), 0);
  CHECK_INT(text_count(&out, DONE), 1);
  CHECK(scuttle_link_write(ba, out.data, out.len) >= 0);
  carry(ab, ba);
  sync_links(ab, ba);
  check_same(a, b);
  text_free(&out);
  scuttle_free(a);
  scuttle_free(b);
}

/* --- the bytes that cross --- */

TEST(a_gossip_of_equal_replicas_is_two_hellos) {
  /* The bytes do not depend on the number of sources. */
  scuttle_t *a = replica_make("a"), *b = replica_make("b");
  scuttle_link_t *ab = link_make(a), *ba = link_make(b);
  size_t bytes;
  add_sources(a, 1000);
  sync_links(ab, ba);
  check_same(a, b);
  CHECK_CODE(scuttle_link_gossip(ab), SCUTTLE_OK);
  bytes = carry(ab, ba);
  printf("  nothing new, 1,000 sources: %zu bytes both ways\n", bytes);
  CHECK(bytes > 0 && bytes <= 512);
  scuttle_link_close(ab); /* a new connection costs no more */
  scuttle_link_close(ba);
  ab = link_make(a);
  ba = link_make(b);
  CHECK_CODE(scuttle_link_gossip(ab), SCUTTLE_OK);
  CHECK(carry(ab, ba) <= 512);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(only_what_has_changed_crosses_again) {
  scuttle_t *a = replica_make("a"), *b = replica_make("b");
  scuttle_link_t *ab = link_make(a), *ba = link_make(b);
  size_t bytes;
  int round;
  add_sources(a, 1000);
  add_sources(b, 1000);
  set(a, "k", "0");
  set(b, "l", "0");
  scuttle_link_gossip(ab);
  bytes = carry(ab, ba);
  check_same(a, b);
  CHECK(bytes > 10000); /* the vectors */
  for (round = 0; round < 5; round++) {
    char key[24];
    snprintf(key, sizeof key, "new %d", round);
    CHECK(set(round % 2 ? a : b, key, "1") >= 0);
    CHECK(scuttle_link_gossip(round % 3 ? ab : ba) >= 0);
    bytes = carry(ab, ba);
    if (!round) printf("  one new update, 1,000 sources: %zu bytes both ways\n", bytes);
    CHECK(bytes <= 1500);
    check_same(a, b);
  }
  scuttle_free(a);
  scuttle_free(b);
}

TEST(no_line_is_long) {
  /* A vector of many sources is sent in lines that any receiver accepts. */
  scuttle_config_t config = config_make();
  scuttle_t *a = replica_make("a"), *b;
  config.max_message_bytes = 4096;
  b = replica_with("b", &config);
  add_sources(a, 5000);
  add_sources(b, 10);
  set(b, "k", "1");
  sync_links(link_make(a), link_make(b)); /* ends the program if b rejects a line */
  check_same(a, b);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(a_million_updates_behind) {
  scuttle_config_t config = config_make();
  scuttle_t *a, *b;
  scuttle_link_t *ab, *ba;
  int i;
  config.mtu = 10;
  config.max_history = 10;
  a = replica_with("a", &config);
  b = replica_with("b", &config);
  ab = link_make(a);
  ba = link_make(b);
  set(a, "k", "1");
  sync_links(ab, ba);
  for (i = 0; i < 1000000; i++) {
    char key[24];
    snprintf(key, sizeof key, "key %d", i % 50000);
    if (set(a, key, "[1]") != SCUTTLE_OK) CHECK_SAY("write %d", i);
  }
  CHECK(scuttle_link_gossip(ba) >= 0);
  carry(ab, ba);
  CHECK_INT(count_of(b), 50001);
  CHECK_U64(fingerprint_of(a), fingerprint_of(b));
  CHECK_U64(clock_of(b, "a"), clock_of(a, "a"));
  scuttle_free(a);
  scuttle_free(b);
}

TEST(a_connection_that_breaks_anywhere) {
  size_t cut;
  for (cut = 1; cut < 6000; cut += 61) {
    scuttle_t *a = filled("a", 30), *b = filled("b", 30);
    scuttle_link_t *ab = link_make(a), *ba = link_make(b);
    char part[64];
    size_t moved = 0, len, any;
    scuttle_link_gossip(ab);
    do { /* in pieces of 64 bytes, until `cut` bytes have moved */
      any = 0;
      CHECK_CODE(scuttle_link_read(ab, part, sizeof part, &len), SCUTTLE_OK);
      CHECK(scuttle_link_write(ba, part, len) >= 0);
      any += len;
      CHECK_CODE(scuttle_link_read(ba, part, sizeof part, &len), SCUTTLE_OK);
      CHECK(scuttle_link_write(ab, part, len) >= 0);
      any += len;
      moved += any;
    } while (any && moved < cut);
    scuttle_link_close(ab);
    scuttle_link_close(ba);
    set(a, "a 3", "2");
    unset(b, "b 7");
    ab = link_make(a);
    ba = link_make(b);
    scuttle_link_gossip(ba);
    carry(ab, ba);
    check_same(a, b);
    scuttle_free(a);
    scuttle_free(b);
  }
}

/* --- rejected peers --- */

/* Checks that `a` has requested from `b`, which returns `code` and sends a reason. Both links have ended, and change nothing.
   */
static void check_refused(scuttle_t *a, scuttle_t *b, int code) {
  scuttle_link_t *ab = link_make(a), *ba = link_make(b);
  char *before_a = snapshot(a), *before_b = snapshot(b), *after;
  text_t out = {NULL, 0, 0};
  int round;
  CHECK_CODE(scuttle_link_gossip(ab), SCUTTLE_OK);
  CHECK_CODE(move_all(ab, ba, NULL), code);
  CHECK(strlen(scuttle_errmsg(b)) > 5);
  CHECK_CODE(move_all(ba, ab, &out), SCUTTLE_E_REJECTED);
  CHECK_INT(text_count(&out, "\"reject\""), 1);
  CHECK_INT(text_count(&out, "\n"), 1);
  CHECK(strlen(scuttle_errmsg(a)) > 5);
  text_free(&out);
  for (round = 0; round < 2; round++) { /* and no more later */
    CHECK_CODE(feed_update(ab, "k", "2", "Z", 90), SCUTTLE_E_REJECTED);
    CHECK_CODE(feed_update(ba, "k", "2", "Z", 90), code);
    CHECK_CODE(feed(ab, DONE), SCUTTLE_E_REJECTED);
    CHECK_CODE(feed(ba, DONE), code);
    CHECK_CODE(scuttle_link_gossip(ab), SCUTTLE_OK);
    CHECK_CODE(scuttle_link_gossip(ba), SCUTTLE_OK);
    read_all(ab, 0, &out);
    read_all(ba, 0, &out);
    CHECK_INT(out.len, 0);
  }
  text_free(&out);
  after = snapshot(a);
  CHECK_STR(after, before_a);
  free(after);
  after = snapshot(b);
  CHECK_STR(after, before_b);
  free(after);
  free(before_a);
  free(before_b);
  CHECK_CODE(set(a, "still", "1"), SCUTTLE_OK);
  CHECK_CODE(set(b, "still", "1"), SCUTTLE_OK);
}

TEST(another_cluster) {
  scuttle_config_t config = config_make();
  scuttle_t *a = filled("a", 3), *b, *c;
  config.cluster = "other";
  b = replica_with("b", &config);
  set(b, "k", "1");
  check_refused(a, b, SCUTTLE_E_CLUSTER);
  check_refused(b, a, SCUTTLE_E_CLUSTER);
  c = replica_with("c", &config);
  sync_links(link_make(b), link_make(c)); /* of one cluster */
  check_same(b, c);
  scuttle_free(a);
  scuttle_free(b);
  scuttle_free(c);
}

TEST(the_same_source) {
  scuttle_t *a = filled("twin", 3), *b = replica_exact("twin");
  check_refused(a, b, SCUTTLE_E_IDENTITY);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(another_protocol) {
  scuttle_t *r = filled("local", 3);
  scuttle_link_t *link = link_make(r);
  text_t hello = {NULL, 0, 0}, out = {NULL, 0, 0};
  char *before = snapshot(r), *after;
  text_hello(&hello, "A", "", 2, 9, 5);
  CHECK_CODE(feed(link, hello.data), SCUTTLE_E_PROTOCOL);
  read_all(link, 0, &out);
  CHECK_STR(out.data, "{\"digest\":true,\"reject\":{\"reason\":\"protocol\"}}\n");
  CHECK_CODE(feed(link, hello.data), SCUTTLE_E_PROTOCOL);
  text_free(&hello);
  text_free(&out);
  link = link_make(r);
  CHECK_CODE(feed(link, "{\"digest\":true,\"reject\":{\"reason\":\"a reason of a later time\"}}\n"), SCUTTLE_E_REJECTED);
  after = snapshot(r);
  CHECK_STR(after, before);
  free(before);
  free(after);
  text_hello(&hello, "A", "", 1, 9, 5); /* supports this version as well */
  link = link_make(r);
  CHECK_CODE(feed(link, hello.data), SCUTTLE_OK);
  CHECK_U64(version_of(r), 5);
  text_free(&hello);
  scuttle_free(r);
}

/* --- hostile lines --- */

/* Creates a replica, and a link whose peer "A" has sent a hello and waits for nothing. */
static scuttle_t *greeted(scuttle_link_t **link) {
  scuttle_t *r = filled("local", 3);
  text_t text = {NULL, 0, 0};
  *link = link_make(r);
  text_hello(&text, "A", "", 1, 1, 5);
  CHECK_CODE(feed(*link, text.data), SCUTTLE_OK);
  text_free(&text);
  read_all(*link, 0, &text);
  text_free(&text);
  return r;
}

TEST(hostile_messages) {
  static const struct {
    const char *line;
    int code;
  } bad[] = {
      {"{\"digest\":true,\"hello\":1}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"hello\":null}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"hello\":{}}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"hello\":{\"protocol\":[1,1],\"source\":\"A\",\"incarnation\":1,\"cluster\":\"\",\"lamport\":1,\"epoch\":0,\"revision\":1,\"hash\":\"xyz\",\"nonce\":0}}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"hello\":{\"protocol\":[2,1],\"source\":\"A\",\"incarnation\":1,\"cluster\":\"\",\"lamport\":1,\"epoch\":0,\"revision\":1,\"hash\":\"0000000000000000\",\"nonce\":0}}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"hello\":{\"protocol\":[1,1],\"source\":\"\",\"incarnation\":77,\"cluster\":\"\",\"lamport\":1,\"epoch\":0,\"revision\":1,\"hash\":\"0000000000000000\",\"nonce\":0}}", SCUTTLE_E_ID},
      {"{\"digest\":true,\"hello\":{\"protocol\":[1,1],\"source\":\"A\\u0000\",\"incarnation\":77,\"cluster\":\"\",\"lamport\":1,\"epoch\":0,\"revision\":1,\"hash\":\"0000000000000000\",\"nonce\":0}}", SCUTTLE_E_NUL},
      {"{\"digest\":true,\"hello\":{\"protocol\":[1,1],\"source\":\"A\",\"incarnation\":77,\"cluster\":\"\",\"lamport\":9007199254740992,\"epoch\":0,\"revision\":1,\"hash\":\"0000000000000000\",\"nonce\":0}}", SCUTTLE_E_VERSION},
      {"{\"digest\":true,\"hello\":{\"protocol\":[1,1],\"source\":\"A\",\"incarnation\":-1,\"cluster\":\"\",\"lamport\":1,\"epoch\":0,\"revision\":1,\"hash\":\"0000000000000000\",\"nonce\":0}}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"hello\":{\"protocol\":[1,1],\"source\":\"A\",\"incarnation\":99999999999999999999,\"cluster\":\"\",\"lamport\":1,\"epoch\":0,\"revision\":1,\"hash\":\"0000000000000000\",\"nonce\":0}}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"request\":[]}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"request\":{\"revision\":0,\"from\":-1}}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"request\":{\"revision\":0,\"from\":9223372036854775807}}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"vector\":{\"incarnation\":77,\"epoch\":0,\"nonce\":3,\"lamport\":1,\"since\":0,\"until\":1,\"sources\":[],\"from\":0,\"to\":1,\"last\":true}}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"vector\":{\"incarnation\":77,\"epoch\":0,\"nonce\":3,\"lamport\":1,\"since\":0,\"until\":1,\"sources\":{\"A\":-1},\"from\":0,\"to\":1,\"last\":true}}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"vector\":{\"incarnation\":77,\"epoch\":0,\"nonce\":3,\"lamport\":1,\"since\":0,\"until\":1,\"sources\":{\"A\":9007199254740992},\"from\":0,\"to\":1,\"last\":true}}", SCUTTLE_E_VERSION},
      {"{\"digest\":true,\"vector\":{\"incarnation\":77,\"epoch\":0,\"nonce\":3,\"lamport\":1,\"since\":0,\"until\":1,\"sources\":{\"A\":[1,2]},\"from\":0,\"to\":1,\"last\":true}}", SCUTTLE_E_VERSION},
      {"{\"digest\":true,\"vector\":{\"incarnation\":77,\"epoch\":0,\"nonce\":3,\"lamport\":1,\"since\":0,\"until\":1,\"sources\":{\"\":1},\"from\":0,\"to\":1,\"last\":true}}", SCUTTLE_E_ID},
      {"{\"digest\":true,\"vector\":{\"incarnation\":77,\"epoch\":0,\"nonce\":3,\"lamport\":1,\"since\":0,\"until\":1,\"sources\":{\"A\":1,\"A\":2},\"from\":0,\"to\":1,\"last\":true}}", SCUTTLE_E_DUPLICATE},
      {"{\"digest\":true,\"vector\":{\"incarnation\":77,\"epoch\":0,\"nonce\":3,\"lamport\":1,\"since\":0,\"until\":1,\"sources\":{},\"from\":4294967296,\"to\":1,\"last\":true}}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"vector\":{\"incarnation\":77,\"epoch\":0,\"nonce\":3,\"lamport\":1,\"since\":0,\"until\":1,\"sources\":{},\"from\":0,\"to\":1,\"last\":1}}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"delta\":{\"mode\":\"gift\",\"request\":[1,0,0]}}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"delta\":{\"mode\":\"state\",\"request\":[1,0,0]}}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"delta\":{\"mode\":\"log\",\"request\":[1,0]}}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"cover\":{\"A\":[0,5]},\"lines\":[0,\"00000000\"]}", SCUTTLE_E_UNASKED}, /* belongs to no log */
      {"{\"digest\":true,\"cover\":[],\"lines\":[0,\"00000000\"]}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"cover\":{\"A\":[0,5]}}", SCUTTLE_E_MESSAGE}, /* without its lines */
      {"{\"digest\":true,\"cover\":{\"A\":[5,1]},\"lines\":[0,\"00000000\"]}", SCUTTLE_E_VERSION},
      {"{\"digest\":true,\"cover\":{\"A\":[0,9007199254740992]},\"lines\":[0,\"00000000\"]}", SCUTTLE_E_VERSION},
      {"{\"digest\":true,\"cover\":{\"A\":[0]},\"lines\":[0,\"00000000\"]}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"cover\":{\"A\":[0,1,1,2]},\"lines\":[0,\"00000000\"]}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"cover\":{\"A\":[0,\"1\"]},\"lines\":[0,\"00000000\"]}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"commit\":{\"sequence\":1,\"sources\":{\"A\":5},\"from\":0,\"to\":1,\"last\":true}}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"commit\":{\"sequence\":1,\"sources\":{\"A\":[0,5,6]},\"from\":0,\"to\":1,\"last\":true}}", SCUTTLE_E_VERSION},
      {"{\"digest\":true,\"commit\":{\"sequence\":1,\"sources\":{\"A\":[0,9007199254740991]},\"from\":0,\"to\":1,\"last\":true}}", SCUTTLE_E_UNASKED},
      {"{\"digest\":true,\"commit\":{\"sequence\":-1,\"sources\":{},\"from\":0,\"to\":1,\"last\":true}}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"reject\":{\"reason\":7}}", SCUTTLE_E_MESSAGE},
      {"{\"digest\":true,\"reject\":[]}", SCUTTLE_E_MESSAGE},
      {"{\"key\":\"k\",\"value\":1,\"source_id\":\"A\",\"version\":5}", SCUTTLE_E_UNASKED}, /* belongs to no delta */
      {"{\"digest\":true,\"delta\":{\"mode\":\"log\",\"request\":[1,0,0]}}", SCUTTLE_E_UNASKED},
      {"{\"digest\":true,\"delta\":{\"mode\":\"contents\",\"request\":[1,0,0],\"epoch\":0,\"span\":[0,0]}}", SCUTTLE_E_UNASKED},
      {"{\"digest\":true,\"twin\":1}", SCUTTLE_E_MESSAGE},
  };
  scuttle_link_t *link;
  scuttle_t *r = greeted(&link), *peer = replica_make("peer");
  char *before = snapshot(r), *after;
  size_t i;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    text_t line = {NULL, 0, 0};
    int code;
    text_format(&line, "%s\n", bad[i].line);
    code = feed(link, line.data);
    if (code != bad[i].code) CHECK_SAY("%s is %s, not %s", bad[i].line, code_name(code), code_name(bad[i].code));
    text_free(&line);
    after = snapshot(r);
    CHECK_STR(after, before);
    free(after);
  }
  free(before);
  CHECK_CODE(set(r, "still", "1"), SCUTTLE_OK);
  sync_links(link_make(r), link_make(peer));
  check_same(r, peer);
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(messages_without_a_request_change_nothing) {
  /* Well-formed messages without an open request. */
  static const struct {
    const char *line;
    int code;
  } lines[] = {
      {"{\"digest\":true,\"commit\":{\"sequence\":9223372036854775807,\"sources\":{\"A\":[0,5]},\"from\":0,\"to\":4294967295,\"last\":true}}\n", SCUTTLE_E_UNASKED},
      {"{\"digest\":true,\"vector\":{\"incarnation\":3,\"epoch\":9223372036854775807,\"nonce\":9223372036854775807,\"lamport\":1,\"since\":0,\"until\":9223372036854775807,\"sources\":{\"local\":1},\"from\":0,\"to\":1,\"last\":true}}\n", SCUTTLE_OK},
      {"{\"digest\":true,\"vector\":{\"incarnation\":3,\"epoch\":0,\"nonce\":9,\"lamport\":1,\"since\":0,\"until\":1,\"contents\":true,\"sources\":{},\"from\":0,\"to\":0,\"last\":true}}\n", SCUTTLE_OK},
      {"{\"digest\":true,\"delta\":{\"mode\":\"state\",\"request\":[3,4,9223372036854775807],\"epoch\":3,\"span\":[9223372036854775807,0,1],\"lines\":[9223372036854775807,\"ffffffff\"],\"window\":0}}\n", SCUTTLE_E_UNASKED},
  };
  scuttle_link_t *link;
  scuttle_t *r = greeted(&link), *peer = replica_make("peer");
  char *before = snapshot(r), *after;
  size_t i;
  for (i = 0; i < sizeof lines / sizeof *lines; i++) CHECK_CODE(feed(link, lines[i].line), lines[i].code);
  after = snapshot(r);
  CHECK_STR(after, before);
  CHECK_CODE(set(r, "still", "1"), SCUTTLE_OK);
  sync_links(link_make(r), link_make(peer));
  check_same(r, peer);
  free(before);
  free(after);
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(a_version_of_the_own_source_that_was_never_issued) {
  /* In a vector, a cover, a commit and an update: the link ends, and the peer receives a reject. */
  int form;
  for (form = 0; form < 4; form++) {
    scuttle_link_t *link;
    scuttle_t *r = greeted(&link);
    text_t line = {NULL, 0, 0}, out = {NULL, 0, 0};
    char *before = snapshot(r), *after;
    if (form == 0) text_str(&line, "{\"digest\":true,\"vector\":{\"incarnation\":77,\"epoch\":0,\"nonce\":3,\"lamport\":5,\"since\":0,\"until\":1,\"sources\":{\"local\":900},\"from\":0,\"to\":1,\"last\":true}}\n");
    if (form == 1 || form == 3) text_head(&line, link, "log");
    if (form == 2) text_head(&line, link, "state");
    if (form == 1) text_str(&line, "{\"digest\":true,\"cover\":{\"local\":[3,900]},\"lines\":[0,\"00000000\"]}\n");
    if (form == 2) text_str(&line, "{\"digest\":true,\"commit\":{\"sequence\":1,\"lines\":[0,\"00000000\"],\"sources\":{\"local\":[0,900]},\"from\":0,\"to\":1,\"last\":true}}\n");
    if (form == 3) text_update(&line, "k", "1", "local", 900);
    free(before);
    before = snapshot(r);
    CHECK_CODE(feed(link, line.data), SCUTTLE_E_IDENTITY);
    read_all(link, 0, &out);
    CHECK_STR(out.data, "{\"digest\":true,\"reject\":{\"reason\":\"identity\"}}\n");
    CHECK_CODE(feed(link, DONE), SCUTTLE_E_IDENTITY);
    after = snapshot(r);
    CHECK_STR(after, before);
    free(before);
    free(after);
    text_free(&line);
    text_free(&out);
    scuttle_free(r);
  }
}

TEST(more_sources_than_the_limit) {
  /* Sources in a vector, a cover or a commit: those within max_sources count, and local writes still work. */
  int form;
  for (form = 0; form < 3; form++) {
    scuttle_config_t config = config_make();
    scuttle_t *r, *peer = replica_make("peer");
    scuttle_link_t *link, *to_r, *to_peer;
    text_t line = {NULL, 0, 0};
    int i;
    config.max_sources = 4;
    r = replica_with("local", &config);
    link = link_make(r);
    text_hello(&line, "A", "", 1, 1, 5);
    CHECK_CODE(feed(link, line.data), SCUTTLE_OK);
    text_free(&line);
    if (form == 1) text_head(&line, link, "log");
    if (form == 2) text_head(&line, link, "reset");
    text_str(&line, form == 0 ? "{\"digest\":true,\"vector\":{\"incarnation\":77,\"epoch\":0,\"nonce\":3,\"lamport\":5,\"since\":0,\"until\":1,\"sources\":{"
                    : form == 1 ? "{\"digest\":true,\"cover\":{"
                                : "{\"digest\":true,\"commit\":{\"sequence\":1,\"lines\":[0,\"00000000\"],\"sources\":{");
    for (i = 0; i < 10; i++) text_format(&line, form == 0 ? "%s\"s%d\":5" : "%s\"s%d\":[0,5]", i ? "," : "", i);
    text_str(&line, form == 1 ? "},\"lines\":[0,\"00000000\"]}\n" : "},\"from\":0,\"to\":10,\"last\":true}}\n");
    CHECK_CODE(feed(link, line.data), SCUTTLE_E_SOURCES);
    CHECK_U64(clock_of(r, "s3"), 0);
    CHECK_CODE(set(r, "k", "1"), SCUTTLE_OK);
    to_r = link_make(r);
    to_peer = link_make(peer);
    CHECK_CODE(scuttle_gossip(r), SCUTTLE_OK);
    for (i = 0; i < 4; i++) {
      CHECK_CODE(move_all(to_r, to_peer, NULL), SCUTTLE_OK);
      (void)move_all(to_peer, to_r, NULL); /* this one is over max_sources */
    }
    CHECK_STR(value_of(peer, "k"), "1");
    text_free(&line);
    scuttle_free(r);
    scuttle_free(peer);
  }
}

static int equivocations;

static void count_equivocation(void *context, scuttle_link_t *link, int event, int code) {
  (void)context;
  (void)link;
  if (event == SCUTTLE_EVENT_DIVERGED && code == SCUTTLE_E_CORRUPT) equivocations++;
}

TEST(two_contents_of_one_write) {
  /* The content that the entry replaces is refused; the content that replaces the entry is reported by an event. */
  scuttle_config_t config = config_make();
  scuttle_link_t *link = NULL;
  scuttle_t *r = NULL, *a = replica_make("a"), *b = replica_make("b");
  text_t line = {NULL, 0, 0};
  int dialect, code;
  config.on_event = count_equivocation;
  for (dialect = 0; dialect < 2; dialect++) {
    scuttle_free(r);
    r = replica_with("local", &config);
    CHECK_CODE(feed_update(link_with(r, SCUTTLE_LINK_CLASSIC), "k", "1", "S", 5), SCUTTLE_OK);
    link = dialect ? link_make(r) : link_with(r, SCUTTLE_LINK_CLASSIC);
    if (dialect) {
      text_hello(&line, "A", "", 1, 1, 5);
      CHECK_CODE(feed(link, line.data), SCUTTLE_OK);
      text_free(&line);
      text_head(&line, link, "log");
      CHECK_CODE(feed(link, line.data), SCUTTLE_OK);
      text_free(&line);
    }
    CHECK_CODE(feed_update(link, "k", "2", "S", 5), SCUTTLE_E_CORRUPT);
    CHECK_CODE(feed_update(link, "other", "1", "S", 5), SCUTTLE_E_CORRUPT);
    equivocations = 0;
    CHECK_CODE(feed_update(link, "k", "1", "S", 5), SCUTTLE_OK);
    CHECK_INT(equivocations, 0);
    CHECK_CODE(feed_update(link, "k", "0", "S", 5), SCUTTLE_E_CORRUPT); /* covered, so the entry stays */
    CHECK_CODE(feed(link, "{\"key\":\"k\",\"value\":null,\"source_id\":\"S\",\"version\":5,\"deleted\":true}\n"),
               SCUTTLE_E_CORRUPT);
    CHECK_INT(equivocations, 0); /* the error reports it */
    CHECK_STR(value_of(r, "k"), "1");
    CHECK_INT(count_of(r), 1);
  }
  /* Two replicas with another content each, which request from each other: one content stands at both. */
  CHECK_CODE(feed_update(link_with(a, SCUTTLE_LINK_CLASSIC), "k", "1", "S", 5), SCUTTLE_OK);
  CHECK_CODE(feed_update(link_with(b, SCUTTLE_LINK_CLASSIC), "k", "2", "S", 5), SCUTTLE_OK);
  CHECK_CODE(feed_update(link_with(b, SCUTTLE_LINK_CLASSIC), "l", "2", "S", 6), SCUTTLE_OK);
  {
    scuttle_link_t *ab = link_make(a), *ba = link_make(b);
    int round;
    for (round = 0; round < 40; round++) {
      if (round % 10 == 0) CHECK(scuttle_link_gossip(ab) >= 0);
      code = move_all(ab, ba, NULL);
      if (code < 0) CHECK_CODE(code, SCUTTLE_E_CORRUPT);
      code = move_all(ba, ab, NULL);
      if (code < 0) CHECK_CODE(code, SCUTTLE_E_CORRUPT);
    }
    read_all(ab, 0, &line);
    read_all(ba, 0, &line);
    CHECK_INT(line.len, 0); /* they do not send for ever */
    text_free(&line);
    CHECK_STR(value_of(a, "k"), "1");
    CHECK_STR(value_of(b, "k"), "1");
    CHECK_STR(value_of(a, "l"), "2");
    CHECK_U64(fingerprint_of(a), fingerprint_of(b));
  }
  scuttle_free(r);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(a_read_only_link_serves_requests_and_applies_nothing) {
  scuttle_t *a = filled("a", 10), *b = filled("b", 10);
  scuttle_link_t *ab = link_with(a, SCUTTLE_LINK_READ_ONLY), *ba = link_make(b);
  text_t line = {NULL, 0, 0};
  CHECK_CODE(scuttle_gossip(b), SCUTTLE_OK);
  carry(ab, ba);
  CHECK_INT(count_of(a), 10);
  CHECK_INT(count_of(b), 20);
  text_str(&line, "{\"digest\":true,\"delta\":{\"mode\":\"log\",\"request\":[1,0,0]}}\n");
  CHECK_CODE(feed(ab, line.data), SCUTTLE_E_READ_ONLY);
  CHECK_CODE(feed_update(ab, "k", "1", "A", 40), SCUTTLE_E_READ_ONLY);
  CHECK_CODE(feed(ab, "{\"digest\":true,\"cover\":{\"A\":[0,40]},\"lines\":[0,\"00000000\"]}\n"), SCUTTLE_E_READ_ONLY);
  CHECK_U64(clock_of(a, "A"), 0);
  CHECK_INT(count_of(a), 10);
  text_free(&line);
  scuttle_free(a);
  scuttle_free(b);
}

CHECK_MAIN
