'use strict'
// A replica without the stream of objects: for hosts that want the extended dialect over bytes.

const { EventEmitter } = require('events')
const { codes } = require('./native')
const batches = require('./batches')
const Clock = require('./clock')
const { Core, positive } = require('./core')
const cursors = require('./cursors')
const { toKey, toText } = require('./json')
const LinkStream = require('./link')
const { FIELDS } = require('./updates')

/**
 * A named replica. Each start writes under a source of its own, `id`; `config.exactId` makes the name the source.
 * `config.resolve` may be missing: the greater (version, source) stands.
 *
 * Events: 'update' (update) for each update that became the entry of its key; 'drain' after a call that has returned false;
 * 'event' (event, code) with the SCUTTLE_EVENT_… numbers of scuttle.h.
 */
class Replica extends EventEmitter {
  #core
  #name
  #depth = 0

  constructor(name, config = {}) {
    super()
    if (typeof name !== 'string') throw new TypeError('name is no string')
    const { state } = config
    this.#core = new Core(this, name, config, {
      exactId: config.exactId === true,
      maxHistory: positive(config.max_history, 'max_history'),
      state: state === undefined || state === null ? undefined : Buffer.from(state).toString()
    })
    this.#name = name
    this.clock = new Clock(this.#core)
  }

  get core() {
    return this.#core
  }

  /** The source that this replica writes under. */
  get id() {
    return this.#core.id
  }

  get name() {
    return this.#name
  }

  /** The highest version seen, in local updates or those of peers. */
  get version() {
    return this.#core.version()
  }

  /** The number of keys that hold a value. */
  get size() {
    return this.#core.check(this.#core.call('count'))
  }

  /** A BigInt that two replicas share exactly if they hold the same entries. */
  get fingerprint() {
    return this.#core.check(this.#core.call('fingerprint'))
  }

  /** Sets a key. Returns false if a link is full; 'drain' fires once every link has drained. */
  set(key, value) {
    const write = { key: toKey(key), value, text: toText(value) }
    if (this.#core.running > 0) return this.#later(() => this.#core.set(write))
    return this.entered(() => this.#core.check(this.#core.set(write)) !== codes.SCUTTLE_FULL)
  }

  /**
   * Sets a key with a time to live of `ms` milliseconds, which ticks count. `renew`: the replica writes the value again at half of the
   * time, while it is there and its host ticks, until a later write of the key.
   */
  setTtl(key, value, ms, { renew = false } = {}) {
    return this.#change('setTtl', toKey(key), toText(value), ms, Boolean(renew))
  }

  /**
   * Sets the keys of [key, value] pairs, in their order: all of them or none. DELETE as a value deletes the key. `ttl`: milliseconds
   * that each of them has to live; `renew` as in setTtl. Returns as `set`. A peer applies one after the other.
   */
  setMany(pairs, options) {
    return this.#change('setMany', ...batches.writes(pairs, options))
  }

  /**
   * Sets a key if its entry is still the expected one, as `entry` has returned it; undefined: if it holds no value. Returns false, and has
   * changed nothing, if the key has another entry. It compares on this replica alone: two replicas may both succeed.
   */
  setIf(key, value, expected) {
    const fields = batches.conditional(key, value, expected)
    return this.entered(() => this.#core.check(this.#core.call('setIf', ...fields)) !== codes.SCUTTLE_CONFLICT)
  }

  /** Deletes a key. */
  delete(key) {
    return this.#change('delete', toKey(key))
  }

  /** Tells the replica the time, in milliseconds by any clock of the host's that does not go back. */
  tick(now) {
    return this.#change('tick', now)
  }

  /** Starts a gossip on every open link. */
  gossip() {
    return this.#change('gossip')
  }

  /** Purges all tombstones whose dots are covered here. Returns their number. */
  purge() {
    return this.#core.check(this.#core.call('purge'))
  }

  /** Retires a name: excludes it from tombstone garbage collection. Returns whether the name is known. */
  forget(name) {
    return this.#core.check(this.#core.call('forget', toKey(name))) === codes.SCUTTLE_OK
  }

  /** Returns {version, value}; {version: -Infinity, value: null} if there is no such key. */
  get(key) {
    const entry = this.entry(key)
    return entry === undefined ? { version: -Infinity, value: null } : { version: entry.version, value: entry.value }
  }

  has(key) {
    return this.entry(key) !== undefined
  }

  /** Returns {key, value, source_id, version}, or undefined. */
  entry(key) {
    return this.#core.entry(toKey(key))
  }

  /** Returns the entries of those keys that hold a value, as `entry` does: a Map. Faster than key by key in a large map. */
  getMany(keys) {
    return batches.entries(this.#core, keys)
  }

  /** Returns [key, value] of the keys that begin with `prefix`, in their byte order. */
  entries(prefix = '') {
    const fields = this.#core.check(this.#core.call('state', prefix))
    const entries = []
    for (let i = 0; i < fields.length; i += FIELDS) entries.push([fields[i], JSON.parse(fields[i + 1])])
    return entries
  }

  keys(prefix) {
    return this.entries(prefix).map(([key]) => key)
  }

  [Symbol.iterator]() {
    return this.entries()[Symbol.iterator]()
  }

  /** Returns the updates of a source above a version that the history holds. */
  news(source, version) {
    return this.#core.news(source, Math.max(0, version))
  }

  /** Returns all updates of the history, in the order of `sort`. */
  history() {
    return this.#core.history()
  }

  /**
   * Watches the replica: returns {updates, cursor, gap}, the entries and deletes since a cursor, each key once, as it is now, in order of
   * arrival. `prefix`: the first characters of the keys; `limit`: the most updates, behind which the next cursor goes on. `gap`: the
   * cursor could not be followed, so the updates are all entries, and a key that is not among them is gone.
   */
  changes(cursor, options) {
    return cursors.changes(this.#core, cursor, options)
  }

  /** Returns the number of peers on open links that are known to have this replica's writes up to a version; by default all writes. */
  confirmed(version) {
    return this.#core.check(this.#core.call('confirmed', version))
  }

  /** Returns the figures of this moment, by the names of scuttle_stats_t in camel case. */
  stats() {
    return this.#core.check(this.#core.call('stats'))
  }

  /**
   * Returns {bytes, cursor, whole}, a piece of a save: what has changed since a cursor. A file to which pieces are appended is a whole
   * save at every point. `whole`: the piece replaces those before it.
   */
  save(cursor) {
    return cursors.save(this.#core, cursor)
  }

  /** The cursor behind the pieces that the replica was imported from; undefined if it was from none. */
  get savedCursor() {
    return cursors.savedCursor(this.#core)
  }

  /** Returns the whole replica as a Buffer of lines. */
  export() {
    return this.#core.check(this.#core.call('export'))
  }

  /** Starts a new replica from an export, or from pieces of a save. Returns false if the end is truncated. */
  import(bytes) {
    return this.#core.check(this.#core.call('import', bytes)) === codes.SCUTTLE_OK
  }

  /** Returns a byte stream to one peer: a link. */
  link(options) {
    return new LinkStream(this, options)
  }

  /** Frees the replica and ends its links. */
  close() {
    this.#core.close()
    for (const link of this.#core.links) link.destroy()
  }

  #change(name, ...values) {
    if (this.#core.running > 0) return this.#later(() => this.#core.call(name, ...values))
    return this.entered(() => this.#core.check(this.#core.call(name, ...values)) !== codes.SCUTTLE_FULL)
  }

  /** Runs a call; inside a resolver it waits for the end of the call around it. */
  #later(call) {
    this.#core.whenFree(() => this.#core.check(call()))
    return true
  }

  // The methods that a link calls.

  /** Runs a call, emits its events, and throws the exceptions of callbacks and listeners. */
  entered(call) {
    this.#depth++
    let result
    try {
      result = call()
    } finally {
      this.#depth--
      this.settle()
    }
    if (this.#depth === 0) {
      const [first, ...others] = this.#core.failures.splice(0)
      for (const error of others) process.nextTick(() => { throw error })
      if (first !== undefined) throw first
    }
    return result
  }

  bytesRead() {}

  settle() {
    const core = this.#core
    if (core.running > 0 || core.closed) return
    for (let call; (call = core.nextCall()) !== undefined; ) this.#guard(call)
    core.takeUpdates((update) => this.#guard(() => this.emit('update', update)))
    for (const event of core.events.splice(0)) this.#guard(() => this.emit('event', ...event))
    if (core.drained) {
      core.drained = false
      this.#guard(() => this.emit('drain'))
    }
    for (const link of core.links) link.wake()
  }

  #guard(call) {
    try {
      call()
    } catch (error) {
      this.#core.failures.push(error)
    }
  }
}

/** In place of a value of setMany or setIf: the key is deleted. */
Object.defineProperty(Replica, 'DELETE', { value: batches.DELETE, enumerable: true })

module.exports = Replica
