import { useState } from "preact/hooks";
import type { TokenInfo } from "../engine/protocol.js";
import { confidence, percentText, visibleToken } from "../state/tokens.js";

/** The tokens of an answer, coloured and underlined by how sure the model was, with what else could have stood there. */
export function TokenView({ tokens }: { tokens: readonly TokenInfo[] }) {
  const [chosen, choose] = useState<number | undefined>(undefined);
  const token = chosen === undefined ? undefined : tokens[chosen];
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.min(tokens.length - 1, Math.max(0, (chosen ?? 0) + step));
    choose(next);
    const buttons = (event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("button");
    buttons[next]?.focus();
  };
  return (
    <div class="tokens">
      {/* biome-ignore lint/a11y/useSemanticElements: a toolbar of tokens, walked by arrow keys; no element means that. */}
      <div role="group" aria-label="Tokens; the arrow keys walk them" onKeyDown={move}>
        {tokens.map(({ text, probability }, index) => (
          <button
            key={index}
            type="button"
            class={`token ${confidence(probability)}`}
            tabIndex={index === (chosen ?? 0) ? 0 : -1}
            aria-label={`${visibleToken(text)}, ${percentText(probability)}`}
            aria-pressed={index === chosen}
            onClick={() => choose(index)}
            onFocus={() => choose(index)}
            onMouseEnter={() => choose(index)}
          >
            {visibleToken(text)}
          </button>
        ))}
      </div>
      {token !== undefined && <Alternatives token={token} />}
      <p class="legend">
        <span class="token sure">over 90 %</span> <span class="token likely">50 to 90 %</span>{" "}
        <span class="token unsure">under 50 %</span>
      </p>
    </div>
  );
}

function Alternatives({ token }: { token: TokenInfo }) {
  return (
    <table>
      <caption>
        <b>{visibleToken(token.text)}</b> had {percentText(token.probability)}. The likeliest here:
      </caption>
      <tbody>
        {token.alternatives.map((other, index) => (
          <tr key={index}>
            <th scope="row">{visibleToken(other.text)}</th>
            <td>
              <meter min={0} max={1} value={other.probability} aria-label={visibleToken(other.text)} />
            </td>
            <td>{percentText(other.probability)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
