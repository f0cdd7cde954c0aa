/** Any credentials will do: calls must be signed, and nobody checks the signature. */
export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

export type SdkSettings = {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: typeof CREDENTIALS;
};

/** What an SDK client is made with to speak to a local AWS, whatever the environment of its process says. */
export function sdkSettings(aws: { readonly endpoint: string; readonly region: string }): SdkSettings {
  return { endpoint: aws.endpoint, region: aws.region, credentials: CREDENTIALS };
}
