/* The name of a peer, and policies for writers. */
#include "../../bindings/c/examples/policies.h"
#include "check.h"
#include "support.h"

static scuttle_update_t update_of(const char *source, const char *key, uint32_t flags) {
  scuttle_update_t update;
  memset(&update, 0, sizeof update);
  update.source = source;
  update.source_len = strlen(source);
  update.key = key;
  update.key_len = strlen(key);
  update.flags = flags;
  return update;
}

TEST(names_and_prefixes) {
  static const struct {
    const char *source;
    size_t name;
  } names[] = {{"ada~abcdEF19", 3}, {"ada~abcd-_19", 3}, {"ada", 3},           {"ada~abcdEF1", 11}, {"ada~abcdEF1!", 12},
               {"~abcdEF19", 9},    {"a~abcdEF19", 1},   {"ada~x~abcdEF19", 5}};
  size_t i;
  scuttle_update_t update;
  for (i = 0; i < sizeof names / sizeof names[0]; i++)
    CHECK_INT(policy_name_len(names[i].source, strlen(names[i].source)), names[i].name);
  update = update_of("ada~abcdEF19", "ada/x", 0);
  CHECK(policy_own_prefix(&update, '/'));
  CHECK(!policy_own_prefix(&update, ':'));
  update = update_of("ada~abcdEF19", "ada", 0);
  CHECK(!policy_own_prefix(&update, '/'));
  update = update_of("ada~abcdEF19", "adam/x", 0);
  CHECK(!policy_own_prefix(&update, '/'));
  update = update_of("adam", "ada/x", 0);
  CHECK(!policy_own_prefix(&update, '/'));
}

/* A host that notes each call of `accept`, and lets a policy decide. */
typedef struct {
  scuttle_t *replica;
  scuttle_link_info_t info;
  char name[64], source[300];
  int asked, code, resets;
  int policy; /* 0: all; 1: listed writers; 2: own prefix; 3: two keys a name; 4: resets of "hub" only */
} host_t;

static const char *const listed[] = {"ada", "hub"};

static int accept_update(void *context, scuttle_link_t *from, const scuttle_update_t *update) {
  host_t *host = (host_t *)context;
  int is_reset = (update->flags & SCUTTLE_UPDATE_RESET) != 0;
  host->asked++;
  host->resets += is_reset;
  memset(&host->info, 0, sizeof host->info);
  host->info.struct_size = sizeof host->info;
  host->code = scuttle_link_info(from, &host->info);
  snprintf(host->name, sizeof host->name, "%s", host->info.peer_name ? host->info.peer_name : "");
  snprintf(host->source, sizeof host->source, "%s", host->info.peer_source ? host->info.peer_source : "");
  switch (host->policy) {
    case 1: return policy_writer_is_listed(update, listed, 2);
    case 2: return policy_own_prefix(update, '/');
    case 3: return policy_has_room(host->replica, update, '/', 2);
    case 4: return !is_reset || policy_peer_is_listed(from, listed + 1, 1);
    default: return 1;
  }
}

static void host_open(host_t *host, int policy) {
  scuttle_config_t config = config_make();
  memset(host, 0, sizeof *host);
  host->policy = policy;
  config.context = host;
  config.accept = accept_update;
  host->replica = replica_with("host", &config);
}

/* Gossips on both; refused updates are errors of the calls that read them. */
static void meet(scuttle_t *a, scuttle_t *b) {
  scuttle_link_t *ab = link_with(a, 0), *ba = link_with(b, 0);
  char buffer[4096];
  size_t len, moved = 1;
  CHECK(scuttle_link_gossip(ab) >= 0);
  CHECK(scuttle_link_gossip(ba) >= 0);
  while (moved > 0) {
    moved = 0;
    CHECK_CODE(scuttle_link_read(ab, buffer, sizeof buffer, &len), SCUTTLE_OK);
    if (len > 0) scuttle_link_write(ba, buffer, len);
    moved += len;
    CHECK_CODE(scuttle_link_read(ba, buffer, sizeof buffer, &len), SCUTTLE_OK);
    if (len > 0) scuttle_link_write(ab, buffer, len);
    moved += len;
  }
  scuttle_link_close(ab);
  scuttle_link_close(ba);
}

