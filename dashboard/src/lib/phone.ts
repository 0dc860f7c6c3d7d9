import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  type PhoneNumber,
  parsePhoneNumberFromString,
} from "libphonenumber-js/min";

/** A country one can dial. */
export interface Country {
  code: CountryCode;
  name: string;
  /** With its plus: `+49`. */
  dialling: string;
}

const regionNames = new Intl.DisplayNames(undefined, { type: "region" });

export const COUNTRIES: readonly Country[] = getCountries()
  .map((code) => ({ code, name: regionNames.of(code) ?? code, dialling: `+${getCountryCallingCode(code)}` }))
  .sort((a, b) => a.name.localeCompare(b.name));

const byCode = new Map<string, Country>(COUNTRIES.map((country) => [country.code, country]));

export function countryOf(code: string): Country | undefined {
  return byCode.get(code);
}

/** `+12025550100` as `+1 202 555 0100`. What cannot be parsed is shown as it is. */
export function readableNumber(number: string): string {
  return parsePhoneNumberFromString(number)?.formatInternational() ?? number;
}

/** What a person typed, understood as far as possible. */
export interface TypedNumber {
  /** The form to send: E.164 when understood, else what was typed. */
  to: string;
  readable: string;
  country: Country | undefined;
}

/**
 * Understand a number in E.164 or in a national form of `country`. Returns undefined while it cannot be a
 * number yet. The server has the last word on which numbers exist and may be rung.
 */
export function understandNumber(typed: string, country: string): TypedNumber | undefined {
  const parsed = parse(typed, country);
  if (!parsed?.isPossible()) return undefined;
  return {
    to: parsed.number,
    readable: parsed.formatInternational(),
    // Fictional numbers such as +1 202 555 0100 belong to no country by the tables; the dialling code still says one.
    country: countryOf(parsed.country ?? parsed.getPossibleCountries()[0] ?? country),
  };
}

function parse(typed: string, country: string): PhoneNumber | undefined {
  const known = byCode.get(country)?.code;
  return parsePhoneNumberFromString(typed, known === undefined ? {} : { defaultCountry: known });
}

/** The country of a number that starts with its dialling code, as soon as the code is complete. */
export function countryTyped(typed: string): Country | undefined {
  if (!typed.trim().startsWith("+")) return undefined;
  const parsed = parsePhoneNumberFromString(typed);
  return parsed ? countryOf(parsed.country ?? parsed.getPossibleCountries()[0] ?? "") : undefined;
}

/** The national digits of a number typed with its dialling code; any other text is left as it is. */
export function withoutDiallingCode(typed: string): string {
  return typed.trim().startsWith("+") ? (parsePhoneNumberFromString(typed)?.nationalNumber ?? "") : typed;
}
