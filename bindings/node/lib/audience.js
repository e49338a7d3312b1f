'use strict'
// The peers that receive the objects of a Gossip without their routes, because a stream such as a serializer drops those.

const { Receiver } = require('./peer')

/**
 * Matches inputs, which are piped to the Gossip, and outputs, which the Gossip is piped to: two of them make a peer. Nothing tells
 * which belong together, so they are matched in the order in which they open. The digests of an input hold for its output, too; an
 * output without an input has the versions of the updates that it has received.
 */
class Audience {
  #peers = new Set() // of inputs
  #inputs = new Set() // without an output
  #outputs = new Map() // without an input -> Receiver

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
    if (input === undefined) this.#outputs.set(output, new Receiver())
    else this.#inputs.delete(input)
  }

  close(output) {
    this.#outputs.delete(output)
  }

  *#all() {
    yield* this.#peers
    yield* this.#outputs.values()
  }

  /** Returns the version of a source that all receivers are known to have; `version` counts for `except`. */
  floor(source, version, except) {
    let floor = version
    for (const receiver of this.#all()) if (receiver !== except) floor = Math.min(floor, receiver.known(source))
    return floor
  }

  received(source, version, after) {
    for (const receiver of this.#all()) receiver.received(source, version, after)
  }
}

module.exports = Audience
