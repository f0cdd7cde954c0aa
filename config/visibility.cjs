/**
 * Visibility timeout of the stack's own intakes, in seconds: six times the consumer's timeout and the batch window, as the
 * Lambda developer guide asks.
 */
module.exports = async ({ resolveVariable }) => {
  const timeout = await resolveVariable('self:functions.consumer.timeout');
  const window = await resolveVariable('self:custom.batchWindowSeconds');
  return 6 * timeout + window;
};
