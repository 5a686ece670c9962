// Statements that change the schema: from the parser's node to a plan of row changes in the
// catalog and SQLite's DDL, and the catalog as it is afterwards.
import type { Catalog } from '../../catalog/catalog.ts';
import { notSupported } from '../../errors/pg-error.ts';
import { fieldsOf, tagOf, type Fields } from '../parse/node.ts';
import type { ParsedStatement } from '../parse/parse.ts';
import type { CompileSettings, QueryPlan } from '../plan.ts';
import { alterSequence } from './alter-sequence.ts';
import { alterTable } from './alter-table.ts';
import { alterOwner } from './owner.ts';
import { createIndex } from './index-creation.ts';
import { createTable } from './create-table.ts';
import { dropObjects } from './drop.ts';
import { renameObject } from './rename.ts';
import { commentOn, createSchema } from './schema.ts';
import { SchemaEditor } from './schema-editor.ts';
import { createSequence } from './sequence.ts';
import { createView } from './view.ts';
import { truncate } from './truncate.ts';

/** Writes the change into the editor; gives the command tag. */
type Handler = (editor: SchemaEditor, fields: Fields, statementText: string) => string;

const HANDLERS: Readonly<Record<string, Handler>> = {
  CreateStmt: createTable,
  IndexStmt: createIndex,
  DropStmt: dropObjects,
  CreateSchemaStmt: createSchema,
  CommentStmt: commentOn,
  AlterTableStmt: alterTable,
  RenameStmt: renameObject,
  TruncateStmt: truncate,
  CreateSeqStmt: createSequence,
  AlterOwnerStmt: alterOwner,
  AlterSeqStmt: alterSequence,
  ViewStmt: createView,
};

/** DDL of Postgres that there is nothing for. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  AlterCollationStmt: 'ALTER COLLATION',
  AlterDatabaseStmt: 'ALTER DATABASE',
  AlterDatabaseSetStmt: 'ALTER DATABASE',
  AlterDefaultPrivilegesStmt: 'ALTER DEFAULT PRIVILEGES',
  AlterDomainStmt: 'ALTER DOMAIN',
  AlterEnumStmt: 'ALTER TYPE',
  AlterExtensionStmt: 'ALTER EXTENSION',
  AlterFunctionStmt: 'ALTER FUNCTION',
  AlterObjectSchemaStmt: 'ALTER ... SET SCHEMA',
  AlterPolicyStmt: 'ALTER POLICY',
  AlterRoleStmt: 'ALTER ROLE',
  AlterRoleSetStmt: 'ALTER ROLE',
  AlterSystemStmt: 'ALTER SYSTEM',
  AlterTypeStmt: 'ALTER TYPE',
  CompositeTypeStmt: 'CREATE TYPE',
  CreateAmStmt: 'CREATE ACCESS METHOD',
  CreateCastStmt: 'CREATE CAST',
  CreateConversionStmt: 'CREATE CONVERSION',
  CreateDomainStmt: 'CREATE DOMAIN',
  CreateEnumStmt: 'CREATE TYPE',
  CreateEventTrigStmt: 'CREATE EVENT TRIGGER',
  CreateExtensionStmt: 'CREATE EXTENSION',
  CreateFdwStmt: 'CREATE FOREIGN DATA WRAPPER',
  CreateForeignServerStmt: 'CREATE SERVER',
  CreateForeignTableStmt: 'CREATE FOREIGN TABLE',
  CreateFunctionStmt: 'CREATE FUNCTION',
  CreateOpClassStmt: 'CREATE OPERATOR CLASS',
  CreatePLangStmt: 'CREATE LANGUAGE',
  CreatePolicyStmt: 'CREATE POLICY',
  CreatePublicationStmt: 'CREATE PUBLICATION',
  CreateRangeStmt: 'CREATE TYPE',
  CreateRoleStmt: 'CREATE ROLE',
  CreateStatsStmt: 'CREATE STATISTICS',
  CreateSubscriptionStmt: 'CREATE SUBSCRIPTION',
  CreateTableSpaceStmt: 'CREATE TABLESPACE',
  CreateTransformStmt: 'CREATE TRANSFORM',
  CreateTrigStmt: 'CREATE TRIGGER',
  CreateUserMappingStmt: 'CREATE USER MAPPING',
  CreatedbStmt: 'CREATE DATABASE',
  DefineStmt: 'CREATE of this kind of object',
  DropdbStmt: 'DROP DATABASE',
  DropOwnedStmt: 'DROP OWNED',
  DropRoleStmt: 'DROP ROLE',
  DropTableSpaceStmt: 'DROP TABLESPACE',
  GrantRoleStmt: 'GRANT',
  GrantStmt: 'GRANT',
  ImportForeignSchemaStmt: 'IMPORT FOREIGN SCHEMA',
  ReassignOwnedStmt: 'REASSIGN OWNED',
  RefreshMatViewStmt: 'REFRESH MATERIALIZED VIEW',
  RuleStmt: 'CREATE RULE',
  SecLabelStmt: 'SECURITY LABEL',
};

/** The plan of a DDL statement; null: it is none. Throws PgError. */
export function compileDdl(
  statement: ParsedStatement,
  catalog: Catalog,
  settings: CompileSettings,
): QueryPlan | null {
  const tag = tagOf(statement.node);
  const unsupported = UNSUPPORTED[tag];
  if (unsupported !== undefined) throw notSupported(unsupported);
  const handler = HANDLERS[tag];
  if (handler === undefined) return null;
  const editor = new SchemaEditor(catalog, settings, statement.source);
  return editor.plan(handler(editor, fieldsOf(statement.node), statement.text));
}
