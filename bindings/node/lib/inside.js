'use strict'
// The inside of a Gossip: its replica, the objects that it reads, and the work before and after a call.

const base = require('./base')
const { codes } = require('./native')
const Clock = require('./clock')
const { Core, positive } = require('./core')
const { reject } = require('./errors')
const { copyOf, toKey, toText } = require('./json')
const LinkStream = require('./link')
const LocalWrite = require('./local-write')
const { digestLines, digestVersion, updateLine, sourceOf, sourceText } = require('./messages')
const Outgoing = require('./outgoing')
const ReplicaHistory = require('./replica-history')
const { routeOf } = require('./route')
const { put, remove, linesOf } = require('./store')
const { FIELDS, dot, dotOf, writtenVersion } = require('./updates')

const { SCUTTLE_UPDATE_RESET, SCUTTLE_UPDATE_DELETED } = codes

class Inside {
  #gossip
  #vector // a copy of the version vector; undefined once it may have changed
  #depth = 0 // calls from outside that run now
  #telling = false
  #notices = [] // rejected objects, reported after the call

  constructor(gossip, id, config, state) {
    this.#gossip = gossip
    this.state = state === undefined || state === null ? {} : state
    const start = linesOf(this.state, id, toText)
    this.core = new Core(gossip, id, config, {
      exactId: config.exactId !== false,
      maxHistory: Infinity, // `history` prunes
      state: start.lines === '' ? undefined : start.lines
    })
    this.clock = new Clock(this.core)
    const max = positive(config.max_history, 'max_history')
    this.history = new ReplicaHistory(max, config.mtu, config.sort, this.core, (update) => this.#record(update))
    this.outgoing = new Outgoing(gossip, this.core, this.clock, wantsSuperseded(config), (call) => this.#guard(call))
    if (start.rejected.length > 0) process.nextTick(() => start.rejected.forEach((row) => reject(gossip, ...row)))
  }

  // ------------------------------------------------------------------------------------------- calls from outside --

  /** Runs a call of the host's, and throws the exceptions of listeners and callbacks after it. */
  entered(call) {
    this.#depth++
    let result
    try {
      result = call()
      this.settle()
    } finally {
      this.#depth--
      if (this.#depth === 0) this.#rethrow()
    }
    return result
  }

  #rethrow() {
    const [first, ...others] = this.core.failures.splice(0)
    for (const error of others) throwLater(error)
    if (first !== undefined) throw first
  }

  writeLocally(write) {
    const gossip = this.#gossip
    if (gossip.writable) return gossip.write(write)
    this.entered(() => this.core.whenFree(() => this.#set(write))) // the stream has ended, the replica has not
    return true
  }

  gossip() {
    this.entered(() => this.core.whenFree(() => this.outgoing.gossip()))
    return this.outgoing.hasRoom
  }

  link(options) {
    return new LinkStream(this, options)
  }

  export() {
    return this.entered(() => this.core.check(this.core.call('export')))
  }

  import(bytes) {
    return this.entered(() => this.#import(bytes))
  }

  #import(bytes) {
    this.#vector = undefined
    const code = this.core.check(this.core.call('import', bytes))
    const fields = this.core.check(this.core.call('state', ''))
    for (let i = 0; i < fields.length; i += FIELDS) {
      put(this.state, fields[i], { value: JSON.parse(fields[i + 1]), version: fields[i + 3] })
    }
    return code === codes.SCUTTLE_OK
  }

  close() {
    this.core.close()
    this.outgoing.close()
    this.#gossip.destroy()
  }

  // --------------------------------------------------------------------------------------------- objects from peers --

  /** Reads an object of the stream. The stream never waits for its reader, so rings of pipes cannot lock up. */
  receive(object, callback) {
    this.core.whenFree(() => this.#take(object))
    callback()
    this.settle()
  }

  #take(object) {
    try {
      if (object instanceof LocalWrite) this.#set(object)
      else if (typeof object !== 'object') throw new TypeError(`a ${typeof object} is no digest and no update`)
      else if (object.digest) this.#serve(object)
      else if (this.#isLocal(object)) this.#setObject(object)
      else this.#apply(object)
    } catch (error) {
      this.#notices.push([error, object])
    }
  }

  /** Returns whether an update is a local write: it has no source, or it was such a write before and got its source here. */
  #isLocal({ source_id, version }) {
    return source_id === undefined || (version === undefined && source_id === this.core.id)
  }

  #setObject(object) {
    if (!('key' in object)) throw new TypeError('an update has no key')
    const write = new LocalWrite(toKey(object.key), object.value, object.deleted === true)
    if (!write.deleted) write.text = toText(object.value)
    this.#set(write)
    if (object.source_id === undefined) Reflect.set(object, 'source_id', this.core.id) // as simple-scuttle does
  }

  #set(write) {
    const { core } = this
    const { key, value, text, deleted } = write
    this.#vector = undefined
    core.check(deleted ? core.call('delete', key) : core.set(write))
    if (core.updates.length > 0) return this.#applied()
    const update = { key, value: deleted ? null : copyOf(value, text), source_id: core.id, version: core.version() }
    if (deleted) update.deleted = true
    this.history.enter(update) // superseded: the resolver decided no
  }

  #serve(digest) {
    const route = routeOf(digest)
    if (route !== undefined && route.from === this.#gossip) return
    const peer = this.outgoing.peerOf(digest, route)
    const source = sourceOf(digest)
    const version = digestVersion(digest.version)
    const above = typeof source === 'string' ? this.#deltaAbove(peer, source, version) : version
    this.history.trim()
    this.core.check(this.core.call('linkWriteLine', peer.link, digestLines(digest, above)))
    if (source !== undefined) peer.requested(source, version, above)
    this.outgoing.owe(peer)
  }

  /**
   * Returns the version above which a delta begins. All streams receive the delta, and those without routes apply it: so it
   * begins at the lowest version that one of these has.
   */
  #deltaAbove(peer, source, version) {
    const { audience } = this.outgoing
    if (!(version > 0) || audience.isEmpty || this.#covered(source) <= version) return version
    return audience.floor(source, version, peer)
  }

  /** Returns a source's entry in the version vector. The vector is kept until it changes, because a round reads each source. */
  #covered(source) {
    if (this.#vector === undefined) this.#vector = new Map(this.clock)
    return this.#vector.get(source) || 0
  }

  #apply(update) {
    const { core } = this
    this.#vector = undefined
    const route = routeOf(update)
    if (route !== undefined && !this.#mayApply(route, update)) return
    const line = updateLine(update)
    const { version } = update
    const source_id = sourceText(update.source_id)
    const proper = typeof source_id === 'string' && Number.isSafeInteger(version) && version > 0
    const before = proper && core.call('remembers', source_id, version)
    const peer = this.outgoing.peerOf(update, route)
    core.check(core.call('linkWriteLine', peer.link, line))
    if (this.outgoing.audience.has(peer)) this.outgoing.digests.doubt(source_id)
    if (core.updates.length > 0) return this.#applied()
    if (before || !proper || !core.call('remembers', source_id, version)) return // known, or rejected
    this.history.enter({ ...update, key: toKey(update.key), source_id }) // superseded
  }

  /**
   * Returns whether an update may be applied. A delta for another peer begins at that peer's version: if this replica has a lower
   * one, the updates between are missing, and it would never request them. It receives a delta of its own soon, unless nobody reads
   * its digests: then it applies all updates.
   */
  #mayApply({ from, to, after }, { source_id }) {
    if (from === this.#gossip) return false
    return to === this.#gossip || this.core.clockOf(source_id) >= after || this.#gossip.readableFlowing === null
  }

  /** Records an update in the history: the seed's history.write. */
  #record(update) {
    const { source_id, version, value } = update
    const key = toKey(update.key)
    const text = toText(value)
    const entered = { key, value: JSON.parse(text), source_id: sourceText(source_id), version }
    this.entered(() =>
      this.core.whenFree(() => {
        const known = this.history.has(dot(entered.source_id, version))
        this.core.check(this.core.call('historyWrite', key, text, entered.source_id, version))
        if (!known) this.history.enter(entered)
      })
    )
    return entered
  }

  // -------------------------------------------------------------------------------------------------- after a call --

  /** Shows the updates that became entries: in the state, in the history and as events. */
  #applied() {
    this.core.takeUpdates((update, flags) => {
      this.#guard(() => {
        if (flags & SCUTTLE_UPDATE_DELETED) remove(this.state, update.key)
        else put(this.state, update.key, { value: update.value, version: writtenVersion(update) })
      })
      if (!(flags & SCUTTLE_UPDATE_RESET)) this.history.enter(update)
      this.#guard(() => this.#gossip.emit('state', this.state))
    })
  }

  /** Shows the updates of bytes that a link has read; superseded ones stand in the library's history only. */
  bytesRead() {
    this.#vector = undefined
    this.#applied()
    for (const update of this.core.history()) if (!this.history.has(dotOf(update))) this.history.enter(update)
  }

  /** Runs the calls that have waited, reports rejected objects, wakes byte streams, and sends. */
  settle() {
    if (this.#telling || this.core.running > 0 || this.core.closed) return
    this.#telling = true
    try {
      for (let call; (call = this.core.nextCall()) !== undefined; ) this.#guard(call)
      while (this.#notices.length > 0) {
        const notice = this.#notices.shift()
        this.#guard(() => reject(this.#gossip, ...notice))
      }
      for (const link of this.core.links) this.#guard(() => link.wake())
    } finally {
      this.#telling = false
    }
    this.outgoing.pump()
  }

  /** Runs a call that may throw; the host gets the exception at the end of its own call, or as an uncaught one if it made none. */
  #guard(call) {
    try {
      call()
    } catch (error) {
      this.core.failures.push(error)
    }
    if (this.#depth === 0) for (const error of this.core.failures.splice(0)) throwLater(error)
  }
}

/** Returns whether deltas have superseded updates. The library sorts live entries only, so with a sort of the host's the default is no. */
function wantsSuperseded({ superseded, sort }) {
  return superseded === undefined ? !sort || sort === base.sort : Boolean(superseded)
}

function throwLater(error) {
  process.nextTick(() => {
    throw error
  })
}

module.exports = Inside
