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

/** A conversation with one peer over bytes: `socket.pipe(link).pipe(socket)`. */
export interface Link extends Duplex {
  /** Starts a gossip: both sides receive what they lack. */
  gossip(): void
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
  setTtl(key: Key, value: any, ms: number): boolean
  delete(key: Key): boolean
  get(key: Key): Entry
  has(key: Key): boolean
  entry(key: Key): Update | undefined
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
  export(): Buffer
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
