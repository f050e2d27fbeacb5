import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { type Outcome, run, VARVE } from '../helpers/varve.ts';
import { Client, withoutSettings } from './client.ts';
import { isRegistryMissing } from './docker-registry.ts';
import { FaultProxy } from './fault-proxy.ts';
import * as faults from './faults.ts';
import { sampleImage } from './images.ts';
import { HTPASSWD, RegistrySite, USER } from './registry-site.ts';

withoutSettings();
const claim = isRegistryMissing ? test.skip : test.serial;
const site = isRegistryMissing ? new RegistrySite() : RegistrySite.for(test, { htpasswd: HTPASSWD });
const { username, password } = USER;
const pair = `${username}:${password}`;
/** In which a program might write it. */
const FORMS = [
  password,
  encodeURIComponent(password),
  ...[password, pair].flatMap((text) => ['base64', 'base64url', 'hex'].map((form) => Buffer.from(text).toString(form as 'hex'))),
];
const holds = (text: string | Buffer): boolean => FORMS.some((form) => text.includes(form));

const filesBelow = (dir: string): readonly string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );

/** Looks into the arguments of every process while something is done. */
async function watched<T>(work: Promise<T>): Promise<{ readonly result: T; readonly seen: ReadonlySet<string> }> {
  const seen = new Set<string>();
  let isDone = false;
  const end = work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) seen.add(argumentsOf(pid));
    await sleep(30);
  }
  return { result: await end, seen };
}
function argumentsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
  } catch {
    return ''; // it has ended
  }
}

claim('no password is in any output, argument, store or error, whatever goes wrong', async (t) => {
  t.timeout(240_000);
  await using proxy = await FaultProxy.start(site.registry.host);
  using client = new Client({ retries: 0 });
  const docker = join(client.folder, 'docker');
  mkdirSync(docker);
  const env = { DOCKER_CONFIG: docker };
  const said: string[] = [];
  const args = new Set<string>();
  const varve = async (words: readonly string[], input?: string): Promise<Outcome> => {
    const command = [...VARVE, '--debug', '--root', client.root, ...words];
    const { result, seen } = await watched(
      run(process.execPath, command, { cwd: client.folder, env, ...(input !== undefined && { input }) }),
    );
    said.push(result.stdout, result.stderr);
    for (const line of seen) args.add(line);
    return result;
  };
  const name = `${proxy.host}/secret/app:1`;
  await client.store(sampleImage(), name);
  t.is((await varve(['login', '-u', username, '--password-stdin', proxy.host], password)).code, 0);
  t.is((await varve(['push', name])).code, 0);
  t.is((await varve(['pull', name])).code, 0);
  client.write('context/Dockerfile', `FROM ${name}\nCOPY Dockerfile /\n`);
  const built = ['build', '--pull', '--push', '--progress=rawjson', '-t', `${proxy.host}/secret/built:1`, 'context'];
  const outcome = await varve(built);
  t.is(outcome.code, 0, outcome.stderr);
  t.is((await varve(['registry', 'explain', '--json', name])).code, 0);
  for (const [on, fault] of [
    [/manifests/, faults.refuses(500, `who is ${pair}?`.replaceAll(password, 'x'))],
    [/manifests/, faults.hangsUp],
    [/manifests/, faults.refuses(403, 'no')],
    [/blobs/, faults.alters(10)],
    [/manifests|blobs/, faults.says(307, { location: 'http://user:word@127.0.0.1:1/x' })],
  ] as const) {
    proxy.does({ on, times: 100, fault });
    using other = new Client({ retries: 0, credentials: [join(docker, 'config.json')] });
    const failed = await other.varve(['--debug', 'pull', name]);
    said.push(failed.stdout, failed.stderr);
    t.is(failed.code, 1);
    t.deepEqual(
      filesBelow(other.folder).filter((file) => holds(readFileSync(file))),
      [],
    );
  }
  proxy.does();
  t.is((await varve(['logout', proxy.host])).code, 0);
  t.false(holds(said.join('\n')), 'output');
  t.true(
    [...args].some((line) => line.includes('--password-stdin')),
    'the search sees arguments',
  );
  t.deepEqual([...args].filter(holds), []);
  t.deepEqual(
    filesBelow(client.folder).filter((file) => holds(readFileSync(file))),
    [],
  );
});

