import { AddPicture } from "./AddPicture.js";
import { Icon } from "./Icon.js";
import { useStore } from "./session-context.js";
import { Thumbnail } from "./Thumbnail.js";

/** All pictures of the conversation, small; those that wait for a question can be taken away. */
export function MediaStrip() {
  const [{ media, waiting, selected }, dispatch] = useStore();
  return (
    <div class="strip">
      <ul aria-label="Pictures of this conversation">
        {Object.values(media).map((item) => (
          <li key={item.id}>
            <button
              type="button"
              class="thumb"
              aria-label={`Show ${item.name}`}
              aria-pressed={item.id === selected}
              onClick={() => dispatch({ type: "select", id: item.id })}
            >
              <Thumbnail item={item} alt="" />
            </button>
            {waiting.includes(item.id) && (
              <button
                type="button"
                class="remove"
                aria-label={`Take ${item.name} away`}
                onClick={() => dispatch({ type: "remove", id: item.id })}
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
