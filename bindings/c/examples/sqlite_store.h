/*
 * A scuttle_state_store_t in a SQLite database: one transaction for each call on the replica that changes it. Made to be
 * copied: one file, C99, SQLite 3.8.2 or later.
 *
 *   sqlite_store_t store;
 *   scuttle_state_store_t functions;
 *   if (sqlite_store_open(&store, "words.db", "FULL") != SQLITE_OK) …      store.why says why
 *   functions = sqlite_store_functions(&store);
 *   config.state_store = &functions;
 *   scuttle_new(…); …; scuttle_free(replica);
 *   sqlite_store_close(&store);                                             after the replica
 *
 * The table `scuttle` has a row for each key, with columns for queries of your own: `key`, and `value` as JSON text, NULL
 * for a deleted key. Other programs may read it at any time; only the replica may write it. One replica to a file.
 */
#ifndef SQLITE_STORE_H
#define SQLITE_STORE_H

#include <scuttle.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  sqlite3 *database;
  sqlite3_stmt *load, *begin, *put, *remove, *commit, *rollback;
  char why[200]; /* SQLite's message about the latest function that failed */
} sqlite_store_t;

/* Records why a function has failed, and returns the code. */
static inline int sqlite_store_failed(sqlite_store_t *store, int code) {
  snprintf(store->why, sizeof store->why, "%s", sqlite3_errmsg(store->database));
  return code;
}

/* Runs a prepared statement that returns no rows, and makes it ready for the next time. */
static inline int sqlite_store_run(sqlite_store_t *store, sqlite3_stmt *statement) {
  int code = sqlite3_step(statement);
  if (code == SQLITE_DONE) code = SQLITE_OK;
  if (code != SQLITE_OK) sqlite_store_failed(store, code);
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement); /* the bound memory is the library's, and is valid during the call only */
  return code;
}

