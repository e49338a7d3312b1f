'use strict'
// The statements of simple-scuttle's README, in its order.

const assert = require('node:assert')
const { PassThrough, Transform } = require('node:stream')
const { test } = require('node:test')
const scuttle = require('..')
const { Gossip, base, config, gossip, quiet, converge, drain, answers } = require('./support')

test('it exports a class Gossip, whose instances are transform streams in objectMode', () => {
  const made = new scuttle.Gossip('id', config())
  assert(made instanceof Transform)
  assert(made instanceof Gossip)
  assert.strictEqual(made.readableObjectMode, true)
  assert.strictEqual(made.writableObjectMode, true)
})

test('Gossip can be called without new', () => {
  assert(Gossip('id', config()) instanceof Gossip)
})

test('a class can extend Gossip, in both styles', () => {
  class Modern extends Gossip {
    double(key) {
      return 2 * this.get(key).value
    }
  }
  const modern = new Modern('id', config())
  modern.set('a', 4)
  assert.strictEqual(modern.double('a'), 8)
  function Old(id) {
    Gossip.call(this, id, config())
  }
  require('util').inherits(Old, Gossip)
  const old = new Old('old')
  old.set('a', 1)
  assert.deepEqual(old.state, { a: { value: 1, version: 1 } })
})

test('it exports base: the default config and the resolution functions', () => {
  assert.strictEqual(scuttle.base.config.mtu, 10)
  assert.strictEqual(scuttle.base.config.max_history, 10)
  assert.strictEqual(scuttle.base.config.sort, scuttle.base.sort)
  assert.strictEqual(scuttle.base.config.resolve, null)
  const names = ['lww_vs_clock', 'lww_vs_current_vers', 'strictly_order_values']
  assert.deepStrictEqual(Object.keys(scuttle.base.resolution).sort(), names)
  assert.strictEqual(scuttle.base, require('../lib/base'))
  assert.strictEqual(scuttle.Gossip, require('../lib/gossip'))
  assert.strictEqual(scuttle.History, require('../lib/history'))
})

test('the example of the README: through serializers and a peer stream', async () => {
  const serializer = () =>
    new Transform({ writableObjectMode: true, transform: (object, _, done) => done(null, `${JSON.stringify(object)}\n`) })
  const deserializer = () => {
    let rest = ''
    return new Transform({
      readableObjectMode: true,
      transform(bytes, _, done) {
        const lines = (rest + bytes).split('\n')
        rest = lines.pop()
        for (const line of lines) this.push(JSON.parse(line))
        done()
      }
    })
  }
  const a = gossip('a')
  const b = gossip('b')
  const persisted = []
  b.history.on('update', (update) => persisted.push(update))
  const [there, back] = [new PassThrough(), new PassThrough()]
  a.pipe(serializer()).pipe(there).pipe(deserializer()).pipe(b)
  b.pipe(serializer()).pipe(back).pipe(deserializer()).pipe(a)
  a.set('age', 100)
  b.set('name', 'Who')
  await converge([a, b])
  assert.deepStrictEqual(a.state, b.state)
  assert.deepStrictEqual(persisted.map(({ key }) => key).sort(), ['age', 'name'])
})

test('config.mtu is the high-water mark', () => {
  const made = gossip('a', { mtu: 3 })
  assert.strictEqual(made.readableHighWaterMark, 3)
  assert.strictEqual(made.writableHighWaterMark, 3)
})

test('config.max_history defaults to 10 if falsy', () => {
  for (const max_history of [0, null, undefined, NaN]) {
    const a = gossip('a', { max_history })
    for (let i = 0; i < 12; i++) a.set(`k${i}`, i)
    assert.strictEqual(a.history.memory.length, 10)
    assert.strictEqual(a.history.memory[0].key, 'k2')
  }
})

