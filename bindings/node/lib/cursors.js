'use strict'
// Watchers and saves: what has changed since a cursor, which the host keeps.

const { codes } = require('./native')
const { fromArray } = require('./updates')

/** Returns the BigInts of a cursor; none is the beginning. */
function parts(cursor) {
  return cursor === undefined || cursor === null ? [0n, 0n] : [cursor.incarnation, cursor.position]
}

function cursorOf(incarnation, position) {
  return Object.freeze({ incarnation, position })
}

/**
 * Returns {updates, cursor, gap}: the entries and deletes since a cursor whose key begins with `prefix`, each key once, in order of
 * arrival, `limit` at most.
 */
function changes(core, cursor, { prefix = '', limit } = {}) {
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
    throw new TypeError(`limit is ${String(limit)}; an integer above 0 is expected`)
  }
  const [code, incarnation, position, fields] = core.check(core.call('changes', ...parts(cursor), prefix, limit || 0))
  return { updates: fromArray(fields), cursor: cursorOf(incarnation, position), gap: code === codes.SCUTTLE_GAP }
}

/** Returns {bytes, cursor, whole}: a piece of a save, which has what has changed since a cursor. */
function save(core, cursor) {
  const [code, incarnation, position, bytes] = core.check(core.call('save', ...parts(cursor)))
  return { bytes, cursor: cursorOf(incarnation, position), whole: code === codes.SCUTTLE_GAP }
}

/** Returns the cursor behind the pieces that the replica was imported from; undefined if it was from none. */
function savedCursor(core) {
  const [incarnation, position] = core.check(core.call('saved'))
  return incarnation === 0n ? undefined : cursorOf(incarnation, position)
}

module.exports = { changes, save, savedCursor }
