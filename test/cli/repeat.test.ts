import {
  chmodSync,
  cpSync,
  lutimesSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { type Outcome, run, Workbench } from '../helpers/varve.ts';
import { bundled } from './bundled.ts';

/** The same package, in which what builds does nothing but say so. */
const trapOf = (bundle: string): string => `${bundle}-trap`;
const bundle = bundled(test, (made) => {
  const dist = join(trapOf(made), 'dist');
  cpSync(made, trapOf(made), { recursive: true });
  for (const name of readdirSync(dist))
    if (/^varve-\w{8}\.cjs$/.test(name)) writeFileSync(join(dist, name), '(function(){return{\n0:function(){process.exitCode = 99}\n}})\n');
});
test.after.always(() => rmSync(trapOf(bundle), { recursive: true, force: true }));

/** Milliseconds after which a file's times tell all that was done to it. */
const SETTLED = 150;
const DOCKERFILE = 'FROM busybox\nCOPY dir /dir\nRUN cat /dir/a > /out\nCMD ["true"]\n';

/** A context, and builds of it. */
class Site {
  readonly bench = new Workbench();
  args: readonly string[] = ['-t', 'app', 'context'];
  #env: NodeJS.ProcessEnv = {};

  static async make(files: Readonly<Record<string, string>> = {}): Promise<Site> {
    const site = new Site();
    await site.bench.importBusybox();
    const usual = { Dockerfile: DOCKERFILE, 'dir/a': 'a', 'dir/b': 'b', 'ignored/x': 'x', other: 'o', '.dockerignore': 'ignored\n' };
    site.bench.write({ ...usual, ...files }, 'context');
    symlinkSync('a', site.bench.path('context/dir/link'));
    return site;
  }

  async build(...args: readonly string[]): Promise<Outcome> {
    await sleep(SETTLED);
    return await this.#run(bundle, 'build', ...args, ...this.args);
  }

  /** What is told without building; `undefined`: it would be built. */
  async repeat(...args: readonly string[]): Promise<Outcome | undefined> {
    const outcome = await this.#run(trapOf(bundle), 'build', ...args, ...this.args);
    return outcome.code === 99 ? undefined : outcome;
  }

  async varve(...args: readonly string[]): Promise<Outcome> {
    return await this.#run(bundle, ...args);
  }

  async #run(folder: string, ...args: readonly string[]): Promise<Outcome> {
    const given = ['--', join(folder, 'bin/varve.mjs'), '--root', this.bench.root, ...args];
    return await run(process.execPath, given, { cwd: this.bench.folder, env: this.#env });
  }

  setEnv(env: NodeJS.ProcessEnv): void {
    this.#env = env;
  }

  path(name: string): string {
    return this.bench.path('context', name);
  }

  [Symbol.dispose](): void {
    this.bench[Symbol.dispose]();
  }
}

test('the same build again is told as one in which every step is cached, and nothing is loaded that builds', async (t) => {
  using site = await Site.make();
  const first = await site.build();
  t.is(first.code, 0, first.stderr);
  const second = await site.repeat();
  t.is(second?.stdout, first.stdout);
  const third = await site.build('--no-cache-filter=none'); // another command line: it is built
  t.is(withoutTimes(second?.stderr), withoutTimes(third.stderr));
  t.regex(
    second?.stderr ?? '',
    /^#1 \[1\/2\] COPY dir \/dir\n#1 CACHED\n\n#2 \[2\/2\] RUN .*\n#2 CACHED\n\nBuilt sha256:\w+ in .*\nNamed app:latest\n$/,
  );
});

const withoutTimes = (text = ''): string => text.replace(/ in [\d.]+s/g, '');

test('words of the command line count when a build is repeated', async (t) => {
  using site = await Site.make();
  const iidfile = site.bench.path('iid');
  site.args = ['-q', '--iidfile', iidfile, '--rm', 'context'];
  const { stdout } = await site.build();
  rmSync(iidfile);
  t.deepEqual(await site.repeat(), { code: 0, stdout, stderr: '' });
  t.is(readFileSync(iidfile, 'utf8'), stdout.trim());
  site.args = site.args.slice(1);
  t.is(await site.repeat(), undefined);
  await site.build();
  t.regex((await site.repeat())?.stderr ?? '', /^Note: without effect here: --rm\n#1/);
});

test('a reader that had enough of a repeated build is no error', async (t) => {
  using site = await Site.make();
  site.args = ['-q', 'context'];
  await site.build();
  const program = [process.execPath, '--', join(trapOf(bundle), 'bin/varve.mjs'), '--root', site.bench.root, 'build', ...site.args];
  const closed = ['-c', '"$@" | { exec <&-; sleep 1; }', 'sh', ...program];
  t.deepEqual(await run('sh', closed, { cwd: site.bench.folder }), { code: 0, stdout: '', stderr: '' });
});

test('warnings about the build file are told again', async (t) => {
  using site = await Site.make({ Dockerfile: 'from busybox\nCOPY dir /dir\nMAINTAINER me\n' });
  const { stderr } = await site.build();
  t.regex(stderr, /MaintainerDeprecated/);
  t.regex((await site.repeat())?.stderr ?? '', /MaintainerDeprecated/);
});

type Change = (site: Site) => unknown;
const keepingTimes =
  (name: string, text: string): Change =>
  (site) => {
    writeFileSync(site.path(name), text);
    utimesSync(site.path(name), 1, 1);
  };

/** What is done between two builds, and whether the second one is repeated all the same. */
const CHANGES: Readonly<Record<string, readonly [isRepeated: boolean, change: Change]>> = {
  'nothing is done': [true, () => undefined],
  'a file that no step asks for has other content': [true, (site) => writeFileSync(site.path('other'), 'O')],
  'a file that is ignored has other content': [true, (site) => writeFileSync(site.path('ignored/x'), 'X')],
  'another variable than those of the environment is as before': [true, (site) => site.setEnv({ SHLVL: '7' })],
  'images are listed': [true, (site) => site.varve('images')],
  'a file has other content of the same length and time': [false, keepingTimes('dir/a', 'A')],
  'the same in the same place': [false, keepingTimes('dir/b', 'B')],
  'there is one more file': [false, (site) => writeFileSync(site.path('dir/c'), 'c')],
  'there is a file less': [false, (site) => rmSync(site.path('dir/b'))],
  'a file has another name': [false, (site) => renameSync(site.path('dir/c'), site.path('dir/d'))],
  'a file has another mode': [false, (site) => chmodSync(site.path('dir/a'), 0o755)],
  'a link has another time': [false, (site) => lutimesSync(site.path('dir/link'), 1, 1)],
  'a link leads elsewhere': [
    false,
    (site) => {
      rmSync(site.path('dir/link'));
      symlinkSync('b', site.path('dir/link'));
    },
  ],
  'the build file says something else': [false, (site) => writeFileSync(site.path('Dockerfile'), `${DOCKERFILE}LABEL a=b\n`)],
  'patterns of ignored files are others': [false, (site) => writeFileSync(site.path('.dockerignore'), 'other\n')],
  'patterns of their own stand beside the build file': [false, (site) => writeFileSync(site.path('Dockerfile.dockerignore'), 'dir/b\n')],
  'the environment says something else': [false, (site) => site.setEnv({ SOURCE_DATE_EPOCH: '1' })],
  'the base has another name': [false, (site) => site.varve('tag', 'busybox', 'elsewhere')],
  'the image loses its name': [false, (site) => site.varve('rmi', 'app')],
  'another image gets the name': [false, (site) => site.varve('tag', 'busybox', 'app')],
  'files of the store are removed': [
    false,
    (site) => {
      const blobs = site.bench.path('root/blobs/sha256');
      for (const name of readdirSync(blobs))
        if (readFileSync(join(blobs, name), 'latin1').includes('"Cmd":["true"]')) rmSync(join(blobs, name));
    },
  ],
  'the directory is moved away and another one is in its place': [
    false,
    (site) => {
      renameSync(site.path(''), site.bench.path('old'));
      cpSync(site.bench.path('old'), site.path(''), { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    },
  ],
};

test('what was done to the context, the environment or the store decides whether a build is repeated', async (t) => {
  using site = await Site.make();
  t.is((await site.build()).code, 0);
  for (const [name, [isRepeated, change]] of Object.entries(CHANGES)) {
    t.not(await site.repeat(), undefined, `before: ${name}`);
    await change(site);
    t.is((await site.repeat()) !== undefined, isRepeated, name);
    const again = await site.build();
    t.is(again.code, 0, `${name}\n${again.stderr}`);
  }
});

/** What depends on more than files of this host is always built. */
const ALWAYS_BUILT: Readonly<Record<string, readonly string[]>> = {
  'steps are done anew': ['--no-cache'],
  'base images are looked up anew': ['--pull=newer'],
  'a secret is read': ['--secret', 'id=s,src=context/other'],
  'another context is named': ['--build-context', 'more=context/dir'],
  'files are written': ['-o', 'out'],
  'what was built is described': ['--metadata-file', 'metadata'],
  'events are asked for': ['--progress=rawjson'],
  'a cache is written': ['--cache-to', 'type=local,dest=cache'],
};
for (const [name, args] of Object.entries(ALWAYS_BUILT))
  test(`nothing is repeated where ${name}`, async (t) => {
    using site = await Site.make();
    const { code, stderr } = await site.build(...args);
    t.is(code, 0, stderr);
    t.is(await site.repeat(...args), undefined);
  });

test('nothing is repeated where there is a configuration, until it is gone', async (t) => {
  using site = await Site.make();
  await site.build();
  site.bench.write({ 'varve.config.json': '{}' });
  t.is(await site.repeat(), undefined);
  await site.build();
  t.is(await site.repeat(), undefined);
  rmSync(site.bench.path('varve.config.json'));
  t.not(await site.repeat(), undefined);
});

test('a file that is written again and again is built as it is, however soon the build comes', async (t) => {
  using site = await Site.make();
  site.args = ['context'];
  const ids = new Set<string>();
  for (let i = 0; i < 6; i++) {
    writeFileSync(site.path('dir/a'), String(i));
    const { code, stdout, stderr } = await site.varve('build', ...site.args);
    t.is(code, 0, stderr);
    ids.add(stdout);
  }
  t.is(ids.size, 6);
});

test('a receipt that is not whole is none', async (t) => {
  using site = await Site.make();
  const receipts = site.bench.path('root/receipts');
  const damage: readonly ((file: string) => void)[] = [
    (file) => truncateSync(file),
    (file) => truncateSync(file, 1000),
    (file) => truncateSync(file, readFileSync(file).length - 4),
    (file) => writeFileSync(file, Buffer.alloc(readFileSync(file).length)),
  ];
  for (const spoil of damage) {
    await site.build();
    t.not(await site.repeat(), undefined);
    const [name = '', ...others] = readdirSync(receipts);
    t.deepEqual(others, []);
    spoil(join(receipts, name));
    t.is(await site.repeat(), undefined);
  }
});

test('receipts hold no value of the environment or of an ARG, and do not become many', async (t) => {
  using site = await Site.make({ Dockerfile: 'FROM busybox\nARG HTTP_PROXY TOKEN\nCOPY dir /dir\nRUN true\n' });
  site.setEnv({ HTTP_PROXY: 'http://user:pass-word@localhost:1', TOKEN: 'to-ken', OTHER: 'oth-er' });
  site.args = ['--build-arg', 'HTTP_PROXY', '--build-arg', 'TOKEN', 'context'];
  const { code, stderr } = await site.build();
  t.is(code, 0, stderr);
  t.not(await site.repeat(), undefined);
  const receipts = site.bench.path('root/receipts');
  for (const name of readdirSync(receipts)) t.notRegex(readFileSync(join(receipts, name), 'latin1'), /pass-word|to-ken|oth-er/);
  for (let i = 0; i < 120; i++) writeFileSync(join(receipts, `receipt-${i}`), '');
  await site.build('-q');
  t.true(readdirSync(receipts).length <= 100);
});

test('builds that begin together leave receipts that hold', async (t) => {
  using site = await Site.make();
  await Promise.all(Array.from({ length: 4 }, () => site.build()));
  const { stdout } = await site.build();
  t.is((await site.repeat())?.stdout, stdout);
  t.deepEqual(
    readdirSync(site.bench.path('root/receipts')).filter((name) => name.includes('.')),
    [],
  );
});
