import { Alert, Typography } from "@mui/material";

interface Props {
  readonly text?: string | undefined;
  readonly error?: string | undefined;
}

/** What became of the user's last wish. Screen readers read it aloud when it changes. */
export function Message({ text, error }: Props) {
  return (
    <div>
      <Typography role="status" color="text.secondary">
        {text}
      </Typography>
      {error !== undefined && <Alert severity="error">{error}</Alert>}
    </div>
  );
}
