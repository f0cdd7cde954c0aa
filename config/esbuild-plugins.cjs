/** Compiles the stage's policy into the bundles: `import { policy } from 'compiled-policy'`. */
const { policy } = require('./policy-to-stack.cjs');

module.exports = () => [
  {
    name: 'compiled-policy',
    setup(build) {
      build.onResolve({ filter: /^compiled-policy$/ }, ({ path }) => ({
        path,
        namespace: 'compiled-policy',
      }));
      build.onLoad({ filter: /.*/, namespace: 'compiled-policy' }, async () => ({
        contents: `export const policy = ${JSON.stringify(await policy())};`,
        loader: 'js',
      }));
    },
  },
];