/** What a person at a terminal sees, who answers these questions. */
async function atTerminal(
  command: string,
  answers: readonly (readonly [question: string, answer: string])[],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const child = spawn('script', ['-qefc', command, '/dev/null'], { env: { ...process.env, ...env, TERM: 'xterm' } });
  let seen = '';
  child.stdout.on('data', (chunk: Buffer) => {
    seen += chunk.toString();
  });
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  for (const [question, answer] of answers) {
    for (let tries = 0; !seen.includes(question) && tries < 3000; tries++) await sleep(20);
    await sleep(100); // a terminal that still echoes when it is asked would be seen
    child.stdin.write(`${answer}\r`);
  }
  await ended;
  child.stdin.destroy();
  return seen;
}

for (const [how, redirected] of [
  ['a terminal', ''],
  ['the terminal, where stdin is something else', ' < /dev/null'],
] as const)
  claim(`login asks on ${how}, and shows no password`, async (t) => {
    t.timeout(120_000);
    using client = new Client();
    const docker = join(client.folder, 'docker');
    mkdirSync(docker);
    const command = `${[process.execPath, ...VARVE].map((word) => `'${word}'`).join(' ')} login ${site.registry.host}${redirected}`;
    const seen = await atTerminal(
      command,
      [
        ['Username: ', username],
        ['Password: ', `wrong\u007f\u007f\u007f\u007f\u007f${password}`],
      ],
      { DOCKER_CONFIG: docker },
    );
    t.regex(seen, /Username: [\s\S]*Password: [\s\S]*Login Succeeded/);
    t.false(holds(seen) || seen.includes('wrong'), seen);
    t.deepEqual(Object.keys(JSON.parse(readFileSync(join(docker, 'config.json'), 'utf8')).auths), [site.registry.host]);
  });

claim('login asks again where what is known does not do: Enter means the same user', async (t) => {
  t.timeout(120_000);
  using client = new Client();
  const auth = Buffer.from(`${username}:outdated`).toString('base64');
  client.write('config.json', JSON.stringify({ auths: { [site.registry.host]: { auth } } }));
  const command = `${[process.execPath, ...VARVE].map((word) => `'${word}'`).join(' ')} login ${site.registry.host}`;
  const answers = [
    [`Username (${username}): `, ''],
    ['Password: ', password],
  ] as const;
  const seen = await atTerminal(command, answers, { DOCKER_CONFIG: client.folder });
  t.regex(seen, /existing credentials[\s\S]*did not succeed[\s\S]*Login Succeeded/);
});

for (const [key, char, says] of [
  ['Ctrl-C', '\u0003', /\[ABORTED/],
  ['Ctrl-D', '\u0004', /Username cannot be empty/],
] as const)
  claim(`${key} ends the question of login`, async (t) => {
    t.timeout(120_000);
    using client = new Client();
    const command = `${[process.execPath, ...VARVE].map((word) => `'${word}'`).join(' ')} login ${site.registry.host}`;
    t.regex(await atTerminal(command, [['Username: ', char]], { DOCKER_CONFIG: client.folder }), says);
  });

claim('without a terminal login says what to do', async (t) => {
  using client = new Client();
  const { code, stderr } = await run('setsid', [process.execPath, ...VARVE, 'login', site.registry.host], {
    cwd: client.folder,
    env: { DOCKER_CONFIG: client.folder },
  });
  t.is(code, 1);
  t.regex(stderr, /--password-stdin[\s\S]*\[PROMPT_NONE/);
});
