import { trimSpace } from '../parser/text.ts';
import type { OnbuildInstruction } from './instruction.ts';
import type { Request } from './request.ts';

const NEVER_TRIGGERED: ReadonlySet<string> = new Set(['MAINTAINER', 'FROM']);

export function parseOnbuild(request: Request): OnbuildInstruction {
  const { node, fail } = request;
  if (node.sub === undefined) return fail('ONBUILD requires at least one argument');
  request.flags({});
  const { cmd, keyword } = node.sub;
  if (cmd === 'ONBUILD') fail("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (NEVER_TRIGGERED.has(cmd)) fail(`${cmd} isn't allowed as an ONBUILD trigger`);
  const documents = node.heredocs.map(({ content, name }) => `\n${content}${name}`);
  const trigger = trimSpace(node.text).replace(/^ONBUILD[\t\n\f\r ]*/i, '') + documents.join('');
  return { ...request.base('onbuild'), trigger, triggerKeyword: keyword };
}
