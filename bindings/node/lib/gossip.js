'use strict'
// The stream face of a replica: it reads and writes digests and updates.

const { Transform } = require('stream')
const { inherits } = require('util')
const Inside = require('./inside')
const { positive } = require('./core')
const { toKey, toText } = require('./json')
const LocalWrite = require('./local-write')

inherits(Gossip, Transform)
module.exports = Gossip

const inside = Symbol('inside')

/**
 * A replica as a Transform stream in objectMode.
 *
 * `config.resolve` is required. `state` is an object that keeps the entries; the replica starts from those that it has.
 * Events beside those of a stream: 'state' (state) after an update was applied; 'rejected' (error, object) for a rejected object, which
 * changes nothing. Exceptions of listeners and callbacks come out of the call that has caused them.
 */
function Gossip(id, config, state) {
  const self = this instanceof Gossip ? this : Object.create(Gossip.prototype)
  if (!config || !config.resolve) {
    throw new Error(
      'config.resolve is missing: it decides whether an update is applied. base.resolution has lww_vs_clock, ' +
        'lww_vs_current_vers and strictly_order_values'
    )
  }
  if (typeof config.resolve !== 'function') throw new TypeError('config.resolve is no function')
  if (config.sort && typeof config.sort !== 'function') throw new TypeError('config.sort is no function')
  Transform.call(self, { objectMode: true, highWaterMark: highWaterMark(config.mtu) })
  const name = typeof id === 'number' ? String(id) : id
  if (typeof name !== 'string') throw new TypeError('id is no string')
  Object.defineProperty(self, inside, { value: new Inside(self, name, config, state) })
  self.setMaxListeners(0) // each pipe adds some
  self.id = self[inside].core.id
  self.state = self[inside].state
  self.clock = self[inside].clock
  self.history = self[inside].history
  return self
}

function highWaterMark(mtu) {
  return Math.min(Math.ceil(positive(mtu, 'mtu') || 10), Number.MAX_SAFE_INTEGER)
}

/** Sets a key: a local write. Returns false if the stream is full; then wait for 'drain'. */
Gossip.prototype.set = function (key, value) {
  const write = new LocalWrite(toKey(key), value)
  write.text = toText(value)
  return this[inside].writeLocally(write)
}

/** Deletes a key: a local write that leaves a tombstone, which simple-scuttle reads as null. Returns as `set`. */
Gossip.prototype.delete = function (key) {
  return this[inside].writeLocally(new LocalWrite(toKey(key), null, true))
}

/** Returns {version, value}; {version: -Infinity, value: null} if there is no such key. */
Gossip.prototype.get = function (key) {
  const entry = this.entry(key)
  return entry === undefined ? { version: -Infinity, value: null } : { version: entry.version, value: entry.value }
}

/** Returns the entry of a key, {key, value, source_id, version}; undefined if there is no such key. */
Gossip.prototype.entry = function (key) {
  return this[inside].core.entry(toKey(key))
}

/** Queues digests of all known sources, in random order. Returns false if the stream is full and some of them wait. */
Gossip.prototype.gossip = function () {
  return this[inside].gossip()
}

/** Returns a byte stream that speaks the library's own protocol with one peer, of any language. */
Gossip.prototype.link = function (options) {
  return this[inside].link(options)
}

/** Returns the whole replica as a Buffer of lines. */
Gossip.prototype.export = function () {
  return this[inside].export()
}

/** Starts a new Gossip from an export. Returns false if the export is truncated. */
Gossip.prototype.import = function (bytes) {
  return this[inside].import(bytes)
}

/** Ends the stream and frees the replica. `state` and `history.memory` stay as they are. */
Gossip.prototype.close = function () {
  this[inside].close()
}

Gossip.prototype.write = function (...written) {
  return this[inside].entered(() => Transform.prototype.write.apply(this, written))
}

/** Emits an event. Objects reach all readers in one order: while one is handed out, no other goes out. */
Gossip.prototype.emit = function (event, ...values) {
  if (event !== 'data') return Transform.prototype.emit.call(this, event, ...values)
  return this[inside].outgoing.handingOut(() => Transform.prototype.emit.call(this, event, ...values))
}

Gossip.prototype.pipe = function (output, options) {
  this[inside].outgoing.opened(output)
  return Transform.prototype.pipe.call(this, output, options)
}

Gossip.prototype.unpipe = function (output) {
  this[inside].outgoing.closed(output)
  return Transform.prototype.unpipe.call(this, output)
}

Gossip.prototype._transform = function (object, encoding, callback) {
  this[inside].receive(object, callback)
}

Gossip.prototype._read = function () {
  this[inside].outgoing.wanted()
}

Gossip.prototype._flush = function (callback) {
  this[inside].outgoing.flush(callback)
}

Object.defineProperty(Gossip.prototype, 'version', {
  configurable: true,
  /** The highest version seen, in local updates or those of peers. */
  get() {
    return this[inside].core.version()
  },
  /** An assignment is ignored: hosts write `gossip.version++`, as the tests of simple-scuttle do. */
  set() {}
})
