'use strict'
// Byte streams to peers of any language.

const assert = require('node:assert')
const { spawn, spawnSync } = require('node:child_process')
const net = require('node:net')
const path = require('node:path')
const { Transform } = require('node:stream')
const { test } = require('node:test')
const { Replica } = require('..')
const { gossip, quiet } = require('./support')

function connect(a, b, options = {}, others = options) {
  const [there, back] = [a.link(options), b.link(others)]
  there.pipe(back).pipe(there)
  return [there, back]
}

async function until(condition, what) {
  for (let i = 0; i < 4000; i++) {
    if (condition()) return
    await new Promise((done) => setTimeout(done, 5))
  }
  assert.fail(`no end: ${what}`)
}

test('two replicas over links', async () => {
  const [a, b] = [new Replica('a'), new Replica('b')]
  for (let i = 0; i < 500; i++) a.set(`k${i}`, i)
  b.set('own', 'x'.repeat(100000))
  const [there] = connect(a, b)
  await until(() => a.fingerprint === b.fingerprint, 'in step')
  a.set('later', 1)
  there.gossip()
  await until(() => b.has('later'), 'later')
})

test('live links send new updates without a request', async () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => new Replica(name))
  connect(a, b, { live: true })
  connect(b, c, { live: true })
  await quiet(20)
  for (let i = 0; i < 50; i++) a.set(`k${i}`, i)
  c.set('back', 1)
  await until(() => c.size === 51 && a.size === 51, 'live')
})

test('interval gossips again and again', async () => {
  const [a, b] = [new Replica('a'), new Replica('b')]
  const links = connect(a, b, { interval: 5 })
  await quiet(20)
  a.set('k', 1)
  await until(() => b.has('k'), 'interval')
  for (const link of links) link.destroy()
})

test('a Gossip has links too: history, state and events follow', async () => {
  const a = gossip('a', { exactId: false, max_history: 5 })
  const b = new Replica('b')
  const told = []
  let states = 0
  a.history.on('update', ({ key }) => told.push(key))
  a.on('state', () => states++)
  a.set('own', 1)
  for (let i = 0; i < 20; i++) b.set(`k${i}`, i)
  connect(a, b)
  await until(() => b.has('own') && told.length === 21, 'in step')
  assert.strictEqual(states, 21)
  assert.strictEqual(Object.keys(a.state).length, 21)
  assert.strictEqual(a.history.memory.length, 5)
})

test('read-only links accept nothing', async () => {
  const [a, b] = [new Replica('a'), new Replica('b')]
  a.set('k', 1)
  b.set('j', 1)
  const [there] = connect(a, b, { readOnly: true }, {})
  there.on('rejected', () => {})
  await quiet(30)
  assert.strictEqual(b.has('k'), true)
  assert.strictEqual(a.has('j'), false)
})

test('classic links speak the lines of simple-scuttle', async () => {
  const [a, b] = [new Replica('a', { exactId: true }), gossip('b')]
  a.set('k', 1)
  b.set('j', 2)
  const [there] = connect(a, b, { classic: true, history: true }, { any: true })
  await until(() => a.has('j') && b.get('k').value === 1, 'classic')
  there.gossip()
  await quiet()
  assert.deepEqual(b.state.k, { value: 1, version: 1 })
})

test('replicas of two clusters: an error, and the peer receives the reason', async () => {
  const [a, b] = [new Replica('a', { cluster: 'one' }), new Replica('b', { cluster: 'two' })]
  const [there, back] = connect(a, b)
  const codes = []
  for (const link of [there, back]) link.on('error', (error) => codes.push(error.code))
  await until(() => codes.length > 0, 'error')
  await quiet(20)
  assert(codes.every((code) => code === 'SCUTTLE_E_CLUSTER' || code === 'SCUTTLE_E_REJECTED'), codes.join())
})

test('a link ends for the reason that the library has, whatever line before it was rejected', async () => {
  const [a, b] = [new Replica('a', { cluster: 'one' }), new Replica('b', { cluster: 'two' })]
  const [link, foreign] = [a.link({ gossip: false }), b.link()]
  const told = []
  link.on('rejected', (error) => told.push(`rejected ${error.code}`))
  link.on('error', (error) => told.push(`error ${error.code}`))
  foreign.on('error', () => {})
  const hello = await new Promise((done) => foreign.once('data', done))
  link.resume()
  link.write(Buffer.concat([Buffer.from('nonsense\n'), hello]))
  await until(() => told.length > 1, 'the end')
  assert.deepStrictEqual(told, ['rejected SCUTTLE_E_JSON', 'error SCUTTLE_E_CLUSTER'])
})

test('more refused updates than a replica remembers end the link', async () => {
  const [a, b] = [new Replica('a', { maxValueBytes: 10 }), new Replica('b')]
  for (let i = 0; i < 1100; i++) b.set(`k${i}`, 'x'.repeat(20))
  const [link, back] = connect(a, b, {})
  link.on('rejected', () => {})
  back.on('rejected', () => {})
  back.on('error', () => {})
  const error = await new Promise((done) => link.once('error', done))
  assert.strictEqual(error.code, 'SCUTTLE_E_REFUSED')
})

test('a bad line is rejected, and the link goes on', async () => {
  const a = new Replica('a', { exactId: true })
  const link = a.link({ classic: true })
  const rejected = []
  link.on('rejected', (error) => rejected.push(error.code))
  link.write('nonsense\n{"key":"k","value":1,"source_id":"b","version":1}\n')
  await quiet()
  assert.deepStrictEqual(rejected, ['SCUTTLE_E_JSON'])
  assert.strictEqual(a.get('k').value, 1)
})

