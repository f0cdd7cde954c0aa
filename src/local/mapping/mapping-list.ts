import { createHash } from 'node:crypto';
import { jsonAnswer, type Service } from '../front.ts';
import type { MappingDefinition } from './event-source-mapping.ts';

/** A mapping, and whether it polls its queue just now. */
export type ListedMapping = MappingDefinition & { readonly polls: boolean };

const LIST = /^\/2015-03-31\/event-source-mappings\/?$/;

/** Lambda, with `ListEventSourceMappings` of the mappings that there are. All of them fit into one page. */
export function withMappingList(
  lambda: Service,
  mappings: readonly ListedMapping[],
  arnPrefix: string,
): Service {
  return async (call) => {
    const { pathname, searchParams } = new URL(call.url, 'http://127.0.0.1');
    if (call.method !== 'GET' || !LIST.test(pathname)) return lambda(call);
    const source = searchParams.get('EventSourceArn');
    const named = searchParams.get('FunctionName');
    const isMeant = ({ queueArn, functionName }: ListedMapping): boolean =>
      (source === null || queueArn === source) && (named === null || functionName === named);
    return jsonAnswer(200, {
      EventSourceMappings: mappings.filter(isMeant).map((mapping) => ({
        UUID: uuidOf(mapping),
        EventSourceArn: mapping.queueArn,
        FunctionArn: `${arnPrefix}${mapping.functionName}`,
        BatchSize: mapping.batchSize,
        MaximumBatchingWindowInSeconds: mapping.windowSeconds,
        State: mapping.polls ? 'Enabled' : 'Disabled',
      })),
    });
  };
}

/** The same for the same mapping, whenever it is asked for. */
function uuidOf({ queueArn, functionName }: MappingDefinition): string {
  const hex = createHash('sha256').update(`${queueArn} ${functionName}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
