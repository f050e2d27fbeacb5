import type { Command } from '@varve/core';
import type { ContainerStore } from '../engine.ts';
import { commandOf } from './command.ts';

/** Verbs about the files of a container. */
export const FILE_COMMANDS: readonly ((store: ContainerStore) => Command)[] = [
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
];
