/** The mail subscription of the topic variant: there only when the parameter `misnamedMail` names an address. */
module.exports = async ({ resolveVariable }) => {
  const address = await resolveVariable('param:misnamedMail');
  if (address === '') return {};
  return {
    MisnamedMail: {
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: { Ref: 'MisnamedFailures' }, Protocol: 'email', Endpoint: address },
    },
  };
};
