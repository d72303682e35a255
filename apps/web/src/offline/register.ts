/** Set while the page reloads to be isolated, so that it reloads once at most. */
const RELOADED = "reloaded-for-isolation";

/** How long a first visit waits for the service worker before it goes on without. */
const PATIENCE_MS = 3000;

/**
 * Starts the service worker, which adds the headers of isolation where the server does not send them. They count from the
 * next load on: a first visit without them reloads.
 *
 * @param onKept called when the page works without a network
 * @returns whether the page is about to reload
 */
export async function registerServiceWorker(onKept: () => void): Promise<boolean> {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return false;
  navigator.serviceWorker.addEventListener("message", ({ data }) => data === "kept" && onKept());
  try {
    await navigator.serviceWorker.register(new URL("service-worker.js", document.baseURI));
  } catch {
    // A browser that forbids service workers: the page works online, and with the server's own headers.
    return false;
  }
  if (crossOriginIsolated) {
    sessionStorage.removeItem(RELOADED);
    void keepForOffline();
    return false;
  }
  if (sessionStorage.getItem(RELOADED) !== null || !(await hasController())) {
    void keepForOffline();
    return false;
  }
  sessionStorage.setItem(RELOADED, "yes");
  location.reload();
  return true;
}

async function hasController(): Promise<boolean> {
  const { serviceWorker } = navigator;
  if (serviceWorker.controller !== null) return true;
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), PATIENCE_MS);
    serviceWorker.addEventListener("controllerchange", () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

/** Asks the service worker to keep what the page needs without a network. */
async function keepForOffline(): Promise<void> {
  const { active } = await navigator.serviceWorker.ready;
  active?.postMessage("keep");
}
