// Transcripts of clusters of cores: what is said between nodes, rule by rule (test/raft/scripts).
import { join } from 'node:path';
import { testGoldenScripts } from '../support/golden.ts';
import { ScriptRunner } from './script-commands.ts';

testGoldenScripts(join(import.meta.dirname, 'scripts'), () => {
  const runner = new ScriptRunner();
  return (command) => runner.run(command);
});
