import { type Attributes, type Content, type Entry, type FileTree, MergedTree, normaliseIndex } from '../archive/index.ts';
import { asLayerID, type ContainerConfig, composeLayer, digestOf, hostPlatform, type Layer } from '../image/index.ts';
import type { BuildInfo, BuildRequest, BuildWarning, Executor, StepScope, TreeRef, Workspace } from '../src/index.ts';

type Some = Partial<Attributes>;

/** A file in short: its text, or a directory, symlink or more names, with attributes where they matter. */
export type FileSketch =
  | string
  | ({ readonly text: string | Uint8Array } & Some)
  | ({ readonly dir: true } & Some)
  | ({ readonly symlink: string } & Some)
  | { readonly link: string };

/** Files by path; directories above them come by themselves. */
export type TreeSketch = Readonly<Record<string, FileSketch>>;

const PLAIN = { uid: 0, gid: 0, mtime: { seconds: 1_000_000_000, nanoseconds: 0 } } as const;

/** A layer of files in memory. */
export function sketchLayer(sketch: TreeSketch): Layer {
  const bytes = new Map<string, Uint8Array>();
  const dirs = new Set(Object.keys(sketch).flatMap((path) => path.split('/').map((_, i, parts) => parts.slice(0, i).join('/'))));
  const made = [...dirs].filter((path) => path !== '' && !(path in sketch)).map((path) => [path, { dir: true }] as const);
  const entries = [...made, ...Object.entries(sketch)].map(([path, file]) => entryOf(path, file, bytes));
  const content = ({ path }: { readonly path: string }): Content => ({ kind: 'bytes', bytes: bytes.get(path) ?? new Uint8Array() });
  return composeLayer(asLayerID(digestOf(JSON.stringify(entries))), normaliseIndex(entries), content);
}

function entryOf(path: string, file: FileSketch, bytes: Map<string, Uint8Array>): Entry {
  if (typeof file === 'string') return entryOf(path, { text: file }, bytes);
  if ('link' in file) return { type: 'hardlink', path, target: file.link };
  if ('symlink' in file) {
    const { symlink: target, ...more } = file;
    return { type: 'symlink', path, target, mode: 0o777, ...PLAIN, ...more };
  }
  if ('dir' in file) {
    const { dir: _, ...more } = file;
    return { type: 'directory', path, mode: 0o755, ...PLAIN, ...more };
  }
  const { text, ...more } = file;
  bytes.set(path, Buffer.from(text));
  return { type: 'file', path, size: Buffer.from(text).length, mode: 0o644, ...PLAIN, ...more };
}

/** The filesystem that such a layer shows. */
export const sketchTree = (sketch: TreeSketch): Promise<MergedTree> => MergedTree.of([sketchLayer(sketch)]);

export interface ScopeOptions {
  /** The stage's files so far; default none. */
  readonly tree?: FileTree | undefined;
  /** Other filesystems that the step asks for. */
  readonly treeOf?: ((ref: TreeRef) => FileTree | Promise<FileTree>) | undefined;
  readonly config?: ContainerConfig | undefined;
  readonly request?: Partial<BuildRequest> | undefined;
  readonly epoch?: number | undefined;
  readonly executor?: Executor | undefined;
  readonly workspace?: Workspace | undefined;
  /** Directories that show other filesystems; without it there are none. */
  readonly viewOf?: StepScope['viewOf'] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a step handler gets, outside a build; it remembers what it was told. */
export interface TestScope extends StepScope {
  readonly warnings: readonly BuildWarning[];
  readonly output: readonly { readonly stream: 'stdout' | 'stderr'; readonly text: string }[];
}

export function stepScope(options: ScopeOptions = {}): TestScope {
  const { tree = sketchTree({}), treeOf, viewOf = async () => undefined, config = {}, epoch, signal, executor, workspace } = options;
  const warnings: BuildWarning[] = [];
  const output: { readonly stream: 'stdout' | 'stderr'; readonly text: string }[] = [];
  const source = { file: 'Dockerfile', text: async () => '' };
  const request: BuildRequest = { source, ...options.request };
  const build: BuildInfo = { id: 'test', request, platform: hostPlatform(), epoch, signal, emit: () => undefined };
  return {
    build,
    signal,
    config: { ...hostPlatform(), config, history: [] },
    warnings,
    output,
    tree: async () => await tree,
    treeOf: async (ref) => (await treeOf?.(ref)) ?? refuse('another filesystem'),
    warn: (warning) => warnings.push(warning),
    log: (stream, chunk) => output.push({ stream, text: Buffer.from(chunk).toString('utf8') }),
    viewOf,
    workspace: async () => workspace ?? refuse('a workspace'),
    executor: async () => executor ?? refuse('an executor'),
  };
}

function refuse(what: string): never {
  throw new Error(`The step asked for ${what}, which this test does not give`);
}
