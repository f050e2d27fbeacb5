import test from 'ava';
import { runVarve } from '../../plugins/cli/test/run-varve.ts';
import { type ContainerBench, once, transcriptOf } from './container-bench.ts';

type Transcript = readonly [typed: string, printed: readonly string[]];

const NONE = ['Error: No such container: nope', 'Hint: `varve ps -a` lists those that are here.', 'exit 1'];
const taken = (name: string): string =>
  `Error: Conflict. The container name "/${name}" is already in use by container "<id>". You have to remove (or rename) that container to be able to reuse that name.`;
const QUESTION = 'Are you sure you want to continue? [y/N] ';

/** On a store where `up` runs and `done` has ended with 3; none of them changes anything. */
const refusals: readonly Transcript[] = [
  ...'start stop restart kill rm logs attach wait top stats diff export commit pause unpause port'
    .split(' ')
    .map((verb): Transcript => [`${verb} nope`, NONE]),
  ['exec nope true', NONE],
  ['rename nope other', NONE],
  ['cp nope:/file .', NONE],
  ['rm -f nope', ['Error: No such container: nope']],
  ['container inspect nope', ['[]', ...NONE]],
  ['exec done true', ['Error: container <id> is not running', 'exit 1']],
  ['exec up nope', ['Error: exec: "nope": executable file not found in $PATH', 'exit 127']],
  ['exec up /etc/passwd', ['Error: exec: "/etc/passwd": permission denied', 'exit 126']],
  ['attach done', ['Error: You cannot attach to a stopped container, start it first', 'exit 1']],
  ['top done', ['Error: container <id> is not running', 'exit 1']],
  ['kill done', ['Error: cannot kill container: done: container <id> is not running', 'exit 1']],
  ['kill -s NOPE up', ['Error: Invalid signal: NOPE', 'exit 1']],
  ['pause done', ['Error: container <id> is not running', 'Hint: `varve start done` starts it.', 'exit 1']],
  ['unpause up', ['Error: container <id> is not paused', 'exit 1']],
  ['rm up', ['Error: cannot remove container "/up": container is running: stop the container before removing or force remove', 'exit 1']],
  ['rename up done', [taken('done'), 'exit 1']],
  ['rename up up', ['Error: Renaming a container with the same name as its current name', 'exit 1']],
  ['create --name up busybox true', [taken('up'), 'exit 1']],
  ['run --name up busybox true', [taken('up'), 'exit 125']],
  ['run --name ! busybox true', ['Error: Invalid container name (!), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed', 'exit 125']],
  [
    'run busybox',
    ['Error: no command specified', 'Hint: The image has neither CMD nor ENTRYPOINT: write what to run behind its name.', 'exit 125'],
  ],
  ['run --rm busybox nope', ['Error: exec: "nope": executable file not found in $PATH', 'exit 127']],
  ['run --rm busybox /etc/passwd', ['Error: exec: "/etc/passwd": permission denied', 'exit 126']],
  ['run --pull never nope', ['Error: No such image: nope:latest', 'Hint: `varve images` lists those that are here.', 'exit 125']],
  ['run --no-such-option busybox', ["Error: unknown option '--no-such-option'", 'Hint: varve run --help', 'exit 125']],
  ['run --env-file nope busybox true', ['Error: open nope: no such file or directory', 'exit 125']],
  ['run -it busybox true', ['Error: the input device is not a TTY', 'Hint: Leave -t out where the input is a pipe.', 'exit 125']],
  ['run -d --rm -a stdout busybox true', ['Error: Conflicting options: -a and -d', 'exit 125']],
  ['start -a up done', ['Error: you cannot start and attach multiple containers at once', 'exit 2']],
  ['cp up:/file done:/', ['Error: copying between containers is not supported', 'exit 2']],
  ['cp up:/nope .', ['Error: Could not find the file /nope in container up', 'exit 1']],
  ['cp file /tmp', ['Error: must specify at least one container source', 'exit 2']],
  ['container prune', ['WARNING! This will remove all stopped containers.', QUESTION]],
  ['volume prune', ['WARNING! This will remove all anonymous local volumes not used by at least one container.', QUESTION]],
  ['volume rm nope', ['Error: get nope: no such volume', 'Hint: `varve volume ls` lists those that are here.', 'exit 1']],
  ['volume rm data', ['Error: remove data: volume is in use - [<id>]', 'exit 1']],
  [
    'volume create a/b',
    ['Error: "a/b" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed', 'exit 2'],
  ],
  [
    'system prune',
    ['WARNING! This will remove:', '  - all stopped containers', '  - all dangling images', '  - unused build cache', QUESTION],
  ],
  [
    'system prune -a --volumes',
    [
      'WARNING! This will remove:',
      '  - all stopped containers',
      '  - all anonymous volumes not used by at least one container',
      '  - all images without at least one container associated to them',
      '  - all build cache',
      QUESTION,
    ],
  ],
  ['image prune -a', ['WARNING! This will remove all images without at least one container associated to them.', QUESTION]],
];

