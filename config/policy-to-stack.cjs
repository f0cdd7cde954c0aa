/** What serverless.yml takes from the policy: `${file(./config/policy-to-stack.cjs):mappings}` and `:statements`. */
const { join } = require('node:path');
const { load } = require('./typescript-parts.cjs');

const ROOT = join(__dirname, '..');

let stack;

/** The framework asks once per reference: the policy is read once. */
async function stackOf({ resolveVariable }) {
  stack ??= (async () => {
    const [{ loadPolicy }, { stackFromPolicy }] = await Promise.all([
      load('policy/load-policy.ts'),
      load('policy/stack-from-policy.ts'),
    ]);
    const stage = await resolveVariable('sls:stage');
    const windowSeconds = await resolveVariable('self:custom.batchWindowSeconds');
    const policy = await loadPolicy(ROOT, stage);
    return stackFromPolicy(policy, {
      consumer: 'ConsumerLambdaFunction',
      role: 'ConsumerRole',
      windowSeconds,
    });
  })();
  return stack;
}

module.exports.mappings = async (framework) => (await stackOf(framework)).mappings;
module.exports.statements = async (framework) => (await stackOf(framework)).statements;
