import { createDockerDesktopClient } from "@docker/extension-api-client";
import type { v1 } from "@docker/extension-api-client-types";

export type Desktop = v1.DockerDesktopClient;

/** Docker Desktop, unless the page is in an ordinary browser. */
export function findDesktop(): Desktop | undefined {
  try {
    return createDockerDesktopClient();
  } catch {
    return undefined;
  }
}

/** What went wrong, in words, from whatever Docker Desktop threw. */
export function explain(error: unknown): string {
  const { stderr, message } = Object(error) as Record<string, unknown>;
  for (const part of [stderr, message, error]) {
    if (typeof part === "string" && part.trim() !== "") {
      return messageIn(part) ?? part.trim();
    }
  }
  return "unknown error";
}

/** The backend says what went wrong as `{"message": "…"}`. */
function messageIn(text: string): string | undefined {
  try {
    const { message } = Object(JSON.parse(text)) as Record<string, unknown>;
    return typeof message === "string" ? message : undefined;
  } catch {
    return undefined;
  }
}
