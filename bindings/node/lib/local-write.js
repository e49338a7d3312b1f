'use strict'

/** The object that `set` and `delete` write to the stream of a Gossip. */
class LocalWrite {
  constructor(key, value, deleted = false) {
    this.key = key
    this.value = value
    this.deleted = deleted
    this.text = undefined
  }
}

module.exports = LocalWrite
