export { type CopyRange, cloneFile, copyFile, copyRange } from './copy-file.ts';
export { setMtime, setMtimeOf } from './file-times.ts';
export { type HostPath, whySystemUnavailable } from './libc.ts';
export { type FileLock, type LockOptions, lock, tryLock } from './locks.ts';
export { deviceNumber, makeNode, type NodeKind, splitDevice } from './make-node.ts';
export { type MountRequest, mount, unmount } from './mount.ts';
export { type MountInfo, mounts } from './mounts.ts';
export { type OpenOptions, openInRoot } from './open-in-root.ts';
export { getXattr, listXattrs, removeXattr, setXattr } from './xattrs.ts';
