import { TextInput } from "@mantine/core";

import { countryTyped, type TypedNumber, withoutDiallingCode } from "@/lib/phone";
import { CountryPicker } from "./CountryPicker";

interface NumberFieldProps {
  typed: string;
  onType: (typed: string) => void;
  /** The country a national form belongs to. */
  country: string;
  onCountry: (code: string) => void;
  understood: TypedNumber | undefined;
  fault: string | undefined;
}

/** A number in any form: national with the country picked, or with its dialling code, which then picks the country. */
export function NumberField({ typed, onType, country, onCountry, understood, fault }: NumberFieldProps) {
  const shown = countryTyped(typed)?.code ?? country;

  function pick(code: string) {
    onCountry(code);
    // The picked country holds from now on, so a dialling code that says another one gives way.
    if (code !== shown) onType(withoutDiallingCode(typed));
  }

  return (
    <TextInput
      label="Number to ring"
      size="md"
      type="tel"
      inputMode="tel"
      autoComplete="tel"
      placeholder="Phone number"
      value={typed}
      onChange={(event) => onType(event.currentTarget.value)}
      leftSection={<CountryPicker value={shown} onPick={pick} />}
      leftSectionWidth={94}
      leftSectionPointerEvents="all"
      inputWrapperOrder={["label", "input", "error", "description"]}
      error={fault}
      // What is wrong says enough of what is wanted.
      description={fault ? undefined : understood ? inWords(understood) : HINT}
    />
  );
}

const HINT = "In national form, or with + and the country's code";

function inWords({ readable, country }: TypedNumber): string {
  return `Rings ${readable}${country ? ` · ${country.name}` : ""}`;
}
