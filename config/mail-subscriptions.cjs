/** Subscriptions by mail, each there only when its parameter names an address. */
const TOPIC_OF = {
  alertMail: 'AlertTopic',
  watchMail: 'WatchTopic',
  misnamedMail: 'MisnamedFailures',
};

module.exports = async ({ resolveVariable }) => {
  const resources = {};
  for (const [parameter, topic] of Object.entries(TOPIC_OF)) {
    const address = await resolveVariable(`param:${parameter}`);
    if (address === '') continue;
    resources[`${topic}Mail`] = {
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: { Ref: topic }, Protocol: 'email', Endpoint: address },
    };
  }
  return resources;
};
