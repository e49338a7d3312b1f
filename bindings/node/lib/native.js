'use strict'
// The addon, which `make` in this folder builds.

const path = require('path')

try {
  module.exports = require('../build/scuttle.node')
} catch (cause) {
  const folder = path.resolve(__dirname, '..')
  throw new Error(`the addon of scuttle cannot be loaded: ${cause.message}. \`make -C ${folder}\` builds it`, { cause })
}
