import { Alert, Box, Button, Typography } from "@mui/material";
import { useEffect, useState } from "react";

import { Card } from "./Card";
import { VmFacts } from "./VmFacts";
import { explain } from "./desktop";
import type { Desktop } from "./desktop";
import { fetchVm } from "./vm";
import type { Vm } from "./vm";

type Answer = { readonly vm: Vm; readonly at: Date } | { readonly error: string };

/** The virtual machine, from the backend. */
export function VmCard({ desktop }: { readonly desktop: Desktop }) {
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
    fetchVm(desktop).then(
      (vm) => take({ vm, at: new Date() }),
      (error: unknown) => take({ error: explain(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [desktop, asking]);

  return (
    <Card title="Virtual machine">
      {answer !== undefined && "vm" in answer && <VmFacts vm={answer.vm} />}
      <Box role="status">
        <Said asking={asking} answer={answer} />
      </Box>
      <Button variant="outlined" onClick={() => setAsking(true)} sx={{ alignSelf: "start" }}>
        Refresh
      </Button>
    </Card>
  );
}

/** What became of the last question. */
function Said({ asking, answer }: { readonly asking: boolean; readonly answer: Answer | undefined }) {
  if (asking) {
    return <Typography color="text.secondary">Asking the virtual machine…</Typography>;
  }
  if (answer === undefined) {
    return null;
  }
  return "error" in answer ? (
    <Alert severity="error">The backend does not answer: {answer.error}</Alert>
  ) : (
    <Typography color="text.secondary">As of {answer.at.toLocaleTimeString()}.</Typography>
  );
}
