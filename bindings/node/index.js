'use strict'
// libscuttle from Node: a map that peers keep in step with the scuttlebutt protocol.

const base = require('./lib/base')
const { ScuttleError } = require('./lib/errors')
const Gossip = require('./lib/gossip')
const History = require('./lib/history')
const native = require('./lib/native')
const Replica = require('./lib/replica')

const Base = base // both spellings are in use
const libraryVersion = native.libraryVersion()

module.exports = { Gossip, Replica, History, base, Base, ScuttleError, libraryVersion }
