'use strict'
// Objects on the stream: digests and updates of peers, rejected ones, and calls of listeners meanwhile.

const assert = require('node:assert')
const { execFileSync } = require('node:child_process')
const { test } = require('node:test')
const { ScuttleError } = require('..')
const { Gossip, base, config, gossip, quiet, converge, drain, answers } = require('./support')

test('deltas have superseded updates that the history still has', async () => {
  const a = gossip('a')
  for (const value of ['Doctor', 'Who', 'Just']) a.set('name', value)
  assert.deepStrictEqual((await answers(a)).map(({ value }) => value), ['Doctor', 'Who', 'Just'])
})

test('a superseded update that the history has dropped is in no delta', async () => {
  const a = gossip('a', { max_history: 2 })
  for (const value of ['Doctor', 'Who', 'Just']) a.set('name', value)
  assert.deepStrictEqual((await answers(a)).map(({ value }) => value), ['Who', 'Just'])
})

test('an entry that the history has dropped is in the delta', async () => {
  const a = gossip('a', { max_history: 2, mtu: 100 })
  for (let i = 0; i < 20; i++) a.set(`k${i}`, i)
  assert.strictEqual((await answers(a)).length, 20)
})

test('superseded: false leaves superseded updates out', async () => {
  const a = gossip('a', { superseded: false })
  for (const value of ['Doctor', 'Who', 'Just']) a.set('name', value)
  assert.deepStrictEqual((await answers(a)).map(({ value }) => value), ['Just'])
})

test('a digest with version -Infinity, null, none or below 0 has nothing', async () => {
  for (const version of [-Infinity, null, undefined, -10, 0, NaN]) {
    const a = gossip('a')
    a.set('k', 1)
    assert.strictEqual((await answers(a, { digest: true, source_id: 'a', version })).length, 1, String(version))
  }
  const a = gossip('a')
  a.set('k', 1)
  assert.strictEqual((await answers(a, { digest: true, source_id: 'a' })).length, 1)
})

test('a digest may name its source id, as simple-scuttle does', async () => {
  const a = gossip('a')
  a.set('k', 1)
  a.set('k', 2)
  assert.deepStrictEqual((await answers(a, { digest: true, id: 'a', version: 1 })).map(({ version }) => version), [2])
})

test('a digest that is done and names a source requests both', async () => {
  const a = gossip('a')
  a.set('k', 1)
  a.set('k', 2)
  a.write({ key: 'x', value: 1, source_id: 'b', version: 9 })
  const objects = await answers(a, { digest: true, done: true, source_id: 'a', version: 1 })
  assert.deepStrictEqual(objects.map(({ version }) => version), [2, 9])
})

test('numeric keys and sources become strings', () => {
  const a = gossip(7)
  a.set(1, 'a')
  a.write({ key: 2, value: 'b' })
  a.write({ key: 3, value: 'c', source_id: 5, version: 3 })
  assert.deepEqual(a.state, { 1: { value: 'a', version: 1 }, 2: { value: 'b', version: 2 }, 3: { value: 'c', version: 3 } })
  assert.deepStrictEqual(a.get(3), { version: 3, value: 'c' })
  assert.deepStrictEqual(a.history.memory.map(({ key, source_id }) => [key, source_id]), [['1', '7'], ['2', '7'], ['3', '5']])
})

test('undefined, functions, NaN and Infinity are null, as in JSON', async () => {
  const a = gossip('a')
  const b = gossip('b')
  a.pipe(b).pipe(a)
  ;[undefined, () => 1, Symbol('s'), NaN, Infinity, -Infinity].forEach((value, i) => a.set(`k${i}`, value))
  a.write({ key: 'none' })
  await converge([a, b])
  for (const { value } of Object.values(b.state)) assert.strictEqual(value, null)
  assert.strictEqual(Object.keys(b.state).length, 7)
})

test('a BigInt or a cycle throws a TypeError from set and changes nothing', () => {
  const a = gossip('a')
  const cycle = {}
  cycle.self = cycle
  for (const value of [1n, { x: 1n }, cycle]) assert.throws(() => a.set('k', value), TypeError)
  for (const key of [undefined, null, {}, Symbol('k'), true, 'lone \ud800']) assert.throws(() => a.set(key, 1), TypeError)
  assert.strictEqual(a.version, 0)
  a.set('k', 1)
  assert.strictEqual(a.get('k').value, 1)
})

