import type { Command, CommandOption } from '@varve/core';
import type { Values } from '@varve/core/command';
import { Command as Commander, Option } from 'commander';

/** What the command line asks for: a command with its arguments. */
export interface Chosen {
  readonly command: Command;
  readonly values: Values;
  readonly positionals: readonly string[];
}

/** Options that every command takes besides its own; `Globals` says what they mean. */
const GLOBAL: Readonly<Record<string, CommandOption>> = {
  root: { type: 'string', description: 'where images live', value: '<dir>', hidden: true },
  config: { type: 'string', description: 'configuration file', value: '<file>', hidden: true },
  debug: { type: 'boolean', short: 'D', description: 'show stacks', hidden: true },
};

export interface Adaptation {
  /** Without the group in front. */
  readonly name: string;
  /** `false`: the command is only listed; the dozens of options of a `build` that is not asked for would cost every other command. */
  readonly isMeant: boolean;
  /** Options that commander is told of: making one takes longer than all that is done with it. */
  isWanted(long: string, option: CommandOption): boolean;
  choose(chosen: Chosen): void;
}

/** One of our commands as commander sees it. */
export class AdaptedCommand extends Commander {
  readonly #options: Readonly<Record<string, CommandOption>>;
  readonly #passThrough: boolean;
  readonly #values: Record<string, Values[string]> = {};

  constructor(command: Command, { name, isMeant, isWanted, choose }: Adaptation) {
    super(name);
    this.#options = isMeant ? { ...GLOBAL, ...command.options } : {};
    this.#passThrough = command.passThrough === true;
    this.description(command.summary).allowExcessArguments(false).passThroughOptions(this.#passThrough);
    for (const argument of argumentsOf(command.usage ?? '')) this.argument(argument);
    for (const [long, option] of Object.entries(this.#options)) if (isWanted(long, option)) this.#add(long, option);
    this.action(() => choose({ command, values: this.#values, positionals: this.args }));
  }

  /**
   * Values are taken from commander's events by their long name: it makes `cache: false` of `--no-cache`, and a plugin's command wants to
   * see what was written.
   */
  #add(long: string, option: CommandOption): void {
    const { type, short, description, value = '<value>', hidden = false } = option;
    const flags = `${short === undefined ? '' : `-${short}, `}--${long}${type === 'string' ? ` ${value}` : ''}`;
    this.addOption(new Option(flags, description).hideHelp(hidden));
    this.on(`option:${long}`, (given?: string) => {
      const before = this.#values[long];
      const list = Array.isArray(before) ? before : [];
      if (type === 'boolean') this.#values[long] = true;
      else this.#values[long] = option.multiple ? [...list, given ?? ''] : (given ?? '');
    });
  }

  /** Go's flags, and so docker's users, also write `--rm=false`. */
  override parseOptions(argv: string[]): ReturnType<Commander['parseOptions']> {
    const kept: string[] = [];
    for (let i = 0; i < argv.length; i++) {
      const word = argv[i] ?? '';
      const isOption = word !== '-' && word.startsWith('-');
      if (word === '--' || (this.#passThrough && !isOption)) return super.parseOptions([...kept, ...argv.slice(i)]);
      if (this.#takeSwitch(word)) continue;
      kept.push(...argv.slice(i, this.#takesNext(word) ? i + 2 : i + 1));
      if (this.#takesNext(word)) i++;
    }
    return super.parseOptions(kept);
  }

  /** Whether the next word is this option's value: `--name x`, `-e x`, `-ite x`. */
  #takesNext(word: string): boolean {
    if (word === '-' || !word.startsWith('-')) return false;
    if (word.startsWith('--')) return this.#options[word.slice(2)]?.type === 'string';
    const letters = [...word.slice(1)];
    const at = letters.findIndex((letter) => this.#ofLetter(letter)?.type === 'string');
    return at !== -1 && at === letters.length - 1;
  }

  #ofLetter(letter: string): CommandOption | undefined {
    return Object.values(this.#options).find(({ short }) => short === letter);
  }

  #longOf(letter: string): string {
    return Object.entries(this.#options).find(([, { short }]) => short === letter)?.[0] ?? '';
  }

  #takeSwitch(word: string): boolean {
    const [, name = '', letter = '', value = ''] = /^(?:--([a-z][a-z0-9-]*)|-([a-z]))=(.*)$/is.exec(word) ?? [];
    const long = name === '' ? this.#longOf(letter) : name;
    const option = this.#options[long];
    const on = SWITCHES[value.toLowerCase()] ?? option?.words?.find((word) => word === value.toLowerCase());
    if (on === undefined || option?.type !== 'boolean') return false;
    this.#values[long] = on;
    return true;
  }
}

const SWITCHES: Readonly<Record<string, boolean | undefined>> = { true: true, t: true, 1: true, false: false, f: false, 0: false };

/** `<file> [<name>[:<tag>]]` in the words of commander: the outermost brackets say what is required. */
function argumentsOf(usage: string): readonly string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < usage.length; i++) {
    const char = usage[i] ?? '';
    if ('<['.includes(char) && depth++ === 0) start = i;
    if (!'>]'.includes(char) || --depth !== 0) continue;
    const more = usage.startsWith('...', i + 1) ? '...' : '';
    found.push(`${usage[start]}${usage.slice(start + 1, i).replace(/[<>]/g, '')}${more}${char}`);
  }
  return found;
}
