import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { BuildRequest, RunMount } from '@varve/core';
import { stepScope, temporaryDir, whyMissing } from '@varve/core/testing';
import anyTest, { type ExecutionContext } from 'ava';
import { forwardAgent } from '../src/run/forward-agent.ts';
import { startKeyAgent } from '../src/run/key-agent.ts';
import { RunHandler } from '../src/run/run-handler.ts';
import { execute, run } from './run-bench.ts';

const reason = whyMissing(['linux', 'root']);
const test = reason === undefined ? anyTest : anyTest.skip;

const VALUE = 'hunter2-of-this-test';
const secret = (more: object = {}): RunMount =>
  ({ type: 'secret', id: 's', target: '/run/secrets/s', required: false, mode: 0o400, uid: 0, gid: 0, ...more }) as RunMount;
/** A request with the secret in a file. */
function given(t: ExecutionContext, value: string | Buffer = VALUE): Partial<BuildRequest> {
  const file = join(temporaryDir(t), 'value');
  writeFileSync(file, value);
  return { secrets: { s: { file } } };
}

test('a secret is a file that only its owner reads', async (t) => {
  const step = run('cat /run/secrets/s; stat -c " %a %u:%g" /run/secrets/s; (echo x > /run/secrets/s) 2>/dev/null || echo read-only', {
    mounts: [secret()],
  });
  const { stdout, asked, store } = await execute(t, step, { request: given(t) });
  t.is(stdout, `${VALUE} 400 0:0\nread-only\n`);
  const source = asked[0]?.mounts[0]?.source ?? '';
  t.false(source.startsWith(store));
  t.false(existsSync(source), 'it is gone at once');
});
test('mode and owner are those that the mount says', async (t) => {
  const mounts = [secret({ target: '/s', mode: 0o440, uid: 5, gid: 6 })];
  const { stdout } = await execute(t, run('stat -c "%a %u:%g" /s', { mounts }), { request: given(t) });
  t.is(stdout, '440 5:6\n');
});
test('a secret may be a variable, over what the config says', async (t) => {
  const mounts = [secret({ target: undefined, env: 'S' }), secret({ target: '/s', env: 'T' })];
  const { stdout } = await execute(t, run('echo $S $T; cat /s', { mounts }), { request: given(t), config: { Env: ['S=config'] } });
  t.is(stdout, `${VALUE} ${VALUE}\n${VALUE}`);
});
test('its value may come from the environment, when it is needed', async (t) => {
  const request = { secrets: { s: { env: 'VARVE_TEST_SECRET' } } };
  process.env.VARVE_TEST_SECRET = VALUE;
  t.teardown(() => delete process.env.VARVE_TEST_SECRET);
  t.is((await execute(t, run('cat /run/secrets/s', { mounts: [secret()] }), { request })).stdout, VALUE);
  delete process.env.VARVE_TEST_SECRET;
  const { scope } = await execute(t, run('test -e /run/secrets/s', { mounts: [secret()] }), { request });
  t.like(scope.warnings, {
    length: 1,
    0: { code: 'SECRET_EMPTY', message: 'The secret "s" is empty: the variable VARVE_TEST_SECRET is not set' },
  });
});
test('one that nobody gave is not there', async (t) => {
  const mounts = [secret(), secret({ target: undefined, env: 'S' })];
  t.is((await execute(t, run('ls /run; echo "<$S>"', { mounts, env: ['S=old'] }), { base: {} })).stdout, '<old>\n');
});

const refuses = anyTest.macro({
  async exec(t, mount: object, request: Partial<BuildRequest> | undefined, code: string, message: string | RegExp) {
    const type = 'type' in mount ? mount : secret(mount);
    const handler = new RunHandler(temporaryDir(t));
    const scope = stepScope({
      request: request ?? given(t),
      executor: { name: 'x', capabilities: { networks: ['default'], isolated: true } } as never,
    });
    const error = await t.throwsAsync(() => handler.execute(run('true', { mounts: [type as RunMount] }), scope), { code, message });
    t.notRegex(String(error?.message), new RegExp(VALUE));
  },
  title: (claim) => `refused: ${claim}`,
});
anyTest('a required secret that nobody gave', refuses, { required: true }, {}, 'SECRET_MISSING', 'secret s: not found');
anyTest('a name of every object', refuses, { id: 'constructor', required: true }, {}, 'SECRET_MISSING', 'secret constructor: not found');
anyTest('a file that is not there', refuses, {}, { secrets: { s: { file: '/nowhere' } } }, 'SECRET_MISSING', /cannot read \/nowhere/);
anyTest('a huge file', refuses, {}, { secrets: { s: { file: process.execPath } } }, 'SECRET_INVALID', 'secret s too big. max size 500KB');
const ssh = (more: object = {}): RunMount =>
  ({ type: 'ssh', id: 'default', required: false, mode: 0o600, uid: 0, gid: 0, ...more }) as RunMount;
