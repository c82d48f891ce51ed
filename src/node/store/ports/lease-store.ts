/**
 * Port: leases (storage decisions, D7). They give liveness only: safety is the epoch, which is
 * checked in every append's own transaction. Expiry is judged by the store's clock, which may jump.
 *
 * @module
 */

/** A lease that was granted. */
export interface Lease {
  /** From 0; grows with every change of holder and is never used twice. */
  readonly epoch: number;
  /** Milliseconds since the Unix epoch, by the store's clock. */
  readonly expiresAt: number;
}

/** The lease of the instance that leads: logs take no append of an epoch below the lease's. */
export const schedulerLease = "scheduler";

export interface LeaseStore {
  /**
   * Takes a lease that is free or expired, or extends the holder's own in its epoch; null while
   * another holder has it. A holder is one run of one instance: its name is never used again.
   * A lease that ends later than one granted now would, was granted before the clock was put back:
   * its end is drawn in to `ttlMs` from now, so that nobody waits longer for a holder that is gone.
   */
  acquire(name: string, holder: string, ttlMs: number): Promise<Lease | null>;
  /** Extends a lease; false if it is no longer this holder's in this epoch, or has expired. */
  renew(name: string, holder: string, epoch: number, ttlMs: number): Promise<boolean>;
  /** Frees a lease if it is this holder's in this epoch. The epoch stays used. */
  release(name: string, holder: string, epoch: number): Promise<void>;
}
