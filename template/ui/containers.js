// Asks Docker Desktop's engine which containers run.
"use strict";

{
  const find = (id) => document.querySelector(`#containers-${id}`);
  const message = find("message");
  const table = find("table");
  let asking = false;

  const row = (container) => {
    const row = document.createElement("tr");
    const name = document.createElement("th");
    name.scope = "row";
    name.textContent = container.Names.map((name) => name.replace(/^\//, "")).join(", ");
    row.append(name, cell(container.Image), cell(container.Status));
    return row;
  };

  const cell = (text) => {
    const cell = document.createElement("td");
    cell.textContent = text;
    return cell;
  };

  const load = async () => {
    if (asking) {
      return;
    }
    asking = true;
    say(message, "Asking Docker…");
    try {
      const containers = await ddClient.docker.listContainers();
      table.querySelector("tbody").replaceChildren(...containers.map(row));
      table.hidden = containers.length === 0;
      const running = containers.length === 0 ? "No container runs" : `${containers.length} running`;
      say(message, `${running}, as of ${new Date().toLocaleTimeString()}.`);
    } catch (error) {
      table.hidden = true;
      say(message, `Docker does not answer: ${explain(error)}`, true);
    } finally {
      asking = false;
    }
  };

  if (ddClient) {
    find("refresh").addEventListener("click", load);
    load();
  }
}
