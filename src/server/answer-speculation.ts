// One request of the gateway about an open transaction, at the machine.
import { splitRequest } from '../machine/request-codec.ts';
import type { RequestDecoder } from '../machine/request-codec.ts';
import type { EarlierStatements } from '../machine/earlier-statements.ts';
import type { Machine } from '../machine/machine.ts';
import { isRecorded } from '../machine/recorded-request.ts';
import type { Speculated } from '../machine/speculation.ts';
import { assert } from '../util/assert.ts';
import { readParts } from './statement-file.ts';
import type { EarlierInFile, SpeculationRequest } from './thread-messages.ts';

/** null: it is forgotten. Throws MachineHalted. */
export function answerSpeculation(
  machine: Machine,
  decoder: RequestDecoder,
  asked: Exclude<SpeculationRequest, { kind: 'propose' }>,
): Speculated | null {
  if (asked.kind === 'forget') {
    machine.forgetSpeculation(asked.id);
    return null;
  }
  const { id, isWhole, isKept, standsAlone, uses, sessionId } = asked;
  const earlier = asked.earlier === null ? undefined : earlierIn(asked.earlier, decoder);
  const request = decoder.decode(splitRequest(asked.request));
  return machine.speculate({
    id,
    isWhole,
    earlier,
    isKept,
    standsAlone,
    uses,
    sessionId,
    request,
  });
}

function earlierIn(
  { count, changesSchema, parts }: EarlierInFile,
  decoder: RequestDecoder,
): EarlierStatements {
  return {
    count,
    changesSchema,
    *requests() {
      for (const part of readParts(parts)) {
        const request = decoder.decode(splitRequest(part));
        assert(isRecorded(request), 'the parts of a transaction are recorded');
        yield request;
      }
    },
  };
}
