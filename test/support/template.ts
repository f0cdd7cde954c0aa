import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { packageDirOf, type STAGES } from './packaged-stages.ts';

const templateSchema = z.looseObject({
  Resources: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      Properties: z.record(z.string(), z.unknown()).default({}),
      DeletionPolicy: z.string().optional(),
      UpdateReplacePolicy: z.string().optional(),
    }),
  ),
});

export type Template = z.infer<typeof templateSchema>;

/** The CloudFormation template that was packaged for a stage. */
export function templateOf(stage: (typeof STAGES)[number]): Template {
  const file = join(packageDirOf(stage), 'cloudformation-template-update-stack.json');
  return templateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** The resources of one type, by logical id. */
export function ofType(template: Template, type: string): Record<string, Template['Resources'][string]> {
  return Object.fromEntries(
    Object.entries(template.Resources).filter(([, resource]) => resource.Type === type),
  );
}

const statementSchema = z.strictObject({
  Effect: z.literal('Allow'),
  Action: z.union([z.string(), z.array(z.string())]),
  Resource: z.unknown(),
});
const documentSchema = z.looseObject({ Statement: z.array(statementSchema) });
const roleSchema = z.looseObject({ Policies: z.array(z.object({ PolicyDocument: documentSchema })) });
const attachedSchema = z.looseObject({
  Roles: z.array(z.object({ Ref: z.string() })),
  PolicyDocument: documentSchema,
});

/** What each role may do, by its logical id: its actions in one text, then the resources, written as they read. */
export function grantsOf(template: Template): Readonly<Record<string, readonly (readonly string[])[]>> {
  const grants = Object.entries(ofType(template, 'AWS::IAM::Role')).map(([role, { Properties }]) => {
    return [
      role,
      roleSchema.parse(Properties).Policies.flatMap((one) => grantsIn(one.PolicyDocument)),
    ] as const;
  });
  const attached = Object.values(ofType(template, 'AWS::IAM::Policy')).flatMap(({ Properties }) => {
    const { Roles, PolicyDocument } = attachedSchema.parse(Properties);
    return Roles.map(({ Ref }) => [Ref, grantsIn(PolicyDocument)] as const);
  });
  const byRole = Map.groupBy([...grants, ...attached], ([role]) => role);
  return Object.fromEntries([...byRole].map(([role, lists]) => [role, lists.flatMap(([, list]) => list)]));
}

function grantsIn({ Statement }: z.infer<typeof documentSchema>): readonly (readonly string[])[] {
  return Statement.map(({ Action, Resource }) => [
    [Action].flat().join(' '),
    ...[Resource].flat().map((resource) => readable(resource)),
  ]);
}

/** A template value as one line: `TargetDlq.Arn`, `arn:${Partition}:sqs:…`. */
export function readable(value: unknown): string {
  const reference = z
    .union([
      z.strictObject({ Ref: z.string() }).transform(({ Ref }) => `\${${Ref.replace('AWS::', '')}}`),
      z
        .strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) })
        .transform((get) => get['Fn::GetAtt'].join('.')),
      z
        .strictObject({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) })
        .transform(({ 'Fn::Join': [separator, parts] }) => parts.map(readable).join(separator)),
      z.string(),
    ])
    .safeParse(value);
  return reference.success ? reference.data : JSON.stringify(value);
}
