/** ARN of the root user of the stack's own account, which in a policy stands for the account. */
module.exports = {
  'Fn::Join': [':', ['arn', { Ref: 'AWS::Partition' }, 'iam:', { Ref: 'AWS::AccountId' }, 'root']],
};
