import type { Command, CommandOption } from '@varve/core';
import { LISTING_OPTIONS } from '@varve/core/command';
import { CREATE_OPTIONS } from '../create/create-options.ts';
import type { ContainerStore } from '../engine.ts';
import { commandOf } from './command.ts';

const DETACH_KEYS: CommandOption = { type: 'string', value: '<keys>', description: 'keys to leave by (default: ctrl-p,ctrl-q)' };
const SIG_PROXY: CommandOption = { type: 'boolean', description: 'pass signals on to the process (default: true)' };
const FORMAT: CommandOption = { type: 'string', short: 'f', value: '<format>', description: 'json or a Go template' };
const life = () => import('../verbs/life.ts');

/** Docker's verbs, each also under `container`. */
export const CONTAINER_COMMANDS: readonly ((store: ContainerStore) => Command)[] = [
  commandOf(
    {
      name: 'run',
      aliases: ['container run'],
      summary: 'Run a process in a new container',
      usage: '<image> [<command>] [<argument>...]',
      passThrough: true,
      misused: 125,
      options: {
        ...CREATE_OPTIONS,
        detach: { type: 'boolean', short: 'd', description: 'let it run by itself and print its ID' },
        'detach-keys': DETACH_KEYS,
        'sig-proxy': SIG_PROXY,
      },
    },
    async () => (await import('../verbs/run.ts')).run,
  ),
  commandOf(
    {
      name: 'create',
      aliases: ['container create'],
      summary: 'Make a container and do not start it',
      usage: '<image> [<command>] [<argument>...]',
      passThrough: true,
      options: CREATE_OPTIONS,
    },
    async () => (await import('../verbs/run.ts')).create,
  ),
  commandOf(
    {
      name: 'start',
      aliases: ['container start'],
      summary: 'Start containers that do not run',
      usage: '<container>...',
      options: {
        attach: { type: 'boolean', short: 'a', description: 'show its output, and pass signals on' },
        interactive: { type: 'boolean', short: 'i', description: 'feed its input' },
        'detach-keys': DETACH_KEYS,
        'sig-proxy': SIG_PROXY,
      },
    },
    async () => (await life()).start,
  ),
  commandOf(
    {
      name: 'stop',
      aliases: ['container stop'],
      summary: 'Ask containers to end, and kill those that do not',
      usage: '<container>...',
      options: {
        signal: { type: 'string', short: 's', value: '<signal>', description: 'in place of the one of the container' },
        timeout: { type: 'string', short: 't', value: '<seconds>', description: 'seconds until it is killed; -1: never' },
        time: { type: 'string', value: '<seconds>', description: 'the same', hidden: true },
      },
    },
    async () => (await life()).stop,
  ),
  commandOf(
    {
      name: 'restart',
      aliases: ['container restart'],
      summary: 'Stop containers and start them again',
      usage: '<container>...',
      options: {
        signal: { type: 'string', short: 's', value: '<signal>', description: 'in place of the one of the container' },
        timeout: { type: 'string', short: 't', value: '<seconds>', description: 'seconds until it is killed; -1: never' },
        time: { type: 'string', value: '<seconds>', description: 'the same', hidden: true },
      },
    },
    async () => (await life()).restart,
  ),
  commandOf(
    {
      name: 'kill',
      aliases: ['container kill'],
      summary: 'Send a signal to containers',
      usage: '<container>...',
      options: { signal: { type: 'string', short: 's', value: '<signal>', description: 'default: KILL' } },
    },
    async () => (await life()).kill,
  ),
  commandOf(
    { name: 'pause', aliases: ['container pause'], summary: 'Stop the clock of containers', usage: '<container>...' },
    async () => (await life()).pause,
  ),
  commandOf(
    { name: 'unpause', aliases: ['container unpause'], summary: 'Let paused containers go on', usage: '<container>...' },
    async () => (await life()).unpause,
  ),
  commandOf(
    {
      name: 'wait',
      aliases: ['container wait'],
      summary: 'Wait until containers have ended, and print their exit codes',
      usage: '<container>...',
    },
    async () => (await life()).wait,
  ),
  commandOf(
    {
      name: 'rm',
      aliases: ['container rm', 'container remove'],
      summary: 'Remove containers',
      usage: '<container>...',
      options: {
        force: { type: 'boolean', short: 'f', description: 'kill one that runs; no error when it is not there' },
        volumes: { type: 'boolean', short: 'v', description: 'its anonymous volumes, too' },
      },
    },
    async () => (await life()).remove,
  ),
  commandOf(
    { name: 'rename', aliases: ['container rename'], summary: 'Give a container another name', usage: '<container> <name>' },
    async () => (await life()).rename,
  ),
  commandOf(
    {
      name: 'ps',
      aliases: ['container ls', 'container list', 'container ps'],
      summary: 'List containers',
      options: {
        all: { type: 'boolean', short: 'a', description: 'those that do not run, too' },
        size: { type: 'boolean', short: 's', description: 'bytes of their files' },
        quiet: { type: 'boolean', short: 'q', description: 'IDs only' },
        latest: { type: 'boolean', short: 'l', description: 'the last that was made' },
        last: { type: 'string', short: 'n', value: '<number>', description: 'the last that were made' },
        'no-trunc': { type: 'boolean', description: 'everything whole' },
        filter: {
          type: 'string',
          short: 'f',
          multiple: true,
          value: '<name=value>',
          description: 'id, name, label, status, health, exited, ancestor, before, since, volume, network, publish, expose',
        },
        ...LISTING_OPTIONS,
      },
    },
    async () => (await import('../verbs/ps.ts')).ps,
  ),
  commandOf(
    {
      name: 'container inspect',
      summary: 'Show all that is known about containers',
      usage: '<container>...',
      options: { format: FORMAT, size: { type: 'boolean', short: 's', description: 'with the bytes of its files' } },
    },
    async () => (await import('../verbs/inspect.ts')).inspect,
  ),
  commandOf(
    {
      name: 'logs',
      aliases: ['container logs'],
      summary: 'Show the output of a container',
      usage: '<container>',
      options: {
        follow: { type: 'boolean', short: 'f', description: 'until it has ended' },
        tail: { type: 'string', short: 'n', value: '<number>', description: 'the last lines only; default: all' },
        since: { type: 'string', value: '<time>', description: 'since a time, or for so long (10m)' },
        until: { type: 'string', value: '<time>', description: 'until a time, or so long ago' },
        timestamps: { type: 'boolean', short: 't', description: 'with times' },
        details: { type: 'boolean', description: 'without effect', hidden: true },
      },
    },
    async () => (await import('../verbs/logs.ts')).logs,
  ),
  commandOf(
    {
      name: 'exec',
      aliases: ['container exec'],
      summary: 'Run one more process in a container',
      usage: '<container> <command> [<argument>...]',
      passThrough: true,
      options: {
        detach: { type: 'boolean', short: 'd', description: 'let it run by itself' },
        'detach-keys': DETACH_KEYS,
        env: { type: 'string', short: 'e', multiple: true, value: '<name>[=<value>]', description: 'a variable of the environment' },
        'env-file': { type: 'string', multiple: true, value: '<file>', description: 'read variables from a file' },
        interactive: { type: 'boolean', short: 'i', description: 'feed its input' },
        privileged: { type: 'boolean', description: 'with all capabilities' },
        tty: { type: 'boolean', short: 't', description: 'give the process a terminal' },
        user: { type: 'string', short: 'u', value: '<user>[:<group>]', description: 'who the process runs as' },
        workdir: { type: 'string', short: 'w', value: '<path>', description: 'working directory' },
      },
    },
    async () => (await import('../verbs/exec.ts')).exec,
  ),
  commandOf(
    {
      name: 'attach',
      aliases: ['container attach'],
      summary: 'Tie the streams of this terminal to a container that runs',
      usage: '<container>',
      options: {
        'detach-keys': DETACH_KEYS,
        'no-stdin': { type: 'boolean', description: 'only its output' },
        'sig-proxy': SIG_PROXY,
      },
    },
    async () => (await import('../verbs/exec.ts')).attachTo,
  ),
  commandOf(
    {
      name: 'top',
      aliases: ['container top'],
      summary: 'List the processes of a container',
      usage: '<container> [<ps option>...]',
      passThrough: true,
    },
    async () => (await import('../verbs/top.ts')).top,
  ),
  commandOf(
    {
      name: 'stats',
      aliases: ['container stats'],
      summary: 'Show what containers use of processors and memory',
      usage: '[<container>...]',
      options: {
        all: { type: 'boolean', short: 'a', description: 'those that do not run, too' },
        'no-stream': { type: 'boolean', description: 'once, not every second' },
        'no-trunc': { type: 'boolean', description: 'whole IDs' },
        ...LISTING_OPTIONS,
      },
    },
    async () => (await import('../verbs/stats.ts')).stats,
  ),
  commandOf(
    { name: 'port', aliases: ['container port'], summary: 'List the ports that a container publishes', usage: '<container> [<port>]' },
    async () => (await import('../verbs/port.ts')).port,
  ),
  commandOf(
    {
      name: 'commit',
      aliases: ['container commit'],
      summary: 'Make an image of what a container has changed',
      usage: '<container> [<name>[:<tag>]]',
      options: {
        author: { type: 'string', short: 'a', value: '<name>', description: 'who made it' },
        change: { type: 'string', short: 'c', multiple: true, value: '<instruction>', description: 'apply a Dockerfile instruction' },
        message: { type: 'string', short: 'm', value: '<text>', description: 'comment' },
        pause: { type: 'boolean', short: 'p', description: 'stop its clock meanwhile (default: true)' },
        'no-pause': { type: 'boolean', description: 'let it go on' },
      },
    },
    async () => (await import('../verbs/commit.ts')).commit,
  ),
  commandOf(
    {
      name: 'diff',
      aliases: ['container diff'],
      summary: 'List what a container has changed, or in what two images differ',
      usage: '<name> [<image>]',
      options: {
        layers: { type: 'boolean', description: 'of images: files layer by layer, not of the whole file systems' },
        json: { type: 'boolean', description: 'of images: everything, as one JSON object' },
        quiet: { type: 'boolean', short: 'q', description: 'of images: nothing but the exit code' },
      },
    },
    async () => (await import('../verbs/diff.ts')).diff,
  ),
  commandOf(
    {
      name: 'export',
      aliases: ['container export'],
      summary: 'Write the files of a container as a tar',
      usage: '<container>',
      options: { output: { type: 'string', short: 'o', value: '<file>', description: 'into a file' } },
    },
    async () => (await import('../verbs/export.ts')).exportContainer,
  ),
  commandOf(
    {
      name: 'cp',
      aliases: ['container cp'],
      summary: 'Copy files: <container>:<path> to a path or -, or a path or - to <container>:<path>',
      usage: '<source> <destination>',
      options: {
        archive: { type: 'boolean', short: 'a', description: 'keep owners' },
        'follow-link': { type: 'boolean', short: 'L', description: 'copy what a symlink leads to' },
        quiet: { type: 'boolean', short: 'q', description: 'say nothing of it' },
      },
    },
    async () => (await import('../verbs/cp.ts')).cp,
  ),
  commandOf(
    {
      name: 'container prune',
      summary: 'Remove all containers that do not run',
      options: {
        force: { type: 'boolean', short: 'f', description: 'do not ask' },
        filter: { type: 'string', multiple: true, value: '<name=value>', description: 'until, label, label!' },
      },
    },
    async () => (await import('../verbs/prune.ts')).prune,
  ),
];
