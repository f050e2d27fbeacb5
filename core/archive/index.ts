export { accountsInRoot } from './accounts-in-root.ts';
export type { ChangesOptions } from './change-finder.ts';
export { canonicalChanges, diffTrees, upperChanges } from './changes.ts';
export { allocChunk, ownedChunk, releaseChunk, releasing } from './chunks.ts';
export {
  type Compression,
  detectCompression,
} from './compression.ts';
export { contentIn, hashContents, readContent } from './content.ts';
export { type DecompressOptions, decompress } from './decompress.ts';
export { DirectoryTree, type DirectoryTreeOptions, type HashFiles } from './directory-tree.ts';
export type {
  Attributes,
  Content,
  DeviceEntry,
  DirectoryEntry,
  Entry,
  FifoEntry,
  FileEntry,
  FileStamp,
  HardlinkEntry,
  LayerIndex,
  NodeEntry,
  OpaqueEntry,
  SymlinkEntry,
  Timestamp,
  WhiteoutEntry,
} from './entry.ts';
export { EntryColumns, resized } from './entry-columns.ts';
export { extractLayer } from './extract-layer.ts';
export type { ExtractOptions } from './extract-options.ts';
export { isRowSettled, isSettled, momentOf, nsOf } from './file-stamp.ts';
export type { FileTree, HostPlace, TreeState } from './file-tree.ts';
export { Glob, type GlobOptions, matchGlob } from './glob.ts';
export { type GzipOptions, gzip } from './gzip.ts';
export { type HashStream, openHashStream } from './hash-stream.ts';
export { impliedDirectory } from './implied-directory.ts';
export { indexTar, type TarIndexer } from './index-tar.ts';
export { type LayerReader, openLayerReader } from './layer-reader.ts';
export { Limiter } from './limiter.ts';
export { MergedTree, type MergeOptions } from './merged-tree.ts';
export { decodeName, encodeName, pathOf } from './names.ts';
export { normaliseIndex } from './normalise-index.ts';
export { compareEntries, compareNames, comparePaths } from './order.ts';
export { contentSize, hashIndex, IndexPacker, PackedIndex, packIndex } from './packed-index.ts';
export { baseName, childPath, cleanPath, hostPath, isDirectlyIn, isWithin, joinPath, parentOf } from './paths.ts';
export { createPatternMatcher, type PatternMatcher, type PatternResults } from './patterns.ts';
export { paxRecord } from './pax.ts';
export type { ReadLayer } from './read-layer.ts';
export { readTar, type TarMember } from './read-tar.ts';
export { isSameContent } from './same-content.ts';
export { type ScanOptions, scanDirectory, scanUpper, type UpperOptions } from './scan-directory.ts';
export type { TarHeader, TarLimits } from './tar-header.ts';
export { tarSize, withOffsets } from './tar-layout.ts';
export { type ResolvedPath, readFile, resolvePath, walk } from './tree-paths.ts';
export {
  type AccountFiles,
  accountsIn,
  findOwner,
  findOwnerOrRoot,
  findUser,
  type Owner,
  type ResolvedUser,
} from './users.ts';
export { writeTar } from './write-tar.ts';
