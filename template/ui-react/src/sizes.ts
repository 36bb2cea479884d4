/** What a folder, or something in it, takes. */
export interface Size {
  readonly bytes: number;
  readonly files: number;
  /** Files and folders that could not be read. */
  readonly unreadable: number;
}

/** A file or folder right below the one that is measured. */
export interface Entry extends Size {
  readonly type: "entry";
  readonly name: string;
  readonly folder: boolean;
}

/** All of them together: the tool's last line. */
export interface Total extends Size {
  readonly type: "total";
}

/** Reads a line of the host tool. */
export function parseLine(text: string): Entry | Total {
  const line = JSON.parse(text) as Entry | Total;
  if ([line.bytes, line.files, line.unreadable].every(Number.isFinite)) {
    if (line.type === "total" || typeof line.name === "string") {
      return line;
    }
  }
  throw new Error(`the tool’s line is not understood: ${text}`);
}

/** How many rows the page shows: a folder can hold more than any page can. */
const MOST_ROWS = 500;

/** An entry with a number of its own: two names can look the same where they are not Unicode. */
export interface Ranked extends Entry {
  readonly id: number;
}

/** The largest entries of a folder, and how many there are besides. */
export interface Ranking {
  readonly largest: readonly Ranked[];
  readonly others: number;
}

/** A ranking before the first entry. */
export const NOTHING: Ranking = { largest: [], others: 0 };

/** Adds an entry where it belongs, behind those of its size. */
export function rank({ largest, others }: Ranking, entry: Entry): Ranking {
  const smaller = largest.findIndex((other) => other.bytes < entry.bytes);
  const place = smaller === -1 ? largest.length : smaller;
  const ranked = { ...entry, id: largest.length + others };
  const all = [...largest.slice(0, place), ranked, ...largest.slice(place)];
  return { largest: all.slice(0, MOST_ROWS), others: others + (all.length > MOST_ROWS ? 1 : 0) };
}
