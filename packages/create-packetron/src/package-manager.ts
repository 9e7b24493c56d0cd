/** The package manager that runs this command, and the commands that it takes next. */

/** A package manager whose commands are known. */
export type PackageManager = "npm" | "pnpm" | "yarn";

/**
 * Reads the name from the variable `npm_config_user_agent`, which all of them set: `pnpm/10.0.0 npm/? node/v24.0.0`.
 * Without it, and for another program, it is npm.
 */
export function detectPackageManager(userAgent: string | undefined): PackageManager {
  const [name = ""] = (userAgent ?? "").split("/");
  return name === "pnpm" || name === "yarn" ? name : "npm";
}
