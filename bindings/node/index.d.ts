/** libscuttle from Node: a map that peers keep in step with the scuttlebutt protocol. */

/// <reference types="node" />

import { EventEmitter } from 'events'
import { Duplex, Transform } from 'stream'

/** A value of JSON. */
export type Value = null | boolean | number | string | Value[] | { [name: string]: Value }

/** A key. A number becomes its text. */
export type Key = string | number

/** The entry of a key. */
export interface Entry {
  value: any
  version: number
}

/** One write by one replica. */
export interface Update {
  key: string
  value: any
  source_id: string
  version: number
  /** A delete; `value` is null. */
  deleted?: true
  /** An expiry: the delete of a key whose time to live is over. */
  expired?: true
  /** The timestamp, if a replica has republished the update: `source_id` and `version` are its dot then. */
  written?: [source: string, version: number]
}

/** A digest: a request for the updates of a source above a version; `done`: for those of all unnamed sources, too. */
export type Digest =
  | { digest: true; source_id: string; id?: string; version?: number | null; done?: boolean }
  | { digest: true; done: true }

/** Returns <0 if `a` comes before `b`, >0 if after; or whether it comes before. */
export type Sort = (a: Update, b: Update) => number | boolean

/** Returns whether an update is applied. It decides alone, so it must follow a total order of updates. */
export type Resolve<T = Gossip> = (self: T, update: Update, current: Update | undefined) => boolean

/** An error of the library. */
export class ScuttleError extends Error {
  readonly name: 'ScuttleError'
  /** Its name in scuttle.h, such as 'SCUTTLE_E_KEY'. */
  readonly code: string
  /** Its number in scuttle.h. */
  readonly errno: number
}

/** Limits of the library, with its defaults; see scuttle.h. */
export interface Limits {
  maxMessageBytes?: number
  maxKeyBytes?: number
  maxValueBytes?: number
  maxDepth?: number
  maxSources?: number
  maxLinks?: number
  maxVersionJump?: number
  maxTombstones?: number
  /** Keys that hold a value. Overwrites and deletes always pass. */
  maxKeys?: number
  /** Bytes of memory for all that the replica holds: see docs/reference/limits.md. */
  maxBytes?: number
  /** Links join replicas of one cluster only. */
  cluster?: string
  /** Seed of the random numbers. 0 or none: from the system. */
  seed?: number
  /** Purge no stable tombstone. */
  keepTombstones?: boolean
}

export interface Config extends Limits {
  /** The number of pending objects at which the stream becomes full. 10 if falsy. */
  mtu?: number
  /** The number of updates in the history. 10 if falsy. */
  max_history?: number
  /** Required: a function of `base.resolution`, or one of your own. */
  resolve: Resolve | null
  /** The order of the history and of deltas. */
  sort?: Sort
  /** false: deltas leave out the superseded updates of the history. The default with a sort of your own. */
  superseded?: boolean
  /** false: each start has a source of its own, which `id` returns. */
  exactId?: boolean
}

/** The version vector (vector clock, as the seed calls it): source -> version up to which its updates are accounted for. */
export interface Clock extends Iterable<[source: string, version: number]> {
  /** Returns the version of a source, -Infinity for an unknown one. */
  get(source: string): number
  /** All versions. */
  readonly clock: { [source: string]: number }
}

/** Keeps track of updates, and replays those of a source on demand. */
export class History extends EventEmitter {
  constructor(max?: number, mtu?: number, sort?: Sort)
  /** The updates, in the order of `sort`. A listener may change it in place. */
  memory: Update[]
  readonly length: number
  max_depth: number
  sort: Sort
  /** Records an update: emits 'update' and prunes memory. Throws a ScuttleError if the library rejects it. */
  write(update: Update): Update
  write(key: Key, value: any, source_id: string, version: number): Update
  /** The updates of a source above a version. */
  news(id: string, version: number): Update[]
  /** An update has entered; it is in memory. */
  on(event: 'update', listener: (update: Update) => void): this
  /** Memory is too long; nothing is removed yet. */
  on(event: 'compaction', listener: (memory: Update[], history: History) => void): this
  on(event: string | symbol, listener: (...values: any[]) => void): this
}