const BROKEN = [
  ['a version that is text', { key: 'k', value: 1, source_id: 'b', version: '9' }, 'SCUTTLE_E_VERSION'],
  ['a version that is null', { key: 'k', value: 1, source_id: 'b', version: null }, 'SCUTTLE_E_VERSION'],
  ['a version that is an object', { key: 'k', value: 1, source_id: 'b', version: {} }, 'SCUTTLE_E_VERSION'],
  ['a version beyond all', { key: 'k', value: 1, source_id: 'b', version: 1e308 }],
  ['a version of 0', { key: 'k', value: 1, source_id: 'b', version: 0 }, 'SCUTTLE_E_VERSION'],
  ['a version below 0', { key: 'k', value: 1, source_id: 'b', version: -5 }, 'SCUTTLE_E_VERSION'],
  ['a version between', { key: 'k', value: 1, source_id: 'b', version: 1.5 }, 'SCUTTLE_E_VERSION'],
  ['a version of -Infinity', { key: 'k', value: 1, source_id: 'b', version: -Infinity }, 'SCUTTLE_E_VERSION'],
  ['no version', { key: 'k', value: 1, source_id: 'b' }, 'SCUTTLE_E_MESSAGE'],
  ['a version far ahead', { key: 'k', value: 1, source_id: 'b', version: 2 ** 52 }, 'SCUTTLE_E_VERSION_JUMP'],
  ['its own source, ahead', { key: 'k', value: 1, source_id: 'a', version: 9 }, 'SCUTTLE_E_IDENTITY'],
  ['an empty key', { key: '', value: 1, source_id: 'b', version: 9 }, 'SCUTTLE_E_KEY'],
  ['a key with U+0000', { key: 'a\0b', value: 1, source_id: 'b', version: 9 }, 'SCUTTLE_E_NUL'],
  ['a key that is an object', { key: {}, value: 1, source_id: 'b', version: 9 }, 'SCUTTLE_E_MESSAGE'],
  ['no key', { value: 1, source_id: 'b', version: 9 }],
  ['no key, locally', { value: 1 }],
  ['an empty key, locally', { key: '', value: 1 }, 'SCUTTLE_E_KEY'],
  ['a source that is null', { key: 'k', value: 1, source_id: null, version: 9 }],
  ['a source that is empty', { key: 'k', value: 1, source_id: '', version: 9 }, 'SCUTTLE_E_ID'],
  ['a value that is a BigInt', { key: 'k', value: 1n, source_id: 'b', version: 9 }],
  ['a getter that throws', { key: 'k', source_id: 'b', version: 9, get value() { throw new Error('mine') } }],
  ['a digest of nothing', { digest: true }],
  ['a digest whose version is text', { digest: true, source_id: 'b', version: '5' }],
  ['a digest of an object', { digest: true, source_id: {}, version: 5 }],
  ['text', 'text'],
  ['a number', 5],
  ['true', true],
  ['a function', () => 1],
  ['an array', [1]],
  ['a Buffer', Buffer.from('{"key":1}')],
  ['a Proxy that throws', new Proxy({}, { get() { throw new Error('mine') } })]
]

test('a rejected object changes nothing, and is reported', async (context) => {
  for (const [name, object, code] of BROKEN) {
    await context.test(name, async () => {
      const a = gossip('a')
      a.set('k', 'before')
      const told = []
      a.on('error', (error) => assert.fail(error))
      a.on('rejected', (error, rejected) => told.push([error, rejected]))
      a.write(object)
      assert.strictEqual(told.length, 1)
      assert(told[0][0] instanceof Error)
      assert.strictEqual(told[0][1], object)
      if (code !== undefined) {
        assert(told[0][0] instanceof ScuttleError)
        assert.strictEqual(told[0][0].code, code)
      }
      assert.strictEqual(a.version, 1)
      assert.deepEqual(a.state, { k: { value: 'before', version: 1 } })
      assert.strictEqual(a.history.memory.length, 1)
      a.write({ key: 'k', value: 'after', source_id: 'b', version: 2 })
      assert.strictEqual(a.get('k').value, 'after')
      assert.strictEqual(a.destroyed, false)
      assert.strictEqual((await answers(a)).length, 2)
    })
  }
})

