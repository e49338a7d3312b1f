'use strict'
// The digests of a Gossip: how far it knows each source, in random order, and done.

/**
 * One round of digests at a time; a round that has not gone out yet is not asked for twice.
 *
 * A stream without routes may come from a program that leaves gaps, as simple-scuttle does with several peers: then an update
 * has covered others that are still on their way. So a source that was heard there since the last round is asked for from
 * where it stood at that round.
 */
class Digests {
  #clock
  #left = [] // the last one first
  #doubted = new Set() // sources
  #before = new Map() // source -> version at the last round

  constructor(clock) {
    this.#clock = clock
  }

  get isEmpty() {
    return this.#left.length === 0
  }

  /** Notes that an update of a source has come from a stream without routes. */
  doubt(source) {
    this.#doubted.add(source)
  }

  /** Begins a round. */
  begin() {
    if (!this.isEmpty) return
    const now = new Map(this.#clock)
    const digests = []
    for (const [source, version] of now) {
      const claim = this.#doubted.has(source) ? this.#before.get(source) || 0 : version
      if (claim > 0) digests.push({ digest: true, source_id: source, id: source, version: claim })
    }
    this.#left = [{ digest: true, done: true }, ...shuffled(digests)]
    this.#before = now
    this.#doubted.clear()
  }

  /** Returns the next digest of the round; undefined if there is none. */
  next() {
    return this.#left.pop()
  }
}

function shuffled(array) {
  for (let i = array.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    ;[array[i], array[j]] = [array[j], array[i]]
  }
  return array
}

module.exports = Digests
