import { AddPicture } from "./AddPicture.js";
import { Gallery } from "./Gallery.js";
import { MediaStrip } from "./MediaStrip.js";
import { Picture } from "./Picture.js";
import { useStore } from "./session-context.js";
import { TileControls } from "./TileControls.js";
import { Timeline } from "./Timeline.js";

/** Where pictures are: the one that is looked at, the others, and where new ones come from. */
export function Stage() {
  const [{ selected, media }] = useStore();
  const item = selected === undefined ? undefined : media[selected];
  return (
    <section class="stage" aria-label="Pictures">
      {item === undefined ? (
        <div class="welcome">
          <h2>Ask about a picture</h2>
          <p>Drop one here, paste it, or take one of these. Nothing leaves your machine.</p>
          <AddPicture />
          <Gallery />
        </div>
      ) : (
        <>
          <Picture item={item} />
          {item.kind === "video" && <Timeline item={item} />}
          <MediaStrip />
          {item.kind === "picture" && <TileControls item={item} />}
        </>
      )}
    </section>
  );
}
