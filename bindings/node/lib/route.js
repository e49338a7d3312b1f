'use strict'
// Where an object of a Gossip comes from. Streams hand each object to all that they are piped to, so an answer to one peer
// is heard by the others: its route tells them. An object that has been through a serializer has none.

/** Returns its argument as `this`, so that a subclass can give it a private field: no property, nothing to compare. */
class Itself {
  constructor(object) {
    return object
  }
}

class Routed extends Itself {
  #route

  constructor(object, route) {
    super(object)
    this.#route = route
  }

  static of(object) {
    return #route in object ? object.#route : undefined
  }
}

/**
 * Marks an object. `from`: the Gossip that has made it. `to`: the one that has asked for it, null for all. `after`: of an
 * update, the version of its source up to which the answer has nothing below it.
 */
function mark(object, from, to, after) {
  new Routed(object, { from, to, after })
  return object
}

module.exports = { mark, routeOf: Routed.of }