export interface LinkOptions {
  /** Send new updates at once after the first reconciliation. */
  live?: boolean
  /** Speak simple-scuttle's dialect only. */
  classic?: boolean
  /** Speak the peer's dialect. */
  any?: boolean
  /** With `classic` or `any`: deltas include the superseded updates of the history. */
  history?: boolean
  /** Accept nothing from the peer. */
  readOnly?: boolean
  /** false: do not gossip when the link opens. */
  gossip?: boolean
  /** Milliseconds between two gossips. */
  interval?: number
}

/** The state of a link and its peer. What the peer has is known by its own statements; the next gossip brings one. */
export interface LinkInfo {
  /** The name that the peer claims in its hello; undefined before it, and for classic peers. */
  peerName: string | undefined
  /** The source that the peer writes under: its name and incarnation. */
  peerSource: string | undefined
  /** undefined: the peer has sent no valid message yet, or the link has ended. */
  dialect: 'classic' | 'extended' | undefined
  /** Both version vectors were equal when last compared. */
  inStep: boolean
  /** The link sends new updates at once. */
  live: boolean
  ended: boolean
  /** The last error of the link, or the reason why it has ended. */
  lastError: ScuttleError | undefined
  /** The entries, tombstones included, that the peer is not known to have. Above 1,024 some superseded updates may count. */
  lag: number
  /** The version up to which the peer is known to have the writes of this replica; 0: none. */
  confirmedVersion: number
  bytesIn: number
  bytesOut: number
  /** Whole lines. */
  messagesIn: number
  messagesOut: number
}

/** A conversation with one peer over bytes: `socket.pipe(link).pipe(socket)`. */
export interface Link extends Duplex {
  /** Starts a gossip: both sides receive what they lack. */
  gossip(): void
  /** Describes the link and its peer. Throws once the link or the replica is closed. */
  info(): LinkInfo
  /** A line was rejected; the link goes on. */
  on(event: 'rejected', listener: (error: ScuttleError) => void): this
  on(event: string | symbol, listener: (...values: any[]) => void): this
}

/** A replica as a Transform stream in objectMode: digests and updates in, digests and updates out. */
export class Gossip extends Transform {
  /** `state`: entries to start from; the Gossip keeps its entries in it. */
  constructor(id: Key, config: Config, state?: { [key: string]: Entry })
  /** The source of local writes. */
  readonly id: string
  /** Key -> {value, version}. */
  readonly state: { [key: string]: Entry }
  readonly clock: Clock
  readonly history: History
  /** The highest version that the Gossip has seen. */
  readonly version: number
  /** Sets a key. False: the stream is full; wait for 'drain'. Throws a TypeError for a value that JSON cannot express. */
  set(key: Key, value: any): boolean
  /** Deletes a key. Returns as `set`. */
  delete(key: Key): boolean
  /** Returns the entry of a key, {version: -Infinity, value: null} for a key without a value. */
  get(key: Key): Entry
  entry(key: Key): Update | undefined
  /** Queues digests of all known sources. False: some wait for the reader. */
  gossip(): boolean
  /** Opens a byte stream to one peer. */
  link(options?: LinkOptions): Link
  /** Returns the whole replica as lines. */
  export(): Buffer
  /** Starts from an export. False: the export is truncated. */
  import(bytes: Uint8Array): boolean
  /** Ends the stream and frees the replica. */
  close(): void
  write(object: Update | Digest | { key: Key; value?: any }, callback?: (error?: Error | null) => void): boolean
  write(object: any, encoding: BufferEncoding, callback?: (error?: Error | null) => void): boolean
  /** An update was applied. */
  on(event: 'state', listener: (state: { [key: string]: Entry }) => void): this
  /** An object was rejected, and has changed nothing. */
  on(event: 'rejected', listener: (error: Error, object: any) => void): this
  on(event: 'data', listener: (object: Update | Digest) => void): this
  on(event: string | symbol, listener: (...values: any[]) => void): this
}

export interface ReplicaConfig extends Limits {
  mtu?: number
  max_history?: number
  /** Default: the greater (version, source) stands. */
  resolve?: Resolve<Replica>
  sort?: Sort
  /** true: the name itself is the source. */
  exactId?: boolean
  /** An export to start from. */
  state?: Uint8Array | string
}

/**
 * A position in the changes of a replica, or behind a piece of a save. The replica keeps nothing for it. It belongs to one start of the
 * replica.
 */
export interface Cursor {
  readonly incarnation: bigint
  readonly position: bigint
}

