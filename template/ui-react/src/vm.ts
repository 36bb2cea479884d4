import type { Desktop } from "./desktop";

/** How busy Docker Desktop's virtual machine is, as the backend says it. */
export interface Vm {
  readonly kernel: string;
  readonly cpus: number;
  /** Tasks that ran or waited to run, averaged over 1, 5 and 15 minutes. */
  readonly load: readonly number[];
  /** Seconds since the machine was started. */
  readonly uptime: number;
  /** In bytes. */
  readonly memory: { readonly total: number; readonly available: number };
}

/** Asks the backend, which runs in the virtual machine. */
export async function fetchVm(desktop: Desktop): Promise<Vm> {
  const service = desktop.extension.vm?.service;
  if (service === undefined) {
    throw new Error("this extension was installed without its backend");
  }
  const answer = await service.get("/vm");
  if (!isVm(answer)) {
    throw new Error("its answer is not understood");
  }
  return answer;
}

function isVm(value: unknown): value is Vm {
  const { kernel, cpus, load, uptime, memory } = Object(value) as Partial<Vm>;
  const numbers: unknown[] = [cpus, uptime, memory?.total, memory?.available];
  return typeof kernel === "string" && Array.isArray(load) && numbers.concat(load).every(Number.isFinite);
}
