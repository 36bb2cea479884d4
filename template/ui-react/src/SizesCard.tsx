import { Button, Stack, TextField, Typography } from "@mui/material";
import { useDeferredValue, useId, useLayoutEffect, useRef, useState } from "react";

import { Card } from "./Card";
import { Message } from "./Message";
import { SizesTable } from "./SizesTable";
import { explain } from "./desktop";
import type { Desktop } from "./desktop";
import { formatBytes } from "./format";
import { useSizes } from "./useSizes";
import type { Progress } from "./useSizes";

/** What each folder takes, from the host tool. */
export function SizesCard({ desktop }: { readonly desktop: Desktop }) {
  const { progress, ranking, start, stop } = useSizes(desktop);
  const [folder, setFolder] = useState("");
  const [refusal, setRefusal] = useState<string>();
  const field = useId();
  const running = progress.is === "running";
  // Rows come faster than they can be drawn; the page answers the user first.
  const drawn = useDeferredValue(ranking);

  const choose = async () => {
    setRefusal(undefined);
    try {
      const chosen = await desktop.desktopUI.dialog.showOpenDialog({ properties: ["openDirectory"] });
      setFolder((folder) => (chosen.canceled ? folder : (chosen.filePaths[0] ?? folder)));
    } catch (error) {
      setRefusal(explain(error));
    }
  };

  return (
    <Card title="Folder sizes">
      <Stack
        component="form"
        spacing={0.5}
        onSubmit={(event) => {
          event.preventDefault();
          start(folder.trim());
        }}
      >
        <Typography component="label" htmlFor={field}>
          Folder on this computer (empty: your home folder)
        </Typography>
        <Stack direction="row" useFlexGap spacing={1} sx={{ flexWrap: "wrap" }}>
          <TextField
            id={field}
            size="small"
            autoComplete="off"
            slotProps={{ htmlInput: { spellCheck: false } }}
            sx={{ flex: "1 1 16rem" }}
            value={folder}
            onChange={(event) => setFolder(event.target.value)}
          />
          <Button variant="outlined" onClick={() => void choose()}>
            Choose…
          </Button>
          <StartAndStop running={running} onStop={stop} />
        </Stack>
      </Stack>
      <Message {...said(progress)} />
      {refusal !== undefined && <Message error={`The folder could not be chosen: ${refusal}`} />}
      {drawn.largest.length > 0 && <SizesTable ranking={drawn} />}
    </Card>
  );
}

function StartAndStop({ running, onStop }: { readonly running: boolean; readonly onStop: () => void }) {
  const start = useRef<HTMLButtonElement>(null);
  const stop = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const [spent, ready] = running ? [start, stop] : [stop, start];
    if (document.activeElement === spent.current) {
      // A disabled button loses the keyboard's focus.
      ready.current?.focus();
    }
  }, [running]);
  return (
    <>
      <Button ref={start} type="submit" variant="contained" disabled={running}>
        Measure
      </Button>
      <Button ref={stop} variant="outlined" disabled={!running} onClick={onStop}>
        Stop
      </Button>
    </>
  );
}

function said(progress: Progress) {
  switch (progress.is) {
    case "idle":
      return {};
    case "running":
      return { text: "Measuring…" };
    case "stopped":
      return { text: "Stopped; what was measured so far stays." };
    case "failed":
      return { error: `The folder could not be measured: ${progress.why}` };
    case "done": {
      const { bytes, files, unreadable } = progress.total;
      const gaps = unreadable === 0 ? "" : ` ${unreadable.toLocaleString()} could not be read.`;
      const count = files === 1 ? "1 file" : `${files.toLocaleString()} files`;
      return { text: `${formatBytes(bytes)} in ${count}.${gaps}` };
    }
  }
}
