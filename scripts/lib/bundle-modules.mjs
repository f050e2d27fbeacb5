// One text of all modules that an entry reaches, each a function that is called when something of its module is first used.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { build, transform } from 'esbuild';

/**
 * A bundler of one scope evaluates at start whatever is imported anywhere: of a small build, 770 modules, of which it uses 250, and V8 reads
 * what it knows of the others, too. Here an imported name is looked up where it is used, and `varve.mjs` runs the modules.
 *
 * Returns the text, a name for what is in it, and what licences ask to be passed on.
 */
export async function bundleModules({ entry, ...options }) {
  const graph = await build({
    outdir: options.absWorkingDir,
    ...options,
    entryPoints: { bundle: entry },
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    legalComments: 'linked',
  });
  const { inputs } = graph.metafile;
  const all = Object.keys(inputs);
  const modules = new Map(await Promise.all(all.map(async (file) => [file, await readModule(file, { inputs, options })])));
  const ids = reachedFrom(entry, { inputs, modules, ids: new Map(all.map((file, id) => [file, id])) });
  const context = { inputs, modules, ids };
  const functions = await Promise.all([...ids.keys()].map((file) => minifiedFunction(codeOf(modules.get(file), context), options)));
  const text = `(function(){${await helpers(options)}return{\n${functions.map((code, id) => `${id}:${code}`).join(',\n')}\n}})\n`;
  const licences = graph.outputFiles.find(({ path }) => path.endsWith('.LEGAL.txt'))?.text ?? '';
  return { text, hash: createHash('sha256').update(text).digest('hex').slice(0, 8), licences };
}

/** What newer syntax becomes for older Nodes calls these. */
async function helpers({ target }) {
  const { code } = await transform('async function f() { await using a = b; using c = d; }', { target });
  return await minified(code.slice(0, code.indexOf('async function f')), { target });
}
const minified = async (code, { target }) =>
  (await transform(code, { target, minifySyntax: true, minifyWhitespace: true, legalComments: 'none' })).code.trim();

const HEADER_END = 'module.exports = __toCommonJS(stdin_exports);\n';
const IMPORT = /^var (\w+) = (?:__toESM\()?require\("([^"]+)"\)\)?;$/gm;

