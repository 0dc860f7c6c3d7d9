import { ActionIcon, Button, type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

/** The agent's colour in ten steps; Mantine takes its primary colour from here. */
const petrol: MantineColorsTuple = [
  "#eaf5f3",
  "#d5e9e6",
  "#a9d4cf",
  "#7ccfc5",
  "#63cabf",
  "#2f938d",
  "#0b6765",
  "#095856",
  "#0c4745",
  "#0e2f2e",
];

/** Mantine's neutrals, tuned to the tokens; its menus, inputs and lines are made of them. */
const gray: MantineColorsTuple = [
  "#f5f6f3",
  "#eff1ed",
  "#e6e9e4",
  "#dce0da",
  "#c9cfc9",
  "#a9b2ad",
  "#85918c",
  "#55625e",
  "#34403d",
  "#14211f",
];
const dark: MantineColorsTuple = [
  "#e8efed",
  "#c3d0cc",
  "#a0b0ac",
  "#6d7f7b",
  "#33413f",
  "#2b3836",
  "#1a2525",
  "#141d1d",
  "#0f1717",
  "#0d1414",
];

export const theme = createTheme({
  colors: { petrol, gray, dark },
  primaryColor: "petrol",
  primaryShade: { light: 6, dark: 4 },
  fontFamily: "var(--font-text)",
  fontFamilyMonospace: "var(--font-mono)",
  headings: { fontFamily: "var(--font-text)", fontWeight: "650" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    // Mantine chooses the text on its primary colour for the light scheme only; ours fits both.
    Button: Button.extend({ vars: (_, { variant }) => ({ root: onPrimary("--button-color", variant) }) }),
    ActionIcon: ActionIcon.extend({ vars: (_, { variant }) => ({ root: onPrimary("--ai-color", variant) }) }),
    // Menus and tooltips belong to the page's main part, not beside it.
    Portal: { defaultProps: { target: "#content" } },
    InputWrapper: {
      // A fault is read out when it appears, wherever the focus is.
      defaultProps: { errorProps: { role: "alert" } },
      styles: { label: { fontSize: "0.875rem", marginBottom: 4 }, description: { fontSize: "0.8125rem" } },
    },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 200, multiline: true, maw: 320 } },
  },
});

function onPrimary(variable: string, variant: string | undefined) {
  return variant === undefined || variant === "filled" ? { [variable]: "var(--c-on-agent)" } : {};
}

/** Mantine's own surfaces and lines are ours, in both colour schemes. */
export const cssVariables: CSSVariablesResolver = () => {
  const ours = {
    "--mantine-color-body": "var(--c-surface)",
    "--mantine-color-text": "var(--c-ink)",
    "--mantine-color-dimmed": "var(--c-ink-soft)",
    "--mantine-color-placeholder": "var(--c-ink-soft)",
    "--mantine-color-default": "var(--c-surface)",
    "--mantine-color-default-hover": "var(--c-sunken)",
    "--mantine-color-default-color": "var(--c-ink)",
    "--mantine-color-default-border": "var(--c-line)",
    "--mantine-color-error": "var(--c-bad)",
    "--mantine-color-anchor": "var(--c-agent)",
  };
  return { variables: {}, light: ours, dark: ours };
};
