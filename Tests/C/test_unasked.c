/* Deltas without a request: an error on a stream, dropped on datagrams, and nothing changes, in this replica or in its peers.
   */
#include "check.h"
#include "support.h"

#define MOST ((size_t)1 << 22)
#define WHOLE "\"from\":0,\"to\":1,\"last\":true}}\n"

static text_t saved(scuttle_t *replica) {
  text_t text = {NULL, 0, 0};
  export_all(replica, &text);
  return text;
}

/* A replica with keys, tombstones, a peer in step and an end of a name. */
static scuttle_t *populated(scuttle_t **peer, told_t *events) {
  scuttle_config_t config = config_start();
  scuttle_t *r, *gone = replica_start("gone", NULL, 0);
  memset(events, 0, sizeof *events);
  config.on_event = note_event;
  config.context = events;
  r = replica_with("r", &config);
  *peer = replica_start("peer", NULL, 0);
  set(r, "x", "1");
  set(*peer, "y", "2");
  set(gone, "z", "3");
  unset(r, "w");
  talk(gone, r, 0, MOST);
  talk(r, *peer, 0, MOST);
  CHECK_CODE(scuttle_forget(r, "gone", SCUTTLE_NTS), SCUTTLE_OK);
  talk(r, *peer, 0, MOST);
  talk(r, *peer, 0, MOST);
  scuttle_free(gone);
  return r;
}

/* Adds a commit of everything: keys outside of the delta are gone. */
static void text_commit_of_all(text_t *text, scuttle_t *r) {
  const char *line, *end;
  char *vector = clock_text(r);
  int is_first = 1;
  text_str(text, "{\"digest\":true,\"commit\":{\"sequence\":99,\"lines\":[0,\"b7e15162\"],\"sources\":{");
  for (line = vector; *line; line = end) {
    const char *space = strrchr(line, ' ');
    end = strchr(line, '\n');
    for (space = end; *space != ' '; space--) {}
    text_format(text, "%s\"%.*s\":[0,%.*s,%.*s]", is_first ? "" : ",", (int)(space - line), line, (int)(end - space - 1), space + 1,
                (int)(end - space - 1), space + 1);
    is_first = 0;
    end++;
  }
  text_str(text, "}," WHOLE);
  free(vector);
}

static const char *modes[] = {"log", "state", "reset", "early", "contents"};

/* Requests that are not open: of another incarnation, another epoch with a wrong nonce, none at all. */
static const char *requests[] = {"[0,0,0]", "[77,0,4]", "[9007199254740991,9007199254740991,9007199254740991]", "[0,0,4611686018427387904]"};

TEST(a_delta_without_a_request) {
  size_t mode, request;
  int is_datagram, has_asked;
  for (has_asked = 0; has_asked < 2; has_asked++)
    for (is_datagram = 0; is_datagram < 2; is_datagram++)
      for (mode = 0; mode < 5; mode++)
        for (request = 0; request < 4; request++) {
          scuttle_t *peer, *r;
          told_t events;
          scuttle_link_t *link;
          text_t lines = {NULL, 0, 0}, before, after;
          char *start;
          int code, wanted = is_datagram ? SCUTTLE_OK : SCUTTLE_E_UNASKED;
          r = populated(&peer, &events);
          link = link_with(r, is_datagram ? SCUTTLE_LINK_DATAGRAM : 0);
          text_hello(&lines, "evil", "", 1, 1, 3);
          CHECK_CODE(scuttle_link_write(link, lines.data, lines.len), SCUTTLE_OK);
          if (has_asked) {
            text_t out = {NULL, 0, 0};
            CHECK_CODE(feed(link, "{\"digest\":true,\"request\":{\"revision\":0,\"from\":0}}\n"), SCUTTLE_OK);
            read_all(link, 1200, &out);
            text_free(&out);
          }
          text_free(&lines);
          before = saved(r);
          text_format(&lines, "{\"digest\":true,\"delta\":{\"mode\":\"%s\",\"request\":%s,\"epoch\":0,\"span\":[0,0,99],\"lines\":[0,\"00000000\"]}}\n", modes[mode],
                      requests[request]);
          text_update(&lines, "x", "\"evil\"", "evil", 9);
          text_commit_of_all(&lines, r);
          code = scuttle_link_write(link, lines.data, lines.len);
          CHECK_CODE(code, wanted);
          if (!is_datagram) { /* and each line alone */
            for (start = lines.data; *start; start = strchr(start, '\n') + 1)
              CHECK_CODE(scuttle_link_write(link, start, (size_t)(strchr(start, '\n') + 1 - start)), SCUTTLE_E_UNASKED);
          }
          after = saved(r);
          CHECK_STR(after.data, before.data);
          CHECK_INT(talk(r, peer, 0, MOST).endless, 0);
          CHECK_INT(count_of(r), 3);
          CHECK_INT(count_of(peer), 3);
          CHECK_INT(events.count[SCUTTLE_EVENT_DIVERGED], 0);
          text_free(&lines);
          text_free(&before);
          text_free(&after);
          scuttle_free(r);
          scuttle_free(peer);
        }
}

