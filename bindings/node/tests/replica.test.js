'use strict'
// A replica without the stream of objects.

const assert = require('node:assert')
const { test } = require('node:test')
const { Replica, ScuttleError, base, libraryVersion } = require('..')

test('a replica is a map', () => {
  const replica = new Replica('here')
  assert.match(replica.id, /^here~[\w-]{8}$/)
  assert.strictEqual(replica.name, 'here')
  assert.strictEqual(replica.set('b', [1]), true)
  replica.set('a', null)
  replica.set('ab', 'x')
  assert.strictEqual(replica.size, 3)
  assert.deepStrictEqual([...replica], [['a', null], ['ab', 'x'], ['b', [1]]])
  assert.deepStrictEqual(replica.keys('a'), ['a', 'ab'])
  assert.deepStrictEqual(replica.get('b'), { version: 1, value: [1] })
  assert.deepStrictEqual(replica.entry('b'), { key: 'b', value: [1], source_id: replica.id, version: 1 })
  assert.deepStrictEqual(replica.get('none'), { version: -Infinity, value: null })
  assert.strictEqual(replica.has('a'), true)
  replica.delete('a')
  assert.strictEqual(replica.has('a'), false)
  assert.strictEqual(replica.version, 4)
  assert.strictEqual(replica.clock.get(replica.id), 4)
  assert.strictEqual(replica.history().length, 4)
  assert.strictEqual(replica.news(replica.id, 2).length, 2)
  assert.strictEqual(typeof replica.fingerprint, 'bigint')
  assert.match(libraryVersion, /^\d+\.\d+\.\d+$/)
})

test('update comes after the call, so that a listener may call anything', () => {
  const replica = new Replica('a', { exactId: true })
  const told = []
  replica.on('update', (update) => {
    told.push(update)
    if (update.key === 'k') replica.set('echo', replica.get('k').value)
  })
  replica.set('k', 1)
  assert.deepStrictEqual(told, [
    { key: 'k', value: 1, source_id: 'a', version: 1 },
    { key: 'echo', value: 1, source_id: 'a', version: 2 }
  ])
})

test('a time to live', () => {
  const replica = new Replica('a')
  const expired = []
  replica.on('update', (update) => update.expired && expired.push(update.key))
  replica.tick(1000)
  replica.setTtl('session', 1, 500)
  replica.tick(1499)
  assert.strictEqual(replica.has('session'), true)
  replica.tick(1500)
  assert.strictEqual(replica.has('session'), false)
  assert.deepStrictEqual(expired, ['session'])
})

test('purge and forget', () => {
  const replica = new Replica('a')
  replica.set('k', 1)
  replica.delete('k')
  assert.strictEqual(typeof replica.purge(), 'number')
  assert.strictEqual(replica.forget('nobody'), false)
})

test('export, import, state', () => {
  const one = new Replica('a')
  one.set('k', 1)
  const two = new Replica('a')
  assert.strictEqual(two.import(one.export()), true)
  assert.strictEqual(two.fingerprint, one.fingerprint)
  assert.strictEqual(new Replica('a', { state: one.export() }).fingerprint, one.fingerprint)
})

test('errors are ScuttleErrors with the code of the header', () => {
  const replica = new Replica('a', { maxValueBytes: 10 })
  assert.throws(() => replica.set('', 1), ScuttleError)
  assert.throws(() => replica.set('', 1), { code: 'SCUTTLE_E_KEY', errno: -8 })
  assert.throws(() => replica.set('k', 'x'.repeat(20)), { code: 'SCUTTLE_E_VALUE_SIZE', name: 'ScuttleError' })
  assert.throws(() => new Replica(''), { code: 'SCUTTLE_E_ID' })
  assert.throws(() => new Replica(5), TypeError)
  assert.throws(() => replica.tick('now'), TypeError)
  assert.throws(() => replica.setTtl('k', 1, -5), TypeError)
  assert.throws(() => replica.import('text'), TypeError)
  assert.strictEqual(replica.size, 0)
  replica.close()
  assert.throws(() => replica.size, { code: 'SCUTTLE_E_CLOSED' })
})

test('a resolver and a sort', () => {
  const replica = new Replica('a', {
    resolve: (self, update, current) => current === undefined || update.value > current.value,
    sort: (x, y) => (x.key < y.key ? -1 : 1)
  })
  replica.set('b', 5)
  replica.set('b', 3)
  replica.set('a', 1)
  assert.strictEqual(replica.get('b').value, 5)
  assert.deepStrictEqual(replica.history().map(({ key }) => key), ['a', 'b', 'b'])
  const ordered = new Replica('a', { resolve: base.resolution.strictly_order_values })
  ordered.set('k', 'x')
  ordered.set('k', 5)
  assert.strictEqual(ordered.get('k').value, 'x')
})

test('set inside a resolver comes after the call', () => {
  let nested = false
  const replica = new Replica('a', {
    resolve(self) {
      if (!nested) {
        nested = true
        self.set('inner', 1)
      }
      return true
    }
  })
  replica.set('outer', 1)
  assert.deepStrictEqual(replica.keys(), ['inner', 'outer'])
})

test('exceptions of listeners come out of the call', () => {
  const replica = new Replica('a')
  replica.on('update', () => {
    throw new Error('listener')
  })
  assert.throws(() => replica.set('k', 1), /listener/)
  assert.strictEqual(replica.get('k').value, 1)
})
