// Options of regular expressions (PG: table 9.25).
export interface RegexOptions {
  readonly isCaseInsensitive: boolean;
  /** `.` and negated sets do not match a newline. */
  readonly isNewlineKept: boolean;
  /** `^` and `$` match at lines. */
  readonly isByLine: boolean;
  readonly isExpanded: boolean;
  readonly isLiteral: boolean;
}

export const NO_OPTIONS: RegexOptions = {
  isCaseInsensitive: false,
  isNewlineKept: false,
  isByLine: false,
  isExpanded: false,
  isLiteral: false,
};

/** By their letters; null: there is no such letter. */
export function withOption(options: RegexOptions, letter: string): RegexOptions | null {
  switch (letter) {
    case 'i':
      return { ...options, isCaseInsensitive: true };
    case 'c':
      return { ...options, isCaseInsensitive: false };
    case 'm':
    case 'n':
      return { ...options, isNewlineKept: true, isByLine: true };
    case 'p':
      return { ...options, isNewlineKept: true, isByLine: false };
    case 's':
      return { ...options, isNewlineKept: false, isByLine: false };
    case 'w':
      return { ...options, isNewlineKept: false, isByLine: true };
    case 'x':
      return { ...options, isExpanded: true };
    case 't':
      return { ...options, isExpanded: false };
    case 'q':
      return { ...options, isLiteral: true };
    case 'e':
      return options;
    default:
      return null;
  }
}
