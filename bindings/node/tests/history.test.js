'use strict'
// The history: of a Gossip, and on its own.

const assert = require('node:assert')
const { EventEmitter } = require('node:events')
const { test } = require('node:test')
const { History, ScuttleError } = require('..')
const { gossip, quiet, converge, answers } = require('./support')

const update = (key, value, source_id, version) => ({ key, value, source_id, version })

test('the history of a Gossip is an EventEmitter and a History', () => {
  const { history } = gossip('a')
  assert(history instanceof EventEmitter)
  assert(history instanceof History)
  assert(Array.isArray(history.memory))
})

test('update comes with each update, before memory is pruned', () => {
  const a = gossip('a', { max_history: 2 })
  const lengths = []
  a.history.on('update', () => lengths.push(a.history.memory.length))
  for (let i = 0; i < 4; i++) a.set('k', i)
  assert.deepStrictEqual(lengths, [1, 2, 3, 3])
  assert.strictEqual(a.history.memory.length, 2)
})

test('compaction comes with memory and history, before any update is removed', () => {
  const a = gossip('a', { max_history: 2 })
  const told = []
  a.history.on('compaction', (memory, history) => {
    assert.strictEqual(memory, a.history.memory)
    assert.strictEqual(history, a.history)
    told.push(memory.map(({ value }) => value))
  })
  for (let i = 0; i < 4; i++) a.set('k', i)
  assert.deepStrictEqual(told, [[0, 1, 2], [1, 2, 3]])
})

test('an update that a compaction listener removes is in no delta', async () => {
  const a = gossip('a', { max_history: 4 })
  a.history.on('compaction', (memory) => {
    const last = new Map(memory.map((each) => [each.key, each]))
    memory.splice(0, memory.length, ...memory.filter((each) => last.get(each.key) === each))
  })
  for (let i = 0; i < 3; i++) a.set('x', i)
  a.set('y', 1)
  a.set('x', 3)
  assert.deepStrictEqual(a.history.memory.map(({ key, value }) => [key, value]), [['y', 1], ['x', 3]])
  assert.deepStrictEqual((await answers(a)).map(({ key, value }) => [key, value]), [['y', 1], ['x', 3]])
})

test('a compaction listener may put another array in the place of memory', async () => {
  const a = gossip('a', { max_history: 2 })
  a.history.on('compaction', (memory, history) => (history.memory = memory.slice(-1)))
  for (let i = 0; i < 3; i++) a.set('k', i)
  assert.deepStrictEqual(a.history.memory, [update('k', 2, 'a', 3)])
  assert.deepStrictEqual((await answers(a)).map(({ value }) => value), [2])
})

test('memory is pruned to max_history by the order of sort', () => {
  const a = gossip('a', { max_history: 2, sort: (x, y) => y.version - x.version })
  for (let i = 1; i <= 4; i++) a.set('k', i)
  assert.deepStrictEqual(a.history.memory.map(({ version }) => version), [2, 1])
})

test('memory is in the order of sort', () => {
  const a = gossip('a')
  a.write(update('k', 1, 'z', 5))
  a.write(update('k', 2, 'y', 5))
  a.write(update('k', 3, 'x', 2))
  assert.deepStrictEqual(a.history.memory.map(({ source_id }) => source_id), ['x', 'y', 'z'])
})

test('news returns the updates of a source above a version', () => {
  const a = gossip('a')
  a.set('k', 1)
  a.set('k', 2)
  a.write(update('k', 3, 'b', 9))
  assert.deepStrictEqual(a.history.news('a', -Infinity), [update('k', 1, 'a', 1), update('k', 2, 'a', 2)])
  assert.deepStrictEqual(a.history.news('a', 1), [update('k', 2, 'a', 2)])
  assert.deepStrictEqual(a.history.news('b', 9), [])
  assert.deepStrictEqual(a.history.news('none', 0), [])
})

test('write records an update, and peers that request it get it', async () => {
  const a = gossip('a')
  const told = []
  a.history.on('update', (each) => told.push(each))
  assert.deepStrictEqual(a.history.write('k', [1], 'b', 3), update('k', [1], 'b', 3))
  a.history.write({ key: 'j', value: 2, source_id: 'b', version: 5 })
  const expected = [update('k', [1], 'b', 3), update('j', 2, 'b', 5)]
  assert.deepStrictEqual(told, expected)
  assert.deepStrictEqual(a.history.memory, expected)
  assert.deepEqual(a.state, {})
  assert.deepStrictEqual(await answers(a, { digest: true, source_id: 'b', version: 3 }), [update('j', 2, 'b', 5)])
})

test('write may bring on a compaction', () => {
  const a = gossip('a', { max_history: 1 })
  let count = 0
  a.history.on('compaction', () => count++)
  a.history.write('k', 1, 'b', 1)
  a.history.write('k', 2, 'b', 2)
  assert.strictEqual(count, 1)
  assert.deepStrictEqual(a.history.memory, [update('k', 2, 'b', 2)])
})

test('write rejects an object that is no update', () => {
  const { history } = gossip('a')
  assert.throws(() => history.write('', 1, 'b', 1), ScuttleError)
  assert.throws(() => history.write('k', 1, '', 1), ScuttleError)
  for (const version of [0, -1, 1.5, '1', undefined]) assert.throws(() => history.write('k', 1, 'b', version), Error)
  assert.throws(() => history.write('k', 1n, 'b', 1), TypeError)
  assert.throws(() => history.write(null), TypeError)
  assert.strictEqual(history.memory.length, 0)
})

test('a peer that missed dropped updates gets the entries', async () => {
  const a = gossip('a')
  const b = gossip('b')
  for (let i = 0; i < 1000; i++) a.set(`k${i % 200}`, i)
  a.pipe(b).pipe(a)
  await converge([a, b])
  assert.strictEqual(Object.keys(b.state).length, 200)
})

test('memory follows the library over many updates', async () => {
  const a = gossip('a', { max_history: 50, mtu: 2000 })
  for (let i = 0; i < 3000; i++) a.set(`k${i % 7}`, i)
  assert.deepStrictEqual((await answers(a)).map(({ version }) => version), a.history.memory.map(({ version }) => version))
})

test('on its own: any values, pruned, with events', () => {
  const history = new History(2, 10, (x, y) => x.version - y.version)
  const told = []
  history.on('update', (each) => told.push(each))
  history.on('compaction', (memory, self) => told.push([memory.length, self === history]))
  history.write(0, Infinity, 5, 0)
  history.write({ key: 0, value: undefined, source_id: 5, version: -Infinity })
  history.write(1, NaN, 5, 3)
  assert.deepStrictEqual(history.memory, [update(0, Infinity, 5, 0), update(1, NaN, 5, 3)])
  assert.strictEqual(history.length, 2)
  assert.deepStrictEqual(told[3], [3, true])
  assert.deepStrictEqual(history.news(5, 0), [update(1, NaN, 5, 3)])
  assert.deepStrictEqual(history.news('5', 0), [])
  assert(History(1, 1) instanceof History)
})

test('on its own: max defaults to 10', () => {
  const history = new History()
  for (let i = 0; i < 12; i++) history.write('k', i, 'a', i)
  assert.strictEqual(history.memory.length, 10)
})

test('a sort that returns true or false decides which update comes first', () => {
  const history = new History(10, 10, (x, y) => x.version < y.version)
  for (const version of [3, 1, 2]) history.write('k', 1, 'a', version)
  assert.deepStrictEqual(history.memory.map(({ version }) => version), [1, 2, 3])
})
