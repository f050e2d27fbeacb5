import type { ExecutionContext, TestFn } from 'ava';
import type { LayerStore, Snapshotter } from '../src/index.ts';
import { type HostNeed, whyMissing } from './host-needs.ts';
import { captureClaim, captureClaims } from './snapshotter/capture-claims.ts';
import { CHANGES } from './snapshotter/changes.ts';
import { SnapshotterBench } from './snapshotter/snapshotter-bench.ts';
import { workspaceClaims } from './snapshotter/workspace-claims.ts';
import type { OpenDriver } from './storage-driver/driver-bench.ts';

export interface SnapshotterSuite {
  /** In the titles of the tests. */
  readonly name: string;
  /** A snapshotter for the store in this directory. */
  open(root: string, layers: LayerStore): Snapshotter;
  /** The drivers to try it on, by name: what is captured must be the same on all. */
  readonly drivers: Readonly<Record<string, { readonly open: OpenDriver; readonly needs: readonly HostNeed[] }>>;
}

export interface BenchSettings {
  readonly epoch?: number | undefined;
}
/** Starts a bench on one of the drivers. */
export type StartBench = (settings?: BenchSettings) => Promise<SnapshotterBench>;
/** Registers a test for each driver. */
export type SnapshotterClaim = (title: string, body: (t: ExecutionContext, start: StartBench) => Promise<void>) => void;

/** Tests every promise of `Snapshotter`, on each driver. Call it at the top of an ava test file. */
export function snapshotterContract(test: TestFn, suite: SnapshotterSuite): void {
  const drivers = Object.entries(suite.drivers);
  const startOn =
    (t: ExecutionContext, open: OpenDriver): StartBench =>
    (settings) =>
      SnapshotterBench.start(t, { ...settings, open, snapshotter: suite.open });
  const claim: SnapshotterClaim = (title, body) => {
    for (const [name, { open, needs }] of drivers) {
      const missing = whyMissing(needs);
      if (missing !== undefined) test.skip(`${suite.name} on ${name}: ${title} (skipped: ${missing})`, (t) => t.pass());
      else test.serial(`${suite.name} on ${name}: ${title}`, async (t) => await body(t, startOn(t, open)));
    }
  };
  workspaceClaims(claim);
  captureClaims(claim);
  const usable = drivers.filter(([, { needs }]) => whyMissing([...needs, 'root']) === undefined);
  for (const change of CHANGES) {
    const title = `${suite.name}: ${change.title}: one index on ${drivers.map(([name]) => name).join(', ')}`;
    if (usable.length === 0) test.skip(`${title} (skipped: needs root)`, (t) => t.pass());
    else
      test.serial(
        title,
        async (t) =>
          await captureClaim(
            t,
            change,
            usable.map(([, { open }]) => startOn(t, open)),
          ),
      );
  }
}
