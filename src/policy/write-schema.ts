import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { policySchema } from './policy-schema.ts';

/** Writes the schema that editors read beside `policy.yml`: `npm run schema`. */
const FILE = join(import.meta.dirname, '..', '..', 'policy.schema.json');

const options = (await resolveConfig(FILE)) ?? {};
await writeFile(FILE, await format(JSON.stringify(policySchema()), { ...options, filepath: FILE }));
