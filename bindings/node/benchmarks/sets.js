'use strict'
// Sets per second from Node: node benchmarks/sets.js [count]

const { Gossip, Replica, base } = require('..')

const count = Number(process.argv[2]) || 100000

function measure(name, set) {
  for (let i = 0; i < 1000; i++) set(`warm/${i}`, i)
  const begin = process.hrtime.bigint()
  for (let i = 0; i < count; i++) set(`key/${i}`, i)
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9
  console.log(`${name}: ${Math.round(count / seconds).toLocaleString('en')} sets a second`)
}

const config = { ...base.config, resolve: base.resolution.lww_vs_clock }
const gossip = new Gossip('a', config)
measure('Gossip.set', (key, value) => gossip.set(key, value))
const replica = new Replica('b')
measure('Replica.set', (key, value) => replica.set(key, value))
const plain = new Gossip('c', { ...config, resolve: (gossip, update) => update.version > gossip.get(update.key).version })
measure('Gossip.set with a resolver in JavaScript', (key, value) => plain.set(key, value))
