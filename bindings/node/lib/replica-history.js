'use strict'
// The history of a Gossip: the library's, which serves peers, and `memory`, which shows it.

const History = require('./history')
const { dotOf } = require('./updates')

/**
 * Shows the library's history, which drops nothing by itself: an update that leaves `memory` is removed there, too, before the
 * next digest is served.
 */
class ReplicaHistory extends History {
  #core
  #held = new Map() // dot -> update: the updates that memory and the library have
  #dropped = new Set() // dots that the library still has and memory does not
  #record

  /** `record(update)` writes an update into the library's history, and throws if that refuses it. */
  constructor(max, mtu, sort, core, record) {
    super(max, mtu, sort)
    this.#core = core
    this.#record = record
    core.handle.onTrim = (source, version) => this.#dropped.has(`${version} ${source}`)
  }

  write(...fields) {
    let [update] = fields
    if (fields.length > 1) {
      const [key, value, source_id, version] = fields
      update = { key, value, source_id, version }
    }
    return this.#record(update)
  }

  has(dot) {
    return this.#held.has(dot) || this.#dropped.has(dot)
  }

  enter(update) {
    this.#held.set(dotOf(update), update)
    super.enter(update)
    this.#follow()
  }

  /** Emits an event. A listener that throws ends no call half-way: the host gets the exception after it. */
  emit(...event) {
    try {
      return super.emit(...event)
    } catch (error) {
      this.#core.failures.push(error)
      return true
    }
  }

  /** Compares two updates; a sort that throws ends no call either, and has no preference then. */
  compare(a, b) {
    try {
      return super.compare(a, b)
    } catch (error) {
      this.#core.failures.push(error)
      return 0
    }
  }

  prune() {
    const removed = super.prune()
    for (const update of removed) this.#drop(dotOf(update))
    return removed
  }

  #drop(dot) {
    if (this.#held.delete(dot)) this.#dropped.add(dot)
  }

  /** Notes the updates that listeners have removed from memory. */
  #follow() {
    if (this.memory.length !== this.#held.size) {
      const left = new Set(this.memory.map(dotOf))
      for (const dot of [...this.#held.keys()]) if (!left.has(dot)) this.#drop(dot)
    }
    if (this.#dropped.size > 256 && this.#dropped.size > this.#held.size) this.trim()
  }

  /** Removes the updates that memory has lost from the library's history. */
  trim() {
    if (this.memory.length !== this.#held.size) this.#follow()
    if (this.#dropped.size === 0 || !this.#core.trim()) return
    this.#dropped.clear()
  }
}

module.exports = ReplicaHistory
