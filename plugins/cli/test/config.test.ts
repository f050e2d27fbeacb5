import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VarveError } from '@varve/core';
import test from 'ava';
import { loadToolchain } from '../src/config.ts';
import { readGlobals, rootOf } from '../src/globals.ts';
import { preset } from '../src/preset.ts';

const dir = mkdtempSync(join(tmpdir(), 'varve-config-'));
test.after.always(() => rmSync(dir, { recursive: true, force: true }));

/** A folder with these files. */
function folder(files: Readonly<Record<string, string>>): string {
  const at = mkdtempSync(join(dir, 'case-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(at, name, '..'), { recursive: true });
    writeFileSync(join(at, name), text);
  }
  return at;
}
const plugin = (name: string) => `export const it = { name: '${name}', core: '*', apply() {} };`;
const namesOf = async (at: string, named?: string) => (await loadToolchain(at, named)).plugins.map(({ name }) => name);

test('a path with wildcards is every plugin that it finds, sorted by name', async (t) => {
  const config = JSON.stringify({ plugins: ['./plugins/*.mjs'] });
  const at = folder({ 'varve.config.json': config, 'plugins/b.mjs': plugin('b'), 'plugins/a.mjs': plugin('a'), 'plugins/no.txt': '' });
  t.deepEqual(await namesOf(at), ['a', 'b']);
  const empty = folder({ 'varve.config.json': config });
  t.is((await t.throwsAsync<VarveError>(namesOf(empty)))?.code, 'PLUGIN_UNKNOWN');
});

test('without a configuration there is the preset', async (t) => {
  t.deepEqual((await loadToolchain(folder({}))).plugins, preset);
});
for (const [name, text] of [
  ['varve.config.ts', 'const plugins: string[] = ["./mine.mjs"]; export default { plugins };'],
  ['varve.config.js', 'module.exports = { plugins: ["./mine.mjs"] };'],
  ['varve.config.mjs', 'import { it } from "./mine.mjs"; export default { plugins: [[it]] };'],
  ['varve.config.json', '{ "plugins": ["./mine.mjs"] }'],
] as const)
  test(`${name} is found`, async (t) => {
    t.deepEqual(await namesOf(folder({ [name]: text, 'mine.mjs': plugin('mine') })), ['mine']);
  });
test('--config names another one, and its paths start beside it', async (t) => {
  const at = folder({ 'sub/other.json': '{ "plugins": ["./mine.mjs"], "root": "store" }', 'sub/mine.mjs': plugin('mine') });
  const toolchain = await loadToolchain(at, 'sub/other.json');
  t.deepEqual(
    toolchain.plugins.map(({ name }) => name),
    ['mine'],
  );
  t.is(toolchain.root, join(at, 'sub', 'store'));
});
test('the preset can be named among plugins, and plugins left out of it', async (t) => {
  const at = folder({
    'varve.config.json': '{ "plugins": ["varve/preset", "./mine.mjs"], "without": ["@varve/squash"] }',
    'mine.mjs': plugin('mine'),
  });
  const expected = [...preset.map(({ name }) => name).filter((name) => name !== '@varve/squash'), 'mine'];
  t.deepEqual(await namesOf(at), expected);
});
test('a package beside the configuration is a plugin module', async (t) => {
  const at = folder({
    'varve.config.json': '{ "plugins": ["their-plugin"] }',
    'node_modules/their-plugin/package.json': '{ "name": "their-plugin", "type": "module", "exports": "./index.js" }',
    'node_modules/their-plugin/index.js': plugin('theirs'),
  });
  t.deepEqual(await namesOf(at), ['theirs']);
});

const refuses = test.macro(async (t, files: Readonly<Record<string, string>>, code: string, message: RegExp) => {
  const error = await t.throwsAsync(() => loadToolchain(folder(files)));
  t.is(VarveError.is(error) ? error.code : error, code);
  t.regex(error?.message ?? '', message);
});
test(
  'an unknown member is refused with the one that was meant',
  refuses,
  { 'varve.config.json': '{ "plugin": [] }' },
  'CONFIG_INVALID',
  /plugin: there is no such member \(did you mean plugins\?\)/,
);
test(
  'all mistakes are told at once',
  refuses,
  { 'varve.config.json': '{ "plugins": 1, "root": 2 }' },
  'CONFIG_INVALID',
  /plugins: expected a list, found 1\n {2}root: expected a path, found 2/,
);
test('a list is no configuration', refuses, { 'varve.config.json': '[]' }, 'CONFIG_INVALID', /expected an object, found \[\]/);
test('what is no JSON is refused', refuses, { 'varve.config.json': '{' }, 'CONFIG_INVALID', /cannot be loaded/);
test(
  'a configuration that throws is refused',
  refuses,
  { 'varve.config.mjs': 'throw new Error("boom")' },
  'CONFIG_INVALID',
  /cannot be loaded: boom/,
);
test(
  'a configuration without a default export is refused',
  refuses,
  { 'varve.config.mjs': 'export const x = 1' },
  'CONFIG_INVALID',
  /exports no default/,
);
test(
  'an unknown plugin is refused',
  refuses,
  { 'varve.config.json': '{ "plugins": ["no-such-plugin"] }' },
  'PLUGIN_UNKNOWN',
  /No plugin module "no-such-plugin"/,
);
test(
  'a module without a plugin is refused',
  refuses,
  { 'varve.config.json': '{ "plugins": ["./x.mjs"] }', 'x.mjs': 'export const x = 1' },
  'PLUGIN_UNKNOWN',
  /exports no plugin/,
);
test(
  'leaving out what is not there is refused',
  refuses,
  { 'varve.config.json': '{ "without": ["@varve/sqash"] }' },
  'PLUGIN_UNKNOWN',
  /did you mean @varve\/squash\?/,
);
test('a configuration that is named must be there', async (t) => {
  const error = await t.throwsAsync(() => loadToolchain(dir, 'nothing.json'));
  t.true(VarveError.is(error) && error.code === 'CONFIG_MISSING');
});

test('global options stand before the command', (t) => {
  t.deepEqual(readGlobals(['--root=/r', '--debug', '--config', 'c', 'build', '--root', '/x']), { root: '/r', debug: true, config: 'c' });
});
test('the root is the option, the environment, the configuration, the usual place: in this order', (t) => {
  const usual = process.getuid?.() === 0 ? '/var/lib/varve' : '/data/varve';
  const env = { VARVE_ROOT: '/env', XDG_DATA_HOME: '/data' };
  t.is(rootOf({ root: '/option', debug: false }, '/config', env), '/option');
  t.is(rootOf({ debug: false }, '/config', env), '/env');
  t.is(rootOf({ debug: false }, '/config', { ...env, VARVE_ROOT: '' }), '/config');
  t.is(rootOf({ debug: false }, undefined, { XDG_DATA_HOME: '/data' }), usual);
});
