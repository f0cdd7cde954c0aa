import type { StoredObject, ArchiveRange } from '../../aws/archive-objects.ts';
import type { FunctionLogs } from '../../aws/function-logs.ts';
import type { Archive, Circuits, Operations, Waker } from '../../recovery/ports.ts';
import { findDeployment, problemOf, type Deployment, type DeploymentFlags } from '../deployment.ts';

/** All that the commands of an operator work with. */
export type Desk = {
  readonly deployment: Deployment;
  readonly circuits: Circuits;
  readonly operations: Operations;
  readonly archive: Archive;
  readonly objects: (range: Omit<ArchiveRange, 'bucket'>) => AsyncIterable<StoredObject>;
  readonly logs: FunctionLogs;
  readonly waker: Waker;
  /** As AWS knows whoever runs the command. */
  readonly whoAmI: () => Promise<string>;
};

/** Does some work at a deployed stage. Throws a Misuse that says what AWS has against it. */
export async function atDesk<T>(flags: DeploymentFlags, work: (desk: Desk) => Promise<T>): Promise<T> {
  const deployment = await findDeployment(flags);
  const { openDesk } = await import('./open-desk.ts');
  const { desk, close } = openDesk(deployment);
  try {
    return await work(desk);
  } catch (error) {
    throw problemOf(error, `stage ${deployment.stage} in ${deployment.region}`);
  } finally {
    close();
  }
}
