'use strict'
// Saves: a replica as pieces, of which each has what has changed.

const assert = require('node:assert')
const { test } = require('node:test')
const { Replica } = require('..')

/** Saves after each of some writes; returns the pieces. */
function pieces(replica, writes) {
  const saved = []
  let cursor = replica.savedCursor
  for (const write of writes) {
    write()
    const piece = replica.save(cursor)
    cursor = piece.cursor
    saved.push(piece)
  }
  return saved
}

function restarted(bytes, name = 'a') {
  const replica = new Replica(name)
  return [replica.import(bytes), replica]
}

test('a file of pieces is the whole replica at every point', () => {
  const replica = new Replica('a')
  const states = []
  const writes = [
    () => replica.set('k', { on: true }),
    () => replica.set('l', 'é'),
    () => replica.delete('k'),
    () => {
      for (let i = 0; i < 200; i++) replica.set(`many/${i}`, i)
    },
    () => replica.purge(),
    () => replica.set('l', 2)
  ].map((write) => () => {
    write()
    states.push([...replica])
  })
  const saved = pieces(replica, writes)
  assert.deepStrictEqual(saved.map(({ whole }) => whole), [true, false, false, false, false, false])
  assert(saved.at(-1).bytes.length < saved[3].bytes.length / 10, 'a piece has what has changed, and no more')
  for (let count = 1; count <= saved.length; count++) {
    const [whole, next] = restarted(Buffer.concat(saved.slice(0, count).map(({ bytes }) => bytes)))
    assert.strictEqual(whole, true)
    assert.deepStrictEqual([...next], states[count - 1])
  }
  assert.strictEqual(restarted(Buffer.concat(saved.map(({ bytes }) => bytes)))[1].fingerprint, replica.fingerprint)
})

test('a truncated piece does not count, wherever it is cut before its last newline', () => {
  const replica = new Replica('a')
  const [first, second] = pieces(replica, [() => replica.set('k', 1), () => replica.set('k', 2)])
  for (let length = 1; length < second.bytes.length - 1; length++) {
    const [whole, next] = restarted(Buffer.concat([first.bytes, second.bytes.subarray(0, length)]))
    assert.deepStrictEqual([next.get('k').value, whole], [1, false], `cut at ${length}`)
  }
})

test('without a change there are no lines', () => {
  const replica = new Replica('a')
  replica.set('k', 1)
  const { cursor } = replica.save()
  const piece = replica.save(cursor)
  assert.deepStrictEqual([piece.bytes.length, piece.whole, piece.cursor], [0, false, cursor])
})

test('the next start goes on with the pieces', () => {
  const first = new Replica('a')
  assert.strictEqual(first.savedCursor, undefined)
  let file = Buffer.concat(pieces(first, [() => first.set('k', 1), () => first.set('l', 2)]).map(({ bytes }) => bytes))
  for (let start = 0; start < 5; start++) {
    const [whole, next] = restarted(file)
    assert.strictEqual(whole, true)
    assert.strictEqual(typeof next.savedCursor.incarnation, 'bigint')
    const [piece] = pieces(next, [() => next.set(`start/${start}`, start)])
    assert.strictEqual(piece.whole, false)
    file = Buffer.concat([file, piece.bytes])
  }
  assert.deepStrictEqual(restarted(file)[1].keys(), ['k', 'l', 'start/0', 'start/1', 'start/2', 'start/3', 'start/4'])
})

test('a cursor of another start makes a whole piece', () => {
  const first = new Replica('a')
  first.set('k', 1)
  const { cursor } = first.save()
  const second = new Replica('a')
  second.set('l', 2)
  const piece = second.save(cursor)
  assert.strictEqual(piece.whole, true)
  assert.deepStrictEqual(restarted(piece.bytes)[1].keys(), ['l'])
})

test('no save inside a callback', () => {
  const codes = []
  const replica = new Replica('a', {
    resolve(self) {
      for (const call of [() => self.save(), () => self.savedCursor]) {
        try {
          call()
        } catch (error) {
          codes.push(error.code)
        }
      }
      return true
    }
  })
  replica.set('k', 1)
  assert.deepStrictEqual(codes, ['SCUTTLE_E_BUSY', 'SCUTTLE_E_BUSY'])
})
