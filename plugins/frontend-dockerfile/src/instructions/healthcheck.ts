import { quote } from '../parser/text.ts';
import { commandLine } from './commands.ts';
import { parseDuration } from './duration.ts';
import type { HealthcheckInstruction } from './instruction.ts';
import { type Request, requireSome } from './request.ts';

const SHORTEST = 1e6;
const NOTHING = { interval: 0, timeout: 0, startPeriod: 0, startInterval: 0, retries: 0 };

export function parseHealthcheck(request: Request): HealthcheckInstruction {
  const [word = '', ...args] = requireSome(request);
  const type = word.toUpperCase();
  if (type === 'NONE') return parseNone(request, args);
  const flags = request.flags({
    interval: 'string',
    timeout: 'string',
    'start-period': 'string',
    'start-interval': 'string',
    retries: 'string',
  });
  if (type !== 'CMD') request.fail(`Unknown type ${quote(type)} in HEALTHCHECK (try CMD)`);
  const command = commandLine(args, request.node.json);
  if (command.args.length === 0) request.fail('Missing command after HEALTHCHECK CMD');
  return {
    ...request.base('healthcheck'),
    command,
    interval: readInterval('interval', flags.interval, request),
    timeout: readInterval('timeout', flags.timeout, request),
    startPeriod: readInterval('start-period', flags['start-period'], request),
    startInterval: readInterval('start-interval', flags['start-interval'], request),
    retries: readRetries(flags.retries, request),
  };
}

function parseNone(request: Request, args: readonly string[]): HealthcheckInstruction {
  if (args.length > 0) request.fail('HEALTHCHECK NONE takes no arguments');
  return { ...request.base('healthcheck'), ...NOTHING };
}

function readInterval(name: string, text: string | undefined, { fail }: Request): number {
  if (text === undefined || text === '') return 0;
  const duration = parseDuration(text);
  if (typeof duration !== 'number') return fail(duration.problem, `--${name}=30s`);
  if (duration !== 0 && duration < SHORTEST) fail(`Interval ${quote(name)} cannot be less than 1ms`);
  return duration;
}

function readRetries(text: string | undefined, { fail }: Request): number {
  if (text === undefined || text === '') return 0;
  if (!/^[-+]?\d+$/.test(text)) fail(`strconv.ParseInt: parsing ${quote(text)}: invalid syntax`, '--retries=3');
  const retries = Number(text);
  if (Math.abs(retries) >= 2 ** 31) fail(`strconv.ParseInt: parsing ${quote(text)}: value out of range`);
  if (retries < 0) fail(`--retries cannot be negative (${retries})`);
  return retries;
}
