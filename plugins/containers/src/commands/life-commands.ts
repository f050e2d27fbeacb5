import type { Command, CommandOption } from '@varve/core';
import { CREATE_OPTIONS } from '../create/create-options.ts';
import type { ContainerStore } from '../engine.ts';
import { commandOf } from './command.ts';
import { TERMINAL_OPTIONS } from './terminal-options.ts';

/** How a container is asked to end, and how long it may take. */
const STOP_OPTIONS: Readonly<Record<string, CommandOption>> = {
  signal: { type: 'string', short: 's', value: '<signal>', description: 'in place of the one of the container' },
  timeout: { type: 'string', short: 't', value: '<seconds>', description: 'seconds until it is killed; -1: never' },
  time: { type: 'string', value: '<seconds>', description: 'the same', hidden: true },
};
const life = () => import('../verbs/life.ts');

/** Verbs that begin, stop and end containers. */
export const LIFE_COMMANDS: readonly ((store: ContainerStore) => Command)[] = [
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
        ...TERMINAL_OPTIONS,
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
        ...TERMINAL_OPTIONS,
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
      options: STOP_OPTIONS,
    },
    async () => (await life()).stop,
  ),
  commandOf(
    {
      name: 'restart',
      aliases: ['container restart'],
      summary: 'Stop containers and start them again',
      usage: '<container>...',
      options: STOP_OPTIONS,
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
    { name: 'rename', aliases: ['container rename'], summary: 'Give a container another name', usage: '<container> <name>' },
    async () => (await life()).rename,
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
