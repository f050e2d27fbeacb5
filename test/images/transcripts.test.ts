import test from 'ava';
import { mustRun, Workbench } from '../helpers/varve.ts';
import { masked, prepareStore } from './site.ts';

let bench: Workbench;
test.before(async () => {
  bench = await prepareStore();
});
test.after.always(() => bench[Symbol.dispose]());

const DIGEST = `sha256:${'d'.repeat(64)}`;
const WIDE_ID = 'IMAGE ID'.padEnd(DIGEST.length);
const AGE = 'NN years ago';
const ID = 'iiiiiiiiiiii';
const NO_IMAGE = ['Error: No such image: nope', 'Hint: `varve images` lists those that are here.', '[IMAGE_UNKNOWN]', 'exit code 1'];
const HISTORY = [
  `${ID}   ${AGE}   CMD ["sh"]                                    0B        buildkit.dockerfile.v0`,
  `<missing>      ${AGE}   LABEL kind=app                                0B        buildkit.dockerfile.v0`,
  `<missing>      ${AGE}   COPY file /file # buildkit                    4B        buildkit.dockerfile.v0`,
  `<missing>      ${AGE}   RUN /bin/sh -c echo hello  >  /a # buildkit   6B        buildkit.dockerfile.v0`,
  `<missing>      ${AGE}                                                 N.NNMB    Imported from -`,
];
const LIST = [
  'REPOSITORY   TAG       IMAGE ID       CREATED        SIZE',
  `acme/app     1         ${ID}   ${AGE}   N.NNMB`,
  `acme/app     latest    ${ID}   ${AGE}   N.NNMB`,
  `<none>       <none>    ${ID}   ${AGE}   N.NNMB`,
  `busybox      latest    ${ID}   ${AGE}   N.NNMB`,
];

/** What is typed, and what is printed: docker's columns, sentences and members. Words are split at spaces; `_` stands for one in a word. */
const transcripts: readonly (readonly [string, readonly string[]])[] = [
  ['images', LIST],
  ['image ls', LIST],
  ['image list -a', LIST],
  [
    'images --no-trunc acme/app:1',
    [`REPOSITORY   TAG       ${WIDE_ID}   CREATED        SIZE`, `acme/app     1         ${DIGEST}   ${AGE}   N.NNMB`],
  ],
  [
    'images --digests acme/app:1',
    [
      `REPOSITORY   TAG       ${'DIGEST'.padEnd(DIGEST.length)}   IMAGE ID       CREATED        SIZE`,
      `acme/app     1         ${DIGEST}   ${ID}   ${AGE}   N.NNMB`,
    ],
  ],
  ['images -q', [ID, ID, ID, ID]],
  ['images --quiet --no-trunc', [DIGEST, DIGEST, DIGEST, DIGEST]],
  ['images -f dangling=true', [LIST[0] ?? '', LIST[3] ?? '']],
  ['images -f label=kind=app -f dangling=false -q', [ID, ID]],
  ['images -f since=busybox --format {{.Repository}}:{{.Tag}}', ['acme/app:1', 'acme/app:latest', '<none>:<none>']],
  ['images -f before=acme/app --format {{.Repository}}', ['<none>', 'busybox']],
  ['images -f until=1970-01-01T00:10:00Z --format {{.Repository}}', ['busybox']],
  ['images -f reference=acme/* --format {{.Tag}}', ['1', 'latest']],
  ['images --filter dangling=maybe', ["Error: invalid filter 'dangling=maybe'", 'Hint: Expected true or false.', 'exit code 2']],
  [
    'images --format json acme/app:1',
    [
      `{"Containers":"N/A","CreatedAt":"1970-01-01 00:33:20 +0000 UTC","CreatedSince":"${AGE}","Digest":"${DIGEST}","ID":"${ID}","Repository":"acme/app","SharedSize":"N/A","Size":"N.NNMB","Tag":"1","UniqueSize":"N/A","VirtualSize":"N.NNMB"}`,
    ],
  ],
  ['images --format table_{{.ID}}\\t{{.CreatedAt}} busybox', ['IMAGE ID       CREATED AT', `${ID}   1970-01-01 00:00:00 +0000 UTC`]],
  ['history acme/app', ['IMAGE          CREATED        CREATED BY                                    SIZE      COMMENT', ...HISTORY]],
  ['image history -q acme/app', [ID, ...Array<string>(4).fill('<missing>')]],
  ['history --no-trunc -q busybox', [DIGEST]],
  [
    'history --human=false --format {{.CreatedSince}} acme/app:1',
    [...Array<string>(4).fill('1970-01-01T00:33:20Z'), '1970-01-01T00:00:00Z'],
  ],
  ['history -H=false --format table_{{.CreatedAt}} busybox', ['CREATED AT', '1970-01-01T00:00:00Z']],
  [
    'history --format json busybox',
    [
      `{"Comment":"Imported from -","CreatedAt":"1970-01-01T00:00:00Z","CreatedBy":"","CreatedSince":"${AGE}","ID":"${ID}","Size":"N.NNMB"}`,
    ],
  ],
  ['history nope', NO_IMAGE],
  ['tag nope x', NO_IMAGE],
  ['image rm nope', NO_IMAGE],
  ['rmi -f nope', NO_IMAGE.slice(0, 3)],
  ['image inspect nope', ['[]', ...NO_IMAGE]],
  [
    'inspect -f {{.RepoTags}}_{{.Config.Cmd}} nope acme/app:1',
    [
      '[acme/app:1 acme/app:latest] [sh]',
      'Error: No such object: nope',
      'Hint: See `varve images`, `varve ps -a` and `varve volume ls`.',
      '[OBJECT_UNKNOWN]',
      'exit code 1',
    ],
  ],
  [
    'inspect --type container busybox',
    [
      '[]',
      'Error: No such container: busybox',
      'Hint: See `varve images`, `varve ps -a` and `varve volume ls`.',
      '[OBJECT_UNKNOWN]',
      'exit code 1',
    ],
  ],
  ['diff -q busybox busybox', []],
  ['image diff -q busybox acme/app', ['exit code 1']],
  ['image diff acme/app nope', NO_IMAGE],
];

