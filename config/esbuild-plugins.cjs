/** Compiles the stage's policy into the bundle: `import { policy } from 'compiled-policy'`. */
const { join } = require('node:path');
const { load } = require('./typescript-parts.cjs');

const ROOT = join(__dirname, '..');

module.exports = (serverless) => [
  {
    name: 'compiled-policy',
    setup(build) {
      build.onResolve({ filter: /^compiled-policy$/ }, ({ path }) => ({
        path,
        namespace: 'compiled-policy',
      }));
      build.onLoad({ filter: /.*/, namespace: 'compiled-policy' }, async () => {
        const { loadPolicy } = await load('policy/load-policy.ts');
        const policy = await loadPolicy(ROOT, serverless.getProvider('aws').getStage());
        return { contents: `export const policy = ${JSON.stringify(policy)};`, loader: 'js' };
      });
    },
  },
];
