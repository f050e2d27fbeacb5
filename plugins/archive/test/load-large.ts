// Loads an archive that is made while it is read, in a process of its own: prints the most memory that the process had, in bytes.
import { createHash } from 'node:crypto';
import { LocalStore } from '../../store-local/src/local-store.ts';
import { loadArchive } from '../src/load-archive.ts';
import { type ArchiveMember, writeArchive } from '../src/tar-writer.ts';

const [, , dir = '', megabytes = '1'] = process.argv;
/** Bytes that a pipe gives at a time. */
const PIPE = 1 << 16;
const size = Number(megabytes) << 20;

async function* content(): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < size; at += PIPE) {
    const chunk = Buffer.alloc(PIPE);
    chunk.writeUInt32LE(at / PIPE, 100);
    yield chunk;
  }
}
const layer = () => writeArchive([{ path: 'big', size, body: content() }]);

const sha = createHash('sha256');
let layerSize = 0;
for await (const chunk of layer()) {
  sha.update(chunk);
  layerSize += chunk.length;
}
const config = Buffer.from(
  JSON.stringify({ os: 'linux', architecture: 'amd64', config: {}, rootfs: { type: 'layers', diff_ids: [`sha256:${sha.digest('hex')}`] } }),
);
const manifest = Buffer.from(JSON.stringify([{ Config: 'config.json', RepoTags: ['acme/big:1'], Layers: ['0/layer.tar'] }]));
const members: readonly ArchiveMember[] = [
  { path: '0/layer.tar', size: layerSize, body: layer() },
  { path: 'config.json', size: config.length, body: config },
  { path: 'manifest.json', size: manifest.length, body: manifest },
];

await using store = new LocalStore(dir);
const [loaded] = await loadArchive(writeArchive(members), store);
console.log(JSON.stringify({ names: loaded?.names, memory: process.resourceUsage().maxRSS * 1024 }));
