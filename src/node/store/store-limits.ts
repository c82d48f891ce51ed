/**
 * Bounds of the stores: what waits, what one call reads, how long things stay.
 *
 * @module
 */

/** Rows that one range query gives at most, whatever limit it names. */
export const rangeRowsMax = 1_000;

/** Bytes after which a range query stops; it gives at least one row. */
export const rangeBytesMax: number = 8 * 1024 * 1024;

/** Entries that a tail reads at a time. */
export const tailPageEntries = 64;

/** A tail looks for new entries at least this often, for wake-ups may be lost. */
export const tailPollMs = 1_000;

/** Updates that may wait for the writer; more are refused with STORE_BUSY. */
export const pendingUpdatesMax = 65_536;

/** Updates that share one durable transaction. */
export const groupUpdatesMax = 1_024;

/** Content that nothing refers to is dropped after this time. */
export const contentUnreferredMs: number = 60 * 60 * 1_000;

/** Rows that one sweep of the content store looks at. */
export const sweepRowsMax = 1_000;

/** Status events that are kept of one message; later ones are dropped. */
export const messageEventsMax = 1_000;

/** Delta checkpoints in a row before one is compacted. */
export const checkpointDeltasMax = 256;

/** Delta bytes below which a process is never compacted. */
export const checkpointDeltaBytesMin: number = 2 * 1024 * 1024;