TEST(hello_reset_and_commit_of_everything) {
  /* As it happens in practice: in one write, and in the middle of a mesh. */
  scuttle_t *peer, *r;
  told_t events;
  scuttle_link_t *link;
  text_t lines = {NULL, 0, 0};
  int i;
  r = populated(&peer, &events);
  link = link_make(r);
  text_hello(&lines, "evil", "", 1, 1, 1000);
  text_str(&lines, "{\"digest\":true,\"delta\":{\"mode\":\"reset\",\"request\":[1,0,1],\"epoch\":0,\"span\":[0,0]}}\n");
  text_commit_of_all(&lines, r);
  CHECK_CODE(scuttle_link_write(link, lines.data, lines.len), SCUTTLE_E_UNASKED);
  CHECK(strlen(scuttle_errmsg(r)) > 10);
  CHECK_INT(events.count[SCUTTLE_EVENT_ENDED], 0);
  for (i = 0; i < 3; i++) talk(r, peer, i & 1 ? SCUTTLE_LINK_LIVE : 0, MOST);
  CHECK_INT(count_of(r), 3);
  CHECK_INT(count_of(peer), 3);
  text_free(&lines);
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(a_delta_for_the_request_of_another_link) {
  /* A request of one link does not count on another. */
  scuttle_t *peer, *r;
  told_t events;
  scuttle_link_t *asks, *other;
  text_t hello = {NULL, 0, 0}, head = {NULL, 0, 0}, commit = {NULL, 0, 0}, before, after;
  r = populated(&peer, &events);
  asks = link_make(r);
  other = link_make(r);
  text_hello(&hello, "evil", "", 1, 1, 3);
  CHECK_CODE(feed(asks, hello.data), SCUTTLE_OK);
  CHECK_CODE(feed(other, hello.data), SCUTTLE_OK);
  text_head(&head, asks, "reset");
  text_commit_of_all(&commit, r);
  before = saved(r);
  CHECK_CODE(feed(other, head.data), SCUTTLE_E_UNASKED);
  CHECK_CODE(feed(other, commit.data), SCUTTLE_E_UNASKED);
  after = saved(r);
  CHECK_STR(after.data, before.data);
  text_free(&hello);
  text_free(&head);
  text_free(&commit);
  text_free(&before);
  text_free(&after);
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(a_repeated_delta) {
  /* The second delta serves no request any more. */
  scuttle_t *a = replica_start("a", NULL, 0), *r = replica_start("r", NULL, 0);
  scuttle_link_t *to_r = link_make(a), *to_a = link_make(r);
  text_t answer = {NULL, 0, 0}, before, after;
  const char *line, *end;
  int i, refused = 0;
  for (i = 0; i < 50; i++) { /* more than the history holds, so that the delta ends with a commit */
    char key[16];
    snprintf(key, sizeof key, "k%d", i);
    set(a, key, "1");
  }
  scuttle_link_gossip(to_a);
  move_all(to_a, to_r, NULL);
  move_all(to_r, to_a, NULL);
  move_all(to_a, to_r, NULL);
  CHECK_CODE(move_all(to_r, to_a, &answer), SCUTTLE_OK);
  carry(to_a, to_r);
  CHECK_INT(count_of(r), 50);
  set(r, "mine", "2");
  before = saved(r);
  CHECK(text_count(&answer, "\"commit\"") >= 1);
  for (line = answer.data; *line; line = end) {
    int code;
    end = strchr(line, '\n') + 1;
    code = scuttle_link_write(to_a, line, (size_t)(end - line));
    if (code < 0) CHECK_CODE(code, SCUTTLE_E_UNASKED);
    refused += code < 0;
  }
  CHECK(refused >= 52);
  after = saved(r);
  CHECK_STR(after.data, before.data);
  CHECK(!talk_links(to_a, to_r, MOST).endless);
  CHECK_INT(count_of(a), 51);
  text_free(&answer);
  text_free(&before);
  text_free(&after);
  scuttle_free(a);
  scuttle_free(r);
}

TEST(a_log_request_is_not_served_by_a_commit) {
  /* A head of one mode does not open another. */
  scuttle_t *peer, *r;
  told_t events;
  scuttle_link_t *link;
  text_t lines = {NULL, 0, 0}, before, after;
  r = populated(&peer, &events);
  link = link_make(r);
  text_hello(&lines, "evil", "", 1, 1, 3);
  CHECK_CODE(feed(link, lines.data), SCUTTLE_OK);
  text_free(&lines);
  text_head(&lines, link, "log");
  CHECK_CODE(feed(link, lines.data), SCUTTLE_OK);
  text_free(&lines);
  before = saved(r);
  text_commit_of_all(&lines, r);
  CHECK_CODE(feed(link, lines.data), SCUTTLE_E_UNASKED);
  text_free(&lines);
  text_head(&lines, link, "state");
  CHECK_CODE(feed(link, lines.data), SCUTTLE_OK);
  CHECK_CODE(feed(link, "{\"digest\":true,\"cover\":{\"evil\":[0,5]},\"lines\":[0,\"00000000\"]}\n"), SCUTTLE_E_UNASKED);
  text_free(&lines);
  text_head(&lines, link, "contents"); /* a vector requests no contents */
  CHECK_CODE(feed(link, lines.data), SCUTTLE_E_UNASKED);
  after = saved(r);
  CHECK_STR(after.data, before.data);
  text_free(&lines);
  text_free(&before);
  text_free(&after);
  scuttle_free(r);
  scuttle_free(peer);
}

CHECK_MAIN
