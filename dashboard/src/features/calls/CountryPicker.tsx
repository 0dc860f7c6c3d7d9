import { Combobox, UnstyledButton, useCombobox } from "@mantine/core";
import { useEffect, useState } from "react";

import { ChevronIcon, SearchIcon } from "@/components/ui/icons";
import { COUNTRIES, type Country, countryOf } from "@/lib/phone";
import classes from "./CountryPicker.module.css";

interface CountryPickerProps {
  /** Two-letter code. */
  value: string;
  onPick: (code: string) => void;
}

/** All countries with their dialling codes, found by name, code or digits. */
export function CountryPicker({ value, onPick }: CountryPickerProps) {
  const combobox = useCombobox({
    onDropdownClose: () => {
      combobox.resetSelectedOption();
      combobox.focusTarget();
    },
    onDropdownOpen: () => combobox.focusSearchInput(),
  });
  const country = countryOf(value);

  return (
    <Combobox
      store={combobox}
      width={320}
      position="bottom-start"
      onOptionSubmit={(code) => {
        onPick(code);
        combobox.closeDropdown();
      }}
    >
      <Combobox.Target targetType="button">
        <UnstyledButton
          className={classes.button}
          onClick={() => combobox.toggleDropdown()}
          aria-label={`${value} ${country?.dialling ?? ""}, country ${country?.name ?? value}`}
        >
          <span className={classes.code}>{value}</span>
          <span className="numeric">{country?.dialling}</span>
          <ChevronIcon size={14} />
        </UnstyledButton>
      </Combobox.Target>
      <Combobox.Dropdown>
        <Countries value={value} onSearch={combobox.selectFirstOption} />
      </Combobox.Dropdown>
    </Combobox>
  );
}

interface CountriesProps {
  value: string;
  onSearch: () => void;
}

/** The open list. It lives only while it is open, so what was searched is forgotten by itself. */
function Countries({ value, onSearch }: CountriesProps) {
  const [search, setSearch] = useState("");
  const found = find(search.trim().toLowerCase());

  // Once the list for these letters is there, Enter takes its first.
  useEffect(() => {
    if (search !== "") onSearch();
  }, [search, onSearch]);

  return (
    <>
      <Combobox.Search
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
        leftSection={<SearchIcon size={16} />}
        placeholder="Country or code"
        aria-label="Find a country"
      />
      <Combobox.Options className={classes.options} aria-label="Countries">
        {found.length === 0 && <Combobox.Empty>No country is called so</Combobox.Empty>}
        {found.map(({ code, name, dialling }) => (
          <Combobox.Option key={code} value={code} active={code === value} className={classes.option}>
            <span className={classes.code}>{code}</span>
            <span>{name}</span>
            <span className="numeric">{dialling}</span>
          </Combobox.Option>
        ))}
      </Combobox.Options>
    </>
  );
}

/** Those that fit, the ones that are called so from the start first: `ger` is Germany before Algeria. */
function find(words: string): readonly Country[] {
  const found = COUNTRIES.filter((country) => fits(country, words));
  const begins = (country: Country) => country.name.toLowerCase().startsWith(words);
  return [...found.filter(begins), ...found.filter((country) => !begins(country))];
}

function fits({ code, name, dialling }: Country, words: string): boolean {
  return (
    name.toLowerCase().includes(words) ||
    code.toLowerCase() === words ||
    dialling.startsWith(`+${words.replace("+", "")}`)
  );
}