/** One after the other. */
const lives: readonly Transcript[] = [
  ['wait done', ['3']],
  ['logs done', ['said']],
  ['stats --no-stream --format table_{{.Name}}\\t{{.MemUsage}} done', ['NAME  MEM USAGE / LIMIT', 'done  0B / 0B']],
  [
    'ps -a --no-trunc --format {{.ID}}_{{.Command}}_{{.Status}}',
    ['<id> "sh -c echo said; exit 3" Exited (3) <age> ago', '<id> "sleep 600" Up <age>'],
  ],
  ['ps -n 1 -q', ['<short>']],
  [
    'container ls',
    ['CONTAINER ID  IMAGE  COMMAND  CREATED  STATUS  PORTS  NAMES', '<short>  busybox  "sleep 600"  <age> ago  Up <age>  up'],
  ],
  [
    'system df',
    [
      'TYPE  TOTAL  ACTIVE  SIZE  RECLAIMABLE',
      'Images  1  1  <size>  <size> (<share>)',
      'Containers  2  1  <size>  <size> (<share>)',
      'Local Volumes  1  1  <size>  <size> (<share>)',
      'Build Cache  2  2  <size>  <size> (<share>)',
    ],
  ],
  ['top up -eo args', ["Error: Couldn't find PID field in ps output", 'exit 1']],
  ['volume inspect -f {{.Name}}_{{.Driver}}_{{.Scope}} data', ['data local local']],
  ['inspect -f {{.Name}}_{{.State.Status}}_{{.HostConfig.NetworkMode}} up done', ['/up running bridge', '/done exited bridge']],
  ['exec up cat /data/x', ["cat: can't open '/data/x': No such file or directory", 'exit 1']],
  ['cp up:/etc/passwd ./copied', ['Successfully copied 67B to <folder>/copied']],
  ['cp copied up:/data/x', ['Successfully copied 67B to up:/data/x']],
  ['diff up', []],
  ['pause up', ['up']],
  ['ps --format {{.Status}}', ['Up <age> (Paused)']],
  ['start up', ['Error: cannot start a paused container, try unpause instead', 'exit 1']],
  ['unpause up', ['up']],
  ['start -a done', ['said', 'exit 3']],
  ['start up done', ['up', 'done']],
  ['restart -t 0 up', ['up']],
  ['kill up', ['up']],
  ['stop up done', ['up', 'done']],
  ['commit -m words -a Ada done kept:1', ['sha256:<id>']],
  ['image inspect -f {{.Comment}}_{{.Author}} kept:1', ['words Ada']],
  ['export -o out.tar done', []],
  ['import -c CMD_["true"] out.tar imported', ['sha256:<id>']],
  ['save -o saved.tar kept:1', []],
  ['rmi kept:1', ['Untagged: kept:1', 'Deleted: sha256:<id>']],
  ['load -i saved.tar', ['Loaded image: kept:1']],
  ['container prune -f', ['Deleted Containers:', '<id>', '<id>', 'Total reclaimed space: <size>']],
  ['volume ls', ['DRIVER  VOLUME NAME', 'local  data']],
  ['volume rm data', ['data']],
  ['system prune -f', ['Total reclaimed space: <size>']],
  ['ps -aq', []],
];

once(test, 'what is refused is refused in the words and with the exit codes of docker', async (t, bench) => {
  await prepare(bench);
  for (const [typed, expected] of refusals) t.deepEqual(await refused(bench, typed), [...expected], typed);
  t.deepEqual(await bench.transcript(['ps', '-a', '--format', '{{.Names}} {{.State}}']), ['done exited', 'up running']);
});

once(test, 'a life of two containers, command by command', async (t, bench) => {
  await prepare(bench);
  for (const [typed, expected] of lives) t.deepEqual(await printed(bench, typed), [...expected], typed);
});

async function prepare(bench: ContainerBench): Promise<void> {
  await bench.must(['run', '-d', '--name', 'up', '-v', 'data:/data', '--stop-timeout', '0', 'busybox', 'sleep', '600']);
  const { code } = await bench.varve(['run', '--name', 'done', 'busybox', 'sh', '-c', 'echo said; exit 3']);
  if (code !== 3) throw new Error(`Expected the exit code of the process, found ${code}`);
}

/** In this process, which spares a start for each; not where a container is started, whose supervisor is the same program again. */
async function refused(bench: ContainerBench, typed: string): Promise<readonly string[]> {
  if (typed.startsWith('run --rm')) return await printed(bench, typed);
  const outcome = await runVarve(['--root', bench.root, '--config', bench.path('varve.config.json'), ...typed.split(' ')]);
  return transcriptOf(outcome);
}

/** Words are split at spaces; `_` stands for one in a word. */
async function printed(bench: ContainerBench, typed: string): Promise<readonly string[]> {
  const lines = await bench.transcript(typed.split(' ').map((word) => word.replaceAll('_', ' ')));
  return lines.map((line) =>
    line
      .replace(bench.folder, '<folder>')
      .replace(/(space: )\d.*/, '$1<size>')
      .replace(/\S+B {2}\S+B \(\d+%\)/, '<size>  <size> (<share>)'),
  );
}