test('without a listener, a rejected object is a warning of the process, once for each code', () => {
  const program = `
    const { Gossip, base } = require(${JSON.stringify(require.resolve('..'))})
    const a = new Gossip('a', { ...base.config, resolve: base.resolution.lww_vs_clock })
    const codes = []
    process.on('warning', (warning) => codes.push(warning.code))
    for (let i = 0; i < 3; i++) a.write({ key: '', value: 1, source_id: 'b', version: 1 })
    a.write({ key: 'k', value: 1, source_id: 'b', version: 'x' })
    setTimeout(() => console.log(codes.join()), 20)`
  const out = execFileSync(process.execPath, ['--no-warnings', '-e', program], { encoding: 'utf8', timeout: 20000 })
  assert.strictEqual(out.trim(), 'SCUTTLE_E_KEY,SCUTTLE_E_VERSION')
})

test('set inside listeners', async (context) => {
  const listeners = {
    state: (a, call) => a.on('state', call),
    'history update': (a, call) => a.history.on('update', call),
    'history compaction': (a, call) => a.history.on('compaction', call),
    data: (a, call) => a.on('data', call),
    rejected: (a, call) => a.on('rejected', call)
  }
  for (const [name, listen] of Object.entries(listeners)) {
    await context.test(name, async () => {
      const a = gossip('a', { max_history: 2 })
      let count = 0
      listen(a, () => {
        if (count < 5) a.set(`inner${count++}`, count)
      })
      for (let i = 0; i < 5; i++) a.set(`outer${i}`, i)
      a.write({ key: '', value: 1 })
      a.write({ digest: true, done: true })
      await quiet()
      assert(count > 0)
      const versions = Object.values(a.state).map(({ version }) => version).sort((x, y) => x - y)
      assert.deepStrictEqual(versions, Array.from(versions, (_, i) => i + 1), 'each set has a version of its own')
      assert.strictEqual(versions.length, 5 + count)
      assert.strictEqual(a.history.memory.length, 2)
    })
  }
})

test('set inside a resolver comes after the call, in order', () => {
  let nested = false
  const a = gossip('a', {
    resolve(self) {
      if (!nested) {
        nested = true
        self.set('inner1', 1)
        self.set('inner2', 2)
        self.gossip()
      }
      return true
    }
  })
  a.set('outer', 0)
  assert.deepEqual(a.state, { outer: { value: 0, version: 1 }, inner1: { value: 1, version: 2 }, inner2: { value: 2, version: 3 } })
})

test('exceptions of listeners and callbacks come out of the call, and everything is done', async () => {
  const a = gossip('a')
  a.history.on('update', () => {
    throw new Error('update')
  })
  assert.throws(() => a.set('k', 1), /update/)
  assert.throws(() => a.write({ key: 'k', value: 2, source_id: 'b', version: 4 }), /update/)
  assert.deepEqual(a.state, { k: { value: 2, version: 4 } })
  a.history.removeAllListeners()
  a.once('state', () => {
    throw new Error('state')
  })
  assert.throws(() => a.set('j', 1), /state/)
  const b = gossip('b', {
    resolve() {
      throw new Error('resolve')
    }
  })
  assert.throws(() => b.set('k', 1), /resolve/)
  const c = gossip('c', {
    sort() {
      throw new Error('sort')
    }
  })
  c.set('k', 1)
  assert.throws(() => c.set('k', 2), /sort/)
  assert.strictEqual(c.history.memory.length, 2)
  assert.deepEqual(b.state, {}, 'a resolver that throws says no')
  assert.strictEqual(b.history.memory.length, 1)
  assert.strictEqual((await answers(a)).length > 0, true)
})

test('a Gossip goes on after its stream has ended', async () => {
  const a = gossip('a')
  a.set('k', 1)
  a.end()
  a.resume()
  await new Promise((done) => a.once('end', done))
  assert.strictEqual(a.set('k', 2), true)
  assert.deepStrictEqual(a.get('k'), { version: 2, value: 2 })
  a.gossip()
  const b = gossip('b')
  b.destroy()
  b.set('k', 1)
  b.gossip()
  await quiet()
  assert.strictEqual(b.get('k').value, 1)
})

test('end comes after everything that was requested', async () => {
  const a = gossip('a', { mtu: 1, max_history: 100 })
  for (let i = 0; i < 30; i++) a.set('k', i)
  a.write({ digest: true, done: true })
  a.end()
  let count = 0
  a.on('data', () => count++)
  await new Promise((done) => a.once('end', done))
  assert.strictEqual(count, 30)
})