export interface ChangesOptions {
  /** The first characters of the keys. */
  prefix?: string
  /** The most updates; the next look goes on behind them. Default: all. */
  limit?: number
}

/** One look at what has changed. */
export interface Changes {
  /**
   * Each changed key once, as it is now, in order of arrival. A delete whose tombstone is purged, or an entry that a reset has removed,
   * has the source '' and the version 0.
   */
  updates: Update[]
  /** The cursor for the next look. */
  cursor: Cursor
  /** The cursor could not be followed: the updates are all entries, and a key that is not among them is gone. */
  gap: boolean
}

/** A piece of a save. */
export interface Piece {
  /** Lines; empty if nothing has changed. */
  bytes: Buffer
  /** The cursor behind the piece, for the next one. */
  cursor: Cursor
  /** The piece replaces those before it. */
  whole: boolean
}

/** The figures of a replica. Gauges are of the moment of the call; counters begin with 0 when the replica is made, and grow. */
export interface Stats {
  /** Gauge: keys that hold a value. */
  keys: number
  /** Gauge: deleted keys whose tombstone is not purged. */
  tombstones: number
  /** Gauge: bytes of memory, as `maxBytes` counts them. */
  bytes: number
  /** Gauge: updates in the history. */
  history: number
  /** Gauge: sources that are not retired, this replica's own included. */
  sources: number
  /** Gauge: retired sources. */
  retired: number
  /** Gauge: updates that are refused or missing here. */
  exceptions: number
  /** Gauge: entries that the version vector does not cover, because updates before them are on their way. */
  outOfOrder: number
  /** Gauge: open links, with those that have ended and are not closed. */
  links: number
  /** Gauge: links that are in step. */
  linksInStep: number
  /** Gauge: full links. */
  linksFull: number
  /** Counter: local sets. */
  sets: number
  /** Counter: local deletes. */
  deletes: number
  /** Counter: keys that this replica has deleted at the end of a time to live. */
  expired: number
  /** Counter: updates that this replica has republished. */
  republished: number
  /** Counter: tombstones that this replica has purged. */
  purged: number
  /** Counter: resets of peers that were applied. */
  resets: number
  /** Counter: entries that those resets have removed. */
  removed: number
  /** Counter: readable updates: the sum of the next four. */
  received: number
  /** Counter: updates that have become the entry of their key. */
  applied: number
  /** Counter: updates that have lost to the entry of their key. */
  superseded: number
  /** Counter: updates that were known, as entries, in the version vector or as refused ones. */
  repeated: number
  /** Counter: updates that a limit has refused, each once. */
  refused: number
  /** Counter: messages that were rejected with an error, refused updates included. */
  rejected: number
  /** Counter: updates that peers have refused. */
  refusedByPeers: number
  /** Counter: equivocations, whichever content stands. */
  corrupt: number
  /** Counter: differences of contents while the version vectors are equal. */
  diverged: number
  /** Counter: reports of twins. */
  twins: number
  /** Counter: gossips; one on all links counts one for each. */
  gossips: number
  /** Counter: version vectors that were sent as requests; classic gossips; requests for contents. */
  requests: number
  /** Counter: log deltas that were begun for a request: updates of the history. */
  deltasLog: number
  /** Counter: state deltas likewise: entries that the peer lacks. */
  deltasState: number
  /** Counter: reset deltas: all entries, for a peer that may have missed a purged delete. */
  deltasReset: number
  /** Counter: early deltas: updates of a replica that needs a reset itself. */
  deltasEarly: number
  /** Counter: contents deltas: all entries, because contents differ. */
  deltasContents: number
  /** Counter: times that a link has become full. */
  full: number
  /** Counter: links that were opened. */
  linksOpened: number
  /** Counter: links that have ended with an error. */
  linksEnded: number
  /** Counter: bytes that peers have sent, over all links, closed ones included. */
  bytesIn: number
  /** Counter: bytes that were sent to peers. */
  bytesOut: number
  /** Counter: whole lines that peers have sent. */
  messagesIn: number
  /** Counter: whole lines that were sent to peers. */
  messagesOut: number
}

export interface RenewOptions {
  /** The replica writes the value again at half of the time, while it is there and ticks, until a later write of the key. */
  renew?: boolean
}

export interface SetManyOptions extends RenewOptions {
  /** Milliseconds that each of the keys has to live. Default: no end. */
  ttl?: number
}

