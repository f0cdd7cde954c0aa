const ACCOUNT_ROOT = require('./account-root.cjs');

/**
 * The conditions under which a message is kept out of an intake of the stack: it comes neither from the target's role, nor
 * from the topic that feeds the intake, nor from the role that the parameter `operatorRole` names. That one may put the
 * messages of the failure queue back: SQS's redrive sends them as whoever has started it.
 */
async function exceptFrom({ resolveVariable }, roles, sources) {
  const operator = await resolveVariable('param:operatorRole');
  if (operator !== '' && !/^arn:[a-z-]+:iam::\d{12}:role\/.+$/.test(operator)) {
    throw new Error(`the parameter operatorRole is "${operator}": it must be the ARN of a role`);
  }
  const principals = [
    ...roles.map((role) => ({ 'Fn::GetAtt': [role, 'Arn'] })),
    ...(operator === '' ? [] : [operator]),
  ];
  return {
    ArnNotEquals: {
      ...(principals.length === 0 ? {} : { 'aws:PrincipalArn': principals }),
      ...(sources.length === 0 ? {} : { 'aws:SourceArn': sources.map((topic) => ({ Ref: topic })) }),
    },
  };
}

module.exports.target = (framework) => exceptFrom(framework, ['TargetRole'], []);
module.exports.reported = (framework) => exceptFrom(framework, ['ReportedRole'], []);
module.exports.misnamed = (framework) => exceptFrom(framework, [], ['MisnamedFailures']);
/** Nobody but the account's root user: a condition has to name somebody. */
module.exports.nobody = async (framework) => {
  const { ArnNotEquals } = await exceptFrom(framework, [], []);
  return {
    ArnNotEquals: { 'aws:PrincipalArn': [ACCOUNT_ROOT, ...(ArnNotEquals['aws:PrincipalArn'] ?? [])] },
  };
};
