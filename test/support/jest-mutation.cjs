const { projects } = require('../../jest.config.cjs');

/** The unit tests of the judgement and the matcher alone: Stryker runs one project, and knows no display names. */
const { displayName: _, ...unit } = projects[0];

module.exports = {
  ...unit,
  testMatch: ['<rootDir>/test/unit/{classify,facts,fingerprint,judge,pattern*,rules}.test.ts'],
};
