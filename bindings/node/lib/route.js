'use strict'
// The route of an object of a Gossip: its maker, and the peer that it is for. A stream hands each object to all its readers, so a delta
// for one peer reaches the others, too: the route tells them. An object that has been through a serializer has no route.

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
 * Marks an object with its route. `from`: the Gossip that has made it. `to`: the Gossip that has requested it, null for all. `after`, of
 * an update: a version of its source above which the delta has left nothing out before it.
 */
function mark(object, from, to, after) {
  new Routed(object, { from, to, after })
  return object
}

module.exports = { mark, routeOf: Routed.of }
