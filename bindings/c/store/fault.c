#include "store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int fault_of(scuttle_store_t *store, int code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(store->fault.text, sizeof store->fault.text, format, arguments);
  va_end(arguments);
  store->fault.code = code;
  store->fault.error = 0;
  return code;
}

int fault_io(scuttle_store_t *store, const char *verb, const char *file) {
  int error = errno;
  fault_of(store, SCUTTLE_STORE_E_IO, "cannot %s %s%s%s: %s", verb, store->path, file[0] ? "/" : "", file,
           strerror(error));
  store->fault.error = store->last_errno = error;
  errno = error;
  return SCUTTLE_STORE_E_IO;
}

int fault_of_replica(scuttle_store_t *store, int code) {
  return fault_of(store, code, "%s", store->replica ? scuttle_errmsg(store->replica) : scuttle_strerror(code));
}

const char *scuttle_store_errmsg(scuttle_store_t *store) {
  return store ? store->fault.text : scuttle_strerror(SCUTTLE_E_ARGUMENT);
}

const char *scuttle_store_strerror(int code) {
  switch (code) {
  case SCUTTLE_STORE_E_IO: return "a call of the system has failed";
  case SCUTTLE_STORE_E_LOCKED: return "another store has the file open";
  case SCUTTLE_STORE_E_ALIEN: return "the file was not made by a file store";
  case SCUTTLE_STORE_E_FORMAT: return "the file has the format of a later version";
  case SCUTTLE_STORE_E_NAME: return "the file holds a replica of another name";
  case SCUTTLE_STORE_E_DAMAGED: return "the file is damaged";
  case SCUTTLE_STORE_E_REPLACED: return "the open file was removed, replaced, or written by somebody else";
  default: return scuttle_strerror(code);
  }
}
