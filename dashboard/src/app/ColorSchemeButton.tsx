import { ActionIcon, type MantineColorScheme, Tooltip, useMantineColorScheme } from "@mantine/core";
import type { ReactNode } from "react";

import { MoonIcon, ScreenIcon, SunIcon } from "@/components/ui/icons";

interface Scheme {
  words: string;
  icon: ReactNode;
  next: MantineColorScheme;
}

const SCHEMES: Record<MantineColorScheme, Scheme> = {
  auto: { words: "like the system", icon: <ScreenIcon />, next: "light" },
  light: { words: "light", icon: <SunIcon />, next: "dark" },
  dark: { words: "dark", icon: <MoonIcon />, next: "auto" },
};

/** Goes round: like the system, light, dark. The choice stays in this browser. */
export function ColorSchemeButton() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { words, icon, next } = SCHEMES[colorScheme];
  return (
    <Tooltip label={`Colours: ${words}`} closeDelay={300}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        c="var(--c-ink-soft)"
        aria-label={`Colours: ${words}. Change to ${SCHEMES[next].words}`}
        onClick={() => setColorScheme(next)}
      >
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
