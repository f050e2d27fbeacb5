import { type Command, type CommandOption, VarveError } from '@varve/core';
import { usageError } from '@varve/core/command';
import { Command as Commander, CommanderError } from 'commander';
import { AdaptedCommand, type Chosen } from './adapt-command.ts';

/**
 * Finds the command that is meant. `undefined`: help was asked for and written.
 * @throws VarveError `USAGE`, `COMMAND_DUPLICATE`
 */
export function parseCommandLine(commands: readonly Command[], argv: readonly string[], out: (text: string) => void): Chosen | undefined {
  refuseDuplicates(commands);
  const meant = commandMeant(commands, argv);
  if (argv.length === 0) {
    programOf(commands, { argv, out, isWanted: () => true, choose: () => undefined }).outputHelp();
    return undefined;
  }
  // Help lists all commands, and so does a word that is none of them; else one is enough: seventy take 5 ms
  const named = meant === undefined ? commands : [meant.command];
  try {
    // Help lists all options, and so does what is no option; else those that are named are enough: sixty take 3 ms
    if (!argv.some((word) => /^(?:(?:--)?help$|-[^-]*h)/.test(word))) return parse(named, argv, { out, isWanted: isNamedIn(argv) });
  } catch {
    // told below
  }
  try {
    return parse(named, argv, { out, isWanted: () => true });
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause;
    if (cause.exitCode === 0) return undefined;
    if (cause.code === 'commander.help') throw usageError(`varve ${argv.join(' ')} needs a command`, `varve ${argv[0]} --help`);
    const error = usageError(
      cause.message.replace(/^error: /, '').replace(/\n\(Did/, ' (did'),
      meant === undefined ? 'varve --help' : `varve ${meant.name} --help`,
    );
    throw VarveError.with(error, { exitCode: meant?.command.misused });
  }
}

interface Parsing {
  out(text: string): void;
  isWanted(long: string, option: CommandOption): boolean;
}

/** @throws CommanderError */
function parse(commands: readonly Command[], argv: readonly string[], { out, isWanted }: Parsing): Chosen | undefined {
  let chosen: Chosen | undefined;
  const choose = (choice: Chosen) => {
    chosen = choice;
  };
  programOf(commands, { argv, out, isWanted, choose }).parse([...argv], { from: 'user' });
  return chosen;
}

/** Whether an option may be among the words: all that are, and some that are not. */
function isNamedIn(argv: readonly string[]): Parsing['isWanted'] {
  const longs = new Set(argv.filter((word) => word.startsWith('--')).map((word) => word.slice(2).replace(/=.*$/s, '')));
  const letters = argv.filter((word) => /^-[^-]/.test(word)).join('');
  return (long, { short }) => longs.has(long) || (short !== undefined && letters.includes(short));
}

const GROUPS: Readonly<Record<string, string>> = {
  image: 'Manage images',
  manifest: 'Manage manifests and lists of them',
  registry: 'Look into registries',
  builder: 'Manage builds',
  buildx: 'Manage builds',
  dockerfile: 'Check Dockerfiles',
  system: 'Look after this host',
  container: 'Manage containers',
  volume: 'Manage volumes',
};

function startProgram(out: (text: string) => void): Commander {
  return new Commander('varve')
    .description('Build container images out of plugins')
    .usage('[options] <command> ...')
    .option('--root <dir>', 'where images live (default: VARVE_ROOT, or /var/lib/varve for root)')
    .option('--config <file>', 'configuration instead of ./varve.config.{ts,js,mjs,json}')
    .option('-D, --debug', 'show the stack of an error')
    .option('-v, --version', 'show the version')
    .enablePositionalOptions()
    .configureHelp({ sortSubcommands: true })
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: () => undefined });
}

function programOf(commands: readonly Command[], { argv, out, isWanted, choose }: Parsing & Omit<Adding, 'name'>): Commander {
  const program = startProgram(out);
  for (const command of commands) for (const name of namesOf(command)) addCommand(program, command, { name, argv, isWanted, choose });
  return program;
}

interface Adding {
  /** The command's own, or one of its aliases, which help does not list. */
  readonly name: string;
  readonly argv: readonly string[];
  isWanted: Parsing['isWanted'];
  choose(chosen: Chosen): void;
}

function addCommand(program: Commander, command: Command, { name: whole, argv, isWanted, choose }: Adding): void {
  const [first = '', ...rest] = whole.split(' ');
  const parent = rest.length === 0 ? program : groupOf(program, first);
  const name = rest.length === 0 ? first : rest.join('-');
  const adapted = new AdaptedCommand(command, { name, isMeant: argv.includes(name), isWanted, choose });
  parent.addCommand(adapted.copyInheritedSettings(program), {
    hidden: command.hidden === true || (whole !== command.name && parent === program),
  });
}

const namesOf = ({ name, aliases = [] }: Command): readonly string[] => [name, ...aliases];

function refuseDuplicates(commands: readonly Command[]): void {
  const names = commands.flatMap(namesOf);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new VarveError('COMMAND_DUPLICATE', `Two plugins bring a command "${twice}"`, { hint: 'Take one of them out of the preset.' });
}

function groupOf(program: Commander, name: string): Commander {
  const known = program.commands.find((command) => command.name() === name);
  if (known !== undefined) return known;
  const group = new Commander(name).description(GROUPS[name] ?? `Commands of ${name}`).copyInheritedSettings(program);
  program.addCommand(group);
  return group;
}

/** The command that the words begin with, and the name that they have for it. Help that is asked for before it is that of all. */
function commandMeant(commands: readonly Command[], argv: readonly string[]) {
  const isValue = (i: number) => /^--(root|config)$/.test(argv[i - 1] ?? '');
  const isWord = (word: string, i: number) => !word.startsWith('-') && !isValue(i);
  if (argv.slice(0, argv.findIndex(isWord)).some((word) => word === '-h' || word === '--help')) return undefined;
  const words = argv.filter(isWord);
  for (const name of [words.slice(0, 2).join(' '), words[0] ?? '']) {
    const command = commands.find((each) => namesOf(each).includes(name));
    if (command !== undefined) return { command, name };
  }
  return undefined;
}
