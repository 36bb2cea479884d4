import type { Desktop } from "./desktop";

/** A container that runs, as Docker's engine says it. */
export interface Container {
  readonly Id: string;
  /** Each with a slash in front. */
  readonly Names: readonly string[];
  readonly Image: string;
  /** In words: `Up 2 hours`. */
  readonly Status: string;
}

/** Asks Docker Desktop's engine which containers run. */
export async function listContainers(desktop: Desktop): Promise<readonly Container[]> {
  const answer = await desktop.docker.listContainers();
  if (!Array.isArray(answer) || !answer.every(isContainer)) {
    throw new Error("its answer is not understood");
  }
  return answer;
}

function isContainer(value: unknown): value is Container {
  const { Id, Names, Image, Status } = Object(value) as Partial<Container>;
  const words: unknown[] = [Id, Image, Status];
  return Array.isArray(Names) && words.concat(Names).every((word) => typeof word === "string");
}
