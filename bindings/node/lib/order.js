'use strict'
// What a host's `sort` says, as a number.

/**
 * Returns <0, 0 or >0. A sort that returns true or false says whether `a` comes before `b`; as numbers those would say
 * the opposite, or nothing.
 */
function compare(sort, a, b) {
  const answer = sort(a, b)
  if (answer === true) return -1
  if (answer === false) return sort(b, a) === true ? 1 : 0
  return Number(answer) || 0
}

module.exports = { compare }
