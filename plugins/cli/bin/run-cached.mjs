// Runs the bundle with the code that V8 made of it before. Node's own compile cache keeps what a module's start alone needs, since it is
// filled before anything runs: of a build, a quarter of its time would be compiling the same functions again.
const { getBuiltinModule } = process;
const { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } = getBuiltinModule('node:fs');
const { createRequire } = getBuiltinModule('node:module');
const { basename, join } = getBuiltinModule('node:path');
const { pathToFileURL } = getBuiltinModule('node:url');
const { constants, Script } = getBuiltinModule('node:vm');

/** So often code is kept anew: each run may need functions that those before did not. It takes as long as a third of a small build. */
const TIMES = 3;
/** Bytes in front of the code, of which the first says how often it was kept. V8 wants its part aligned. */
const HEADER = 8;
const MOST_FILES = 32;

/** Runs a bundle; `dirs` are where its code may be kept, the best first. */
export async function runCached(file, dirs) {
  const cache = mayCache() ? readCache(basename(file, '.cjs'), dirs) : undefined;
  // The name of the bundle says what is in it: V8 itself compares lengths and no more
  const script = new Script(readFileSync(file, 'latin1'), {
    filename: file,
    cachedData: cache?.code,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  if (cache !== undefined) process.on('exit', () => keep(script, cache));
  await script.runInThisContext()(createRequire(file), pathToFileURL(file).href);
}

/** Not where somebody counts which code runs, or said so in Node's words. */
const mayCache = () => process.env.NODE_DISABLE_COMPILE_CACHE === undefined && process.env.NODE_V8_COVERAGE === undefined;

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
  const words = process.argv.slice(2).filter((word) => /^[a-z]{2,12}$/.test(word));
  return words.includes('build') ? 'build' : (words[0] ?? 'none');
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
      for (const other of others) if (other.startsWith('varve-') && !other.startsWith(bundle)) rmSync(join(dir, other), { force: true });
      if (others.length > MOST_FILES) return;
      const header = Buffer.alloc(HEADER, known + 1);
      writeFileSync(temporary, Buffer.concat([header, script.createCachedData()]), { mode: 0o600, flag: 'wx', flush: true });
      renameSync(temporary, join(dir, name));
    });
    if (isDone) return;
    tried(() => rmSync(temporary, { force: true }));
  }
}

function tried(action) {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
