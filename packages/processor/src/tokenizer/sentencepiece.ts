import { fromBinary } from "@bufbuild/protobuf";
import { InternVLError } from "@internvl/core";
import {
  type ModelProto,
  type ModelProto_SentencePiece,
  ModelProto_SentencePiece_Type,
  ModelProtoSchema,
  TrainerSpec_ModelType,
} from "../gen/sentencepiece_model_pb.js";

export { ModelProto_SentencePiece_Type as PieceType };

/** One entry of a SentencePiece vocabulary: its text, its score (the better of two merges has the higher one), its type. */
export type Piece = ModelProto_SentencePiece;

/**
 * The pieces of a SentencePiece model, in the order of their ids.
 *
 * Accepts the kind that InternLM2 has: BPE with byte fallback that leaves the text as it is but for spaces, which it writes
 * as U+2581. Other kinds would need steps that are not taken here.
 *
 * @param bytes the content of tokenizer.model
 * @param name names the file in messages
 * @throws InternVLError `TOKENIZER_INVALID` for a file that is no such model or is cut off, `UNSUPPORTED` for other kinds
 */
export function readSentencePieces(bytes: Uint8Array, name: string = "tokenizer.model"): readonly Piece[] {
  const model = parse(bytes, name);
  const facts = factsThatMatter(model).filter(([, expected, got]) => got !== expected);
  if (facts.length > 0) {
    throw new InternVLError("UNSUPPORTED", {
      what: `${name} is a kind of SentencePiece model that is not known here`,
      expected: facts.map(([fact, expected]) => `${fact}: ${expected}`).join(", "),
      got: facts.map(([fact, , got]) => `${fact}: ${got}`).join(", "),
      fix: "Save the tokenizer as tokenizer.json with the library that it comes from, and remove tokenizer.model.",
    });
  }
  return model.pieces;
}

function parse(bytes: Uint8Array, name: string): ModelProto {
  let model: ModelProto | undefined;
  let cause: unknown;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    cause = error;
  }
  // The specifications come last: in a file that was cut off between two fields they are what is missing.
  if (model?.trainerSpec !== undefined && model.normalizerSpec !== undefined && model.pieces.length > 0) return model;
  throw new InternVLError("TOKENIZER_INVALID", {
    what: `${name} is not a SentencePiece model, or it is cut off`,
    expected: "a protobuf ModelProto with pieces, trainer_spec and normalizer_spec",
    got:
      model === undefined
        ? `${bytes.length} bytes that cannot be read: ${(cause as Error).message}`
        : `${bytes.length} bytes with ${model.pieces.length} pieces`,
    fix: "Download the file again.",
    cause,
  });
}

/** What the tokenizer depends on: the name of a setting, its value in InternLM2, its value in the model. */
function factsThatMatter(model: ModelProto): [string, string | number | boolean, string | number | boolean][] {
  const { pieces, trainerSpec: trainer, normalizerSpec: normalizer, denormalizerSpec: denormalizer } = model;
  const count = (type: ModelProto_SentencePiece_Type): number => pieces.filter((piece) => piece.type === type).length;
  return [
    ["model_type", "BPE", TrainerSpec_ModelType[trainer!.modelType]],
    ["byte_fallback", true, trainer!.byteFallback],
    ["treat_whitespace_as_suffix", false, trainer!.treatWhitespaceAsSuffix],
    ["add_dummy_prefix", false, normalizer!.addDummyPrefix],
    ["remove_extra_whitespaces", false, normalizer!.removeExtraWhitespaces],
    ["escape_whitespaces", true, normalizer!.escapeWhitespaces],
    ["normalizer", "identity", normalizer!.precompiledCharsmap.length === 0 ? "identity" : normalizer!.name],
    ["bytes of denormalizer rules", 0, denormalizer?.precompiledCharsmap.length ?? 0],
    ["pieces for bytes", 256, count(ModelProto_SentencePiece_Type.BYTE)],
    ["unused pieces", 0, count(ModelProto_SentencePiece_Type.UNUSED)],
  ];
}
