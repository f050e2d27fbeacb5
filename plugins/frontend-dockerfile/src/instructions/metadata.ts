import { trimSpace } from '../parser/text.ts';
import type {
  ArgDeclaration,
  ArgInstruction,
  EnvInstruction,
  ExposeInstruction,
  LabelInstruction,
  MaintainerInstruction,
  Pair,
  StopsignalInstruction,
  UserInstruction,
  VolumeInstruction,
  WorkdirInstruction,
} from './instruction.ts';
import { type Request, requireOne, requireSome } from './request.ts';

export function parseEnv(request: Request): EnvInstruction {
  request.flags({});
  return { ...request.base('env'), pairs: pairsOf(request) };
}

export function parseLabel(request: Request): LabelInstruction {
  request.flags({});
  return { ...request.base('label'), pairs: pairsOf(request) };
}

function pairsOf(request: Request): readonly Pair[] {
  const args = requireSome(request);
  const pairs: Pair[] = [];
  for (let at = 0; at + 2 < args.length; at += 3) {
    const { [at]: key = '', [at + 1]: value = '', [at + 2]: separator = '' } = args;
    if (key === '') request.fail(`${request.node.cmd} names can not be blank`);
    pairs.push({ key, value, separator });
  }
  return pairs;
}

export function parseArg(request: Request): ArgInstruction {
  const declarations = requireSome(request).map((word): ArgDeclaration => {
    const at = word.indexOf('=');
    if (at === 0) request.fail('ARG names can not be blank');
    return at < 0 ? { name: word } : { name: word.slice(0, at), value: word.slice(at + 1) };
  });
  request.flags({});
  return { ...request.base('arg'), declarations };
}

export function parseExpose(request: Request): ExposeInstruction {
  const ports = requireSome(request).toSorted();
  request.flags({});
  return { ...request.base('expose'), ports };
}

export function parseVolume(request: Request): VolumeInstruction {
  const paths = requireSome(request).map((path) => trimSpace(path));
  request.flags({});
  if (paths.includes('')) request.fail('VOLUME specified can not be an empty string');
  return { ...request.base('volume'), paths };
}

export function parseWorkdir(request: Request): WorkdirInstruction {
  const path = requireOne(request);
  request.flags({});
  return { ...request.base('workdir'), path };
}

export function parseUser(request: Request): UserInstruction {
  const user = requireOne(request);
  request.flags({});
  return { ...request.base('user'), user };
}

export function parseStopsignal(request: Request): StopsignalInstruction {
  const signal = requireOne(request);
  request.flags({});
  return { ...request.base('stopsignal'), signal };
}

export function parseMaintainer(request: Request): MaintainerInstruction {
  const name = requireOne(request);
  request.flags({});
  return { ...request.base('maintainer'), name };
}
