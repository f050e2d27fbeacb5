import { formatPlatform, normalizePlatform, type Platform, parsePlatform } from '@varve/core/image';
import { quote } from '../../parser/text.ts';
import type { LintRule } from '../lint-rule.ts';
import { ruleUrl } from '../rule-url.ts';

const TARGET = 'TARGETPLATFORM';

export const redundantTargetPlatform: LintRule = {
  name: 'RedundantTargetPlatform',
  description: 'FROM does not ask for the platform that it gets anyway',
  url: ruleUrl('RedundantTargetPlatform'),
  from({ from, platform, globals }, report) {
    if (platform === undefined || platform.unmatched.length > 0 || platform.matched.length !== 1) return;
    if (platform.matched[0] !== TARGET || platform.value !== (globals.get(TARGET) ?? '')) return;
    report(`Setting platform to predefined ${from.platform} in FROM is redundant as this is the default behavior`, from);
  },
};

/** A stage whose name says which platform it is for may well have a fixed one. */
export const fromPlatformFlagConstDisallowed: LintRule = {
  name: 'FromPlatformFlagConstDisallowed',
  description: 'FROM leaves the platform to the build',
  url: ruleUrl('FromPlatformFlagConstDisallowed'),
  from({ from, platform }, report) {
    if (platform === undefined || platform.matched.length > 0 || platform.unmatched.length > 0) return;
    const parsed = parseOrNothing(platform.value);
    if (parsed === undefined) return;
    if (from.name !== undefined && (from.name.includes(parsed.os) || from.name.includes(parsed.architecture))) return;
    report(`FROM --platform flag should not use constant value ${quote(platform.value)}`, from);
  },
};

function parseOrNothing(text: string): Platform | undefined {
  try {
    return parsePlatform(text);
  } catch {
    return undefined; // the build fails at this very place
  }
}

export const invalidBaseImagePlatform: LintRule = {
  name: 'InvalidBaseImagePlatform',
  description: 'Base images are of the platform that is built',
  base({ from, ref, expected, actual }, report) {
    if (expected.os === actual.os && expected.architecture === actual.architecture) return;
    const [found, wanted] = [actual, expected].map((each) => quote(formatPlatform(normalizePlatform(each))));
    report(`Base image ${ref} was pulled with platform ${found}, expected ${wanted} for current build`, from);
  },
};
