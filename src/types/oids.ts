// Names for the OIDs that the compiler treats by name (PG: pg_type.dat).

export const BOOL = 16;
export const BYTEA = 17;
export const CHAR = 18;
export const NAME = 19;
export const INT8 = 20;
export const INT2 = 21;
export const INT4 = 23;
export const TEXT = 25;
export const OID = 26;
export const JSON = 114;
export const FLOAT4 = 700;
export const FLOAT8 = 701;
export const UNKNOWN = 705;
export const BPCHAR = 1042;
export const VARCHAR = 1043;
export const DATE = 1082;
export const TIME = 1083;
export const TIMESTAMP = 1114;
export const TIMESTAMPTZ = 1184;
export const INTERVAL = 1186;
export const TIMETZ = 1266;
export const NUMERIC = 1700;
export const VOID = 2278;
export const UUID = 2950;
export const JSONB = 3802;
export const JSONPATH = 4072;
