import { quote } from '../parser/text.ts';
import { parseDevice } from './device.ts';
import type { CmdInstruction, CommandLine, EntrypointInstruction, RunInstruction, ShellInstruction } from './instruction.ts';
import { checkMount } from './mount.ts';
import type { Request } from './request.ts';
import { requireSome } from './request.ts';

export function commandLine(args: readonly string[], json: boolean): CommandLine {
  if (json) return { form: 'exec', args };
  return { form: 'shell', args: args.length === 0 ? [] : [args.join(' ')] };
}

const commandOf = ({ node }: Request): CommandLine => commandLine(node.args, node.json);

export function parseRun(request: Request): RunInstruction {
  const flags = request.flags({ mount: 'strings', network: 'string', security: 'string', device: 'strings' });
  for (const mount of flags.mount) checkMount(mount, request.fail);
  return {
    ...request.base('run'),
    command: commandOf(request),
    heredocs: request.node.heredocs,
    mounts: flags.mount,
    network: readNetwork(flags.network ?? 'default', request),
    security: readSecurity(flags.security ?? 'sandbox', request),
    devices: flags.device.map((device) => parseDevice(device, request.fail)),
  };
}

function readNetwork(value: string, { fail }: Request): RunInstruction['network'] {
  if (value === 'default' || value === 'none' || value === 'host') return value;
  return fail(`invalid network mode ${quote(value)}`, '--network=default, none or host');
}

function readSecurity(value: string, { fail }: Request): RunInstruction['security'] {
  if (value === 'sandbox' || value === 'insecure') return value;
  return fail(`security ${quote(value)} is not valid`, '--security=sandbox or insecure');
}

export function parseCmd(request: Request): CmdInstruction {
  request.flags({});
  return { ...request.base('cmd'), command: commandOf(request) };
}

export function parseEntrypoint(request: Request): EntrypointInstruction {
  request.flags({});
  return { ...request.base('entrypoint'), command: commandOf(request) };
}

export function parseShell(request: Request): ShellInstruction {
  request.flags({});
  const args = requireSome(request);
  if (!request.node.json) {
    const hint = 'SHELL ["/bin/sh", "-c"]';
    request.fail(`SHELL requires the arguments to be in JSON form`, hint);
  }
  return { ...request.base('shell'), args };
}
