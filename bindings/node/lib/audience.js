'use strict'
// Who hears a Gossip through streams that drop the routes of objects, such as serializers.

const { Hearer } = require('./peer')

/**
 * A peer is an input, which is piped to the Gossip, and an output, which the Gossip is piped to. Nothing says which belong
 * together, so they are matched in the order in which they come. What an input says of itself holds for both; an output
 * without an input is known by what it has heard.
 */
class Audience {
  #peers = new Set() // of inputs
  #inputs = new Set() // without an output
  #outputs = new Map() // without an input -> Hearer

  get isEmpty() {
    return this.#peers.size === 0 && this.#outputs.size === 0
  }

  enter(input, peer) {
    this.#peers.add(peer)
    const [output] = this.#outputs.keys()
    if (output === undefined) this.#inputs.add(input)
    else this.#outputs.delete(output)
  }

  has(peer) {
    return this.#peers.has(peer)
  }

  leave(input, peer) {
    this.#peers.delete(peer)
    this.#inputs.delete(input)
  }

  open(output) {
    const [input] = this.#inputs
    if (input === undefined) this.#outputs.set(output, new Hearer())
    else this.#inputs.delete(input)
  }

  close(output) {
    this.#outputs.delete(output)
  }

  *#all() {
    yield* this.#peers
    yield* this.#outputs.values()
  }

  /** Returns the version of a source that all are known to have; `version` counts for `except`. */
  floor(source, version, except) {
    let floor = version
    for (const hearer of this.#all()) if (hearer !== except) floor = Math.min(floor, hearer.known(source))
    return floor
  }

  heard(source, version, after) {
    for (const hearer of this.#all()) hearer.heard(source, version, after)
  }
}

module.exports = Audience
