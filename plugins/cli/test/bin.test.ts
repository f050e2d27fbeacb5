import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const dir = mkdtempSync(join(tmpdir(), 'varve-bin-'));
test.after.always(() => rmSync(dir, { recursive: true, force: true }));
const packageDir = fileURLToPath(new URL('..', import.meta.url));
const source = join(packageDir, 'src', 'bin.ts');

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
function finished(child: ChildProcess): Promise<Outcome> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((done) => child.once('close', (code) => done({ code, stdout, stderr })));
}
/** The command line as a process of its own, from source. */
const start = (argv: readonly string[], cwd = dir) =>
  spawn(process.execPath, ['--conditions=varve-source', source, '--root', join(dir, 'store'), ...argv], { cwd });
const run = (argv: readonly string[], cwd = dir) => finished(start(argv, cwd));

/** A folder whose configuration adds a plugin: the body of its `apply`. */
function withPlugin(apply: string, ...others: readonly string[]): string {
  const at = mkdtempSync(join(dir, 'case-'));
  const plugin = `{ name: 'theirs', core: '*', apply({ hooks, contribute }) { ${apply} } }`;
  writeFileSync(join(at, 'varve.config.mjs'), `export default { plugins: [${plugin}, ...${JSON.stringify(others)}] };`);
  writeFileSync(join(at, 'Dockerfile'), 'FROM scratch\n');
  return at;
}
const COMMANDS = "{ id: Symbol.for('varve.commands') }";
const withCommand = (body: string) =>
  withPlugin(
    `contribute(${COMMANDS}, [], () => ({ name: 'theirs', summary: 'x', run: async ({ stdout, stderr, signal }) => { ${body} } }));`,
  );

test('misuse exits with 2, failure with 1, and neither shows a stack', async (t) => {
  const [misuse, failure] = await Promise.all([run(['bild']), run(['inspect', 'nope'])]);
  t.is(misuse.code, 2);
  t.is(misuse.stderr, "Error: unknown command 'bild' (did you mean build?)\nHint: varve --help\n");
  t.is(failure.code, 1);
  t.notRegex(failure.stderr, /^ {4}at /m);
});
test('a plugin’s command is a command, and its exit code the process’s', async (t) => {
  const at = withCommand("stdout.write('hi'); return 7;");
  t.like(await run(['theirs'], at), { code: 7, stdout: 'hi', stderr: '' });
});
test('a tap that never answers is named, instead of ending as if all were well', async (t) => {
  const at = withPlugin('hooks.frontend.tap(() => new Promise(() => {}));', 'varve/preset');
  const { code, stderr } = await run(['build', '.'], at);
  t.is(code, 1);
  t.regex(stderr, /theirs never answered hook "frontend"[\s\S]*\[PLUGIN_STUCK, theirs\]/);
});
test('a command that waits for nothing is a failure', async (t) => {
  const { code, stderr } = await run(['theirs'], withCommand('await new Promise(() => {});'));
  t.is(code, 1);
  t.regex(stderr, /COMMAND_STUCK/);
});
test('what a command leaves open does not keep the process', async (t) => {
  t.is((await run(['theirs'], withCommand('setInterval(() => {}, 1000); return 0;'))).code, 0);
});

