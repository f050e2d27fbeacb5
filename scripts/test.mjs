// Runs ava and closes with the plain line "N passed, N failed" (ava leaves out the passed count when a test fails).
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';

const child = spawn('ava', process.argv.slice(2), { stdio: ['inherit', 'pipe', 'inherit'] });
const closed = new Promise((done) => child.once('close', (code) => done(code ?? 1)));
let passed = 0;
let failed = 0;
for await (const line of createInterface({ input: child.stdout })) {
  console.log(line);
  const text = stripVTControlCharacters(line);
  if (/^\s*[✔√] /.test(text)) passed++;
  else failed += Number(/^\s*(\d+) (?:tests?|hooks?) (?:failed|timed out)/.exec(text)?.[1] ?? 0);
  failed += Number(/^\s*(\d+) (?:uncaught exceptions?|unhandled rejections?)/.exec(text)?.[1] ?? 0);
}
const code = await closed;
const bad = code !== 0 || passed === 0;
if (bad && failed === 0) failed = 1;
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = bad ? code || 1 : 0;
