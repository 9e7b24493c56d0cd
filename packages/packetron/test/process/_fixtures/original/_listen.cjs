/** Tells the test where a program listens: all that a program here has beside the lines of its user. */
module.exports = (server) => {
  server.once("listening", () => {
    if (server.isPrimary) process.stdout.write(`http://127.0.0.1:${server.port}\n`);
  });
};
