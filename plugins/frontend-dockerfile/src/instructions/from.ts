import { quote } from '../parser/text.ts';
import type { FromInstruction } from './instruction.ts';
import type { Request } from './request.ts';

const NAME = /^[a-z][a-z0-9-_.]*$/;

export function parseFrom(request: Request): FromInstruction {
  const { node, fail } = request;
  const [image = '', asKeyword, nameAsWritten] = node.args;
  const isNamed = node.args.length === 3 && asKeyword?.toLowerCase() === 'as';
  if (!isNamed && node.args.length !== 1) fail('FROM requires either one or three arguments', 'FROM <image> [AS <name>]');
  const name = isNamed ? nameAsWritten?.toLowerCase() : undefined;
  if (name !== undefined && !NAME.test(name)) {
    fail(`invalid name for build stage: ${quote(nameAsWritten ?? '')}, name can't start with a number or contain symbols`);
  }
  const { platform } = request.flags({ platform: 'string' });
  return { ...request.base('from'), image, platform, ...(isNamed && { name, nameAsWritten, asKeyword }) };
}
