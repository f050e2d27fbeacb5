import { type Command, VarveError } from '@varve/core';
import type { Values } from '@varve/core/command';
import test from 'ava';
import { parseCommandLine } from '../src/program.ts';

const make: Command = {
  name: 'make',
  aliases: ['thing make', 'mk'],
  summary: 'Make a thing',
  usage: '<thing> [<more>[:<tag>]]...',
  options: {
    tag: { type: 'string', short: 't', multiple: true, description: 'names' },
    file: { type: 'string', short: 'f', value: '<path>', description: 'a file' },
    quiet: { type: 'boolean', short: 'q', description: 'less' },
    all: { type: 'boolean', short: 'a', description: 'more' },
    'no-cache': { type: 'boolean', description: 'anew' },
    'no-cache-filter': { type: 'string', multiple: true, description: 'anew, these' },
    secret: { type: 'boolean', description: 'accepted', hidden: true },
  },
  run: async () => 0,
};
const list: Command = { name: 'list', summary: 'List things', run: async () => 0 };
const start: Command = {
  name: 'start',
  summary: 'Start a program',
  usage: '<thing> [<word>...]',
  passThrough: true,
  options: {
    env: { type: 'string', short: 'e', multiple: true, description: 'variables' },
    remove: { type: 'boolean', description: 'afterwards' },
    tty: { type: 'boolean', short: 't', description: 'a terminal' },
    stay: { type: 'boolean', short: 'i', description: 'and input' },
  },
  run: async () => 0,
};
const parse = (...argv: string[]) => parseCommandLine([make, list, start], argv, () => undefined);

const reads = test.macro({
  exec(t, argv: readonly string[], values: Values, positionals: readonly string[]) {
    const chosen = parse(...argv);
    t.is(chosen?.command.name, argv.includes('start') ? 'start' : 'make');
    t.deepEqual({ ...chosen?.values }, values);
    t.deepEqual(chosen?.positionals, positionals);
  },
  title: (_, argv: readonly string[] = []) => `reads ${argv.join(' ')}`,
});
test(reads, ['make', 'x'], {}, ['x']);
test(reads, ['mk', 'x', 'y', 'z'], {}, ['x', 'y', 'z']);
test(reads, ['thing', 'make', 'x'], {}, ['x']);
test(reads, ['make', '-t', 'a', '--tag', 'b', '--tag=c', 'x'], { tag: ['a', 'b', 'c'] }, ['x']);
test(reads, ['make', 'x', '-f', '-'], { file: '-' }, ['x']);
test(reads, ['make', '-f', '--tag', 'x'], { file: '--tag' }, ['x']);
test(reads, ['make', '-fpath', '-qa', '-'], { file: 'path', quiet: true, all: true }, ['-']);
test(reads, ['make', '--file=', 'x'], { file: '' }, ['x']);
test(reads, ['make', '--file=a=b', 'x'], { file: 'a=b' }, ['x']);
test(reads, ['make', '--no-cache', 'x'], { 'no-cache': true }, ['x']);
test(reads, ['make', '--no-cache-filter', 's', 'x'], { 'no-cache-filter': ['s'] }, ['x']);
test(reads, ['make', '--quiet=false', '--all=1', '--no-cache=true', 'x'], { quiet: false, all: true, 'no-cache': true }, ['x']);
test(reads, ['make', '--', '--quiet=true', '-x'], {}, ['--quiet=true', '-x']);
test(reads, ['start', '-it', '--remove=true', 'ls', '--remove=false', '-l', '--', 'x'], { stay: true, tty: true, remove: true }, [
  'ls',
  '--remove=false',
  '-l',
  '--',
  'x',
]);
test(reads, ['start', '-ite', '--remove=true', '-eA=1', 'sh', '-e'], { stay: true, tty: true, env: ['--remove=true', 'A=1'] }, [
  'sh',
  '-e',
]);
test(reads, ['start', '--env', 'ls', '--', '-i', '--tty=true'], { env: ['ls'] }, ['-i', '--tty=true']);
test(reads, ['--root', '/r', 'make', 'x', '--debug', '--config', 'c'], { debug: true, config: 'c' }, ['x']);
test(reads, ['make', '-D', 'x'], { debug: true }, ['x']);

const refuses = test.macro({
  exec(t, argv: readonly string[], message: RegExp, hint: string) {
    const error = t.throws(() => parse(...argv));
    t.true(VarveError.is(error));
    t.like(error, { code: 'USAGE', hint });
    t.regex(error?.message ?? '', message);
  },
  title: (_, argv: readonly string[] = []) => `refuses ${argv.join(' ')}`,
});
test(refuses, ['maek', 'x'], /^unknown command 'maek' \(did you mean make\?\)$/i, 'varve --help');
test(refuses, ['make', '--quite', 'x'], /^unknown option '--quite' \(did you mean --quiet\?\)$/i, 'varve make --help');
test(refuses, ['thing', 'make', '--nosuch'], /unknown option '--nosuch'/, 'varve thing make --help');
test(refuses, ['make'], /missing required argument 'thing'/, 'varve make --help');
test(refuses, ['list', 'x'], /too many arguments/, 'varve list --help');
test(refuses, ['make', 'x', '-f'], /option '-f, --file <path>' argument missing/, 'varve make --help');
test(refuses, ['make', '--quiet=perhaps', 'x'], /unknown option '--quiet=perhaps'/, 'varve make --help');
test(refuses, ['thing'], /needs a command/, 'varve thing --help');

function help(...argv: string[]): string {
  let text = '';
  t0(
    parseCommandLine([make, list], argv, (chunk) => {
      text += chunk;
    }),
  );
  return text;
}
const t0 = (chosen: unknown) => {
  if (chosen !== undefined) throw new Error('A command was chosen where help was asked for');
};
test('without arguments there is help, which lists commands by name and no aliases', (t) => {
  const text = help();
  t.true(text.indexOf('list ') < text.indexOf('make '));
  t.notRegex(text, /\bmk\b/);
});
test('help that is asked for before a command lists all of them', (t) => {
  for (const before of [['--help'], ['-h'], ['-D', '--root', '/x', '--help']]) t.regex(help(...before, 'make'), /^ {2}list .*^ {2}make /ms);
});
for (const words of [
  ['make', '--help'],
  ['make', '-h'],
  ['make', '-qh'],
  ['help', 'make'],
])
  test(`${words.join(' ')} shows the command’s options but not the hidden ones, once`, (t) => {
    const text = help(...words);
    t.is(text.split('Usage:').length, 2);
    t.regex(text, /Usage: varve make \[options\] <thing> \[more\[:tag\]\.\.\.\]/);
    t.regex(text, /-t, --tag <value>/);
    t.notRegex(text, /--secret|--root/);
  });
test('two commands of one name are refused', (t) => {
  const error = t.throws(() => parseCommandLine([make, { ...list, name: 'mk' }], ['mk'], () => undefined));
  t.true(VarveError.is(error) && error.code === 'COMMAND_DUPLICATE');
});
