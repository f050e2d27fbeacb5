import test from 'ava';
import { type ProgressMode, settleMode, type Terminal } from '../src/progress-mode.ts';

const settles = test.macro({
  exec(t, asked: ProgressMode, terminal: Terminal, env: NodeJS.ProcessEnv, expected: ProgressMode) {
    t.is<string, string>(settleMode(asked, terminal, env), expected);
  },
  title: (_, asked, terminal, env, expected) => `${asked} on ${JSON.stringify(terminal)} with ${JSON.stringify(env)} is ${expected}`,
});
const tty = { isTTY: true, columns: 80 };
test(settles, 'auto', tty, { TERM: 'xterm' }, 'tty');
test(settles, 'auto', {}, { TERM: 'xterm' }, 'plain');
test(settles, 'auto', tty, { TERM: 'dumb' }, 'plain');
test(settles, 'auto', { isTTY: true, columns: 20 }, {}, 'plain');
test(settles, 'auto', { isTTY: true, columns: 0 }, {}, 'tty');
test(settles, 'tty', {}, {}, 'tty');
test(settles, 'tty', tty, { TERM: 'dumb' }, 'plain');
test(settles, 'rawjson', tty, {}, 'rawjson');
test(settles, 'quiet', tty, {}, 'quiet');
