import { DockerMuiV6ThemeProvider } from "@docker/docker-mui-theme";
import { CssBaseline, ThemeProvider, createTheme } from "@mui/material";
import type { ReactNode } from "react";

/** MUI's own colours, light or dark as the system is. */
const ownTheme = createTheme({
  colorSchemes: { light: true, dark: true },
  typography: { button: { textTransform: "none" } },
});

/** Docker Desktop's theme. It is not on the page in an ordinary browser; there, MUI's own takes its place. */
export function Theme({ children }: { readonly children: ReactNode }) {
  const content = (
    <>
      <CssBaseline enableColorScheme />
      {children}
    </>
  );
  return "__ddMuiV6Themes" in window ? (
    <DockerMuiV6ThemeProvider>{content}</DockerMuiV6ThemeProvider>
  ) : (
    <ThemeProvider theme={ownTheme}>{content}</ThemeProvider>
  );
}
