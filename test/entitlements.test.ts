import { existsSync, readFileSync } from 'node:fs';
import anyTest from 'ava';
import { Workbench } from './helpers/varve.ts';

/** Both need what only root may do on this host. */
const test = process.getuid?.() === 0 && existsSync('/dev/fuse') ? anyTest : anyTest.skip;

const bench = new Workbench();
anyTest.before(() => bench.importBusybox());
anyTest.after.always(() => bench[Symbol.dispose]());

let builds = 0;
async function build(run: string, ...args: readonly string[]) {
  builds += 1;
  const out = bench.path(`out-${builds}`);
  const context = bench.write({ Dockerfile: `FROM busybox\nRUN ${run}\n` }, `context-${builds}`);
  const { code, stderr } = await bench.varve(['build', '--progress=plain', '-o', out, ...args, context]);
  return { code, stderr, out: code === 0 ? readFileSync(`${out}/out`, 'utf8') : '' };
}

const SHOW = 'grep CapEff /proc/self/status > /out; grep " /sys " /proc/self/mounts >> /out; ls /dev >> /out';
const capabilities = (text: string): bigint => BigInt(`0x${/CapEff:\s*([0-9a-f]+)/.exec(text)?.[1]}`);

test('--security=insecure has the capabilities and devices of the host, once it is allowed', async (t) => {
  const sandbox = await build(`--security=sandbox ${SHOW}`);
  t.regex(sandbox.out, / sysfs ro,/, sandbox.stderr);
  const refused = await build(`--security=insecure ${SHOW}`);
  t.is(refused.code, 1);
  t.regex(refused.stderr, /security\.insecure is not allowed[\s\S]*RUN_NOT_ALLOWED/);
  const allowed = await build(`--security=insecure ${SHOW}`, '--allow=security.insecure');
  t.regex(allowed.out, / sysfs rw,/, allowed.stderr);
  t.true(allowed.out.includes('\nfuse\n') && !sandbox.out.includes('\nfuse\n'));
  const [more, fewer] = [capabilities(allowed.out), capabilities(sandbox.out)];
  t.true((more & fewer) === fewer && more > fewer, `${more.toString(16)} against ${fewer.toString(16)}`);
});

test('--device is there for the step that names it, once it is allowed', async (t) => {
  const show = 'ls /dev > /out';
  const refused = await build(`--device=/dev/fuse ${show}`);
  t.is(refused.code, 1);
  t.regex(refused.stderr, /device \/dev\/fuse is requested by the build but not allowed[\s\S]*RUN_NOT_ALLOWED/);
  const allowed = await build(`--device=/dev/fuse ${show}\nRUN if [ -e /dev/fuse ]; then exit 3; fi`, '--allow=device=/dev/fuse');
  t.true(allowed.out.split('\n').includes('fuse'), allowed.stderr);
});
