'use strict'
// The output of a Gossip: a link for each peer that sends to it, and one stream that all peers receive.

const Audience = require('./audience')
const { codes } = require('./native')
const Digests = require('./digests')
const { digestLines } = require('./messages')
const { Peer } = require('./peer')
const { mark, routeOf } = require('./route')

const { SCUTTLE_LINK_CLASSIC, SCUTTLE_LINK_HISTORY } = codes

const gossips = new WeakSet()

class Outgoing {
  audience = new Audience()
  #gossip
  #core
  #flags
  #guard // runs a call that may throw
  #peers = new Map() // Gossip, or another stream that is piped here, or null for whoever else writes -> Peer
  #origins = new WeakMap() // object -> the stream that has piped it here
  #notes = new Map() // stream -> its listeners
  #outputs = new Set() // streams that this one is piped to
  #wasPiped = false // whether it was ever piped anywhere
  #busy = new Set() // peers whose link may have something to send
  #wanted = true // whether the reader has room
  #handing = 0 // objects that are being handed out now
  #discarding = false // whether objects that are read reach nobody
  #flushed // called once everything is sent
  #finished = false // whether the end of the stream is under way

  constructor(gossip, core, clock, superseded, guard) {
    this.digests = new Digests(clock)
    this.#gossip = gossip
    this.#core = core
    this.#flags = SCUTTLE_LINK_CLASSIC | (superseded ? SCUTTLE_LINK_HISTORY : 0)
    this.#guard = guard
    gossips.add(gossip)
    gossip.on('pipe', (source) => this.#join(source))
    gossip.on('unpipe', (source) => this.#leave(source))
  }

  get hasRoom() {
    return this.#wanted
  }

  /** Queues digests. */
  gossip() {
    this.digests.begin()
  }

  /** Notes that the link of a peer may have something to send. */
  owe(peer) {
    this.#busy.add(peer)
  }

  close() {
    this.#peers.clear()
    this.#busy.clear()
  }

  // ------------------------------------------------------------------------------------------------ objects to peers --

  wanted() {
    this.#wanted = true
    this.pump()
  }

  flush(callback) {
    this.#flushed = callback
    this.pump()
  }

  /** Hands out an object. Nothing else is sent meanwhile, because a later reader would get that first. */
  handingOut(emit) {
    if (this.#discarding) return false
    this.#handing++
    try {
      return emit()
    } finally {
      this.#handing--
      this.pump()
    }
  }

  /** Sends objects, one peer after the other, while the reader has room. The rest waits in the library. */
  pump() {
    if (this.#handing > 0) return
    this.#handing++
    try {
      this.#send()
    } finally {
      this.#handing--
    }
  }

  #send() {
    while (this.#maySend()) {
      const digest = this.digests.next()
      if (digest !== undefined) {
        this.#push(mark(digest, this.#gossip, null))
        continue
      }
      for (const peer of this.#busy) {
        const object = this.#guardedNext(peer)
        if (object === undefined) this.#busy.delete(peer)
        else this.#push(object)
        if (!this.#maySend()) break
      }
    }
    if (this.#hasNothing && this.#flushed !== undefined) {
      const flushed = this.#flushed
      this.#flushed = undefined
      this.#finished = true
      this.#wanted = false
      flushed()
    }
  }

  get #hasNothing() {
    return this.#busy.size === 0 && this.digests.isEmpty
  }

  #maySend() {
    const isOpen = !this.#core.closed && !this.#gossip.destroyed
    return this.#wanted && !this.#hasNothing && isOpen && this.#core.running === 0
  }

  #push(object) {
    this.#guard(() => (this.#wanted = this.#gossip.push(object)))
  }

  #guardedNext(peer) {
    let object
    this.#guard(() => (object = this.#next(peer)))
    return object
  }

