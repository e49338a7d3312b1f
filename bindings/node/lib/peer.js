'use strict'
// What a Gossip knows of those that hear it.

/** How far somebody is known to have the updates of each source. */
class Hearer {
  #known = new Map() // source -> version

  known(source) {
    return this.#known.get(source) || 0
  }

  /** Notes what it says of itself. */
  says(source, version) {
    this.#known.set(source, version)
  }

  /** Notes an update that goes to all, and before which nothing is missing above `after`. */
  heard(source, version, after) {
    const known = this.known(source)
    if (known >= after && known < version) this.#known.set(source, version)
  }
}

/** A link of a Gossip to a peer: what the peer has asked, and what it has been sent. */
class Peer extends Hearer {
  #asked = new Map() // source -> version above which the last answer goes
  #sent = new Map() // source -> version of the last update sent

  /** `gossip` is a Gossip whose objects have routes; null for a stream that only hears what goes to all. */
  constructor(gossip, link) {
    super()
    this.gossip = gossip
    this.link = link
  }

  /** Notes a digest, and the version above which it is answered. */
  asked(source, version, above) {
    this.says(source, version)
    this.#asked.set(source, above)
  }

  /** Begins a new conversation over a new link. */
  restart(link) {
    this.link = link
    this.#asked.clear()
    this.#sent.clear()
  }

  /**
   * Notes an update that answers this peer. Returns a version of its source above which the answer has left nothing out
   * before it. Answers to several digests may run into each other; then it returns the highest that can be.
   */
  sent(source, version) {
    const asked = this.#asked.get(source) || 0
    const last = Math.max(asked, this.#sent.get(source) || 0)
    this.#sent.set(source, version)
    if (last < version) return last
    return asked < version ? asked : version - 1
  }
}

module.exports = { Hearer, Peer }