/** A map whose links exchange bytes. */
export class Replica extends EventEmitter implements Iterable<[key: string, value: any]> {
  constructor(name: string, config?: ReplicaConfig)
  /** The source of local writes: the name and an incarnation. */
  readonly id: string
  readonly name: string
  readonly version: number
  /** The number of keys that hold a value. */
  readonly size: number
  /** A hash of the contents: two replicas share it exactly if they hold the same. */
  readonly fingerprint: bigint
  readonly clock: Clock
  /** Sets a key. False: a link is full; 'drain' follows. */
  set(key: Key, value: any): boolean
  /** Sets a key with a time to live, in milliseconds by `tick`. */
  setTtl(key: Key, value: any, ms: number, options?: RenewOptions): boolean
  /** In place of a value of `setMany` or `setIf`: the key is deleted. */
  static readonly DELETE: unique symbol
  /** Sets keys in their order, all of them or none, as one step for this replica; peers apply one after the other. Returns as `set`. */
  setMany(pairs: Iterable<readonly [key: Key, value: any]>, options?: SetManyOptions): boolean
  /**
   * Sets a key if its entry is still the expected one; undefined or null: if it holds no value. False: the key has another entry, and
   * nothing has changed. It compares on this replica alone: if two replicas succeed at once, the later timestamp stands.
   */
  setIf(key: Key, value: any, expected: Update | null | undefined): boolean
  delete(key: Key): boolean
  get(key: Key): Entry
  has(key: Key): boolean
  entry(key: Key): Update | undefined
  /** Returns the entries of those keys that hold a value, in the order of the keys. */
  getMany(keys: Iterable<Key>): Map<string, Update>
  /** Returns [key, value] of the keys that begin with `prefix`, in their byte order. */
  entries(prefix?: string): [key: string, value: any][]
  keys(prefix?: string): string[]
  [Symbol.iterator](): Iterator<[key: string, value: any]>
  news(source: string, version: number): Update[]
  history(): Update[]
  /** Tells the replica the time, in milliseconds by any clock of the host's that does not go back. */
  tick(now: number): boolean
  /** Purges all tombstones whose dots are covered. Returns their number. */
  purge(): number
  /** Retires a name that will not be back. Returns whether it was known. */
  forget(name: string): boolean
  gossip(): boolean
  link(options?: LinkOptions): Link
  /** Returns what has changed since a cursor; without one, from the beginning. Its cost is that of the changes. */
  changes(cursor?: Cursor | null, options?: ChangesOptions): Changes
  /**
   * Returns the number of peers on open links that are known to have this replica's writes up to `version`, by default all writes. Gossip
   * after the write, and let the links exchange what they send, before.
   */
  confirmed(version?: number): number
  stats(): Stats
  /** Returns the whole replica as lines. */
  export(): Buffer
  /** Returns a piece of a save: what has changed since the cursor of the piece before; without one, the whole replica. */
  save(cursor?: Cursor | null): Piece
  /** The cursor behind the pieces that the replica was imported from; undefined if it was from none. */
  readonly savedCursor: Cursor | undefined
  /** Starts from an export, or from pieces of a save. False: the end is truncated. */
  import(bytes: Uint8Array): boolean
  close(): void
  /** An update has become the entry of its key. */
  on(event: 'update', listener: (update: Update) => void): this
  on(event: 'drain', listener: () => void): this
  /** SCUTTLE_EVENT_… and SCUTTLE_E_… of scuttle.h. */
  on(event: 'event', listener: (event: number, code: number) => void): this
  on(event: string | symbol, listener: (...values: any[]) => void): this
}

export const base: {
  /** mtu 10, max_history 10, sort, and no resolver. */
  config: { mtu: number; max_history: number; sort: Sort; resolve: Resolve | null }
  resolution: {
    /** The last writer wins: the greater (version, source) stands; a covered dot changes nothing. */
    lww_vs_clock: Resolve
    /** The seed's other name for the same outcome. */
    lww_vs_current_vers: Resolve
    /** The greater value stands: null < false < true < numbers < strings < arrays < objects. */
    strictly_order_values: Resolve
  }
  /** By version, then by source. */
  sort: (a: Update, b: Update) => number
}
export { base as Base }

/** The version of the loaded library. */
export const libraryVersion: string
