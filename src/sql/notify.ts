// NOTIFY: a call of pg_notify by another name.
import type { BindContext } from './bind/context.ts';
import { NOTIFY_CALL } from './functions/notify.ts';
import { text } from './parse/node.ts';
import type { Fields } from './parse/node.ts';
import type { QueryPlan } from './plan.ts';

export function compileNotify(
  context: BindContext,
  fields: Fields,
): Pick<QueryPlan, 'access' | 'tag' | 'steps' | 'columns'> {
  context.noteCall(NOTIFY_CALL);
  const values = [text(fields, 'conditionname'), text(fields, 'payload')];
  return {
    access: 'write',
    tag: { name: 'NOTIFY', hasCount: false },
    steps: [
      {
        sql: 'SELECT pg_notify(?, ?)',
        bindings: values.map((value) => ({ kind: 'constant', value }) as const),
        hasRows: false,
        isResult: true,
      },
    ],
    columns: null,
  };
}