TEST(accept_sees_the_name_of_the_peer) {
  host_t host;
  scuttle_t *ada = replica_make("ada");
  const char *source;
  size_t len;
  host_open(&host, 0);
  set(ada, "k", "1");
  meet(host.replica, ada);
  CHECK_INT(host.asked, 1);
  CHECK_CODE(host.code, SCUTTLE_OK);
  CHECK_STR(host.name, "ada");
  CHECK_CODE(scuttle_id(ada, &source, &len), SCUTTLE_OK);
  CHECK_STR(host.source, source);
  CHECK_INT(host.info.dialect, SCUTTLE_DIALECT_EXTENDED);
  CHECK_STR(value_of(host.replica, "k"), "1");
  scuttle_free(ada);
  scuttle_free(host.replica);
}

static int key_only(void *context, const scuttle_update_t *entry) {
  text_t *keys = (text_t *)context;
  text_add(keys, entry->key, entry->key_len);
  text_str(keys, " ");
  return 0;
}

static void check_keys(scuttle_t *replica, const char *expected) {
  text_t keys = {NULL, 0, 0};
  CHECK_CODE(scuttle_state(replica, NULL, 0, key_only, &keys), SCUTTLE_OK);
  CHECK_STR(keys.data ? keys.data : "", expected);
  text_free(&keys);
}

TEST(policies_hold) {
  static const char *const keys[] = {"ada/1", "ada/2", "bob/1", "eve/1", "free"};
  static const char *const writers[] = {"ada", "bob", "eve"};
  static const char *const expected[] = {"ada/1 ada/2 bob/1 eve/1 free ", "ada/1 ada/2 bob/1 eve/1 free ", "ada/1 ada/2 "};
  static const char *const after_bob[] = {"ada/1 ada/2 bob/1 eve/1 free of bob ", "ada/1 ada/2 bob/1 eve/1 free ",
                                          "ada/1 ada/2 bob/2 "};
  int policy;
  for (policy = 0; policy < 3; policy++) {
    host_t host;
    scuttle_t *ada = replica_make(writers[0]), *bob = replica_make(writers[1]);
    size_t i;
    host_open(&host, policy);
    for (i = 0; i < 5; i++) set(ada, keys[i], "1");
    meet(host.replica, ada);
    check_keys(host.replica, expected[policy]);
    /* Policies judge a relayed update by its writer. */
    if (policy != 2) set(bob, "of bob", "1");
    if (policy == 2) set(bob, "bob/2", "1");
    meet(ada, bob);
    meet(host.replica, ada);
    check_keys(host.replica, after_bob[policy]);
    scuttle_free(ada);
    scuttle_free(bob);
    scuttle_free(host.replica);
  }
}

TEST(at_most_so_many_keys_a_name) {
  host_t host;
  scuttle_t *ada = replica_make("ada");
  host_open(&host, 3);
  set(ada, "ada/1", "1");
  set(ada, "ada/2", "1");
  set(ada, "ada/3", "1");
  set(ada, "bob/1", "1");
  set(ada, "free", "1");
  meet(host.replica, ada);
  check_keys(host.replica, "ada/1 ada/2 bob/1 ");
  /* An overwrite adds no key. A delete frees one, once the host decides anew. */
  set(ada, "ada/2", "2");
  unset(ada, "ada/1");
  meet(host.replica, ada);
  CHECK_STR(value_of(host.replica, "ada/2"), "2");
  check_keys(host.replica, "ada/2 bob/1 ");
  CHECK_CODE(scuttle_accept_again(host.replica), SCUTTLE_OK);
  meet(host.replica, ada);
  check_keys(host.replica, "ada/2 ada/3 bob/1 ");
  scuttle_free(ada);
  scuttle_free(host.replica);
}

TEST(a_reset_of_an_unlisted_peer_removes_nothing) {
  /* The host was away while "gone" was deleted and its tombstone purged: the reset would remove the key. */
  int trusted;
  for (trusted = 0; trusted < 2; trusted++) {
    host_t host;
    size_t purged;
    scuttle_t *hub = replica_make(trusted ? "hub" : "eve");
    host_open(&host, 4);
    set(hub, "gone", "1");
    set(hub, "stays", "1");
    meet(host.replica, hub);
    unset(hub, "gone");
    CHECK_CODE(scuttle_purge(hub, &purged), SCUTTLE_OK);
    meet(host.replica, hub);
    CHECK(host.resets > 0);
    check_keys(host.replica, trusted ? "stays " : "gone stays ");
    /* The host writes the kept key again, so both hold it. */
    meet(host.replica, hub);
    check_keys(hub, trusted ? "stays " : "gone stays ");
    CHECK_INT(fingerprint_of(hub), fingerprint_of(host.replica));
    scuttle_free(hub);
    scuttle_free(host.replica);
  }
}

