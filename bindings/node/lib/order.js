'use strict'
// The result of a host's `sort` as a number.

/**
 * Returns <0, 0 or >0. A sort that returns true or false says whether `a` comes before `b`; as numbers those would say
 * the opposite, or nothing.
 */
function compare(sort, a, b) {
  const result = sort(a, b)
  if (result === true) return -1
  if (result === false) return sort(b, a) === true ? 1 : 0
  return Number(result) || 0
}

module.exports = { compare }
