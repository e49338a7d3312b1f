/*
 * A replica in a SQLite database: the start loads it, and each write is in the file once its call has returned, whatever ends the
 * process after that. See sqlite_store.h, which is made to be copied.
 *
 *   cc -std=c99 sqlite_store.c $(pkg-config --cflags --libs scuttle sqlite3) -o sqlite_store
 *   ./sqlite_store words.db set greeting '"hello"'
 *   ./sqlite_store words.db get greeting
 *   ./sqlite_store words.db delete greeting
 *   ./sqlite_store words.db list
 *
 * Without arguments it shows them in a database in memory.
 */
#include "sqlite_store.h"

#include <inttypes.h>
#include <stdlib.h>

/* The length of the incarnation in a source: "~" and 8 characters, after the name. */
enum { INCARNATION = 9 };

static int print(void *context, const scuttle_update_t *update) {
  (void)context;
  printf("%.*s = %.*s, version %" PRIu64 " of %.*s\n", (int)update->key_len, update->key, (int)update->value_len,
         update->value, update->version, (int)update->source_len - INCARNATION, update->source);
  return 0;
}

/* Runs one command. */
static int run(scuttle_t *replica, int count, char **words) {
  scuttle_entry_t entry;
  if (count == 3 && strcmp(words[0], "set") == 0)
    return scuttle_set(replica, words[1], SCUTTLE_NTS, words[2], SCUTTLE_NTS);
  if (count == 2 && strcmp(words[0], "delete") == 0) return scuttle_delete(replica, words[1], SCUTTLE_NTS);
  if (count == 1 && strcmp(words[0], "list") == 0) return scuttle_state(replica, NULL, 0, print, NULL);
  if (count == 2 && strcmp(words[0], "get") == 0) {
    int code = scuttle_get(replica, words[1], SCUTTLE_NTS, &entry);
    if (code >= 0) printf("%s\n", code == SCUTTLE_NOT_FOUND ? "nothing" : entry.value);
    return code;
  }
  fprintf(stderr, "usage: sqlite_store FILE set KEY JSON | get KEY | delete KEY | list\n");
  return SCUTTLE_E_ARGUMENT;
}

static int complain(const sqlite_store_t *store, int code, const char *message) {
  fprintf(stderr, "%s%s%s\n", message, code == SCUTTLE_E_STORE ? ": " : "", code == SCUTTLE_E_STORE ? store->why : "");
  return EXIT_FAILURE;
}

static int show(scuttle_t *replica) {
  char *set[] = {"set", "greeting", "\"hello\""}, *other[] = {"set", "lamp", "{\"on\": true}"};
  char *get[] = {"get", "lamp"}, *delete[] = {"delete", "greeting"}, *list[] = {"list"};
  int code = run(replica, 3, set);
  if (code >= 0) code = run(replica, 3, other);
  if (code >= 0) code = run(replica, 2, get);
  if (code >= 0) code = run(replica, 1, list);
  if (code >= 0) code = run(replica, 2, delete);
  if (code >= 0) code = run(replica, 1, list);
  return code;
}

int main(int argc, char **argv) {
  sqlite_store_t store;
  scuttle_state_store_t functions;
  scuttle_config_t config = {0};
  scuttle_t *replica = NULL;
  int code, status = EXIT_SUCCESS;
  if (sqlite_store_open(&store, argc > 1 ? argv[1] : ":memory:", "FULL") != SQLITE_OK) {
    fprintf(stderr, "%s\n", store.why);
    sqlite_store_close(&store);
    return EXIT_FAILURE;
  }
  functions = sqlite_store_functions(&store);
  config.struct_size = sizeof config;
  config.state_store = &functions;
  code = scuttle_new("shell", &config, &replica); /* loads what is in the file */
  if (code < 0) {
    status = complain(&store, code, scuttle_strerror(code));
  } else {
    code = argc > 1 ? run(replica, argc - 2, argv + 2) : show(replica);
    if (code < 0) status = complain(&store, code, scuttle_errmsg(replica));
  }
  scuttle_free(replica);
  sqlite_store_close(&store);
  return status;
}

/* prints:
{"on":true}
greeting = "hello", version 1 of shell
lamp = {"on":true}, version 2 of shell
lamp = {"on":true}, version 2 of shell
*/