test('closing a replica ends its links; closing a link leaves the replica', async () => {
  const [a, b] = [new Replica('a'), new Replica('b')]
  const [there, back] = connect(a, b)
  there.destroy()
  a.set('k', 1)
  await quiet()
  b.close()
  await quiet()
  assert.strictEqual(back.destroyed, true)
  assert.throws(() => b.link(), { code: 'SCUTTLE_E_CLOSED' })
  there.gossip()
  assert.strictEqual(a.get('k').value, 1)
})

test('over a socket', async () => {
  const [a, b] = [new Replica('a'), new Replica('b')]
  const server = net.createServer((socket) => socket.pipe(a.link({ live: true })).pipe(socket)).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const socket = net.connect(server.address().port, '127.0.0.1')
  socket.pipe(b.link({ live: true })).pipe(socket)
  for (let i = 0; i < 100; i++) a.set(`a${i}`, i)
  for (let i = 0; i < 100; i++) b.set(`b${i}`, i)
  await until(() => a.size === 200 && b.size === 200, 'in step')
  socket.destroy()
  server.close()
})

const ROOT = path.resolve(__dirname, '../../..')
const PEER = `
import socket, sys, scuttle
with scuttle.Replica("python") as replica, replica.link() as link:
    for i in range(100):
        replica[f"python/{i}"] = {"n": i}
    connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    connection.settimeout(0.05)
    for turn in range(200):
        link.gossip()
        while data := link.read():
            connection.sendall(data)
        try:
            data = connection.recv(65536)
            if not data:
                break
            link.write(data)
        except TimeoutError:
            pass
        if "node/99" in replica and turn > 20:
            break
    while data := link.read():
        connection.sendall(data)
    print(len(replica), replica["node/7"])
`
const python = {
  ...process.env,
  PYTHONPATH: path.join(ROOT, 'bindings/python'),
  SCUTTLE_LIBRARY: path.join(ROOT, 'build/lib/libscuttle.so'),
  PYTHONDONTWRITEBYTECODE: '1'
}
const hasPython = spawnSync('python3', ['-c', 'import scuttle'], { env: python, timeout: 20000 }).status === 0

for (const kind of ['Replica', 'Gossip']) {
  const skip = hasPython ? false : 'the Python binding cannot be imported'
  test(`${kind} and a Python peer over a socket`, { skip, timeout: 40000 }, async () => {
    const replica = kind === 'Replica' ? new Replica('node') : gossip('node', { exactId: false })
    for (let i = 0; i < 100; i++) replica.set(`node/${i}`, [i, 'ü'])
    const server = net.createServer((socket) => {
      socket.pipe(replica.link({ interval: 20 })).pipe(socket)
      socket.on('error', () => {})
    })
    server.listen(0, '127.0.0.1')
    await new Promise((done) => server.once('listening', done))
    const child = spawn('python3', ['-c', PEER, String(server.address().port)], { env: python, timeout: 30000 })
    let out = ''
    child.stdout.on('data', (data) => (out += data))
    child.stderr.on('data', (data) => (out += data))
    await new Promise((done) => child.once('exit', done))
    assert.strictEqual(out.trim(), "200 [7, 'ü']")
    assert.deepStrictEqual(replica.get('python/5').value, { n: 5 })
    server.close()
  })
}

test('the lines of a Gossip are those of a classic link', async () => {
  const lines = () => new Transform({ writableObjectMode: true, transform: (object, _, done) => done(null, `${JSON.stringify(object)}\n`) })
  const objects = () => {
    let rest = ''
    return new Transform({
      readableObjectMode: true,
      transform(bytes, _, done) {
        const whole = (rest + bytes).split('\n')
        rest = whole.pop()
        for (const line of whole) this.push(JSON.parse(line))
        done()
      }
    })
  }
  const [a, b] = [gossip('a'), new Replica('b')]
  const link = b.link({ classic: true, live: true })
  a.pipe(lines()).pipe(link).pipe(objects()).pipe(a)
  for (let i = 0; i < 200; i++) a.set(`a${i}`, i)
  for (let i = 0; i < 200; i++) b.set(`b${i}`, i)
  a.delete('a7')
  for (let i = 0; i < 20 && b.size < 399; i++) {
    a.gossip()
    link.gossip()
    await quiet(20)
  }
  assert.strictEqual(b.size, 399)
  assert.strictEqual(Object.keys(a.state).length, 399)
  assert.strictEqual(b.get('a8').value, 8)
})

test('set returns false while a link is full, and drain follows', async () => {
  const [a, b] = [new Replica('a', { mtu: 5 }), new Replica('b')]
  const [there, back] = connect(a, b, { live: true })
  await until(() => a.clock.get(b.id) !== undefined && there.readableFlowing, 'hello')
  await quiet(20)
  there.unpipe(back)
  there.pause()
  let drained = 0
  a.on('drain', () => drained++)
  let behind = 0
  for (let i = 0; i < 20000; i++) if (!a.set(`k${i}`, 'x'.repeat(50))) behind++
  await quiet(5)
  for (let i = 20000; i < 20100; i++) if (!a.set(`k${i}`, 1)) behind++
  assert(behind > 0)
  there.pipe(back)
  await until(() => drained > 0 && b.size === 20100, 'drain')
})
