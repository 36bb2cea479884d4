import { Box, LinearProgress, Typography } from "@mui/material";
import { Fragment } from "react";
import type { ReactNode } from "react";

import { formatBytes, formatSeconds } from "./format";
import type { Vm } from "./vm";

/** What the backend says, as names and values. */
export function VmFacts({ vm }: { readonly vm: Vm }) {
  const facts: readonly (readonly [string, ReactNode])[] = [
    ["Memory", <Memory key="memory" vm={vm} />],
    ["CPUs", vm.cpus],
    ["Load (1, 5, 15 minutes)", vm.load.map((load) => load.toFixed(2)).join(", ")],
    ["Running for", formatSeconds(vm.uptime)],
    ["Kernel", vm.kernel],
  ];
  return (
    <Box
      component="dl"
      sx={{ display: "grid", gridTemplateColumns: "max-content 1fr", columnGap: 3, rowGap: 0.5, m: 0 }}
    >
      {facts.map(([name, value]) => (
        <Fragment key={name}>
          <Typography component="dt" color="text.secondary">
            {name}
          </Typography>
          <Typography component="dd" sx={{ overflowWrap: "anywhere" }}>
            {value}
          </Typography>
        </Fragment>
      ))}
    </Box>
  );
}

function Memory({ vm }: { readonly vm: Vm }) {
  const { total, available } = vm.memory;
  const used = total - available;
  const share = used / total;
  return (
    <>
      {formatBytes(used)} of {formatBytes(total)} in use
      <LinearProgress
        variant="determinate"
        aria-label="Memory in use"
        value={100 * share}
        color={share > 0.9 ? "error" : "primary"}
        sx={{ maxWidth: "16rem", my: 0.5 }}
      />
    </>
  );
}
