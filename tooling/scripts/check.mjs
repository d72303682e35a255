// `npm run check`.
import { checkCode, checkOptionsTable } from "./checks.mjs";

checkCode();
checkOptionsTable();
