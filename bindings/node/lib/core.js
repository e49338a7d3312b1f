'use strict'
// A replica of the library and a record of its callbacks: no listener runs during a call of the library, so a listener may call
// anything.

const native = require('./native')
const { ScuttleError } = require('./errors')
const { resolvers } = require('./base')
const { copyOf } = require('./json')
const { compare } = require('./order')
const { FIELDS, fromFields, fromArray } = require('./updates')
const base = require('./base')

const {
  SCUTTLE_EXACT_ID,
  SCUTTLE_KEEP_TOMBSTONES,
  SCUTTLE_NOT_FOUND,
  SCUTTLE_UPDATE_LOCAL,
  SCUTTLE_E_BUSY,
  SCUTTLE_E_KEY,
  SCUTTLE_E_KEY_SIZE,
  SCUTTLE_E_NUL
} = native.codes

/** The codes for an absent key, and for a string that can be no key. */
const NO_KEY = new Set([SCUTTLE_NOT_FOUND, SCUTTLE_E_KEY, SCUTTLE_E_KEY_SIZE, SCUTTLE_E_NUL])

/** The members of a config that the library reads without a change. */
const LIMITS = [
  'seed',
  'maxMessageBytes',
  'maxKeyBytes',
  'maxValueBytes',
  'maxDepth',
  'maxSources',
  'maxLinks',
  'maxVersionJump',
  'maxTombstones',
  'maxKeys',
  'maxBytes'
]

class Core {
  handle = {}
  updates = [] // updates that became the entry of their key in the last calls, each followed by its flags
  failures = [] // exceptions of callbacks and listeners
  events = [] // [event, code] of links
  drained = false
  running = 0 // calls of the library that run now
  closed = false
  links = new Set() // byte streams that `wake` tells of output
  #writing // the local write that runs now
  #resolving // the source of the local write that a resolver decides on, and its version before
  #lastLocal = 0
  #later = [] // calls that could not run inside another

  /**
   * `host` is the first argument of resolvers. `options`: exactId, maxHistory, state (lines to start from), told (called if there is
   * something to tell outside a call of the host's own).
   */
  constructor(host, name, config, options) {
    this.#install(host, config)
    const made = native.create(this.handle, name, this.#nativeOptions(config, options))
    if (made < 0) throw new ScuttleError(made)
    this.id = native.id(this.handle)
  }

  #nativeOptions(config, options) {
    const made = {
      flags: (options.exactId ? SCUTTLE_EXACT_ID : 0) | (config.keepTombstones ? SCUTTLE_KEEP_TOMBSTONES : 0),
      resolver: resolvers.get(config.resolve) || 0,
      mtu: positive(config.mtu, 'mtu'),
      maxHistory: options.maxHistory,
      state: options.state
    }
    for (const limit of LIMITS) made[limit] = positive(config[limit], limit)
    if (config.cluster !== undefined && config.cluster !== null) {
      if (typeof config.cluster !== 'string' || config.cluster.includes('\0')) throw new TypeError('cluster is no name')
      made.cluster = config.cluster
    }
    return made
  }

