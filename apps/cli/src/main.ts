#!/usr/bin/env node
import { runProgram } from "internvl/convert-command";
import { internvlProgram } from "./program.js";

await runProgram(internvlProgram());
