"use strict";
// The build copies this file to dist/require.cjs. A Node.js that can require() an ES module knows the condition
// "module-sync" and never loads it. An older one would only say that it cannot. jest has a require() of its own, which
// does not know the condition, and loads an ES module only with an option of Node.js, and only on a recent one.
try {
  module.exports = require("./index.js");
} catch (error) {
  if (error.code !== "ERR_REQUIRE_ESM") throw error;
  throw new Error(sentenceFor(process.version), { cause: error });
}

function sentenceFor(version) {
  // Not process.features.require_module: jest replaces process, and its copy lacks this feature.
  const [major, minor] = version.slice(1).split(".").map(Number);
  const isNewEnough = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
  return isNewEnough
    ? `Packetron is an ES module, which this require() cannot load, although Node.js ${version} can: ` +
        "use await import(), and run jest with NODE_OPTIONS=--experimental-vm-modules."
    : `Packetron needs Node.js 20.19 or newer (22.12 or newer of Node.js 22), and this is ${version}.`;
}
