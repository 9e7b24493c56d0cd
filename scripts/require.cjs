"use strict";
// The build copies this file to dist/require.cjs. A Node.js that can require() an ES module knows the condition
// "module-sync" and never loads it. An older one would only say that it cannot.
try {
  module.exports = require("./index.js");
} catch (error) {
  if (error.code !== "ERR_REQUIRE_ESM") throw error;
  throw new Error(
    `Packetron needs Node.js 20.19 or newer (22.12 or newer of Node.js 22), and this is ${process.version}.`,
  );
}
