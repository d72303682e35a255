import { work } from "./work.js";

void work();