test('config.max_history limits the updates that the history stores', () => {
  const a = gossip('a', { max_history: 2 })
  for (let i = 0; i < 5; i++) a.set('k', i)
  assert.deepStrictEqual(a.history.memory.map(({ value }) => value), [3, 4])
})

test('config.resolve is required', () => {
  for (const broken of [undefined, null, {}, { resolve: null }, base.config]) {
    assert.throws(() => new Gossip('id', broken && { ...broken, resolve: null }), /resolve.*base\.resolution.*lww_vs_clock/s)
  }
  assert.throws(() => new Gossip('id', { resolve: 5 }), TypeError)
})

test('properties of the config may be inherited', () => {
  const derived = Object.create(config())
  derived.mtu = 2
  const a = new Gossip('a', derived)
  assert.strictEqual(a.readableHighWaterMark, 2)
  a.set('k', 1)
  assert.strictEqual(a.get('k').value, 1)
})

test('config.resolve decides whether an update is applied', () => {
  const decided = []
  const a = gossip('a', {
    resolve(self, update) {
      decided.push([self, update])
      return update.value !== 'no'
    }
  })
  a.set('k', 'yes')
  a.set('k', 'no')
  a.write({ key: 'k', value: 'no', source_id: 'b', version: 7 })
  a.write({ key: 'j', value: 'yes', source_id: 'b', version: 8 })
  assert.deepStrictEqual(a.state, { k: { value: 'yes', version: 1 }, j: { value: 'yes', version: 8 } })
  assert(decided.every(([self]) => self === a))
  assert.deepStrictEqual(decided[2][1], { key: 'k', value: 'no', source_id: 'b', version: 7 })
})

test('regardless of config.resolve, every valid update is written to history', () => {
  const a = gossip('a', { resolve: () => false })
  const told = []
  a.history.on('update', (update) => told.push(update))
  a.set('k', 1)
  a.write({ key: 'k', value: 2, source_id: 'b', version: 5 })
  const expected = [
    { key: 'k', value: 1, source_id: 'a', version: 1 },
    { key: 'k', value: 2, source_id: 'b', version: 5 }
  ]
  assert.deepStrictEqual(a.history.memory, expected)
  assert.deepStrictEqual(told, expected)
  assert.deepStrictEqual(a.state, {})
  a.write({ key: 'k', value: 2, source_id: 'b', version: 5 })
  assert.strictEqual(a.history.memory.length, 2, 'a second copy is no update')
})


for (const superseded of [undefined, false, true]) {
  test(`config.sort orders what another Gossip requests, superseded: ${superseded}`, async () => {
    const a = gossip('a', { sort: (x, y) => (x.key < y.key ? -1 : 1), max_history: 100, superseded })
    a.write({ key: 'b', value: 1, source_id: 'x', version: 1 })
    a.write({ key: 'c', value: 1, source_id: 'y', version: 2 })
    a.write({ key: 'a', value: 1, source_id: 'z', version: 3 })
    assert.deepStrictEqual(a.history.memory.map(({ key }) => key), ['a', 'b', 'c'])
    assert.deepStrictEqual((await answers(a)).map(({ key }) => key), ['a', 'b', 'c'])
  })
}

for (const superseded of [true, false]) {
  test(`the default sort is by version, then source, superseded: ${superseded}`, async () => {
    const a = gossip('a', { superseded })
    for (const [source_id, version] of [['y', 1], ['x', 2], ['y', 3]]) a.write({ key: `k${version}`, value: 1, source_id, version })
    assert.deepStrictEqual((await answers(a)).map(({ version }) => version), [1, 2, 3])
  })
}

test('the state argument is the key value store', () => {
  const state = {}
  const a = gossip('a', {}, state)
  assert.strictEqual(a.state, state)
  a.set('k', { x: 1 })
  assert.deepStrictEqual(state, { k: { value: { x: 1 }, version: 1 } })
})

