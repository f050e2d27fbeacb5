import type { LintRule } from './lint-rule.ts';
import { consistentInstructionCasing, fromAsCasing } from './rules/casing.ts';
import { jsonArgsRecommended, multipleInstructionsDisallowed } from './rules/commands.ts';
import { copyIgnoredFile, workdirRelativePath } from './rules/files.ts';
import { invalidDefaultArgInFrom, undefinedArgInFrom } from './rules/from-arguments.ts';
import { fromPlatformFlagConstDisallowed, invalidBaseImagePlatform, redundantTargetPlatform } from './rules/from-platform.ts';
import { exposeInvalidFormat, exposeProtoCasing } from './rules/ports.ts';
import { duplicateStageName, reservedStageName, stageNameCasing } from './rules/stage-names.ts';
import { invalidDefinitionDescription, maintainerDeprecated, noEmptyContinuation } from './rules/syntax.ts';
import { legacyKeyValueFormat, secretsUsedInArgOrEnv, undefinedVar } from './rules/values.ts';

/** Docker's own rules. */
export const DEFAULT_RULES: readonly LintRule[] = [
  stageNameCasing,
  fromAsCasing,
  noEmptyContinuation,
  consistentInstructionCasing,
  duplicateStageName,
  reservedStageName,
  jsonArgsRecommended,
  maintainerDeprecated,
  undefinedArgInFrom,
  workdirRelativePath,
  undefinedVar,
  multipleInstructionsDisallowed,
  legacyKeyValueFormat,
  invalidBaseImagePlatform,
  redundantTargetPlatform,
  secretsUsedInArgOrEnv,
  invalidDefaultArgInFrom,
  fromPlatformFlagConstDisallowed,
  copyIgnoredFile,
  exposeProtoCasing,
  exposeInvalidFormat,
  invalidDefinitionDescription,
];
