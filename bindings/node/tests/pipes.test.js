'use strict'
// Gossips that are piped to each other in one process.

const assert = require('node:assert')
const { PassThrough } = require('node:stream')
const { test } = require('node:test')
const { gossip, quiet, converge, drain, answers, json } = require('./support')

const SHAPES = {
  mesh: (nodes) => nodes.forEach((a) => nodes.forEach((b) => a !== b && a.pipe(b))),
  chain: (nodes) => nodes.slice(1).forEach((b, i) => nodes[i].pipe(b).pipe(nodes[i])),
  'ring, both ways': (nodes) => nodes.forEach((a, i) => a.pipe(nodes[(i + 1) % nodes.length]).pipe(a)),
  star: (nodes) => nodes.slice(1).forEach((b) => nodes[0].pipe(b).pipe(nodes[0])),
  'chain, one object stream between': (nodes) =>
    nodes.slice(1).forEach((b, i) => {
      nodes[i].pipe(new PassThrough({ objectMode: true })).pipe(b)
      b.pipe(new PassThrough({ objectMode: true })).pipe(nodes[i])
    })
}

for (const [shape, connect] of Object.entries(SHAPES)) {
  for (const mtu of [1, 2, 10]) {
    for (const superseded of [true, false]) {
      test(`${shape}, mtu ${mtu}, superseded ${superseded}: nothing is lost`, async () => {
        const nodes = ['a', 'b', 'c', 'd'].map((id) => gossip(id, { mtu, superseded, max_history: 3 }))
        for (const node of nodes) node.on('rejected', (error) => assert.fail(error))
        connect(nodes)
        const written = new Set()
        for (let round = 0; round < 20; round++) {
          for (const node of nodes) {
            for (let i = 0; i < 3; i++) {
              const key = `${node.id}/${(round * 3 + i) % 40}`
              node.set(key, round)
              written.add(key)
            }
            node.set('shared', `${node.id}${round}`)
          }
          nodes[round % 4].gossip()
          if (round % 3 === 0) await quiet(1)
        }
        await converge(nodes, 60)
        assert.strictEqual(Object.keys(nodes[0].state).length, written.size + 1)
        for (const node of nodes) assert.deepStrictEqual(node.state, nodes[0].state)
        for (const node of nodes) assert.strictEqual(node.history.memory.length, 3)
      })
    }
  }
}

test('ring, one way: nobody returns requests, so only objects for all cross', async () => {
  const nodes = ['a', 'b', 'c'].map((id) => gossip(id))
  nodes.forEach((a, i) => a.pipe(nodes[(i + 1) % 3]))
  nodes[0].set('k', 1)
  for (const node of nodes) node.gossip()
  await quiet()
  assert.strictEqual(nodes[0].get('k').value, 1)
})

test('a Gossip whose output nobody reads applies all updates that it receives', async () => {
  const [a, b, mirror] = ['a', 'b', 'mirror'].map((id) => gossip(id))
  a.pipe(b).pipe(a)
  a.pipe(mirror)
  a.set('k', 1)
  b.gossip()
  await quiet()
  a.set('k', 2)
  a.set('j', 3)
  b.gossip()
  await quiet()
  assert.deepStrictEqual(mirror.state, a.state)
})

test('a delta for one peer leaves no gap at another that receives it', async () => {
  const [hub, near, far] = ['hub', 'near', 'far'].map((id) => gossip(id, { mtu: 100 }))
  hub.pipe(near).pipe(hub)
  for (let i = 0; i < 20; i++) hub.set(`k${i}`, i)
  await converge([hub, near])
  hub.pipe(far).pipe(hub)
  far.resume()
  hub.set('last', 1)
  near.gossip() // the delta begins above version 20, and far receives it
  await quiet()
  assert.strictEqual(far.get('last').value, null)
  far.gossip()
  await quiet()
  assert.deepStrictEqual(far.state, hub.state)
})

test('updates for another peer save a request', async () => {
  const [hub, near, far] = ['hub', 'near', 'far'].map((id) => gossip(id, { mtu: 100 }))
  hub.pipe(near).pipe(hub)
  hub.pipe(far).pipe(hub)
  hub.set('k', 1)
  await converge([hub, near, far])
  hub.set('k', 2)
  near.gossip()
  await quiet()
  assert.strictEqual(far.get('k').value, 2)
})

