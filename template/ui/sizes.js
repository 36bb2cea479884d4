// Runs the host tool, which prints one JSON object a line, and shows each line as it comes.
"use strict";

{
  const find = (id) => document.querySelector(`#sizes-${id}`);
  const message = find("message");
  const table = find("table");
  const rows = table.querySelector("tbody");
  const others = find("others");
  // A folder can hold more than any page can show.
  const mostRows = 500;
  let running = null;

  const start = () => {
    const tool = ddClient.host.platform === "win32" ? "{{name}}-host.exe" : "{{name}}-host";
    const folder = find("folder").value.trim();
    const run = { process: null, errors: "", total: null };
    clear();
    become(run);
    say(message, "Measuring…");
    try {
      const cli = ddClient.extension.host?.cli;
      if (!cli) {
        throw new Error("this extension was installed without its host tool");
      }
      run.process = cli.exec(tool, folder === "" ? [] : ["--", folder], {
        stream: {
          splitOutputLines: true,
          onOutput: (output) => run === running && take(run, output),
          onError: (error) => run === running && fail(explain(error)),
          onClose: (code) => run === running && close(run, code),
        },
      });
    } catch (error) {
      fail(explain(error));
    }
  };

  const become = (run) => {
    running = run;
    const [start, stop] = [find("start"), find("stop")];
    const [ready, spent] = run === null ? [start, stop] : [stop, start];
    ready.disabled = false;
    if (document.activeElement === spent) {
      // A disabled button loses the keyboard's focus.
      ready.focus();
    }
    spent.disabled = true;
  };

  const clear = () => {
    rows.replaceChildren();
    table.style.setProperty("--largest", 1);
    table.hidden = true;
    others.hidden = true;
    others.count = 0;
  };

  const take = (run, output) => {
    if (output.stderr !== undefined) {
      run.errors += `${output.stderr}\n`;
      return;
    }
    if (output.stdout.trim() === "") {
      return;
    }
    try {
      const line = JSON.parse(output.stdout);
      if (line.type === "total") {
        run.total = line;
      } else {
        add(line);
      }
    } catch (error) {
      run.process?.close();
      fail(`the tool's line is not understood: ${explain(error)}`);
    }
  };

  const add = (entry) => {
    const row = document.createElement("tr");
    const name = document.createElement("th");
    name.scope = "row";
    name.textContent = entry.folder ? `${entry.name}/` : entry.name;
    name.style.setProperty("--bytes", entry.bytes);
    row.append(name, number(entry.files.toLocaleString()), number(formatBytes(entry.bytes)));
    row.bytes = entry.bytes;
    rows.insertBefore(row, [...rows.children].find((other) => other.bytes < entry.bytes) ?? null);
    if (rows.children.length > mostRows) {
      rows.lastElementChild.remove();
      others.count += 1;
      others.textContent = `And ${others.count.toLocaleString()} smaller ones.`;
      others.hidden = false;
    }
    table.style.setProperty("--largest", Math.max(rows.firstElementChild.bytes, 1));
    table.hidden = false;
  };

  const number = (text) => {
    const cell = document.createElement("td");
    cell.className = "number";
    cell.textContent = text;
    return cell;
  };

  const close = (run, code) => {
    if (run.total === null) {
      fail(run.errors.trim() || `it ended with exit code ${code}`);
      return;
    }
    become(null);
    const { bytes, files, unreadable } = run.total;
    const gaps = unreadable === 0 ? "" : ` ${unreadable.toLocaleString()} could not be read.`;
    const count = files === 1 ? "1 file" : `${files.toLocaleString()} files`;
    say(message, `${formatBytes(bytes)} in ${count}.${gaps}`);
  };

  const fail = (why) => {
    become(null);
    say(message, `The folder could not be measured: ${why}`, true);
  };

  const stop = () => {
    const { process } = running;
    become(null);
    process?.close();
    say(message, "Stopped; what was measured so far stays.");
  };

  const choose = async () => {
    try {
      const chosen = await ddClient.desktopUI.dialog.showOpenDialog({ properties: ["openDirectory"] });
      if (!chosen.canceled && chosen.filePaths.length > 0) {
        find("folder").value = chosen.filePaths[0];
      }
    } catch (error) {
      say(message, `The folder could not be chosen: ${explain(error)}`, true);
    }
  };

  if (ddClient) {
    find("form").addEventListener("submit", (event) => {
      event.preventDefault();
      start();
    });
    find("stop").addEventListener("click", stop);
    find("choose").addEventListener("click", choose);
  }
}
