import { parseArgs } from "node:util";
import { DTYPES, type Dtype } from "internvl";
import { answerAll, convertDemo } from "./accuracy/answer.js";
import { readQuestions } from "./accuracy/heldout.js";
import { asDtype, asLimit } from "./accuracy/options.js";
import { type Answers, accuracy, accuracyTable } from "./accuracy/table.js";
import { DEMO_MODEL, HELDOUT } from "./paths.js";
import { runProgram } from "./program.js";
import { temporaryFolder } from "./temporary-folder.js";

/** What quantising may cost, in percentage points of all questions. */
const MAX_DIFFERENCE = 1;
/** Full precision, and what `internvl-convert` writes when nothing is said. */
const DEFAULT_DTYPES: readonly Dtype[] = ["fp32", "q4"];

const USAGE = `Usage: npm run accuracy -- [--dtype NAME]… [--limit N]

Asks the demo model the questions of its held-out set, and compares its answers with PyTorch's.

  --dtype NAME   ${DTYPES.join(", ")}; may be given several times (default: ${DEFAULT_DTYPES.join(" and ")})
  --limit N      only N questions, spread over all of them`;

await runProgram(async () => {
  const { values } = parseArgs({
    options: {
      dtype: { type: "string", multiple: true },
      limit: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const dtypes = (values.dtype ?? DEFAULT_DTYPES).map(asDtype);
  const questions = readQuestions(HELDOUT, asLimit(values.limit));
  const ways: Answers[] = [{ name: "PyTorch", answers: questions.map(({ pytorch_answer }) => pytorch_answer) }];
  const workspace = temporaryFolder();
  for (const dtype of dtypes) {
    const directory = `${workspace.path}/${dtype}`;
    await convertDemo(DEMO_MODEL, directory, dtype);
    const answers = await answerAll(directory, dtype, questions, HELDOUT, (answered) =>
      showProgress(dtype, answered, questions.length),
    );
    ways.push({ name: dtype, answers });
  }
  workspace.remove();
  console.log(accuracyTable(questions, ways));
  const [reference, ...ours] = ways.map((way) => ({ name: way.name, percent: accuracy(questions, way) }));
  const worse = ours.filter(({ percent }) => Math.abs(percent - reference!.percent) > MAX_DIFFERENCE);
  for (const { name, percent } of worse) {
    console.error(`${name} differs from PyTorch by ${(percent - reference!.percent).toFixed(1)} percentage points`);
  }
  return worse.length > 0 ? 1 : 0;
});

/** On a terminal only: elsewhere the table is all there is to say. */
function showProgress(dtype: Dtype, answered: number, all: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${dtype}: ${answered} of ${all}${answered === all ? "\n" : ""}`);
}