test('unpipe ends a conversation, and a later pipe begins a new one', async () => {
  const [a, b] = ['a', 'b'].map((id) => gossip(id))
  a.pipe(b).pipe(a)
  a.set('k', 1)
  await converge([a, b])
  a.unpipe(b)
  b.unpipe(a)
  a.set('k', 2)
  b.gossip()
  await quiet()
  assert.strictEqual(b.get('k').value, 1)
  a.pipe(b).pipe(a)
  await converge([a, b])
  assert.strictEqual(b.get('k').value, 2)
})

test('objects through JSON have no route, and arrive', async () => {
  const [a, b] = ['a', 'b'].map((id) => gossip(id, { mtu: 2 }))
  a.pipe(json()).pipe(b)
  b.pipe(json()).pipe(a)
  for (let i = 0; i < 50; i++) (i % 2 ? a : b).set(`k${i}`, i)
  await converge([a, b])
  assert.strictEqual(Object.keys(a.state).length, 50)
})

test('objects that cross have only the members of the seed, and id', async () => {
  const a = gossip('a', { mtu: 100 })
  a.set('k', 1)
  a.gossip()
  a.write({ digest: true, done: true })
  assert.deepStrictEqual(drain(a), [
    { digest: true, source_id: 'a', id: 'a', version: 1 },
    { digest: true, done: true },
    { key: 'k', value: 1, source_id: 'a', version: 1 }
  ])
})

test('backpressure: a reader that stops gets everything later', async () => {
  for (const mtu of [1, 2]) {
    const a = gossip('a', { mtu, max_history: 1000 })
    for (let i = 0; i < 100; i++) a.set(`k${i}`, i)
    a.write({ digest: true, done: true })
    assert.strictEqual(a.readableLength, mtu)
    const got = []
    for (let i = 0; i < 500 && got.length < 100; i++) {
      const object = a.read()
      if (object !== null) got.push(object.key)
      if (i % 7 === 0) await quiet(1)
      assert(a.readableLength <= mtu)
    }
    assert.deepStrictEqual(got, Array.from({ length: 100 }, (_, i) => `k${i}`))
  }
})

test('for await reads what a Gossip sends', async () => {
  const a = gossip('a', { mtu: 1 })
  for (let i = 0; i < 5; i++) a.set(`k${i}`, i)
  a.write({ digest: true, done: true })
  a.end()
  const keys = []
  for await (const { key } of a) keys.push(key)
  assert.strictEqual(keys.length, 5)
})

test('a Gossip piped to itself ignores itself', async () => {
  const a = gossip('a')
  a.pipe(a)
  a.set('k', 1)
  a.gossip()
  await quiet()
  assert.deepEqual(a.state, { k: { value: 1, version: 1 } })
})

test('digests of two peers that mix on their way are served each', async () => {
  const hub = gossip('hub', { mtu: 100 })
  hub.write({ key: 'k', value: 1, source_id: 's', version: 5 })
  const [one, two] = [new PassThrough({ objectMode: true }), new PassThrough({ objectMode: true })]
  one.pipe(hub)
  two.pipe(hub)
  one.write({ digest: true, source_id: 's', version: 5 })
  await quiet(1)
  two.write({ digest: true, done: true }) // two has nothing of s
  await quiet(1)
  one.write({ digest: true, done: true })
  await quiet()
  assert.deepStrictEqual(drain(hub), [{ key: 'k', value: 1, source_id: 's', version: 5 }])
  one.unpipe(hub)
  assert.strictEqual(one.listenerCount('data'), 0)
})

test('a hub with a stream of JSON to each peer', async () => {
  const [hub, ...peers] = ['hub', 'a', 'b', 'c'].map((id) => gossip(id, { mtu: 10 }))
  for (const peer of peers) {
    hub.pipe(json()).pipe(peer)
    peer.pipe(json()).pipe(hub)
  }
  for (let i = 0; i < 60; i++) [hub, ...peers][i % 4].set(`k${i}`, i)
  await converge([hub, ...peers])
  assert.strictEqual(Object.keys(hub.state).length, 60)
})

