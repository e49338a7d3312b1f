'use strict'
// The history: it records updates, and returns those of a source.

const { EventEmitter } = require('events')
const { inherits } = require('util')
const base = require('./base')
const { compare } = require('./order')

inherits(History, EventEmitter)
module.exports = History

/**
 * An array of updates, `memory`, in the order of `sort` and at most `max` long.
 *
 * Events: 'update' (update) after an update has entered; 'compaction' (memory, history) if there are more than `max`,
 * before the first ones are removed. A listener may change `memory` in place.
 */
function History(max, mtu, sort) {
  if (!(this instanceof History)) return new History(max, mtu, sort)
  EventEmitter.call(this)
  this.max_depth = max || 10
  this.mtu = mtu
  this.sort = sort || base.sort
  this.memory = []
}

/** Records an update: write(update), or write(key, value, source_id, version). Returns it. */
History.prototype.write = function (key, value, source_id, version) {
  const update = arguments.length === 1 ? updateOf(key) : { key, value, source_id, version }
  this.enter(update)
  return update
}

function updateOf(object) {
  if (object === null || typeof object !== 'object') throw new TypeError('an update is expected')
  const { key, value, source_id, version } = object
  return { key, value, source_id, version }
}

/** Puts an update into memory, emits 'update', and prunes. */
History.prototype.enter = function (update) {
  const { memory } = this
  let index = memory.length
  while (index > 0 && this.compare(memory[index - 1], update) > 0) index--
  memory.splice(index, 0, update)
  this.emit('update', update)
  if (this.memory.length > this.max_depth) this.emit('compaction', this.memory, this)
  this.prune()
}

/** Returns <0, 0 or >0, as `sort` says. */
History.prototype.compare = function (a, b) {
  return compare(this.sort, a, b)
}

/** Removes the first updates of memory if there are too many. Returns the removed updates. */
History.prototype.prune = function () {
  const excess = this.memory.length - this.max_depth
  return excess > 0 ? this.memory.splice(0, excess) : []
}

/** Returns the updates of a source above a version, in the order of `sort`. */
History.prototype.news = function (id, version) {
  return this.memory.filter((update) => update.source_id === id && update.version > version)
}

Object.defineProperty(History.prototype, 'length', {
  get() {
    return this.memory.length
  }
})
