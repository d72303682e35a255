import type { Runtime } from "../runtime.js";
import { errorCode, fromBase64, type TestApi } from "./api.js";
import { LINEAR_DATA, LINEAR_GRAPH_EXTERNAL } from "./data.js";
import { describeFilesContract, type FilesFixture } from "./files.js";
import { describeInferenceContract, expectLinear } from "./inference.js";
import { describeMediaContract } from "./media.js";
import { describeVideoContract } from "./videos.js";

/** A runtime and the places that its suites may use. */
export interface RuntimeFixture extends FilesFixture {
  runtime: Runtime;
}

/** Everything that a runtime must do: the suites of its three capabilities, and the three together. */
export function describeRuntimeContract(api: TestApi, fixture: RuntimeFixture): void {
  const { runtime } = fixture;
  describeInferenceContract(api, () => runtime.inference);
  describeMediaContract(api, () => runtime.media);
  describeVideoContract(api, () => runtime.media);
  describeFilesContract(api, fixture);

  const { describe, it, expect } = api;
  describe("contract: runtime", () => {
    it("has a name", async () => {
      expect(/^[a-z][a-z0-9-]*$/.test(runtime.name)).toBe(true);
    });

    it("runs a graph with external data from one of its folders", async () => {
      const files = await fixture.makeFolder({
        "onnx/linear.onnx": fromBase64(LINEAR_GRAPH_EXTERNAL),
        "onnx/linear.onnx_data": fromBase64(LINEAR_DATA),
      });
      const source = { files, path: "onnx/linear.onnx", externalData: ["linear.onnx_data"] };
      const session = await runtime.inference.createSession(source);
      await expectLinear(api, session);
      await session.release();
    });

    it("names external data that is missing from one of its folders", async () => {
      const files = await fixture.makeFolder({ "linear.onnx": fromBase64(LINEAR_GRAPH_EXTERNAL) });
      const source = { files, path: "linear.onnx", externalData: ["linear.onnx_data"] };
      expect(await errorCode(runtime.inference.createSession(source))).toBe("FILE_NOT_FOUND");
    });

    it("says that a model is not there", async () => {
      const code = await errorCode(runtime.files.open("./no such folder", { local_files_only: true }));
      expect(code).toBe("FILE_NOT_FOUND");
    });
  });
}
