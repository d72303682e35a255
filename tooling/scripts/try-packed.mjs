// Packs every package, installs the tarballs into an empty project outside of the repository, and runs there what the
// README shows. Finds what no test inside the workspace can: files that were not packed, dependencies that were not named.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, install, pnpm, root } from "./prepare.mjs";

/** Uses one package alone, and looks at what native code that has loaded. */
const ALONE = `
import { InternVL2_5ImageProcessor } from "@internvl/image-processor";
import { RawImage } from "@internvl/core";
const { pixel_values } = await new InternVL2_5ImageProcessor().preprocess(new RawImage(new Uint8Array(12), 2, 2, 3));
const loaded = process.report.getReport().sharedObjects.filter((path) => /onnxruntime|sharp|vips/.test(path));
if (loaded.length > 0) throw new Error("The image processor alone loads " + loaded);
console.log("the image processor alone gives [" + pixel_values.dims + "] and loads no runtime");
`;

install();
build();

const project = mkdtempSync(join(tmpdir(), "internvl-packed-"));
try {
  const tarballs = join(project, "tarballs");
  mkdirSync(tarballs);
  pnpm(["-r", "--filter", "./packages/*", "exec", "pnpm", "pack", "--pack-destination", tarballs], { quiet: true });
  const dependencies = Object.fromEntries(readdirSync(tarballs).map((file) => [nameOf(file), `file:tarballs/${file}`]));
  // The packages are not on a registry yet, so each must be found here when another one asks for it.
  writeJson("package.json", { name: "packed", private: true, type: "module", dependencies, overrides: dependencies });
  inProject("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], { ONNXRUNTIME_NODE_INSTALL: "skip" });

  const demo = "node_modules/@internvl/demo-model";
  inProject("npx", ["internvl-convert", "--input", demo, "--output_dir", "demo-ONNX", "--dtype", "q4"]);
  writeFileSync(join(project, "example.mjs"), exampleOfTheReadme(`${demo}/samples/${firstSample(demo)}`));
  const answer = inProject("node", ["example.mjs"]).trim();
  if (answer === "") throw new Error("The example printed nothing");
  console.log(`packed: the README's example answers: ${answer}`);

  writeFileSync(join(project, "alone.mjs"), ALONE);
  console.log(`packed: ${inProject("node", ["alone.mjs"]).trim()}`);
} finally {
  rmSync(project, { recursive: true, force: true });
}

/** The README's program over the demo model; nothing else is changed. */
function exampleOfTheReadme(picture) {
  const [, code] = readFileSync(`${root}README.md`, "utf8").match(/```ts\n([\s\S]*?)```/);
  const changed = code.replace("OpenGVLab/InternVL2_5-1B", "./demo-ONNX").replace("demo.jpeg", picture);
  if (!changed.includes("./demo-ONNX") || !changed.includes(picture))
    throw new Error("The README's example has changed");
  return changed;
}

function firstSample(demo) {
  const samples = JSON.parse(readFileSync(join(project, demo, "samples/samples.json"), "utf8"));
  return samples[0].file;
}

function nameOf(tarball) {
  const [, name] = tarball.match(/^(.*)-\d+\.\d+\.\d+.*\.tgz$/);
  return name.startsWith("internvl-") ? name.replace("internvl-", "@internvl/") : name;
}

function writeJson(file, value) {
  writeFileSync(join(project, file), JSON.stringify(value, null, 2));
}

function inProject(command, args, env = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: project,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(" ")} failed\n${stdout}${stderr}`);
}
