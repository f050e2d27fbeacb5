import { existsSync } from 'node:fs';
import type { ExecutionContext, TestFn } from 'ava';
import { containerClaims } from './executor/container-claims.ts';
import { endClaims } from './executor/end-claims.ts';
import { ExecutorBench, type OpenExecutor } from './executor/executor-bench.ts';
import { expectClaims } from './executor/expect-claims.ts';
import { guestClaims } from './executor/guest-claims.ts';
import { isolationClaims } from './executor/isolation-claims.ts';
import { limitClaims } from './executor/limit-claims.ts';
import { outputClaims } from './executor/output-claims.ts';
import { pauseClaims } from './executor/pause-claims.ts';
import { privilegeClaims } from './executor/privilege-claims.ts';
import { processClaims } from './executor/process-claims.ts';
import { rootClaims } from './executor/root-claims.ts';
import { terminalClaims } from './executor/terminal-claims.ts';
import { type HostNeed, whyMissing } from './host-needs.ts';

export interface ExecutorSuite {
  /** In the titles of the tests. */
  readonly name: string;
  readonly open: OpenExecutor;
  /** What the executor needs of a host; where that is missing the tests are skipped, and say so. Busybox, static, is always needed. */
  readonly needs: readonly HostNeed[];
  /** URL of a module that exports `open`, so that a process of its own can run something and be killed. */
  readonly module: string;
  /** Whether a missing program or feature of this host keeps the executor from working: the reason, for the skipped tests' titles. */
  readonly missing?: string | undefined;
}

/** Registers a test that begins with an executor and a root. `when` says why the test is not for an executor. */
export type Claim = (
  title: string,
  body: (t: ExecutionContext, bench: ExecutorBench) => Promise<void>,
  when?: (bench: ExecutorBench) => string | undefined,
) => void;

/** Tests every promise of `Executor`. Call it at the top of an ava test file. */
export function executorContract(test: TestFn, suite: ExecutorSuite): void {
  const missing = suite.missing ?? whyMissing(suite.needs) ?? (existsSync('/bin/busybox') ? undefined : 'busybox is not installed');
  const claim: Claim = (title, body, when) => {
    if (missing !== undefined) test.skip(`${suite.name}: ${title} (skipped: ${missing})`, (t) => t.pass());
    else
      test.serial(`${suite.name}: ${title}`, async (t) => {
        const bench = await ExecutorBench.start(t, suite.open);
        const excluded = when?.(bench);
        if (excluded === undefined) await body(t, bench);
        else {
          t.log(`does not apply: ${excluded}`);
          t.pass();
        }
      });
  };
  processClaims(claim);
  outputClaims(claim);
  rootClaims(claim);
  isolationClaims(claim);
  containerClaims(claim);
  expectClaims(claim);
  guestClaims(claim);
  pauseClaims(claim, suite.module);
  terminalClaims(claim);
  limitClaims(claim);
  privilegeClaims(claim);
  endClaims(claim, suite.module);
}
