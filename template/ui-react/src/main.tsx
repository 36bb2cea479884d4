import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./App";
import { Theme } from "./Theme";

const root = document.querySelector("#root");
if (root === null) {
  throw new Error("index.html has no #root");
}
createRoot(root).render(
  <StrictMode>
    <Theme>
      <App />
    </Theme>
  </StrictMode>,
);
