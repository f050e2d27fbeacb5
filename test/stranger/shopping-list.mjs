// A frontend that nobody in this repository knows: a list of things to write, one a line, with a kind of step of its own.
const kind = 'stranger-note';

const frontend = {
  name: 'shopping-list',
  async parse(source) {
    const lines = (await source.text()).split('\n');
    const steps = lines.flatMap((text, i) =>
      text.trim() === '' ? [] : [{ kind, title: text, text, source: { file: source.file, startLine: i + 1, endLine: i + 1 } }],
    );
    return { stages: [{ name: 'list', base: { kind: 'scratch' }, steps }], target: 'list' };
  },
};

const handler = {
  fingerprint: async ({ text }) => ({ text }),
  async execute({ text }) {
    const bytes = Buffer.from(`${text}\n`);
    const file = { type: 'file', path: text.replaceAll(' ', '-'), mode: 0o644, uid: 0, gid: 0, size: bytes.length };
    const index = [{ ...file, mtime: { seconds: 0, nanoseconds: 0 } }];
    return { kind: 'layer', draft: { index, content: () => ({ kind: 'bytes', bytes }) } };
  },
};

export default {
  name: 'stranger-shopping-list',
  core: '^0.1.0',
  apply({ hooks }) {
    hooks.frontend.tap(async ({ file }) => (file.endsWith('.list') ? frontend : undefined), { stage: -100 });
    hooks.handler.tap(async (step) => (step.kind === kind ? handler : undefined));
  },
};