const waits = "const timer = setInterval(() => {}, 1000); stdout.write('waiting');";
const signals = test.macro(async (t, body: string, [times, pause]: readonly [number, number], code: number, stdout: string) => {
  const child = start(['theirs'], withCommand(`${waits} ${body}`));
  const outcome = finished(child);
  child.stdout.once('data', () => child.kill('SIGINT'));
  if (times > 1) child.stdout.on('data', (chunk) => String(chunk).includes('stopping') && setTimeout(() => child.kill('SIGINT'), pause));
  t.like(await outcome, { code, stdout });
});
test(
  'SIGINT lets a command clean up, and the exit code is 130',
  signals,
  "await new Promise((done) => signal.addEventListener('abort', done)); clearInterval(timer); stdout.write(' cleaned'); throw signal.reason;",
  [1, 0],
  130,
  'waiting cleaned',
);
test('an abort that Node tells of is told by its reason', async (t) => {
  const at = withCommand(
    "const { setTimeout: sleep } = await import('node:timers/promises'); stdout.write('waiting'); await sleep(1e6, undefined, { signal });",
  );
  const child = start(['theirs'], at);
  const outcome = finished(child);
  child.stdout.once('data', () => child.kill('SIGINT'));
  t.deepEqual(await outcome, { code: 130, stdout: 'waiting', stderr: 'Error: Stopped by SIGINT\n[ABORTED]\n' });
});
test(
  'a second SIGINT does not wait',
  signals,
  "await new Promise((done) => signal.addEventListener('abort', done)); stdout.write(' stopping'); await new Promise(() => {});",
  [2, 800],
  130,
  'waiting stopping',
);
test(
  'one Ctrl-C that comes twice, from the terminal and from a parent that passes it on, still cleans up',
  signals,
  "await new Promise((done) => signal.addEventListener('abort', done)); stdout.write(' stopping'); await new Promise((done) => setTimeout(done, 200)); clearInterval(timer); stdout.write(' cleaned'); throw signal.reason;",
  [2, 10],
  130,
  'waiting stopping cleaned',
);
test('output that cannot be written is a failure', async (t) => {
  const full = openSync('/dev/full', 'w');
  t.teardown(() => closeSync(full));
  const at = withCommand("stdout.write('hi'); return 0;");
  const child = spawn(process.execPath, ['--conditions=varve-source', source, '--root', join(dir, 'store'), 'theirs'], {
    cwd: at,
    stdio: ['ignore', full, 'pipe'],
  });
  const { code, stderr } = await finished(child);
  t.is(code, 1);
  t.regex(stderr, /no space left on device/);
});
test('a reader that leaves early is no error', async (t) => {
  const child = start(
    ['theirs'],
    withCommand(
      "for (let i = 0; i < 1000; i++) stdout.write('x'.repeat(65536)); await new Promise((done) => setTimeout(done, 100)); return 0;",
    ),
  );
  const outcome = finished(child);
  child.stdout.once('data', () => child.stdout.destroy());
  t.like(await outcome, { code: 0, stderr: '' });
});

/** A bundle of four modules: the first says how it was started, and what the modules say that it is told the numbers of. */
const BUNDLE = `(function(){return{
0:function(exports,module,$){const [,,...words]=process.argv;console.log('started with', words.join(' '));process.exitCode = words.includes('done') ? 0 : 5;
for (const id of words.filter(Number)) console.log($(id).text, $(id) === $(id))},
1:function(exports,module,$){/*${'of its own part '.repeat(5000)}*/exports.text='one'},
2:function(exports,module,$){module.exports={text:'two of '+$(3).text}},
3:function(exports,module,$){exports.text=\`three,
with 2:function in it\`}
}})
`;

/** The launcher in a folder of its own, as npm would install it, under a Node that says it is `version`. */
function launcher(version: string): { readonly at: string; start(...argv: readonly string[]): Promise<Outcome> } {
  const at = mkdtempSync(join(dir, 'launcher-'));
  const home = join(at, 'node_modules', 'varve');
  mkdirSync(join(home, 'dist'), { recursive: true });
  cpSync(join(packageDir, 'bin'), join(home, 'bin'), { recursive: true });
  cpSync(join(packageDir, 'package.json'), join(home, 'package.json'));
  writeFileSync(join(home, 'dist', 'varve-12345678.cjs'), BUNDLE);
  const pretend = join(at, 'pretend.cjs');
  writeFileSync(
    pretend,
    `Object.defineProperty(process.versions, 'node', { value: '${version}' }); Object.defineProperty(process, 'version', { value: 'v${version}' });`,
  );
  const env = { ...process.env, XDG_CACHE_HOME: join(at, 'cache') };
  const words = ['--require', pretend, join(home, 'bin', 'varve.mjs')];
  return { at, start: (...argv) => finished(spawn(process.execPath, [...words, ...argv], { env })) };
}
for (const version of ['18.19.0', '22.19.0'])
  test(`on Node ${version} the launcher says in one sentence what is needed`, async (t) => {
    t.deepEqual(await launcher(version).start('images'), {
      code: 2,
      stdout: '',
      stderr: `varve needs Node.js 22.20 or newer, and this is v${version}.\n`,
    });
  });
