/** A picture that comes with the demo model, and questions about it. */
export interface Sample {
  file: string;
  url: string;
  width: number;
  height: number;
  questions: string[];
}

interface SampleEntry {
  file: string;
  width: number;
  height: number;
  questions: { question: string }[];
}

/** @param folder the address of the samples' folder, ending in `/` */
export async function loadSamples(folder: string): Promise<Sample[]> {
  const response = await fetch(new URL("samples.json", folder));
  if (!response.ok) throw new Error(`The list of samples could not be loaded (status ${response.status}).`);
  const entries = (await response.json()) as SampleEntry[];
  return entries.map(({ file, width, height, questions }) => ({
    file,
    url: new URL(file, folder).href,
    width,
    height,
    questions: questions.map(({ question }) => question),
  }));
}
