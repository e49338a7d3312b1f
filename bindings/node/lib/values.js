'use strict'
// The order of JSON values: null < false < true < numbers < strings < arrays < objects.

function rank(value) {
  if (value === null || value === undefined) return 0
  if (value === false) return 1
  if (value === true) return 2
  if (typeof value === 'number') return 3
  if (typeof value === 'string') return 4
  return Array.isArray(value) ? 5 : 6
}

/** Compares strings by code points, as their bytes in UTF-8 compare. */
function compareStrings(a, b) {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** Returns <0, 0 or >0: arrays element by element, objects as their members sorted by name. */
function compareValues(a, b) {
  const ranks = rank(a) - rank(b)
  if (ranks !== 0) return ranks
  switch (rank(a)) {
    case 3:
      return a < b ? -1 : a > b ? 1 : 0
    case 4:
      return compareStrings(a, b)
    case 5:
      return compareArrays(a, b)
    case 6:
      return compareArrays(members(a), members(b))
  }
  return 0
}

function compareArrays(a, b) {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = compareValues(a[i], b[i])
    if (order !== 0) return order
  }
  return a.length - b.length
}

function members(object) {
  return Object.entries(object).sort((a, b) => compareStrings(a[0], b[0]))
}

module.exports = { compareValues, compareStrings }
