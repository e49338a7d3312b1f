/* Two processes under one name: no write is lost, and their hosts are notified. */
#include "check.h"
#include "support.h"

#define MOST ((size_t)1 << 22)

static const uint32_t kinds[] = {0, SCUTTLE_LINK_LIVE, SCUTTLE_LINK_DATAGRAM, SCUTTLE_LINK_DATAGRAM | SCUTTLE_LINK_LIVE};
#define KINDS (sizeof kinds / sizeof *kinds)

static scuttle_t *watched(const char *name, told_t *events) {
  scuttle_config_t config = config_start();
  memset(events, 0, sizeof *events);
  config.on_event = note_event;
  config.context = events;
  return replica_with(name, &config);
}

static void check_same(scuttle_t *a, scuttle_t *b) {
  char *of_a = state_text(a), *of_b = state_text(b);
  CHECK_STR(of_a, of_b);
  free(of_a);
  free(of_b);
}

TEST(two_of_one_name_with_a_hub_between) {
  /* Equal counts of writes, so that the versions of both are equal. */
  size_t kind;
  for (kind = 0; kind < KINDS; kind++) {
    told_t of_hub, of_one, of_two;
    scuttle_t *hub = watched("hub", &of_hub), *one = watched("web", &of_one), *two = watched("web", &of_two);
    scuttle_link_t *to_one = link_with(hub, kinds[kind]), *to_two = link_with(hub, kinds[kind]), *from_one = link_with(one, kinds[kind]),
                   *from_two = link_with(two, kinds[kind]);
    int i, round;
    for (i = 0; i < 10; i++) {
      char key[24];
      snprintf(key, sizeof key, "one %d", i);
      set(one, key, "1");
      snprintf(key, sizeof key, "two %d", i);
      set(two, key, "2");
    }
    for (round = 0; round < 4; round++) {
      talk_links(to_one, from_one, MOST);
      talk_links(to_two, from_two, MOST);
    }
    CHECK_INT(count_of(hub), 20);
    check_same(hub, one);
    check_same(hub, two);
    CHECK(of_hub.count[SCUTTLE_EVENT_TWIN] >= 1);
    CHECK(of_hub.link[SCUTTLE_EVENT_TWIN] == to_one || of_hub.link[SCUTTLE_EVENT_TWIN] == to_two);
    CHECK_INT(of_one.count[SCUTTLE_EVENT_TWIN], 1);
    CHECK_INT(of_two.count[SCUTTLE_EVENT_TWIN], 1);
    CHECK_CODE(of_one.code[SCUTTLE_EVENT_TWIN], SCUTTLE_OK);
    CHECK(of_one.link[SCUTTLE_EVENT_TWIN] == from_one);
    CHECK_INT(of_one.count[SCUTTLE_EVENT_HELLO], 1);
    CHECK(of_one.count[SCUTTLE_EVENT_IN_STEP] >= 1);
    CHECK_INT(of_one.count[SCUTTLE_EVENT_ENDED] + of_two.count[SCUTTLE_EVENT_ENDED], 0);
    CHECK_INT(of_one.count[SCUTTLE_EVENT_DIVERGED] + of_two.count[SCUTTLE_EVENT_DIVERGED], 0);
    scuttle_free(hub);
    scuttle_free(one);
    scuttle_free(two);
  }
}

TEST(two_of_one_name_on_one_link) {
  size_t kind;
  for (kind = 0; kind < KINDS; kind++) {
    told_t of_one, of_two;
    scuttle_t *one = watched("web", &of_one), *two = watched("web", &of_two);
    scuttle_link_t *from_one = link_with(one, kinds[kind]), *from_two = link_with(two, kinds[kind]);
    set(one, "one", "1");
    set(two, "two", "2");
    talk_links(from_one, from_two, MOST);
    talk_links(from_one, from_two, MOST);
    CHECK_INT(count_of(one), 2);
    check_same(one, two);
    CHECK_INT(of_one.count[SCUTTLE_EVENT_TWIN], 1);
    CHECK_INT(of_two.count[SCUTTLE_EVENT_TWIN], 1);
    scuttle_free(one);
    scuttle_free(two);
  }
}

TEST(deletes_of_twins_stand_and_no_key_returns) {
  size_t kind;
  for (kind = 0; kind < KINDS; kind++) {
    told_t of_hub, of_one, of_two;
    scuttle_t *hub = watched("hub", &of_hub), *one = watched("web", &of_one), *two = watched("web", &of_two);
    int i, round;
    set(one, "shared", "1");
    for (round = 0; round < 2; round++) {
      talk(one, hub, kinds[kind], MOST);
      talk(two, hub, kinds[kind], MOST);
    }
    unset(two, "shared");
    for (i = 0; i < 5; i++) set(one, "last", "3"); /* the one with the higher version */
    for (round = 0; round < 4; round++) {
      talk(one, hub, kinds[kind], MOST);
      talk(two, hub, kinds[kind], MOST);
    }
    CHECK(value_of(one, "shared") == NULL);
    CHECK(value_of(two, "shared") == NULL);
    set(two, "of two", "4");
    for (round = 0; round < 2; round++) {
      talk(one, hub, kinds[kind], MOST);
      talk(two, hub, kinds[kind], MOST);
    }
    talk(one, hub, kinds[kind], MOST);
    check_same(one, hub);
    check_same(two, hub);
    CHECK_STR(value_of(one, "of two"), "4");
    scuttle_free(hub);
    scuttle_free(one);
    scuttle_free(two);
  }
}

