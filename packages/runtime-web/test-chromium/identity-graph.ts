import { GraphBuilder, serializeModel } from "@internvl/onnx";

/** The bytes of `y = Identity(x)` as JSON. */
export async function identityGraph(): Promise<string> {
  const g = new GraphBuilder({ name: "identity" });
  g.output("y", g.mul(g.input("x", "float32", ["n"]), 1));
  return JSON.stringify([...(await serializeModel(g))]);
}
