// Keeps the modules that a command used, and the code that V8 made of them, for its next run.
const { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const HEADER = 8;
const MOST_FILES = 64;

/**
 * The first part is what the first run used, the second what others did besides: nothing is taken out again, since runs of one command differ.
 * Text that is new has no code yet: the next run compiles it, and keeps the code.
 */
module.exports = function keepParts({ bundle, dirs, most, small, parts, made, missed, openPart, tableOf }) {
  const [first, more = openPart('-more')] = parts;
  const known = Object.keys(first.functions);
  const isStart = first.script === undefined;
  if (isStart || (missed.length > 0 && more.changes < most.changes)) {
    const all = [...new Set([...known, ...Object.keys(more.functions), ...Object.keys(made)])];
    if (isStart || first.text.length < small) keep(first, textFile(first, tableOf(all)));
    else keep(more, textFile(more, tableOf(all.filter((id) => !known.includes(id)))));
    return;
  }
  for (const part of parts) if (part.script !== undefined && part.times < most.times) keep(part, codeFile(part));

  /** Whole or not at all, also for those who read it now or after a power cut. What goes wrong is nobody's trouble: the next run compiles. */
  function keep({ name }, bytes) {
    for (const dir of dirs) {
      const temporary = join(dir, `.${name}.${process.pid}`);
      try {
        mkdirSync(dir, { recursive: true, mode: 0o700 });
        const others = readdirSync(dir).filter((other) => other !== name);
        for (const other of others) if (isOlder(other, bundle)) rmSync(join(dir, other), { force: true });
        if (others.length > MOST_FILES) return;
        writeFileSync(temporary, bytes, { mode: 0o600, flag: 'wx', flush: true });
        renameSync(temporary, join(dir, name));
        return;
      } catch {
        remove(temporary);
      }
    }
  }
};

/** Where nobody may look there is nothing of ours. */
function remove(file) {
  try {
    rmSync(file, { force: true });
  } catch {
    // as said
  }
}

/** Of another bundle that was called the same, but for its content. */
function isOlder(name, bundle) {
  const script = bundle.replace(/\w{8}$/, '');
  return name.startsWith(script) && !name.startsWith(bundle) && /^\w{8}-/.test(name.slice(script.length));
}

/** Other modules than before: of their text there is no code. */
const textFile = ({ changes }, text) => fileOf({ times: 0, changes: changes + 1, text });

const codeFile = ({ script, text, times, changes }) => fileOf({ times: times + 1, changes, text, code: script.createCachedData() });

function fileOf({ times, changes, text, code = Buffer.alloc(0) }) {
  const source = Buffer.from(text.padEnd(Math.ceil(text.length / HEADER) * HEADER), 'latin1');
  const header = Buffer.alloc(HEADER);
  header[0] = times;
  header[1] = changes;
  header.writeUInt32LE(source.length, 4);
  return Buffer.concat([header, source, code]);
}
