/* Replicas that end and start again: from the last save, an old one, a truncated one, another replica's, or none. */
#include "check.h"
#include "support.h"

#define MOST ((size_t)1 << 22) /* bytes of one conversation of a test */

static const uint32_t kinds[] = {0, SCUTTLE_LINK_LIVE, SCUTTLE_LINK_DATAGRAM, SCUTTLE_LINK_DATAGRAM | SCUTTLE_LINK_LIVE};
#define KINDS (sizeof kinds / sizeof *kinds)

/* Checks that two replicas have equal entries and the same vector. */
static void check_same(scuttle_t *a, scuttle_t *b) {
  char *of_a = state_text(a), *of_b = state_text(b);
  CHECK_STR(of_a, of_b);
  CHECK_U64(fingerprint_of(a), fingerprint_of(b));
  free(of_a);
  free(of_b);
}

static void check_talk(scuttle_t *a, scuttle_t *b, uint32_t flags) {
  talk_t said = talk(a, b, flags, MOST);
  CHECK_CODE(said.code, SCUTTLE_OK);
  CHECK(!said.endless);
}

static text_t saved(scuttle_t *replica) {
  text_t text = {NULL, 0, 0};
  export_all(replica, &text);
  return text;
}

/* --- a save that is older than the last writes --- */

TEST(writes_after_an_old_save_stand_beside_those_before_the_crash) {
  size_t kind;
  for (kind = 0; kind < KINDS; kind++) {
    scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0);
    text_t save;
    set(a, "x", "1");
    save = saved(a);
    set(a, "y", "2");
    check_talk(a, b, kinds[kind]);
    scuttle_free(a);
    a = replica_start("a", save.data, save.len);
    CHECK_STR(value_of(a, "x"), "1");
    set(a, "z", "3");
    check_talk(a, b, kinds[kind]);
    check_same(a, b);
    CHECK_INT(count_of(a), 3);
    CHECK_STR(value_of(b, "z"), "3");
    CHECK_STR(value_of(a, "y"), "2");
    text_free(&save);
    scuttle_free(a);
    scuttle_free(b);
  }
}

TEST(the_same_with_a_hub_between) {
  size_t kind;
  for (kind = 0; kind < KINDS; kind++) {
    scuttle_t *a = replica_start("a", NULL, 0), *hub = replica_start("hub", NULL, 0), *b = replica_start("b", NULL, 0);
    text_t save;
    set(a, "x", "1");
    save = saved(a);
    set(a, "y", "2");
    check_talk(a, hub, kinds[kind]);
    scuttle_free(a);
    a = replica_start("a", save.data, save.len);
    set(a, "z", "3");
    check_talk(a, hub, kinds[kind]);
    check_talk(hub, b, kinds[kind]);
    check_talk(hub, a, kinds[kind]);
    check_same(a, b);
    CHECK_INT(count_of(b), 3);
    text_free(&save);
    scuttle_free(a);
    scuttle_free(hub);
    scuttle_free(b);
  }
}

TEST(one_save_that_is_used_again_and_again) {
  /* Each start writes a key of its own and a common one; the latest write stands. */
  scuttle_t *b = replica_start("b", NULL, 0), *a = replica_start("a", NULL, 0);
  text_t save;
  int start;
  set(a, "first", "0");
  set(a, "all", "0");
  save = saved(a);
  scuttle_free(a);
  for (start = 1; start <= 20; start++) {
    char key[24], value[24];
    a = replica_start("a", save.data, save.len);
    snprintf(key, sizeof key, "key %d", start);
    snprintf(value, sizeof value, "%d", start);
    check_talk(a, b, kinds[(size_t)start % KINDS]);
    set(a, key, value);
    set(a, "all", value);
    check_talk(a, b, kinds[(size_t)start % KINDS]);
    check_same(a, b);
    CHECK_INT(count_of(b), start + 2);
    CHECK_STR(value_of(b, "all"), value);
    scuttle_free(a);
  }
  text_free(&save);
  scuttle_free(b);
}