test('close frees the replica; calls after it throw', () => {
  const a = gossip('a')
  a.set('k', 1)
  a.close()
  a.close()
  assert.throws(() => a.get('k'), { code: 'SCUTTLE_E_CLOSED' })
  assert.throws(() => a.gossip(), { code: 'SCUTTLE_E_CLOSED' })
  assert.deepEqual(a.state, { k: { value: 1, version: 1 } })
})

test('close inside a listener', async () => {
  for (const event of ['data', 'state', 'rejected']) {
    const a = gossip('a', { mtu: 100 })
    for (let i = 0; i < 5; i++) a.set(`k${i}`, i)
    a.on(event, () => a.close())
    a.on('data', () => {})
    await quiet()
    if (event === 'state') a.set('k', 1)
    else a.write(event === 'data' ? { digest: true, done: true } : { key: '', value: 1 })
    await quiet()
    assert.throws(() => a.get('k'), { code: 'SCUTTLE_E_CLOSED' })
  }
})

test('delete removes the key here and at peers', async () => {
  const a = gossip('a')
  const b = gossip('b')
  a.pipe(b).pipe(a)
  a.set('k', 1)
  a.set('j', 1)
  await converge([a, b])
  b.delete('k')
  await converge([a, b])
  assert.deepEqual(a.state, { j: { value: 1, version: 2 } })
  assert.deepStrictEqual(a.get('k'), { version: -Infinity, value: null })
  assert.deepStrictEqual(b.history.memory.at(-1), { key: 'k', value: null, source_id: 'b', version: 3, deleted: true })
})

test('export and import', () => {
  const a = gossip('a')
  a.set('k', [1])
  a.set('__proto__', 2)
  const b = gossip('b')
  assert.strictEqual(b.import(a.export()), true)
  assert.deepStrictEqual(b.state, a.state)
  assert.deepStrictEqual(b.get('k'), { version: 1, value: [1] })
  assert.throws(() => b.import(a.export()), ScuttleError)
  assert.strictEqual(gossip('c').import(a.export().subarray(0, 60)), false)
  assert.throws(() => b.import('text'), TypeError)
})

test('bad arguments of the constructor', () => {
  for (const id of [undefined, null, {}, Symbol('id')]) assert.throws(() => new Gossip(id, config()), TypeError)
  for (const id of ['', 'a\0b', 'x'.repeat(256)]) assert.throws(() => new Gossip(id, config()), ScuttleError)
  for (const change of [{ mtu: 'many' }, { mtu: -1 }, { max_history: -1 }, { sort: 5 }, { cluster: 5 }]) {
    assert.throws(() => gossip('a', change), TypeError)
  }
  assert.strictEqual(gossip('a', { mtu: Infinity, max_history: Infinity }).set('k', 1), true)
  assert.strictEqual(gossip('a', { mtu: 0 }).readableHighWaterMark, 10)
})

test('exactId: false gives each start a source of its own', () => {
  const a = gossip('a', { exactId: false })
  assert.match(a.id, /^a~[\w-]{8}$/)
  a.set('k', 1)
  assert.strictEqual(a.history.memory[0].source_id, a.id)
})

test('resolution functions of base work on their own too', () => {
  const wrapped = (name) => ({ resolve: (self, update) => base.resolution[name](self, update) })
  const writes = [
    { key: 'k', value: 5, source_id: 'b', version: 5 },
    { key: 'k', value: 9, source_id: 'c', version: 4 },
    { key: 'k', value: 7, source_id: 'd', version: 5 },
    { key: 'k', value: 'x', source_id: 'e', version: 1 }
  ]
  for (const [name, value] of [['lww_vs_clock', 7], ['lww_vs_current_vers', 7], ['strictly_order_values', 'x']]) {
    for (const changes of [wrapped(name), { resolve: base.resolution[name] }]) {
      const a = gossip('a', changes)
      for (const write of writes) a.write({ ...write })
      assert.strictEqual(a.get('k').value, value, name)
    }
  }
})

test('a resolver may read the gossip', () => {
  const seen = []
  const a = gossip('a', {
    resolve(self, update, current) {
      const news = self.history.news('a', 0).length
      const inState = self.state.k && self.state.k.value
      seen.push([self.get('k').value, self.version, self.clock.get('a'), inState, news, current && current.value])
      return true
    }
  })
  a.set('k', 1)
  a.set('k', 2)
  assert.deepStrictEqual(seen[0], [null, 1, -Infinity, undefined, 0, undefined])
  assert.deepStrictEqual(seen[1], [1, 2, 1, 1, 1, 1])
})
