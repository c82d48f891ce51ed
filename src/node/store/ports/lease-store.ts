/**
 * Port: leases (storage decisions, D7). They give liveness only: safety is the epoch, which is
 * checked in every append's own transaction. No two wall clocks have to agree and none may jump: a
 * holder shows that it lives by counting on in the row, and whoever wants the lease watches the count
 * by a clock of its own that only ever goes forward.
 *
 * @module
 */

/** A lease that was granted. */
export interface Lease {
  /** From 0; grows with every change of holder and is never used twice. */
  readonly epoch: number;
}

/** The lease of the instance that leads: logs take no append of an epoch below the lease's. */
export const schedulerLease = "scheduler";

export interface LeaseStore {
  /**
   * Takes a lease that is free, that its holder's process cannot renew because it is gone, or that
   * this store has watched for `ttlMs` without a renewal; extends the holder's own in its epoch. Null
   * while another holder has it. Watching begins with the first call, so whoever wants the lease asks
   * now and then. A holder is one run of one instance: its name is never used again.
   */
  acquire(name: string, holder: string, ttlMs: number): Promise<Lease | null>;
  /** Shows that the holder lives; false if the lease is no longer this holder's in this epoch. */
  renew(name: string, holder: string, epoch: number): Promise<boolean>;
  /** Frees a lease if it is this holder's in this epoch. The epoch stays used. */
  release(name: string, holder: string, epoch: number): Promise<void>;
}
