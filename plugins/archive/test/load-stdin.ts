// Loads an archive from stdin in a process of its own: prints what it got and the most memory that it had, in bytes.
import { LocalStore } from '../../store-local/src/local-store.ts';
import { loadArchive } from '../src/load-archive.ts';

await using store = new LocalStore(process.argv[2] ?? '');
const [loaded] = await loadArchive(process.stdin, store);
console.log(JSON.stringify({ names: loaded?.names, memory: process.resourceUsage().maxRSS * 1024 }));
