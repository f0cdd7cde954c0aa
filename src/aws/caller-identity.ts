import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';

/**
 * Whose credentials these are: the ARN that STS knows them by, which nobody can choose; nobody needs a permission for it. Where STS
 * cannot be asked, from a network without a way to it, the id of the access key, by which IAM finds its user.
 */
export async function callerIdentity(client: STSClient): Promise<string> {
  const arn = await arnOf(client);
  if (arn !== null) return arn;
  const { accessKeyId } = await client.config.credentials();
  return `access key ${accessKeyId}`;
}

async function arnOf(client: STSClient): Promise<string | null> {
  try {
    const { Arn } = await client.send(new GetCallerIdentityCommand());
    return Arn ?? null;
  } catch {
    return null;
  }
}
