import type { Attributes, Entry } from './entry.ts';
import { isLayerXattr } from './layer-xattrs.ts';
import { baseName, childPath, parentOf } from './paths.ts';
import { badTarPath } from './tar-errors.ts';
import type { TarHeader } from './tar-header.ts';

const WHITEOUT = '.wh.';
/** aufs kept its own files under such names (OCI image-spec, layer.md, Whiteouts); only the opaque marker says something. */
const INTERNAL = '.wh..wh.';
const OPAQUE = '.wh..wh..opq';

/** What a member of a layer's tar means; `undefined` for what is to be ignored. @throws VarveError `TAR_PATH` for a malformed whiteout */
export function layerEntry(header: TarHeader): Entry | undefined {
  const { path } = header;
  if (path.includes(WHITEOUT) && (path.startsWith(WHITEOUT) || path.includes(`/${WHITEOUT}`))) return whiteoutOf(path);
  switch (header.type) {
    case 'file':
      return { type: 'file', path, ...attributesOf(header), size: header.size, offset: header.offset };
    case 'symlink':
      // Linux knows no mode of symlinks and always shows this one.
      return { type: 'symlink', path, ...attributesOf(header), mode: 0o777, target: header.target };
    case 'hardlink':
      return { type: 'hardlink', path, target: header.target };
    case 'char':
    case 'block':
      return { type: header.type, path, ...attributesOf(header), major: header.major, minor: header.minor };
    case 'directory':
    case 'fifo':
      return { type: header.type, path, ...attributesOf(header) };
    default:
      return header.type satisfies never;
  }
}

function whiteoutOf(path: string): Entry | undefined {
  if (path.split('/').some((part) => part.startsWith(INTERNAL) && part !== OPAQUE)) return undefined;
  const dir = parentOf(path);
  const name = baseName(path);
  if (!name.startsWith(WHITEOUT) || dir.split('/').some((part) => part.startsWith(WHITEOUT))) {
    throw badTarPath(path, 'lies below a whiteout');
  }
  if (name === OPAQUE) return { type: 'opaque', path: dir };
  const removed = name.slice(WHITEOUT.length);
  if (removed === '' || removed === '.' || removed === '..') throw badTarPath(path, 'is a whiteout of nothing');
  return { type: 'whiteout', path: childPath(dir, removed) };
}

function attributesOf({ mode, uid, gid, mtime, xattrs }: TarHeader): Attributes {
  const names = Object.keys(xattrs).filter(isLayerXattr).sort();
  if (names.length === 0) return { mode, uid, gid, mtime };
  return { mode, uid, gid, mtime, xattrs: Object.fromEntries(names.map((name) => [name, xattrs[name] ?? ''])) };
}
