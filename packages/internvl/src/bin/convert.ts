#!/usr/bin/env node
import { convertCommand } from "../convert-command/command.js";
import { runProgram } from "../terminal/program.js";

await runProgram(convertCommand("internvl-convert", "npx internvl-convert"));
