/** Jest runs TypeScript through swc in CommonJS mode; packages that only ship ES modules are transformed too. */
const common = {
  rootDir: __dirname,
  testEnvironment: 'node',
  resolver: '<rootDir>/test/support/jest-resolver.cjs',
  transform: {
    '\\.(t|m?j)s$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  // `npm run mutation` keeps a copy of the project there while it runs.
  modulePathIgnorePatterns: ['<rootDir>/.local/mutation/'],
  transformIgnorePatterns: ['/node_modules/(?!(@middy|fauxqs|cookie|p-map|ulid|yaml)/)'],
};

module.exports = {
  // Worst case of a test that waits for the local AWS on a busy machine; most take milliseconds.
  testTimeout: 60_000,
  reporters: ['default', '<rootDir>/test/support/closing-line-reporter.cjs'],
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/test/unit/**/*.test.ts'] },
    {
      ...common,
      displayName: 'stack',
      testMatch: ['<rootDir>/test/{contract,flow,template}/**/*.test.ts'],
      globalSetup: '<rootDir>/test/support/package-stages.ts',
    },
  ],
};
