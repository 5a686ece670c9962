// The configurations in the log, newest last: effective as soon as they are appended, and undone
// when the log is truncated (R78).
import { assert, must } from '../util/assert.ts';
import { decodeConfiguration } from './configuration-codec.ts';
import type { Configuration } from './configuration.ts';
import type { Entry, Index } from './entry.ts';

export interface ConfigurationAt {
  readonly index: Index;
  readonly configuration: Configuration;
}

export class ConfigurationStack {
  readonly #stack: ConfigurationAt[];
  #version = 0;

  /** `stack`: at least the one below the log, or in its first entry, by rising index. */
  constructor(stack: readonly ConfigurationAt[]) {
    assert(stack.length > 0, 'a node needs a configuration');
    this.#stack = [...stack];
  }

  get effective(): Configuration {
    return must(this.#stack.at(-1), 'configuration').configuration;
  }

  get effectiveIndex(): Index {
    return must(this.#stack.at(-1), 'configuration').index;
  }

  /** How many there are, and a number that changes whenever the effective one does. */
  get count(): number {
    return this.#stack.length;
  }

  get version(): number {
    return this.#version;
  }

  /** Takes in the configurations among entries that were appended. */
  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.kind !== 'configuration' || entry.index <= this.effectiveIndex) continue;
      this.#stack.push({ index: entry.index, configuration: decodeConfiguration(entry.data) });
      this.#version += 1;
    }
  }

  /** The log was cut: entries at `index` and above are gone. */
  truncateFrom(index: Index): void {
    while (this.#stack.length > 1 && this.effectiveIndex >= index) {
      this.#stack.pop();
      this.#version += 1;
    }
  }
}
