/** Which folder may import which. Arrows point at recovery/, and recovery/ points at nobody. */
module.exports = {
  forbidden: [
    {
      name: 'recovery-is-pure',
      comment: 'The core decides; it has no SDK, no I/O, no clock. Only node:crypto, for digests, is let in.',
      severity: 'error',
      from: { path: '^src/recovery/' },
      to: { pathNot: ['^src/recovery/', '^(node:)?crypto$'] },
    },
    {
      name: 'aws-knows-only-recovery',
      comment: 'An adapter carries out what it is told; it knows neither the handlers nor the local AWS.',
      severity: 'error',
      from: { path: '^src/aws/' },
      to: { path: '^src/', pathNot: ['^src/aws/', '^src/recovery/'] },
    },
    {
      name: 'handlers-know-no-tools',
      comment: 'What is deployed must not reach for the local AWS, the demonstration or the packaging.',
      severity: 'error',
      from: { path: '^src/(handlers|aws|recovery)/' },
      to: { path: '^src/(local|demo|policy|cli)/', pathNot: '^src/policy/compiled-policy' },
    },
    {
      name: 'local-knows-no-dead-events',
      comment: 'The local AWS stands in for AWS: it must not know the product that it runs.',
      severity: 'error',
      from: { path: '^src/local/' },
      to: { path: '^src/', pathNot: '^src/local/' },
    },
    {
      name: 'cli-knows-no-handlers',
      comment:
        'The command line uses the core and its adapters, and what it shows stands on no Lambda function.',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: '^src/(handlers|local|demo)/' },
    },
    {
      name: 'policy-knows-only-recovery',
      severity: 'error',
      from: { path: '^src/policy/' },
      to: { path: '^src/', pathNot: ['^src/policy/', '^src/recovery/'] },
    },
    {
      name: 'no-test-code-in-the-product',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.d\\.ts$' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.cjs', '.js'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
