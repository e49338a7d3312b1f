'use strict'
// The state of a Gossip: key -> {value, version}, a plain object or the host's own.

/** Sets an entry. A key such as __proto__ is a key like any other. */
function put(state, key, entry) {
  if (key === '__proto__') {
    Object.defineProperty(state, key, { value: entry, enumerable: true, configurable: true, writable: true })
  } else {
    state[key] = entry
  }
}

function remove(state, key) {
  Reflect.deleteProperty(state, key)
}

/**
 * Returns the lines of updates for the entries of a state, in order of version, and the members that are no entries. Their source is
 * `id`. Entries that share a version need another source each, and a digest that accounts for it, because peers receive
 * covered updates only.
 */
function linesOf(state, id, toText) {
  const entries = []
  const rejected = []
  for (const key of Object.keys(state)) {
    try {
      const { value, version } = state[key]
      if (!Number.isSafeInteger(version) || version < 1) throw new TypeError(`version of state entry ${key} is ${String(version)}`)
      if (key === '' || key.includes('\0') || !key.isWellFormed()) throw new TypeError('key of a state entry is no key')
      entries.push({ key, version, text: toText(value) })
    } catch (error) {
      rejected.push([error, key])
    }
  }
  entries.sort((a, b) => a.version - b.version)
  const highest = new Map()
  let lines = ''
  let copies = 0
  entries.forEach(({ key, version, text }, index) => {
    copies = index > 0 && entries[index - 1].version === version ? copies + 1 : 0
    const source = copies === 0 ? id : `${id}/${copies}`
    if (copies > 0) highest.set(source, version)
    lines += `${JSON.stringify({ key, source_id: source, version }).slice(0, -1)},"value":${text}}\n`
  })
  for (const [source_id, version] of highest) lines += `${JSON.stringify({ digest: true, source_id, version })}\n`
  return { lines, rejected }
}

module.exports = { put, remove, linesOf }