TEST(one_save_that_starts_other_names) {
  /* A save that serves as an image for many machines. */
  const char *names[] = {"a", "c", "d", "a b", "ä"};
  scuttle_t *b = replica_start("b", NULL, 0), *a = replica_start("a", NULL, 0), *started[5];
  text_t save;
  size_t i;
  set(a, "x", "1");
  check_talk(a, b, 0);
  save = saved(a);
  scuttle_free(a);
  for (i = 0; i < 5; i++) {
    started[i] = replica_start(names[i], save.data, save.len);
    set(started[i], names[i], "2");
  }
  for (i = 0; i < 5; i++) check_talk(started[i], b, kinds[i % KINDS]);
  for (i = 0; i < 5; i++) {
    check_talk(started[i], b, kinds[i % KINDS]);
    check_same(started[i], b);
    scuttle_free(started[i]);
  }
  CHECK_INT(count_of(b), 6);
  text_free(&save);
  scuttle_free(b);
}

TEST(deletes_after_an_old_save_stand) {
  /* A key whose delete was sent and purged everywhere else does not return from the save. */
  size_t kind;
  for (kind = 0; kind < KINDS; kind++) {
    scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0);
    text_t save;
    int round;
    set(a, "x", "1");
    set(a, "gone", "1");
    check_talk(a, b, kinds[kind]);
    save = saved(a);
    unset(a, "gone");
    for (round = 0; round < 4; round++) check_talk(a, b, kinds[kind]);
    scuttle_free(a);
    a = replica_start("a", save.data, save.len);
    CHECK_STR(value_of(a, "gone"), "1");
    set(a, "z", "3");
    check_talk(a, b, kinds[kind]);
    check_talk(a, b, kinds[kind]);
    check_same(a, b);
    CHECK(value_of(a, "gone") == NULL);
    CHECK(value_of(b, "gone") == NULL);
    CHECK_INT(count_of(a), 2);
    text_free(&save);
    scuttle_free(a);
    scuttle_free(b);
  }
}

TEST(an_exact_source_continues_from_its_latest_save) {
  /* Likewise from an older save, if it meets a replica that knows more before it writes. */
  scuttle_config_t config = config_exact();
  scuttle_t *a = replica_with("a", &config), *b = replica_start("b", NULL, 0);
  text_t old, latest;
  int round;
  set(a, "x", "1");
  old = saved(a);
  set(a, "y", "2");
  latest = saved(a);
  check_talk(a, b, 0);
  scuttle_free(a);
  config.state = latest.data;
  config.state_len = latest.len;
  a = replica_with("a", &config);
  set(a, "z", "3");
  check_talk(a, b, 0);
  check_same(a, b);
  CHECK_INT(count_of(b), 3);
  scuttle_free(a);
  config.state = old.data;
  config.state_len = old.len;
  a = replica_with("a", &config);
  for (round = 0; round < 3; round++) CHECK(!talk(a, b, 0, MOST).endless); /* it receives the updates that it lacks, and issues no version twice */
  check_same(a, b);
  CHECK_INT(count_of(a), 3);
  set(a, "more", "4");
  check_talk(a, b, 0);
  check_same(a, b);
  CHECK_INT(count_of(b), 4);
  text_free(&old);
  text_free(&latest);
  scuttle_free(a);
  scuttle_free(b);
}

/* --- replicas that never wrote --- */

TEST(a_reader_starts_from_a_save_that_is_one_gossip_old) {
  /* A gossip raises its low-water mark, under which it has issued no write. */
  size_t kind;
  int start;
  for (kind = 0; kind < KINDS; kind++) {
    scuttle_t *reader = replica_start("reader", NULL, 0), *b = replica_start("b", NULL, 0);
    text_t save;
    set(b, "x", "1");
    check_talk(reader, b, kinds[kind]);
    save = saved(reader);
    set(b, "y", "2");
    check_talk(reader, b, kinds[kind]);
    for (start = 0; start < 3; start++) {
      scuttle_free(reader);
      reader = replica_start("reader", save.data, save.len);
      check_talk(reader, b, kinds[kind]);
      check_same(reader, b);
      CHECK_INT(count_of(reader), 2);
    }
    set(reader, "at last", "3");
    check_talk(reader, b, kinds[kind]);
    CHECK_STR(value_of(b, "at last"), "3");
    text_free(&save);
    scuttle_free(reader);
    scuttle_free(b);
  }
}

TEST(a_reader_starts_without_a_save) {
  scuttle_t *b = replica_start("b", NULL, 0);
  int start;
  set(b, "x", "1");
  for (start = 0; start < 10; start++) {
    scuttle_t *reader = replica_start("reader", NULL, 0);
    check_talk(reader, b, kinds[(size_t)start % KINDS]);
    check_same(reader, b);
    scuttle_free(reader);
  }
  scuttle_free(b);
}

