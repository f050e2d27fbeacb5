// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, not of this file
import test from 'ava';
import { lintDockerfile } from '../../src/lint-dockerfile.ts';

const lines = (count: number, line: (at: number) => string): string => Array.from({ length: count }, (_, at) => line(at)).join('\n');

/** Files of some hundred kilobytes, small enough to be sent and large enough to hurt where work grows faster than they do. */
const bounded = test.macro({
  async exec(t, text: string, code: string | undefined) {
    t.timeout(60_000);
    const before = process.cpuUsage();
    const { error } = await lintDockerfile({ text, platform: 'linux/amd64' });
    const { user, system } = process.cpuUsage(before);
    t.is(error?.code, code, error?.message);
    if (error !== undefined) t.not(error.source, undefined, 'says where');
    t.true((user + system) / 1e6 < 10, `${(user + system) / 1e6} s of processor time`);
  },
  title: (title) => title ?? '',
});
test.serial('a chain of 20,000 stages', bounded, `FROM a AS x0\n${lines(20_000, (at) => `FROM x${at} AS x${at + 1}`)}`, undefined);
test.serial(
  'thousands of stages that hand on thousands of variables',
  bounded,
  `FROM a AS x0\n${lines(20_000, (at) => `FROM x${at} AS x${at + 1}\nENV v${at}=1`)}`,
  'FRONTEND_LIMIT',
);
test.serial(
  'thousands of copies from thousands of stages',
  bounded,
  `${lines(20_000, (at) => `FROM a AS x${at}\nCOPY --from=x${Math.max(0, at - 1)}y / /`)}`,
  undefined,
);
test.serial(
  'thousands of arguments for thousands of commands',
  bounded,
  `FROM a\n${lines(10_000, (at) => `ARG a${at}=1`)}\n${lines(10_000, () => 'RUN b')}`,
  'FRONTEND_LIMIT',
);
test.serial(
  'thousands of unknown names among thousands of known ones',
  bounded,
  `FROM a\n${lines(10_000, (at) => `ENV known${at}=1`)}\n${lines(10_000, (at) => `USER $knowm${at}`)}`,
  undefined,
);
test.serial(
  'thousands of undeclared arguments',
  bounded,
  `${lines(10_000, (at) => `ARG known${at}=1`)}\n${lines(10_000, (at) => `FROM a\${knowm${at}:-b}`)}`,
  undefined,
);
test.serial(
  'a value that doubles with every line',
  bounded,
  `FROM a\nENV x=0123456789\n${lines(60, () => 'ENV x=$x$x')}`,
  'FRONTEND_LIMIT',
);
test.serial(
  'an argument that doubles with every line',
  bounded,
  `ARG x=0123456789\n${lines(60, () => 'ARG x=$x$x')}\nFROM a`,
  'FRONTEND_LIMIT',
);
test.serial('a document of many megabytes', bounded, `FROM a\nCOPY <<E /b\n${'c\n'.repeat(4 << 20)}E`, undefined);
test.serial(
  'a document that grows',
  bounded,
  `FROM a\nENV x=${'y'.repeat(50_000)}\nCOPY <<E /b\n${'$x\n'.repeat(100_000)}E`,
  'FRONTEND_LIMIT',
);
test.serial('ONBUILD of ONBUILD of ONBUILD', bounded, `FROM a\n${'ONBUILD '.repeat(8000)}RUN b`, 'FRONTEND_SYNTAX');
test.serial('all ports many times over', bounded, `FROM a\nEXPOSE ${'0-65535 '.repeat(8000)}`, 'FRONTEND_LIMIT');
test.serial('all ports on every line', bounded, `FROM a\n${lines(2000, () => 'EXPOSE 0-65535')}`, 'FRONTEND_LIMIT');
test.serial('thousands of labels', bounded, `FROM a\n${lines(20_000, (at) => `LABEL a${at}=1`)}`, 'FRONTEND_LIMIT');
test.serial('hundreds of thousands of rows', bounded, `FROM a\n${lines(100_000, () => 'USER b')}`, 'FRONTEND_LIMIT');
test.serial('thousands of triggers', bounded, `FROM a\n${lines(30_000, () => 'ONBUILD USER b')}`, 'FRONTEND_LIMIT');
test.serial('a name of 60,000 letters', bounded, `FROM a\nENV ${'x'.repeat(60_000)}=1\nUSER $${'x'.repeat(60_001)}\n`, undefined);
test.serial('thousands of commands of which only the last counts', bounded, `FROM a\n${lines(30_000, () => 'CMD b')}`, undefined);