static inline int sqlite_store_load(void *context, scuttle_line_fn take, void *take_context) {
  sqlite_store_t *store = (sqlite_store_t *)context;
  int code;
  while ((code = sqlite3_step(store->load)) == SQLITE_ROW) {
    const void *line = sqlite3_column_blob(store->load, 0);
    if (take(take_context, (const char *)line, (size_t)sqlite3_column_bytes(store->load, 0)) != 0) break;
  }
  if (code != SQLITE_DONE && code != SQLITE_ROW) sqlite_store_failed(store, code);
  sqlite3_reset(store->load);
  return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

static inline int sqlite_store_begin(void *context) {
  sqlite_store_t *store = (sqlite_store_t *)context;
  return sqlite_store_run(store, store->begin);
}

/* Binds the primary key of a row without a copy, because SQLite reads it during the call only. A NULL pointer would be the value NULL. */
static inline void sqlite_store_bind_id(sqlite3_stmt *statement, const scuttle_row_t *row) {
  sqlite3_bind_int64(statement, 1, (sqlite3_int64)row->kind);
  sqlite3_bind_blob64(statement, 2, row->id_len ? row->id : "", row->id_len, SQLITE_STATIC);
}

static inline int sqlite_store_put(void *context, const scuttle_row_t *row) {
  sqlite_store_t *store = (sqlite_store_t *)context;
  const scuttle_update_t *update = row->update;
  sqlite_store_bind_id(store->put, row);
  sqlite3_bind_blob64(store->put, 3, row->line_len ? row->line : "", row->line_len, SQLITE_STATIC);
  if (update) sqlite3_bind_text64(store->put, 4, update->key, update->key_len, SQLITE_STATIC, SQLITE_UTF8);
  if (update && !(update->flags & SCUTTLE_UPDATE_DELETED))
    sqlite3_bind_text64(store->put, 5, update->value, update->value_len, SQLITE_STATIC, SQLITE_UTF8);
  return sqlite_store_run(store, store->put);
}

static inline int sqlite_store_remove(void *context, const scuttle_row_t *row) {
  sqlite_store_t *store = (sqlite_store_t *)context;
  sqlite_store_bind_id(store->remove, row);
  return sqlite_store_run(store, store->remove);
}

static inline int sqlite_store_commit(void *context) {
  sqlite_store_t *store = (sqlite_store_t *)context;
  return sqlite_store_run(store, store->commit);
}

/* Undoes the transaction. After some errors, such as a full disk, SQLite has done so already. `why` stays that of the function that
   has failed. */
static inline void sqlite_store_rollback(void *context) {
  sqlite_store_t *store = (sqlite_store_t *)context;
  if (sqlite3_get_autocommit(store->database)) return;
  sqlite3_step(store->rollback);
  sqlite3_reset(store->rollback);
}

static inline int sqlite_store_prepare(sqlite_store_t *store, const char *sql, sqlite3_stmt **statement) {
  return sqlite3_prepare_v2(store->database, sql, -1, statement, NULL);
}

/* Closes the database, after the replica, or after an sqlite_store_open that has failed. A second call does nothing. */
static inline void sqlite_store_close(sqlite_store_t *store) {
  sqlite3_finalize(store->load);
  sqlite3_finalize(store->begin);
  sqlite3_finalize(store->put);
  sqlite3_finalize(store->remove);
  sqlite3_finalize(store->commit);
  sqlite3_finalize(store->rollback);
  sqlite3_close(store->database);
  memset(store, 0, sizeof *store - sizeof store->why);
}

/* Opens the database in the file `path`, which is made if there is none. Returns a code of SQLite.
   synchronous  SQLite's durability: "FULL" puts each call on the disk before it returns; "NORMAL" loses the last calls
                if the power fails, and nothing if the process is killed; "OFF" may lose the database if the power fails */
static inline int sqlite_store_open(sqlite_store_t *store, const char *path, const char *synchronous) {
  char sql[100];
  int code;
  memset(store, 0, sizeof *store);
  snprintf(sql, sizeof sql, "PRAGMA journal_mode = WAL; PRAGMA synchronous = %.10s", synchronous);
  if ((code = sqlite3_open(path, &store->database)) != SQLITE_OK ||
      (code = sqlite3_busy_timeout(store->database, 5000)) != SQLITE_OK || /* somebody else may be reading */
      (code = sqlite3_exec(store->database, sql, NULL, NULL, NULL)) != SQLITE_OK ||
      (code = sqlite3_exec(store->database,
                           "CREATE TABLE IF NOT EXISTS scuttle (kind INTEGER NOT NULL, id BLOB NOT NULL, line BLOB NOT NULL,"
                           " key TEXT, value TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID",
                           NULL, NULL, NULL)) != SQLITE_OK ||
      (code = sqlite_store_prepare(store, "SELECT line FROM scuttle", &store->load)) != SQLITE_OK ||
      (code = sqlite_store_prepare(store, "BEGIN IMMEDIATE", &store->begin)) != SQLITE_OK ||
      (code = sqlite_store_prepare(store, "INSERT OR REPLACE INTO scuttle (kind, id, line, key, value) VALUES (?, ?, ?, ?, ?)",
                                   &store->put)) != SQLITE_OK ||
      (code = sqlite_store_prepare(store, "DELETE FROM scuttle WHERE kind = ? AND id = ?", &store->remove)) != SQLITE_OK ||
      (code = sqlite_store_prepare(store, "COMMIT", &store->commit)) != SQLITE_OK ||
      (code = sqlite_store_prepare(store, "ROLLBACK", &store->rollback)) != SQLITE_OK)
    sqlite_store_failed(store, code);
  return code;
}

/* Returns the functions for `state_store` of a replica's config. The replica copies them; the store itself must stay valid. */
static inline scuttle_state_store_t sqlite_store_functions(sqlite_store_t *store) {
  scuttle_state_store_t functions;
  memset(&functions, 0, sizeof functions);
  functions.struct_size = sizeof functions;
  functions.context = store;
  functions.load = sqlite_store_load;
  functions.begin = sqlite_store_begin;
  functions.put = sqlite_store_put;
  functions.remove = sqlite_store_remove;
  functions.commit = sqlite_store_commit;
  functions.rollback = sqlite_store_rollback;
  return functions;
}

#endif
