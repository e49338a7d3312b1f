'use strict'
// Updates: the fields of the addon become the objects of the seed.

const { codes } = require('./native')

const DELETED = codes.SCUTTLE_UPDATE_DELETED
const EXPIRED = codes.SCUTTLE_UPDATE_EXPIRED

/** The number of fields of an update in the addon. */
const FIELDS = 7

/**
 * Returns {key, value, source_id, version} as it travels, with `deleted`, `expired` and `written` (the timestamp of a
 * republished update) if they apply.
 */
function fromFields(key, text, source, version, flags, dotSource, dotVersion) {
  const update = {
    key,
    value: text === 'null' ? null : JSON.parse(text),
    source_id: dotSource === undefined ? source : dotSource,
    version: dotVersion === undefined ? version : dotVersion
  }
  if (dotSource !== undefined) update.written = [source, version]
  if (flags & DELETED) update.deleted = true
  if (flags & EXPIRED) update.expired = true
  return update
}

/** Returns the objects for an array of fields, one update's after the other. */
function fromArray(fields) {
  const updates = []
  for (let i = 0; i < fields.length; i += FIELDS) updates.push(fromFields(...fields.slice(i, i + FIELDS)))
  return updates
}

/** Returns the version of the write, which is that of the timestamp. */
function writtenVersion(update) {
  return update.written ? update.written[1] : update.version
}

/** Returns the dot of an update as a string: no two updates have the same. */
function dotOf(update) {
  return dot(update.source_id, update.version)
}

function dot(source, version) {
  return `${version} ${source}`
}

module.exports = { FIELDS, fromFields, fromArray, writtenVersion, dotOf, dot }
