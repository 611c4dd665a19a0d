/**
 * The messages of an ONNX file as plain objects. Names are those of the public onnx.proto in camel case; a field that is absent in the file
 * is absent here, and so is an empty list. Integers are numbers (see onnx-wire.ts for how large); bytes that stand for text in attributes
 * stay bytes.
 */

/** Element types of tensors: TensorProto.DataType, the ones in use here. */
export const DataType = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  double: 11,
  uint32: 12,
  uint64: 13,
} as const;

/** Kinds of attributes: AttributeProto.AttributeType, the ones in use here. */
export const AttributeType = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
} as const;

export interface OnnxEntry {
  readonly key?: string;
  readonly value?: string;
}

export interface OnnxOperatorSet {
  /** Empty for the standard's own operators. */
  readonly domain?: string;
  readonly version?: number;
}

export interface OnnxTensor {
  readonly dims?: readonly number[];
  readonly dataType?: number;
  readonly floatData?: Float32Array;
  readonly int32Data?: readonly number[];
  readonly stringData?: readonly Uint8Array[];
  readonly int64Data?: BigInt64Array;
  readonly name?: string;
  /** Values in little-endian order, row-major. */
  readonly rawData?: Uint8Array;
  readonly doubleData?: Float64Array;
  readonly uint64Data?: BigUint64Array;
  readonly docString?: string;
  /** Where the values are when `dataLocation` is 1: a file beside the model, which nothing here follows. */
  readonly externalData?: readonly OnnxEntry[];
  readonly dataLocation?: number;
  readonly metadataProps?: readonly OnnxEntry[];
}

interface OnnxSparseTensor {
  readonly values?: OnnxTensor;
  readonly indices?: OnnxTensor;
  readonly dims?: readonly number[];
}

export interface OnnxDimension {
  readonly dimValue?: number;
  /** Name of a length that is not fixed, such as `N`. */
  readonly dimParam?: string;
  readonly denotation?: string;
}

interface OnnxShape {
  readonly dim?: readonly OnnxDimension[];
}

export interface OnnxType {
  readonly tensorType?: { readonly elemType?: number; readonly shape?: OnnxShape };
  readonly sequenceType?: { readonly elemType?: OnnxType };
  readonly mapType?: { readonly keyType?: number; readonly valueType?: OnnxType };
  readonly denotation?: string;
  readonly opaqueType?: { readonly domain?: string; readonly name?: string };
  readonly sparseTensorType?: { readonly elemType?: number; readonly shape?: OnnxShape };
  readonly optionalType?: { readonly elemType?: OnnxType };
}

export interface OnnxValueInfo {
  readonly name?: string;
  readonly type?: OnnxType;
  readonly docString?: string;
  readonly metadataProps?: readonly OnnxEntry[];
}

export interface OnnxAttribute {
  readonly name?: string;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly t?: OnnxTensor;
  readonly g?: OnnxGraph;
  readonly floats?: Float32Array;
  readonly ints?: readonly number[];
  readonly strings?: readonly Uint8Array[];
  readonly tensors?: readonly OnnxTensor[];
  readonly graphs?: readonly OnnxGraph[];
  readonly docString?: string;
  readonly tp?: OnnxType;
  readonly typeProtos?: readonly OnnxType[];
  readonly type?: number;
  readonly refAttrName?: string;
  readonly sparseTensor?: OnnxSparseTensor;
  readonly sparseTensors?: readonly OnnxSparseTensor[];
}

export interface OnnxNode {
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly name?: string;
  readonly opType?: string;
  readonly attribute?: readonly OnnxAttribute[];
  readonly docString?: string;
  readonly domain?: string;
  readonly overload?: string;
  readonly metadataProps?: readonly OnnxEntry[];
}

export interface OnnxGraph {
  readonly node?: readonly OnnxNode[];
  readonly name?: string;
  readonly initializer?: readonly OnnxTensor[];
  readonly docString?: string;
  readonly input?: readonly OnnxValueInfo[];
  readonly output?: readonly OnnxValueInfo[];
  readonly valueInfo?: readonly OnnxValueInfo[];
  readonly quantizationAnnotation?: readonly {
    readonly tensorName?: string;
    readonly quantParameterTensorNames?: readonly OnnxEntry[];
  }[];
  readonly sparseInitializer?: readonly OnnxSparseTensor[];
  readonly metadataProps?: readonly OnnxEntry[];
}

interface OnnxFunction {
  readonly name?: string;
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly attribute?: readonly string[];
  readonly node?: readonly OnnxNode[];
  readonly docString?: string;
  readonly opsetImport?: readonly OnnxOperatorSet[];
  readonly domain?: string;
  readonly attributeProto?: readonly OnnxAttribute[];
  readonly valueInfo?: readonly OnnxValueInfo[];
  readonly overload?: string;
  readonly metadataProps?: readonly OnnxEntry[];
}

export interface OnnxModel {
  readonly irVersion?: number;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly domain?: string;
  readonly modelVersion?: number;
  readonly docString?: string;
  readonly graph: OnnxGraph;
  readonly opsetImport?: readonly OnnxOperatorSet[];
  readonly metadataProps?: readonly OnnxEntry[];
  readonly functions?: readonly OnnxFunction[];
}
