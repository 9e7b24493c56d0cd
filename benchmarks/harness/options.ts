/** The command line of `pnpm bench`. */
import { parseArgs } from "node:util";
import { LOAD_GENERATORS, type LoadGeneratorName } from "../load/choose.ts";
import { scenarios } from "../scenarios/index.ts";
import { contestants } from "./contestants.ts";

/** The parsed command line. */
export interface BenchOptions {
  readonly action: "run" | "report" | "stage" | "list" | "help";
  /** The names of the scenarios; empty means the usual ones. */
  readonly scenarios: readonly string[];
  /** The names of the contestants; empty means the usual ones. */
  readonly peers: readonly string[];
  /** Whether all scenarios and contestants are measured, not only the usual ones. */
  readonly all: boolean;
  readonly rounds: number;
  /** The duration of the load in a round, in seconds. */
  readonly duration: number;
  /** The duration of the load at 70 % of the capacity in a round, in seconds. */
  readonly pacedDuration: number;
  /** The duration of the warm-up, in seconds. */
  readonly warmup: number;
  readonly quick: boolean;
  readonly build: boolean;
  readonly install: boolean;
  readonly load: LoadGeneratorName | null;
  readonly baseline: string | null;
  readonly stage: string | null;
  readonly packages: string | null;
  /** The folder for the results; `null` means the default folder. */
  readonly output: string | null;
}

/** An invalid command line. The message has the reason. */
export class UsageError extends Error {}

export const HELP = `Usage: pnpm bench [options]

  --scenario <name>   only this scenario; may be given several times
  --peer <name>       Packetron and this contestant only; may be given several times
  --all               all scenarios and contestants, not only those of the page
  --rounds <n>        rounds for each contestant (3)
  --duration <s>      seconds of load in a round (3)
  --quick             two rounds of one second: a trial whose figures are not reliable
  --load <name>       wrk or autocannon; by default wrk, if it is installed
  --no-install        leave out contestants that are not installed
  --no-build          use the packages of the last build
  --stage <folder>    do not measure: build the packages and lay them out in this folder
  --packages <folder> use Packetron from a folder that --stage has made
  --baseline <folder> add a contestant: Packetron from a folder that --stage has made
  --output <folder>   write the results to this folder
  --report            do not measure: make the docs from the existing results, or from those in --output
  --list              list the scenarios and the contestants
  --help              show this help

A run without --scenario, --peer, --quick, --packages and --baseline writes benchmarks/results, docs/benchmarks and the
front page; it starts at a commit without changes only. All other runs are trials: their results are printed and written
to benchmarks/results/trial.
`;

/** Reads the arguments. @throws UsageError */
export function readOptions(args: readonly string[]): BenchOptions {
  const values = parse(args);
  const quick = values.quick === true;
  return {
    action: actionOf(values),
    scenarios: known("scenario", values.scenario ?? [], scenarios),
    peers: known("peer", values.peer ?? [], contestants),
    all: values.all === true,
    rounds: Math.ceil(positive("rounds", values.rounds, quick ? 2 : 3)),
    duration: Math.ceil(positive("duration", values.duration, quick ? 1 : 3)),
    pacedDuration: quick ? 1 : 2,
    warmup: quick ? 1 : 2,
    quick,
    build: values["no-build"] !== true && values.packages === undefined,
    install: values["no-install"] !== true,
    load: loadName(values.load),
    baseline: values.baseline ?? null,
    stage: values.stage ?? null,
    packages: values.packages ?? null,
    output: values.output ?? null,
  };
}

type Values = ReturnType<typeof parse>;

/** Parses the arguments with Node's parser. Its errors become a UsageError. */
function parse(args: readonly string[]) {
  try {
    // pnpm passes a leading `--` on to the program.
    return parseArgs({ args: args.filter((arg, index) => index > 0 || arg !== "--"), options: PARSED })
      .values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

const PARSED = {
  scenario: { type: "string", multiple: true },
  peer: { type: "string", multiple: true },
  all: { type: "boolean" },
  rounds: { type: "string" },
  duration: { type: "string" },
  quick: { type: "boolean" },
  load: { type: "string" },
  "no-build": { type: "boolean" },
  "no-install": { type: "boolean" },
  baseline: { type: "string" },
  stage: { type: "string" },
  packages: { type: "string" },
  output: { type: "string" },
  report: { type: "boolean" },
  list: { type: "boolean" },
  help: { type: "boolean" },
} as const;

function actionOf(values: Values): BenchOptions["action"] {
  if (values.help === true) return "help";
  if (values.list === true) return "list";
  if (values.stage !== undefined) return "stage";
  return values.report === true ? "report" : "run";
}

function known(
  option: string,
  names: readonly string[],
  list: readonly { readonly name: string }[],
): readonly string[] {
  for (const name of names)
    if (!list.some((candidate) => candidate.name === name))
      throw new UsageError(
        `--${option} ${name}: unknown name; the names are ${list.map((item) => item.name).join(", ")}`,
      );
  return names;
}

function positive(option: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value)))
    throw new UsageError(`--${option} ${text}: expected a number above 0`);
  return value;
}

function loadName(text: string | undefined): LoadGeneratorName | null {
  if (text === undefined) return null;
  const name = LOAD_GENERATORS.find((candidate) => candidate === text);
  if (name === undefined) throw new UsageError(`--load ${text}: expected ${LOAD_GENERATORS.join(" or ")}`);
  return name;
}
