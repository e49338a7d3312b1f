/* The files of names, and files that are not a store's own. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "check.h"
#include "stores.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

TEST(any_name_has_a_file_of_its_own) {
  char *folder = folder_make(), longest[247], other[247];
  memset(longest, '/', 246);
  longest[246] = '\0';
  memcpy(other, longest, sizeof other);
  other[245] = '-';
  const char *names[] = {"ada", "Ada", "a/b", "a%2fb", "..", ".", "a.b", "-", "\xc3\xa9", "a b", "x\ny", longest, other, "CON", "a.scuttle"};
  enum { COUNT = sizeof names / sizeof names[0] };
  char value[16];
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < COUNT; i++) {
      scuttle_store_t *store;
      REQUIRE(scuttle_store_open(folder, names[i], NULL, &store) == SCUTTLE_OK);
      snprintf(value, sizeof value, "%d", i);
      if (round == 0) CHECK_INT(store_set(store, "which", value), SCUTTLE_OK);
      else CHECK_STR(store_value(store, "which"), value);
      CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
    }
  }
  CHECK(file_exists(path_of(folder, "a%2fb.scuttle")));
  CHECK(file_exists(path_of(folder, "a%252fb.scuttle")));
  CHECK(file_exists(path_of(folder, "%2e%2e.scuttle")) || file_exists(path_of(folder, "%2e.%2e.scuttle")));
  folder_remove(folder);
}

TEST(a_file_of_another_name_is_refused) {
  char *folder = folder_make();
  scuttle_store_t *store;
  REQUIRE(scuttle_store_open(folder, "bob", NULL, &store) == SCUTTLE_OK);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  CHECK_INT(rename(path_of(folder, "bob.scuttle"), path_of(folder, "ada.scuttle")), 0);
  store_open(folder, SCUTTLE_STORE_E_NAME);
  folder_remove(folder);
}

static void check_alien(char *folder, int expected) {
  const char *path = path_of(folder, "ada.scuttle");
  text_t before = file_text(path);
  store_open(folder, expected);
  text_t after = file_text(path);
  CHECK_BYTES(after.data, after.len, before.data, before.len);
  text_free(&before);
  text_free(&after);
}

TEST(an_alien_file_is_refused_and_left_alone) {
  char *folder = folder_make();
  char *path = strdup(path_of(folder, "ada.scuttle"));
  char *target = strdup(path_of(folder, "other"));
  char text[4000];
  memset(text, 'x', sizeof text);
  file_put(path, text, sizeof text);
  check_alien(folder, SCUTTLE_STORE_E_ALIEN);
  file_put(path, "", 0);
  check_alien(folder, SCUTTLE_STORE_E_ALIEN);
  file_put(path, "\x89scut\r\n\x1a", 8);
  check_alien(folder, SCUTTLE_STORE_E_ALIEN);
  file_put(path, "{\"digest\":true,\"export\":{\"source\":\"A\",\"lamport\":3,\"incarnation\":7}}\n", 69);
  check_alien(folder, SCUTTLE_STORE_E_ALIEN);
  unlink(path);
  CHECK_INT(mkdir(path, 0700), 0);
  store_open(folder, SCUTTLE_STORE_E_ALIEN);
  rmdir(path);
  CHECK_INT(mkfifo(path, 0600), 0);
  store_open(folder, SCUTTLE_STORE_E_ALIEN);
  unlink(path);
  scuttle_store_t *store = store_open(folder, SCUTTLE_OK);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  CHECK_INT(rename(path, target), 0);
  CHECK_INT(symlink(target, path), 0);
  store_open(folder, SCUTTLE_STORE_E_ALIEN); /* whoever can make links in the folder does not choose what is written */
  unlink(path);
  CHECK_INT(symlink("/nowhere/at/all", path), 0);
  store_open(folder, SCUTTLE_STORE_E_ALIEN);
  free(path);
  free(target);
  folder_remove(folder);
}

TEST(a_later_format_is_refused) {
  char *folder = folder_make();
  scuttle_store_t *store = store_open(folder, SCUTTLE_OK);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  text_t file = file_text(path_of(folder, "ada.scuttle"));
  file.data[8] = 2;
  file_put(path_of(folder, "ada.scuttle"), file.data, file.len);
  check_alien(folder, SCUTTLE_STORE_E_FORMAT);
  text_free(&file);
  folder_remove(folder);
}

TEST(a_missing_folder_is_made_but_not_its_parents) {
  char *folder = folder_make(), inner[600];
  scuttle_store_t *store;
  snprintf(inner, sizeof inner, "%s/a/b", folder);
  CHECK_INT(scuttle_store_open(inner, "ada", NULL, &store), SCUTTLE_STORE_E_IO);
  CHECK_INT(errno, ENOENT);
  snprintf(inner, sizeof inner, "%s/a", folder);
  CHECK_INT(scuttle_store_open(inner, "ada", NULL, &store), SCUTTLE_OK);
  CHECK_INT(scuttle_store_close(store), SCUTTLE_OK);
  struct stat found;
  CHECK(stat(path_of(inner, "ada.scuttle"), &found) == 0 && (found.st_mode & 0777) == 0600);
  CHECK_INT(scuttle_store_open(path_of(inner, "ada.scuttle"), "ada", NULL, &store), SCUTTLE_STORE_E_IO);
  CHECK_INT(errno, ENOTDIR);
  folder_remove(strdup(inner));
  folder_remove(folder);
}

CHECK_MAIN
