'use strict'
// The examples of README.md run as they stand there.

const assert = require('node:assert')
const fs = require('node:fs')
const path = require('node:path')
const { test } = require('node:test')

const readme = fs.readFileSync(path.join(__dirname, '../README.md'), 'utf8')
const Example = (async () => {}).constructor
const find = (name) => (name === 'scuttle' ? require('..') : require(name))

const examples = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code)
examples.forEach((code, index) => {
  const run = new Example('require', 'assert', code)
  test(`example ${index + 1} of README.md`, { timeout: 10000 }, () => run(find, assert))
})

test('README.md has examples', () => assert(examples.length >= 4))

test('package.json, index.js and index.d.ts agree', async () => {
  const description = require('../package.json')
  const types = fs.readFileSync(path.join(__dirname, '..', description.types), 'utf8')
  const exported = await import(path.join(__dirname, '..', description.main))
  for (const name of Object.keys(require('..'))) {
    assert.match(types, new RegExp(`\\b(class|const|as) ${name}\\b`), `${name} has no type`)
    assert(name in exported, `${name} cannot be imported`)
  }
  for (const name of ['Gossip', 'Replica']) {
    const declared = types.slice(types.indexOf(`export class ${name} `))
    for (const method of Object.getOwnPropertyNames(require('..')[name].prototype)) {
      if (/^_|^constructor$|^(emit|pipe|unpipe)$|^(core|entered|bytesRead|settle)$/.test(method)) continue
      assert.match(declared, new RegExp(`\\b${method}\\b`), `${name}.${method} has no type`)
    }
  }
  assert.strictEqual(description.dependencies, undefined)
})
