import test from 'ava';
import { Workbench } from './helpers/varve.ts';

const COUNT = 12;
const COPIES = Array.from({ length: COUNT }, (_, i) => `COPY file-${i} /files/${i % 10}\n`).join('');
const FILES = Object.fromEntries(Array.from({ length: COUNT }, (_, i) => [`file-${i}`, `text ${i}\n`]));
const SHOWN = ['text 10', 'text 11', ...Array.from({ length: 8 }, (_, i) => `text ${i + 2}`)].join('\n');

for (const storage of ['overlay2', 'vfs'])
  test.serial(`a process finds the files of many COPYs before it, on ${storage}`, async (t) => {
    t.timeout(120_000);
    using bench = new Workbench();
    await bench.importBusybox();
    const context = bench.write(
      { ...FILES, Dockerfile: `FROM busybox\n${COPIES}RUN cat /files/* > /all\nRUN wc -l < /all > /count\n` },
      'context',
    );
    const build = async () => await bench.must(['build', '-q', '--storage', storage, '-t', 'many', context]);
    const first = await build();
    t.is(await build(), first);
    t.is((await bench.must(['run', '--rm', 'many', 'cat', '/all', '/count'])).trim(), `${SHOWN}\n10`);
    bench.write({ 'file-6': 'other\n' }, 'context');
    t.not(await build(), first);
    t.is((await bench.must(['run', '--rm', 'many', 'cat', '/all'])).trim(), SHOWN.replace('text 6', 'other'));
    bench.write(
      { Dockerfile: `FROM busybox AS files\n${COPIES}FROM busybox\nRUN --mount=from=files,target=/f cat /f/files/* > /all\n` },
      'context',
    );
    await build();
    t.is((await bench.must(['run', '--rm', 'many', 'cat', '/all'])).trim(), SHOWN.replace('text 6', 'other'));
  });
