/** What serverless.yml takes from the policy: `${file(./config/policy-to-stack.cjs):mappings}`, `:alarms`, `:statements`,
 * `:releaserStatements`. */
const { join } = require('node:path');
const { load } = require('./typescript-parts.cjs');

const ROOT = join(__dirname, '..');

let stack;

/**
 * The framework asks once per reference: the policy is read once. It asks again when a variable could not be resolved in
 * its first round, in which parameters are not yet known, so a failure is not remembered.
 */
async function stackOf(framework) {
  stack ??= load('policy/stack-of-stage.ts')
    .then(({ stackOfStage }) => stackOfStage(ROOT, framework))
    .catch((error) => {
      stack = undefined;
      throw error;
    });
  return stack;
}

module.exports.mappings = async (framework) => (await stackOf(framework)).mappings;
module.exports.alarms = async (framework) => (await stackOf(framework)).alarms;
module.exports.statements = async (framework) => (await stackOf(framework)).statements;
module.exports.releaserStatements = async (framework) => (await stackOf(framework)).releaserStatements;

/** The policy that the stack was made from, for the bundle: both know the same queues as adopted. */
module.exports.policy = async () => {
  if (stack === undefined) throw new Error('serverless.yml no longer takes its mappings from the policy');
  return (await stack).policy;
};
