'use strict'
// The default config, and the resolvers of the seed.

const { codes } = require('./native')
const { compareStrings, compareValues } = require('./values')

/** Orders updates by version, then by source. */
function sort(a, b) {
  return a.version - b.version || compareStrings(String(a.source_id), String(b.source_id))
}

/** Returns the entry of an update's key as an update; undefined for a key without a value. */
function currentOf(gossip, update) {
  if (typeof gossip.entry === 'function') return gossip.entry(update.key)
  const { value, version } = gossip.get(update.key)
  return version === -Infinity ? undefined : { key: update.key, value, source_id: gossip.id, version }
}

/** The greater (version, source) stands. */
function lww_vs_current_vers(gossip, update) {
  const current = currentOf(gossip, update)
  return current === undefined || sort(update, current) > 0
}

/** A covered update changes nothing; of two others, the greater (version, source) stands. */
function lww_vs_clock(gossip, update) {
  return lww_vs_current_vers(gossip, update)
}

/** The greater value stands: null < false < true < numbers < strings < arrays < objects; equal values as by `sort`. */
function strictly_order_values(gossip, update) {
  const current = currentOf(gossip, update)
  return current === undefined || (compareValues(update.value, current.value) || sort(update, current)) > 0
}

/** The library's own resolvers, by the functions that name them. */
const resolvers = new Map([
  [lww_vs_clock, codes.SCUTTLE_LWW_VS_CLOCK],
  [lww_vs_current_vers, codes.SCUTTLE_LWW_VS_CURRENT_VERS],
  [strictly_order_values, codes.SCUTTLE_STRICTLY_ORDER_VALUES]
])

module.exports = {
  config: { mtu: 10, max_history: 10, sort, resolve: null },
  resolution: { lww_vs_clock, lww_vs_current_vers, strictly_order_values },
  sort
}
Object.defineProperty(module.exports, 'resolvers', { value: resolvers })
