import { Button } from "@mui/material";
import { useEffect, useState } from "react";

import { Card } from "./Card";
import { Message } from "./Message";
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
      {asking ? <Message text="Asking the virtual machine…" /> : <Message {...said(answer)} />}
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
  return "vm" in answer
    ? { text: `As of ${answer.at.toLocaleTimeString()}.` }
    : { error: `The backend does not answer: ${answer.error}` };
}
