'use strict'
// What a host can know of a replica and of its links.

const assert = require('node:assert')
const fs = require('node:fs')
const path = require('node:path')
const { test } = require('node:test')
const { Replica, ScuttleError } = require('..')
const { gossip, linked, quiet } = require('./support')

test('stats has all figures of the header, each under its own name', () => {
  const header = fs.readFileSync(path.join(__dirname, '../../../include/scuttle.h'), 'utf8')
  const types = fs.readFileSync(path.join(__dirname, '../index.d.ts'), 'utf8')
  const [, struct] = header.match(/typedef struct \{\n {2}size_t struct_size; \/\* sizeof\(scuttle_stats_t\)([^]*?)\} scuttle_stats_t;/)
  const names = [...struct.matchAll(/^ {2}uint64_t (\w+);/gm)].map(([, name]) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()))
  assert(names.length >= 42)
  const stats = new Replica('a').stats()
  assert.deepStrictEqual(Object.keys(stats), names)
  assert(Object.values(stats).every(Number.isSafeInteger))
  const [, typed] = types.match(/export interface Stats \{([^]*?)\n\}/)
  assert.deepStrictEqual([...typed.matchAll(/^ {2}(\w+): number$/gm)].map(([, name]) => name), names)
})

test('stats counts', async () => {
  const here = new Replica('here', { maxValueBytes: 100 })
  const there = new Replica('there')
  here.setMany([['k', 1], ['l', 2]])
  there.set('large', 'x'.repeat(200))
  const links = await linked(here, there)
  const stats = here.stats()
  const expected = { keys: 2, sets: 2, links: 1, linksOpened: 1, linksInStep: 0, refused: 1, received: 1, exceptions: 1, gossips: 1 }
  assert.deepStrictEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, stats[name]])), expected)
  assert.strictEqual(there.stats().refusedByPeers, 1)
  assert.strictEqual(there.stats().applied, 2)
  assert.deepStrictEqual([stats.bytesOut, stats.messagesOut], [there.stats().bytesIn, there.stats().messagesIn])
  assert(stats.bytesOut > 0 && stats.messagesOut > 0)
  here.delete('k')
  here.tick(0)
  here.setTtl('t', 1, 10)
  here.tick(10)
  const { sets, deletes, expired, tombstones, keys } = here.stats()
  assert.deepStrictEqual([sets, deletes, expired, tombstones, keys], [3, 1, 1, 2, 1])
  links.forEach((link) => link.destroy())
  await quiet()
  assert.strictEqual(here.stats().links, 0)
  here.close()
  assert.throws(() => here.stats(), { code: 'SCUTTLE_E_CLOSED' })
})

test('info of a link, and confirmed', async () => {
  const here = new Replica('here')
  const there = new Replica('there')
  here.set('k', 1)
  const [link, back] = await linked(here, there, { gossip: false })
  assert.deepStrictEqual(link.info(), {
    peerName: undefined,
    peerSource: undefined,
    dialect: undefined,
    inStep: false,
    live: false,
    ended: false,
    lastError: undefined,
    lag: 1,
    confirmedVersion: 0,
    bytesIn: 0,
    bytesOut: 0,
    messagesIn: 0,
    messagesOut: 0
  })
  assert.strictEqual(here.confirmed(), 0)
  for (let i = 0; i < 3; i++) {
    link.gossip()
    await quiet()
  }
  const info = link.info()
  assert.deepStrictEqual(
    [info.peerName, info.peerSource, info.dialect, info.inStep, info.lag],
    ['there', there.id, 'extended', true, 0]
  )
  assert(info.confirmedVersion >= 1)
  assert.deepStrictEqual([info.bytesOut, info.messagesOut], [back.info().bytesIn, back.info().messagesIn])
  assert.strictEqual(here.confirmed(1), 1)
  assert.strictEqual(here.confirmed(), 1)
  here.set('k', 2)
  assert.deepStrictEqual([here.confirmed(here.version), here.confirmed(), here.confirmed(1)], [0, 0, 1])
  assert.strictEqual(link.info().lag, 1)
  for (const version of [-1, 1.5, '1', null]) assert.throws(() => here.confirmed(version), TypeError)
  link.destroy()
  await quiet()
  assert.strictEqual(here.confirmed(1), 0)
  assert.throws(() => link.info(), { code: 'SCUTTLE_E_CLOSED' })
  here.close()
  assert.throws(() => link.info(), { code: 'SCUTTLE_E_CLOSED' })
})

test('info of a link that has rejected a line, and of one that has ended', async () => {
  const here = new Replica('here', { cluster: 'blue' })
  const link = here.link({ live: true })
  link.on('rejected', () => {})
  link.write('nonsense\n')
  assert(link.info().lastError instanceof ScuttleError)
  assert.strictEqual(link.info().lastError.code, 'SCUTTLE_E_JSON')
  const there = new Replica('there', { cluster: 'red' })
  const failures = []
  const [first, second] = [here.link(), there.link()]
  for (const each of [first, second]) each.on('error', (error) => failures.push(error.code))
  let ended
  here.on('event', () => (ended = first.info()))
  first.pipe(second).pipe(first)
  await quiet()
  assert.deepStrictEqual([ended.ended, ended.lastError.code], [true, 'SCUTTLE_E_REJECTED'])
  assert(failures.includes('SCUTTLE_E_CLUSTER'))
})

test('info of a link to a classic peer', async () => {
  const replica = new Replica('here')
  const peer = gossip('there')
  peer.set('k', 1)
  const [link, back] = [replica.link({ any: true }), peer.link({ classic: true })]
  link.pipe(back).pipe(link)
  await quiet()
  const { dialect, peerName, confirmedVersion } = link.info()
  assert.deepStrictEqual([dialect, peerName, confirmedVersion], ['classic', undefined, 0])
  assert.strictEqual(back.info().dialect, 'classic')
  assert.strictEqual(replica.get('k').value, 1)
})
