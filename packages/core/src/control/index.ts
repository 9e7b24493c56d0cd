/**
 * The public names of @packetron/core/control. Some find the running applications of this user and send commands to
 * them. The remaining names are parts of core that the command line uses, too.
 *
 * @module
 */

export type { PrimaryStatus, WorkerLoad, WorkerState, WorkerStatus } from "../cluster/process/status.ts";
export { nearestName } from "../errors/hints.ts";
export { type ProcessIdentity, type ProcessState, stateOfProcess } from "../node/process-identity.ts";
export type { GateDescription, RouteDescription } from "../routing/describe.ts";
export type { SharedFigures, SharedStatus } from "../shared/shared-status.ts";
export { askApplication, profileApplication } from "./client.ts";
export type {
  ApplicationStatus,
  ControlAnswer,
  ControlValues,
  ControlVerb,
  ProfileRequest,
  ServerRoutes,
} from "./protocol.ts";
export { LONGEST_PROFILE } from "./protocol.ts";
export { type ApplicationRegistration, listApplications } from "./registration-files.ts";