test('a digest gets all updates of its source above its version', async () => {
  const a = gossip('a')
  for (let i = 1; i <= 4; i++) a.set(`k${i}`, i)
  a.write({ key: 'x', value: 1, source_id: 'b', version: 9 })
  a.write({ digest: true, source_id: 'a', version: 2 })
  await quiet()
  assert.deepStrictEqual(drain(a).map(({ version }) => version), [3, 4])
})

test('digest.done requests the sources that no digest has named', async () => {
  const a = gossip('a')
  a.set('k', 1)
  a.write({ key: 'x', value: 1, source_id: 'b', version: 9 })
  a.write({ digest: true, source_id: 'a', version: 1 })
  a.write({ digest: true, done: true })
  await quiet()
  assert.deepStrictEqual(drain(a), [{ key: 'x', value: 1, source_id: 'b', version: 9 }])
})

test('any true value of digest.done counts', async () => {
  const a = gossip('a')
  a.set('k', 1)
  assert.deepStrictEqual(await answers(a, { digest: 1, done: 'yes' }), [{ key: 'k', value: 1, source_id: 'a', version: 1 }])
})

test('an update has the value that its source set at its version', () => {
  const a = gossip('a')
  a.write({ key: 'age', value: 100, source_id: '#A', version: 10 })
  assert.deepStrictEqual(a.get('age'), { version: 10, value: 100 })
  assert.strictEqual(a.clock.get('#A'), 10)
})

test('set applies a local update with version and source_id', () => {
  const a = gossip('a')
  assert.strictEqual(a.set('k', 'v'), true)
  assert.deepStrictEqual(a.history.memory, [{ key: 'k', value: 'v', source_id: 'a', version: 1 }])
})

test('set returns false at the high-water mark, and drain follows', async () => {
  const a = gossip('a', { mtu: 2 })
  a.cork()
  assert.strictEqual(a.set('k', 1), true)
  assert.strictEqual(a.set('k', 2), false)
  process.nextTick(() => a.uncork())
  await new Promise((done) => a.once('drain', done))
  assert.strictEqual(a.get('k').value, 2)
})

test('writing an update without a source is a local write, and gives the object its source', () => {
  const a = gossip('a')
  const object = { key: 'k', value: 'v' }
  a.write(object)
  a.write(object)
  assert.strictEqual(object.source_id, 'a')
  assert.strictEqual(a.version, 2)
  a.write(Object.freeze({ key: 'f', value: 1 }))
  assert.strictEqual(a.get('f').version, 3)
})

test('get returns {version, value}, and -Infinity and null for none', () => {
  const a = gossip('a')
  a.set('k', [1])
  assert.deepStrictEqual(a.get('k'), { version: 1, value: [1] })
  for (const none of ['none', 'toString', '__proto__', '', 5, 'a\0b', 'x'.repeat(1e5)]) {
    assert.deepStrictEqual(a.get(none), { version: -Infinity, value: null })
  }
})

test('gossip queues digests of all sources in random order, and done', async () => {
  const orders = new Set()
  for (let i = 0; i < 30; i++) {
    const a = gossip('a', { mtu: 100 })
    a.set('k', 1)
    for (const source_id of ['b', 'c', 'd']) a.write({ key: source_id, value: 1, source_id, version: 5 })
    a.gossip()
    const digests = drain(a)
    assert.deepStrictEqual(digests.pop(), { digest: true, done: true })
    assert.deepStrictEqual(digests.map(({ source_id }) => source_id).sort(), ['a', 'b', 'c', 'd'])
    for (const digest of digests) assert.strictEqual(digest.version, digest.source_id === 'a' ? 1 : 5)
    orders.add(digests.map(({ source_id }) => source_id).join())
  }
  assert(orders.size > 3, `${orders.size} orders`)
})

