/*
 * An `accept` callback: a hub lets listed guests write under their own names, 3 keys each, and remove no entry of each other's.
 *
 *   cc accept.c $(pkg-config --cflags --libs scuttle) -o accept && ./accept
 */
#include "policies.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const guests[] = {"ada", "bob"};
static const char *const trusted[] = {"backup"};

struct hub {
  scuttle_t *replica;
};

static int accept_update(void *context, scuttle_link_t *from, const scuttle_update_t *update) {
  struct hub *hub = context;
  /* A reset removes the entries that its sender lacks: only a peer that is known to have all entries may send one. */
  if ((update->flags & SCUTTLE_UPDATE_RESET) != 0) return policy_peer_is_listed(from, trusted, 1);
  return policy_writer_is_listed(update, guests, 2) && policy_own_prefix(update, '/') &&
         policy_has_room(hub->replica, update, '/', 3);
}

static void on_event(void *context, scuttle_link_t *link, int event, int code) {
  const scuttle_update_t *update;
  if (event != SCUTTLE_EVENT_REFUSED || scuttle_event_update(link, &update) != SCUTTLE_OK) return;
  printf("%s: the hub refuses %.*s (%s)\n", (const char *)context, (int)update->key_len, update->key, scuttle_strerror(code));
}

static int fail(const char *what, int code) {
  fprintf(stderr, "%s: %s\n", what, scuttle_strerror(code));
  return EXIT_FAILURE;
}

/* Exchanges bytes between two links until both are silent. A refused update is an error of its call; the other updates of
   the call are applied. */
static int exchange(scuttle_link_t *a, scuttle_link_t *b) {
  scuttle_link_t *sides[2] = {a, b};
  char bytes[4096];
  int silent = 0;
  for (int turn = 0; silent < 2; turn = !turn) {
    size_t len;
    int code = scuttle_link_read(sides[turn], bytes, sizeof bytes, &len);
    if (code >= 0 && len > 0) code = scuttle_link_write(sides[!turn], bytes, len);
    if (code < 0 && code != SCUTTLE_E_REFUSED) return code;
    silent = len > 0 ? 0 : silent + 1;
  }
  return SCUTTLE_OK;
}

static int print_key(void *context, const scuttle_update_t *entry) {
  (void)context;
  printf("the hub has %.*s = %.*s\n", (int)entry->key_len, entry->key, (int)entry->value_len, entry->value);
  return 0;
}

int main(void) {
  const char *writes[][2] = {{"ada", "ada/colour"}, {"ada", "bob/colour"}, {"ada", "ada/1"}, {"ada", "ada/2"},
                             {"ada", "ada/3"},      {"bob", "bob/colour"}, {"eve", "eve/x"}};
  const char *names[] = {"ada", "bob", "eve"};
  struct hub hub = {NULL};
  scuttle_config_t config = {0};
  config.struct_size = sizeof config;
  config.context = &hub;
  config.accept = accept_update;
  int code = scuttle_new("hub", &config, &hub.replica);
  if (code < 0) return fail("hub", code);
  for (int i = 0; i < 3; i++) {
    scuttle_config_t guest = {0};
    scuttle_t *replica;
    scuttle_link_t *to_hub, *to_guest;
    guest.struct_size = sizeof guest;
    guest.context = (void *)names[i];
    guest.on_event = on_event;
    if ((code = scuttle_new(names[i], &guest, &replica)) < 0) return fail(names[i], code);
    for (size_t j = 0; j < sizeof writes / sizeof writes[0]; j++)
      if (strcmp(writes[j][0], names[i]) == 0) scuttle_set(replica, writes[j][1], SCUTTLE_NTS, "\"red\"", SCUTTLE_NTS);
    if ((code = scuttle_link_open(replica, NULL, &to_hub)) < 0) return fail(names[i], code);
    if ((code = scuttle_link_open(hub.replica, NULL, &to_guest)) < 0) return fail("hub", code);
    scuttle_link_gossip(to_hub);
    if ((code = exchange(to_hub, to_guest)) < 0) return fail(names[i], code);
    scuttle_free(replica);
    scuttle_link_close(to_guest);
  }
  scuttle_state(hub.replica, NULL, 0, print_key, NULL);
  scuttle_free(hub.replica);
  return EXIT_SUCCESS;
}
