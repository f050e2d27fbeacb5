import type { VolumeRecord } from '../state/volume-table.ts';

/** A volume in docker's words (`docker volume inspect`). */
export const describeVolume = ({ name, createdAt: at, labels }: VolumeRecord, mountpoint: string) => ({
  CreatedAt: new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'),
  Driver: 'local',
  Labels: Object.keys(labels).length === 0 ? null : new Map(Object.entries(labels)),
  Mountpoint: mountpoint,
  Name: name,
  Options: null,
  Scope: 'local',
});
