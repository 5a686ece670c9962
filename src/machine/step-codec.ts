// Steps <-> bytes, in two parts: the template is the same each time that a statement is executed, the
// inputs are its values.
import { DecodeError } from '../util/bytes.ts';
import type { ByteReader, ByteWriter } from '../util/bytes.ts';
import type { Step } from './command.ts';
import { readValues, writeValues } from './value-codec.ts';

/** Where the values of rowsAtFault come from. */
const NO_ROWS_AT_FAULT = 0;
const OWN_VALUES = 1;
const VALUES_OF_STEP = 2;

type RowsAtFaultValues = typeof NO_ROWS_AT_FAULT | typeof OWN_VALUES | typeof VALUES_OF_STEP;

export interface StepTemplate {
  readonly sql: string;
  readonly hasRows: boolean;
  readonly isResult: boolean;
  readonly rowsAtFault: {
    readonly tableOid: number;
    readonly sql: string;
    readonly hasOwnValues: boolean;
  } | null;
}

export function writeStepTemplate(writer: ByteWriter, step: Step): void {
  const source = rowsAtFaultValues(step);
  writer.string(step.sql).boolean(step.hasRows).boolean(step.isResult).u8(source);
  if (step.rowsAtFault !== null) {
    writer.u32(step.rowsAtFault.tableOid).string(step.rowsAtFault.sql);
  }
}

/** The query for the rows at fault takes the same values as its step as a rule. */
function rowsAtFaultValues({ values, rowsAtFault }: Step): RowsAtFaultValues {
  if (rowsAtFault === null) return NO_ROWS_AT_FAULT;
  const isSame =
    rowsAtFault.values.length === values.length &&
    rowsAtFault.values.every((value, at) => Object.is(value, values[at]));
  return isSame ? VALUES_OF_STEP : OWN_VALUES;
}

export function writeStepInputs(writer: ByteWriter, step: Step): void {
  writeValues(writer, step.values);
  if (step.rowsAtFault === null || rowsAtFaultValues(step) !== OWN_VALUES) return;
  writeValues(writer, step.rowsAtFault.values);
}

export function readStepTemplate(reader: ByteReader): StepTemplate {
  const step = { sql: reader.string(), hasRows: reader.boolean(), isResult: reader.boolean() };
  const source = reader.u8();
  if (source === NO_ROWS_AT_FAULT) return { ...step, rowsAtFault: null };
  if (source > VALUES_OF_STEP) throw new DecodeError(`source of values ${source}`);
  const hasOwnValues = source === OWN_VALUES;
  return {
    ...step,
    rowsAtFault: { tableOid: reader.u32(), sql: reader.string(), hasOwnValues },
  };
}

export function readStep(reader: ByteReader, template: StepTemplate): Step {
  const { sql, hasRows, isResult, rowsAtFault } = template;
  const values = readValues(reader);
  if (rowsAtFault === null) return { sql, values, hasRows, isResult, rowsAtFault: null };
  const ownValues = rowsAtFault.hasOwnValues ? readValues(reader) : values;
  const { tableOid, sql: rowsSql } = rowsAtFault;
  return {
    sql,
    values,
    hasRows,
    isResult,
    rowsAtFault: { tableOid, sql: rowsSql, values: ownValues },
  };
}
