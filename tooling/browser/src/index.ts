export { launchChromium, openPage } from "./chromium.js";
export { type LocalServer, type ServeOptions, serve } from "./server.js";
