#!/bin/sh
':'; //bin/true; exec node -- "$0" "$@"
// For a shell the line above starts Node, for Node it says nothing. Without `--` Node takes options of ours for its own, wherever they are:
// `run --env-file` would be read into this process, NODE_OPTIONS in it included.
//
// Runs on any Node that knows modules: it says which Node varve needs, or finds it, before newer syntax is parsed.

// An import reads every export of a module of Node's, and so loads much of what nobody uses: 8 ms of the 30 that Node needs to start
const builtin = (name) => (process.getBuiltinModule === undefined ? import(name) : process.getBuiltinModule(name));
const { existsSync, openSync, readdirSync, readFileSync } = await builtin('node:fs');
const { basename, dirname, join } = await builtin('node:path');
const { fileURLToPath, pathToFileURL } = await builtin('node:url');

const NEEDED = [22, 20];
/** Named by its content. */
const BUNDLE = /^varve-\w{8}\.cjs$/;
/** Says what was built where nothing has changed since. */
const REPEAT = /^varve-repeat-\w{8}\.cjs$/;
/** Bytes in front of a part: how often its code was kept, how often its modules changed, and at 4 the length of its text. V8 wants its own part aligned. */
const HEADER = 8;
/** So often code of a part is kept anew, since each run may need functions that those before did not; and so often the modules in it change. */
const MOST = { times: 3, changes: 6 };
/** Characters of text that are read as quickly in one part as in two. */
const SMALL = 65536;
/** What modules call: their imports of Node's own, of what is passed on under another name, and those that were `import()`. */
const HELPERS = {
  node: (name) => process.getBuiltinModule(name),
  get: (exports, name, get) => Object.defineProperty(exports, name, { get, enumerable: true }),
  all: (exports, from) => {
    for (const name of Object.keys(from)) if (!(name in exports)) HELPERS.get(exports, name, () => from[name]);
  },
  later: async (ask) => ask(),
};
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
  const user = process.env.XDG_CACHE_HOME || join(process.env.HOME || (await builtin('node:os')).homedir(), '.cache');
  const dirs = [join(home, '.cache'), join(user, 'varve')];
  const repeat = isBuild() ? names.find((name) => REPEAT.test(name)) : undefined;
  if (repeat !== undefined) {
    const { default: isRepeated } = await runBundle(join(dist, repeat), dirs);
    if (isRepeated(process.argv.slice(2), bundle)) return;
  }
  setFlags(await builtin('node:v8')); // not before: it takes as long to load as all that repeats a build
  await runBundle(join(dist, bundle), dirs);
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
 * Runs a bundle, and returns what its first module exports. It is a table of modules, each a function that is called when something of its module is first used. Of what a command used before, a
 * copy is kept beside the code that V8 made of it, in two parts: what the first run needed, and what others did. To read all modules for each
 * command would take a quarter of a small build's time, and to compile them another. `dirs` are where copies may be, the best first.
 */
async function runBundle(file, dirs) {
  const { constants, Script } = await builtin('node:vm');
  // The name of the bundle says what is in it, and its parts are whole: V8 itself compares lengths and no more
  const compile = (source, cachedData) =>
    new Script(source, { filename: file, cachedData, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER });
  const bundle = basename(file, '.cjs');
  const name = `${bundle}-${command()}-${process.version}-${process.arch}`;
  const openPart = (suffix) => readPart(`${name}${suffix}`, { dirs, compile });
  const fd = openSync(file); // a command may run for days, and another version be installed meanwhile
  let whole;
  const wholeText = () => (whole = whole || readFileSync(fd, 'latin1'));
  let starts;
  const tableOf = (ids) => {
    starts = starts || startsIn(wholeText());
    return copyTable(wholeText(), starts, ids);
  };

  const keeps = mayKeep();
  const parts = keeps ? [openPart('')] : [{ functions: tableIn(compile(wholeText())) }];
  const made = [];
  const missed = [];
  const find = (id) => {
    for (const { functions } of parts) if (functions[id] !== undefined) return functions[id];
    if (parts.length === 1 && keeps) {
      parts.push(openPart('-more'));
      return find(id);
    }
    missed.push(id);
    return tableIn(compile(tableOf([id])))[id];
  };
  const make = (id) => {
    const run = find(id);
    const module = { exports: {} };
    made[id] = module;
    run.call(module.exports, module.exports, module, use);
    return module;
  };
  const use = Object.assign((id) => (made[id] || make(id)).exports, HELPERS, { url: pathToFileURL(file).href });
  if (keeps)
    process.on('exit', () => {
      const run = { bundle, dirs, most: MOST, small: SMALL, parts, made, missed, openPart, tableOf };
      if (isWorthKeeping(run)) keepParts(run);
    });
  return use(0);
}

function keepParts(run) {
  try {
    process.getBuiltinModule('node:module').createRequire(import.meta.url)('./keep-parts.cjs')(run);
  } catch {
    // whoever ran for long may be gone from the disk
  }
}

function tableIn(script) {
  return script.runInThisContext()();
}

/** Where each module of a bundle begins. */
function startsIn(text) {
  return new Map([...text.matchAll(/\n(\d+):function/g)].map(({ 1: id, index }) => [Number(id), index]));
}

/** A table of some modules of a bundle: each stands on lines of its own, behind its number. */
function copyTable(text, starts, ids) {
  const rows = ids.map((id) => {
    const next = starts.get(Number(id) + 1);
    return text.slice(starts.get(Number(id)), next === undefined ? text.lastIndexOf('\n}})') : next - 1);
  });
  return `${text.slice(0, text.indexOf('\n0:function'))}${rows.join(',')}\n}})\n`;
}

/** Not where somebody counts which code runs, or said so in Node's words. */
function mayKeep() {
  return process.env.NODE_DISABLE_COMPILE_CACHE === undefined && process.env.NODE_V8_COVERAGE === undefined;
}

/** The part that is kept under a name; an empty one where there is none, or none for us. */
function readPart(name, { dirs, compile }) {
  for (const dir of dirs) {
    try {
      const bytes = readFileSync(join(dir, name));
      const end = HEADER + bytes.readUInt32LE(4);
      if (end > bytes.length) continue;
      const code = end < bytes.length ? bytes.subarray(end) : undefined;
      const text = bytes.latin1Slice(HEADER, end);
      const script = compile(text, code);
      const times = code === undefined || script.cachedDataRejected ? 0 : bytes[0];
      return { name, text, script, functions: tableIn(script), times, changes: bytes[1] };
    } catch {
      // not there, or not for us
    }
  }
  return { name, functions: {}, times: 0, changes: 0 };
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

function isWorthKeeping({ parts: [first, more], missed }) {
  const isNew = (part) => part !== undefined && part.script !== undefined && part.times < MOST.times;
  return first.script === undefined || isNew(first) || isNew(more) || (missed.length > 0 && more.changes < MOST.changes);
}
