import { spawnSync } from 'node:child_process';

export const isInstalled = (program: string): boolean => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0;