test('gossip does not push past the high-water mark, and loses nothing', async () => {
  const a = gossip('a', { mtu: 2 })
  for (const source_id of ['b', 'c', 'd', 'e', 'f']) a.write({ key: source_id, value: 1, source_id, version: 5 })
  assert.strictEqual(a.gossip(), false)
  assert.strictEqual(a.readableLength, 2)
  const digests = []
  for (let i = 0; i < 10; i++) {
    digests.push(...drain(a))
    await quiet(2)
  }
  assert.strictEqual(digests.filter(({ done }) => done).length, 1)
  const sources = digests.filter(({ done }) => !done).map(({ source_id }) => source_id)
  assert.deepStrictEqual(sources.filter((id) => id !== 'a').sort(), ['b', 'c', 'd', 'e', 'f'])
})

test('another Gossip that reads digests responds with updates', async () => {
  const a = gossip('a')
  const b = gossip('b')
  b.set('k', 1)
  a.pipe(b).pipe(a)
  a.gossip()
  await quiet()
  assert.deepStrictEqual(a.state, { k: { value: 1, version: 1 } })
})

test('state maps each key to a value and a version', () => {
  const a = gossip('a')
  a.set('k', 1)
  a.set('j', { deep: [true] })
  assert(Object.hasOwn(a, 'state'))
  assert.deepEqual(a.state, { k: { value: 1, version: 1 }, j: { value: { deep: [true] }, version: 2 } })
  assert.deepStrictEqual(Object.keys(a.state.k).sort(), ['value', 'version'])
  assert.strictEqual(a.state.nothing, undefined)
})

test('the state event comes after each applied update', () => {
  const a = gossip('a')
  const states = []
  a.on('state', (state) => states.push(JSON.stringify(state)))
  a.set('k', 1)
  a.write({ key: 'k', value: 2, source_id: 'b', version: 2 })
  a.write({ key: 'k', value: 0, source_id: 'c', version: 1 })
  assert.deepStrictEqual(states, ['{"k":{"value":1,"version":1}}', '{"k":{"value":2,"version":2}}'])
})

test('version is the highest seen, locally and from others', () => {
  const a = gossip('a')
  assert.strictEqual(a.version, 0)
  a.set('k', 1)
  assert.strictEqual(a.version, 1)
  a.write({ key: 'j', value: 1, source_id: 'b', version: 40 })
  assert.strictEqual(a.version, 40)
  a.set('k', 2)
  assert.strictEqual(a.get('k').version, 41)
  assert.strictEqual(a.version++, 41)
  assert.strictEqual(a.version, 41)
})

test('clock.get returns the version of a source', () => {
  const a = gossip('a')
  a.set('k', 1)
  a.write({ key: 'j', value: 1, source_id: 'b', version: 40 })
  assert.strictEqual(a.clock.get('a'), 1)
  assert.strictEqual(a.clock.get('b'), 40)
  assert.strictEqual(a.clock.get('c'), -Infinity)
  assert.deepEqual({ ...a.clock.clock }, { a: 1, b: 40 })
})

test('keys and values: whatever JSON has, and keys like those of Object.prototype', async () => {
  const a = gossip('a', { mtu: 100, max_history: 100 })
  const b = gossip('b', { mtu: 100, max_history: 100 })
  a.pipe(b).pipe(a)
  const keys = ['__proto__', 'toString', 'constructor', 'hasOwnProperty', 'Grüße 🐙', ' ', 'a\nb']
  const numbers = [0, -0, 1.5, 1e300, 2 ** 53, 1e19, -1e25]
  const values = [null, false, ...numbers, '', '日本', '1234567890123456789012', [], {}, { __proto__: null, x: [1] }]
  for (const key of keys) a.set(key, key)
  values.forEach((value, index) => a.set(`v${index}`, value))
  await converge([a, b])
  for (const key of keys) {
    assert.strictEqual(b.get(key).value, key)
    assert.strictEqual(Object.getOwnPropertyDescriptor(b.state, key).value.value, key)
  }
  values.forEach((value, index) => assert.deepEqual(b.get(`v${index}`).value, JSON.parse(JSON.stringify(value))))
  assert.strictEqual({}.x, undefined)
})