TEST(link_info) {
  scuttle_t *a = replica_make("ada"), *b = replica_make("bob");
  scuttle_link_t *ab = link_with(a, SCUTTLE_LINK_LIVE), *ba = link_with(b, 0), *classic = link_with(a, SCUTTLE_LINK_CLASSIC);
  scuttle_link_info_t info;
  struct {
    size_t struct_size;
    const char *peer_name, *peer_source;
    uint32_t dialect, guard;
  } older = {24, NULL, NULL, 9, 77};
  memset(&info, 0xff, sizeof info);
  info.struct_size = sizeof info;
  CHECK_CODE(scuttle_link_info(ab, &info), SCUTTLE_OK);
  CHECK(info.peer_name == NULL && info.peer_source == NULL && info.struct_size == sizeof info);
  CHECK_INT(info.dialect, SCUTTLE_DIALECT_UNKNOWN);
  CHECK_INT(info.in_step + info.live + info.ended + info.reserved, 0);
  CHECK_INT(info.last_error, 0);
  sync_links(ab, ba);
  CHECK_CODE(scuttle_link_gossip(ab), SCUTTLE_OK);
  carry(ab, ba);
  CHECK_CODE(scuttle_link_info(ab, &info), SCUTTLE_OK);
  REQUIRE(info.peer_name != NULL && info.peer_source != NULL);
  CHECK_STR(info.peer_name, "bob");
  CHECK(strncmp(info.peer_source, "bob~", 4) == 0);
  CHECK_INT(info.dialect, SCUTTLE_DIALECT_EXTENDED);
  CHECK_INT(info.in_step, 1);
  CHECK_INT(info.live, 1);
  CHECK_CODE(scuttle_link_info(ba, &info), SCUTTLE_OK);
  CHECK_INT(info.live, 0);
  /* The fields of an older host are written, and nothing behind them. */
  CHECK_CODE(scuttle_link_info(ab, (scuttle_link_info_t *)(void *)&older), SCUTTLE_OK);
  CHECK_STR(older.peer_name, "bob");
  CHECK_INT(older.dialect, 9);
  CHECK_INT(older.guard, 77);
  older.struct_size = 8;
  CHECK_CODE(scuttle_link_info(ab, (scuttle_link_info_t *)(void *)&older), SCUTTLE_E_STRUCT_SIZE);
  CHECK_CODE(scuttle_link_info(ab, NULL), SCUTTLE_E_ARGUMENT);
  CHECK_CODE(scuttle_link_info(NULL, &info), SCUTTLE_E_ARGUMENT);
  /* A classic peer has no name. The last error stays. */
  CHECK_CODE(feed(classic, "{\"digest\":true,\"done\":true}\nnonsense\n"), SCUTTLE_E_JSON);
  info.struct_size = sizeof info;
  CHECK_CODE(scuttle_link_info(classic, &info), SCUTTLE_OK);
  CHECK(info.peer_name == NULL);
  CHECK_INT(info.dialect, SCUTTLE_DIALECT_CLASSIC);
  CHECK_INT(info.last_error, SCUTTLE_E_JSON);
  /* The info of an ended link keeps the peer's name and the error. */
  CHECK_CODE(feed(ab, "{\"digest\":true,\"reject\":{\"reason\":\"cluster\"}}\n"), SCUTTLE_E_REJECTED);
  CHECK_CODE(scuttle_link_info(ab, &info), SCUTTLE_OK);
  CHECK_STR(info.peer_name, "bob");
  CHECK_INT(info.ended, 1);
  CHECK_INT(info.in_step, 0);
  CHECK_INT(info.last_error, SCUTTLE_E_REJECTED);
  scuttle_free(a);
  scuttle_free(b);
}

CHECK_MAIN
