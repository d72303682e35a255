import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Session } from "../state/session.js";
import type { Action, State } from "../state/types.js";

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error("There is no session around this component.");
  return session;
}

/** The state, and what changes it. */
export function useStore(): [State, (action: Action) => void] {
  const { store } = useSession();
  const [state, setState] = useState(store.get());
  useEffect(() => {
    setState(store.get());
    return store.subscribe(() => setState(store.get()));
  }, [store]);
  return [state, store.dispatch];
}
