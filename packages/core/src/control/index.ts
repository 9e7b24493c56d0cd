/**
 * The public names of @packetron/core/control: finding the applications of this user that run, and asking them; and
 * what else the command line shares with core.
 *
 * @module
 */

export type { PrimaryStatus, WorkerLoad, WorkerState, WorkerStatus } from "../cluster/status.ts";
export { nearestName } from "../cures.ts";
export type { GateDescription, RouteDescription } from "../routing/describe.ts";
export { type ProcessIdentity, type ProcessState, stateOfProcess } from "../system/process-identity.ts";
export { type ApplicationCard, listApplications } from "./applications.ts";
export { askApplication } from "./client.ts";
export type {
  ApplicationStatus,
  ControlAnswer,
  ControlValues,
  ControlVerb,
  ServerRoutes,
} from "./protocol.ts";
