'use strict'
// Objects of the stream as lines of the library's classic dialect.

const { toText } = require('./json')

const HIGHEST = Number.MAX_SAFE_INTEGER

/** Returns the lines of a digest at a version. A digest that is done and names a source becomes two, because it requests both. */
function digestLines(digest, version) {
  const source = sourceOf(digest)
  let lines = ''
  if (source !== undefined || !digest.done) lines += `${JSON.stringify({ digest: true, source_id: source, version })}\n`
  if (digest.done) lines += '{"digest":true,"done":true}\n'
  return lines
}

/** Returns the source that a digest names, in one spelling or the other. */
function sourceOf(digest) {
  return sourceText(digest.source_id === undefined ? digest.id : digest.source_id)
}

/** Returns the version of a digest; 0 for none, and for one below all versions. */
function digestVersion(version) {
  if (version === undefined || version === null || version < 0) return 0
  return version === Infinity ? HIGHEST : version
}

/** Returns the line of an update, with all members that it has, in the order in which the library reads them fastest. */
function updateLine(update) {
  const { key, value, source_id, version, ...rest } = update
  if (key === undefined) throw new TypeError('an update has no key')
  const name = typeof key === 'number' ? String(key) : key
  const tail = JSON.stringify({ source_id: sourceText(source_id), version, ...rest })
  return `{"key":${JSON.stringify(name)},"value":${toText(value)},${tail.slice(1)}\n`
}

function sourceText(source) {
  return typeof source === 'number' ? String(source) : source
}

module.exports = { digestLines, digestVersion, updateLine, sourceOf, sourceText }
