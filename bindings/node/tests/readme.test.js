'use strict'
// The examples of this package's README.md, and of the project's, run as they stand there.

const assert = require('node:assert')
const fs = require('node:fs')
const path = require('node:path')
const { test } = require('node:test')

const Example = (async () => {}).constructor
const find = (name) => (name === 'scuttle' ? require('..') : require(name))

for (const [name, count] of [['../README.md', 7], ['../../../README.md', 1]]) {
  const readme = fs.readFileSync(path.join(__dirname, name), 'utf8')
  const examples = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code)
  examples.forEach((code, index) => {
    const run = new Example('require', 'assert', code)
    test(`example ${index + 1} of ${name}`, { timeout: 10000 }, () => run(find, assert))
  })
  test(`${name} has examples`, () => assert(examples.length >= count))
}

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
  const [, link] = types.match(/export interface Link [^]*?\{([^]*?)\n\}/)
  for (const method of Object.getOwnPropertyNames(require('../lib/link').prototype)) {
    if (/^_|^constructor$|^wake$/.test(method)) continue
    assert.match(link, new RegExp(`\\b${method}\\b`), `Link.${method} has no type`)
  }
  assert.strictEqual(description.dependencies, undefined)
})
