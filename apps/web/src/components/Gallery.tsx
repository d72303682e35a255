import { useEffect, useState } from "preact/hooks";
import { addBlob } from "../state/add-files.js";
import { problemOf } from "../state/problem.js";
import { loadSamples, type Sample } from "../state/samples.js";
import { useSession, useStore } from "./session-context.js";

/** The pictures that come with the demo model. */
export function Gallery() {
  const session = useSession();
  const [, dispatch] = useStore();
  const [samples, setSamples] = useState<Sample[]>([]);
  const fail = (error: unknown) => dispatch({ type: "problem", problem: problemOf(error) });
  useEffect(() => {
    loadSamples(new URL("samples/", document.baseURI).href).then(setSamples, fail);
  }, []);
  const take = async ({ url, file, questions }: Sample) => {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`The sample could not be loaded (status ${response.status}).`);
    addBlob(session, await response.blob(), file, questions);
  };
  return (
    <ul class="gallery" aria-label="Samples">
      {samples.map((sample) => (
        <li key={sample.file}>
          <button type="button" onClick={() => void take(sample).catch(fail)}>
            <img src={sample.url} width={sample.width} height={sample.height} alt={sampleName(sample.file)} />
          </button>
        </li>
      ))}
    </ul>
  );
}

/** `"sign-and-shapes-large.png"` as `"sign and shapes large"` */
function sampleName(file: string): string {
  return file.replace(/\.\w+$/, "").replaceAll("-", " ");
}
