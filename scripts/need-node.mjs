// The Node.js that npm scripts use comes from the node-linux-* optional dependencies;
// npm skips an optional dependency silently, so say plainly when it is not there.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 12)) {
  console.error(`Node.js ${process.version} runs this script, but 24.12 or newer is needed.`);
  console.error(
    'node_modules/.bin/node is missing: run "npm ci" again (its optional dependencies must install).',
  );
  process.exit(1);
}
