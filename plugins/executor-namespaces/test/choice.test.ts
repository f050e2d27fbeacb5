import { spawnSync } from 'node:child_process';
import { createKernel } from '@varve/core';
import { temporaryDir, whyMissing } from '@varve/core/testing';
import test from 'ava';
import { namespaces } from '../src/index.ts';

const missing = whyMissing(['linux', 'root']);
const withRoot = missing === undefined ? test : (test.skip as typeof test);
const note = missing === undefined ? '' : ` (skipped: ${missing})`;

withRoot(`the executor is chosen by name and without one${note}`, async (t) => {
  await using kernel = createKernel({ root: temporaryDir(t), plugins: [namespaces] });
  for (const name of ['namespaces', undefined]) t.is((await kernel.executor(name)).provider.name, 'namespaces');
});

test('another name is not for it', async (t) => {
  await using kernel = createKernel({ root: temporaryDir(t), plugins: [namespaces] });
  await t.throwsAsync(kernel.executor('other'), { code: 'HOST_UNSUPPORTED' });
});

for (const [what, command, reason] of [
  ['another user', ['setpriv', '--reuid', '1000', '--clear-groups'], /it needs root/],
  ['root in an unprivileged container', ['setpriv', '--bounding-set', '-sys_admin'], /CAP_SYS_ADMIN/],
] as const)
  withRoot(`${what} is told why it does not work${note}`, (t) => {
    const script = 'const { whyUnsupported } = await import(process.argv[1]); console.log(await whyUnsupported())';
    const probe = new URL('../src/probe.ts', import.meta.url).href;
    const [program, ...args] = command;
    const node = [process.execPath, '--conditions=varve-source', '--input-type=module', '-e', script, probe];
    t.regex(spawnSync(program, [...args, ...node], { encoding: 'utf8' }).stdout, reason);
  });
