import { quote } from '../../parser/text.ts';
import type { InstructionVisit, LintRule } from '../lint-rule.ts';
import { ruleUrl } from '../rule-url.ts';

export const legacyKeyValueFormat: LintRule = {
  name: 'LegacyKeyValueFormat',
  description: 'ENV and LABEL have = between name and value',
  url: ruleUrl('LegacyKeyValueFormat'),
  about: ['ENV', 'LABEL'],
  instruction({ instruction }, report) {
    if (instruction.kind !== 'env' && instruction.kind !== 'label') return;
    const { keyword, pairs } = instruction;
    if (!pairs.some(({ separator }) => separator === '')) return;
    report(`"${keyword} key=value" should be used instead of legacy "${keyword} key value" format`, instruction);
  },
};

const SECRET = /(?:_|^)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)/i;
/** Words that make a secret's name one of something harmless. */
const HARMLESS = /(?:_|^)(?:public|file|version)(?:_|$)/i;

/** Both end up in the image, where everybody can read them. */
export const secretsUsedInArgOrEnv: LintRule = {
  name: 'SecretsUsedInArgOrEnv',
  description: 'Secrets are no build arguments and not in the environment',
  url: ruleUrl('SecretsUsedInArgOrEnv'),
  about: ['ARG', 'ENV'],
  instruction(visit, report) {
    const { kind } = visit.instruction;
    if (kind !== 'arg' && kind !== 'env') return;
    for (const name of namesOf(visit)) {
      if (!SECRET.test(name) || HARMLESS.test(name)) continue;
      const what = `Do not use ARG or ENV instructions for sensitive data (${kind.toUpperCase()} ${quote(name)})`;
      report(what, visit.instruction);
    }
  },
};

function namesOf({ instruction, expansions }: InstructionVisit): readonly string[] {
  if (instruction.kind === 'arg') return instruction.declarations.map(({ name }) => name);
  // each pair's key is expanded, then its value
  return instruction.kind === 'env' ? instruction.pairs.map(({ key }, at) => expansions[2 * at]?.value ?? key) : [];
}

/** Names that an attestation scanner is told something by: they are no variables. */
const NO_VARIABLES: ReadonlySet<string> = new Set(['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE']);

export const undefinedVar: LintRule = {
  name: 'UndefinedVar',
  description: 'Variables are set above the place where they are used',
  url: ruleUrl('UndefinedVar'),
  instruction({ instruction, expansions }, report) {
    // words of EXPOSE alone are split after expansion, and are not looked at
    expansions.forEach(({ unknown, words }) => {
      if (unknown.length === 0 || words !== undefined) return;
      for (const { name, similar } of unknown) {
        if (NO_VARIABLES.has(name)) continue;
        report(`Usage of undefined variable '$${name}'${similar === undefined ? '' : ` (did you mean $${similar}?)`}`, instruction);
      }
    });
  },
};
