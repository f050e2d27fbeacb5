import { chmodSync } from 'node:fs';
import test from 'ava';
import { Workbench } from './helpers/varve.ts';

/** Two images on one base that differ in everything that can differ. */
async function twoImages(bench: Workbench): Promise<void> {
  await bench.importBusybox();
  bench.write({
    'one/Dockerfile': 'FROM busybox\nCOPY . /app/\nENV A=1\nCMD ["x"]\n',
    'one/same': 'same',
    'one/gone': 'gone',
    'one/content': 'abc',
    'one/mode': 'mode',
    'one/dir/inside': '1',
  });
  bench.write({
    'two/Dockerfile': 'FROM busybox\nCOPY . /app/\nENV A=2\nCMD ["x"]\n',
    'two/same': 'same',
    'two/new': 'new',
    'two/content': 'abd',
    'two/mode': 'mode',
  });
  chmodSync(bench.path('two/mode'), 0o755);
  for (const name of ['one', 'two']) {
    bench.write({ '.dockerignore': 'Dockerfile' }, name);
    await bench.must(['build', '-q', '--source-date-epoch', '1600000000', '-t', name, bench.path(name)]);
  }
}

test('image diff tells configuration, layers and files', async (t) => {
  using bench = new Workbench();
  await twoImages(bench);
  const lines = (await bench.must(['image', 'diff', 'one', 'two'])).split('\n');
  t.deepEqual(lines.slice(0, lines.indexOf('Layers:')), [
    'Config:',
    '  C config.Env[1]: "A=1" -> "A=2"',
    '  C history[2].created_by: "ENV A=1" -> "ENV A=2"',
  ]);
  t.true(lines.includes('  = 1 the same'));
  const files = lines.slice(lines.indexOf('Files:') + 1).filter((line) => line !== '');
  t.deepEqual(
    files.map((line) => line.replace(/[0-9a-f]{12}/g, '…')),
    [
      '  C /app/content (content … -> …)',
      '  D /app/dir (directory 0755 0:0)',
      '  D /app/dir/inside (file 0644 0:0 1B)',
      '  D /app/gone (file 0644 0:0 4B)',
      '  C /app/mode (mode 0644 -> 0755)',
      '  A /app/new (file 0644 0:0 3B)',
    ],
  );
});

test('an image is no other than itself', async (t) => {
  using bench = new Workbench();
  await twoImages(bench);
  t.is(await bench.must(['image', 'diff', 'one', 'one']), '');
  t.is((await bench.varve(['image', 'diff', '-q', 'one', 'one'])).code, 0);
  t.deepEqual(await bench.varve(['image', 'diff', '-q', 'one', 'two']), { code: 1, stdout: '', stderr: '' });
});

test('--json has the files of each layer', async (t) => {
  using bench = new Workbench();
  await twoImages(bench);
  const { layers } = JSON.parse(await bench.must(['image', 'diff', '--json', 'one', 'two']));
  t.deepEqual(
    layers.map(({ from, to, files }: { from: string; to: string; files: { path: string }[] }) => [from === to, files.length]),
    [
      [true, 0],
      [false, 6],
    ],
  );
});

test('tree shows files with sizes, the layers, and what is wasted', async (t) => {
  using bench = new Workbench();
  bench.write({
    'a/Dockerfile': 'FROM scratch\nCOPY big /d/big\nCOPY small /d/sub/sub/small\nCOPY small /d/big\n',
    'a/big': Buffer.alloc(5_000_000),
    'a/small': 'xy',
  });
  await bench.must(['build', '-q', '-t', 'a', bench.path('a')]);
  const masked = (text: string) => text.replace(/^(\d) [0-9a-f]{12} /gm, '$1 … ');
  t.is(
    masked(await bench.must(['tree', 'a'])),
    `1 … 5MB COPY big /d/big # buildkit
2 … 2B COPY small /d/sub/sub/small # buildkit
3 … 2B COPY small /d/big # buildkit

/ 4B in 2 files
└── d/ 0755 4B
    ├── big 0644 2B
    └── sub/ 0755 2B
        └── sub/ 0755 2B in 1 files

Wasted: 5MB in 1 files that later layers overwrite or delete
  5MB /d/big of layer 1, overwritten by layer 3
`,
  );
  t.regex(await bench.must(['tree', 'a', '2']), /^2 \S+ 2B COPY small[^\n]*\n\n\/ 2B in 1 files\n└── d/);
  t.regex((await bench.varve(['tree', 'a', '4'])).stderr, /Expected one of 3 layers, found "4"/);
  t.is(JSON.parse(await bench.must(['tree', '--json', 'a'])).waste[0].path, '/d/big');
});