TEST(a_reader_on_a_read_only_link_starts_again) {
  /* The hub receives no updates from its readers, and their starts change nothing there. */
  scuttle_t *hub = replica_start("hub", NULL, 0);
  text_t before;
  int start;
  set(hub, "x", "1");
  before = saved(hub);
  for (start = 0; start < 10; start++) {
    scuttle_t *reader = replica_start("reader", NULL, 0);
    scuttle_link_t *to_reader = link_with(hub, SCUTTLE_LINK_READ_ONLY), *to_hub = link_make(reader);
    text_t after;
    talk_t said = talk_links(to_reader, to_hub, MOST);
    CHECK_CODE(said.code, SCUTTLE_OK);
    CHECK_STR(value_of(reader, "x"), "1");
    scuttle_link_close(to_reader);
    scuttle_link_close(to_hub);
    scuttle_free(reader);
    after = saved(hub);
    CHECK_STR(after.data, before.data);
    text_free(&after);
  }
  text_free(&before);
  scuttle_free(hub);
}

/* --- a truncated save --- */

TEST(a_save_cut_anywhere_starts_its_own_name) {
  scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0), *c = replica_start("c", NULL, 0);
  text_t save;
  size_t cut;
  set(a, "x", "\"one\"");
  set(a, "gone", "1");
  set(a, "y", "[2,3]");
  unset(a, "gone");
  CHECK(scuttle_set_ttl(a, "short", SCUTTLE_NTS, "4", SCUTTLE_NTS, 1000000) >= 0);
  set(b, "of b", "5");
  check_talk(a, b, 0);
  check_talk(c, b, 0);
  CHECK_CODE(scuttle_forget(a, "b", 1), SCUTTLE_OK); /* names are in the save, too */
  save = saved(a);
  scuttle_free(a);
  for (cut = 0; cut <= save.len; cut++) {
    scuttle_t *peer = replica_start("peer", NULL, 0);
    a = replica_start("a", save.data, cut);
    check_talk(peer, b, 0);
    set(a, "z", "6");
    check_talk(a, peer, kinds[cut % KINDS]);
    check_talk(a, peer, kinds[cut % KINDS]);
    CHECK_INT(count_of(a), 5);
    check_same(a, peer);
    if (value_of(a, "gone")) CHECK_SAY("a deleted key came back from a save of %zu bytes", cut);
    scuttle_free(peer);
    scuttle_free(a);
  }
  text_free(&save);
  scuttle_free(b);
  scuttle_free(c);
}

TEST(entries_of_a_truncated_save_alone_are_loaded) {
  /* Its whole lines are loaded: no other replica has them. */
  scuttle_t *a = replica_start("a", NULL, 0), *b;
  text_t save;
  size_t cut, i;
  for (i = 0; i < 5; i++) {
    char key[16];
    snprintf(key, sizeof key, "k%zu", i);
    set(a, key, "1");
  }
  save = saved(a);
  scuttle_free(a);
  for (cut = 0; cut + 20 < save.len; cut++) { /* so that the `end` is not counted as an update */
    text_t part = {NULL, 0, 0};
    size_t whole;
    text_add(&part, save.data, cut);
    whole = text_count(&part, "}\n") - text_count(&part, "}}\n"); /* updates that end with their newline */
    a = replica_start("a", part.data, part.len);
    b = replica_start("b", NULL, 0);
    if (count_of(a) < whole) CHECK_SAY("%zu bytes of a save with %zu keys give %zu", cut, whole, count_of(a));
    check_talk(a, b, kinds[cut % KINDS]);
    check_same(a, b);
    set(a, "more", "2");
    check_talk(b, a, kinds[cut % KINDS]);
    check_same(a, b);
    CHECK_STR(value_of(b, "more"), "2");
    text_free(&part);
    scuttle_free(a);
    scuttle_free(b);
  }
  text_free(&save);
}

