/** sirv on bare `node:http`, with the validators that all others send. */
import { createServer } from "node:http";
import sirv from "sirv";
import { build, listen, publicFolder } from "./_program.js";

build({ static: () => listen(createServer(sirv(publicFolder, { etag: true }))) });
