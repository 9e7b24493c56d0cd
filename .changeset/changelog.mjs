/**
 * The lines of the changelogs: the text of each changeset, without the hash of its commit. Dependencies in this repository
 * have the version of the package itself, so a list of them would say nothing.
 */

/** @param {{ summary: string }} changeset */
async function getReleaseLine({ summary }) {
  const [first = "", ...rest] = summary.trim().split("\n");
  return [`- ${first}`, ...rest.map((line) => (line === "" ? "" : `  ${line}`))].join("\n");
}

async function getDependencyReleaseLine() {
  return "";
}

export default { getReleaseLine, getDependencyReleaseLine };
