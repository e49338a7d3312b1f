'use strict'
// Deletes through a simple-scuttle, which keeps four members of an update.

const assert = require('node:assert')
const { Transform } = require('node:stream')
const { test } = require('node:test')
const { gossip, quiet, drain } = require('./support')

/** A stream that passes objects on as a simple-scuttle would. */
function relay() {
  return new Transform({
    objectMode: true,
    transform(object, _, done) {
      const { key, value, source_id, version } = object
      done(null, object.digest ? { ...object } : { key, value, source_id, version })
    }
  })
}

for (const exactId of [true, false]) {
  test(`a delete behind a relay, exactId: ${exactId}`, async () => {
    const [a, b] = ['a', 'b'].map((id) => gossip(id, { exactId }))
    a.pipe(relay()).pipe(b).pipe(relay()).pipe(a)
    a.set('k', 1)
    b.gossip()
    await quiet()
    assert.strictEqual(b.get('k').value, 1)
    a.delete('k')
    b.gossip()
    await quiet()
    assert.strictEqual(b.get('k').value, null)
    assert.deepStrictEqual(Object.keys(b.state), exactId ? ['k'] : [], 'null is a value, or a delete')
  })

  test(`a null that goes out, exactId: ${exactId}`, async () => {
    const a = gossip('a', { exactId })
    a.set('k', null)
    assert.deepStrictEqual(Object.keys(a.state), ['k'])
    a.write({ digest: true, done: true })
    await quiet()
    const [sent] = drain(a)
    assert.strictEqual(sent.value, null)
    assert.strictEqual(sent.deleted, exactId ? undefined : true)
    assert.strictEqual(a.entry('k') === undefined, !exactId)
  })
}