test('a delta for one peer leaves no gap at another behind a serializer', async () => {
  const [hub, near, far] = ['hub', 'near', 'far'].map((id) => gossip(id, { mtu: 100 }))
  const connect = (peer) => {
    hub.pipe(json()).pipe(peer)
    peer.pipe(json()).pipe(hub)
  }
  connect(near)
  for (let i = 0; i < 20; i++) hub.set(`k${i}`, i)
  await converge([hub, near])
  connect(far)
  hub.set('last', 1)
  near.gossip()
  await quiet()
  await converge([hub, near, far])
  hub.set('more', 2)
  let count = 0
  hub.on('data', ({ digest }) => (count += digest ? 0 : 1))
  near.gossip()
  await quiet()
  assert.strictEqual(count, 1, 'once all have the rest, a delta has no more than was requested')
  assert.strictEqual(far.get('more').value, 2)
})

test('a pipe that opens after the digest gets the requested updates, and no more', async () => {
  const a = gossip('a')
  for (let i = 0; i < 5; i++) a.set(`k${i}`, i)
  a.write({ digest: true, source_id: 'a', version: 3 })
  const sink = new PassThrough({ objectMode: true })
  a.pipe(sink)
  await quiet()
  assert.deepStrictEqual(drain(sink).map(({ version }) => version), [4, 5])
})

test('a pipe that opens during a delta for another peer leaves no gap', async () => {
  const [hub, near, far] = ['hub', 'near', 'far'].map((id) => gossip(id, { mtu: 2, superseded: false }))
  const [toNear, toFar] = [json(), json()]
  hub.pipe(toNear)
  near.pipe(json()).pipe(hub)
  for (let i = 0; i < 30; i++) hub.set(`k${i}`, i)
  near.gossip()
  await quiet() // nobody reads toNear, so the delta stops half-way
  hub.pipe(toFar).pipe(far)
  far.pipe(json()).pipe(hub)
  toNear.pipe(near)
  const versions = []
  toFar.on('data', ({ source_id, version, digest }) => !digest && source_id === 'hub' && versions.push(version))
  await converge([hub, near, far])
  assert.strictEqual(versions[0], 1)
  assert.strictEqual(far.history.memory.some(({ written }) => written), false)
})

test('streams that are destroyed leave nothing behind', async () => {
  const hub = gossip('hub')
  for (let i = 0; i < 200; i++) {
    const [there, back] = [new PassThrough({ objectMode: true }), new PassThrough({ objectMode: true })]
    hub.pipe(there)
    back.pipe(hub)
    there.resume()
    hub.set('k', i)
    back.write({ digest: true, done: true })
    await quiet(2)
    there.destroy()
    back.destroy()
    await quiet(2)
    assert(back.listenerCount('data') <= 1, 'a destroyed stream keeps its pipe, and nothing of ours')
  }
  assert.strictEqual(hub.listenerCount('data'), 0)
  hub.set('k', 'last')
  const [last] = (await answers(hub)).slice(-1)
  assert.strictEqual(last.value, 'last')
})

test('the next gossip requests the updates that a stream with gaps has left out', async () => {
  const a = gossip('a', { mtu: 100 })
  const peer = new PassThrough({ objectMode: true })
  peer.pipe(a)
  peer.write({ key: 'k20', value: 20, source_id: 's', version: 20 }) // another peer has requested it
  await quiet()
  a.gossip()
  assert.deepStrictEqual(drain(a), [{ digest: true, done: true }], 'nothing is claimed of s')
  for (let i = 1; i <= 20; i++) peer.write({ key: `k${i}`, value: i, source_id: 's', version: i })
  await quiet()
  assert.strictEqual(Object.keys(a.state).length, 20)
  a.gossip()
  const claims = () => drain(a).filter(({ source_id }) => source_id === 's').map(({ version }) => version)
  assert.deepStrictEqual(claims(), [20])
  a.gossip()
  assert.deepStrictEqual(claims(), [20])
})
