import { Paper, Stack, Typography } from "@mui/material";
import { useId } from "react";
import type { ReactNode } from "react";

/** A part of the page with a heading. */
export function Card({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const heading = useId();
  return (
    <Paper component="section" variant="outlined" aria-labelledby={heading} sx={{ p: 2.5 }}>
      <Stack spacing={2}>
        <Typography id={heading} variant="h2" sx={{ fontSize: "1.25rem", fontWeight: 600 }}>
          {title}
        </Typography>
        {children}
      </Stack>
    </Paper>
  );
}
