import { useState } from "preact/hooks";
import { applyTheme, nextTheme, savedTheme } from "../state/theme.js";
import { Icon } from "./Icon.js";

const ICONS = { auto: "auto", light: "sun", dark: "moon" } as const;

export function ThemeButton() {
  const [theme, setTheme] = useState(savedTheme());
  const change = () => {
    const next = nextTheme(theme);
    applyTheme(next);
    setTheme(next);
  };
  return (
    <button type="button" class="quiet" aria-label={`Colours: ${theme}`} title={`Colours: ${theme}`} onClick={change}>
      <Icon name={ICONS[theme]} />
    </button>
  );
}