for (const [line, expected] of transcripts)
  test(`varve ${line}`, async (t) => {
    t.deepEqual(
      (await linesOf(line)).filter((text) => text !== ''),
      [...expected],
    );
  });

test('two names for diff are images, and a container’s is as before', async (t) => {
  const two = await linesOf('diff acme/app busybox');
  t.deepEqual(two, await linesOf('image diff acme/app busybox'));
  t.true(two.includes('Files:') && two.some((line) => line.startsWith('  D /file ')), two.join('\n'));
  t.deepEqual((await linesOf('diff busybox')).slice(0, 1), ['Error: No such container: busybox']);
});

/** One after the other, on a store of their own. Layers stay for the builds that would find them. */
const changes: readonly (readonly [string, readonly string[]])[] = [
  ['tag acme/app other/app:2', []],
  [
    'rmi $app',
    [
      `Error: conflict: unable to delete ${ID} (must be forced) - image is referenced in multiple repositories`,
      'Hint: Remove it by name, or with --force: acme/app:1, acme/app:latest, other/app:2',
      '[IMAGE_IN_USE]',
      'exit code 1',
    ],
  ],
  ['rmi nope acme/app:1', ['Untagged: acme/app:1', ...NO_IMAGE]],
  ['tag busybox acme/app', []],
  ['images --format {{.Repository}}:{{.Tag}}', ['other/app:2', '<none>:<none>', 'acme/app:latest', 'busybox:latest']],
  ['image prune', ['WARNING! This will remove all dangling images.', 'Are you sure you want to continue? [y/N]']],
  ['image prune -f', ['Deleted Images:', `deleted: ${DIGEST}`, 'Total reclaimed space: <size>']],
  ['image prune --force --filter until=24h', ['Total reclaimed space: 0B']],
  ['image rm other/app:2', ['Untagged: other/app:2', `Deleted: ${DIGEST}`]],
  ['rmi -f $busybox', ['Untagged: acme/app:latest', 'Untagged: busybox:latest', `Deleted: ${DIGEST}`, `Deleted: ${DIGEST}`]],
  ['images', ['REPOSITORY   TAG       IMAGE ID   CREATED   SIZE']],
  ['images -q', []],
];
test('tag, rmi and prune, one after the other', async (t) => {
  using own = new Workbench();
  await mustRun('cp', ['-a', bench.root, own.root]);
  const idOf = async (name: string): Promise<string> => (await own.must(['inspect', '-f', '{{.Id}}', name])).trim().slice(7, 19);
  const ids = { $app: await idOf('acme/app'), $busybox: await idOf('busybox') };
  for (const [line, expected] of changes) {
    const words = line.split(' ').map((word) => ids[word as keyof typeof ids] ?? word);
    const lines = masked(await own.varve(words)).split('\n');
    const shown = lines.map((text) => text.trimEnd().replace(/(space: )[1-9].*/, '$1<size>')).filter((text) => text !== '');
    t.deepEqual(shown, [...expected], line);
  }
});

async function linesOf(line: string): Promise<readonly string[]> {
  const words = line.split(' ').map((word) => word.replaceAll('_', ' '));
  return masked(await bench.varve(words))
    .trimEnd()
    .split('\n');
}
