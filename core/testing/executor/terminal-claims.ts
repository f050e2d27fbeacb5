import type { Claim } from '../executor-contract.ts';
import { checkHost } from './executor-bench.ts';
import { execute, hold, Input, WAIT } from './held.ts';
import { unlessHas } from './when.ts';

const SIZE = { columns: 77, rows: 33 };
const shown = unlessHas('start', 'terminal');
const both = unlessHas('start', 'exec', 'terminal');

/** What a process sees of its terminal, and what is typed there. */
export function terminalClaims(claim: Claim): void {
  const look = 'tty; stty size; for fd in 0 1 2; do test -t $fd && echo "$fd is one"; done; echo to the terminal >/dev/tty; exit 3';
  // What is written before runc has set the terminal up ends with one carriage return more
  const seen = /^\/dev\/pts\/\d+\r+\n33 77\r+\n0 is one\r+\n1 is one\r+\n2 is one\r+\nto the terminal\r+\n$/;

  for (const [who, user] of [
    ['root', { uid: 0, gid: 0, groups: [] }],
    ['another user', { uid: 1234, gid: 1234, groups: [] }],
  ] as const) {
    claim(
      `a process of ${who} has a terminal of the size asked for`,
      async (t, bench) => {
        const container = await hold(bench, `test -c /dev/console || echo "no console"; ${look}`, { spec: { terminal: SIZE, user } });
        const { text, exitCode } = await container.end();
        t.regex(text, seen);
        t.is(exitCode, 3);
        checkHost(t, bench);
      },
      shown,
    );

    claim(
      `another process of ${who} has a terminal of its own`,
      async (t, bench) => {
        const container = await hold(bench, WAIT, { io: { stdin: new Input() } });
        await container.until(/ready/);
        const { text, exitCode } = await (await execute(container, look, { spec: { terminal: SIZE, user } })).end();
        t.regex(text, seen);
        t.is(exitCode, 3);
        container.process.signal('SIGKILL');
        await container.end();
      },
      both,
    );
  }

  claim(
    '`run` gives a terminal, too',
    async (t, bench) => {
      const { stdout, exitCode } = await bench.sh(look, { terminal: SIZE });
      t.regex(stdout, seen);
      t.is(exitCode, 3);
    },
    unlessHas('terminal'),
  );

  claim(
    'a new size is told to the process',
    async (t, bench) => {
      const container = await hold(bench, `trap 'stty size' WINCH; echo ready; while :; do sleep 0.02; done`, { spec: { terminal: SIZE } });
      await container.until(/ready/);
      container.process.resize({ columns: 20, rows: 10 });
      await container.until(/\r\n10 20\r\n/);
      container.process.signal('SIGKILL');
      t.is((await container.end()).exitCode, 137);
      container.process.resize(SIZE); // nothing happens
    },
    shown,
  );

  for (const [what, typed, exitCode] of [
    ['^C interrupts the process', '\x03', 130],
    ['^\\ ends it with SIGQUIT', '\x1c', 131],
  ] as const)
    claim(
      what,
      async (t, bench) => {
        const stdin = new Input();
        const container = await hold(bench, `trap 'exit ${exitCode}' INT QUIT; echo ready; while :; do sleep 0.02; done`, {
          spec: { terminal: SIZE },
          io: { stdin },
        });
        await container.until(/ready/);
        stdin.send(typed);
        t.is((await container.end()).exitCode, exitCode);
      },
      shown,
    );

  claim(
    'what is typed arrives by lines, is shown, and ends with ^D',
    async (t, bench) => {
      const stdin = new Input();
      const container = await hold(bench, 'cat; echo end', { spec: { terminal: SIZE }, io: { stdin } });
      stdin.send('wrongg\x7f line\n');
      await container.until(/wrong line\r\n$/);
      stdin.send('\x04');
      t.regex((await container.end()).text, /wrong line\r\nend\r\n$/);
    },
    shown,
  );

  claim(
    'an interactive shell has job control',
    async (t, bench) => {
      const stdin = new Input();
      const container = await hold(bench, 'PS1="> " exec sh -i', { spec: { terminal: SIZE }, io: { stdin } });
      await container.until(/> /);
      stdin.send('sleep 100000\n');
      await container.until(/sleep 100000\r\n/);
      // Before the shell has made it the foreground job nothing stops, so it is typed until something does.
      const typing = setInterval(() => stdin.send('\x1a'), 100);
      await container.until(/Stopped/).finally(() => clearInterval(typing));
      stdin.send('kill %1; fg; exit 5\n');
      const { text, exitCode } = await container.end();
      t.notRegex(text, /job control turned off/);
      t.is(exitCode, 5);
    },
    shown,
  );

  claim(
    'the process leads its session, in the foreground',
    async (t, bench) => {
      const { text } = await (await hold(bench, 'cat /proc/$$/stat', { spec: { terminal: SIZE } })).end();
      const [, , group, session, terminal, foreground] = text.slice(text.lastIndexOf(')') + 2).split(' ');
      t.is(session, group);
      t.is(foreground, group);
      t.not(terminal, '0');
    },
    shown,
  );

  claim(
    'a million characters arrive whole',
    async (t, bench) => {
      const { text } = await (await hold(bench, 'head -c 1000000 /dev/zero | tr "\\0" x', { spec: { terminal: SIZE } })).end();
      t.is(text.length, 1_000_000);
      t.regex(text, /^x+$/);
    },
    shown,
  );

  claim(
    'a limit of the process goes with a terminal',
    async (t, bench) => {
      const ulimits = [{ type: 'nofile', soft: 123, hard: 456 }];
      const container = await hold(bench, 'ulimit -Sn; ulimit -Hn; stty size', { spec: { terminal: SIZE, ulimits } });
      t.is((await container.end()).text, '123\r\n456\r\n33 77\r\n');
    },
    shown,
  );
}
