import { Button, Table, TableBody, TableCell, TableContainer, TableHead, TableRow } from "@mui/material";
import { useEffect, useState } from "react";

import { Card } from "./Card";
import { Message } from "./Message";
import { listContainers } from "./containers";
import type { Container } from "./containers";
import { explain } from "./desktop";
import type { Desktop } from "./desktop";

type Answer = { readonly containers: readonly Container[]; readonly at: Date } | { readonly error: string };

/** The containers that run, from Docker Desktop's engine. */
export function ContainersCard({ desktop }: { readonly desktop: Desktop }) {
  const [answer, setAnswer] = useState<Answer>();
  const [asking, setAsking] = useState(true);

  useEffect(() => {
    if (!asking) {
      return;
    }
    let wanted = true;
    const take = (answer: Answer) => {
      if (wanted) {
        setAnswer(answer);
        setAsking(false);
      }
    };
    listContainers(desktop).then(
      (containers) => take({ containers, at: new Date() }),
      (error: unknown) => take({ error: explain(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [desktop, asking]);

  return (
    <Card title="Containers">
      {answer !== undefined && "containers" in answer && answer.containers.length > 0 && (
        <ContainersTable containers={answer.containers} />
      )}
      {asking ? <Message text="Asking Docker…" /> : <Message {...said(answer)} />}
      <Button variant="outlined" onClick={() => setAsking(true)} sx={{ alignSelf: "start" }}>
        Refresh
      </Button>
    </Card>
  );
}

/** What became of the last question. */
function said(answer: Answer | undefined) {
  if (answer === undefined) {
    return {};
  }
  if ("error" in answer) {
    return { error: `Docker does not answer: ${answer.error}` };
  }
  const count = answer.containers.length;
  const running = count === 0 ? "No container runs" : `${count.toLocaleString()} running`;
  return { text: `${running}, as of ${answer.at.toLocaleTimeString()}.` };
}

function ContainersTable({ containers }: { readonly containers: readonly Container[] }) {
  return (
    <TableContainer>
      <Table size="small" aria-label="Running containers">
        <TableHead>
          <TableRow>
            <TableCell>Name</TableCell>
            <TableCell>Image</TableCell>
            <TableCell>Status</TableCell>
          </TableRow>
        </TableHead>
        <TableBody>
          {containers.map((container) => (
            <TableRow key={container.Id}>
              <TableCell component="th" scope="row">
                {container.Names.map((name) => name.replace(/^\//, "")).join(", ")}
              </TableCell>
              <TableCell>{container.Image}</TableCell>
              <TableCell>{container.Status}</TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}
