/** libscuttle from Node: a map that peers keep in step with the scuttlebutt protocol. */

/// <reference types="node" />

import { EventEmitter } from 'events'
import { Duplex, Transform } from 'stream'

/** What JSON has. */
export type Value = null | boolean | number | string | Value[] | { [name: string]: Value }

/** A number becomes its text. */
export type Key = string | number

/** What a key holds. */
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
  /** The key was deleted; `value` is null. */
  deleted?: true
  /** The delete of a key whose time to live was over. */
  expired?: true
  /** Source and version of the write, if another replica has republished it. */
  written?: [source: string, version: number]
}

/** "Send me the updates of this source above this version"; `done`: "and those of the sources that I have not named". */
export type Digest =
  | { digest: true; source_id: string; id?: string; version?: number | null; done?: boolean }
  | { digest: true; done: true }

/** <0 if `a` comes before `b`, >0 if after; or whether it comes before. */
export type Sort = (a: Update, b: Update) => number | boolean

/** Whether an update is applied. It decides alone, so it must follow a total order of updates. */
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
  /** Memory for all that the replica holds: see docs/reference/limits.md. */
  maxBytes?: number
  /** Links join replicas of one cluster only. */
  cluster?: string
  /** Of the library's random numbers. 0 or none: from the system. */
  seed?: number
  /** Forget no tombstone by itself. */
  keepTombstones?: boolean
}

export interface Config extends Limits {
  /** The high-water mark of the stream, in objects. 10 if falsy. */
  mtu?: number
  /** How many updates the history remembers. 10 if falsy. */
  max_history?: number
  /** Required: a function of `base.resolution`, or one of your own. */
  resolve: Resolve | null
  /** The order of the history and of answers. */
  sort?: Sort
  /** false: answers leave out superseded updates that the history still has. The default with a sort of your own. */
  superseded?: boolean
  /** false: each start has a source of its own, which `id` says. */
  exactId?: boolean
}

/** The version vector: source -> version up to which its updates are accounted for. */
export interface Clock extends Iterable<[source: string, version: number]> {
  /** -Infinity for a source that is not known. */
  get(source: string): number
  /** All of it. */
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
  /** Records an update: it is told, and memory is pruned. Throws a ScuttleError if the library refuses it. */
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
  /** After the first reconciliation send new updates without being asked. */
  live?: boolean
  /** Speak simple-scuttle's dialect only. */
  classic?: boolean
  /** Speak the dialect of the peer. */
  any?: boolean
  /** With `classic` or `any`: answers have superseded updates, too. */
  history?: boolean
  /** Accept nothing from the peer. */
  readOnly?: boolean
  /** false: do not ask when the link opens. */
  gossip?: boolean
  /** Milliseconds between two gossips. */
  interval?: number
}

/** A conversation with one peer over bytes: `socket.pipe(link).pipe(socket)`. */
export interface Link extends Duplex {
  /** Asks the peer for what is new. */
  gossip(): void
  /** A line was refused; the link goes on. */
  on(event: 'rejected', listener: (error: ScuttleError) => void): this
  on(event: string | symbol, listener: (...values: any[]) => void): this
}

/** A replica as a Transform stream in objectMode: digests and updates in, digests and updates out. */
export class Gossip extends Transform {
  /** `state`: entries to start from, and where entries are kept. */
  constructor(id: Key, config: Config, state?: { [key: string]: Entry })
  /** The source that local writes have. */
  readonly id: string
  /** Key -> {value, version}. */
  readonly state: { [key: string]: Entry }
  readonly clock: Clock
  readonly history: History
  /** The highest version seen, here or from peers. */
  readonly version: number
  /** Sets a key. False: over the high-water mark; wait for 'drain'. Throws a TypeError for what JSON cannot express. */
  set(key: Key, value: any): boolean
  /** Deletes a key. Returns as `set`. */
  delete(key: Key): boolean
  /** {version: -Infinity, value: null} for a key without a value. */
  get(key: Key): Entry
  entry(key: Key): Update | undefined
  /** Queues digests of all known sources. False: some wait for the reader. */
  gossip(): boolean
  /** A byte stream to one peer. */
  link(options?: LinkOptions): Link
  /** All of the replica, as lines. */
  export(): Buffer
  /** Starts from an export. False: the export is truncated. */
  import(bytes: Uint8Array): boolean
  /** Ends the stream and frees the replica. */
  close(): void
  write(object: Update | Digest | { key: Key; value?: any }, callback?: (error?: Error | null) => void): boolean
  write(object: any, encoding: BufferEncoding, callback?: (error?: Error | null) => void): boolean
  /** An update was applied. */
  on(event: 'state', listener: (state: { [key: string]: Entry }) => void): this
  /** An object was refused, and has changed nothing. */
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

/** A map whose links carry bytes. */
export class Replica extends EventEmitter implements Iterable<[key: string, value: any]> {
  constructor(name: string, config?: ReplicaConfig)
  /** The source that local writes have: the name and an incarnation. */
  readonly id: string
  readonly name: string
  readonly version: number
  /** How many keys hold a value. */
  readonly size: number
  /** Two replicas share it exactly where they hold the same. */
  readonly fingerprint: bigint
  readonly clock: Clock
  /** Sets a key. False: a peer is behind; 'drain' follows. */
  set(key: Key, value: any): boolean
  /** Sets a key that deletes itself after so many milliseconds of the ticks. */
  setTtl(key: Key, value: any, ms: number): boolean
  delete(key: Key): boolean
  get(key: Key): Entry
  has(key: Key): boolean
  entry(key: Key): Update | undefined
  /** [key, value] of the keys that begin with `prefix`, in their byte order. */
  entries(prefix?: string): [key: string, value: any][]
  keys(prefix?: string): string[]
  [Symbol.iterator](): Iterator<[key: string, value: any]>
  news(source: string, version: number): Update[]
  history(): Update[]
  /** Tells the time, in milliseconds of a clock that does not go back. */
  tick(now: number): boolean
  /** Forgets all tombstones that are accounted for. Returns their number. */
  purge(): number
  /** Retires a name. Returns whether it was known. */
  forget(name: string): boolean
  gossip(): boolean
  link(options?: LinkOptions): Link
  export(): Buffer
  import(bytes: Uint8Array): boolean
  close(): void
  /** An update became the entry of its key. */
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
    /** The greater (version, source) stands; what the clock covers is no news. */
    lww_vs_clock: Resolve
    /** The greater (version, source) stands. */
    lww_vs_current_vers: Resolve
    /** The greater value stands: null < false < true < numbers < strings < arrays < objects. */
    strictly_order_values: Resolve
  }
  /** By version, then by source. */
  sort: (a: Update, b: Update) => number
}
export { base as Base }

/** The version of the library that is loaded. */
export const libraryVersion: string
