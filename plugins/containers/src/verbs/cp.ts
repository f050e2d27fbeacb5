import { lstatSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type Invocation, VarveError } from '@varve/core';
import { writeTar } from '@varve/core/archive';
import { humanSize, isOn, usageError } from '@varve/core/command';
import type { RootView } from '@varve/core/system';
import { isTerminal } from '../client/terminal.ts';
import { openFiles } from '../copy/container-files.ts';
import { type Files, ownedBy, readTree, renamed, writeTree } from '../copy/copy-tree.ts';
import { TarFiles } from '../copy/tar-files.ts';
import type { Engine } from '../engine.ts';
import type { ContainerRecord } from '../state/container-record.ts';
import { findContainer } from '../state/find-container.ts';

/** `container:path`, a path of the host, or `-`. */
interface Place {
  readonly container?: ContainerRecord | undefined;
  readonly path: string;
  readonly text: string;
}

export async function cp(engine: Engine, invocation: Invocation): Promise<number> {
  const [from, to, ...others] = invocation.positionals;
  if (from === undefined || to === undefined || others.length > 0)
    throw usageError(
      'Expected a source and a destination',
      'varve cp <container>:<path> <path>|-  or  varve cp <path>|- <container>:<path>',
    );
  const [source, dest] = [placeOf(engine, from), placeOf(engine, to)];
  if (source.container !== undefined && dest.container !== undefined) throw usageError('copying between containers is not supported');
  if (source.container !== undefined) return await copyOut(engine, invocation, { record: source.container, source, dest });
  if (dest.container !== undefined) return await copyIn(engine, invocation, { record: dest.container, source, dest });
  throw usageError('must specify at least one container source');
}

/** As docker: a colon behind something that begins like a path belongs to the path. */
function placeOf({ store }: Engine, text: string): Place {
  const at = text.indexOf(':');
  if (at < 1 || text === '-' || /^[./]/.test(text)) return { path: text, text };
  return { container: findContainer(store.containers, text.slice(0, at)), path: text.slice(at + 1), text };
}

interface Copying {
  readonly record: ContainerRecord;
  readonly source: Place;
  readonly dest: Place;
}

async function copyOut(engine: Engine, invocation: Invocation, { record, source, dest }: Copying): Promise<number> {
  const { values, stdout, signal } = invocation;
  if (dest.path === '-' && isTerminal(stdout)) throw usageError('refusing to write an archive to a terminal: redirect it');
  await using opened = await openFiles(engine, record, invocation);
  const found = lookUp(opened.view, source, { follow: isOn(values, 'follow-link') });
  const files = readTree(found.host);
  const name = basename(join('/', found.path)) || '/';
  if (dest.path === '-') {
    const { index, content } = name === '/' ? files : renamed(files, name);
    for await (const chunk of writeTar(index, content, { signal }))
      if (!stdout.write(chunk)) await new Promise((done) => stdout.once('drain', done));
    return 0;
  }
  const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const target = hostTarget(dest.path, { isDirectory: found.isDirectory, contents: isContents(source.path), name });
  await writeNamed(isOn(values, 'archive') ? files : ownedBy(files, own), target, invocation);
  return tell(invocation, files, resolve(dest.path));
}

async function copyIn(engine: Engine, invocation: Invocation, { record, source, dest }: Copying): Promise<number> {
  const { values, signal, stdin } = invocation;
  await using opened = await openFiles(engine, record, invocation);
  if (source.path === '-') {
    const dir = directoryIn(opened.view, dest);
    mkdirSync(join(engine.store.places.root, 'tmp'), { recursive: true });
    await using tar = await TarFiles.read(stdin, { tmp: join(engine.store.places.root, 'tmp'), signal });
    await writeTree(tar, dir, { signal });
    return 0;
  }
  const path = isOn(values, 'follow-link') ? realPath(source.path) : resolve(source.path);
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw notThere(`lstat ${path}: no such file or directory`);
  const files = readTree(path);
  const named = { isDirectory: stats.isDirectory(), contents: isContents(source.path), name: basename(path) };
  await writeNamed(
    isOn(values, 'archive') ? files : ownedBy(files, { uid: 0, gid: 0 }),
    containerTarget(opened.view, dest, named),
    invocation,
  );
  return tell(invocation, files, dest.text);
}

interface Found {
  readonly path: string;
  readonly host: string;
  readonly isDirectory: boolean;
}

