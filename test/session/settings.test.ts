// What is computed of settings and kept must be computed again after each way to change one.
import { describe, expect, it } from 'vitest';
import { Settings } from '../../src/session/settings.ts';

function timeout(settings: Settings): string {
  return settings.get('statement_timeout');
}

function names(settings: Settings): { readonly name: string } {
  return { name: settings.get('application_name') };
}

describe('what is derived of settings', () => {
  it('is the same object as long as nothing changes', () => {
    const settings = new Settings();
    const before = settings.derived(names);
    settings.restore(settings.snapshot());
    settings.dropLocals();
    settings.setFact('in_hot_standby', null);
    expect(settings.derived(names)).toBe(before);
    expect(settings.reported()).toBe(settings.reported());
  });

  it.each<readonly [string, (settings: Settings) => void, expected: string]>([
    ['SET', (settings) => settings.set('statement_timeout', '2s'), '2s'],
    ['SET LOCAL', (settings) => settings.set('statement_timeout', '2s', true), '2s'],
    ['SET to the default', (settings) => settings.set('statement_timeout', null), '0'],
    ['RESET ALL', (settings) => settings.resetAll(), '0'],
    ['the end of a transaction', (settings) => settings.dropLocals(), '1s'],
    ['the startup packet', (settings) => settings.setAtStart('application_name', 'x'), '5ms'],
    ['a fact', (settings) => settings.setFact('statement_timeout', '3s'), '3s'],
  ])('is computed again after %s', (_name, change, expected) => {
    const settings = new Settings();
    settings.set('statement_timeout', '1s');
    settings.set('statement_timeout', '5ms', true);
    expect(settings.derived(timeout)).toBe('5ms');
    const before = settings.derived(names);
    change(settings);
    expect(settings.derived(timeout)).toBe(expected);
    expect(settings.derived(names)).not.toBe(before);
  });

  it('is what it was after a transaction that failed', () => {
    const settings = new Settings();
    const before = settings.snapshot();
    settings.set('statement_timeout', '1s');
    expect(settings.derived(timeout)).toBe('1s');
    settings.restore(before);
    expect(settings.derived(timeout)).toBe('0');
  });
});
