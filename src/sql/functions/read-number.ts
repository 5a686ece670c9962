// to_number() (PG: NUM_processor() and NUM_numpart_from_char() in formatting.c, step by step: what is
// read where the text does not fit its template is defined by nothing else). It goes by bytes, as there.
import { PgError } from '../../errors/pg-error.ts';
import { formatDecimal, multiply, parseDecimal } from '../../types/decimal.ts';
import { coerceNumeric, NUMERIC } from '../../types/numeric.ts';
import { CANONICAL } from '../../types/arrays.ts';
import type { NumberCode, NumberTemplate } from './number-template.ts';

const DATA = '0123456789.,+-';

/** A canonical numeric. Throws 22P02, 22003. */
export function readNumber(text: string, template: NumberTemplate): string {
  if (template.isScientific) throw new PgError('0A000', '"EEEE" not supported for input');
  if (template.isRoman) throw new PgError('0A000', '"RN" not supported for input');
  const { digits, scale } = new NumberReader(text, template).read();
  const read = String(NUMERIC.parse(digits, -1, CANONICAL));
  const precision = template.before + template.shift + scale;
  const number = coerceNumeric(read, ((precision << 16) | scale) + 4);
  if (!template.isShifted) return number;
  // numeric_power() of 10 to a negative number has so many digits.
  const factor = { unscaled: 10n ** 16n / 10n ** BigInt(template.shift), scale: 16 };
  return formatDecimal(multiply(parseDecimal(number), factor));
}

class NumberReader {
  readonly #bytes: Buffer;
  readonly #template: NumberTemplate;
  #at = 0;
  #sign = ' ';
  #digits = '';
  #before = 0;
  #behind = 0;
  #hasReadPoint = false;

  constructor(text: string, template: NumberTemplate) {
    this.#bytes = Buffer.from(text);
    this.#template = template;
  }

  read(): { readonly digits: string; readonly scale: number } {
    for (const { code } of this.#template.parts) {
      if (this.#isAtEnd) break;
      if (code === null) this.#skipCharacter();
      else this.#readCode(code);
    }
    const digits = this.#digits.endsWith('.') ? this.#digits.slice(0, -1) : this.#digits;
    return { digits: this.#sign + digits, scale: this.#behind };
  }

  get #isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  #character(at = this.#at): string {
    const byte = this.#bytes[at];
    return byte === undefined ? '' : String.fromCharCode(byte);
  }

  #skipCharacter(): void {
    this.#at += 1;
    while (((this.#bytes[this.#at] ?? 0) & 0xc0) === 0x80) this.#at += 1;
  }

  #skipOther(count: number): void {
    for (let left = count; left > 0; left--) {
      if (this.#isAtEnd || DATA.includes(this.#character())) return;
      this.#skipCharacter();
    }
  }

  #readCode(code: NumberCode): void {
    switch (code) {
      case '9':
      case '0':
      case '.':
      case 'D':
        this.#readDigit(code === '9' || code === '0');
        this.#at += 1;
        break;
      case ',':
      case 'G':
        if (!this.#template.isFilled && this.#character() === ',') this.#at += 1;
        break;
      case 'L':
        this.#skipOther(1);
        break;
      case 'th':
      case 'TH':
        if (!this.#template.hasPoint) this.#skipOther(2);
        break;
      case 'MI':
        this.#readSign('-');
        break;
      case 'PL':
        this.#readSign('+');
        break;
      case 'SG':
        this.#readSign('+-');
        break;
      default:
    }
  }

  #readSign(signs: string): void {
    const found = this.#character();
    if (!signs.includes(found)) {
      this.#skipOther(1);
      return;
    }
    this.#sign = found;
    this.#at += 1;
  }

  /** Leaves the position one before what comes next. */
  #readDigit(isDigitCode: boolean): void {
    if (this.#isAtEnd) return;
    if (this.#character() === ' ') this.#at += 1;
    if (this.#isAtEnd) return;
    const isFirst = this.#before + this.#behind === 0;
    if (this.#sign === ' ' && isDigitCode && isFirst) this.#readLeadingSign();
    if (this.#isAtEnd) return;
    const { hasPoint, behind } = this.#template;
    let isRead = false;
    if (isDigit(this.#character())) {
      if (this.#hasReadPoint && this.#behind === behind) return;
      this.#digits += this.#character();
      if (this.#hasReadPoint) this.#behind += 1;
      else this.#before += 1;
      isRead = true;
    } else if (hasPoint && !this.#hasReadPoint && this.#character() === '.') {
      this.#digits += '.';
      this.#hasReadPoint = true;
      isRead = true;
    }
    if (this.#sign === ' ' && this.#before + this.#behind > 0) this.#readSignBehind(isRead);
  }

  #readLeadingSign(): void {
    const { isBracketed } = this.#template;
    const found = this.#character();
    if (found === '-' || (isBracketed && found === '<')) this.#sign = '-';
    else if (found === '+') this.#sign = '+';
    else return;
    this.#at += 1;
  }

  #readSignBehind(isRead: boolean): void {
    const { sign, hasPlus, hasMinus } = this.#template;
    if (sign !== null) {
      const next = this.#character(this.#at + 1);
      if (!isRead || (next !== '-' && next !== '+')) return;
      this.#sign = next;
      this.#at += 1;
    } else if (!isRead && (hasPlus || hasMinus)) {
      const found = this.#character();
      if (found === '-' || found === '+') this.#sign = found;
    }
  }
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
}
