/** Prints the port of a program for the test. Each program has only this line besides the code of its user. */
module.exports = (server) => {
  server.once("listening", () => {
    if (server.isPrimary) process.stdout.write(`http://127.0.0.1:${server.port}\n`);
  });
};
