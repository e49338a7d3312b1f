'use strict'
// The peers that receive the objects of a Gossip, and the updates that they are known to have.

/** The version of each source up to which a receiver is known to have the updates. */
class Receiver {
  #known = new Map() // source -> version

  known(source) {
    return this.#known.get(source) || 0
  }

  /** Notes the version in a digest of the receiver's. */
  claims(source, version) {
    this.#known.set(source, version)
  }

  /** Notes an update that goes to all receivers; above `after` no update before it is missing. */
  received(source, version, after) {
    const known = this.known(source)
    if (known >= after && known < version) this.#known.set(source, version)
  }
}

/** A link of a Gossip to a peer, with the requests of the peer and the updates that it was sent. */
class Peer extends Receiver {
  #requested = new Map() // source -> version above which the last delta begins
  #sent = new Map() // source -> version of the last update sent

  /** `gossip` is a Gossip whose objects have routes; null for a stream that only receives the objects for all. */
  constructor(gossip, link) {
    super()
    this.gossip = gossip
    this.link = link
  }

  /** Notes a digest, and the version above which its delta begins. */
  requested(source, version, above) {
    this.claims(source, version)
    this.#requested.set(source, above)
  }

  /** Begins a new conversation over a new link. */
  restart(link) {
    this.link = link
    this.#requested.clear()
    this.#sent.clear()
  }

  /**
   * Notes an update of a delta to this peer. Returns a version of its source above which the delta has left nothing out
   * before it. Deltas of several digests may run into each other; then it returns the highest that can be.
   */
  sent(source, version) {
    const above = this.#requested.get(source) || 0
    const last = Math.max(above, this.#sent.get(source) || 0)
    this.#sent.set(source, version)
    if (last < version) return last
    return above < version ? above : version - 1
  }
}

module.exports = { Receiver, Peer }
