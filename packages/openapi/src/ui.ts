/** The packages that show an OpenAPI document: their files, and the page that loads them. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { openapiError } from "./errors.ts";
import type { JsonObject, PageUi } from "./options.ts";

/** A file of the page, by the name under which it is served. */
export interface PageFile {
  readonly type: string;
  /** The text, or the path of a file of the package. */
  readonly content: { readonly text: string } | { readonly file: string };
}

/** The page of a package, and the files that it loads, by name. */
export interface UiPage {
  readonly html: string;
  readonly files: Readonly<Record<string, PageFile>>;
}

/** What a page is made from. */
export interface UiParts {
  readonly title: string;
  /** The path of the document. */
  readonly documentPath: string;
  /** The path of the page. */
  readonly pagePath: string;
}

interface Ui {
  readonly package: string;
  /** The files of the package by the names under which they are served. */
  readonly assets: Readonly<Record<string, string>>;
  readonly body: string;
  /** The script that starts the page. Scripts in the page itself are against its Content-Security-Policy. */
  start(documentPath: string): string;
}

const JS = "text/javascript; charset=utf-8";
const CSS = "text/css; charset=utf-8";

const uis: Readonly<Record<PageUi, Ui>> = {
  scalar: {
    package: "@scalar/api-reference",
    assets: { "standalone.js": "dist/browser/standalone.js" },
    body: '<div id="app"></div>',
    start: (url) => `Scalar.createApiReference("#app", ${JSON.stringify(scalarOptions(url))});`,
  },
  "swagger-ui": {
    package: "swagger-ui-dist",
    assets: { "swagger-ui.css": "swagger-ui.css", "swagger-ui-bundle.js": "swagger-ui-bundle.js" },
    body: '<div id="app"></div>',
    start: (url) => `SwaggerUIBundle(${JSON.stringify({ url, dom_id: "#app", validatorUrl: null })});`,
  },
  redoc: {
    package: "redoc",
    assets: { "redoc.standalone.js": "bundles/redoc.standalone.js" },
    body: '<div id="app"></div>',
    start: (url) => `Redoc.init(${JSON.stringify(url)}, {}, document.getElementById("app"));`,
  },
};

/**
 * Finds the package of a page, and makes the page.
 *
 * @throws PKT_OPENAPI_UI when the package is not installed.
 */
export function createPage(name: PageUi, { title, documentPath, pagePath }: UiParts): UiPage {
  const ui = uis[name];
  const base = `${pagePath}/`;
  const assets = Object.entries(ui.assets).map(([served, file]): [string, PageFile] => [
    served,
    { type: served.endsWith(".css") ? CSS : JS, content: { file: findFile(ui.package, file) } },
  ]);
  const names = [...Object.keys(ui.assets), "start.js"];
  const links = names.map((file) =>
    file.endsWith(".css")
      ? `<link rel="stylesheet" href="${base}${file}">`
      : `<script src="${base}${file}" defer></script>`,
  );
  const html = [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">',
    `<title>${escapeHtml(title)}</title>`,
    ...links,
    `</head><body>${ui.body}</body></html>`,
  ].join("\n");
  return {
    html,
    files: {
      ...Object.fromEntries(assets),
      "start.js": { type: JS, content: { text: ui.start(documentPath) } },
    },
  };
}

/** Looks beside this package, whose optional peer it is, then in the folder of the program. */
function findFile(name: string, file: string): string {
  for (const from of [import.meta.url, join(process.cwd(), "program.js")]) {
    const require = createRequire(from);
    try {
      // Some of the packages export neither the file nor their manifest.
      const folder = require.resolve.paths(name)?.map((modules) => join(modules, name)) ?? [];
      for (const place of folder) {
        const found = tryResolve(require, join(place, file));
        if (found !== null) return found;
      }
    } catch (error) {
      throw openapiError("PKT_OPENAPI_UI", { package: name }, error);
    }
  }
  throw openapiError("PKT_OPENAPI_UI", { package: name });
}

function tryResolve(require: NodeJS.Require, path: string): string | null {
  try {
    return require.resolve(path);
  } catch {
    return null;
  }
}

function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replaceAll(/[&<>"]/g, (character) => names[character] ?? "");
}

/** Turns off what asks or opens pages of Scalar: telemetry, fonts, the assistant, the web client. */
function scalarOptions(url: string): JsonObject {
  return {
    url,
    telemetry: false,
    withDefaultFonts: false,
    agent: { disabled: true },
    mcp: { disabled: true },
    hideClientButton: true,
    showDeveloperTools: "never",
  };
}