  #next(peer) {
    const line = this.#core.check(this.#core.call('linkReadLine', peer.link))
    if (line === undefined) return undefined
    const object = JSON.parse(line)
    const { source_id, version } = object
    const after = peer.sent(source_id, version)
    this.audience.received(source_id, version, after)
    return mark(object, this.#gossip, peer.gossip, after)
  }

  // -------------------------------------------------------------------------------------- the readers of the stream --

  opened(output) {
    if (this.#core.closed || this.#outputs.has(output)) return
    if (!gossips.has(output)) {
      if (this.#wasPiped && !this.#finished) this.#core.whenFree(() => this.#beginAnew())
      this.audience.open(output)
    }
    this.#outputs.add(output)
    this.#wasPiped = true
  }

  /** Notes that a pipe to `output` has ended; undefined: all pipes. */
  closed(output) {
    for (const each of output === undefined ? [...this.#outputs] : [output]) {
      this.#outputs.delete(each)
      this.audience.close(each)
    }
  }

  /**
   * Withdraws the deltas on their way before a new reader receives them: they begin at versions that other peers have, or have lost
   * their beginning with a connection. Everything is sent from the beginning instead, once for all.
   */
  #beginAnew() {
    if (this.#busy.size === 0 && this.#gossip.readableLength === 0) return
    const digests = this.#takeBack().filter(({ digest }) => digest)
    const first = this.#peer(null)
    for (const peer of this.#peers.values()) {
      this.#core.check(this.#core.call('linkClose', peer.link))
      peer.restart(this.#core.openLink(this.#flags))
    }
    this.#busy.clear()
    this.#core.check(this.#core.call('linkWriteLine', first.link, digestLines({ done: true })))
    this.#busy.add(first)
    for (const digest of digests) this.#wanted = this.#gossip.push(digest)
  }

  /** Returns the objects that were pushed and not handed out yet. */
  #takeBack() {
    const objects = []
    this.#discarding = true
    this.#handing++
    try {
      while (this.#gossip.readableLength > 0) {
        const object = this.#gossip.read()
        if (object === null) break
        objects.push(object)
      }
    } finally {
      this.#handing--
      this.#discarding = false
    }
    return objects
  }

  /** Returns the peer that an object comes from: the Gossip that has made it, or the stream that has brought it. */
  peerOf(object, route) {
    return route === undefined ? this.#peer(this.#origins.get(object) || null) : this.#peer(route.from, true)
  }

  #peer(source, routed = false) {
    let peer = this.#peers.get(source)
    if (peer === undefined) {
      peer = new Peer(routed ? source : null, this.#core.openLink(this.#flags))
      if (source !== null && !routed) this.audience.enter(source, peer)
      this.#peers.set(source, peer)
    }
    return peer
  }

  /** Notes which objects a stream pipes here, so that the digests of two peers do not mix. */
  #join(source) {
    if (this.#notes.has(source) || gossips.has(source) || this.#core.closed) return
    this.#core.whenFree(() => this.#peer(source))
    const note = (object) => {
      if (object === null || typeof object !== 'object') return
      if (routeOf(object) === undefined) this.#origins.set(object, source)
      else this.audience.leave(source, this.#peers.get(source)) // it only relays the objects of Gossips
    }
    const close = () => this.#leave(source)
    this.#notes.set(source, { note, close })
    source.prependListener('data', note)
    source.once('close', close) // a stream that is destroyed tells no unpipe
  }

  #leave(source) {
    const listeners = this.#notes.get(source)
    if (listeners !== undefined) source.removeListener('data', listeners.note).removeListener('close', listeners.close)
    this.#notes.delete(source)
    const peer = this.#peers.get(source)
    if (peer === undefined) return
    this.#peers.delete(source)
    this.#busy.delete(peer)
    this.audience.leave(source, peer)
    this.#core.whenFree(() => {
      if (!this.#core.closed) this.#core.call('linkClose', peer.link)
    })
  }
}

module.exports = Outgoing
