export default {
  files: ['core/test/**/*.test.ts', 'plugins/*/test/**/*.test.ts', 'test/**/*.test.ts'],
  extensions: ['ts', 'js'],
  nodeArguments: ['--conditions=varve-source'],
  workerThreads: false,
  concurrency: 3,
  timeout: '4m',
};
