/** What serverless.yml takes from the policy: `${file(./config/policy-to-stack.cjs):mappings}` and `:statements`. */
const { join } = require('node:path');
const { load } = require('./typescript-parts.cjs');

const ROOT = join(__dirname, '..');

let stack;

/** The framework asks once per reference: the policy is read once. */
async function stackOf(framework) {
  stack ??= load('policy/stack-of-stage.ts').then(({ stackOfStage }) => stackOfStage(ROOT, framework));
  return stack;
}

module.exports.mappings = async (framework) => (await stackOf(framework)).mappings;
module.exports.statements = async (framework) => (await stackOf(framework)).statements;
