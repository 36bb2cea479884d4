import { Alert, Box, Typography } from "@mui/material";

interface Props {
  readonly text?: string | undefined;
  readonly error?: string | undefined;
}

/** What became of the user's last wish. Screen readers read it aloud when it changes. */
export function Message({ text, error }: Props) {
  return (
    // A line that says nothing takes no room, yet stays: screen readers would miss what a new one says.
    <Box sx={{ "&&:has(> :only-child:empty)": { mt: 0 } }}>
      <Typography role="status" color="text.secondary">
        {text}
      </Typography>
      {error !== undefined && <Alert severity="error">{error}</Alert>}
    </Box>
  );
}
