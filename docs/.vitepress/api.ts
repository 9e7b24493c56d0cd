/** Writes the API pages from the doc comments of the packages into `artifacts/api`. */
import { join } from "node:path";
import { Application, Converter, ReflectionKind } from "typedoc";
import { repository, root } from "../../scripts/_packages.ts";
import { apiEntries } from "./contents.ts";

const entries = apiEntries();

const app = await Application.bootstrapWithPlugins({
  name: "API",
  plugin: ["typedoc-plugin-markdown"],
  tsconfig: join(import.meta.dirname, "tsconfig.api.json"),
  entryPoints: entries.map(({ source }) => source),
  outputs: [{ name: "markdown", path: join(root, "artifacts/api") }],
  readme: "none",
  logLevel: "Error",
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  disableGit: true,
  basePath: root,
  gitRevision: "HEAD",
  sourceLinkTemplate: `${repository}/blob/{gitRevision}/packages/{path}#L{line}`,
  ...{
    router: "member",
    membersWithOwnFile: ["Class", "Interface", "Function"],
    pageTitleTemplates: { module: ({ name }: { name: string }) => nameOf(name) },
    entryFileName: "index",
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useCodeBlocks: true,
    expandObjects: false,
    parametersFormat: "table",
    interfacePropertiesFormat: "list",
  },
});

// TypeDoc names a module after its file. The name is that of the import, and the page that of the package.
app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
  for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
    const source = module.sources?.[0]?.fullFileName;
    const entry = entries.find((candidate) => candidate.source === source);
    if (entry !== undefined) module.name = entry.page;
  }
});

const project = await app.convert();
if (project === undefined) throw new Error("TypeDoc could not read the sources");
await app.generateOutputs(project);
if (app.logger.hasErrors()) process.exitCode = 1;

function nameOf(page: string): string {
  return entries.find((entry) => entry.page === page)?.name ?? page;
}
