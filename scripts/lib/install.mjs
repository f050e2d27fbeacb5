import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, say } from './run.mjs';

/** Installs what package-lock.json says, unless it is there already. */
export function ensureInstalled() {
  if (!isInstalled()) {
    say('Installing what package-lock.json names');
    run('npm', ['ci', '--loglevel=error']); // under Node 20 npm warns of every package that wants a newer one, which it gets
  }
  if (existsSync(join(ROOT, 'node_modules', '.bin', 'node'))) return;
  // npm passes over an optional dependency that it cannot fetch without a word
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 24 || (major === 24 && minor >= 12)) return;
  console.error(`Node.js 24.12 or newer is needed: node_modules/.bin/node is missing, and this is ${process.version}. Run "npm ci" again.`);
  process.exit(1);
}

/** Compares npm's note of what it installed with the lock file; what is optional may be absent. */
function isInstalled() {
  const wanted = readJson('package-lock.json')?.packages ?? {};
  const there = readJson('node_modules/.package-lock.json')?.packages;
  if (there === undefined) return false;
  return Object.entries(wanted).every(
    ([path, { version, link, optional }]) =>
      !path.startsWith('node_modules/') || link || there[path]?.version === version || (optional && there[path] === undefined),
  );
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
  } catch {
    return undefined;
  }
}
