import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // Docker Desktop does not serve the page from the root of a host.
  base: "./",
  server: { port: 3000, strictPort: true },
});