TEST(a_save_of_an_exact_source_that_is_cut) {
  /* As for a name: the present lines are loaded, and peers send the rest before it writes. */
  scuttle_config_t config = config_exact();
  scuttle_t *a = replica_exact("a"), *b = replica_exact("b");
  text_t save;
  size_t cut;
  set(a, "x", "1");
  set(a, "y", "2");
  check_talk(a, b, 0);
  save = saved(a);
  scuttle_free(a);
  for (cut = 1; cut < save.len; cut++) {
    int code, round;
    a = replica_with("a", &config);
    code = scuttle_import(a, save.data, cut);
    CHECK_CODE(code, cut + 1 == save.len ? SCUTTLE_OK : SCUTTLE_TORN);
    for (round = 0; round < 3; round++) CHECK(!talk(a, b, kinds[cut % KINDS], MOST).endless);
    check_same(a, b);
    CHECK_INT(count_of(a), 2);
    scuttle_free(a);
  }
  text_free(&save);
  scuttle_free(b);
}

/* --- lines of on_update as a save --- */

static void add_line(void *context, const scuttle_update_t *update) {
  text_t *text = (text_t *)context;
  text_format(text, "{\"key\":\"%.*s\",\"value\":%.*s,\"source_id\":\"%.*s\",\"version\":%llu%s}\n", (int)update->key_len,
              update->key, (int)update->value_len, update->value, (int)update->dot_source_len, update->dot_source,
              (unsigned long long)update->dot_version, update->flags & SCUTTLE_UPDATE_DELETED ? ",\"deleted\":true" : "");
}

TEST(lines_of_updates_claim_nothing) {
  /* A datagram was lost before; the lines have the updates behind it. */
  size_t lost;
  for (lost = 0; lost < 12; lost++) {
    scuttle_config_t config = config_start();
    text_t lines = {NULL, 0, 0};
    scuttle_t *a = replica_start("a", NULL, 0), *b, *again;
    scuttle_link_t *to_b, *to_a;
    char buffer[300], key[16];
    size_t len, number = 0, i, moved;
    config.context = &lines;
    config.on_update = add_line;
    b = replica_with("b", &config);
    for (i = 0; i < 12; i++) {
      snprintf(key, sizeof key, "key %zu", i);
      set(a, key, "\"a value of some length, so that few fit\"");
    }
    to_b = link_with(a, SCUTTLE_LINK_DATAGRAM);
    to_a = link_with(b, SCUTTLE_LINK_DATAGRAM);
    scuttle_link_gossip(to_a);
    do {
      moved = 0;
      CHECK_CODE(scuttle_link_read(to_a, buffer, sizeof buffer, &len), SCUTTLE_OK);
      if (len) scuttle_link_write(to_b, buffer, len);
      moved += len;
      CHECK_CODE(scuttle_link_read(to_b, buffer, sizeof buffer, &len), SCUTTLE_OK);
      if (len && number++ != lost + 2 && scuttle_link_write(to_a, buffer, len) < 0) CHECK_SAY("a datagram is rejected");
      moved += len;
    } while (moved && number < 9);
    scuttle_free(b);
    again = replica_start("b", lines.data, lines.len);
    CHECK_U64(clock_of(again, "a"), 0);
    {
      char *vector = clock_text(again);
      CHECK(strstr(vector, "a~") == NULL); /* claims nothing of a */
      free(vector);
    }
    check_talk(again, a, kinds[lost % KINDS]);
    check_same(a, again);
    CHECK_INT(count_of(again), 12);
    text_free(&lines);
    scuttle_free(a);
    scuttle_free(again);
  }
}

TEST(lines_of_updates_in_any_order_and_twice) {
  uint64_t random = 7;
  int round;
  for (round = 0; round < 50; round++) {
    scuttle_config_t config = config_start();
    text_t log = {NULL, 0, 0}, mixed = {NULL, 0, 0};
    scuttle_t *a, *again;
    char *line, *end, *pieces[64];
    size_t count = 0, i;
    config.context = &log;
    config.on_update = add_line;
    a = replica_with("a", &config);
    for (i = 0; i < 30; i++) {
      char key[16];
      snprintf(key, sizeof key, "k%zu", random_below(&random, 8));
      if (random_below(&random, 4)) set(a, key, "1");
      else unset(a, key);
    }
    for (line = log.data; line && *line; line = end + 1) {
      end = strchr(line, '\n');
      pieces[count++] = line;
      *end = 0;
    }
    for (i = 0; i < 60; i++) {
      text_str(&mixed, pieces[random_below(&random, count)]);
      text_str(&mixed, "\n");
    }
    for (i = count; i-- > 0;) {
      text_str(&mixed, pieces[i]);
      text_str(&mixed, "\n");
    }
    again = replica_start("again", mixed.data, mixed.len);
    check_same(a, again);
    check_talk(a, again, kinds[(size_t)round % KINDS]);
    check_same(a, again);
    text_free(&log);
    text_free(&mixed);
    scuttle_free(a);
    scuttle_free(again);
  }
}

