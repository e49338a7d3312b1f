'use strict'
// Functions that the tests share.

const { Transform } = require('node:stream')
const { Gossip, base } = require('..')

/** A config with the defaults of the seed and a resolver. */
function config(changes = {}) {
  return { ...base.config, resolve: base.resolution.lww_vs_clock, ...changes }
}

function gossip(id, changes, state) {
  return new Gossip(id, config(changes), state)
}

/** Waits until streams and their ticks are done. */
async function quiet(rounds = 10) {
  for (let i = 0; i < rounds; i++) await new Promise((done) => setImmediate(done))
}

/** Lets all gossip until all states are equal; fails after `rounds`. Returns the number of rounds. */
async function converge(gossips, rounds = 50) {
  for (let round = 1; round <= rounds; round++) {
    for (const each of gossips) each.gossip()
    await quiet()
    if (gossips.every((each) => same(each.state, gossips[0].state))) return round
  }
  throw new Error(`no convergence after ${rounds} rounds: ${gossips.map((each) => Object.keys(each.state).length)} keys`)
}

function same(a, b) {
  const keys = Object.keys(a)
  const isSame = (key) =>
    Object.hasOwn(b, key) &&
    a[key].version === b[key].version &&
    JSON.stringify(a[key].value) === JSON.stringify(b[key].value)
  return keys.length === Object.keys(b).length && keys.every(isSame)
}

/** Opens a link between two replicas, and waits until both are silent. Returns both ends. */
async function linked(a, b, options) {
  const links = [a.link(options), b.link(options)]
  links[0].pipe(links[1]).pipe(links[0])
  await quiet()
  return links
}

/** A stream that passes objects on as a serializer and a deserializer would. */
function json() {
  return new Transform({
    objectMode: true,
    transform: (object, _, done) => done(null, JSON.parse(JSON.stringify(object)))
  })
}

/** Reads all objects that a Gossip has to send. */
function drain(stream) {
  const objects = []
  for (let object; (object = stream.read()) !== null; ) objects.push(object)
  return objects
}

/** Returns the delta of a Gossip for a peer that has nothing. */
async function answers(stream, digest = { digest: true, done: true }) {
  stream.write(digest)
  const objects = []
  for (let i = 0; i < 5; i++) {
    await quiet(2)
    objects.push(...drain(stream))
  }
  return objects
}

module.exports = { Gossip, base, config, gossip, quiet, converge, linked, drain, answers, json }
