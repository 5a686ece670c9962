// The startup packet: who connects to what, with which settings (PG: 55.2.1 Start-up).
import { PgError } from '../errors/pg-error.ts';
import type { StartupMessage } from '../protocol/frontend.ts';
import type { SessionContext } from './session-context.ts';

/** Answers up to the settings; returns the user. Throws what ends the connection. */
export function acceptStartup(
  message: Extract<StartupMessage, { kind: 'startup' }>,
  context: SessionContext,
): string {
  const { parameters, minorVersion } = message;
  const unknown = [...parameters.keys()].filter((name) => name.startsWith('_pq_.'));
  if (minorVersion > 0 || unknown.length > 0) context.writer.negotiateProtocolVersion(unknown);
  const user = parameters.get('user');
  if (user === undefined || user === '') {
    throw new PgError('28000', 'no PostgreSQL user name specified in startup packet');
  }
  context.writer.authenticationOk();
  const database = parameters.get('database') || user;
  if (database !== context.database) {
    throw new PgError('3D000', `database "${database}" does not exist`);
  }
  const { replication } = Object.fromEntries(parameters);
  if (replication !== undefined && !['off', 'false', 'no', '0'].includes(replication)) {
    throw new PgError('0A000', 'replication connections are not supported');
  }
  for (const [name, value] of parameters) {
    if (['user', 'database', 'options', 'replication'].includes(name)) continue;
    if (!name.startsWith('_pq_.')) context.settings.setAtStart(name, value);
  }
  for (const [name, value] of commandLineOptions(parameters.get('options') ?? '')) {
    context.settings.setAtStart(name, value);
  }
  context.settings.setFact('session_authorization', user);
  return user;
}

/** `-c name=value --name=value`, with backslash escapes. */
function commandLineOptions(text: string): readonly (readonly [string, string])[] {
  const words = (text.match(/(?:\\.|[^\s\\])+/g) ?? []).map((word) => word.replace(/\\(.)/g, '$1'));
  const found: (readonly [string, string])[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    const isLong = word.startsWith('--');
    const assignment = isLong ? word.slice(2) : word === '-c' ? words[++at] : word.slice(2);
    if (assignment === undefined || !(isLong || word.startsWith('-c'))) {
      throw new PgError('42601', `invalid command-line argument for server process: ${word}`, {
        hint: 'Try "postgres --help" for more information.',
      });
    }
    const equals = assignment.indexOf('=');
    if (equals < 0) {
      throw new PgError('42601', `${isLong ? '--' : '-c '}${assignment} requires a value`);
    }
    found.push([assignment.slice(0, equals).replaceAll('-', '_'), assignment.slice(equals + 1)]);
  }
  return found;
}
