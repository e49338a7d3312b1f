/* Files that end too early, and files that were altered. */
#include "check.h"
#include "stores.h"

#include <unistd.h>

enum { SAVES = 6 };

/* Returns how many whole saves are in the first `len` bytes; -1 if not even the head and the first save. */
static int whole_saves(const uint64_t *ends, uint64_t len) {
  int count = -1;
  while (count < SAVES && ends[count + 1] <= len) count++;
  return count;
}

/* Opens a file with these bytes; returns its code, and in `count` the saves that are in it. After a good start a second one has
   to find the same. */
static int open_with(const char *folder, const char *bytes, size_t len, int *count) {
  scuttle_store_config_t config = store_config();
  scuttle_store_t *store;
  char message[512];
  config.message = message;
  config.message_capacity = sizeof message;
  file_put(path_of(folder, "ada.scuttle"), bytes, len);
  int code = scuttle_store_open(folder, "ada", &config, &store);
  *count = -1;
  if (code < 0) return code;
  *count = store_count(store);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  CHECK_INT(scuttle_store_open(folder, "ada", &config, &store), SCUTTLE_OK);
  CHECK_INT(store_count(store), *count);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  return code;
}

TEST(a_file_that_ends_at_any_byte_keeps_its_whole_saves) {
  uint64_t ends[SAVES + 1];
  char *folder = store_with_saves(SAVES, SCUTTLE_STORE_NEVER, ends);
  text_t file = file_text(path_of(folder, "ada.scuttle"));
  CHECK_U64(file.len, ends[SAVES]);
  for (size_t len = 0; len <= file.len; len++) {
    int count, expected = whole_saves(ends, len), code = open_with(folder, file.data, len, &count);
    if (len < 32 + 3) { /* head and name */
      CHECK_INT(code, SCUTTLE_STORE_E_ALIEN);
    } else {
      CHECK_INT(code, len == 35 || (expected >= 0 && ends[expected] == len) ? SCUTTLE_OK : SCUTTLE_TORN);
      CHECK_INT(count, expected < 0 ? 0 : expected);
    }
  }
  text_free(&file);
  folder_remove(folder);
}

/* With `sync_ms` 0 each save was on the disk before the next. */
static void flip_each_bit(uint32_t sync_ms) {
  uint64_t ends[SAVES + 1];
  char *folder = store_with_saves(SAVES, sync_ms, ends);
  text_t file = file_text(path_of(folder, "ada.scuttle"));
  for (size_t bit = 0; bit < file.len * 8; bit += bit % 64 == 8 ? 5 : 1) { /* most of them: a start each */
    size_t at = bit / 8;
    int count, before = whole_saves(ends, at);
    file.data[at] = (char)(file.data[at] ^ 1 << bit % 8);
    int code = open_with(folder, file.data, file.len, &count);
    file.data[at] = (char)(file.data[at] ^ 1 << bit % 8);
    if (at < 35) {
      CHECK(code == SCUTTLE_STORE_E_ALIEN || code == SCUTTLE_STORE_E_FORMAT);
    } else if (before < SAVES - 1 && (sync_ms == 0 || before < 0)) {
      CHECK_INT(code, SCUTTLE_STORE_E_DAMAGED);
    } else { /* the end of the file, which may be a write that was cut */
      CHECK_INT(code, SCUTTLE_TORN);
      CHECK_INT(count, before);
    }
    if (check_failures > 5) break;
  }
  text_free(&file);
  folder_remove(folder);
}

TEST(a_flipped_bit_is_found) { flip_each_bit(0); }

/* A loss of power may write a later block and not an earlier one. */
TEST(a_hole_in_what_was_not_synchronised_is_a_truncated_end) { flip_each_bit(SCUTTLE_STORE_NEVER); }

