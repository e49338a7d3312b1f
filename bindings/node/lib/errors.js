'use strict'
// Errors: a code of the library becomes an exception, and a rejected object becomes an event.

const native = require('./native')

const names = new Map()
for (const [name, code] of Object.entries(native.codes)) {
  if (code < 0) names.set(code, name)
}

/** An error of the library. `code` is its name in scuttle.h, such as 'SCUTTLE_E_KEY'; `errno` is its number. */
class ScuttleError extends Error {
  constructor(errno, message) {
    super(message || native.strerror(errno))
    this.errno = errno
    this.code = names.get(errno) || 'SCUTTLE_E_UNKNOWN'
  }

  get name() {
    return 'ScuttleError'
  }
}

const warned = new Set()

/** Reports a rejected object: as the emitter's event 'rejected', or as a warning of the process, once for each code. */
function reject(emitter, error, object) {
  if (emitter.listenerCount('rejected') > 0) {
    emitter.emit('rejected', error, object)
    return
  }
  const code = error instanceof Error && error.code ? error.code : 'SCUTTLE_E_MESSAGE'
  if (warned.has(code)) return
  warned.add(code)
  process.emitWarning(`${error instanceof Error ? error.message : error} (listen to 'rejected' to see each)`, {
    type: 'ScuttleWarning',
    code
  })
}

module.exports = { ScuttleError, reject }
