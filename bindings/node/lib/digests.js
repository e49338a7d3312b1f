'use strict'
// The digests of a Gossip: its version of each source, in random order, and done.

/**
 * Makes one round of digests at a time: a round that is still pending is not begun again.
 *
 * A stream without routes may come from a program that leaves gaps, as simple-scuttle does with several peers: then an update
 * has covered others that are still on their way. So if such a stream has sent updates of a source since the last round, the digest
 * has the version of that round.
 */
class Digests {
  #clock
  #left = [] // the next one last
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
