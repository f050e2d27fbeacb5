// Writes the version that `changeset version` gave core into the constant that plugins' ranges are compared with.
import { readFileSync, writeFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync('core/package.json', 'utf8'));
const file = 'core/src/version.ts';
writeFileSync(file, readFileSync(file, 'utf8').replace(/CORE_VERSION = '[^']*'/, `CORE_VERSION = '${version}'`));
