/*
 * A resolver of the host's own, for a table of high scores: the best score stands, whoever wrote it and whenever.
 *
 *   cc resolver.c $(pkg-config --cflags --libs scuttle) -o resolver && ./resolver
 */
#include <inttypes.h>
#include <scuttle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns the score in an update, or -1 for a delete and for a value that is no score. The text of an update is not
   NUL-terminated, so it is copied for strtoll. */
static long long score(const scuttle_update_t *update) {
  char text[32] = "";
  if ((update->flags & SCUTTLE_UPDATE_DELETED) != 0 || update->value_len >= sizeof text) return -1;
  memcpy(text, update->value, update->value_len);
  char *end;
  long long value = strtoll(text, &end, 10);
  return end == text || *end != '\0' || value < 0 ? -1 : value;
}

/* Returns whether `update` replaces `current`. Replicas see the same updates in different orders, so the decision follows
   one total order of updates: the score first, and for equal scores the timestamp, which no two different updates share. */
static int best_score_stands(void *context, const scuttle_update_t *update, const scuttle_update_t *current) {
  (void)context;
  if (current == NULL) return 1;
  if (score(update) != score(current)) return score(update) > score(current);
  if (update->version != current->version) return update->version > current->version;
  size_t shorter = update->source_len < current->source_len ? update->source_len : current->source_len;
  int order = memcmp(update->source, current->source, shorter);
  return order != 0 ? order > 0 : update->source_len > current->source_len;
}

static scuttle_t *replica(const char *name) {
  scuttle_config_t config = {0};
  config.struct_size = sizeof config;
  config.resolve = best_score_stands;
  scuttle_t *made;
  int code = scuttle_new(name, &config, &made);
  if (code == SCUTTLE_OK) return made;
  fprintf(stderr, "%s: %s\n", name, scuttle_strerror(code));
  exit(EXIT_FAILURE);
}

static int publish(scuttle_t *replica, const char *player, const char *points) {
  return scuttle_set(replica, player, SCUTTLE_NTS, points, SCUTTLE_NTS);
}

/* Exchanges bytes by the short form, which serves replicas with one peer each and needs no links. */
static int exchange(scuttle_t *a, scuttle_t *b) {
  scuttle_t *sides[2] = {a, b};
  char bytes[512];
  int silent = 0;
  for (int turn = 0; silent < 2; turn = !turn) {
    size_t len;
    if (scuttle_read(sides[turn], bytes, sizeof bytes, &len) < 0) return -1;
    if (len > 0 && scuttle_write(sides[!turn], bytes, len) < 0) return -1;
    silent = len > 0 ? 0 : silent + 1;
  }
  return 0;
}

/* The length of the incarnation in a source: "~" and 8 characters, after the name. */
enum { INCARNATION = 9 };

static int print(void *context, const scuttle_update_t *update) {
  printf("  %s: %.*s has %.*s, version %" PRIu64 " of %.*s\n", (const char *)context, (int)update->key_len, update->key,
         (int)update->value_len, update->value, update->version, (int)update->source_len - INCARNATION, update->source);
  return 0;
}

int main(void) {
  scuttle_t *arcade = replica("arcade"), *tavern = replica("tavern");
  int code = 0;
  code |= publish(arcade, "kim", "900");
  code |= publish(tavern, "kim", "700"); /* less, and as late: does not stand */
  code |= publish(tavern, "lou", "400");
  code |= publish(tavern, "lou", "350"); /* later, and less: does not stand either */
  code |= publish(arcade, "lou", "120");

  code |= scuttle_gossip(arcade);
  code |= scuttle_gossip(tavern);
  code |= exchange(arcade, tavern);
  if (code < 0) {
    fprintf(stderr, "%s; %s\n", scuttle_errmsg(arcade), scuttle_errmsg(tavern));
    return EXIT_FAILURE;
  }
  scuttle_state(arcade, NULL, 0, print, "arcade");
  scuttle_state(tavern, NULL, 0, print, "tavern");
  scuttle_free(arcade);
  scuttle_free(tavern);
  return EXIT_SUCCESS;
}

/* prints:
  arcade: kim has 900, version 1 of arcade
  arcade: lou has 400, version 2 of tavern
  tavern: kim has 900, version 1 of arcade
  tavern: lou has 400, version 2 of tavern
*/
