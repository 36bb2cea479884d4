import { Stack, Typography } from "@mui/material";
import type { ReactNode } from "react";

interface Props {
  readonly title: string;
  readonly description: string;
  readonly children: ReactNode;
}

/** The whole page: what the extension is, and its parts below each other. */
export function Page({ title, description, children }: Props) {
  return (
    <Stack component="main" spacing={3} sx={{ maxWidth: "60rem", mx: "auto", p: 3, overflowWrap: "break-word" }}>
      <header>
        <Typography variant="h1" sx={{ fontSize: "1.75rem", fontWeight: 600 }}>
          {title}
        </Typography>
        <Typography color="text.secondary">{description}</Typography>
      </header>
      {children}
    </Stack>
  );
}
