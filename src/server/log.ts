// One line per event: readable on a terminal, JSON where a machine reads. Workers send their lines
// to the main thread, which owns the output.
import pino from 'pino';
import pretty from 'pino-pretty';

export type Log = (level: LogLevel, event: string, fields?: LogFields) => void;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal';
export type LogFields = Readonly<Record<string, unknown>>;

export function createLog(level: string, format: 'pretty' | 'json', nodeId: number): Log {
  const stream =
    format === 'pretty'
      ? pretty({
          colorize: process.stdout.isTTY,
          translateTime: 'SYS:HH:MM:ss.l',
          ignore: 'pid,hostname,node',
          sync: true,
        })
      : pino.destination({ dest: 1, sync: true });
  const logger = pino({ level, base: { node: nodeId } }, stream);
  return (lineLevel, event, fields = {}) => logger[lineLevel](fields, event);
}
