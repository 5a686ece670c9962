// VACUUM and ANALYZE do nothing here; names and options that there are not are errors all the same
// (PG: ExecVacuum).
import type { Catalog, Relation } from '../catalog/catalog.ts';
import { PgError } from '../errors/pg-error.ts';
import { BindContext } from './bind/context.ts';
import { utilityRelation } from './bind/utility-relation.ts';
import { asTag, fieldsOf, flag, inner, list, location, strings, text } from './parse/node.ts';
import type { Fields } from './parse/node.ts';
import type { ParsedStatement } from './parse/parse.ts';
import type { CompileSettings } from './plan.ts';

const OPTIONS_OF_ANALYZE = ['verbose', 'skip_locked'];
const OPTIONS_OF_VACUUM = [
  ...OPTIONS_OF_ANALYZE,
  ...['analyze', 'freeze', 'full', 'disable_page_skipping', 'index_cleanup', 'process_toast'],
  ...['truncate', 'parallel'],
];

/** Throws PgError. */
export function checkVacuum(
  statement: ParsedStatement,
  catalog: Catalog,
  settings: CompileSettings,
): void {
  const context = new BindContext(catalog, settings, statement.source, null);
  const fields = fieldsOf(statement.node);
  const options = checkOptions(context, fields);
  const isAnalyze = !flag(fields, 'is_vacuumcmd') || options.includes('analyze');
  for (const node of list(fields, 'rels')) {
    const target = asTag(node, 'VacuumRelation') ?? {};
    const columns = strings(list(target, 'va_cols'));
    if (columns.length > 0 && !isAnalyze) {
      const message = 'ANALYZE option must be specified when a column list is provided';
      throw new PgError('0A000', message);
    }
    checkColumns(utilityRelation(context, inner(target, 'relation') ?? {}), columns);
  }
}

/** Their names. */
function checkOptions(context: BindContext, fields: Fields): readonly string[] {
  const isVacuum = flag(fields, 'is_vacuumcmd');
  const known = isVacuum ? OPTIONS_OF_VACUUM : OPTIONS_OF_ANALYZE;
  return list(fields, 'options').map((node) => {
    const option = asTag(node, 'DefElem') ?? {};
    const name = text(option, 'defname');
    if (known.includes(name)) return name;
    const command = isVacuum ? 'VACUUM' : 'ANALYZE';
    const message = `unrecognized ${command} option "${name}"`;
    throw context.error('42601', message, location(option));
  });
}

function checkColumns({ name: table, columns: known }: Relation, columns: readonly string[]): void {
  for (const [at, name] of columns.entries()) {
    if (!known.some((column) => column.name === name)) {
      throw new PgError('42703', `column "${name}" of relation "${table}" does not exist`);
    }
    if (columns.indexOf(name) !== at) {
      const message = `column "${name}" of relation "${table}" appears more than once`;
      throw new PgError('42701', message);
    }
  }
}
