/** Loaded when a database is opened. Node 22 calls it experimental, on stderr: nothing that a user of varve could act on. */
export function loadSqlite(): typeof import('node:sqlite') {
  const warn = process.emitWarning;
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = warn;
  }
}