  #install(host, config) {
    const { handle } = this
    const { resolve, sort } = config
    handle.onUpdate = (key, text, source, version, flags, dotSource, dotVersion) => {
      this.updates.push(fromFields(key, text, source, version, flags, dotSource, dotVersion), flags)
    }
    handle.onLocal = (version, flags) => {
      const { key, value, text } = this.#writing
      this.updates.push({ key, value: copyOf(value, text), source_id: this.id, version }, flags)
    }
    handle.onDrain = () => (this.drained = true)
    handle.onEvent = (event, code) => this.events.push([event, code])
    handle.onTrim = () => false
    if (resolve && !resolvers.has(resolve)) {
      handle.onResolve = this.#guarded((...fields) => {
        const current = fields.length > FIELDS ? writtenUpdate(fields.slice(FIELDS)) : undefined
        return this.#resolve(() => resolve(host, writtenUpdate(fields.slice(0, FIELDS)), current), fields)
      })
    }
    if (sort && sort !== base.sort) {
      handle.onSort = this.#guarded((...fields) => {
        const order = compare(sort, fromFields(...fields.slice(0, FIELDS)), fromFields(...fields.slice(FIELDS)))
        return order < 0 ? -1 : order > 0 ? 1 : 0
      })
    }
  }

  /** Calls the host's resolver. While it decides on a local write, the version vector does not show that write yet. */
  #resolve(call, [, , source, version, flags]) {
    const isLocal = (flags & SCUTTLE_UPDATE_LOCAL) !== 0
    if (isLocal) this.#resolving = { source, before: this.#lastLocal }
    try {
      return call() ? 1 : 0
    } finally {
      this.#resolving = undefined
      if (isLocal) this.#lastLocal = version
    }
  }

  /** Returns a callback that returns 0 instead of an exception, which the host gets after the call. */
  #guarded(callback) {
    return (...fields) => {
      try {
        return callback(...fields)
      } catch (error) {
        this.failures.push(error)
        return 0
      }
    }
  }

  /** Calls a function of the addon, and returns its result. */
  call(name, ...values) {
    this.running++
    try {
      return native[name](this.handle, ...values)
    } finally {
      this.running--
    }
  }

  /** Sets the key of a local write {key, value, text}. Returns the code. */
  set(write) {
    this.running++
    this.#writing = write
    try {
      return native.set(this.handle, write.key, write.text)
    } finally {
      this.running--
    }
  }

  /** Returns the result of a call. Throws if it is the code of an error. */
  check(result) {
    if (typeof result === 'number' && result < 0) throw this.error(result)
    return result
  }

  error(code) {
    return new ScuttleError(code, code === SCUTTLE_E_BUSY ? undefined : native.message(this.handle))
  }

  /** Runs `call` now, or after the call that runs now, in order. Returns whether it ran. */
  whenFree(call) {
    if (this.running > 0) {
      this.#later.push(call)
      return false
    }
    call()
    return true
  }

  /** Returns the next call that has waited for the end of another. */
  nextCall() {
    return this.running > 0 ? undefined : this.#later.shift()
  }

  /** Calls `take` with each update that became an entry, and its flags. */
  takeUpdates(take) {
    while (this.updates.length > 0) {
      const taken = this.updates
      this.updates = []
      for (let i = 0; i < taken.length; i += 2) take(taken[i], taken[i + 1])
    }
  }

  /** Returns {value, version, source_id, key} or undefined. */
  entry(key) {
    const found = this.call('get', key)
    if (NO_KEY.has(found)) return undefined
    this.check(found)
    return { key, value: JSON.parse(found[0]), source_id: found[1], version: found[2] }
  }

  version() {
    return this.check(this.call('version'))
  }

  clockOf(source) {
    if (this.#resolving !== undefined && this.#resolving.source === source) return this.#resolving.before
    return this.check(this.call('clockOf', source))
  }

  clock() {
    return this.check(this.call('clock'))
  }

  news(source, version) {
    return fromArray(this.check(this.call('news', source, version)))
  }

  /** Returns all updates of the library's history, in the order of `sort`. */
  history() {
    const updates = []
    this.handle.onHistory = (...fields) => updates.push(fromFields(...fields))
    try {
      this.check(this.call('history'))
    } finally {
      this.handle.onHistory = undefined
    }
    return updates
  }

  /** Removes the updates that the handle's onTrim chooses from the library's history. Returns whether that was possible now. */
  trim() {
    if (this.running > 0) return false
    return this.call('historyTrim') >= 0
  }

  openLink(flags) {
    const link = {}
    this.check(this.call('linkOpen', link, flags))
    return link
  }

  close() {
    if (this.closed) return
    this.check(native.close(this.handle))
    this.closed = true
  }
}

/** Returns an update as a resolver gets it: with the timestamp, which decides. */
function writtenUpdate(fields) {
  return fromFields(...fields.slice(0, FIELDS - 2))
}

/** Returns a limit; undefined for a falsy value, which means the default. */
function positive(value, name) {
  if (!value) return undefined
  if (typeof value !== 'number' || !(value > 0)) throw new TypeError(`${name} is ${String(value)}; a number above 0 is expected`)
  return value
}

module.exports = { Core, positive }
