import { render } from "preact";
import { App } from "./components/App.js";
import { SessionContext } from "./components/session-context.js";
import { startEngine } from "./engine/client.js";
import { registerServiceWorker } from "./offline/register.js";
import { initialState, reduce } from "./state/reduce.js";
import { releaseUrls } from "./state/release-urls.js";
import { Session } from "./state/session.js";
import { createStore } from "./state/store.js";
import { applyTheme, savedTheme } from "./state/theme.js";
import "./styles/main.css";

applyTheme(savedTheme());
const store = createStore(initialState, reduce);
releaseUrls(store);
const demo = new URL("model", document.baseURI).href;
const session = new Session({ store, startEngine, demo });

render(
  <SessionContext.Provider value={session}>
    <App />
  </SessionContext.Provider>,
  document.getElementById("app")!,
);

// With isolation there are threads, so a reload that brings it comes before the model.
const isReloading = await registerServiceWorker(() => store.dispatch({ type: "kept" }));
if (!isReloading) await session.load(store.get().model.request);
