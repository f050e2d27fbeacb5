import { COMMANDS, createKernel, definePlugin } from '@varve/core';
import { temporaryDir } from '@varve/core/testing';
import test from 'ava';

test('the example of the README works', async (t) => {
  const greeter = definePlugin({
    name: 'greeter',
    core: '^0.1.0',
    apply({ contribute }) {
      contribute(COMMANDS, [], () => ({
        name: 'greet',
        summary: 'Say hello',
        async run({ stdout }) {
          stdout.write('hello\n');
          return 0;
        },
      }));
    },
  });
  await using kernel = createKernel({ root: temporaryDir(t), plugins: [greeter] });
  t.deepEqual(
    kernel.all(COMMANDS).map((command) => command.name),
    ['greet'],
  );
});
