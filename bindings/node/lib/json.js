'use strict'
// Values as the JSON text that the library stores.

const LARGEST = 2n ** 63n - 1n
const LEAST = -(2n ** 63n)

/** Returns the JSON text of a value. What JSON drops is null. Throws a TypeError for a cycle or a BigInt. */
function toText(value) {
  switch (typeof value) {
    case 'boolean':
      return value ? 'true' : 'false'
    case 'number':
      if (Number.isSafeInteger(value)) return String(value)
  }
  const text = JSON.stringify(value)
  if (text === undefined) return 'null'
  return /\d{19}/.test(text) ? keepLargeNumbers(text) : text
}

/** Writes integers outside int64 as reals, which the library accepts: a JavaScript number is a double anyway. */
function keepLargeNumbers(text) {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?![\d.eE])/g, (token) => {
    if (token[0] === '"' || token.length < 19) return token
    const integer = BigInt(token)
    return integer > LARGEST || integer < LEAST ? `${token}e0` : token
  })
}

/** Returns what a peer will read of a value whose JSON text is `text`: a copy, unless nobody can change it. */
function copyOf(value, text) {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      if (Number.isSafeInteger(value) && value !== 0) return value
  }
  return text === 'null' ? null : JSON.parse(text)
}

/** Returns a key as a string: numbers are theirs. Throws a TypeError for anything else. */
function toKey(key) {
  if (typeof key === 'string') {
    if (!key.isWellFormed()) throw new TypeError('key has a lone surrogate, which UTF-8 cannot express')
    return key
  }
  if (typeof key === 'number' || typeof key === 'bigint') return String(key)
  throw new TypeError(`key is a ${key === null ? 'null' : typeof key}; a string or a number is expected`)
}

module.exports = { toText, toKey, copyOf }
