import { createInterface } from "node:readline";

/** Answers each line `{"do": NAME, …}` with what the function of that name returns, as a line of JSON. Ends with its input. */
export async function answerLines(requests) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { do: name, ...request } = JSON.parse(line);
    const answer = await answerTo(() => requests[name](request));
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  process.exit();
}

async function answerTo(action) {
  try {
    return await action();
  } catch (error) {
    return { error: error.message };
  }
}
