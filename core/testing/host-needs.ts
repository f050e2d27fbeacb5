import { whySystemUnavailable } from '../system/index.ts';

/** What a suite cannot do without on this host. */
export type HostNeed = 'linux' | 'root';

const REASONS: Readonly<Record<HostNeed, () => string | undefined>> = {
  linux: whySystemUnavailable,
  root: () => (process.getuid?.() === 0 ? undefined : 'needs root'),
};

/** Why tests with these needs are skipped here. */
export const whyMissing = (needs: readonly HostNeed[]): string | undefined =>
  needs.map((need) => REASONS[need]()).find((reason) => reason !== undefined);
