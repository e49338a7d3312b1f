'use strict'
// A replica in a process of its own, in Node: the same commands on standard input and the same replies as peer.c.
//
//   node peer.js NAME            a Replica, whose links speak the extended dialect
//   node peer.js --classic NAME  a Gossip, simple-scuttle's interface: its objects are lines of JSON, the classic dialect

const net = require('node:net')
const readline = require('node:readline')
const { Transform } = require('node:stream')
const { Gossip, Replica, base } = require('../bindings/node')

const GOSSIP_EVERY = 100 // milliseconds

class ReplicaFace {
  constructor(name) {
    this.replica = new Replica(name)
  }

  /** Returns the streams that a socket is piped through. */
  streams() {
    return [this.replica.link({ live: true })]
  }

  get size() {
    return this.replica.size
  }

  get fingerprint() {
    return this.replica.fingerprint
  }
}

class GossipFace {
  constructor(name) {
    this.replica = new Gossip(name, { ...base.config, resolve: base.resolution.lww_vs_clock })
  }

  streams() {
    return [deserializer(), this.replica, serializer()]
  }

  get size() {
    return Object.keys(this.replica.state).length
  }

  /** Returns the fingerprint of a Replica that holds the same. */
  get fingerprint() {
    const copy = new Replica('copy')
    copy.import(this.replica.export())
    const { fingerprint } = copy
    copy.close()
    return fingerprint
  }
}

function serializer() {
  return new Transform({
    writableObjectMode: true,
    transform: (object, _, done) => done(null, `${JSON.stringify(object)}\n`)
  })
}

function deserializer() {
  const decoder = new TextDecoder()
  let rest = ''
  return new Transform({
    readableObjectMode: true,
    transform(bytes, _, done) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
      rest = lines.pop()
      for (const line of lines) this.push(JSON.parse(line))
      done()
    }
  })
}

// ---- connections ----

const isClassic = process.argv[2] === '--classic'
const name = process.argv[isClassic ? 3 : 2]
const face = isClassic ? new GossipFace(name) : new ReplicaFace(name)
const { replica } = face
const sockets = new Set()

function keep(socket) {
  sockets.add(socket)
  socket.setNoDelay(true)
  const streams = face.streams()
  let why = 'closed by the peer'
  const failed = (error) => {
    why = error.message
    socket.destroy()
  }
  socket.on('error', failed)
  let last = socket
  for (const stream of [...streams, socket]) {
    if (stream !== socket && stream !== replica) stream.on('error', failed)
    last.pipe(stream, { end: stream !== replica })
    last = stream
  }
  socket.once('close', () => {
    last = socket
    for (const stream of streams) {
      last.unpipe(stream)
      last = stream
    }
    for (const stream of streams) if (stream !== replica) stream.destroy()
    if (sockets.delete(socket)) say(`closed ${why}`)
  })
}

function cut() {
  const count = sockets.size
  for (const socket of sockets) {
    sockets.delete(socket)
    socket.destroy()
  }
  return count
}

// ---- commands ----

function value(key) {
  const entry = replica.entry(key)
  if (entry === undefined) return 'value - 0 null'
  return `value ${entry.source_id} ${entry.version} ${JSON.stringify(entry.value)}`
}

function status() {
  const clock = [...replica.clock].map(([source, version]) => `${source}:${version}`)
  return ['status', face.size, face.fingerprint.toString(16).padStart(16, '0'), ...clock].join(' ')
}

function obey(line) {
  const [verb, key] = line.split(' ', 2)
  const rest = line.slice(verb.length + 1)
  if (verb === 'set') replica.set(key, JSON.parse(rest.slice(key.length + 1)))
  else if (verb === 'delete') replica.delete(rest)
  else if (verb === 'get') say(value(rest))
  else if (verb === 'connect') keep(net.connect(Number(rest), '127.0.0.1'))
  else if (verb === 'cut') say(`cut ${cut()}`)
  else if (verb === 'status') say(status())
  else if (verb === 'quit') process.exit(0)
  else say(`error no such command: ${verb}`)
}

function say(line) {
  process.stdout.write(`${line}\n`)
}

// ---- the loop ----

const listener = net.createServer(keep)
listener.listen(0, '127.0.0.1', () => {
  say(`listening ${listener.address().port}`)
  setInterval(() => replica.gossip(), GOSSIP_EVERY)
  const commands = readline.createInterface({ input: process.stdin, terminal: false })
  commands.on('line', (line) => {
    try {
      obey(line)
    } catch (error) {
      say(`error ${line}: ${error.message}`)
    }
  })
  commands.on('close', () => process.exit(0))
})
