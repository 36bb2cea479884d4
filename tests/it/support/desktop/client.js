// Puts a `ddClient` on the page, as Docker Desktop does
// (https://docs.docker.com/reference/api/extensions-sdk/DockerDesktopClient/), with the tests' own server behind it.
((settings) => {
  const post = (path, body, signal) =>
    fetch(`/desktop/${path}`, { method: "POST", body: JSON.stringify(body), signal });

  const request = async ({ method, url, data }) => {
    const answer = await post("vm", { method, url, data });
    const text = await answer.text();
    if (!answer.ok) {
      throw { name: "Error", message: text, statusCode: answer.status };
    }
    return JSON.parse(text);
  };

  // Each line of the answer is an event: the process's number, its output, or its end.
  const stream = async (command, args, { onOutput, onError, onClose }, started) => {
    const answer = await post("exec", { command, args });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const event of lines.map((line) => JSON.parse(line))) {
        if (event.run !== undefined) {
          started(event.run);
        } else if (event.error !== undefined) {
          onError?.({ message: event.error });
        } else if (event.code !== undefined) {
          onClose?.(event.code);
        } else {
          onOutput?.(event);
        }
      }
    }
  };

  const exec = (command, args, options) => {
    if (options?.stream === undefined) {
      throw new Error("the stand-in only streams");
    }
    let started;
    const run = new Promise((resolve) => (started = resolve));
    stream(command, args, options.stream, started);
    return { close: () => run.then((run) => post("close", { run })) };
  };

  const method = (method) => (url, data) => request({ method, url, data });
  const service = { get: method("GET"), post: method("POST"), request };
  const chosen = settings.chosen;
  window.ddClient = {
    extension: { vm: { cli: { exec }, service }, host: { cli: { exec } }, image: "example/page:0.1.0" },
    desktopUI: {
      dialog: {
        showOpenDialog: async () => ({ canceled: chosen === null, filePaths: chosen === null ? [] : [chosen] }),
      },
    },
    docker: {
      listContainers: async () => {
        if (settings.containers === null) {
          throw new Error("the engine is stopped");
        }
        return settings.containers;
      },
    },
    host: { platform: settings.platform, arch: "x64", hostname: "tests" },
  };

  // Docker Desktop's own theme is not public; these are colours of its kind.
  const theme = (mode, main, page) => ({
    palette: { mode, primary: { main }, background: { default: page } },
    typography: { button: { textTransform: "none" } },
  });
  window.__ddMuiV6Themes = { light: theme("light", "#1d63ed", "#f4f4f6"), dark: theme("dark", "#7ab1ff", "#10151a") };
})
