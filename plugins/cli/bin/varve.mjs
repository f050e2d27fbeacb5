#!/bin/sh
':'; //bin/true; exec node -- "$0" "$@"
// For a shell the line above starts Node, for Node it says nothing. Without `--` Node takes options of ours for its own, wherever they are:
// `run --env-file` would be read into this process, NODE_OPTIONS in it included.
//
// Runs on any Node that knows modules: it says which Node varve needs, or finds it, before newer syntax is parsed.

// An import reads every export of a module of Node's, and so loads much of what nobody uses: 8 ms of the 30 that Node needs to start
const builtin = (name) => (process.getBuiltinModule === undefined ? import(name) : process.getBuiltinModule(name));
const { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } = await builtin('node:fs');
const { basename, dirname, join } = await builtin('node:path');
const { fileURLToPath, pathToFileURL } = await builtin('node:url');

const NEEDED = [22, 20];
/** Named by its content. */
const BUNDLE = /^varve-\w{8}\.cjs$/;
/** Says what was built where nothing has changed since. */
const REPEAT = /^varve-repeat-\w{8}\.cjs$/;
/** So often code is kept anew: each run may need functions that those before did not. It takes as long as a third of a small build. */
const TIMES = 3;
/** Bytes in front of the code, of which the first says how often it was kept. V8 wants its part aligned. */
const HEADER = 8;
const MOST_FILES = 32;
const home = dirname(dirname(fileURLToPath(import.meta.url)));

if (isNewEnough(process.versions.node)) await start();
else await startElsewhere();

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
}

async function start() {
  if (['--version', '-v'].includes(process.argv[2])) return sayVersion();
  const dist = join(home, 'dist');
  const names = existsSync(dist) ? readdirSync(dist) : [];
  const bundle = names.find((name) => BUNDLE.test(name));
  if (bundle === undefined) return refuse(`varve is not built: ${dist} holds no bundle; run "npm run build" where it was cloned.`);
  setFlags(await builtin('node:v8'));
  const { homedir } = await builtin('node:os');
  const dirs = [join(home, '.cache'), join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'varve')];
  const repeat = isBuild() ? names.find((name) => REPEAT.test(name)) : undefined;
  if (repeat !== undefined) {
    const { default: isRepeated } = await runCached(join(dist, repeat), dirs);
    if (isRepeated(process.argv.slice(2), bundle)) return;
  }
  await runCached(join(dist, bundle), dirs);
}

function sayVersion() {
  console.log(`varve ${JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')).version}`);
}

/**
 * V8 lets its space for young objects grow to a hundred megabytes while a large tree is read, and garbage to several times of what is in use,
 * and gains nothing: 20,000 files take 120 MB of memory instead of 300, 200,000 take 200 instead of 600, in the same time. It also drops the
 * code of functions that have not run for some collections: what a long command kept for the next ones lacked half of it. Newer versions
 * may not know the flags, and would say so on stderr. Code that was compiled under other flags is of no use, so they are set first.
 */
function setFlags(v8) {
  if (Number(process.versions.node.split('.')[0]) > 24) return;
  v8.setFlagsFromString('--semi-space-growth-factor=1');
  v8.setFlagsFromString('--heap-growing-percent=100');
  v8.setFlagsFromString('--no-flush-bytecode');
}

async function startElsewhere() {
  const { startUnderNewerNode } = await import('./newer-node.mjs');
  if (!startUnderNewerNode(home, refuse)) refuse(`varve needs Node.js ${NEEDED.join('.')} or newer, and this is ${process.version}.`);
}

function refuse(sentence) {
  console.error(sentence);
  process.exitCode = 2;
}

/**
 * Runs the bundle with the code that V8 made of it before; `dirs` are where that may be kept, the best first. Node's own compile cache keeps
 * what a module's start alone needs, since it is filled before anything runs: of a build, a quarter of its time would be compiling the same
 * functions again.
 */
async function runCached(file, dirs) {
  const { createRequire } = await builtin('node:module');
  const { constants, Script } = await builtin('node:vm');
  const cache = mayCache() ? readCache(basename(file, '.cjs'), dirs) : undefined;
  // The name of the bundle says what is in it: V8 itself compares lengths and no more
  const script = new Script(readFileSync(file, 'latin1'), {
    filename: file,
    cachedData: cache?.code,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  if (cache !== undefined) process.on('exit', () => keep(script, cache));
  return await script.runInThisContext()(createRequire(file), pathToFileURL(file).href, { exports: {} });
}

/** Not where somebody counts which code runs, or said so in Node's words. */
function mayCache() {
  return process.env.NODE_DISABLE_COMPILE_CACHE === undefined && process.env.NODE_V8_COVERAGE === undefined;
}

function readCache(bundle, dirs) {
  const name = `${bundle}-${command()}-${process.version}-${process.arch}`;
  for (const dir of dirs) {
    try {
      const bytes = readFileSync(join(dir, name));
      return { bundle, name, dirs, times: bytes[0], code: bytes.subarray(HEADER) };
    } catch {
      // not there, or not for us
    }
  }
  return { bundle, name, dirs, times: 0, code: undefined };
}

/** Each command needs other functions. */
function command() {
  return isBuild() ? 'build' : (words()[0] ?? 'none');
}

function isBuild() {
  return words().includes('build');
}

function words() {
  return process.argv.slice(2).filter((word) => /^[a-z]{2,12}$/.test(word));
}

/** Whole or not at all, also for those who read it now or after a power cut. What goes wrong is nobody's trouble: the next run compiles. */
function keep(script, { bundle, name, dirs, times }) {
  const known = script.cachedDataRejected === false ? times : 0;
  if (known >= TIMES) return;
  for (const dir of dirs) {
    const temporary = join(dir, `.${name}.${process.pid}`);
    const isDone = tried(() => {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      const others = readdirSync(dir).filter((other) => other !== name);
      for (const other of others) if (isOlder(other, bundle)) rmSync(join(dir, other), { force: true });
      if (others.length > MOST_FILES) return;
      const header = Buffer.alloc(HEADER, known + 1);
      writeFileSync(temporary, Buffer.concat([header, script.createCachedData()]), { mode: 0o600, flag: 'wx', flush: true });
      renameSync(temporary, join(dir, name));
    });
    if (isDone) return;
    tried(() => rmSync(temporary, { force: true }));
  }
}

/** Code of another bundle that was called the same, but for its content. */
function isOlder(name, bundle) {
  const script = bundle.replace(/\w{8}$/, '');
  return name.startsWith(script) && !name.startsWith(bundle) && /^\w{8}-/.test(name.slice(script.length));
}

function tried(action) {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
