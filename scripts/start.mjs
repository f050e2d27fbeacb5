// From a fresh clone to an image that was built and run: npm start
import { statSync } from 'node:fs';
import { findStaticBusybox, withBusyboxTar } from './lib/busybox.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { isRoot, run, say } from './lib/run.mjs';

const BASE = 'varve/busybox-static:latest';
const IMAGE = 'varve/hello:latest';
const varve = (args, env = {}) => run('node', ['plugins/cli/bin/varve.mjs', ...args], { env });

if (!isRoot) say('Not root: images can be built, but what starts processes may not find a way on this host; `varve info` says why.');

ensureInstalled();
say('Compiling');
run('npm', ['run', '--silent', 'build', '--', '--output-logs=errors-only']);

say(`Making a base image, ${BASE}`);
const busybox = findStaticBusybox();
if (busybox === undefined) {
  varve(['pull', 'busybox']);
  varve(['tag', 'busybox', BASE]);
} else {
  // As old as the program: the same image each time, so that the build below can use its cache
  const made = String(Math.floor(statSync(busybox).mtimeMs / 1000));
  withBusyboxTar(busybox, (tar) => varve(['import', tar, BASE], { SOURCE_DATE_EPOCH: made }));
}

say('varve build -t varve/hello examples/hello');
varve(['build', '-t', IMAGE, '--build-arg', `BASE=${BASE}`, 'examples/hello']);

say('varve images varve/hello');
varve(['images', 'varve/hello']);

say('A process in the image says:');
run('node', ['examples/run-image.mjs', IMAGE]);

say('That is all. Next: npx varve --help, and npm test');
