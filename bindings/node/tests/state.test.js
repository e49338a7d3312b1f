'use strict'
// The state argument: the host's own key-value store.

const assert = require('node:assert')
const { test } = require('node:test')
const { gossip, quiet, converge, answers } = require('./support')

/** A store behind a Proxy that records each change. */
function database(rows = {}) {
  const calls = []
  const table = new Map(Object.entries(rows))
  const proxy = new Proxy(
    {},
    {
      get: (_, key) => table.get(key),
      set(_, key, row) {
        calls.push(['set', key, row])
        table.set(key, row)
        return true
      },
      defineProperty(_, key, { value }) {
        calls.push(['set', key, value])
        table.set(key, value)
        return true
      },
      deleteProperty(_, key) {
        calls.push(['delete', key])
        return table.delete(key)
      },
      has: (_, key) => table.has(key),
      ownKeys: () => [...table.keys()],
      getOwnPropertyDescriptor(_, key) {
        return table.has(key) ? { value: table.get(key), enumerable: true, configurable: true, writable: true } : undefined
      }
    }
  )
  return { proxy, calls, table }
}

test('entries of the state are there from the start', () => {
  const a = gossip('a', {}, { k: { value: [1], version: 3 }, j: { value: 'x', version: 7 } })
  assert.deepStrictEqual(a.get('k'), { version: 3, value: [1] })
  assert.deepStrictEqual(a.get('j'), { version: 7, value: 'x' })
  assert.strictEqual(a.version, 7)
  a.set('k', 2)
  assert.deepEqual(a.state, { k: { value: 2, version: 8 }, j: { value: 'x', version: 7 } })
  assert.strictEqual(a.history.memory.length, 1)
})

test('peers get entries of the state, also those that share a version', async () => {
  const state = {}
  for (let i = 0; i < 30; i++) state[`k${i}`] = { value: i, version: 1 + (i % 3) }
  const a = gossip('a', {}, state)
  const b = gossip('b')
  b.set('own', 1)
  a.pipe(b).pipe(a)
  await converge([a, b])
  assert.strictEqual(Object.keys(b.state).length, 31)
  assert.deepStrictEqual(b.get('k4'), { version: 2, value: 4 })
})

test('a Proxy gets every update that is applied, and every delete', async () => {
  const { proxy, calls, table } = database({ old: { value: 0, version: 1 } })
  const a = gossip('a', {}, proxy)
  assert.strictEqual(a.state, proxy)
  assert.strictEqual(a.get('old').value, 0)
  a.set('k', 1)
  a.write({ key: 'k', value: 2, source_id: 'b', version: 9 })
  a.write({ key: 'k', value: 0, source_id: 'c', version: 5 })
  a.set('__proto__', 3)
  a.delete('old')
  assert.deepStrictEqual(calls, [
    ['set', 'k', { value: 1, version: 2 }],
    ['set', 'k', { value: 2, version: 9 }],
    ['set', '__proto__', { value: 3, version: 10 }],
    ['delete', 'old']
  ])
  assert.deepStrictEqual([...table.keys()], ['k', '__proto__'])
})

test('a restart from the state goes on above it', async () => {
  const { proxy } = database()
  const first = gossip('a', {}, proxy)
  const peer = gossip('b')
  first.pipe(peer).pipe(first)
  first.set('k', 1)
  first.set('j', 2)
  await converge([first, peer])
  first.unpipe(peer)
  peer.unpipe(first)
  first.close()
  const second = gossip('a', {}, proxy)
  second.pipe(peer).pipe(second)
  second.set('k', 3)
  assert.strictEqual(second.get('k').version, 3)
  await converge([second, peer])
  assert.strictEqual(peer.get('k').value, 3)
})

test('a member that is no entry is rejected, and the rest is applied', async () => {
  const bad = { none: null, plain: 5, text: { value: 1, version: '3' }, '': { value: 1, version: 1 } }
  const a = gossip('a', {}, { good: { value: 1, version: 2 }, ...bad })
  const rejected = []
  a.on('rejected', (error, key) => rejected.push(key))
  await quiet()
  assert.deepStrictEqual(rejected.sort(), ['', 'none', 'plain', 'text'])
  assert.strictEqual(a.version, 2)
  assert.strictEqual((await answers(a)).length, 1)
})

test('a store that throws: the exception comes out of the call, and the replica has the write', () => {
  const a = gossip(
    'a',
    {},
    new Proxy({}, {
      set() {
        throw new Error('disk full')
      }
    })
  )
  assert.throws(() => a.set('k', 1), /disk full/)
  assert.deepStrictEqual(a.get('k'), { version: 1, value: 1 })
})
