// A process of its own for one task: `child.js NAME ARGUMENTS`, both written by run.ts.
import { peakResidentBytes } from "./memory.js";
import { type TaskName, tasks } from "./tasks.js";

const [name, json] = process.argv.slice(2);
const task = tasks[name as TaskName] as (args: unknown) => Promise<unknown>;
const result = await task(JSON.parse(json!));
process.send?.({ result, peakBytes: peakResidentBytes() });
process.disconnect?.();
