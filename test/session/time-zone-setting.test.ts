// SET TimeZone: what PostgreSQL 15 shows for each form of a value.
import { describe, expect, it } from 'vitest';
import { Settings } from '../../src/session/settings.ts';

function shown(value: string): string {
  const settings = new Settings();
  settings.set('TimeZone', value);
  return settings.get('TimeZone');
}

describe('TimeZone', () => {
  it.each([
    ['europe/berlin', 'Europe/Berlin'],
    ['us/eastern', 'US/Eastern'],
    ['est', 'EST'],
    ['+02', '<+02>-02'],
    ['3', '<+03>-03'],
    ['-3.5', '<-03:30>+03:30'],
    ['UTC+3', 'UTC+3'],
    ['foo5', 'FOO5'],
    ['<+02>-02', '<+02>-02'],
  ])('%s is %s', (value, expected) => {
    expect(shown(value)).toBe(expected);
  });

  it.each(['PST', 'nowhere', 'z', 'Foo/Bar', '400'])('%s is refused', (value) => {
    expect(() => shown(value)).toThrow(`invalid value for parameter "TimeZone": "${value}"`);
  });
});
