'use strict'
// Many keys in one call, sets with a condition, and keys that the replica renews.

const assert = require('node:assert')
const { test } = require('node:test')
const native = require('../lib/native')
const { Replica } = require('..')

test('setMany makes all writes, in their order', () => {
  const replica = new Replica('a', { exactId: true })
  const told = []
  replica.on('update', ({ key, value, version, deleted }) => told.push([key, deleted ? 'deleted' : value, version]))
  assert.strictEqual(replica.setMany([['k', 1], ['l', { on: [true] }], ['k', 2], [7, undefined], ['l', Replica.DELETE]]), true)
  assert.deepStrictEqual(told, [['k', 1, 1], ['l', { on: [true] }, 2], ['k', 2, 3], ['7', null, 4], ['l', 'deleted', 5]])
  assert.deepStrictEqual([...replica], [['7', null], ['k', 2]])
  replica.setMany(new Map([['m', 'x'.repeat(5000)], ['ü'.repeat(2000), '🐙']]))
  assert.deepStrictEqual(replica.get('m').value.length, 5000)
  assert.strictEqual(replica.get('ü'.repeat(2000)).value, '🐙')
  assert.strictEqual(replica.setMany([]), true)
  assert.strictEqual(replica.version, 7)
})

test('setMany makes all writes or none', () => {
  const replica = new Replica('a', { maxValueBytes: 100, maxKeys: 3 })
  const told = []
  replica.on('update', (update) => told.push(update))
  const cycle = {}
  cycle.self = cycle
  function* broken() {
    yield ['k', 1]
    throw new Error('broken')
  }
  assert.throws(() => replica.setMany([['k', 1], ['', 2]]), { code: 'SCUTTLE_E_KEY' })
  assert.throws(() => replica.setMany([['k', 1], ['l', 'x'.repeat(200)]]), { code: 'SCUTTLE_E_VALUE_SIZE' })
  assert.throws(() => replica.setMany([['a', 1], ['b', 1], ['c', 1], ['d', 1]]), { code: 'SCUTTLE_E_KEYS' })
  assert.throws(() => replica.setMany([['k', 1], ['l', cycle]]), TypeError)
  assert.throws(() => replica.setMany([['k', 1], ['l', 5n]]), TypeError)
  assert.throws(() => replica.setMany([['k', 1], [null, 2]]), TypeError)
  assert.throws(() => replica.setMany(broken()), /broken/)
  for (const pairs of [undefined, null, 5, {}, [5], [null]]) assert.throws(() => replica.setMany(pairs), TypeError)
  assert.deepStrictEqual([replica.version, replica.size, told], [0, 0, []])
})

test('setMany with a time to live', () => {
  const replica = new Replica('a')
  replica.tick(0)
  replica.setMany([['k', 1], ['l', 2]], { ttl: 100 })
  replica.setMany([['now', 1]], { ttl: 0 })
  replica.setMany([['ever', 1]])
  replica.tick(1)
  assert.deepStrictEqual(replica.keys(), ['ever', 'k', 'l'])
  replica.tick(100)
  assert.deepStrictEqual(replica.keys(), ['ever'])
  for (const ttl of [-1, 1.5, NaN, 'x', null]) assert.throws(() => replica.setMany([['k', 1]], { ttl }), TypeError)
  assert.throws(() => replica.setMany([['k', 1]], { renew: true }), TypeError)
  assert.throws(() => replica.setMany([['k', 1]], { ttl: 0, renew: true }), { code: 'SCUTTLE_E_ARGUMENT' })
  assert.strictEqual(replica.has('k'), false)
})

test('a key that the replica renews stays while it ticks, until a later write', () => {
  for (const set of [(replica) => replica.setTtl('k', 'here', 100, { renew: true }), (replica) => replica.setMany([['k', 'here']], { ttl: 100, renew: true })]) {
    const replica = new Replica('a')
    replica.tick(0)
    set(replica)
    const before = replica.entry('k').version
    for (let now = 0; now <= 1000; now += 25) replica.tick(now)
    assert.strictEqual(replica.get('k').value, 'here')
    assert(replica.entry('k').version >= before + 15)
    replica.setTtl('k', 'last', 100)
    replica.tick(1099)
    assert.strictEqual(replica.get('k').value, 'last')
    replica.tick(1100)
    assert.strictEqual(replica.has('k'), false)
  }
  assert.throws(() => new Replica('a').setTtl('k', 1, 0, { renew: true }), { code: 'SCUTTLE_E_ARGUMENT' })
})

test('setIf writes if the entry is still the expected one', () => {
  const replica = new Replica('a')
  assert.strictEqual(replica.setIf('k', 1, undefined), true)
  assert.strictEqual(replica.setIf('k', 2, undefined), false)
  assert.strictEqual(replica.setIf('k', 2, null), false)
  const entry = replica.entry('k')
  assert.strictEqual(replica.setIf('k', 2, entry), true)
  assert.strictEqual(replica.setIf('k', 3, entry), false)
  assert.strictEqual(replica.get('k').value, 2)
  assert.strictEqual(replica.version, 2)
  assert.strictEqual(replica.setIf('k', 3, { ...replica.entry('k'), source_id: 'other' }), false, 'the source counts, too')
  assert.strictEqual(replica.setIf('k', Replica.DELETE, replica.getMany(['k']).get('k')), true)
  assert.strictEqual(replica.has('k'), false)
  assert.strictEqual(replica.setIf('k', 4, entry), false)
  assert.strictEqual(replica.setIf('k', 4), true)
})