/* --- times to live --- */

TEST(keys_expire_under_the_next_incarnation) {
  scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0);
  text_t save;
  CHECK_CODE(scuttle_tick(a, 1000), SCUTTLE_OK);
  CHECK_CODE(scuttle_set_ttl(a, "short", SCUTTLE_NTS, "1", SCUTTLE_NTS, 500), SCUTTLE_OK);
  CHECK_CODE(scuttle_set_ttl(a, "long", SCUTTLE_NTS, "1", SCUTTLE_NTS, 5000), SCUTTLE_OK);
  check_talk(a, b, 0);
  save = saved(a);
  scuttle_free(a);
  a = replica_start("a", save.data, save.len);
  text_free(&save);
  CHECK_CODE(scuttle_tick(a, 1499), SCUTTLE_OK);
  CHECK_STR(value_of(a, "short"), "1");
  save = saved(a); /* and once more */
  scuttle_free(a);
  a = replica_start("a", save.data, save.len);
  text_free(&save);
  CHECK_CODE(scuttle_tick(a, 1500), SCUTTLE_OK);
  CHECK(value_of(a, "short") == NULL);
  CHECK_STR(value_of(a, "long"), "1");
  CHECK_CODE(scuttle_tick(a, 6000), SCUTTLE_OK);
  CHECK_INT(count_of(a), 0);
  check_talk(a, b, 0);
  CHECK_INT(count_of(b), 0);
  scuttle_free(a);
  scuttle_free(b);
}

TEST(a_renewal_by_the_next_incarnation_ends_the_old_time_to_live) {
  scuttle_t *a = replica_start("a", NULL, 0);
  text_t save;
  CHECK_CODE(scuttle_tick(a, 1000), SCUTTLE_OK);
  CHECK_CODE(scuttle_set_ttl(a, "k", SCUTTLE_NTS, "1", SCUTTLE_NTS, 500), SCUTTLE_OK);
  CHECK_CODE(scuttle_set_ttl(a, "l", SCUTTLE_NTS, "1", SCUTTLE_NTS, 500), SCUTTLE_OK);
  save = saved(a);
  scuttle_free(a);
  a = replica_start("a", save.data, save.len);
  set(a, "k", "2");
  CHECK_CODE(scuttle_set_ttl(a, "l", SCUTTLE_NTS, "2", SCUTTLE_NTS, 5000), SCUTTLE_OK);
  CHECK_CODE(scuttle_tick(a, 2000), SCUTTLE_OK);
  CHECK_STR(value_of(a, "k"), "2");
  CHECK_STR(value_of(a, "l"), "2");
  text_free(&save);
  scuttle_free(a);
}

TEST(a_republished_key_still_expires) {
  /* a writes with a time to live and is away while b purges; the write arrives at b under a new dot. */
  scuttle_t *a = replica_start("a", NULL, 0), *b = replica_start("b", NULL, 0);
  size_t purged, i;
  set(b, "x", "1");
  check_talk(a, b, 0);
  CHECK_CODE(scuttle_tick(a, 1000), SCUTTLE_OK);
  CHECK_CODE(scuttle_set_ttl(a, "short", SCUTTLE_NTS, "1", SCUTTLE_NTS, 500), SCUTTLE_OK);
  for (i = 0; i < 9; i++) {
    set(b, "other", "1");
    unset(b, "other");
  }
  CHECK_CODE(scuttle_purge(b, &purged), SCUTTLE_OK);
  check_talk(a, b, 0);
  check_same(a, b);
  CHECK_STR(value_of(b, "short"), "1");
  CHECK_CODE(scuttle_tick(a, 1500), SCUTTLE_OK);
  check_talk(a, b, 0);
  CHECK(value_of(a, "short") == NULL);
  CHECK(value_of(b, "short") == NULL);
  scuttle_free(a);
  scuttle_free(b);
}

/* --- distant versions --- */

