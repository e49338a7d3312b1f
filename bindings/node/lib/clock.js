'use strict'
// The version vector ("vector clock", as the seed calls it) of a replica.

/** Maps each source to the version up to which its updates are accounted for. */
class Clock {
  #core

  constructor(core) {
    this.#core = core
  }

  /** Returns the version of a source; -Infinity for an unknown source. */
  get(source) {
    return this.#core.clockOf(String(source)) || -Infinity
  }

  /** The version vector as an object without a prototype. */
  get clock() {
    const all = Object.create(null)
    for (const [source, version] of this) all[source] = version
    return all
  }

  *[Symbol.iterator]() {
    const fields = this.#core.clock()
    for (let i = 0; i < fields.length; i += 2) yield [fields[i], fields[i + 1]]
  }
}

module.exports = Clock
