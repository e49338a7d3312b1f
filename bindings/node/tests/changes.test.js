'use strict'
// Watchers: what has changed since a cursor.

const assert = require('node:assert')
const { test } = require('node:test')
const { Replica } = require('..')
const { linked } = require('./support')

/** Returns [key, value], or [key] for a delete, of each update. */
function short({ updates }) {
  return updates.map(({ key, value, deleted }) => (deleted ? [key] : [key, value]))
}

test('a look has each changed key once, as it is now, in order of arrival', () => {
  const replica = new Replica('a')
  for (const [key, value] of [['k', 1], ['l', 2], ['k', 3], ['m', 4]]) replica.set(key, value)
  replica.delete('l')
  const first = replica.changes()
  assert.deepStrictEqual(short(first), [['k', 3], ['m', 4], ['l']])
  assert.strictEqual(first.gap, false)
  assert.deepStrictEqual(first.updates[0], { key: 'k', value: 3, source_id: replica.id, version: 3 })
  assert.deepStrictEqual(short(replica.changes(first.cursor)), [])
  replica.set('k', 5)
  const second = replica.changes(first.cursor)
  assert.deepStrictEqual(short(second), [['k', 5]])
  assert.deepStrictEqual(short(replica.changes(first.cursor)), [['k', 5]], 'the replica keeps nothing for a cursor')
  assert.deepStrictEqual(short(replica.changes(null)), [['m', 4], ['l'], ['k', 5]])
  assert.strictEqual(typeof second.cursor.position, 'bigint')
  assert(second.cursor.position > first.cursor.position)
  assert.strictEqual(second.cursor.incarnation, first.cursor.incarnation)
})

test('by prefix, and a part at a time', () => {
  const replica = new Replica('a')
  for (let i = 0; i < 25; i++) replica.set(`${i % 2 ? 'odd' : 'even'}/${i}`, i)
  const found = []
  let cursor
  let looks = 0
  for (; looks < 100; looks++) {
    const look = replica.changes(cursor, { prefix: 'odd/', limit: 5 })
    cursor = look.cursor
    assert(look.updates.length <= 5)
    if (look.updates.length === 0) break
    found.push(...look.updates.map(({ value }) => value))
  }
  assert.deepStrictEqual(found, [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23])
  assert(looks >= 3)
  assert.deepStrictEqual(replica.changes(undefined, { prefix: 'none' }).updates, [])
  assert.strictEqual(replica.changes(undefined, { limit: Number.MAX_SAFE_INTEGER }).updates.length, 25)
})

test('a purged delete has no source', () => {
  const replica = new Replica('a')
  replica.set('k', 1)
  const { cursor } = replica.changes()
  replica.delete('k')
  replica.purge()
  assert.deepStrictEqual(replica.changes(cursor).updates, [{ key: 'k', value: null, source_id: '', version: 0, deleted: true }])
})

test('a cursor of another start, or from before too many removals, is a gap', () => {
  const replica = new Replica('a')
  replica.set('k', 1)
  const { cursor } = replica.changes()
  const next = new Replica('a', { state: replica.export() })
  const look = next.changes(cursor)
  assert.strictEqual(look.gap, true)
  assert.deepStrictEqual(short(look), [['k', 1]])
  assert.strictEqual(next.changes(look.cursor).gap, false)
  for (let i = 0; i < 5000; i++) {
    replica.set(`k${i}`, i)
    replica.delete(`k${i}`)
  }
  replica.purge()
  assert.deepStrictEqual([replica.changes(cursor).gap, short(replica.changes(cursor))], [true, [['k', 1]]])
})

test('writes of peers, and looks inside callbacks', async () => {
  const looks = []
  const here = new Replica('here', {
    resolve(self, update, current) {
      looks.push(self.changes().updates.length)
      return current === undefined || update.version >= current.version
    }
  })
  const there = new Replica('there')
  there.set('k', [1])
  const links = await linked(here, there)
  assert.deepStrictEqual(here.changes().updates, [{ key: 'k', value: [1], source_id: there.id, version: 1 }])
  assert.deepStrictEqual(looks, [0])
  links.forEach((link) => link.destroy())
})

test('arguments that are wrong', () => {
  const replica = new Replica('a')
  replica.set('k', 1)
  for (const cursor of [{}, [], 5, 'x', { incarnation: 1, position: 1n }, { incarnation: 1n << 64n, position: 1n }, { incarnation: -1n, position: 0n }]) {
    assert.throws(() => replica.changes(cursor), TypeError)
    assert.throws(() => replica.save(cursor), TypeError)
  }
  for (const limit of [0, -1, 1.5, NaN, '5', null]) assert.throws(() => replica.changes(undefined, { limit }), TypeError)
  assert.throws(() => replica.changes(undefined, { prefix: 5 }), TypeError)
  assert.strictEqual(replica.changes({ incarnation: 0n, position: 0n }).updates.length, 1)
  const { cursor } = replica.changes()
  const beyond = { incarnation: cursor.incarnation, position: (1n << 64n) - 1n }
  assert.strictEqual(typeof replica.changes(beyond).gap, 'boolean')
  replica.close()
  assert.throws(() => replica.changes(), { code: 'SCUTTLE_E_CLOSED' })
})