test('the launcher asks for the Node that the package names', (t) => {
  const { engines } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8'));
  const [, needed] = /NEEDED = \[(\d+, \d+)\]/.exec(readFileSync(join(packageDir, 'bin', 'varve.mjs'), 'utf8')) ?? [];
  t.is(engines.node, `>=${needed?.replace(', ', '.')}`);
});
test('on an old Node with a newer one beside varve nobody notices', async (t) => {
  const { at, start: launch } = launcher('20.20.2');
  const bin = join(at, 'node_modules', `node-linux-${process.arch}`, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'node'), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`);
  chmodSync(join(bin, 'node'), 0o755);
  t.deepEqual(await launch('images', '-q'), { code: 5, stdout: 'started with images -q\n', stderr: '' });
});
for (const version of ['22.20.0', '24.0.0'])
  test(`on Node ${version} the launcher starts what was built`, async (t) => {
    t.deepEqual(await launcher(version).start('images'), { code: 5, stdout: 'started with images\n', stderr: '' });
  });
test('what is started by its name takes its options itself: none of them is Node’s', async (t) => {
  const { at } = launcher('24.0.0');
  const bin = join(at, 'node_modules', '.bin');
  mkdirSync(bin);
  symlinkSync('../varve/bin/varve.mjs', join(bin, 'varve'));
  writeFileSync(join(at, 'env'), 'NODE_OPTIONS=--require=/not/here.js\n');
  const env = { ...process.env, PATH: `${bin}:${dirname(process.execPath)}:${process.env.PATH}` };
  for (const file of ['env', 'missing']) {
    const started = await finished(spawn('varve', ['run', '--env-file', file, 'x y'], { cwd: at, env }));
    t.deepEqual(started, { code: 5, stdout: `started with run --env-file ${file} x y\n`, stderr: '' });
  }
});
test('the launcher knows the version without loading anything', async (t) => {
  const { at, start: launch } = launcher('24.0.0');
  rmSync(join(at, 'node_modules', 'varve', 'dist'), { recursive: true });
  const { code, stdout } = await launch('--version');
  t.is(code, 0);
  t.regex(stdout, /^varve \d+\.\d+\.\d+\n$/);
});
test('a varve that is not built says so', async (t) => {
  const { at, start: launch } = launcher('24.0.0');
  rmSync(join(at, 'node_modules', 'varve', 'dist'), { recursive: true });
  t.like(await launch('images'), { code: 2, stdout: '' });
});

const CACHES: Readonly<Record<string, (file: string) => void>> = {
  'as it was kept': () => undefined,
  'with other bytes in it': (file) => writeFileSync(file, Buffer.alloc(5000, 'x')),
  'cut off': (file) => writeFileSync(file, readFileSync(file).subarray(0, -100)),
  empty: (file) => writeFileSync(file, ''),
  'not to be read': (file) => {
    rmSync(file);
    mkdirSync(file);
  },
};
for (const [how, damage] of Object.entries(CACHES))
  test(`the launcher starts what was built with compiled code ${how}`, async (t) => {
    const { at, start: launch } = launcher('24.0.0');
    const expected = { code: 5, stdout: 'started with images\n', stderr: '' };
    for (let i = 0; i < 2; i++) t.deepEqual(await launch('images'), expected); // the first keeps which modules it used, the second their code
    const cache = join(at, 'node_modules', 'varve', '.cache');
    const kept = readdirSync(cache);
    t.is(kept.length, 1);
    damage(join(cache, kept[0] ?? ''));
    t.deepEqual(await launch('images'), expected);
    t.deepEqual(await launch('images'), expected);
    t.deepEqual(readdirSync(cache), kept);
  });
test('whatever earlier runs needed, a run finds all modules that it needs', async (t) => {
  const { at, start: launch } = launcher('24.0.0');
  const says: Readonly<Record<string, string>> = { 1: 'one true\n', 2: 'two of three,\nwith 2:function in it true\n' };
  for (const words of ['1', '1 2 done', '1 done', '1 done', '2', '', '1 2 done', '2 1', '2 done', '1 2'])
    t.deepEqual(
      (await launch('build', ...words.split(' '))).stdout,
      `started with build ${words}\n${words
        .replace(/ ?done/, '')
        .split(' ')
        .map((id) => says[id] ?? '')
        .join('')}`,
    );
  t.is(readdirSync(join(at, 'node_modules', 'varve', '.cache')).length, 2);
});
test('compiled code of a bundle that is gone goes, too', async (t) => {
  const { at, start: launch } = launcher('24.0.0');
  await launch('images');
  const home = join(at, 'node_modules', 'varve');
  renameSync(join(home, 'dist', 'varve-12345678.cjs'), join(home, 'dist', 'varve-87654321.cjs'));
  t.is((await launch('images')).code, 5);
  t.deepEqual(
    readdirSync(join(home, '.cache')).map((name) => name.slice(0, 14)),
    ['varve-87654321'],
  );
});
