/* Policies for scuttle_config_t.accept, to be copied into a program and combined: see accept.c.
 *
 * A writer is the name in an update's source. A peer's name is the claim in its hello (scuttle_link_info): a host admits only
 * peers whose claim is the name that the connection has proved. */
#ifndef SCUTTLE_POLICIES_H
#define SCUTTLE_POLICIES_H

#include <scuttle.h>
#include <stddef.h>
#include <string.h>

/* Returns the length of the name in a source, which may end in "~" and the 8 characters of an incarnation. */
static inline size_t policy_name_len(const char *source, size_t source_len) {
  size_t i;
  if (source_len < 10 || source[source_len - 9] != '~') return source_len;
  for (i = source_len - 8; i < source_len; i++) {
    char c = source[i];
    if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_')) return source_len;
  }
  return source_len - 9;
}

/* Returns 1 if the update's key begins with its writer's name and a separator, as in "ada/colour". */
static inline int policy_own_prefix(const scuttle_update_t *update, char separator) {
  size_t name_len = policy_name_len(update->source, update->source_len);
  return update->key_len > name_len && memcmp(update->key, update->source, name_len) == 0 && update->key[name_len] == separator;
}

/* Returns 1 if a name is one of `count` NUL-terminated names. */
static inline int policy_is_listed(const char *const *names, size_t count, const char *name, size_t name_len) {
  size_t i;
  for (i = 0; i < count; i++)
    if (strlen(names[i]) == name_len && memcmp(names[i], name, name_len) == 0) return 1;
  return 0;
}

/* Returns 1 if the update's writer is listed. */
static inline int policy_writer_is_listed(const scuttle_update_t *update, const char *const *names, size_t count) {
  return policy_is_listed(names, count, update->source, policy_name_len(update->source, update->source_len));
}

/* Returns 1 if the peer of the link is listed. For resets (SCUTTLE_UPDATE_RESET), by which a peer removes entries of other writers. */
static inline int policy_peer_is_listed(scuttle_link_t *from, const char *const *names, size_t count) {
  scuttle_link_info_t info;
  memset(&info, 0, sizeof info);
  info.struct_size = offsetof(scuttle_link_info_t, lag_updates); /* the rest costs more, for each update */
  if (scuttle_link_info(from, &info) != SCUTTLE_OK || info.peer_name == NULL) return 0;
  return policy_is_listed(names, count, info.peer_name, strlen(info.peer_name));
}

struct policy_left {
  size_t left;
};

static inline int policy_count_one(void *context, const scuttle_update_t *entry) {
  struct policy_left *room = (struct policy_left *)context;
  (void)entry;
  return --room->left == 0;
}

/* Returns 1 if the update makes no new key, or if fewer than `most` keys share its prefix, up to and with the separator. Together
   with policy_own_prefix it limits the keys of a name. Cost: O(most). */
static inline int policy_has_room(scuttle_t *replica, const scuttle_update_t *update, char separator, size_t most) {
  struct policy_left room;
  scuttle_entry_t entry;
  const char *end = (const char *)memchr(update->key, separator, update->key_len);
  if ((update->flags & SCUTTLE_UPDATE_DELETED) != 0) return 1;
  if (scuttle_get(replica, update->key, update->key_len, &entry) == SCUTTLE_OK) return 1;
  if (end == NULL || most == 0) return 0;
  room.left = most;
  if (scuttle_state(replica, update->key, (size_t)(end - update->key) + 1, policy_count_one, &room) != SCUTTLE_OK) return 0;
  return room.left > 0;
}

#endif
