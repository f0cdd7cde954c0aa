/** Jest runs TypeScript through swc in CommonJS mode; packages that only ship ES modules are transformed too. */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  resolver: '<rootDir>/test/support/jest-resolver.cjs',
  transform: {
    '\\.(t|m?j)s$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: ['/node_modules/(?!(@middy|fauxqs|cookie|p-map|ulid|yaml)/)'],
};