/** What a module imports and exports, and its code without either. */
async function readModule(file, { inputs, options }) {
  const { format, imports } = inputs[file];
  const targets = new Map(imports.map(({ original, path }) => [original ?? path, path]));
  const source = readFileSync(`${options.absWorkingDir}/${file}`, 'utf8');
  const shared = { loader: file.endsWith('.ts') ? 'ts' : 'js', platform: 'node', target: options.target };
  if (format === 'cjs') return { file, format, targets, code: (await transform(source, shared)).code };
  const { code } = await transform(source, { ...shared, format: 'cjs', define: { 'import.meta.url': '$.url' } });
  const at = code.indexOf(HEADER_END);
  const [, listed = ''] = /__export\(stdin_exports, \{\n([\s\S]*?)\n\}\);/.exec(at === -1 ? '' : code.slice(0, at)) ?? [];
  const exports = new Map([...listed.matchAll(/^\s*"?([^":]+)"?: \(\) => (.*?),?$/gm)].map(([, name, value]) => [name, value]));
  const names = new Map();
  const rest = code
    .slice(at === -1 ? 0 : at + HEADER_END.length)
    .replace(/\n\/\/ Annotate the CommonJS export names[\s\S]*$/, '\n')
    .replace(IMPORT, (_, name, specifier) => {
      if (!name.startsWith('import_')) return `var ${name} = require("${specifier}");`; // import * as name: others may be called so, too
      names.set(name, specifier);
      return '';
    });
  return { file, format, targets, code: rest, exports, names };
}

/** New numbers for the modules that are asked for anywhere: of those that only pass names on, most are not. */
function reachedFrom(entry, context) {
  const files = [...context.ids.keys()];
  const reached = new Set([entry]);
  for (const file of reached)
    for (const [, id] of codeOf(context.modules.get(file), context).matchAll(/\$\((\d+)\)/g)) reached.add(files[id]);
  return new Map([...reached].map((file, id) => [file, id]));
}

const minifiedFunction = async (body, options) =>
  (await minified(`made = function (exports, module, $) {${body}\n};`, options)).slice('made='.length, -1);

const codeOf = (module, context) => (module.format === 'cjs' ? askAtOnce(module.code, module, context) : codeOfModule(module, context));

/** How a module is asked for; those of Node itself by their names. */
function ask(specifier, { targets }, { ids }) {
  const id = ids.get(targets.get(specifier));
  return id === undefined ? `$.node(${JSON.stringify(specifier)})` : `$(${id})`;
}

/** The same for `import()`. A CommonJS module is its default export. */
function askForAll(specifier, module, context) {
  const asked = ask(specifier, module, context);
  return context.inputs[module.targets.get(specifier)]?.format === 'cjs' ? `({ default: ${asked} })` : asked;
}

const askAtOnce = (code, module, context) =>
  code.replace(/\brequire\("([^"]+)"\)/g, (all, specifier) => (module.targets.has(specifier) ? ask(specifier, module, context) : all));

function codeOfModule(module, context) {
  const { code, exports, names } = module;
  const [first, last] = [[], []]; // functions can be called before the code has run; what may change is looked up each time
  for (const [name, value] of exports) {
    const isDeclared = (how) => new RegExp(`^${how} ${value.replaceAll('$', '\\$')}\\b`, 'm').test(code);
    if (isDeclared('(?:async )?function\\*?')) first.push(`exports.${name} = ${value};`);
    else if (value === 'stdin_default' || isDeclared('(?:const|class)')) last.push(`exports.${name} = ${value};`);
    else first.push(`$.get(exports, "${name}", () => ${value});`);
  }
  const text = [...first, code, ...last].join('\n');
  const used = new Set();
  const linked = text
    .replace(
      /__reExport\(stdin_exports, require\("([^"]+)"\), module.exports\);/g,
      (_, name) => `$.all(exports, ${ask(name, module, context)});`,
    )
    .replace(/\bimport\("([^"]+)"\)/g, (all, name) =>
      module.targets.has(name) ? `$.later(() => ${askForAll(name, module, context)})` : all,
    )
    .replace(/(?<![\w$]|(?<!\.\.)\.)(import_\w+)\b(?:\.([\w$]+))?/g, (all, name, member) => {
      if (!names.has(name)) return all;
      used.add(name);
      return use(module, { name, member }, context);
    });
  const variables = new Set([...linked.matchAll(/\((\$\w+) \?\?= /g)].map(([, variable]) => variable));
  const declared = variables.size > 0 ? `let ${[...variables].join(', ')};` : '';
  const bare = [...names].filter(([name]) => !used.has(name)).map(([, specifier]) => `${ask(specifier, module, context)};`);
  return `"use strict"; ${declared}${bare.join('')}\n${askAtOnce(linked, module, context)}`;
}

/** An imported name where it is used: taken from the module that has it of its own, through all that pass it on. */
function use(module, { name, member }, context) {
  const specifier = module.names.get(name);
  const file = module.targets.get(specifier);
  const target = context.modules.get(file);
  if (specifier === 'node:process') return member === undefined || member === 'default' ? 'process' : `process.${member}`;
  if (target?.format === 'esm') {
    const [, through, inner] = /^(import_\w+)\.([\w$]+)$/.exec(target.exports.get(member) ?? '') ?? [];
    const isModule = context.modules.get(target.targets.get(target.names.get(through)))?.format === 'esm';
    if (isModule) return use(target, { name: through, member: inner }, context);
  }
  const asked = ask(specifier, module, context);
  const variable = `$${asked.replace(/^\$\(|\)$|^\$\.node/g, '').replaceAll(/\W/g, '_')}`;
  // A CommonJS module is its default export
  const rest = member === undefined || (member === 'default' && target?.format !== 'esm') ? '' : `.${member}`;
  return `(${variable} ??= ${asked})${rest}`;
}
