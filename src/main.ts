// From argv to a command.
import { createProgram } from './cli/program.ts';

export async function main(argv: readonly string[]): Promise<void> {
  await createProgram().parseAsync(argv);
}
