'use strict'
// Random networks in one process: pipes with and without serializers, writes, deletes and breaks at any time. All converge.

const assert = require('node:assert')
const { Transform } = require('node:stream')
const { test } = require('node:test')
const { gossip, quiet, converge } = require('./support')

/** Returns random numbers, the same for each seed. */
function randomFrom(seed) {
  let state = seed
  return (below) => {
    state = (state * 1103515245 + 12345) % 2147483648
    return Math.floor((state / 2147483648) * below)
  }
}

function serialized(random) {
  return new Transform({
    objectMode: true,
    transform(object, _, done) {
      const text = JSON.stringify(object)
      if (random(4) > 0) done(null, JSON.parse(text))
      else setImmediate(() => done(null, JSON.parse(text)))
    }
  })
}

/** Connects two Gossips; returns a function that breaks the connection. */
function connect(a, b, random) {
  if (random(2)) {
    a.pipe(b).pipe(a)
    return () => {
      a.unpipe(b)
      b.unpipe(a)
    }
  }
  const [there, back] = [serialized(random), serialized(random)]
  a.pipe(there).pipe(b)
  b.pipe(back).pipe(a)
  return () => {
    a.unpipe(there)
    b.unpipe(back)
    there.unpipe(b)
    back.unpipe(a)
  }
}

for (let seed = 1; seed <= 12; seed++) {
  test(`network ${seed}`, async () => {
    const random = randomFrom(seed)
    const nodes = ['n0', 'n1', 'n2', 'n3'].map((id, i) => {
      const [mtu, max_history, superseded] = [1 + random(12), 1 + random(12), random(2) === 1]
      return gossip(id, { mtu, max_history, superseded, seed: seed * 100 + i + 1 })
    })
    for (const node of nodes) node.on('rejected', (error, object) => assert.fail(`${error.message}: ${JSON.stringify(object)}`))
    const links = nodes.slice(1).map((node, i) => [nodes[random(i + 1)], node])
    for (let i = random(4); i > 0; i--) {
      const [a, b] = [nodes[random(4)], nodes[random(4)]]
      if (a !== b && !links.some((link) => link.includes(a) && link.includes(b))) links.push([a, b])
    }
    const cuts = links.map(([a, b]) => connect(a, b, random))
    const write = () => {
      const node = nodes[random(4)]
      if (random(6) === 0) node.delete(`k${random(40)}`)
      else node.set(`k${random(40)}`, random(1000))
    }
    for (let step = 0; step < 300; step++) {
      write()
      if (random(5) === 0) nodes[random(4)].gossip()
      if (random(8) === 0) await quiet(1 + random(3))
      if (random(40) === 0) {
        const index = random(links.length)
        cuts[index]()
        await quiet(random(3))
        write()
        cuts[index] = connect(...links[index], random)
      }
    }
    await converge(nodes, 100)
    for (const node of nodes) {
      for (const [key, entry] of Object.entries(node.state)) assert.deepStrictEqual(node.get(key), { ...entry })
    }
  })
}
