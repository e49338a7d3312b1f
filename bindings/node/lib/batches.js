'use strict'
// Many keys in one call, and sets with a condition: the arguments as the addon reads them.

const { toKey, toText } = require('./json')

/** In place of a value: the key is deleted. */
const DELETE = Symbol('scuttle.DELETE')

function textOf(value) {
  return value === DELETE ? undefined : toText(value)
}

/** Returns the arguments of setMany. Nothing is written yet, so an iterable or a value that throws changes nothing. */
function writes(pairs, { ttl, renew = false } = {}) {
  if (renew && ttl === undefined) throw new TypeError('renew needs a ttl')
  const fields = []
  for (const [key, value] of pairs) fields.push(toKey(key), textOf(value))
  return [fields, ttl, Boolean(renew)]
}

/** Returns the arguments of setIf. `expected` is an entry or an update; null or undefined: no value. */
function conditional(key, value, expected) {
  return [toKey(key), textOf(value), ...timestampOf(expected)]
}

/** Returns source and version of a write. Both count, because two replicas may issue one version. */
function timestampOf(entry) {
  if (entry === undefined || entry === null) return ['', 0]
  const [source, version] = entry.written || [entry.source_id, entry.version]
  if (typeof source !== 'string') throw new TypeError('expected has no source_id; an entry of entry() or getMany() has one')
  return [source, version]
}

/** Returns the entries of those keys that hold a value: a Map of keys to {key, value, source_id, version}. */
function entries(core, keys) {
  const names = []
  for (const key of keys) names.push(toKey(key))
  const fields = core.check(core.call('getMany', names))
  const found = new Map()
  names.forEach((key, index) => {
    const [text, source_id, version] = fields.slice(3 * index, 3 * index + 3)
    if (text !== undefined) found.set(key, { key, value: JSON.parse(text), source_id, version })
  })
  return found
}

module.exports = { DELETE, writes, conditional, entries }