static scuttle_t *small_steps(const char *name, uint64_t jump) {
  scuttle_config_t config = config_start();
  config.max_version_jump = jump;
  return replica_with(name, &config);
}

static void write_often(scuttle_t *replica, int times) {
  int i;
  for (i = 0; i < times; i++) set(replica, "often", "1");
}

TEST(a_newcomer_joins_a_cluster_that_is_far_ahead) {
  size_t kind;
  for (kind = 0; kind < KINDS; kind++) {
    scuttle_t *a = small_steps("a", 1000), *b = small_steps("b", 1000), *c = small_steps("c", 1000);
    write_often(a, 5020);
    check_talk(b, a, kinds[kind]);
    check_same(a, b);
    set(c, "its own", "1"); /* so it has seen a version */
    check_talk(c, a, kinds[kind]);
    check_talk(c, a, kinds[kind]);
    check_same(a, c);
    CHECK_STR(value_of(a, "its own"), "1");
    CHECK_STR(value_of(c, "often"), "1");
    scuttle_free(a);
    scuttle_free(b);
    scuttle_free(c);
  }
}

TEST(a_replica_that_was_away_for_many_writes_returns) {
  size_t kind;
  for (kind = 0; kind < KINDS; kind++) {
    scuttle_t *a = small_steps("a", 1000), *b = small_steps("b", 1000);
    text_t save;
    set(b, "x", "1");
    check_talk(a, b, kinds[kind]);
    save = saved(b);
    write_often(a, 3000);
    set(b, "away", "2");
    check_talk(a, b, kinds[kind]);
    check_talk(a, b, kinds[kind]);
    check_same(a, b);
    CHECK_STR(value_of(a, "away"), "2");
    write_often(a, 3000);
    scuttle_free(b);
    b = replica_start("b", save.data, save.len);
    check_talk(a, b, kinds[kind]);
    check_same(a, b);
    text_free(&save);
    scuttle_free(a);
    scuttle_free(b);
  }
}

TEST(a_hub_with_small_steps_passes_on_distant_versions) {
  scuttle_t *a = replica_start("a", NULL, 0), *hub = small_steps("hub", 100), *b = replica_start("b", NULL, 0);
  set(hub, "h", "1");
  set(b, "b", "1");
  write_often(a, 5020);
  check_talk(a, hub, 0);
  check_talk(a, hub, 0);
  check_talk(b, hub, 0);
  check_talk(b, hub, 0);
  check_talk(a, hub, 0);
  check_same(a, b);
  check_same(a, hub);
  CHECK_INT(count_of(b), 3);
  scuttle_free(a);
  scuttle_free(b);
  scuttle_free(hub);
}

TEST(a_jump_is_refused_and_changes_nothing) {
  /* In an update, a cover or a commit of a peer whose hello was near. */
  const char *lines[] = {
      "{\"key\":\"k\",\"value\":1,\"source_id\":\"p\",\"version\":9007199254740991}\n",
      "{\"digest\":true,\"cover\":{\"p\":[0,9007199254740991]},\"lines\":[0,\"00000000\"]}\n",
      "{\"digest\":true,\"commit\":{\"sequence\":4,\"lines\":[0,\"00000000\"],\"sources\":{\"p\":[0,9007199254740991]},"
      "\"from\":0,\"to\":1,\"last\":true}}\n"};
  const char *modes[] = {"log", "log", "state"};
  size_t i;
  for (i = 0; i < 3; i++) {
    scuttle_t *r = small_steps("r", 1000);
    scuttle_link_t *link = link_make(r);
    text_t peer = {NULL, 0, 0}, before, after;
    set(r, "x", "1");
    text_hello(&peer, "p", "", 1, 1, 5);
    CHECK_CODE(feed(link, peer.data), SCUTTLE_OK);
    text_free(&peer);
    text_head(&peer, link, modes[i]);
    CHECK_CODE(feed(link, peer.data), SCUTTLE_OK);
    before = saved(r);
    CHECK_CODE(feed(link, lines[i]), SCUTTLE_E_VERSION_JUMP);
    after = saved(r);
    CHECK_STR(after.data, before.data);
    set(r, "y", "2");
    CHECK(version_of(r) < 2000);
    text_free(&peer);
    text_free(&before);
    text_free(&after);
    scuttle_free(r);
  }
}

CHECK_MAIN
