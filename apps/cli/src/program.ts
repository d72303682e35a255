import { Command } from "commander";
import { convertCommand } from "internvl/convert-command";
import { chatCommand } from "./commands/chat.js";
import { describeCommand } from "./commands/describe.js";
import { inspectCommand } from "./commands/inspect.js";

export function internvlProgram(): Command {
  return new Command("internvl")
    .description("Talk to InternVL 2.5 about pictures")
    .addCommand(describeCommand())
    .addCommand(chatCommand())
    .addCommand(convertCommand("convert", "internvl convert"))
    .addCommand(inspectCommand())
    .addHelpText(
      "after",
      `
Examples:
  internvl describe photo.jpg
  internvl describe sign.png -q "What does the sign say?"
  internvl chat --model ./InternVL2_5-1B
  internvl convert --input ./InternVL2_5-1B --dtype fp32,q4

internvl COMMAND --help says more. Without --model a small demo model answers, which knows only coloured shapes, numbers
and words on signs.`,
    );
}
