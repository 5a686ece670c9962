// Requests that are interactive transactions, and their statements.
import { must } from '../util/assert.ts';
import type { RecordedStatement, Recording, Request } from './command.ts';

/** A request that has a recording. */
export type RecordedRequest = Request & { readonly recording: Recording };

export function isRecorded(request: Request): request is RecordedRequest {
  return request.recording !== null;
}

/** The statement at a place of a recorded request. */
export function recordedAt(request: Request, at: number): RecordedStatement {
  return must(request.recording?.statements[at], `the request has a recorded statement ${at}`);
}
