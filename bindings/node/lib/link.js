'use strict'
// A conversation with one peer over a stream of bytes, such as a socket.

const { Duplex } = require('stream')
const { codes } = require('./native')
const { ScuttleError, reject } = require('./errors')

const CHUNK = 65536

const FLAGS = [
  ['live', codes.SCUTTLE_LINK_LIVE],
  ['readOnly', codes.SCUTTLE_LINK_READ_ONLY],
  ['classic', codes.SCUTTLE_LINK_CLASSIC],
  ['any', codes.SCUTTLE_LINK_ANY],
  ['history', codes.SCUTTLE_LINK_HISTORY]
]

const DIALECTS = new Map([
  [codes.SCUTTLE_DIALECT_CLASSIC, 'classic'],
  [codes.SCUTTLE_DIALECT_EXTENDED, 'extended']
])

/**
 * A Duplex of bytes: socket.pipe(link).pipe(socket). It gossips when it opens, and each `interval` milliseconds if that is
 * given. A rejected line is a 'rejected' (error); an error that ends the link is an 'error' once the last output, which tells the
 * peer the reason, has been read.
 */
class LinkStream extends Duplex {
  #host
  #link = {}
  #live
  #wanted = false
  #waking = false
  #ended // the error that has ended the link
  #timer

  /** `host` has a core, entered(), bytesRead() and settle(). */
  constructor(host, options = {}) {
    super()
    this.#host = host
    let flags = 0
    for (const [name, flag] of FLAGS) if (options[name]) flags |= flag
    this.#link = host.core.openLink(flags)
    this.#live = Boolean(options.live)
    host.core.links.add(this)
    if (options.gossip !== false) this.gossip()
    if (options.interval > 0) this.#timer = setInterval(() => this.gossip(), options.interval).unref()
  }

  /** Starts a gossip on the link. */
  gossip() {
    const { core } = this.#host
    if (this.destroyed || core.closed) return
    core.whenFree(() => {
      core.check(core.call('linkGossip', this.#link))
      this.#send()
    })
  }

  /**
   * Returns the state of the link and its peer. `lag` and `confirmedVersion` count what the peer has stated, and the next gossip brings
   * a statement.
   */
  info() {
    const { core } = this.#host
    const info = core.check(core.call('linkInfo', this.#link))
    info.dialect = DIALECTS.get(info.dialect)
    info.lastError = info.lastError === codes.SCUTTLE_OK ? undefined : new ScuttleError(info.lastError)
    return info
  }

  /** Sends the output of a live link, which any call on the replica may have made. */
  wake() {
    if (!this.#live || this.#waking || !this.#wanted) return
    this.#waking = true
    process.nextTick(() => {
      this.#waking = false
      this.#send()
    })
  }

  _write(chunk, encoding, callback) {
    const { core } = this.#host
    if (core.closed) return callback(new Error('the replica is closed'))
    this.#host.entered(() => {
      core.whenFree(() => this.#take(chunk))
      callback()
    })
  }

  #take(chunk) {
    const { core } = this.#host
    const code = core.call('linkWrite', this.#link, chunk)
    if (code < 0) this.#rejected(core.error(code))
    this.#host.bytesRead()
    this.#send()
  }

  /** Handles the error of the first rejected line. A later line of the same bytes may have ended the link, for another reason. */
  #rejected(error) {
    const { core } = this.#host
    const reason = core.call('linkEnded', this.#link)
    if (reason !== error.errno) reject(this, error)
    if (reason !== codes.SCUTTLE_OK && this.#ended === undefined) {
      this.#ended = reason === error.errno ? error : new ScuttleError(reason)
    }
  }

  _read() {
    this.#wanted = true
    this.#send()
  }

  #send() {
    const { core } = this.#host
    while (this.#wanted && !this.destroyed && !core.closed && core.running === 0) {
      const bytes = core.check(core.call('linkRead', this.#link, CHUNK))
      if (bytes === undefined) return this.#finish()
      this.#wanted = this.push(bytes)
    }
  }

  #finish() {
    if (this.#ended === undefined) return
    const error = this.#ended
    this.#wanted = false
    this.once('end', () => this.destroy(error))
    this.push(null)
  }

  _final(callback) {
    this.push(null)
    this.#wanted = false
    callback()
  }

  _destroy(error, callback) {
    const { core } = this.#host
    clearInterval(this.#timer)
    core.links.delete(this)
    core.whenFree(() => {
      if (!core.closed) core.call('linkClose', this.#link)
    })
    callback(error)
  }
}

module.exports = LinkStream
