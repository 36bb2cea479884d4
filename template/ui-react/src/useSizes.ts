import { useCallback, useEffect, useReducer, useRef } from "react";

import type { Desktop } from "./desktop";
import { measure } from "./measure";
import type { Outcome } from "./measure";
import { NOTHING, rank } from "./sizes";
import type { Entry, Ranking } from "./sizes";

/** How far measuring has come. */
export type Progress = { readonly is: "idle" | "running" | "stopped" } | Outcome;

interface State {
  readonly progress: Progress;
  readonly ranking: Ranking;
}

type Event = { readonly progress: Progress } | { readonly entry: Entry };

function reduce(state: State, event: Event): State {
  if ("entry" in event) {
    return { ...state, ranking: rank(state.ranking, event.entry) };
  }
  // A new run begins with an empty table; whatever ends a run leaves what was measured.
  const ranking = event.progress.is === "running" ? NOTHING : state.ranking;
  return { progress: event.progress, ranking };
}

/** The sizes of what is in a folder, as the host tool tells them. */
export function useSizes(desktop: Desktop) {
  const [state, dispatch] = useReducer(reduce, { progress: { is: "idle" }, ranking: NOTHING });
  const close = useRef<() => void>(undefined);

  const start = useCallback(
    (folder: string) => {
      close.current?.();
      dispatch({ progress: { is: "running" } });
      close.current = measure(desktop, folder, {
        onEntry: (entry) => dispatch({ entry }),
        onEnd: (progress) => dispatch({ progress }),
      });
    },
    [desktop],
  );

  const stop = useCallback(() => {
    close.current?.();
    dispatch({ progress: { is: "stopped" } });
  }, []);

  // The tool ends with the part of the page that reads it.
  useEffect(() => () => close.current?.(), []);

  return { ...state, start, stop };
}
