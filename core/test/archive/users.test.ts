import { accountsIn, findOwner, findOwnerOrRoot, findUser } from '@varve/core/archive';
import { sketchTree } from '@varve/core/testing';
import test from 'ava';

const files = {
  'etc/passwd': [
    '# comment',
    'root:x:0:0:root:/root:/bin/sh',
    '',
    'web:x:101:102::/srv/web:',
    'nohome:x:103:104::',
    'bad line',
    'odd:x:x:1:::',
    '77:x:500:501::/77:',
  ].join('\n'),
  'etc/group': ['root:x:0:root', 'staff:x:50:web,other', 'www:x:33: web ', 'alone:x:60:'].join('\n'),
};

const runsAs = test.macro({
  async exec(t, user: string, expected: object, sketch: Record<string, string> = files) {
    t.deepEqual<object, object>(await findUser(accountsIn(await sketchTree(sketch)), user), expected);
  },
  title: (_, user, expected, sketch) => `${JSON.stringify(user)} runs as ${JSON.stringify(expected)}${sketch ? ' without accounts' : ''}`,
});
test(runsAs, '', { uid: 0, gid: 0, groups: [0], home: '/root' });
test(runsAs, 'root', { uid: 0, gid: 0, groups: [0], home: '/root' });
test(runsAs, 'web', { uid: 101, gid: 102, groups: [102, 50, 33], home: '/srv/web' });
test(runsAs, 'web:staff', { uid: 101, gid: 50, groups: [50], home: '/srv/web' });
test(runsAs, 'web:7', { uid: 101, gid: 7, groups: [7], home: '/srv/web' });
test(runsAs, '101', { uid: 101, gid: 102, groups: [102, 50, 33], home: '/srv/web' });
test(runsAs, '77', { uid: 77, gid: 0, groups: [0], home: '/' });
test(runsAs, '1234', { uid: 1234, gid: 0, groups: [0], home: '/' });
test(runsAs, '1234:5', { uid: 1234, gid: 5, groups: [5], home: '/' });
test(runsAs, 'nohome', { uid: 103, gid: 104, groups: [104], home: '/' });
test(runsAs, '', { uid: 0, gid: 0, groups: [0], home: '/' }, {});
test(runsAs, 'root', { uid: 0, gid: 0, groups: [0], home: '/' }, {});

const refuses = test.macro({
  async exec(t, user: string, message: string) {
    const tree = accountsIn(await sketchTree(files));
    await t.throwsAsync(() => findUser(tree, user), { code: 'USER_UNKNOWN', message });
  },
  title: (_, user) => `a process does not run as ${user}`,
});
test(refuses, 'ghost', 'unable to find user ghost: no matching entries in passwd file');
test(refuses, 'web:ghosts', 'unable to find group ghosts: no matching entries in group file');
test(refuses, 'odd', 'unable to find user odd: no matching entries in passwd file');
test(refuses, '99999999999', 'unable to find user 99999999999: no matching entries in passwd file');

test('accounts are found through symlinks, which do not leave the root', async (t) => {
  const tree = accountsIn(await sketchTree({ 'usr/etc/passwd': 'web:x:9:9::/:', etc: { symlink: '/usr/etc' } }));
  t.deepEqual(await findOwner(tree, 'web'), { uid: 9, gid: 9 });
  const away = accountsIn(await sketchTree({ 'etc/passwd': { symlink: '../../../../etc/passwd' } }));
  await t.throwsAsync(() => findOwner(away, 'daemon'), { code: 'PATH_LOOP' });
});

test('a directory for somebody who is not there belongs to root, with a warning', async (t) => {
  const warnings: string[] = [];
  const owner = await findOwnerOrRoot(accountsIn(await sketchTree({})), 'ghost', { warn: ({ code }) => warnings.push(code) });
  t.deepEqual({ ...owner, warnings }, { uid: 0, gid: 0, warnings: ['USER_UNKNOWN'] });
});