test('setIf accepts the update of an event, by its timestamp', () => {
  const replica = new Replica('a')
  let last
  replica.on('update', (update) => (last = update))
  replica.set('k', 1)
  assert.strictEqual(replica.setIf('k', 2, last), true)
  const { source_id, version } = last
  assert.strictEqual(replica.setIf('k', 3, { key: 'k', source_id: 'relay', version: 99, written: [source_id, version] }), true)
  assert.deepStrictEqual(last.value, 3)
})

test('setIf: events, errors, and resolvers', () => {
  const replica = new Replica('a', { maxValueBytes: 10 })
  const told = []
  replica.on('update', (update) => told.push(update.value))
  replica.setIf('k', 1)
  replica.setIf('k', 2)
  assert.deepStrictEqual(told, [1])
  assert.throws(() => replica.setIf('', 1), { code: 'SCUTTLE_E_KEY' })
  assert.throws(() => replica.setIf('k', 'x'.repeat(20)), { code: 'SCUTTLE_E_VALUE_SIZE' })
  assert.throws(() => replica.setIf('k', 1, replica.get('k')), /source_id/)
  assert.throws(() => replica.setIf('k', 1, 5), TypeError)
  assert.throws(() => replica.setIf('k', 1, { source_id: replica.id, version: 'x' }), TypeError)
  assert.strictEqual(replica.get('k').value, 1)
  const failures = []
  const resolving = new Replica('a', {
    resolve(self) {
      try {
        self.setIf('inner', 1)
      } catch (error) {
        failures.push(error.code)
      }
      if (failures.length === 1) self.setMany([['later', 1]])
      return true
    }
  })
  resolving.set('k', 1)
  assert.deepStrictEqual(failures.slice(0, 1), ['SCUTTLE_E_BUSY'])
  assert.deepStrictEqual(resolving.keys(), ['k', 'later'])
})

test('getMany returns the entries of the keys that hold a value', () => {
  const replica = new Replica('a')
  for (let i = 0; i < 1000; i++) replica.set(`k${i}`, { i })
  replica.delete('k5')
  const keys = ['k3', '', 'none', 'k5', 'nul\0', 'x'.repeat(70000), 'k999', 'k3', 'k0']
  const found = replica.getMany(keys)
  assert.deepStrictEqual([...found.keys()], ['k3', 'k999', 'k0'])
  for (const [key, entry] of found) assert.deepStrictEqual(entry, replica.entry(key))
  assert.strictEqual(replica.getMany(new Set(replica.keys())).size, 999)
  assert.strictEqual(replica.getMany([]).size, 0)
  assert.strictEqual(replica.getMany(['', '', 'nul\0']).size, 0)
  assert.deepStrictEqual([...new Replica('b').getMany([1, 2])], [])
  replica.set(1, 'one')
  assert.strictEqual(replica.getMany([1, 2]).get('1').value, 'one')
  for (const wrong of [undefined, null, 5, [null], [{}], ['\ud800']]) assert.throws(() => replica.getMany(wrong), TypeError)
})

test('getMany is readable inside callbacks', () => {
  const seen = []
  const replica = new Replica('a', {
    resolve(self) {
      seen.push(self.getMany(['k', 'l']).size)
      return true
    }
  })
  replica.set('k', 1)
  replica.set('l', 1)
  replica.set('k', 2)
  assert.deepStrictEqual(seen, [0, 1, 2])
})

test('arrays with getters harm nothing', () => {
  const handle = {}
  native.create(handle, 'a', {})
  native.set(handle, 'k', '1')
  const shrinking = ['k', '1', 'l', '2']
  Object.defineProperty(shrinking, 0, {
    get() {
      shrinking.length = 1
      return 'k'
    }
  })
  assert.throws(() => native.getMany(handle, shrinking), TypeError)
  const throwing = ['k', 'l']
  Object.defineProperty(throwing, 1, {
    get() {
      throw new Error('getter')
    }
  })
  assert.throws(() => native.getMany(handle, throwing), /getter/)
  assert.throws(() => native.setMany(handle, throwing, undefined, false), /getter/)
  assert.throws(() => native.setMany(handle, ['k'], undefined, false), TypeError)
  assert.throws(() => native.setMany(handle, [undefined, '1'], undefined, false), TypeError)
  assert.throws(() => native.getMany(handle, new Array(4294967295)), TypeError)
  const closing = ['k', 'l']
  Object.defineProperty(closing, 1, {
    get() {
      native.close(handle)
      return 'l'
    }
  })
  assert.throws(() => native.getMany(handle, closing), { code: 'SCUTTLE_E_CLOSED' })
})
