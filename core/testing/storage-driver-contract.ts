import type { ExecutionContext, TestFn } from 'ava';
import { type HostNeed, whyMissing } from './host-needs.ts';
import { contentClaims } from './storage-driver/content-claims.ts';
import { DriverBench, type OpenDriver } from './storage-driver/driver-bench.ts';
import { lifeClaims } from './storage-driver/life-claims.ts';
import { processClaims } from './storage-driver/process-claims.ts';

export interface StorageDriverSuite {
  /** In the titles of the tests. */
  readonly name: string;
  /** A driver on the store in this directory. Called several times for one: each stands for a process. */
  readonly open: OpenDriver;
  /** What the driver needs of a host; where that is missing the tests are skipped, and say so. */
  readonly needs: readonly HostNeed[];
  /**
   * URL of a module that exports `open`, so that a process of its own can open the driver and be killed. Without it nothing is said about
   * crashes and `recover`.
   */
  readonly module?: string | undefined;
}

/** Registers a test that begins with a driver on a new store. */
export type Claim = (title: string, body: (t: ExecutionContext, bench: DriverBench) => Promise<void>, needs?: readonly HostNeed[]) => void;

/** Tests every promise of `StorageDriver`. Call it at the top of an ava test file. */
export function storageDriverContract(test: TestFn, suite: StorageDriverSuite): void {
  const claim: Claim = (title, body, needs = []) => {
    const missing = whyMissing([...suite.needs, ...needs]);
    if (missing !== undefined) test.skip(`${suite.name}: ${title} (skipped: ${missing})`, (t) => t.pass());
    else test.serial(`${suite.name}: ${title}`, async (t) => await body(t, await DriverBench.start(t, suite.open)));
  };
  lifeClaims(claim);
  contentClaims(claim);
  processClaims(claim, suite.module);
}