TEST(three_of_one_name) {
  told_t of_hub, of_web[3];
  scuttle_t *hub = watched("hub", &of_hub), *web[3];
  scuttle_link_t *here[3], *there[3];
  int i, round;
  for (i = 0; i < 3; i++) {
    char key[16];
    web[i] = watched("web", &of_web[i]);
    snprintf(key, sizeof key, "%d", i);
    set(web[i], key, "1");
    here[i] = link_make(hub);
    there[i] = link_make(web[i]);
  }
  for (round = 0; round < 5; round++)
    for (i = 0; i < 3; i++) talk_links(here[i], there[i], MOST);
  for (i = 0; i < 3; i++) {
    check_same(web[i], hub);
    CHECK_INT(of_web[i].count[SCUTTLE_EVENT_TWIN], 1);
  }
  CHECK_INT(count_of(hub), 3);
  scuttle_free(hub);
  for (i = 0; i < 3; i++) scuttle_free(web[i]);
}

TEST(a_restart_is_no_twin) {
  /* Its old link may still be open at the hub, and its old incarnation may have a higher version. */
  size_t kind;
  for (kind = 0; kind < KINDS; kind++) {
    told_t of_hub, of_web;
    scuttle_t *hub = watched("hub", &of_hub), *web = watched("web", &of_web);
    scuttle_link_t *old = link_with(hub, kinds[kind]), *new_link, *from;
    int i, round;
    for (i = 0; i < 5; i++) set(web, "k", "1");
    from = link_with(web, kinds[kind]);
    talk_links(old, from, MOST);
    talk_links(old, from, MOST);
    scuttle_free(web);
    web = watched("web", &of_web);
    set(web, "k", "2");
    new_link = link_with(hub, kinds[kind]);
    from = link_with(web, kinds[kind]);
    for (round = 0; round < 5; round++) {
      scuttle_link_gossip(old); /* the other end is gone */
      talk_links(new_link, from, MOST);
    }
    CHECK_INT(of_hub.count[SCUTTLE_EVENT_TWIN], 0);
    CHECK_INT(of_web.count[SCUTTLE_EVENT_TWIN], 0);
    check_same(hub, web);
    scuttle_free(hub);
    scuttle_free(web);
  }
}

TEST(exact_ids_are_no_names_with_incarnations) {
  /* Two replicas of one exact source clash: both links end, hosts are notified, and nothing changes. */
  scuttle_config_t config = config_exact();
  told_t of_one, of_two;
  scuttle_t *one, *two;
  scuttle_link_t *from_one, *from_two;
  char *before_one, *before_two, *after;
  memset(&of_one, 0, sizeof of_one);
  memset(&of_two, 0, sizeof of_two);
  config.on_event = note_event;
  config.context = &of_one;
  one = replica_with("web", &config);
  config.context = &of_two;
  two = replica_with("web", &config);
  set(one, "one", "1");
  set(two, "two", "2");
  before_one = snapshot(one);
  before_two = snapshot(two);
  from_one = link_make(one);
  from_two = link_make(two);
  CHECK_CODE(scuttle_link_gossip(from_one), SCUTTLE_OK);
  CHECK_CODE(move_all(from_one, from_two, NULL), SCUTTLE_E_IDENTITY);
  CHECK_CODE(move_all(from_two, from_one, NULL), SCUTTLE_E_REJECTED);
  CHECK_INT(of_two.count[SCUTTLE_EVENT_ENDED], 1);
  CHECK_CODE(of_two.code[SCUTTLE_EVENT_ENDED], SCUTTLE_E_IDENTITY);
  CHECK(of_two.link[SCUTTLE_EVENT_ENDED] == from_two);
  CHECK_INT(of_one.count[SCUTTLE_EVENT_ENDED], 1);
  CHECK_CODE(of_one.code[SCUTTLE_EVENT_ENDED], SCUTTLE_E_REJECTED);
  after = snapshot(one);
  CHECK_STR(after, before_one);
  free(after);
  after = snapshot(two);
  CHECK_STR(after, before_two);
  free(after);
  free(before_one);
  free(before_two);
  scuttle_free(one);
  scuttle_free(two);
}

CHECK_MAIN
