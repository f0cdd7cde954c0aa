/** Mutation testing of the judgement and the matcher: does a test notice when their code says something else? */
module.exports = {
  mutate: ['src/recovery/{category,classify,facts,fingerprint,judge}.ts', 'src/recovery/pattern/*.ts'],
  testRunner: 'jest',
  plugins: ['@stryker-mutator/jest-runner'],
  jest: { configFile: 'test/support/jest-mutation.cjs' },
  coverageAnalysis: 'perTest',
  // Below this share of mutants killed, in percent, the command fails.
  thresholds: { high: 95, low: 90, break: 85 },
  // A test that runs this much longer than without the mutant is taken for an endless loop: two cores are busy.
  timeoutMS: 10_000,
  reporters: ['progress-append-only', 'clear-text', 'html'],
  htmlReporter: { fileName: '.local/mutation/report.html' },
  tempDirName: '.local/mutation/sandbox',
  cleanTempDir: 'always',
  ignorePatterns: ['.local', '.serverless', '.esbuild', 'coverage'],
  // swc checks no types, and TypeScript 7 has no API with which Stryker could rewrite a tsconfig: a name that no file has.
  disableTypeChecks: false,
  tsconfigFile: 'none.json',
};
