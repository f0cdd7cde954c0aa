declare module 'dynalite' {
  import type { Server } from 'node:http';
  /** An HTTP server that answers as DynamoDB does, in memory unless given a path. */
  const dynalite: (options?: { readonly createTableMs?: number }) => Server;
  export = dynalite;
}
