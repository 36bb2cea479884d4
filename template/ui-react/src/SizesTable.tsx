import { Table, TableBody, TableCell, TableContainer, TableHead, TableRow, Typography } from "@mui/material";
import { memo } from "react";

import { formatBytes } from "./format";
import type { Entry, Ranking } from "./sizes";

/** What the folder holds, largest first. */
export const SizesTable = memo(function SizesTable({ ranking }: { readonly ranking: Ranking }) {
  const { largest, others } = ranking;
  const most = Math.max(largest[0]?.bytes ?? 0, 1);
  return (
    <TableContainer>
      <Table size="small">
        <caption style={{ captionSide: "top", paddingTop: 0 }}>What the folder holds, largest first</caption>
        <TableHead>
          <TableRow>
            <TableCell>Name</TableCell>
            <TableCell align="right">Files</TableCell>
            <TableCell align="right">Size</TableCell>
          </TableRow>
        </TableHead>
        <TableBody>
          {largest.map((entry) => (
            <Row key={entry.id} entry={entry} share={entry.bytes / most} />
          ))}
        </TableBody>
      </Table>
      {others > 0 && <Typography color="text.secondary">And {others.toLocaleString()} smaller ones.</Typography>}
    </TableContainer>
  );
});

/** A row, with the entry's share of the largest one as a bar behind its name. */
const Row = memo(function Row({ entry, share }: { readonly entry: Entry; readonly share: number }) {
  return (
    <TableRow>
      <TableCell
        component="th"
        scope="row"
        sx={({ palette }) => ({
          width: "60%",
          overflowWrap: "anywhere",
          background: `linear-gradient(${palette.action.selected}, ${palette.action.selected}) no-repeat`,
        })}
        style={{ backgroundSize: `${String(100 * share)}% 100%` }}
      >
        {entry.folder ? `${entry.name}/` : entry.name}
      </TableCell>
      <TableCell align="right">{entry.files.toLocaleString()}</TableCell>
      <TableCell align="right" sx={{ whiteSpace: "nowrap" }}>
        {formatBytes(entry.bytes)}
      </TableCell>
    </TableRow>
  );
});
