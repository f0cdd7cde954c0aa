import { zipSync } from 'fflate';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalAws, type LocalAws, type LocalAwsOptions } from '../../src/local/local-aws.ts';

/** A function of a test's own stack: its source, and what differs from the defaults below. */
export type SmallFunction = { readonly source: string; readonly properties?: Record<string, unknown> };

/** The deployment package of a source: the same bytes whenever it is made. */
export function packageOf(source: string): Uint8Array {
  return zipSync({ 'index.js': [Buffer.from(source), { mtime: '2026-01-01T00:00:00' }] });
}

/** A stack of a test's own, packaged as the framework does it: a template and a zip for each function. */
export type SmallStack = {
  readonly functions?: Readonly<Record<string, SmallFunction>>;
  readonly resources?: Readonly<Record<string, unknown>>;
};

/** Brings up a small stack; stopping it removes what was packaged. */
export async function startSmallStack(
  { functions = {}, resources = {} }: SmallStack,
  options: Partial<LocalAwsOptions> = {},
): Promise<LocalAws> {
  const packageDir = await mkdtemp(join(tmpdir(), 'small-stack-'));
  const definitions: Record<string, unknown> = {};
  for (const [name, { source, properties }] of Object.entries(functions)) {
    await writeFile(join(packageDir, `${name}.zip`), packageOf(source));
    definitions[`${name}Function`] = {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: name,
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        Role: 'arn:aws:iam::000000000000:role/any',
        Timeout: 3,
        MemorySize: 128,
        Code: { S3Bucket: 'deployment', S3Key: `serverless/${name}.zip` },
        ...properties,
      },
    };
  }
  const template = { Resources: { ...definitions, ...resources } };
  await writeFile(join(packageDir, 'cloudformation-template-update-stack.json'), JSON.stringify(template));
  const clear = (): Promise<void> => rm(packageDir, { recursive: true, force: true });
  try {
    const aws = await startLocalAws({ packageDir, lambdaSpeed: 1000, ...options });
    return {
      ...aws,
      stop: async () => {
        await aws.stop();
        await clear();
      },
    };
  } catch (error) {
    await clear();
    throw error;
  }
}
