'use strict'
// The addon: no argument crashes it, and replicas without references are freed.

const assert = require('node:assert')
const { execFileSync } = require('node:child_process')
const { test } = require('node:test')
const native = require('../lib/native')
const { gossip, quiet } = require('./support')

test('functions of the addon throw TypeErrors for arguments of any wrong type', () => {
  const handle = { onUpdate() {} }
  native.create(handle, 'a', {})
  const link = {}
  native.linkOpen(handle, link, 0)
  const other = {}
  native.create(other, 'b', {})
  const plain = [undefined, null, 1, -1, NaN, 'x', '', {}, [], Symbol('s'), () => 1, 5n]
  const junk = [...plain, handle, link, other, Buffer.alloc(3), new Uint16Array(3), new Proxy({}, {})]
  const functions = Object.entries(native).filter(([name, value]) => typeof value === 'function' && !/close/i.test(name))
  let random = 7
  const pick = () => junk[(random = (random * 1103515245 + 12345) % 2147483648) % junk.length]
  for (const [, call] of functions) {
    for (let i = 0; i < 400; i++) {
      const values = Array.from({ length: i % 6 }, pick)
      if (i % 2) values[0] = handle
      if (i % 4 === 3) values[1] = link
      try {
        call(...values)
      } catch (error) {
        assert(error instanceof Error)
      }
    }
  }
  assert.strictEqual(native.set(handle, 'k', '1') >= 0, true)
})

test('no object is a handle twice, nor a handle of another kind', () => {
  const handle = {}
  native.create(handle, 'a', {})
  assert.throws(() => native.create(handle, 'a', {}), TypeError)
  assert.throws(() => native.linkOpen(handle, handle, 0), TypeError)
  const link = {}
  native.linkOpen(handle, link, 0)
  assert.throws(() => native.set(link, 'k', '1'), TypeError)
  assert.throws(() => native.linkGossip(handle, handle), TypeError)
  const other = {}
  native.create(other, 'b', {})
  assert.throws(() => native.linkGossip(other, link), TypeError)
  native.close(handle)
  assert.throws(() => native.linkGossip(handle, link), { code: 'SCUTTLE_E_CLOSED' })
  assert.throws(() => native.close(handle), { code: 'SCUTTLE_E_CLOSED' })
})

test('callbacks that throw, or are no functions, harm nothing', () => {
  const handle = {
    onUpdate() {
      throw new Error('update')
    },
    onResolve() {
      throw new Error('resolve')
    },
    onSort() {
      return 'x'
    }
  }
  native.create(handle, 'a', {})
  assert.strictEqual(native.set(handle, 'k', '1'), 0)
  handle.onResolve = 5
  assert.strictEqual(native.set(handle, 'k', '1'), 0)
  handle.onResolve = () => native.close(handle) // refused inside a call
  native.set(handle, 'k', '1')
  handle.onResolve = () => native.set(handle, 'j', '1')
  native.set(handle, 'k', '1')
  assert.strictEqual(native.history(handle), 0)
})

test('strings of any length and content', () => {
  const a = gossip('a')
  for (const length of [994, 995, 996, 997, 998, 999, 1000, 1001, 5000]) {
    for (const character of ['x', 'ü', '日', '🐙']) {
      const text = character.repeat(length)
      a.set(text, text)
      assert.strictEqual(a.get(text).value, text)
      a.set(`x${text}`, text)
      assert.strictEqual(a.get(`x${text}`).value, text)
    }
  }
})

test('many Gossips are collected, in pipes and in the middle of things', { timeout: 60000 }, () => {
  const program = `
    const { Gossip, Replica, base } = require(${JSON.stringify(require.resolve('..'))})
    const config = { ...base.config, resolve: (gossip, update) => { if (Math.random() < 0.01) gc(); return true } }
    let left = 0
    const registry = new FinalizationRegistry(() => left--)
    async function main() {
      for (let round = 0; round < 20; round++) {
        for (let i = 0; i < 100; i++) {
          const [a, b] = [new Gossip('a', config), new Gossip('b', config)]
          left += 2
          registry.register(a)
          registry.register(b)
          a.pipe(b).pipe(a)
          for (let j = 0; j < 5; j++) a.set('k' + j, j)
          b.gossip()
          if (i % 10 === 0) b.close()
          if (i % 10 === 5) {
            const replica = new Replica('r')
            const link = a.link({ classic: true })
            link.pipe(replica.link({ any: true })).pipe(link)
          }
        }
        await new Promise((done) => setTimeout(done, 1))
        gc()
      }
      for (let i = 0; i < 50 && left > 0; i++) {
        gc()
        await new Promise((done) => setTimeout(done, 5))
      }
      console.log(left < 50 ? 'collected' : left + ' left')
    }
    main()`
  const out = execFileSync(process.execPath, ['--expose-gc', '-e', program], { encoding: 'utf8', timeout: 50000 })
  assert.strictEqual(out.trim(), 'collected')
})

test('a worker has its own replicas', async () => {
  const { Worker } = require('node:worker_threads')
  const program = `
    const { Replica } = require(${JSON.stringify(require.resolve('..'))})
    const replica = new Replica('w')
    for (let i = 0; i < 1000; i++) replica.set('k' + i, i)
    require('worker_threads').parentPort.postMessage(replica.size)`
  for (let i = 0; i < 3; i++) {
    const worker = new Worker(program, { eval: true })
    const size = await new Promise((done, fail) => worker.once('message', done).once('error', fail))
    assert.strictEqual(size, 1000)
    await worker.terminate()
  }
})

test('100,000 sets', { timeout: 60000 }, async () => {
  const a = gossip('a')
  for (let i = 0; i < 100000; i++) {
    if (!a.set(`k${i % 50000}`, i)) await new Promise((done) => a.once('drain', done))
  }
  assert.strictEqual(Object.keys(a.state).length, 50000)
  assert.strictEqual(a.version, 100000)
  const b = gossip('b', { mtu: 64 })
  a.pipe(b).pipe(a)
  b.gossip()
  for (let i = 0; i < 20000 && Object.keys(b.state).length < 50000; i++) await quiet(10)
  assert.deepStrictEqual(b.get('k49999'), a.get('k49999'))
})
