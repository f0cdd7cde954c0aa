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
const roleSchema = z.looseObject({
  Policies: z.array(z.object({ PolicyDocument: z.looseObject({ Statement: z.array(statementSchema) }) })),
});

export type GrantedStatement = { readonly actions: readonly string[]; readonly resources: readonly string[] };

/** What a role may do: its statements, with resources written as `Fn::GetAtt` and `Fn::Join` read. */
export function statementsOf(template: Template, role: string): readonly GrantedStatement[] {
  const { Policies } = roleSchema.parse(template.Resources[role]?.Properties);
  return Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement).map(({ Action, Resource }) => ({
    actions: [Action].flat(),
    resources: [Resource].flat().map((resource) => readable(resource)),
  }));
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
