// The settings that input and output functions look at, from the context of a call.
import type { FormatSettings } from '../../types/pg-type.ts';
import type { CallContext } from './signature.ts';

export function timeZoneOf(context: CallContext): string {
  return context.setting('TimeZone') ?? 'UTC';
}

export function formatSettingsOf(context: CallContext): FormatSettings {
  return {
    timeZone: timeZoneOf(context),
    dateStyle: context.setting('DateStyle') ?? 'ISO, MDY',
    intervalStyle: context.setting('IntervalStyle') ?? 'postgres',
    extraFloatDigits: Number(context.setting('extra_float_digits') ?? 1),
    byteaOutput: context.setting('bytea_output') === 'escape' ? 'escape' : 'hex',
    now: context.now,
  };
}
