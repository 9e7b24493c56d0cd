/* global expect, test */

test("require() without the option of Node.js that jest needs says what to do", () => {
  expect(() => require("@packetron/core")).toThrow(
    "use await import(), and run jest with NODE_OPTIONS=--experimental-vm-modules",
  );
});