function lookUp(view: RootView, { path, text }: Place, { follow }: { readonly follow: boolean }): Found {
  const at = view.resolve(join('/', path), { follow: follow || path.endsWith('/') });
  if (at.host === undefined || at.stats === undefined)
    throw notThere(`Could not find the file ${join('/', path)} in container ${text.slice(0, text.indexOf(':'))}`);
  return { path: join('/', path).replace(/\/\.?$/, ''), host: at.host, isDirectory: at.stats.isDirectory() };
}

function directoryIn(view: RootView, { path, text }: Place): string {
  const at = view.resolve(join('/', path));
  if (at.host === undefined || at.stats === undefined)
    throw notThere(`Could not find the file ${join('/', path)} in container ${text.slice(0, text.indexOf(':'))}`);
  if (!at.stats.isDirectory()) throw notThere(`destination "${text}" must be a directory`);
  if (at.readOnly) throw readOnly(path);
  return at.host;
}

interface Named {
  readonly isDirectory: boolean;
  /** What is in the directory, not the directory (`dir/.`). */
  readonly contents: boolean;
  readonly name: string;
}
/** Files go into `dir`, under `name` or, where there is none, as what is in a directory. */
interface Target {
  readonly dir: string;
  readonly name?: string | undefined;
}

function containerTarget(view: RootView, { path, text }: Place, source: Named): Target {
  const whole = join('/', path);
  const at = view.resolve(whole);
  if (at.readOnly) throw readOnly(whole);
  if (at.stats !== undefined && at.host !== undefined)
    return existing({ path: at.host, isDirectory: at.stats.isDirectory(), text }, source);
  const parent = view.resolve(dirname(whole.replace(/\/$/, '')));
  if (parent.host === undefined || parent.stats?.isDirectory() !== true)
    throw notThere(`Could not find the directory ${dirname(whole)} in container ${text.slice(0, text.indexOf(':'))}`);
  return fresh({ dir: parent.host, path, name: basename(whole) }, source);
}

function hostTarget(path: string, source: Named): Target {
  const whole = resolve(path);
  const stats = statSync(whole, { throwIfNoEntry: false });
  if (stats !== undefined) return existing({ path: realpathSync(whole), isDirectory: stats.isDirectory(), text: path }, source);
  if (statSync(dirname(whole), { throwIfNoEntry: false })?.isDirectory() !== true)
    throw notThere(`invalid output path: directory "${dirname(whole)}" does not exist`);
  return fresh({ dir: realpathSync(dirname(whole)), path, name: basename(whole) }, source);
}

function existing(
  dest: { readonly path: string; readonly isDirectory: boolean; readonly text: string },
  { isDirectory, contents, name }: Named,
): Target {
  if (dest.isDirectory) return { dir: dest.path, name: isDirectory && (contents || name === '/') ? undefined : name };
  if (isDirectory) throw notThere('cannot copy directory');
  if (dest.text.endsWith('/')) throw notThere(`"${dest.text}" is no directory`);
  return { dir: dirname(dest.path), name: basename(dest.path) };
}

function fresh(dest: { readonly dir: string; readonly path: string; readonly name: string }, { isDirectory }: Named): Target {
  if (!isDirectory && dest.path.endsWith('/')) throw notThere('no such directory');
  return { dir: dest.dir, name: dest.name };
}

const isContents = (path: string): boolean => /(^|\/)\.$/.test(path);

/** Of the contents of a directory alone, the directory's own attributes are no part. */
async function writeNamed(files: Files, { dir, name }: Target, { signal }: Invocation): Promise<void> {
  const named = name === undefined ? { ...files, index: files.index.filter(({ path }) => path !== '') } : renamed(files, name);
  await writeTree(named, dir, { signal });
}

function tell({ values, stderr }: Invocation, { index }: Files, to: string): number {
  const bytes = index.reduce((sum, entry) => sum + (entry.type === 'file' ? entry.size : 0), 0);
  if (!isOn(values, 'quiet')) stderr.write(`Successfully copied ${humanSize(bytes)} to ${to}\n`);
  return 0;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    throw notThere(`lstat ${path}: no such file or directory`);
  }
}

const notThere = (message: string): VarveError => new VarveError('COPY_NOT_FOUND', message);
const readOnly = (path: string): VarveError => new VarveError('CONTAINER_READ_ONLY', `${path} is mounted read-only in the container`);
