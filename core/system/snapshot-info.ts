import type { ChainID, SnapshotKey } from '../image/digest.ts';

/** A mount as mount(2) takes it: data, so that whoever runs a process can do it where the process will be. */
export interface Mount {
  readonly type: 'bind' | 'overlay' | 'tmpfs' | 'proc' | 'sysfs' | 'devpts' | 'mqueue';
  readonly source: string;
  /** `ro`, `rbind`, `lowerdir=…`: as in fstab. */
  readonly options: readonly string[];
  /** Directory to be in while mounting, where options hold relative paths. */
  readonly cwd?: string | undefined;
}

/** One snapshot of a storage driver. */
export interface SnapshotInfo {
  readonly id: ChainID | SnapshotKey;
  readonly kind: 'active' | 'view' | 'committed';
  readonly parent: ChainID | null;
}
