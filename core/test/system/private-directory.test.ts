import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'ava';
import { PrivateDirectory } from '../../system/index.ts';
import { temporaryDir } from '../../testing/index.ts';

test('only its owner can enter it, and it goes with all that is in it', (t) => {
  const directory = new PrivateDirectory();
  writeFileSync(join(directory.path, 'file'), 'x');
  t.is(statSync(directory.path).mode & 0o777, 0o700);
  directory[Symbol.dispose]();
  t.false(existsSync(directory.path));
});

test('what a killed process left is removed by the next, what a living one has is not', async (t) => {
  const parent = temporaryDir(t);
  const script = `import { PrivateDirectory } from ${JSON.stringify(resolve(import.meta.dirname, '../../system/private-directory.ts'))};
    const dir = new PrivateDirectory(${JSON.stringify(parent)}); console.log(dir.path); setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--conditions=varve-source', '--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const path = line.toString().trim();
  new PrivateDirectory(parent)[Symbol.dispose]();
  t.deepEqual(readdirSync(parent), [path.slice(parent.length + 1)]);
  child.kill('SIGKILL');
  await once(child, 'exit');
  using second = new PrivateDirectory(parent);
  t.deepEqual(readdirSync(parent), [second.path.slice(parent.length + 1)]);
});
