const { createHash } = require("node:crypto");
const os = require("node:os");
const path = require("node:path");
const {
  Packetron,
  PacketronServerFlags,
  PacketronRequestMethod,
  PacketronHandlerFlags,
} = require("packetron");

// The README has "/data/uploads".
const uploads = path.join(os.tmpdir(), "uploads");

const server = new Packetron({ port: 0, maxThreads: 1, flags: PacketronServerFlags.START_IMMEDIATELY });

server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "upload",
  flags: PacketronHandlerFlags.MULTIPART_FORM_DATA,
  multipartOptions: {
    maxFileSize: 5 * 1024 * 1024 * 1024, // 5 GB per file
    maxFiles: 20,
    maxFields: 50,
    maxFieldSize: 1024 * 1024, // per-field byte cap
    maxFieldNameSize: 100,
    maxParts: Infinity,
    maxHeaderPairs: 2000,
    fileStorageDirectory: uploads, // optional override
  },
  handler: async (req, res) => {
    const fields = await req.getBody();
    const files = await req.getFiles();
    res.sendJson({ fields, files });
  },
});

// Without fileStorageDirectory, files are stored in the directory of temporary files.
server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "temporary",
  flags: PacketronHandlerFlags.MULTIPART_FORM_DATA,
  handler: async (req, res) => res.sendJson({ files: await req.getFiles() }),
});

/** A fake of remote storage. */
async function uploadToS3(stream, key) {
  const hash = createHash("md5");
  for await (const chunk of stream) hash.update(chunk);
  return { Key: key, ETag: hash.digest("hex") };
}

server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "remote",
  flags: PacketronHandlerFlags.MULTIPART_FORM_DATA,
  multipartOptions: {
    onFile: async (_fieldname, fileStream, info) => {
      const uploadResult = await uploadToS3(fileStream, info.filename);
      return { key: uploadResult.Key, etag: uploadResult.ETag };
      // Whatever you return becomes the entry under getFiles()[fieldname].
    },
  },
  handler: async (req, res) => res.sendJson({ fields: await req.getBody(), files: await req.getFiles() }),
});

server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "limited",
  flags: PacketronHandlerFlags.MULTIPART_FORM_DATA,
  multipartOptions: {
    maxFileSize: 4,
    maxFiles: 2,
    maxFields: 1,
    maxParts: 3,
    fileStorageDirectory: uploads,
  },
  handler: async (req, res) => {
    const events = [];
    req.on("multipart-file-limit", (fieldname, info) => events.push(["file", fieldname, info.filename]));
    req.on("multipart-files-limit", (...args) => events.push(["files", ...args]));
    req.on("multipart-fields-limit", (...args) => events.push(["fields", ...args]));
    req.on("multipart-parts-limit", (...args) => events.push(["parts", ...args]));
    res.sendJson({ files: await req.getFiles(), events });
  },
});

server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "legacy",
  flags: PacketronHandlerFlags.FILE_UPLOAD,
  multipartOptions: { fileStorageDirectory: uploads },
  handler: async (req, res) => res.sendJson({ body: await req.getBody(), files: await req.getFiles() }),
});

require("./_listen.cjs")(server);
