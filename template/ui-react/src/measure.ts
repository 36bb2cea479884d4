import { explain } from "./desktop";
import type { Desktop } from "./desktop";
import { parseLine } from "./sizes";
import type { Entry, Total } from "./sizes";

/** How measuring ended. */
export type Outcome = { readonly is: "done"; readonly total: Total } | { readonly is: "failed"; readonly why: string };

/** Who is told of each entry and of the end. */
export interface Listener {
  readonly onEntry: (entry: Entry) => void;
  readonly onEnd: (outcome: Outcome) => void;
}

/** Runs the host tool, which prints one JSON object a line. The function it returns ends the tool and the telling. */
export function measure(desktop: Desktop, folder: string, { onEntry, onEnd }: Listener): () => void {
  const tool = desktop.host.platform === "win32" ? "{{name}}-host.exe" : "{{name}}-host";
  let heard = true;
  let errors = "";
  let total: Total | undefined;
  let close: (() => void) | undefined;

  const stop = () => {
    heard = false;
    close?.();
  };
  const end = (outcome: Outcome) => {
    if (heard) {
      heard = false;
      onEnd(outcome);
    }
  };
  const fail = (error: unknown) => end({ is: "failed", why: explain(error) });
  const take = (text: string) => {
    if (!heard || text.trim() === "") {
      return;
    }
    try {
      const line = parseLine(text);
      if (line.type === "total") {
        total = line;
      } else {
        onEntry(line);
      }
    } catch (error) {
      fail(error);
      close?.();
    }
  };

  try {
    const cli = desktop.extension.host?.cli;
    if (cli === undefined) {
      throw new Error("this extension was installed without its host tool");
    }
    const process = cli.exec(tool, folder === "" ? [] : ["--", folder], {
      stream: {
        splitOutputLines: true,
        onOutput: ({ stdout, stderr }) => {
          errors += stderr === undefined ? "" : `${stderr}\n`;
          take(stdout ?? "");
        },
        onError: fail,
        onClose: (code) => {
          if (total === undefined) {
            fail(errors.trim() || `it ended with exit code ${String(code)}`);
          } else {
            end({ is: "done", total });
          }
        },
      },
    });
    close = () => process.close();
  } catch (error) {
    fail(error);
  }
  return stop;
}