TEST(a_damaged_file_is_mended_on_demand) {
  uint64_t ends[SAVES + 1];
  char *folder = store_with_saves(SAVES, 0, ends);
  const char *path = path_of(folder, "ada.scuttle");
  text_t file = file_text(path);
  file.data[ends[3] + 40] ^= 1;
  file_put(path, file.data, file.len);
  store_open(folder, SCUTTLE_STORE_E_DAMAGED);
  text_t left = file_text(path);
  CHECK_BYTES(left.data, left.len, file.data, file.len);
  scuttle_store_config_t config = store_config();
  config.flags = SCUTTLE_STORE_MEND;
  scuttle_store_t *store = store_open_with(folder, &config, SCUTTLE_TORN);
  REQUIRE(store);
  CHECK_INT(store_count(store), 3);
  CHECK_U64(store_info(store).healed_bytes, file.len - ends[3]);
  text_t kept = file_text(path_of(folder, "ada.scuttle.damaged"));
  CHECK_BYTES(kept.data, kept.len, file.data, file.len);
  CHECK_INT(store_set(store, "k4", "4"), SCUTTLE_OK);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  store = store_open(folder, SCUTTLE_OK);
  REQUIRE(store);
  CHECK_INT(store_count(store), 4);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  text_free(&file);
  text_free(&left);
  text_free(&kept);
  folder_remove(folder);
}

TEST(bytes_behind_the_end_are_cut_off) {
  uint64_t ends[SAVES + 1], others[SAVES + 1];
  char *folder = store_with_saves(SAVES, 0, ends), *other = store_with_saves(SAVES, 0, others);
  text_t file = file_text(path_of(folder, "ada.scuttle")), alien = file_text(path_of(other, "ada.scuttle"));
  char zeros[5000] = {0};
  int count;
  size_t len = file.len;
  text_add(&file, zeros, sizeof zeros); /* as some file systems leave it */
  CHECK_INT(open_with(folder, file.data, file.len, &count), SCUTTLE_TORN);
  CHECK_INT(count, SAVES);
  file.len = len;
  text_add(&file, alien.data + others[2], alien.len - others[2]); /* blocks of an earlier file */
  CHECK_INT(open_with(folder, file.data, file.len, &count), SCUTTLE_TORN);
  CHECK_INT(count, SAVES);
  file.len = len;
  text_add(&file, file.data + ends[2], len - ends[2]); /* the same saves once more */
  CHECK_INT(open_with(folder, file.data, file.len, &count), SCUTTLE_TORN);
  CHECK_INT(count, SAVES);
  text_free(&file);
  text_free(&alien);
  folder_remove(folder);
  folder_remove(other);
}

/* A save of several frames counts as a whole, or not at all. */
TEST(a_long_save_counts_as_a_whole) {
  char *folder = folder_make(), *value = (char *)malloc(300003);
  scuttle_store_t *store = store_open(folder, SCUTTLE_OK);
  REQUIRE(store && value);
  CHECK_INT(store_set(store, "k1", "1"), SCUTTLE_OK);
  uint64_t before = store_info(store).file_bytes;
  memset(value, 'x', 300002);
  value[0] = value[300001] = '"';
  value[300002] = '\0';
  CHECK_INT(set(scuttle_store_replica(store), "a", value), SCUTTLE_OK);
  CHECK_INT(store_set(store, "k2", "2"), SCUTTLE_OK);
  uint64_t after = store_info(store).file_bytes;
  CHECK(after - before > 300000);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  text_t file = file_text(path_of(folder, "ada.scuttle"));
  uint64_t seed = 7;
  for (int i = 0; i < 60; i++) {
    size_t len = before + random_below(&seed, (size_t)(after - before));
    if (i < 8) len = (size_t)before + 1 + 65568u * (size_t)i / 2; /* ends of frames, too */
    file_put(path_of(folder, "ada.scuttle"), file.data, len);
    store = store_open(folder, len == before ? SCUTTLE_OK : SCUTTLE_TORN);
    REQUIRE(store);
    CHECK_STR(store_value(store, "k1"), "1");
    CHECK(store_value(store, "a") == NULL);
    CHECK(store_value(store, "k2") == NULL);
    CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  }
  file_put(path_of(folder, "ada.scuttle"), file.data, file.len);
  store = store_open(folder, SCUTTLE_OK);
  REQUIRE(store);
  CHECK_STR(store_value(store, "k2"), "2");
  scuttle_entry_t entry;
  CHECK_INT(scuttle_get(scuttle_store_replica(store), "a", SCUTTLE_NTS, &entry), SCUTTLE_OK);
  CHECK_BYTES(entry.value, entry.value_len, value, 300002);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  text_free(&file);
  free(value);
  folder_remove(folder);
}

CHECK_MAIN
