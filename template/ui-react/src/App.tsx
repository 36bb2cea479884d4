import { Alert } from "@mui/material";

{{^rust}}
import { ContainersCard } from "./ContainersCard";
{{/rust}}
import { Page } from "./Page";
{{#host}}
import { SizesCard } from "./SizesCard";
{{/host}}
{{#backend}}
import { VmCard } from "./VmCard";
{{/backend}}
import { findDesktop } from "./desktop";

const desktop = findDesktop();

export function App() {
  return (
    <Page title="{{title}}" description="{{description}}">
      {desktop === undefined ? (
        <Alert severity="warning">
          This page is not running in Docker Desktop, so there is nothing to show. Install the extension and open it
          from Docker Desktop’s menu.
        </Alert>
      ) : (
        <>
{{#backend}}
          <VmCard desktop={desktop} />
{{/backend}}
{{#host}}
          <SizesCard desktop={desktop} />
{{/host}}
{{^rust}}
          <ContainersCard desktop={desktop} />
{{/rust}}
        </>
      )}
    </Page>
  );
}
