import { AddPicture } from "./AddPicture.js";
import { Icon } from "./Icon.js";
import { useStore } from "./session-context.js";

/** All pictures of the conversation, small; those that wait for a question can be taken away. */
export function MediaStrip() {
  const [{ media, waiting, selected }, dispatch] = useStore();
  return (
    <div class="strip">
      <ul aria-label="Pictures of this conversation">
        {Object.values(media).map(({ id, name, kind, url }) => (
          <li key={id}>
            <button
              type="button"
              class="thumb"
              aria-label={`Show ${name}`}
              aria-pressed={id === selected}
              onClick={() => dispatch({ type: "select", id })}
            >
              {kind === "video" ? <video src={url} muted preload="metadata" /> : <img src={url} alt="" />}
            </button>
            {waiting.includes(id) && (
              <button
                type="button"
                class="remove"
                aria-label={`Take ${name} away`}
                onClick={() => dispatch({ type: "remove", id })}
              >
                <Icon name="close" />
              </button>
            )}
          </li>
        ))}
      </ul>
      <AddPicture />
    </div>
  );
}