anyTest(
  'a required agent that nobody gave',
  refuses,
  ssh({ required: true }),
  {},
  'SSH_MISSING',
  'no SSH key "default" forwarded from the client',
);
anyTest(
  'an agent that is not there',
  refuses,
  ssh(),
  { ssh: { default: ['/nowhere'] } },
  'SSH_MISSING',
  /no agent socket or private key at \/nowhere/,
);

test('bytes that are no text are refused as a variable, and welcome as a file', async (t) => {
  const request = given(t, Buffer.from([0xff, 0x00]));
  await t.throwsAsync(() => execute(t, run('true', { mounts: [secret({ env: 'S', target: undefined })] }), { request }), {
    code: 'SECRET_INVALID',
    message: /is no text/,
  });
  t.is((await execute(t, run('wc -c < /run/secrets/s', { mounts: [secret()] }), { request })).stdout.trim(), '2');
});

test('the key knows secrets by name, not by value', async (t) => {
  const keyOf = (request: Partial<BuildRequest>, mounts = [secret(), secret({ target: undefined, env: 'A' })]) =>
    new RunHandler('/none').fingerprint(run('x', { mounts }), stepScope({ request }));
  const key = await keyOf(given(t));
  t.deepEqual(await keyOf(given(t, 'another')), key);
  t.deepEqual(await keyOf({}), key);
  t.notRegex(JSON.stringify(key), new RegExp(VALUE));
  t.notDeepEqual(await keyOf({}, [secret(), secret({ target: undefined, env: 'B' })]), key);
});

const hasOpenSsh = ['/usr/bin/ssh-agent', '/usr/bin/ssh-add', '/usr/bin/ssh-keygen'].every(existsSync);
const sshTest = hasOpenSsh ? test : anyTest.skip;

function newKey(t: ExecutionContext, passphrase = ''): string {
  const file = join(temporaryDir(t), 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-C', 'of this test', '-N', passphrase, '-f', file]);
  return file;
}
/** Asks an agent one thing, and may say that this was all. */
async function ask(socket: string, message: readonly number[], { end = false } = {}): Promise<Buffer> {
  const client = connect(socket);
  const bytes = Buffer.from([0, 0, 0, message.length, ...message]);
  if (end) client.end(bytes);
  else client.write(bytes);
  const [answer] = (await once(client, 'data')) as [Buffer];
  client.destroy();
  return answer;
}
const LIST = [11];
const [REMOVE_ALL, FAILED] = [[19], Buffer.from([0, 0, 0, 1, 5])];

sshTest('a process lists the keys of an agent and cannot take them away', async (t) => {
  const dir = temporaryDir(t);
  using _agent = await startKeyAgent([newKey(t)], join(dir, 'agent'));
  using _forwarded = await forwardAgent(join(dir, 'agent'), join(dir, 'forwarded'));
  for (const end of [false, true]) {
    t.deepEqual(await ask(join(dir, 'forwarded'), REMOVE_ALL, { end }), FAILED);
    t.regex((await ask(join(dir, 'forwarded'), LIST, { end })).toString('latin1'), /of this test/);
  }
});
sshTest('an agent for keys ends with what it was started for', async (t) => {
  const socket = join(temporaryDir(t), 'agent');
  const agent = await startKeyAgent([newKey(t), newKey(t)], socket);
  t.is((await ask(socket, LIST)).readUInt32BE(5), 2);
  agent[Symbol.dispose]();
  const [error] = (await once(connect(socket), 'error')) as [NodeJS.ErrnoException];
  t.regex(error.code ?? '', /^ECONN(?:REFUSED|RESET)$/); // it may end with us in its queue
});
sshTest('a key with a passphrase and a file that is none are refused', async (t) => {
  const [key, none] = [newKey(t, 'passphrase'), join(temporaryDir(t), 'none')];
  writeFileSync(none, 'no key');
  await t.throwsAsync(() => startKeyAgent([key], join(temporaryDir(t), 'a')), { code: 'SSH_KEY', message: /it has a passphrase$/ });
  await t.throwsAsync(() => startKeyAgent([none], join(temporaryDir(t), 'a')), { code: 'SSH_KEY', message: /it is no private key$/ });
});
sshTest('a process finds the agent by SSH_AUTH_SOCK', async (t) => {
  const request = { ssh: { default: [newKey(t)] } };
  const step = run('echo $SSH_AUTH_SOCK; stat -c "%F %a %u:%g" $SSH_AUTH_SOCK', { mounts: [ssh({ uid: 7 })] });
  t.is((await execute(t, step, { request })).stdout, '/run/buildkit/ssh_agent.0\nsocket 600 7:0\n');
  const named = run('echo $SSH_AUTH_SOCK; test -S /a', { mounts: [ssh({ target: '/a' })], env: ['SSH_AUTH_SOCK=/mine'] });
  const { stdout, asked } = await execute(t, named, { request });
  t.is(stdout, '/mine\n');
  t.false(existsSync(asked[0]?.mounts[0]?.source ?? '/'));
});
sshTest('an agent that nobody gave is not there', async (t) => {
  t.is((await execute(t, run('echo "<$SSH_AUTH_SOCK>"', { mounts: [ssh()] }))).stdout, '<>\n');
});
