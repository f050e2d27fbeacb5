import type { InstructionVisit, LintRule } from '../lint-rule.ts';
import { ruleUrl } from '../rule-url.ts';

const portsOf = ({ instruction, expansions }: InstructionVisit): readonly string[] =>
  instruction.kind === 'expose' ? expansions.flatMap(({ words }) => words ?? []) : [];

export const exposeProtoCasing: LintRule = {
  name: 'ExposeProtoCasing',
  description: 'Protocols of EXPOSE are in lower case',
  url: ruleUrl('ExposeProtoCasing'),
  about: ['EXPOSE'],
  instruction(visit, report) {
    for (const port of portsOf(visit)) {
      const [, protocol = ''] = port.slice(port.lastIndexOf(':') + 1).split('/', 2);
      if (protocol === protocol.toLowerCase()) continue;
      report(`Defined protocol '${port}' in EXPOSE instruction should be lowercase`, visit.instruction);
    }
  },
};

export const exposeInvalidFormat: LintRule = {
  name: 'ExposeInvalidFormat',
  description: 'EXPOSE names ports of the container and nothing of the host',
  url: ruleUrl('ExposeInvalidFormat'),
  about: ['EXPOSE'],
  instruction(visit, report) {
    for (const port of portsOf(visit)) {
      const parts = port.split(':');
      const [address, hostPort] = [parts.slice(0, -2).join(':'), parts.at(-2) ?? ''];
      if (address === '' && hostPort === '') continue;
      report(`EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`, visit.instruction);
    }
  },
};
