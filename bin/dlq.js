#!/usr/bin/env node
// The command line is TypeScript, which Node reads from version 24 on. An older Node hands over to the project's own.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const LEAST_NODE_MAJOR = 24;
const own = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));

if (Number(process.versions.node.split('.')[0]) >= LEAST_NODE_MAJOR) {
  const { main } = await import('../src/cli/main.ts');
  process.exitCode = await main(process.argv.slice(2));
} else if (existsSync(own)) {
  const { status } = spawnSync(own, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
} else {
  process.stderr.write(
    `dlq needs Node ${LEAST_NODE_MAJOR}, this is ${process.versions.node}: run npm ci in the project first\n`,
  );
  process.exitCode = 2;
}
